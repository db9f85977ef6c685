package api

import "net/http"

// ruleProblems are the codes of the rules of the game and of the folds, as
// package recommend's verdicts and the dead letters name them.
func ruleProblems() []problemType {
	const unprocessable = http.StatusUnprocessableEntity
	return []problemType{
		{
			"unsupported-channel", unprocessable,
			text{"The link does not lead to an approved shop", "链接不属于认可的合作渠道"},
			text{"Picks link to approved partners only; accepted lists them, GET /v1/partners says more.", "推荐只能链接到认可的合作方；accepted 列出可用渠道，详见 GET /v1/partners。"},
		},
		{
			"link-malformed", unprocessable,
			text{"The link cannot be read", "无法识别该链接"},
			text{"Paste the address of the product's page as the browser shows it.", "请粘贴浏览器中显示的商品页地址。"},
		},
		{
			"link-not-an-item", unprocessable,
			text{"The link is not a product page", "该链接不是商品页"},
			text{"Open the product itself and paste that address, not a shop's, a list's or a cart's.", "请打开具体商品并粘贴其地址，而不是店铺、列表或购物车的地址。"},
		},
		{
			"link-needs-resolving", unprocessable,
			text{"A short link does not say which product it means", "短链接无法确定商品"},
			text{"Open it and paste the address of the product's page.", "请打开短链接，并粘贴商品页地址。"},
		},
		{
			"link-ambiguous", unprocessable,
			text{"The link names more than one product", "链接指向多个商品"},
			text{"Paste the plain address of one product's page.", "请粘贴单一商品页的地址。"},
		},
		{
			"reason-too-short", unprocessable,
			text{"The reason is too short", "推荐理由太短"},
			text{"Say what you tried, for whom it is, and what is not so good. GET /v1/policy tells the bounds.", "请说明您的体验、适合谁、有何不足。长度限制见 GET /v1/policy。"},
		},
		{
			"reason-too-long", unprocessable,
			text{"The reason is too long", "推荐理由太长"},
			text{"Keep what helps a reader decide. GET /v1/policy tells the bounds.", "请保留有助于读者决定的内容。长度限制见 GET /v1/policy。"},
		},
		{
			"expert-not-verified", http.StatusForbidden,
			text{"Only verified experts publish", "只有认证达人可以发布"},
			text{"Publishing is granted to verified experts, topic by topic.", "发布权限按话题授予认证达人。"},
		},
		{
			"publishing-frozen", http.StatusForbidden,
			text{"Publishing is frozen for this expert", "该达人的发布权限已冻结"},
			text{"A ruling froze it; GET /v1/me/limits tells the standing.", "因一项裁定而冻结；当前状态见 GET /v1/me/limits。"},
		},
		{
			"topic-not-approved", http.StatusForbidden,
			text{"The expert is not verified for this topic", "达人未获该话题认证"},
			text{"Choose among the topics you are verified for.", "请选择您已认证的话题。"},
		},
		{
			"duplicate-pick", http.StatusConflict,
			text{"You recommend this product already", "您已推荐过该商品"},
			text{"existing_id names the pick; edit or withdraw that one.", "existing_id 为已有推荐；请修改或撤回它。"},
		},
		{
			"near-duplicate", unprocessable,
			text{"The reason repeats your earlier ones", "推荐理由与此前雷同"},
			text{"Write what is particular about this product. Such a pick is held for a moderator.", "请写出该商品的独特之处。此类推荐须经审核。"},
		},
		{
			"paid-share-exceeded", unprocessable,
			text{"Too many of your picks are gifts or paid", "赠品或付费推荐占比过高"},
			text{"current is their share with this pick, max what is allowed. Publish picks of your own choice first.", "current 为加入本推荐后的占比，max 为上限。请先发布自选的推荐。"},
		},
		{
			"restricted-goods", unprocessable,
			text{"These goods may not be advertised", "该类商品不得推广"},
			text{"restriction names the rule of GET /v1/policy.", "restriction 为 GET /v1/policy 中的规则。"},
		},
		{
			"partner-paused", unprocessable,
			text{"This shop is paused", "该合作渠道已暂停"},
			text{"Try again when it is resumed, or link the product at another partner.", "请等待恢复，或链接其他合作方的同款商品。"},
		},
		{
			"clock-skew", unprocessable,
			text{"The time is too far from now", "时间与当前相差过大"},
			text{"Set the clock of the client that sends it. Nothing lies in the future, and what readers did is told within a day.", "请校准客户端时钟。时间不得晚于当前，读者的行为须在一天内上报。"},
		},
		{
			"pick-withdrawn", http.StatusConflict,
			text{"The pick is withdrawn", "该推荐已撤回"},
			text{"Restore it first.", "请先恢复。"},
		},
		{
			"pick-unknown", http.StatusNotFound,
			text{"There is no such pick", "没有该推荐"},
			text{"It was never published, or by somebody else.", "从未发布，或由他人发布。"},
		},
		{
			"pick-id-taken", http.StatusConflict,
			text{"Another pick has this id", "该编号已被占用"},
			text{"Repeat the request with a new Idempotency-Key.", "请使用新的 Idempotency-Key 重试。"},
		},
		{
			"undo-expired", http.StatusConflict,
			text{"It was withdrawn too long ago", "撤回已超过可恢复期限"},
			text{"Publish the product anew.", "请重新发布。"},
		},
		{
			"too-many", unprocessable,
			text{"The list is full", "列表已满"},
			text{"Remove something from it first.", "请先移除部分内容。"},
		},
		{
			"rule-unknown", unprocessable,
			text{"The policy has no such rule", "政策中没有该规则"},
			text{"Name a rule of GET /v1/policy.", "请使用 GET /v1/policy 中的规则。"},
		},
		{
			"host-taken", http.StatusConflict,
			text{"These hosts belong to another partner", "域名已属于其他合作方"},
			text{"Register hosts of the partner's own.", "请登记合作方自有的域名。"},
		},
		{
			"partner-unknown", unprocessable,
			text{"No approved partner sells this", "没有认可的合作方销售该商品"},
			text{"The key is partner:item of an approved partner; GET /v1/partners lists them.", "编号应为认可合作方的 partner:item；见 GET /v1/partners。"},
		},
		{
			"url-mismatch", unprocessable,
			text{"The address leads to another product", "地址与商品不符"},
			text{"Give the product's own page, or leave the address out.", "请提供该商品自己的页面地址，或不填。"},
		},
	}
}
