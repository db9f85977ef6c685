package partner

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// The two halves of a window, in the order in which they are read.
const (
	halfOrders  = "orders"
	halfRefunds = "refunds"
)

// A taobaoCursor is where a window goes on: its half, the page, and the
// position that the union handed out, to be given back as it came.
type taobaoCursor struct {
	half     string
	page     int
	position string
}

func (c taobaoCursor) String() string {
	return c.half + ":" + strconv.Itoa(c.page) + ":" + c.position
}

func parseTaobaoCursor(s string) (taobaoCursor, error) {
	if s == "" {
		return taobaoCursor{half: halfOrders, page: 1}, nil
	}
	half, rest, _ := strings.Cut(s, ":")
	page, position, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(page)
	if half != halfOrders && half != halfRefunds || err != nil || n < 1 {
		return taobaoCursor{}, fmt.Errorf("%w: the cursor is none of ours", recommend.ErrInvalid)
	}
	return taobaoCursor{half, n, position}, nil
}

// OrdersSince implements [recommend.Adapter]. The union refuses windows over
// three hours, or 20 minutes in big sales.
//
// An order line is reported as it stands now, so a line that was paid and
// received between two questions is told as both, the payment at its own time,
// which may lie before the window: the time of the first report decides whether
// the click counts. Lines come oldest change first within a page, refunds after
// all orders.
func (t *Taobao) OrdersSince(ctx context.Context, q recommend.OrderQuery) ([]recommend.OrderReport, string, error) {
	at, err := parseTaobaoCursor(q.Cursor)
	if err != nil {
		return nil, "", err
	}
	var reports []recommend.OrderReport
	var next string
	if at.half == halfOrders {
		reports, next, err = t.orderPage(ctx, q, at)
	} else {
		reports, next, err = t.refundPage(ctx, q, at)
	}
	if err != nil {
		return nil, "", fmt.Errorf("orders of %s: %w", t.cfg.Partner, err)
	}
	slices.SortStableFunc(reports, func(a, b recommend.OrderReport) int { return a.At.Compare(b.At) })
	return reports, next, nil
}

// pageParams are what both queries take.
func (t *Taobao) pageParams(q recommend.OrderQuery, at taobaoCursor) map[string]string {
	size := 100
	if q.Limit > 0 {
		size = min(q.Limit, size)
	}
	p := map[string]string{
		"start_time": q.From.In(china()).Format(taobaoTime),
		"end_time":   q.To.Add(-time.Second).In(china()).Format(taobaoTime),
		"page_no":    strconv.Itoa(at.page), "page_size": strconv.Itoa(size),
	}
	if at.position != "" {
		p["position_index"], p["jump_type"] = at.position, "1"
	}
	return p
}

// A publisherOrder is a row of taobao.tbk.order.details.get.
type publisherOrder struct {
	Parent   text   `json:"trade_parent_id"`
	Trade    text   `json:"trade_id"`
	Status   int    `json:"tk_status"` // 12 paid, 14 received, 3 settled, 13 closed
	Paid     string `json:"alipay_total_price"`
	Settled  string `json:"pay_price"` // what was paid in the end; "" or 0.00 before the reader has it
	Quantity int    `json:"item_num"`
	PaidAt   string `json:"tk_paid_time"`
	EarnedAt string `json:"tk_earning_time"`
	Modified string `json:"modified_time"`
	Refund   int    `json:"refund_tag"` // 1: something was or is being paid back

	rest map[string]json.RawMessage
}

// UnmarshalJSON keeps all fields beside the known ones.
func (o *publisherOrder) UnmarshalJSON(b []byte) error {
	type fields publisherOrder
	if err := json.Unmarshal(b, (*fields)(o)); err != nil {
		return err
	}
	return json.Unmarshal(b, &o.rest)
}

func (t *Taobao) orderPage(ctx context.Context, q recommend.OrderQuery, at taobaoCursor) ([]recommend.OrderReport, string, error) {
	params := t.pageParams(q, at)
	params["query_type"] = "4" // by time of change
	params["order_scene"] = "1"
	var answer struct {
		Response struct {
			Data struct {
				Results struct {
					Orders []publisherOrder `json:"publisher_order_dto"`
				} `json:"results"`
				HasNext  bool   `json:"has_next"`
				Position string `json:"position_index"`
			} `json:"data"`
		} `json:"tbk_order_details_get_response"`
	}
	if err := t.call(ctx, "taobao.tbk.order.details.get", params, &answer); err != nil {
		return nil, "", err
	}
	data := &answer.Response.Data
	var reports []recommend.OrderReport
	for i := range data.Results.Orders {
		some, err := t.orderReports(ctx, &data.Results.Orders[i])
		if err != nil {
			return nil, "", err
		}
		reports = append(reports, some...)
	}
	next := taobaoCursor{half: halfRefunds, page: 1}
	if data.HasNext {
		next = taobaoCursor{halfOrders, at.page + 1, data.Position}
	}
	return reports, next.String(), nil
}

// orderReports tells what a row says: the payment, and where the line is now.
// What cannot be read is left empty, so that its receiver refuses the report by
// name; keeping it back would hide it for good.
func (t *Taobao) orderReports(ctx context.Context, o *publisherOrder) ([]recommend.OrderReport, error) {
	paidAt := parseTaobaoTime(o.PaidAt)
	now := taobaoState(o.Status)
	if now == "closed" && paidAt.IsZero() {
		return nil, nil // it was never paid
	}
	token, err := t.tokenOf(ctx, o)
	if err != nil {
		return nil, err
	}
	paid := recommend.OrderReport{
		ID: string(cmp.Or(o.Parent, o.Trade)), Partner: t.cfg.Partner, Line: string(o.Trade), Token: token,
		Amount: yuan(o.Paid), State: "paid", Quantity: o.Quantity, At: paidAt, Extra: o.trace(),
	}
	if now == "paid" {
		return []recommend.OrderReport{paid}, nil
	}
	later := paid
	later.State, later.At = now, parseTaobaoTime(o.Modified)
	if earned := parseTaobaoTime(o.EarnedAt); now == "settled" && !earned.IsZero() {
		later.At = earned
	}
	if end := yuan(o.Settled); end.Amount > 0 && now != "closed" {
		later.Amount = end
	}
	return []recommend.OrderReport{paid, later}, nil
}

// trace keeps what helps to look into an unattributed order.
func (o *publisherOrder) trace() map[string]json.RawMessage {
	extra := make(map[string]json.RawMessage)
	for _, name := range []string{"adzone_id", "click_time", "item_id", "relation_id", "special_id", "refund_tag"} {
		if v := o.rest[name]; v != nil {
			extra["taobao_"+name] = v
		}
	}
	return extra
}

func (t *Taobao) tokenOf(ctx context.Context, o *publisherOrder) (string, error) {
	if t.cfg.Token == nil {
		return "", nil
	}
	var click text
	if raw := o.rest[t.cfg.ClickField]; raw != nil {
		_ = json.Unmarshal(raw, &click) // what is no text is no mark of ours
	}
	if click == "" {
		return "", nil
	}
	token, err := t.cfg.Token(ctx, string(click))
	if err != nil {
		return "", fmt.Errorf("token of click: %w", err)
	}
	return token, nil
}

func taobaoState(status int) string {
	switch status {
	case 12:
		return "paid"
	case 14:
		return "received"
	case 3:
		return "settled"
	case 13:
		return "closed"
	}
	return ""
}

// A publisherRefund is a row of taobao.tbk.order.refund.get.
type publisherRefund struct {
	Suit   text   `json:"refund_suit_id"`
	Parent text   `json:"tb_trade_parent_id"`
	Trade  text   `json:"tb_trade_id"`
	Status int    `json:"refund_status"`
	Fee    string `json:"refund_fee"`
	DoneAt string `json:"tk_refund_suit_time"`
}

func (t *Taobao) refundPage(ctx context.Context, q recommend.OrderQuery, at taobaoCursor) ([]recommend.OrderReport, string, error) {
	option := map[string]any{"query_type": 5, "order_scene": 1, "member_type": 4} // by time of change, of all roles
	for k, v := range t.pageParams(q, at) {
		option[k] = v
		if n, err := strconv.Atoi(v); err == nil && k != "position_index" {
			option[k] = n
		}
	}
	written, err := json.Marshal(option)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", recommend.ErrInvalid, err)
	}
	var answer struct {
		Response struct {
			Data struct {
				Result struct {
					Refunds []publisherRefund `json:"publisher_refund_order_d_t_o"`
				} `json:"result"`
				HasNext  bool   `json:"has_next"`
				Position string `json:"position_index"`
			} `json:"data"`
		} `json:"tbk_order_refund_get_response"`
	}
	params := map[string]string{"publisher_refund_order_query_option": string(written)}
	if err := t.call(ctx, "taobao.tbk.order.refund.get", params, &answer); err != nil {
		return nil, "", err
	}
	data := &answer.Response.Data
	var reports []recommend.OrderReport
	for i := range data.Result.Refunds {
		f := &data.Result.Refunds[i]
		if !refundDone(f.Status) {
			continue // it is told again when it is decided
		}
		reports = append(reports, recommend.OrderReport{
			ID: string(cmp.Or(f.Parent, f.Trade)), Partner: t.cfg.Partner, Line: string(f.Trade), State: "refunded",
			Amount: yuan(f.Fee), Refund: string(f.Suit), At: parseTaobaoTime(f.DoneAt),
		})
	}
	if data.HasNext {
		return reports, taobaoCursor{halfRefunds, at.page + 1, data.Position}.String(), nil
	}
	return reports, "", nil
}

// refundDone reports whether the reader has the money back: the claim was
// granted (2), or it was taken from promoter or seller afterwards, by now (13,
// 15) or soon (12, 14).
func refundDone(status int) bool {
	return status == 2 || status >= 12 && status <= 15
}

// yuan is the money of an amount such as "59.00"; of "--" and the like, money
// that nobody takes.
func yuan(s string) recommend.Money {
	if fen, ok := parseYuan(s); ok {
		return recommend.Money{Amount: fen, Currency: "CNY"}
	}
	return recommend.Money{}
}

// parseTaobaoTime reads a time of the gateway; of "--" and the like it is zero.
func parseTaobaoTime(s string) time.Time {
	at, err := time.ParseInLocation(taobaoTime, s, china())
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
