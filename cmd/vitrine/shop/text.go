package shop

import (
	"net/http"
	"strings"
)

// texts are zh and en.
func texts() map[string][2]string {
	return map[string][2]string{
		"demo":        {"演示商店：不会真的扣款，也不会发货。", "A demonstration shop: nothing is charged and nothing is sent."},
		"other":       {"English", "中文"},
		"goods":       {"商品", "Goods"},
		"orders":      {"订单", "Orders"},
		"order":       {"订单", "Order"},
		"search":      {"搜索", "Search"},
		"nothing":     {"没有找到商品。", "Nothing found."},
		"no_orders":   {"这里还没有订单。", "There are no orders yet."},
		"everybody":   {"这家店没有账号，所有人都能看到这些订单。", "The shop has no accounts: everybody sees these orders."},
		"checkout":    {"结算", "Checkout"},
		"buy":         {"立即购买", "Buy now"},
		"pay_now":     {"提交订单并付款", "Place order and pay"},
		"pay_later":   {"先下单，稍后付款", "Place order, pay later"},
		"quantity":    {"数量", "Quantity"},
		"variant":     {"规格", "Variant"},
		"price":       {"单价", "Price"},
		"total":       {"合计", "Total"},
		"from":        {"由橱窗推荐而来", "You came by a recommendation"},
		"seller":      {"卖家", "Seller"},
		"after_sales": {"售后", "Returns"},
		"in_stock":    {"有货", "In stock"},
		"left":        {"剩余", "Left"},
		"sold_out":    {"已售罄，或剩余数量不够。", "Sold out, or fewer left than you want."},
		"state":       {"状态", "State"},
		"placed":      {"待付款", "Not paid yet"},
		"paid":        {"已付款", "Paid"},
		"received":    {"已收货", "Received"},
		"settled":     {"已结算", "Settled"},
		"closed":      {"已关闭", "Closed"},
		"refunds":     {"退款", "Refunds"},
		"rest":        {"未退金额", "Not paid back"},
		"do_paid":     {"付款", "Pay"},
		"do_received": {"确认收货", "Confirm receipt"},
		"do_settled":  {"结算", "Settle"},
		"do_closed":   {"取消订单", "Cancel order"},
		"do_refund":   {"部分退款", "Refund this much"},
		"do_all":      {"全部退款", "Refund everything"},
		"amount_of":   {"退款金额", "Amount to refund"},
		"what_next":   {"接下来", "What next"},
		"done":        {"这个订单已经结束。", "This order is over."},
		"ordered_at":  {"下单时间", "Ordered"},
		"back":        {"返回商店", "Back to the shop"},
		"problem":     {"出了点问题", "Something is wrong"},
		"missing":     {"没有这个商品或订单。", "There is no such item or order."},
		"not_now":     {"订单现在的状态不允许这样做。", "The order is in a state in which this cannot be done."},
		"bad_number":  {"数量要在 1 到 99 之间。", "Choose a quantity from 1 to 99."},
		"amount":      {"请填写大于零、不超过未退金额的数。", "Give an amount above zero and not above what is not paid back."},
		"link":        {"这个链接不完整，请回到来时的页面再试一次。", "The link is damaged. Go back to where you came from and try again."},
		"trouble":     {"商店出错了，请稍后再试。", "The shop has trouble. Try again later."},
	}
}

// text is a text of the pages by name, in lang.
func text(lang, name string) string {
	t := texts()[name]
	if lang == "zh" {
		return t[0]
	}
	return t[1]
}

// inLanguage is the half of "English / 中文" that is in lang, or all of s when
// there are no halves.
func inLanguage(lang, s string) string {
	english, chinese, two := strings.Cut(s, " / ")
	switch {
	case !two:
		return s
	case lang == "zh":
		return chinese
	}
	return english
}

// language is what the reader asked for, wants in general, or else English.
func language(r *http.Request) string {
	asked := r.URL.Query().Get("lang")
	if c, err := r.Cookie("lang"); asked == "" && err == nil {
		asked = c.Value
	}
	if asked == "" {
		asked = r.Header.Get("Accept-Language")
	}
	if strings.HasPrefix(strings.ToLower(asked), "zh") {
		return "zh"
	}
	return "en"
}
