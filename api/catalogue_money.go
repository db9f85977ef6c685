package api

import "net/http"

// moneyProblems are those on the way to a checkout, of orders and of earnings.
func moneyProblems() []problemType {
	return []problemType{
		{
			codeQuantity, http.StatusUnprocessableEntity,
			text{"This quantity cannot be taken", "数量不在允许范围内"},
			text{"Give a whole number from 1 to the quantity of the reader's rules in GET /v1/policy.", "请填写 1 到 GET /v1/policy 中读者规则所列上限之间的整数。"},
		},
		{
			codeOutOfStock, http.StatusConflict,
			text{"The partner has not enough of it", "库存不足"},
			text{"available_quantity says how many are left, where the partner tells. Bookmarks are kept: look again later.", "available_quantity 为剩余数量（如合作方提供）。收藏会保留，可稍后再看。"},
		},
		{
			codeCartEmpty, http.StatusConflict,
			text{"There is nothing in the cart", "购物车为空"},
			text{"Put something into the cart first. A cart that nobody changes is emptied after 90 days, that of a guest after 30.", "请先加入商品。购物车 90 天未变动会清空，访客为 30 天。"},
		},
		{
			codeLinkRefused, http.StatusServiceUnavailable,
			text{"The partner's checkout cannot be opened from here", "无法打开合作方的结算页"},
			text{"The address that the partner gave is on none of its own hosts, so readers are not sent there. Operators find the address in the log.", "合作方提供的地址不在其自有域名下，因此不会跳转。运维人员可在日志中查看该地址。"},
		},
		{
			codeSignature, http.StatusUnauthorized,
			text{"The request is not signed as it should be", "请求签名无效"},
			text{"Send Vitrine-Timestamp with the time in Unix seconds, within five minutes of ours, and Vitrine-Signature with v1= and the hexadecimal HMAC-SHA256, under the shared secret, of the timestamp, a full stop and the body.", "请发送 Vitrine-Timestamp（Unix 秒，与本站时间相差不超过五分钟）和 Vitrine-Signature：v1= 加上以共享密钥对“时间戳.请求体”计算的 HMAC-SHA256 十六进制值。"},
		},
		{
			codeReplayed, http.StatusConflict,
			text{"This very request has been taken before", "该请求已被处理"},
			text{"The same signature came within the last ten minutes, and its reports are in the log. Nothing needs to be sent again; sign anew what is new.", "十分钟内已收到相同签名的请求，其报告均已入账，无需重发；新内容请重新签名。"},
		},
		{
			"currency-mismatch", http.StatusConflict,
			text{"The line is in another currency", "币种不一致"},
			text{"All reports of one line of an order are in the currency of its first report.", "同一订单行的所有报告须使用首次报告的币种。"},
		},
		{
			"multi-level-forbidden", http.StatusUnprocessableEntity,
			text{"Nobody earns from recruiting anybody", "禁止多级分销"},
			text{"One order line pays the expert whose pick was clicked, or is split among those whose picks were. There are no levels, teams or uplines.", "一个订单行只支付给被点击推荐的达人（或在各被点击达人之间分配），不存在层级、团队或上线。"},
		},
		{
			"terms-frozen", http.StatusConflict,
			text{"What an order earns was fixed at the click", "佣金条件在点击时已固定"},
			text{"A new commission counts for later clicks only. List the product with it.", "新的佣金只适用于之后的点击，请随商品信息提交。"},
		},
		{
			"signal-unknown", http.StatusNotFound,
			text{"There is no such signal", "没有该信号"},
			text{"GET /v1/signals lists them.", "见 GET /v1/signals。"},
		},
		{
			"signal-expired", http.StatusConflict,
			text{"Nobody decided about this signal in time", "该信号已过期"},
			text{"It holds nothing any more. Rule on the lines themselves with POST /v1/earnings/rulings.", "该信号不再暂扣任何收益，请通过 POST /v1/earnings/rulings 对订单行裁定。"},
		},
		{
			"order-unknown", http.StatusNotFound,
			text{"No such line of an order was reported", "没有该订单行"},
			text{"Name order, partner and line as GET /v1/me/earnings does.", "请按 GET /v1/me/earnings 所列填写订单、合作方和订单行。"},
		},
		{
			"nothing-earned", http.StatusConflict,
			text{"Nobody earns anything by this line", "该订单行没有收益"},
			text{"Only lines that are credited to an expert can be ruled on.", "只能对归属于达人的订单行作出裁定。"},
		},
		{
			"transition-forbidden", http.StatusConflict,
			text{"An earning in this state cannot become that", "收益状态不允许如此变更"},
			text{"state is the state it is in. Fraud, canceled and duplicate are final; paid follows processed alone.", "state 为当前状态。欺诈、取消和重复为最终状态；只有已结算完成的收益可以打款。"},
		},
	}
}
