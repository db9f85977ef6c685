package main_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// A ruleFile is a file of rules of Prometheus.
type ruleFile struct {
	Groups []struct {
		Name     string `yaml:"name"`
		Interval string `yaml:"interval"`
		Rules    []rule `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Record      string            `yaml:"record"`
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// deployed decodes a file of deploy/prometheus, strictly.
func deployed(t *testing.T, name string, v any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "prometheus", name))
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// metricName is a metric of ours, or what a rule records, in an expression or a text.
var metricName = regexp.MustCompile(`\b(?:[a-z_0-9]+:(?:http|vitrine)_\w+(?::\w+)?|(?:vitrine|http)_\w+)`)

// dashboards are the expressions of each dashboard of deploy/grafana.
func dashboards(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "deploy", "grafana", "dashboards", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no dashboards: %v", err)
	}
	exprs := make(map[string][]string, len(files))
	for _, file := range files {
		var board struct {
			Panels []struct {
				Targets []struct {
					Expr string `json:"expr"`
				} `json:"targets"`
			} `json:"panels"`
		}
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &board)
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, p := range board.Panels {
			for _, target := range p.Targets {
				exprs[filepath.Base(file)] = append(exprs[filepath.Base(file)], target.Expr)
			}
		}
	}
	return exprs
}

// TestRulesAlertsAndDashboardsNameMetricsThatThereAre does without promtool: it reads the
// files as YAML and takes names for metrics by their form, and evaluates nothing.
func TestRulesAlertsAndDashboardsNameMetricsThatThereAre(t *testing.T) {
	samples, types, _ := measured(t).metrics(t)
	known := maps.Clone(samples)
	for name := range types {
		known[name] = true
	}
	var records, alerts ruleFile
	deployed(t, "rules.yml", &records)
	deployed(t, "alerts.yml", &alerts)
	for _, g := range records.Groups {
		for _, r := range g.Rules {
			if r.Alert != "" || strings.Count(r.Record, ":") != 2 || r.Expr == "" || known[r.Record] {
				t.Errorf("%s: rule %+v is no level:metric:operations of its own", g.Name, r)
			}
			for _, name := range metricName.FindAllString(r.Expr, -1) {
				if !samples[name] {
					t.Errorf("%s asks for %s, which is not in /metrics", r.Record, name)
				}
			}
			known[r.Record] = true
		}
	}
	seen := map[string]bool{}
	for _, g := range alerts.Groups {
		for _, r := range g.Rules {
			if r.Record != "" || r.Alert == "" || seen[r.Alert] || r.Expr == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("alert %q lacks its own name, an expression, a summary or a description", r.Alert)
			}
			seen[r.Alert] = true
			if s := r.Labels["severity"]; !slices.Contains([]string{"critical", "warning"}, s) {
				t.Errorf("%s: severity %q", r.Alert, s)
			}
			if _, err := time.ParseDuration(r.For); r.For != "" && err != nil {
				t.Errorf("%s: for %q", r.Alert, r.For)
			}
			for _, text := range append(slices.Collect(maps.Values(r.Annotations)), r.Expr) {
				for _, name := range metricName.FindAllString(text, -1) {
					if !known[name] {
						t.Errorf("%s names %s, which is neither in /metrics nor recorded", r.Alert, name)
					}
				}
			}
		}
	}
	for board, exprs := range dashboards(t) {
		for _, expr := range exprs {
			found := metricName.FindAllString(expr, -1)
			if len(found) == 0 {
				t.Errorf("%s: %q names no metric of ours", board, expr)
			}
			for _, name := range found {
				if !known[name] {
					t.Errorf("%s asks for %s, which is neither in /metrics nor recorded", board, name)
				}
			}
		}
	}
	if len(records.Groups) == 0 || len(seen) == 0 {
		t.Error("there are no rules, or no alerts")
	}
	var conf struct {
		RuleFiles []string `yaml:"rule_files"`
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "prometheus", "prometheus.yml"))
	if err == nil {
		err = yaml.Unmarshal(text, &conf)
	}
	if err != nil || !slices.Equal(conf.RuleFiles, []string{"rules.yml", "alerts.yml"}) {
		t.Errorf("prometheus.yml reads %v, %v", conf.RuleFiles, err)
	}
}
