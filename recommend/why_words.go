package recommend

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
)

// The groups of factors, as cards and explanations tell of them.
const (
	groupInterest  = "interest"
	groupFollow    = "follow"
	groupHistory   = "history"
	groupNear      = "near"
	groupDemand    = "engagement"
	groupFresh     = "freshness"
	groupTrust     = "trust"
	groupStock     = "availability"
	groupFeedback  = "feedback"
	groupDiversity = "diversity"
	groupBase      = "base"
)

// A word is what is said of a factor beside its description.
type word struct {
	group string
	zh    string // what it measures
	en    string // the same, where the description does not stand alone
}

// words are those of all factors. A feature without any is explained by its
// description in English, as what readers do.
var words = sync.OnceValue(func() map[string]word {
	all := map[string]word{
		featureInterest:       {groupInterest, "与你声明的兴趣的契合度", "how well its topics fit the interests that you declared"},
		featureFollow:         {groupFollow, "由你关注的达人推荐", "its expert is one that you follow"},
		featureFollowed:       {groupFollow, "你关注的达人半年来对它的推荐，半衰期 14 天", "picks of it by experts you follow in half a year, half-life 14 days"},
		featureLatestFollowed: {groupFollow, "它最新的推荐来自你关注的达人", "its latest pick is by an expert you follow"},
		featureFreshness:      {groupFresh, "推荐的新鲜程度", ""},
		featureFirst:          {groupFresh, "距首次被推荐的时间", ""},
		featureShownAge:       {groupFresh, "距首次展示的时间", ""},
		featureTrust:          {groupTrust, "达人的信誉", ""},
		featureAvailability:   {groupStock, "能否买到：有货为 1，未知或需预订为 0.5", ""},
		featureEngagement:     {groupDemand, "近日读者的反响", ""},
		featureEvents1:        {groupDemand, "对该商品的推荐与打开，半衰期 1 天", ""},
		featureEvents7:        {groupDemand, "对该商品的推荐与打开，半衰期 7 天", "picks and readers' opens of the product, half-life 7 days"},
		featureEvents30:       {groupDemand, "对该商品的推荐与打开，半衰期 30 天", "picks and readers' opens of the product, half-life 30 days"},
		featureEvents120:      {groupDemand, "对该商品的推荐与打开，半衰期 120 天", "picks and readers' opens of the product, half-life 120 days"},
		featureEvents365:      {groupDemand, "对该商品的推荐与打开，半衰期 一年", "picks and readers' opens of the product, half-life a year"},
		featureLatest:         {groupDemand, "该商品最近一次被推荐或打开距今多久", "age of the latest pick or open of the product"},
		featureSecond:         {groupDemand, "倒数第二次被推荐或打开距今多久", "age of the second latest pick or open of the product"},
		featureThird:          {groupDemand, "倒数第三次被推荐或打开距今多久", "age of the third latest pick or open of the product"},
		featureOpens:          {groupDemand, "打开过它的读者总数", ""},
		featureLift:           {groupDemand, "在列表中被选中的次数与预期之比，半衰期 6 小时", ""},
		featureStrength:       {groupDemand, "与同列表其他商品相比的表现", ""},
		featureRate:           {groupDemand, "被展示的读者打开它的次数与预期之比，半衰期 30 天", ""},
		featureTopicRate:      {groupHistory, "你在其话题中打开的次数与预期之比，半衰期 60 天", ""},
		featureTopicDoubt:     {groupHistory, "还不太了解你对其话题的兴趣", ""},
		featureExpertRate:     {groupHistory, "你打开该达人推荐的次数与预期之比，半衰期 60 天", ""},
		featureExposure:       {groupDemand, "近来的展示次数，半衰期 30 分钟", ""},
		featureActed:          {groupHistory, "你对该商品有过操作", "you have acted on the product"},
		featureHistory:        {groupHistory, "你对它做过什么，越近越重", "what you did with it, the later the more"},
		featureTopics:         {groupHistory, "你近来在其话题中的行为，购买除外", "what you did in its topics of late, purchases taken off"},
		featureSeen:           {groupHistory, "此前已向你展示过", "it was shown to you before"},
		featureWalk:           {groupNear, "推荐过你看过的商品的达人也推荐它", "experts who picked what you acted on picked it too"},
		featureSession:        {groupNear, "推荐过你看过的商品的达人也推荐它，且时间相近", "experts who picked what you acted on picked it about the same time"},
		featureNear:           {groupNear, "看过你所看商品的读者也看它", "readers of what you acted on act on it too"},
		featureNext:           {groupNear, "看过你最近所看商品的读者随后看它", "readers of what you acted on last act on it soon after"},
		featurePairs:          {groupNear, "打开过你所看商品的读者在列表中选择它", ""},
		featureFits:           {groupNear, "你的全部行为共同支持它", "all that you did speaks for it together"},
		featureDepth:          {groupHistory, "你在其话题中行为的多少", "how often you acted in its topics"},
		featureOwn:            {groupHistory, "你对该达人其他推荐的行为，半衰期 30 天", "what you did with other picks of its expert, half-life 30 days"},
		factorFeedback:        {groupFeedback, "你要求多看或少看", "what you asked for less or more of"},
		factorSeen:            {groupHistory, "你看过或买过，并要求再次显示", "you saw or bought it, and asked to see such again"},
		factorBase:            {groupBase, "模型对所有商品的起点", ""},
		factorDiversity:       {groupDiversity, "版面上已有同一达人或同一商品的内容", ""},
	}
	for _, b := range bents { // products of others, the reader's own if one of them is
		x, y := all[b.a], all[b.b]
		group := x.group
		if group == groupDemand {
			group = y.group
		}
		all[b.name] = word{group, x.zh + " × " + y.zh, ""}
	}
	return all
})

// GroupOf is the group of a factor by name.
func GroupOf(factor string) string {
	if w, ok := words()[factor]; ok {
		return w.group
	}
	return groupDemand
}

// described is f with what it measures in lang.
func described(f Feature, lang string) Feature {
	w := words()[f.Name]
	switch {
	case language(lang) == "zh" && w.zh != "":
		f.About = w.zh
	case language(lang) != "zh" && w.en != "":
		f.About = w.en
	}
	return f
}

// worded are factors with what they mean, the strongest first.
func (s *scored) worded(i int, factors []Factor, item *Item, lang string) []WhyFactor {
	about := make(map[string]Feature)
	for _, f := range slices.Concat(Features(), Adjustments()) {
		about[f.Name] = described(f, lang)
	}
	out := make([]WhyFactor, 0, len(factors))
	for _, f := range factors {
		d := about[f.Name]
		out = append(out, WhyFactor{
			Name: f.Name, Weight: f.Weight, Value: f.Value, Product: f.Weight * f.Value,
			Group: GroupOf(f.Name), About: d.About, Unit: d.Unit, Sentence: s.sentence(i, f, d.About, item, lang),
		})
	}
	slices.SortStableFunc(out, func(a, b WhyFactor) int { return cmp.Compare(math.Abs(b.Product), math.Abs(a.Product)) })
	return out
}

// sentence says what a factor does to the score: in the reader's words where it
// is a reason, else by what it measures.
func (s *scored) sentence(i int, f Factor, about string, item *Item, lang string) string {
	product := f.Weight * f.Value
	if product > 0 {
		for _, r := range speakers() {
			if slices.Contains(r.factors, f.Name) {
				if said := r.say(s, i, item, phrasesIn(lang)); said != "" {
					return said
				}
			}
		}
	}
	say := phrasesIn(lang)
	if product < 0 {
		return fmt.Sprintf(say.against, about, -product)
	}
	return fmt.Sprintf(say.favour, about, product)
}
