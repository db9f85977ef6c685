package demo

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A voice is an expert and the manner in which this expert tells things. In
// experts.txt:
//
//	@ id | name | languages | leaf topics | orders of roles
//	the biography
//	o 直说。           an opening; "ob" one that only fits before a b line
//	c@home/tea 水开了。 an ending, for products of that topic only
type voice struct {
	id, name, bio string
	languages     []language
	topics        []string
	orders        []string
	openers       []remark
	closers       []remark
}

// A remark is a turn of phrase of one voice. It fits before every role when role
// is 0 and to every product when topic is empty.
type remark struct {
	lang  language
	role  byte
	topic string
	text  phrase
	used  int
}

func (v *voice) expert() Expert {
	return Expert{ID: v.id, Name: v.name, Topics: v.topics, Verified: true, Bio: v.bio}
}

func readVoices(shared lists) ([]*voice, error) {
	var voices []*voice
	err := eachLine("experts.txt", func(_, text string) error {
		if head, ok := strings.CutPrefix(text, "@ "); ok {
			v, err := readVoice(head)
			voices = append(voices, v)
			return err
		}
		if len(voices) == 0 {
			return errors.New("text before the first expert")
		}
		v := voices[len(voices)-1]
		if v.bio == "" {
			v.bio = text
			return nil
		}
		return v.addRemark(text, shared)
	})
	return voices, err
}

func readVoice(head string) (*voice, error) {
	f, err := fields(head, 5, 5)
	if err != nil {
		return nil, err
	}
	v := &voice{id: f[0], name: f[1], topics: strings.Fields(f[3]), orders: strings.Fields(f[4])}
	for word := range strings.FieldsSeq(f[2]) {
		if word == "en" {
			v.languages = append(v.languages, en)
		} else {
			v.languages = append(v.languages, zh)
		}
	}
	if slices.Contains(v.orders, "") || len(v.topics) == 0 || len(v.topics) > 5 {
		return nil, fmt.Errorf("expert %s needs orders and one to five topics", v.id)
	}
	return v, nil
}

func (v *voice) addRemark(text string, shared lists) error {
	mark, rest, _ := strings.Cut(text, " ")
	mark, topic, _ := strings.Cut(mark, "@")
	if topic != "" && !slices.Contains(v.topics, topic) {
		return fmt.Errorf("%s has no topic %q", v.id, topic)
	}
	if mark == "" || (mark[0] != 'o' && mark[0] != 'c') || len(mark) > 2 {
		return fmt.Errorf("%q is no opening or ending", text)
	}
	r := remark{lang: en, topic: topic}
	if strings.ContainsFunc(rest, func(c rune) bool { return unicode.Is(unicode.Han, c) }) {
		r.lang = zh
	}
	if len(mark) == 2 {
		r.role = mark[1]
	}
	var err error
	if r.text, err = parsePhrase(rest, r.lang, shared, nil); err != nil {
		return err
	}
	if mark[0] == 'o' {
		v.openers = append(v.openers, r)
	} else {
		v.closers = append(v.closers, r)
	}
	return nil
}
