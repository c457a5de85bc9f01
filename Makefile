# lading: `make help` lists the targets.
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS  = -s -w -X github.com/lading-dev/lading/internal/cli.version=$(VERSION)
BUILD    = build

# Builds and tests share what they have compiled only where their flags are the same.
export GOFLAGS = -trimpath

.PHONY: all help build install demo test lint cluster e2e update corpus attack fuzz bench bench-publish bench-status clean

all: build test ## Build and test

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build build/lading
	@mkdir -p $(BUILD)
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BUILD)/lading ./cmd/lading

install: ## Install lading into GOBIN
	$(GO) install -ldflags '$(LDFLAGS)' ./cmd/lading

demo: build ## Render the examples, publish them to a local repository, change a setting, publish again
	@examples/demo.sh $(BUILD)/lading $(BUILD)/demo

test: ## Run all tests; what failed is at the end
	$(GO) test ./...
	@echo "All tests passed. Cases live in testdata/ (script, render, settings); 'make update' rewrites golden files."

cluster: ## Start a Kubernetes cluster to try things with (FLUX=1, ARGOCD=1 add engines); Ctrl-C ends it
	@mkdir -p $(BUILD)
	$(GO) build -o $(BUILD)/cluster ./test/cluster/up
	@$(BUILD)/cluster $(if $(FLUX),-flux) $(if $(ARGOCD),-argocd)

e2e: build ## Integration tests against a cluster with Flux and Argo CD; E2E=TestName chooses
	$(GO) build -o $(BUILD)/cluster ./test/cluster/up
	@$(BUILD)/cluster -build
	$(GO) test -tags e2e -count=1 -parallel 6 -timeout 20m $(if $(E2E),-v -run '$(E2E)') ./test/e2e -args -dir=$(CURDIR)/$(BUILD)/e2e -lading=$(CURDIR)/$(BUILD)/lading
	@echo "All integration tests passed. Logs of the cluster: $(BUILD)/e2e/log"

lint: ## Check formatting, vet and staticcheck (installed at the version of go.mod)
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not gofmt-ed (run gofmt -w):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags e2e ./test/...
	$(GO) tool staticcheck ./...
	$(GO) tool staticcheck -tags e2e ./test/...
	@echo "No complaints."

update: ## Rewrite golden files and generated docs; review the diff
	$(GO) test $$(git grep -l '"update"' -- '*_test.go' | xargs -n1 dirname | sort -u | sed "s,^,./,") -update

corpus: ## Hold the Jinja2 corpus against the bytes of Python's Jinja2
	$(call report,corpus,TestCorpus,./internal/jinja,byte-equal)

attack: ## Try every attack of the corpus on the sandbox
	$(call report,attack,TestAttacks,./cmd/lading,contained)

# report runs one test and prints the lines of its output that count:
# name, test, package, word.
define report
	@mkdir -p $(BUILD)
	@$(GO) test -count=1 -v -run '^$(2)$$' $(3) > $(BUILD)/$(1).txt || { grep -v '^ *--- PASS\|^=== ' $(BUILD)/$(1).txt; exit 1; }
	@grep '$(4)' $(BUILD)/$(1).txt
	@echo "All of it: $(BUILD)/$(1).txt"
endef

fuzz: ## Fuzz each target for FUZZTIME (default 20s)
	@./bench/fuzz.sh $(or $(FUZZTIME),20s)

bench: build ## Benchmarks in Go, then the whole process
	@./bench/run.sh $(BUILD)/lading

bench-publish: ## Publish to a repository of 100,000 files, against git's own way
	$(GO) run ./bench/publish

bench-status: build ## Time lading status for 1,000 deployments, with and without an engine
	$(GO) run ./bench/status $(BUILD)/lading

clean: ## Remove everything that was built
	rm -rf $(BUILD)
