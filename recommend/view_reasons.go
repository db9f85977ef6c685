package recommend

import (
	"fmt"
	"time"
)

// mostReasons is how many reasons a card gives for being there.
const mostReasons = 3

// reasons say in the reader's language why the pick of row n is in the window,
// the strongest first. Others is how many other experts picked the product.
func (s *scored) reasons(n int32, item *Item, others int, lang string) []string {
	say := phrasesIn(lang)
	row := &s.picks.row[n]
	var out []string
	if fit, topic := s.taste.interest(s.look, n); topic >= 0 && fit > 0 {
		out = append(out, fmt.Sprintf(say.interest, s.topicLabel(s.topics.ids[topic], lang)))
	}
	if has(s.taste.follows, row.expert) {
		out = append(out, fmt.Sprintf(say.follow, item.Expert.Name))
	}
	if others > 0 {
		out = append(out, fmt.Sprintf(say.others, others+1))
	}
	if age(row.since, s.now) < 2*24*time.Hour {
		out = append(out, say.fresh)
	}
	if len(out) == 0 {
		out = append(out, fmt.Sprintf(say.topic, s.topicLabel(item.Topics[0], lang)))
	}
	return out[:min(mostReasons, len(out))]
}

// phrases are the reasons as sentences with a place for a name or number.
type phrases struct {
	interest, follow, others, fresh, topic string
}

func phrasesIn(lang string) phrases {
	if language(lang) == "zh" {
		return phrases{
			interest: "你感兴趣的「%s」",
			follow:   "你关注的 %s 推荐",
			others:   "%d 位达人都推荐",
			fresh:    "新近推荐",
			topic:    "「%s」的推荐",
		}
	}
	return phrases{
		interest: "Because you are interested in %s",
		follow:   "Because you follow %s",
		others:   "Picked by %d experts",
		fresh:    "New pick",
		topic:    "From %s",
	}
}

// topicLabel is the name of a topic in lang.
func (l *look) topicLabel(id, lang string) string {
	return l.scene.Policy.topic(id).Label(language(lang))
}

// topic is the topic of the policy with id, or one that has no labels.
func (p *Policy) topic(id string) Topic {
	for i := range p.Topics {
		if p.Topics[i].ID == id {
			return p.Topics[i]
		}
	}
	return Topic{ID: id}
}
