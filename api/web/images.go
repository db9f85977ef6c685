package web

import (
	"encoding/json"
	"net/http"
	"strings"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// drawn are the headers of pictures that this package draws.
func drawn(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox") // of a picture opened by itself
	h.Set("Cache-Control", "public, max-age=604800")
}

// picture draws a product.
func (s *site) picture(w http.ResponseWriter, r *http.Request) {
	key, ok := strings.CutSuffix(r.PathValue("file"), ".svg")
	if _, _, err := link.ParseKey(key); !ok || err != nil {
		http.NotFound(w, r)
		return
	}
	var p recommend.Product
	if !s.document(w, r, recommend.Ref{Kind: recommend.KindProduct, ID: key}, &p) {
		return
	}
	drawn(w)
	answer(w, http.StatusOK, Picture(key, p.Title, p.Topic))
}

// avatar draws an expert's face.
func (s *site) avatar(w http.ResponseWriter, r *http.Request) {
	id, ok := strings.CutSuffix(r.PathValue("file"), ".svg")
	if !ok || !recommend.ValidID(id) {
		http.NotFound(w, r)
		return
	}
	e := recommend.Expert{Name: id}
	if !s.document(w, r, recommend.Ref{Kind: recommend.KindExpert, ID: id}, &e) {
		return
	}
	drawn(w)
	answer(w, http.StatusOK, Avatar(id, e.Name))
}

// document reads what a picture is drawn of into v, which stays as it is when
// there is no such document. It answers itself and returns false when the
// store fails.
func (s *site) document(w http.ResponseWriter, r *http.Request, ref recommend.Ref, v any) bool {
	docs, err := s.Store.Get(r.Context(), ref)
	if err == nil && len(docs) > 0 {
		err = json.Unmarshal(docs[0].Body, v)
	}
	if err != nil {
		s.Logger.WarnContext(r.Context(), "picture not drawn", "of", ref.String(), "err", err)
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return false
	}
	return true
}
