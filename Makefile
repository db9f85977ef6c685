# Everything a developer runs. Needed: Go and make; make check also a C compiler, for the race detector.
# Tools run by pinned version, so go.mod stays ours; the first run compiles them (golangci-lint: a minute or two).

GO       ?= go
ADDR     ?= $(or $(VITRINE_ADDR),127.0.0.1:8080)
FUZZTIME ?= 30s
BENCH    ?= .
COUNT    ?= 1
IMAGE    ?= vitrine

TAGS         := -tags nomsgpack
WITH_ENGINES := deploy/engines/with-engines.sh

GOLANGCI_LINT := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOFUMPT       := $(GO) run mvdan.cc/gofumpt@v0.12.0
GOVULNCHECK   := $(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0
PROMTOOL      := $(GO) run github.com/prometheus/prometheus/cmd/promtool@v0.316.0

.DEFAULT_GOAL := check
.NOTPARALLEL:

.PHONY: help
help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## bin/vitrine
	$(GO) build $(TAGS) -o bin/vitrine ./cmd/vitrine

.PHONY: run
run: build ## the service with its demo world; ADDR=127.0.0.1:8080, ARGS for more flags
	@echo "Vitrine: http://$(ADDR)/  (Ctrl-C ends it)"
	bin/vitrine serve --demo --addr $(ADDR) $(ARGS)

# --- tests ---

.PHONY: test
test: browser ## all tests, on real Kafka and Elasticsearch too where a JDK or Docker is there
	$(WITH_ENGINES) $(GO) test $(TAGS) -shuffle=on -timeout 20m ./...

.PHONY: test-real
test-real: browser ## as test, but without real engines it fails
	ENGINES=required $(WITH_ENGINES) $(GO) test $(TAGS) -shuffle=on -timeout 20m ./...

.PHONY: chaos
chaos: ## nothing is lost: kill -9, twenty times over, of everything
	VITRINE_CHAOS=full $(WITH_ENGINES) $(GO) test $(TAGS) -run '^(TestChaos|TestOrdersSurviveKills)' -timeout 30m -v ./cmd/vitrine

.PHONY: load
load: ## readers' actions on Kafka and Elasticsearch: five minutes of 2,000 a second, with figures
	VITRINE_LOAD=full ENGINES=required $(WITH_ENGINES) $(GO) test $(TAGS) -run '^TestActionsUnderLoadOnServers' -timeout 60m -v ./cmd/vitrine

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME=30s
	@set -e; grep -rEo '^func Fuzz\w+' --include='*_test.go' . | sort | while IFS=: read -r file func; do \
		echo "fuzz $${file%/*} $${func#func }"; \
		$(GO) test $(TAGS) -run '^$$' -fuzz "^$${func#func }\$$" -fuzztime $(FUZZTIME) "$${file%/*}"; \
	done

.PHONY: fuzz-api
fuzz-api: build ## the running service against its openapi.yaml, with Schemathesis (python3)
	deploy/fuzz/api.sh bin/vitrine

.PHONY: bench
bench: build ## how fast the service is, beside a floor in the same run; ARGS="--quick", "--rows NAME,…", "--json FILE"
	bin/vitrine bench $(ARGS)

.PHONY: benchmarks
benchmarks: ## Go benchmarks of the parts; BENCH=pattern, COUNT=10 for benchstat
	$(WITH_ENGINES) $(GO) test $(TAGS) -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) -timeout 60m ./...

.PHONY: cover
cover: ## coverage of each package by its own tests, and of all together
	$(WITH_ENGINES) $(GO) test $(TAGS) -timeout 20m -coverprofile=coverage.out ./...
	@$(GO) tool cover -func=coverage.out | tail -n 1

# The tests of the pages drive a browser.
.PHONY: browser
browser:
	@found() { for b in chromium chromium-browser google-chrome google-chrome-stable headless-shell; do \
			command -v $$b >/dev/null && return 0; done; return 1; }; \
	found && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing Chromium, which the tests of the pages drive"; \
		apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium >/dev/null \
			|| echo "apt-get could not install it" >&2; \
	fi; \
	found && exit 0; \
	echo "********************************************************************************" >&2; \
	echo "*  NOT RUN: the tests of the pages. No Chromium or Chrome is on the PATH." >&2; \
	echo "********************************************************************************" >&2; \
	[ "$$CI" != true ] || { echo "with CI=true that is a failure" >&2; exit 1; }

# --- what every commit passes ---

.PHONY: check
check: fmt-check vet lint race vuln ## format, vet, lint, short tests under the race detector, known vulnerabilities

.PHONY: fmt
fmt: ## gofumpt everything
	$(GOFUMPT) -w .

.PHONY: fmt-check
fmt-check:
	@files=$$($(GOFUMPT) -l .) || exit 1; \
	[ -z "$$files" ] || { echo "not gofumpt-ed (make fmt):"; echo "$$files"; exit 1; } >&2

.PHONY: vet
vet:
	$(GO) vet $(TAGS) ./...

.PHONY: lint
lint: ## golangci-lint with .golangci.yml
	$(GOLANGCI_LINT) run ./...

.PHONY: race
race: ## short tests under the race detector, beside real engines as test is
	@[ "$$($(GO) env CGO_ENABLED)" = 1 ] || { echo "the race detector needs cgo and a C compiler (such as gcc)" >&2; exit 1; }
	$(WITH_ENGINES) $(GO) test $(TAGS) -race -short -shuffle=on -timeout 20m ./...

# A vulnerability found always fails. Not reaching the database is said, and fails only with VULN_REQUIRED=true.
# Not part of check: promtool is over a thousand packages, eleven minutes of a processor where none is built yet.
.PHONY: rules
rules: ## rules and alerts of Prometheus against made-up series, with promtool
	$(PROMTOOL) check rules deploy/prometheus/rules.yml deploy/prometheus/alerts.yml
	$(PROMTOOL) test rules deploy/prometheus/rules_test.yml

.PHONY: vuln
vuln: ## known vulnerabilities in what we call; VULN_REQUIRED=true, VULN_DB=url
	@out=$$($(GOVULNCHECK) $(if $(VULN_DB),-db $(VULN_DB)) $(TAGS) ./... 2>&1) && { echo "$$out"; exit 0; }; \
	echo "$$out" >&2; \
	case $$out in *"govulncheck: fetching vulnerabilities: "*) ;; *) exit 1 ;; esac; \
	echo "NOT RUN: the vulnerability database could not be reached (VULN_DB=URL names another); nothing is known either way" >&2; \
	[ "$(VULN_REQUIRED)" != true ]

# --- the rest ---

.PHONY: docker
docker: ## the image; IMAGE=vitrine
	docker build -f deploy/Dockerfile -t $(IMAGE) .

.PHONY: clean
clean: ## what make made
	rm -rf bin coverage.*
