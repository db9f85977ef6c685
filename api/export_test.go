package api

// Routes lists what the router has, as "GET /v1/picks/:id".
func (s *Server) Routes() []string {
	var out []string
	for _, r := range s.engine.Routes() {
		out = append(out, r.Method+" "+r.Path)
	}
	return out
}

// DecodeStrict is how bodies of requests are read.
func DecodeStrict(b []byte, v any) error { return decodeStrict(b, v) }

// StatusOf is what a client is told of err.
func (s *Server) StatusOf(err error) (status int, code string) {
	r := s.refusalOf(err)
	if r.status != 0 {
		return r.status, r.code
	}
	return s.types.of(r.code).status, r.code
}

// ProblemCodes lists the kinds of problem with their statuses.
func (s *Server) ProblemCodes() map[string]int {
	codes := make(map[string]int)
	for code, t := range s.types {
		codes[code] = t.status
	}
	return codes
}
