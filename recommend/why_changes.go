package recommend

import (
	"fmt"
	"net/url"
)

// A Change is something a reader can do so that a pick is shown less, or not
// for that reason, with the call that does it.
type Change struct {
	Kind string     `json:"kind"` // unfollow, interests, feedback, less, mute-topic, mute-expert or personalisation
	Text string     `json:"text"`
	Call ChangeCall `json:"call"`
}

// A ChangeCall is a request to this service.
type ChangeCall struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Body   any    `json:"body,omitempty"`
}

// changes are what the reader can do about candidate i.
func (s *scored) changes(i int, factors []Factor, item *Item, lang string) []Change {
	say := phrasesIn(lang)
	counts := make(map[string]bool)
	personal := false
	for _, f := range factors {
		switch group := GroupOf(f.Name); group {
		case groupInterest, groupFollow, groupHistory, groupNear, groupFeedback:
			counts[group], personal = true, true
		}
	}
	var out []Change
	add := func(kind, text, method, path string, body any) {
		out = append(out, Change{kind, text, ChangeCall{method, path, body}})
	}
	if counts[groupFollow] && has(s.taste.follows, s.picks.row[s.found[i].row].expert) {
		add("unfollow", fmt.Sprintf(say.unfollow, item.Expert.Name), "DELETE", "/v1/follows/"+url.PathEscape(item.Expert.ID), nil)
	}
	if _, topic := s.taste.interest(s.look, s.found[i].row); counts[groupInterest] && topic >= 0 {
		add("interests", fmt.Sprintf(say.uninterest, s.topicLabel(s.topics.ids[topic], lang)), "PUT", "/v1/me/interests", map[string]any{"interests": s.otherInterests(topic)})
	}
	if counts[groupFeedback] {
		add("feedback", say.unfed, "DELETE", "/v1/feedback", nil)
	}
	add("less", say.less, "PUT", "/v1/feedback/pick/"+url.PathEscape(item.Pick), map[string]any{"kind": "not_interested"})
	if len(item.Topics) > 0 {
		add("mute-topic", fmt.Sprintf(say.mute, s.topicLabel(item.Topics[0], lang)), "PUT", "/v1/mutes/topic/"+url.PathEscape(item.Topics[0]), nil)
	}
	add("mute-expert", fmt.Sprintf(say.muteExpert, item.Expert.Name), "PUT", "/v1/mutes/expert/"+url.PathEscape(item.Expert.ID), nil)
	if personal {
		add("personalisation", say.impersonal, "PUT", "/v1/me/privacy", map[string]any{"personalisation": "off"})
	}
	return out
}

// otherInterests are the declared interests that a topic does not lie in, nor
// in it.
func (s *scored) otherInterests(topic int32) []map[string]any {
	out := []map[string]any{}
	for _, i := range s.taste.interests {
		if s.topicWithin(topic, i.topic) || s.topicWithin(i.topic, topic) {
			continue
		}
		out = append(out, map[string]any{"topic": s.topics.ids[i.topic], "weight": i.weight})
	}
	return out
}
