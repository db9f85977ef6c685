package api

import (
	"regexp"
	"strings"

	"github.com/maypok86/otter/v2"
	"github.com/x-way/crawlerdetect"
)

// robots tell by a User-Agent whether a robot says that it is one. It judges
// those who declare themselves: who takes the name of a browser is a reader.
type robots struct {
	known *otter.Cache[string, bool] // by User-Agent: a judgement takes far longer than a look
	tool  *regexp.Regexp
}

// Bounds of User-Agents. Of a longer one the rest is not looked at, for the time
// of a judgement grows with it: robots say sooner that they are some.
const (
	longestAgent = 256
	mostAgents   = 4_096
)

// tools are libraries and commands that the judgement takes for robots. Such a
// name, alone, tells what asks and not who: the app of a reader sends okhttp as
// a robot does.
const tools = `^(?:aiohttp|Apache-HttpClient|axios|curl|Faraday|Go-http-client|GuzzleHttp|HTTPie|Java|node-fetch|okhttp|PostmanRuntime|` +
	`python-httpx|python-requests|Python-urllib|reqwest)(?:/| v|$)[0-9._]*(?: \(Java/[0-9._]+\))?$`

func newRobots() (*robots, error) {
	known, err := otter.New(&otter.Options[string, bool]{MaximumSize: mostAgents})
	return &robots{known: known, tool: regexp.MustCompile(tools)}, err
}

func (r *robots) close() { r.known.StopAllGoroutines() }

// declared reports whether agent is the User-Agent of a robot. One that says
// nothing is none, and nor is a library alone.
func (r *robots) declared(agent string) bool {
	agent = strings.TrimSpace(agent[:min(len(agent), longestAgent)])
	if agent == "" {
		return false
	}
	if is, ok := r.known.GetIfPresent(agent); ok {
		return is
	}
	is := !r.tool.MatchString(agent) && crawlerdetect.IsCrawler(agent)
	r.known.Set(strings.Clone(agent), is) // not of a header's memory
	return is
}

// robot reports whether a robot asks: what it does is counted apart. A client
// with window:any is no browser, and says it of each action.
func (c *call) robot() bool {
	return (c.who == nil || !c.who.Has(ScopeWindowAny)) && c.server.robots.declared(c.Request.UserAgent())
}
