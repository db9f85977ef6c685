package recommend

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/ranking"
)

// mostReasons is how many reasons a card gives for being there.
const mostReasons = 3

// A speaker turns factors into a reason in the reader's words.
type speaker struct {
	factors []string
	// say is "" when the reason is not true of candidate i.
	say func(s *scored, i int, item *Item, say *phrases) string
}

// speakers are those of all reasons that rest on factors.
func speakers() []speaker { return allSpeakers }

var allSpeakers = []speaker{
	{[]string{featureInterest}, (*scored).sayInterest},
	{[]string{featureFollow, featureLatestFollowed}, (*scored).sayFollow},
	{[]string{featureFollowed}, (*scored).sayFollowed},
	{[]string{featureActed, featureHistory}, (*scored).sayHistory},
	{[]string{featureNear, featureNext, featureFits, featurePairs}, (*scored).sayNear},
	{[]string{featureWalk, featureSession}, (*scored).sayWalk},
	{[]string{featureEngagement, featureEvents1, featureEvents7}, (*scored).sayDemand},
	{[]string{featureFreshness}, (*scored).sayFresh},
	{[]string{factorFeedback}, (*scored).sayMore},
}

// voices are the speakers whose factors add to a score, by their numbers plus
// one, the strongest first; 0 is none.
type voices [9]uint8

// voicesOf are those of cards.
func (s *scored) voicesOf(cards []int) []voices {
	speakers := speakers()
	sums := make([][len(voices{})]float64, len(cards))
	if linear, ok := s.model.(ranking.Linear); ok {
		for v := range speakers {
			for _, w := range linear.Weights() {
				column := s.table.Column(w.Name)
				if w.Value == 0 || column == nil || !slices.Contains(speakers[v].factors, w.Name) {
					continue
				}
				for at, k := range cards {
					sums[at][v] += w.Value * column[s.best[k]]
				}
			}
		}
	}
	out := make([]voices, len(cards))
	for at, k := range cards {
		if _, ok := s.model.(ranking.Linear); ok {
			feedback, _ := s.adjustments(s.best[k])
			for v := range speakers {
				if slices.Contains(speakers[v].factors, factorFeedback) {
					sums[at][v] += feedback
				}
			}
		} else {
			sums[at] = s.sums(s.factors(s.best[k], s.worth[s.best[k]]))
		}
		out[at] = loudest(&sums[at])
	}
	return out
}

// speakBriefly has the cards of a page come with their reasons and without their
// factors.
func (s *scored) speakBriefly(page []placing) {
	cards := make([]int, len(page))
	for at := range page {
		cards[at] = page[at].Index
	}
	s.spoken = make([]voices, len(s.best))
	for at, v := range s.voicesOf(cards) {
		s.spoken[cards[at]] = v
	}
}

// sums are what the factors of each speaker add to a score.
func (s *scored) sums(factors []Factor) (sums [len(voices{})]float64) {
	for v, sp := range speakers() {
		for _, f := range factors {
			if slices.Contains(sp.factors, f.Name) {
				sums[v] += f.Weight * f.Value
			}
		}
	}
	return sums
}

func loudest(sums *[len(voices{})]float64) (out voices) {
	n := 0
	for v := range sums {
		if sums[v] <= 0 {
			continue
		}
		at := n
		for ; at > 0 && sums[v] > sums[out[at-1]-1]; at-- {
			out[at] = out[at-1]
		}
		out[at] = uint8(v + 1)
		n++
	}
	return out
}

// reasons say in the reader's language why candidate i is in the window, the
// strongest first. One that rests on factors is given only when these add to
// the score; what is true beside them follows.
func (s *scored) reasons(i int, speak voices, others int, item *Item, lang string) []string {
	say := phrasesIn(lang)
	out := piece(&s.pieces.said, mostReasons+2)
	speakers := speakers()
	for _, v := range speak {
		if v == 0 {
			break
		}
		if text := speakers[v-1].say(s, i, item, say); text != "" {
			out = append(out, text)
		}
	}
	if others > 0 {
		out = append(out, say.pickedBy(others+1))
	}
	if item.Source == sourceExplore { // chance, before all that speaks for it
		out = slices.Insert(out, 0, say.explore)
	}
	if len(out) == 0 {
		out = append(out, filled(say.topic, s.topicLabel(item.Topics[0], lang)))
	}
	return out[:min(mostReasons, len(out))]
}

func (s *scored) sayInterest(i int, _ *Item, say *phrases) string {
	fit, topic := s.taste.interest(s.look, s.found[i].row)
	if topic < 0 || fit <= 0 {
		return ""
	}
	return filled(say.interest, s.topicLabel(s.topics.ids[topic], say.lang))
}

func (s *scored) sayFollow(i int, item *Item, say *phrases) string {
	if !has(s.taste.follows, s.picks.row[s.found[i].row].expert) {
		return ""
	}
	return filled(say.follow, item.Expert.Name)
}

// sayFollowed speaks when another expert whom the reader follows picked it.
func (s *scored) sayFollowed(i int, _ *Item, say *phrases) string {
	if has(s.taste.follows, s.picks.row[s.found[i].row].expert) {
		return "" // said by sayFollow, where it counts
	}
	return say.followed
}

// sayHistory tells the reader's last act on the product.
func (s *scored) sayHistory(i int, _ *Item, say *phrases) string {
	product := s.picks.row[s.found[i].row].product
	for _, a := range s.taste.past.acts { // latest first
		if a.product != product {
			continue
		}
		did := say.did[a.kind]
		if did == "" {
			continue
		}
		return filled(did, say.ago(a.at, s.horizon))
	}
	return ""
}

func (s *scored) sayNear(_ int, _ *Item, say *phrases) string {
	if len(s.taste.past.acts) == 0 {
		return ""
	}
	return say.near
}

func (s *scored) sayWalk(_ int, _ *Item, say *phrases) string {
	if len(s.taste.past.acts) == 0 {
		return ""
	}
	return say.walk
}

// sayDemand speaks when readers opened it in the last days, some of them.
func (s *scored) sayDemand(i int, _ *Item, say *phrases) string {
	if !s.demanded(s.picks.row[s.found[i].row].product) {
		return ""
	}
	return say.demand
}

func (s *scored) sayFresh(i int, _ *Item, say *phrases) string {
	if age(s.picks.row[s.found[i].row].since, s.now) >= 2*24*time.Hour {
		return ""
	}
	return say.fresh
}

// sayMore speaks when the reader asked for more of what the pick is.
func (*scored) sayMore(_ int, _ *Item, say *phrases) string { return say.more }

// phrases are the reasons as sentences with a place for a name or number.
type phrases struct {
	lang                               string
	interest, follow, followed, others string
	near, walk, demand                 string
	fresh, topic, more, explore        string
	favour, against                    string
	today, yesterday, daysAgo          string
	did                                map[string]string // by kind of act
	unfollow, uninterest, less, mute   string
	impersonal, muteExpert, unfed      string
}

// filled is a phrase with what in its place.
func filled(phrase, what string) string {
	before, after, _ := strings.Cut(phrase, "%s")
	return before + what + after
}

// pickedBy says that n experts picked it.
func (p *phrases) pickedBy(n int) string {
	before, after, _ := strings.Cut(p.others, "%d")
	return before + strconv.Itoa(n) + after
}

// ago is when something was, in days.
func (p *phrases) ago(at, now moment) string {
	switch n := int(now/dayLong - at/dayLong); {
	case n <= 0:
		return p.today
	case n == 1:
		return p.yesterday
	default:
		return fmt.Sprintf(p.daysAgo, n)
	}
}

func phrasesIn(lang string) *phrases {
	if language(lang) == "zh" {
		return &inChinese
	}
	return &inEnglish
}

var (
	inChinese = phrases{
		lang: "zh", interest: "你感兴趣的「%s」", follow: "你关注的 %s 推荐", followed: "你关注的其他达人也推荐", others: "%d 位达人都推荐",
		near: "喜欢你所看商品的读者也选择它", walk: "推荐过你所看商品的达人也推荐它", demand: "近日不少读者打开过",
		fresh: "新近推荐", topic: "「%s」的推荐", more: "你要求多看这类内容", explore: "新面孔：和你一起试试", favour: "%s：加 %.2f", against: "%s：减 %.2f",
		today: "今天", yesterday: "昨天", daysAgo: "%d 天前",
		did:      map[string]string{ActOpen: "你%s看过", ActBookmark: "你%s收藏过", ActCart: "你%s加入过购物车", ActCheckout: "你%s去过结算页", ActShare: "你%s分享过"},
		unfollow: "取消关注 %s", uninterest: "从兴趣中移除「%s」", less: "少看这条推荐", mute: "屏蔽话题「%s」", muteExpert: "屏蔽 %s",
		unfed: "撤回你对此的要求", impersonal: "关闭个性化：橱窗不再参考你的任何信息",
	}
	inEnglish = phrases{
		lang: "en", interest: "Because you are interested in %s", follow: "Because you follow %s", followed: "Other experts you follow picked it", others: "Picked by %d experts",
		near: "Readers who liked what you looked at chose this", walk: "By experts who also picked what you looked at", demand: "Several readers opened it in the last days",
		fresh: "New pick", topic: "From %s", more: "You asked for more of this", explore: "New here: we try it with you", favour: "%s: adds %.2f", against: "%s: takes %.2f off",
		today: "today", yesterday: "yesterday", daysAgo: "%d days ago",
		did:      map[string]string{ActOpen: "You looked at this %s", ActBookmark: "You kept this %s", ActCart: "You put this into your cart %s", ActCheckout: "You went to buy this %s", ActShare: "You shared this %s"},
		unfollow: "Unfollow %s", uninterest: "Take %s off your interests", less: "See less of this pick", mute: "Mute the topic %s", muteExpert: "Mute %s",
		unfed: "Take back what you asked for here", impersonal: "Turn personalisation off: windows are then made without anything about you",
	}
)

// topicLabel is the name of a topic in lang.
func (l *look) topicLabel(id, lang string) string {
	return l.scene.Policy.topic(id).Label(language(lang))
}

// topic is the topic of the policy with id, or one that has no labels.
func (p *Policy) topic(id string) *Topic {
	for i := range p.Topics {
		if p.Topics[i].ID == id {
			return &p.Topics[i]
		}
	}
	return &Topic{ID: id}
}
