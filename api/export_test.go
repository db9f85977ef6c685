package api

// Routes lists what the router has, as "GET /v1/picks/:id".
func (s *Server) Routes() []string {
	var out []string
	for _, r := range s.engine.Routes() {
		out = append(out, r.Method+" "+r.Path)
	}
	return out
}

// ProblemCodes lists the kinds of problem with their statuses.
func (s *Server) ProblemCodes() map[string]int {
	codes := make(map[string]int)
	for code, t := range s.types {
		codes[code] = t.status
	}
	return codes
}
