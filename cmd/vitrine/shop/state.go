package shop

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// Stages of an order.
const (
	placed   = "placed" // not paid yet: nobody is told
	paid     = "paid"
	received = "received"
	settled  = "settled"
	closed   = "closed"
)

// An order is one purchase of one item.
type order struct {
	ID       string          `json:"id"`
	Partner  string          `json:"partner"`
	Item     string          `json:"item"`
	Title    string          `json:"title"`
	SKU      string          `json:"sku,omitempty"`
	Quantity int             `json:"quantity"`
	Amount   recommend.Money `json:"amount"` // for all of it
	Token    string          `json:"token,omitempty"`
	Stage    string          `json:"stage"`
	At       time.Time       `json:"at"` // of the order
	Refunds  []refund        `json:"refunds,omitempty"`
}

type refund struct {
	ID     string    `json:"id"`
	Amount int64     `json:"amount"`
	At     time.Time `json:"at"`
}

// left is what is paid and not paid back.
func (o *order) left() int64 {
	left := o.Amount.Amount
	for _, r := range o.Refunds {
		left -= r.Amount
	}
	return left
}

// A state is what outlives the process. Changes are numbered from 1 by their
// place, and their times rise.
type state struct {
	Began   int64                   `json:"began"` // in seconds since 1970; keeps the ids of another life apart
	Orders  []*order                `json:"orders"`
	Changes []recommend.OrderReport `json:"changes"`
	Untold  map[string][]int        `json:"untold,omitempty"` // numbers of changes by partner, oldest first
	Sold    map[string]int64        `json:"sold,omitempty"`   // by key
}

// maxUntold bounds the webhooks that wait. What is dropped is still told by the
// order query.
const maxUntold = 1000

func (s *Shop) load() error {
	s.state = state{Began: s.cfg.Now().Unix(), Untold: map[string][]int{}, Sold: map[string]int64{}}
	if s.cfg.File == "" {
		return nil
	}
	text, err := os.ReadFile(s.cfg.File)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s.state)
	}
	if err != nil {
		return fmt.Errorf("shop: read %s: %w", s.cfg.File, err)
	}
	return nil
}

// save writes the state beside the old one and then takes its place.
func (s *Shop) save() error {
	if s.cfg.File == "" {
		return nil
	}
	text, err := json.Marshal(&s.state)
	if err == nil {
		err = os.WriteFile(s.cfg.File+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(s.cfg.File+".new", s.cfg.File)
	}
	if err != nil {
		return fmt.Errorf("shop: keep orders: %w", err)
	}
	return nil
}

var (
	errSoldOut  = errors.New("sold out")
	errNotNow   = errors.New("not in this state")
	errAmount   = errors.New("no such amount")
	errNoOrder  = errors.New("no such order")
	errQuantity = errors.New("no such quantity")
)

// maxQuantity is of one item at once.
const maxQuantity = 99

// left is the stock of g; false when the shop does not count it.
func (s *Shop) left(g *recommend.Product) (int64, bool) {
	if g.Stock == nil {
		return 0, false
	}
	return max(*g.Stock-s.state.Sold[g.Key], 0), true
}

// A basket is what a checkout page offers.
type basket struct {
	page     string // nonce of the page; "" when there is none
	good     *recommend.Product
	sku      string
	quantity int
	token    string
}

// place makes an order that is not paid yet, and returns its id. The same page
// sent twice is one order; pages are forgotten with the process.
func (s *Shop) place(b basket) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id := s.once[b.page]; id != "" && b.page != "" {
		return id, nil
	}
	if b.quantity < 1 || b.quantity > maxQuantity {
		return "", errQuantity
	}
	if left, counted := s.left(b.good); b.good.Price == nil || counted && left < int64(b.quantity) && !b.good.Preorder {
		return "", errSoldOut
	}
	amount := *b.good.Price
	amount.Amount *= int64(b.quantity)
	partner, item, _ := strings.Cut(b.good.Key, ":")
	o := &order{
		ID:      "o" + strconv.FormatInt(s.state.Began, 36) + "-" + strconv.Itoa(len(s.state.Orders)+1),
		Partner: partner, Item: item, Title: b.good.Title, SKU: b.sku, Quantity: b.quantity, Amount: amount, Token: b.token,
		Stage: placed, At: s.cfg.Now().UTC(),
	}
	s.state.Orders = append(s.state.Orders, o)
	s.state.Sold[b.good.Key] += int64(b.quantity)
	if b.page != "" && len(b.page) <= 64 {
		s.once[b.page] = o.ID
	}
	return o.ID, s.save()
}

// advance takes an order to the next stage.
func (s *Shop) advance(partner, id, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(partner, id)
	if o == nil {
		return errNoOrder
	}
	from := map[string][]string{paid: {placed}, received: {paid}, settled: {received}, closed: {placed, paid}}[to]
	for _, f := range from {
		if f != o.Stage {
			continue
		}
		o.Stage = to
		if to == closed {
			s.state.Sold[o.Partner+":"+o.Item] -= int64(o.Quantity)
		}
		if f == placed && to == closed { // nobody was told that there is one
			return s.save()
		}
		return s.report(o, recommend.OrderReport{State: to, Amount: o.Amount})
	}
	return errNotNow
}

// payBack pays amount back; 0 is all that is left.
func (s *Shop) payBack(partner, id string, amount int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(partner, id)
	if o == nil {
		return errNoOrder
	}
	if o.Stage == placed || o.Stage == closed {
		return errNotNow
	}
	if amount == 0 {
		amount = o.left()
	}
	if amount < 1 || amount > o.left() {
		return errAmount
	}
	r := refund{ID: "r" + strconv.Itoa(len(o.Refunds)+1), Amount: amount, At: s.cfg.Now().UTC()}
	o.Refunds = append(o.Refunds, r)
	return s.report(o, recommend.OrderReport{State: "refunded", Refund: r.ID, Amount: recommend.Money{Amount: amount, Currency: o.Amount.Currency}})
}

// report keeps a change of o and has it told. Its time is later than that of
// every change before: a window of the order query has them in this order.
func (s *Shop) report(o *order, r recommend.OrderReport) error {
	at := s.cfg.Now().UTC().Truncate(time.Millisecond)
	if n := len(s.state.Changes); n > 0 {
		if next := s.state.Changes[n-1].At.Add(time.Millisecond); at.Before(next) {
			at = next
		}
	}
	r.ID, r.Partner, r.Line, r.Token, r.Quantity, r.At = o.ID, o.Partner, "1", o.Token, o.Quantity, at
	s.state.Changes = append(s.state.Changes, r)
	if s.partners[o.Partner].Notify != "" {
		s.state.Untold[o.Partner] = append(s.state.Untold[o.Partner], len(s.state.Changes))
		if over := len(s.state.Untold[o.Partner]) - maxUntold; over > 0 {
			s.state.Untold[o.Partner] = s.state.Untold[o.Partner][over:]
		}
		s.nudge(o.Partner)
	}
	return s.save()
}

// find looks for an order; s.mu is held.
func (s *Shop) find(partner, id string) *order {
	for _, o := range s.state.Orders {
		if o.ID == id && o.Partner == partner {
			return o
		}
	}
	return nil
}
