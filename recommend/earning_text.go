package recommend

import (
	"maps"
	"slices"
)

// earningReasons are what the codes of reasons mean, to experts.
func earningReasons() map[string]map[string]string {
	return map[string]map[string]string{
		"order-paid":          {"en": "The reader paid.", "zh": "读者已付款。"},
		"awaiting-settlement": {"en": "Paid by the reader; waiting until the shop settles the order.", "zh": "读者已付款，等待平台结算订单。"},
		"holding":             {"en": "Settled by the shop; held for the holding period, in which the order can still come back.", "zh": "平台已结算，处于保留期内，期间订单仍可能退款。"},
		"holding-over":        {"en": "The holding period is over: this will be paid out.", "zh": "保留期已结束，等待打款。"},
		"order-settled":       {"en": "The shop settled the order: the holding period began.", "zh": "平台已结算订单，保留期开始。"},
		"amount-changed":      {"en": "The shop corrected what was paid.", "zh": "平台更正了实付金额。"},
		"refund":              {"en": "The reader got money back; the same part of the earning went back.", "zh": "读者已退款，相应比例的收益已扣回。"},
		"order-closed":        {"en": "The order was closed: nothing was sold.", "zh": "订单已关闭，未成交。"},
		"self-purchase":       {"en": "This was your own purchase: own purchases earn nothing.", "zh": "这是你自己的购买，自购不产生收益。"},
		"more-than-clicked":   {"en": "More was paid than the item cost at the click: somebody will look at it.", "zh": "实付金额高于点击时的商品金额，等待人工核对。"},
		"fast-order":          {"en": "The order came within a few seconds of the click, sooner than anybody can buy (rule fast-order): held until somebody has looked at it.", "zh": "下单距点击仅数秒，快于正常购买（规则 fast-order）：暂扣，等待人工核对。"},
		"click-burst":         {"en": "The click lay in a burst: very many clicks on the pick from very few networks or readers (rule click-burst). Held until somebody has looked at it.", "zh": "该点击处于异常集中时段：大量点击来自极少的网络或读者（规则 click-burst）。暂扣，等待人工核对。"},
		"shared-payout":       {"en": "The buyer is an expert who is paid to the same account as you (rule shared-payout): held until somebody has looked at it.", "zh": "买家是与你使用同一收款账户的达人（规则 shared-payout）：暂扣，等待人工核对。"},
		"signal-dismissed":    {"en": "Somebody looked at the signal that held this, and found it wrong: it is held by it no more.", "zh": "人工核对后认为该信号不成立，不再因此暂扣。"},
		"signal-upheld":       {"en": "Somebody looked at the signal that holds this, and found it right: held until a ruling.", "zh": "人工核对后认为该信号成立，暂扣至裁定为止。"},
		"signal-expired":      {"en": "Nobody decided about the signal that held this in time: it is held by it no more.", "zh": "该信号未在期限内处理，不再因此暂扣。"},
		"attribution-changed": {"en": "The shop corrected the order: it belongs to another click.", "zh": "平台更正了订单，归属于另一次点击。"},
		"before-click":        {"en": "The order was made before the click.", "zh": "订单早于点击时间。"},
		"window-over":         {"en": "The order was made too long after the click.", "zh": "下单时已超过点击的有效期。"},
		"no-token":            {"en": "The order came without a click: it is credited to nobody.", "zh": "订单没有点击凭证，不归属任何人。"},
		"token-malformed":     {"en": "The click of the order cannot be read.", "zh": "订单的点击凭证无法识别。"},
		"token-foreign":       {"en": "The click of the order is of another installation.", "zh": "订单的点击凭证来自其他系统。"},
		"token-partner":       {"en": "The click led to another shop than the one that reports the order.", "zh": "点击凭证属于另一家店铺，与报告订单的店铺不符。"},
		"token-tampered":      {"en": "The click of the order was changed on its way.", "zh": "订单的点击凭证被篡改。"},
		"ruled-on_hold":       {"en": "Held by a moderator.", "zh": "已被审核人员暂扣。"},
		"released":            {"en": "Released by a moderator.", "zh": "审核人员已解除暂扣。"},
		"ruled-fraud":         {"en": "A moderator decided that this was fraud. This is final.", "zh": "经审核认定为欺诈，此结果为最终结果。"},
		"ruled-canceled":      {"en": "Canceled by a moderator. This is final.", "zh": "已被审核人员取消，此结果为最终结果。"},
		"ruled-duplicate":     {"en": "A moderator decided that this was paid for elsewhere. This is final.", "zh": "经审核认定为重复计算，此结果为最终结果。"},
		"paid-out":            {"en": "Paid out.", "zh": "已打款。"},
	}
}

// EarningReason is what the code of a reason of an entry or of
// [LedgerLine.ReasonAt] means, to the expert, in lang or else in English; ""
// for a code that there is not.
func EarningReason(code, lang string) string {
	texts := earningReasons()[code]
	if t := texts[lang]; t != "" {
		return t
	}
	return texts["en"]
}

// EarningReasons lists every code that [EarningReason] knows.
func EarningReasons() []string { return slices.Sorted(maps.Keys(earningReasons())) }
