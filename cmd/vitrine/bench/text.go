package bench

import (
	"fmt"
	"strings"
)

type label struct{ zh, en string }

var rootLabels = [rootTopics]label{
	{"家居", "Home"},
	{"吃喝", "Food"},
	{"户外", "Outdoors"},
	{"美妆", "Beauty"},
	{"数码", "Digital"},
	{"图书", "Books"},
	{"宠物", "Pets"},
	{"穿搭", "Clothes"},
	{"兴趣", "Hobbies"},
	{"亲子", "Children"},
}

var names = []string{"林晚", "Grain Theo", "周野", "Mara Voss", "取景吴", "Jon Adler", "苏米", "Ines Roth", "老顾", "Petra Lind", "陈小满", "Tom Reyes"}

var bios = []string{
	"二十年老工匠，只说用过的东西。", "Cooks for six every day and writes down what broke.", "每件东西至少用满三个月。", "Repairs what others throw away.",
	"住在山脚下，周末都在路上。", "Reads the small print so that you need not.",
}

var (
	zhThings = []string{"保温杯", "机械键盘", "登山杖", "护手霜", "帆布包", "猫砂盆", "铸铁锅", "台灯", "雨衣", "拼图", "绘本", "耳机"}
	enThings = []string{"flask", "keyboard", "trekking pole", "hand cream", "canvas bag", "litter tray", "cast iron pan", "desk lamp", "rain shell", "puzzle", "picture book", "headphones"}
	zhHows   = []string{"轻量", "加厚", "复古", "静音", "便携", "大容量", "手工", "可拆洗"}
	enHows   = []string{"light", "heavy-duty", "classic", "quiet", "foldable", "large", "hand-made", "washable"}

	zhSays = []string{
		"用了两个冬天，密封还是和新的一样。", "手柄不烫，倒水不滴。", "比上一代轻了三分之一，背一天不累。", "缺点是盖子不好洗，要用小刷子。",
		"家里三个人轮流用，没有一个说不好。", "洗了几十次没有起球。", "价格不算低，但是能用很多年。", "尺寸比照片里看着大，先量好再买。",
		"客服回得快，坏的零件第二天就寄到了。", "声音很轻，半夜也不会吵醒人。", "朋友推荐给我的，现在我推荐给你。", "颜色和图片一样，没有色差。",
		"第一次用有一点味道，晾两天就没了。", "适合小户型，收起来只占一个抽屉。", "下雨天走了六个小时，里面是干的。",
	}
	enSays = []string{
		"Two winters of daily use and the lid still seals. ", "The handle stays cool and nothing drips. ", "A third lighter than the one before; a day of carrying it is nothing. ",
		"The one flaw: the lid is hard to clean without a small brush. ", "Three of us share it and nobody complains. ", "Washed dozens of times without pilling. ",
		"Not cheap, but it will outlast the next two. ", "Larger than it looks in the pictures, so measure first. ", "A broken part was replaced within two days. ",
		"So quiet that nobody wakes up. ", "A friend told me of it, and now I tell you. ", "The colour is the one in the picture. ",
		"It smells a little at first; two days in the open and that is gone. ", "Folds into a drawer, good for small flats. ", "Six hours of rain and dry inside. ",
	}
)

// title is a product's name at the shop.
func (w *World) title(p madeProduct, i int) string {
	a, b := w.dice.IntN(len(zhHows)), w.dice.IntN(len(zhThings))
	if p.zh {
		return fmt.Sprintf("云台山房 %s%s 家用经典款 %d 号 / %s %s", zhHows[a], zhThings[b], i, enHows[a], enThings[b])
	}
	return fmt.Sprintf("Northlight %s %s, model %d, for every day", enHows[a], enThings[b], i)
}

// reason is two to five sentences in one language.
func (w *World) reason(zh bool) string {
	says := enSays
	if zh {
		says = zhSays
	}
	var b strings.Builder
	for range 2 + w.dice.IntN(4) {
		b.WriteString(says[w.dice.IntN(len(says))])
	}
	return strings.TrimSpace(b.String())
}
