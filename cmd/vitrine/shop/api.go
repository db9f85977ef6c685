package shop

import (
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// apiItem answers an item's facts of the shop protocol.
func (s *Shop) apiItem(w http.ResponseWriter, r *http.Request) {
	g := s.goods[r.PathValue("partner")+":"+r.PathValue("item")]
	if g == nil {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is no such item"})
		return
	}
	writeJSON(w, http.StatusOK, s.factsOf(g))
}

// factsOf is g as it stands now.
func (s *Shop) factsOf(g *recommend.Product) recommend.Product {
	now := *g
	now.UpdatedAt = s.cfg.Now().UTC()
	p := s.partners[g.Partner()]
	if now.Seller == "" {
		now.Seller = p.Name
	}
	if now.AfterSales == "" {
		now.AfterSales = p.AfterSales
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if left, counted := s.left(g); counted {
		now.Stock = &left
	}
	return now
}

// apiOrders answers the order query of the shop protocol. A cursor is the
// number of the last change that was told.
func (s *Shop) apiOrders(w http.ResponseWriter, r *http.Request) {
	p := s.partners[r.PathValue("partner")]
	key, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if p.Key == "" || !found || subtle.ConstantTimeCompare([]byte(key), []byte(p.Key)) != 1 {
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "the key is not the one of this shop"})
		return
	}
	q := r.URL.Query()
	from, err := time.Parse(time.RFC3339Nano, q.Get("from"))
	to, err2 := time.Parse(time.RFC3339Nano, q.Get("to"))
	after, err3 := number(q.Get("cursor"), 0, 1<<30)
	limit, err4 := number(q.Get("limit"), 100, 500)
	if err != nil || err2 != nil || err3 != nil || err4 != nil || !from.Before(to) {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "give from and to as RFC 3339, from before to, limit 1 to 500, and the cursor as it came"})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	reports, next := []recommend.OrderReport{}, ""
	for i := after; i < len(s.state.Changes); i++ {
		c := s.state.Changes[i]
		if c.Partner != p.ID || c.At.Before(from) || !c.At.Before(to) {
			continue
		}
		if len(reports) == limit {
			next = strconv.Itoa(after)
			break
		}
		reports = append(reports, c)
		after = i + 1
	}
	writeJSON(w, http.StatusOK, map[string]any{"reports": reports, "next_cursor": next})
}

// number reads a whole number from 1 to most.
func number(s string, otherwise, most int) (int, error) {
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err == nil && (n < 1 || n > most) {
		err = strconv.ErrRange
	}
	return n, err
}
