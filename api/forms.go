package api

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
)

const formType = "application/x-www-form-urlencoded"

// A form is how a page without scripts uses a route that takes JSON. Its fields
// if_match and idempotency_key stand for the headers that a form cannot send,
// and back for the query of the page's address. Whoever sends it is led back to
// the page, where the parameter said is "done", "pending", or the code of the
// problem.
type form struct {
	page string   // its path
	at   string   // the fragment of it where said is answered; "" is its top
	keep []string // the parameters of back that may stand in the address
	// body is the JSON that the fields stand for.
	body func(url.Values) ([]byte, error)
}

// signalForm decides about a signal.
func signalForm() *form {
	return &form{page: "/signals", keep: []string{"kind", "state", "subject", "cursor"}, body: func(f url.Values) ([]byte, error) {
		return marshal(map[string]string{"state": f.Get("state"), "text": f.Get("text")})
	}}
}

// exportForm asks for an export: the field ask holds the question but for its
// format, for a page knows what it shows.
func exportForm() *form {
	return &form{page: "/analytics", at: "files", keep: []string{"days", "by", "model"}, body: func(f url.Values) ([]byte, error) {
		ask := make(map[string]json.RawMessage)
		if err := json.Unmarshal([]byte(f.Get("ask")), &ask); err != nil {
			return nil, refuse(codeBadBody, "ask: not a JSON object: "+jsonFault(err))
		}
		format, err := marshal(f.Get("format"))
		if err != nil {
			return nil, err
		}
		ask["format"] = format
		return marshal(ask)
	}}
}

// byForm reports whether a form of a page is sent.
func (c *call) byForm() bool {
	if c.route == nil || c.route.form == nil {
		return false
	}
	got, _, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	return err == nil && got == formType
}

// readForm puts the JSON and the headers in place that a form stands for.
func (c *call) readForm() error {
	fields, err := url.ParseQuery(string(c.body))
	if err != nil {
		return refuse(codeBadBody, "not a form")
	}
	c.fields = fields
	for name, header := range map[string]string{"if_match": "If-Match", "idempotency_key": "Idempotency-Key"} {
		if v := fields.Get(name); v != "" {
			c.Request.Header.Set(header, v)
		}
	}
	c.body, err = c.route.form.body(fields)
	return err
}

// back leads whoever sent a form to the page that it is of, and says what came
// of it.
func (c *call) back(said string) {
	f := c.route.form
	query := make(url.Values)
	if before, err := url.ParseQuery(c.fields.Get("back")); err == nil {
		for name, values := range before {
			if slices.Contains(f.keep, name) {
				query[name] = values[:1]
			}
		}
	}
	query.Set("said", said)
	c.private()
	c.Redirect(http.StatusSeeOther, (&url.URL{Path: f.page, RawQuery: query.Encode(), Fragment: f.at}).String())
}

// refusedForm leads back to the page with the problem. What another site's page
// sends has none of ours to go back to.
func (c *call) refusedForm(r *refusal, status int) bool {
	if r.code == codeCrossSite || !c.byForm() {
		return false
	}
	code := r.code
	if len(r.errors) > 0 && r.code == codeValidation {
		code = r.errors[0].Code
	}
	c.refused = status
	c.back(code)
	return true
}

// saidOf is what a page is told of an answer.
func saidOf(status int) string {
	if status == http.StatusAccepted {
		return "pending"
	}
	return "done"
}
