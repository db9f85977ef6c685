package api

import "net/http"

// The codes of problems that this package itself finds. The others are those
// of package recommend's rules.
const (
	codeValidation   = "validation"
	codeNotFound     = "not-found"
	codeInternal     = "internal"
	codeRetryLater   = "retry-later"
	codeTimeout      = "timeout"
	codeConflict     = "conflict"
	codeQuota        = "quota-exceeded"
	codeBadBody      = "body-malformed"
	codeTooLarge     = "body-too-large"
	codeMediaType    = "media-type-unsupported"
	codeMethod       = "method-not-allowed"
	codeKeyMissing   = "idempotency-key-missing"
	codeKeyReused    = "idempotency-key-reused"
	codeKeyBusy      = "idempotency-key-in-progress"
	codeNoMatch      = "precondition-required"
	codeStale        = "precondition-failed"
	codeUnauthorized = "unauthorized"
	codeScope        = "insufficient-scope"
	codeCrossSite    = "cross-site-request"
	codeNotYours     = "not-yours"
	codePickRemoved  = "pick-removed"
	codeTopicUnknown = "topic-unknown"
	codeGone         = "gone"
)

// The codes of problems on the way to a checkout, of orders and of earnings.
const (
	codeQuantity      = "quantity-limit"
	codeOutOfStock    = "out-of-stock"
	codePartnerPaused = "partner-paused"
	codeCartEmpty     = "cart-empty"
	codeLinkRefused   = "partner-link-refused"
	codeSignature     = "signature-invalid"
	codeReplayed      = "webhook-replayed"
)

// A problemType is one kind of problem: its status, what it is called, and
// what the page it links to says.
type problemType struct {
	slug   string
	status int
	title  text
	about  text
}

// problemTypes are all kinds of problem by slug: the one table from codes to
// statuses.
type problemTypes map[string]problemType

// of returns the type of code. A rule that this table does not know yet is a
// validation like any other.
func (t problemTypes) of(code string) problemType {
	if p, ok := t[code]; ok {
		return p
	}
	return t[codeValidation]
}

func newProblemTypes() problemTypes {
	t := make(problemTypes)
	for _, list := range [][]problemType{requestProblems(), accessProblems(), ruleProblems(), recordProblems(), readerProblems(), moneyProblems(), exportProblems(), serverProblems()} {
		for _, p := range list {
			t[p.slug] = p
		}
	}
	return t
}

func requestProblems() []problemType {
	return []problemType{
		{
			codeValidation, http.StatusUnprocessableEntity,
			text{"Something in the request is not valid", "请求内容有误"},
			text{"Each entry of errors names a field by JSON pointer and says how to mend it. For a parameter of the address the status is 400.", "errors 中的每一项用 JSON 指针指出字段，并说明如何修改。地址参数有误时状态码为 400。"},
		},
		{
			codeBadBody, http.StatusBadRequest,
			text{"The body cannot be read", "无法读取请求体"},
			text{"The body must be one JSON value in UTF-8 (for POST /v1/catalog/batch one per line), and nothing after it.", "请求体必须是一个 UTF-8 编码的 JSON 值（POST /v1/catalog/batch 为每行一个），其后不得有其他内容。"},
		},
		{
			codeTooLarge, http.StatusRequestEntityTooLarge,
			text{"The body is too large", "请求体过大"},
			text{"Send less at once. JSON bodies may have 64 KiB, picks to order 128 KiB and 1,000 of them, a batch of actions 1 MiB and 500 of them, a webhook 1 MiB, a batch of lines 4 MiB and 1,000 lines.", "请减少单次发送的内容：JSON 请求体最多 64 KiB，待排序的推荐最多 128 KiB、1000 条，行为批量最多 1 MiB、500 条，回调最多 1 MiB，逐行批量最多 4 MiB、1000 行。"},
		},
		{
			codeMediaType, http.StatusUnsupportedMediaType,
			text{"This content type is not read here", "不支持的内容类型"},
			text{"Send application/json; POST /v1/catalog/batch takes application/x-ndjson. Compressed bodies are not read.", "请使用 application/json；POST /v1/catalog/batch 使用 application/x-ndjson。不接受压缩的请求体。"},
		},
		{
			codeNotFound, http.StatusNotFound,
			text{"There is no such thing", "未找到"},
			text{"The address or the id names nothing. GET /openapi.yaml lists all addresses.", "该地址或编号不存在。所有地址见 GET /openapi.yaml。"},
		},
		{
			codeMethod, http.StatusMethodNotAllowed,
			text{"This address does not take this method", "该地址不支持此方法"},
			text{"The Allow header lists the methods it takes.", "可用的方法见 Allow 响应头。"},
		},
		{
			codeKeyMissing, http.StatusBadRequest,
			text{"An Idempotency-Key is needed", "缺少 Idempotency-Key"},
			text{"Send an Idempotency-Key header of 1 to 255 printable characters, new for every new request and the same for its repeats, so that a repeat after a lost answer has no second effect.", "请发送 Idempotency-Key 请求头（1 至 255 个可打印字符）：新请求用新值，重试用旧值，这样丢失应答后的重试不会产生第二次效果。"},
		},
		{
			codeKeyReused, http.StatusUnprocessableEntity,
			text{"This Idempotency-Key belongs to another request", "该 Idempotency-Key 已用于其他请求"},
			text{"The key was used with another body. Choose a new key for a new request.", "该键已用于不同的请求体。新请求请使用新的键。"},
		},
		{
			codeKeyBusy, http.StatusConflict,
			text{"The first request with this key is still running", "使用该键的请求仍在处理"},
			text{"Repeat after Retry-After seconds to get its answer.", "请在 Retry-After 秒后重试以取得结果。"},
		},
		{
			codeNoMatch, http.StatusPreconditionRequired,
			text{"An If-Match header is needed", "缺少 If-Match"},
			text{"Read the resource, and send its ETag as If-Match with the change, so that nobody's change is overwritten unseen.", "请先读取资源，并在修改时以 If-Match 发送其 ETag，以免覆盖他人的修改。"},
		},
		{
			codeStale, http.StatusPreconditionFailed,
			text{"It has changed since you read it", "内容已被修改"},
			text{"Read it again and repeat the change on what is there now.", "请重新读取，并在当前内容上再次修改。"},
		},
		{
			"cursor-invalid", http.StatusBadRequest,
			text{"This cursor is not valid here", "游标无效"},
			text{"A cursor belongs to one reader and one question and is used as it was given. Start from the first page.", "游标只对应一位读者的一次查询，须原样使用。请从第一页重新开始。"},
		},
		{
			"cursor-expired", http.StatusGone,
			text{"This cursor has expired", "游标已过期"},
			text{"A window is good for 30 minutes. Start a new one from the first page, at the address in the Link header.", "橱窗有效期为 30 分钟。请按 Link 响应头中的地址从第一页重新开始。"},
		},
		{
			codeQuota, http.StatusTooManyRequests,
			text{"A limit has been reached", "已达到限额"},
			text{"violated-policies names the limits: of publishing (GET /v1/me/limits) or of requests (the RateLimit-Policy header). Try again after Retry-After seconds. Limits of requests are counted by each server process for itself.", "violated-policies 列出所触及的限额：发布限额（见 GET /v1/me/limits）或请求限额（见 RateLimit-Policy 响应头）。请在 Retry-After 秒后重试。请求限额由各服务进程分别计算。"},
		},
	}
}

func accessProblems() []problemType {
	return []problemType{
		{
			codeUnauthorized, http.StatusUnauthorized,
			text{"A valid token is needed", "需要有效的令牌"},
			text{"Send Authorization: Bearer with an access token of this installation. POST /v1/guests gives one to anybody who only reads.", "请以 Authorization: Bearer 发送本站签发的访问令牌。仅浏览者可用 POST /v1/guests 获取。"},
		},
		{
			codeScope, http.StatusForbidden,
			text{"The token does not allow this", "令牌权限不足"},
			text{"required names the scope that is missing.", "required 为所缺少的权限。"},
		},
		{
			codeCrossSite, http.StatusForbidden,
			text{"Refused: the request comes from another site", "已拒绝：请求来自其他站点"},
			text{"With the session cookie, changes are taken from this site's own pages only. Other clients send a bearer token, or the header X-Vitrine-CSRF: 1.", "使用会话 Cookie 时，只接受本站页面发起的修改。其他客户端请使用 Bearer 令牌或请求头 X-Vitrine-CSRF: 1。"},
		},
		{
			codeNotYours, http.StatusForbidden,
			text{"This belongs to somebody else", "这不属于您"},
			text{"A pick is changed by the expert who published it, a product listed by the partner who sells it, a checkout or an order complained of by who was there.", "推荐只能由发布它的达人修改，商品只能由销售它的合作方提供，投诉只能由结账或下单的读者提出。"},
		},
	}
}

func recordProblems() []problemType {
	return []problemType{
		{
			codePickRemoved, http.StatusGone,
			text{"This pick is not shown any more", "该推荐已不再展示"},
			text{"removed_reason says why: withdrawn, removed, held, sold-out, partner-paused, expert-hidden and the like.", "removed_reason 说明原因，例如撤回、下架、售罄、合作方暂停等。"},
		},
		{
			codeTopicUnknown, http.StatusNotFound,
			text{"There is no such topic", "没有这个话题"},
			text{"GET /v1/topics lists the topics.", "话题列表见 GET /v1/topics。"},
		},
		{
			codeGone, http.StatusGone,
			text{"It is not shown any more", "已不再展示"},
			text{"removed_reason says why.", "原因见 removed_reason。"},
		},
		{
			codeConflict, http.StatusConflict,
			text{"It conflicts with what is there", "与现有内容冲突"},
			text{"Read what is there and decide anew.", "请读取现有内容后重新决定。"},
		},
	}
}

func serverProblems() []problemType {
	return []problemType{
		{
			codeInternal, http.StatusInternalServerError,
			text{"Something went wrong here", "服务器内部错误"},
			text{"It has been logged under trace_id. Repeating the request with the same Idempotency-Key is safe.", "已按 trace_id 记录。使用相同的 Idempotency-Key 重试是安全的。"},
		},
		{
			codeRetryLater, http.StatusServiceUnavailable,
			text{"Not available at the moment", "暂时不可用"},
			text{"Try again after Retry-After seconds, with the same Idempotency-Key if there was one.", "请在 Retry-After 秒后使用相同的 Idempotency-Key（如有）重试。"},
		},
		{
			codeTimeout, http.StatusServiceUnavailable,
			text{"It took too long", "处理超时"},
			text{"Try again after Retry-After seconds, with the same Idempotency-Key if there was one.", "请在 Retry-After 秒后使用相同的 Idempotency-Key（如有）重试。"},
		},
	}
}
