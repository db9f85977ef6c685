package recommend

import (
	"fmt"
	"regexp"
	"strings"
)

// A Topic is an interest. Its id is language-neutral and shows its place in a
// small tree: "home/kitchen" lies in "home".
type Topic struct {
	ID     string            `json:"id" yaml:"id"`
	Labels map[string]string `json:"labels" yaml:"labels"` // by language: "zh", "en"
}

// Label is the topic's name in lang, else in English, else its id.
func (t Topic) Label(lang string) string {
	for _, l := range []string{lang, "en", "zh"} {
		if s := t.Labels[l]; s != "" {
			return s
		}
	}
	return t.ID
}

// ParentTopic is the topic that id lies in, or "" at the top.
func ParentTopic(id string) string {
	i := strings.LastIndexByte(id, '/')
	if i < 0 {
		return ""
	}
	return id[:i]
}

// TopicWithin reports whether id is root or lies below it.
func TopicWithin(id, root string) bool {
	return id == root || strings.HasPrefix(id, root) && len(id) > len(root) && id[len(root)] == '/'
}

var topicPattern = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*){0,3}$`)

// ValidTopic reports whether id has the form of a topic id: lower-case words
// with hyphens, up to four levels, at most 64 bytes.
func ValidTopic(id string) bool { return len(id) <= 64 && topicPattern.MatchString(id) }

func topicProblems(topics []string, pointer string, most int) []Problem {
	var ps []Problem
	if len(topics) == 0 {
		ps = append(ps, Problem{Code: "validation", Pointer: pointer, Message: "no topic given", Fix: "name at least one interest topic"})
	}
	if len(topics) > most {
		return []Problem{{
			Code: "validation", Pointer: pointer,
			Message: fmt.Sprintf("%d topics given, %d allowed", len(topics), most), Fix: "keep the topics that fit best",
		}}
	}
	seen := make(map[string]bool, len(topics))
	for i, t := range topics {
		at := fmt.Sprintf("%s/%d", pointer, i)
		switch {
		case !ValidTopic(t):
			ps = append(ps, Problem{Code: "validation", Pointer: at, Message: fmt.Sprintf("%q is not a topic id", clip(t)), Fix: "use an id listed by GET /v1/topics"})
		case seen[t]:
			ps = append(ps, Problem{Code: "validation", Pointer: at, Message: fmt.Sprintf("topic %q is given twice", t), Fix: "name each topic once"})
		}
		seen[t] = true
	}
	return ps
}

// ValidID reports whether id may name a pick, expert, reader, partner or
// event: 1 to 64 of letters, digits and ". _ ~ -", starting with a letter or digit.
func ValidID(id string) bool {
	const most = 64
	if id == "" || len(id) > most {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case i > 0 && (c == '.' || c == '_' || c == '~' || c == '-'):
		default:
			return false
		}
	}
	return true
}

func idProblem(id, pointer string) []Problem {
	if ValidID(id) {
		return nil
	}
	msg := fmt.Sprintf("%q is not an id", clip(id))
	if id == "" {
		msg = "missing"
	}
	return []Problem{{
		Code: "validation", Pointer: pointer, Message: msg,
		Fix: "give 1 to 64 of letters, digits, '.', '_', '~' and '-', starting with a letter or digit",
	}}
}
