# What one does with this checkout. `make` alone lists it.

GO       ?= go
FUZZTIME ?= 10s
MINUTES  ?=
RUNS     ?= 3
SCRIPT   ?=
PACKAGES ?= ./...

.DEFAULT_GOAL := help
.PHONY: help run test deps check lint fmt golden fuzz fuzz-all bench interop conformance mutations soak

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  variables: SCRIPT=$(SCRIPT) PACKAGES=$(PACKAGES) FUZZTIME=$(FUZZTIME) MINUTES=$(MINUTES) RUNS=$(RUNS)"

run: ## start the server, with SCRIPT=file or the built-in script
	$(GO) run ./cmd/viaduct serve $(if $(SCRIPT),-f $(SCRIPT))

test: deps check ## install what the tests need where allowed, then run everything
	GORACE=atexit_sleep_ms=10 $(GO) test -race $(PACKAGES)
	VIADUCT_INTEROP=1 $(GO) test -count=1 ./interop ./conformance

deps: ## install missing Debian packages (as root; says what is missing otherwise)
	@.ci/packages

check: # what `test` looks at before it runs anything
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then \
	  echo "gofmt would change (make fmt):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...

lint: check ## gofmt, go vet, staticcheck, and the floors of docs/floors.txt
	$(GO) tool -modfile=tools/go.mod staticcheck ./...
	$(GO) test -count=1 -run 'Imports|Floors' .

fmt: ## format all Go files
	gofmt -w .

golden: ## write the golden files anew from what the tests see (then read the diff)
	@set -e; for package in $$($(GO) list -f '{{.Dir}}' $(PACKAGES)); do \
	  if grep -qs 'flag.Bool("update"' $$package/*_test.go; then \
	    echo "$(GO) test -count=1 $$package -update"; \
	    VIADUCT_INTEROP=1 $(GO) test -count=1 $$package -update; fi; done
	@git --no-pager diff --stat -- '*testdata*'

fuzz: ## run every fuzz target for FUZZTIME
	@set -e; grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' . | xargs -r -n1 dirname | sort -u | while read -r folder; do \
	  sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' $$folder/*_test.go | while read -r target; do \
	    echo "$$folder $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s $$folder </dev/null; done; done

fuzz-all: ## every fuzz target for MINUTES (10), several at once on one core, one line each
	.ci/fuzz-all $(or $(MINUTES),10)

bench: ## CPU per call beside Kamailio and the kernel's floor, RUNS times interleaved
	$(GO) build -trimpath -o build/viaduct ./cmd/viaduct
	python3 bench/compare.py --viaduct build/viaduct --runs $(RUNS)

interop: deps ## SIPp and baresip through Kamailio and viaduct, ladders compared
	VIADUCT_INTEROP=1 $(GO) test -count=1 -v ./interop

conformance: deps ## the messages of RFC 4475 and 5118 through viaduct and Kamailio; writes docs/conformance.md
	VIADUCT_INTEROP=1 $(GO) test -count=1 ./conformance -update

mutations: ## 4,500 broken INVITEs over UDP and TCP at a server that goes on serving
	VIADUCT_MUTATIONS=all $(GO) test -count=1 -v -run Mutations ./soak

soak: ## MINUTES (20) of 300 calls/s over a network that loses, doubles and reorders
	VIADUCT_SOAK_RATE=300 VIADUCT_SOAK_TIME=$(or $(MINUTES),20)m $(GO) test -count=1 -v -timeout 24h -run 'Soak$$' ./soak
