# Everything a developer does here. `make` alone explains the targets.

GO ?= go
# What runs in hugot's Go backend, encoders and other models for names, is some three
# times as fast with SIMD, which Go 1.26 has as an experiment. Everything here is built with it, so that all targets share what
# they compile.
export GOEXPERIMENT = simd
# What checks the code has a module of its own, so that it weighs on no other.
LINT = $(GO) tool -modfile=tools/lint/go.mod
# How long each parser is fuzzed.
FUZZTIME ?= 1m
# Packages whose work is concurrent. The embedded Temporal server is left out:
# building it with the race detector takes longer than everything else together. Of the
# page those tests are run in which several things happen at once.
RACE = ./activities/... ./internal/account/... ./internal/anonymize/... ./internal/artifact/... ./internal/classifier/... ./internal/fetch/... \
       ./internal/inference/... ./internal/intake/... ./internal/kafka/... ./internal/modelserver/... ./internal/pace/... ./internal/provider/... ./internal/results/... ./internal/speech/... ./internal/stage/... \
       ./internal/thread/... ./internal/transformer/dilated/... ./internal/tweet/... ./workflows/...

.PHONY: help demo run build test test-slow race lint dead vulncheck clients docs pictures sample asr trainer bench peers fuzz clean

help: ## Explain the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Fine-tune on the sample, apply the model, print a summary
	@echo "Building Switchboard with an embedded Temporal server, and then running the demo."
	@echo "The first build takes several minutes and prints nothing; later ones take seconds."
	$(GO) run ./standalone demo

run: ## Start everything in one process and stay up for the starter; ARGS are its flags
	$(GO) run ./standalone $(ARGS)

build: ## Build the programs into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/ ./worker ./starter ./intake ./dashboard ./modelserver ./standalone

test: ## Run the tests, fast ones only
	$(GO) test -timeout 30m ./...

test-slow: ## Run all tests, with those that kill processes or read large files
	SLOW_TESTS=1 $(GO) test -timeout 45m ./...

clients: ## Drive the model server with OpenAI's own clients for Python and Node
	SLOW_TESTS=1 $(GO) test -count=1 -v ./modelserver/clients

race: ## Run the tests of concurrent packages under the race detector
	$(GO) test -race -timeout 20m $(RACE)
	$(GO) test -race -timeout 10m -run 'Bus|Stream|Hears|CountedForEver' ./internal/dashboard

lint: ## Check format, common mistakes and the habits that .golangci.yml holds
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these files"; exit 1; }
	$(GO) vet ./...
	$(LINT) golangci-lint run ./...
	$(LINT) workflowcheck -test=false -config tools/lint/workflowcheck.yaml ./workflows

dead: ## List functions that no program calls; tests may call them (10 GB of memory)
	$(LINT) deadcode ./worker ./starter ./intake ./dashboard ./modelserver ./standalone ./tools/... ./bench/...

vulncheck: ## Look dependencies up in the Go vulnerability database (vuln.go.dev)
	$(LINT) govulncheck ./...

docs: ## Put into the documents what the programs print now; DOCS=-all renews times, too
	$(GO) run ./tools/docs $(DOCS) $(if $(wildcard ../shared/data),-data)

# A view is in the documents as it is at a desk, in the light; those that show weeks of
# calls are taken over a database that has them.
pictures: ## Take the pictures of the page that the documents show (needs Chromium); look at each
	@dir=$$(mktemp -d) && export SCREENSHOTS=$$dir SLOW_TESTS=1 && \
	$(GO) test -count=1 -timeout 15m -run TestPeopleSeeJudgeAndCorrect ./standalone && $(GO) test -count=1 -run TestPictures ./internal/dashboard && \
	for p in docs/images/page-*.png; do \
		n=$$dir/$$(basename $$p); test -f $$n || n=$${n%.png}-1440.png; cp $$n $$p || exit 1; \
	done; echo "more of them, dark, narrow and in German, are in $$dir"

sample: ## Generate datasets/sample anew
	$(GO) run ./tools/sample

asr: ## Install the speech recognizer into tools/asr/.venv (Python 3.11 or later)
	tools/asr/install

trainer: ## Install the trainer of language models into trainer/.venv (Python 3.11 or later, 5 GB), and test it
	python3 -m venv trainer/.venv
	trainer/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r trainer/requirements.txt -r trainer/requirements-test.txt
	cd trainer && .venv/bin/python -m pytest

bench: ## Run the benchmarks of packages; bench/ has the larger ones
	$(GO) test -run '^$$' -bench . ./internal/...

peers: ## Compare staging with DuckDB (needs a C toolchain)
	cd bench/peers && $(GO) run .

fuzz: ## Fuzz each parser for a minute, or for FUZZTIME
	@for t in $$(grep -rlE '^func Fuzz' --include '*_test.go' internal | sort); do \
		for f in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9]*)\(.*/\1/p' $$t); do \
			echo "$$f in $$(dirname $$t)"; $(GO) test ./$$(dirname $$t) -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) || exit 1; \
		done; \
	done

# The registry in artifacts/ names models that .switchboard/ has: it goes first, so
# that a clean which is interrupted leaves models that nobody names, and no names
# of models that are gone.
clean: ## Remove built programs, runs, the registry and standalone's state
	find artifacts -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	rm -rf .switchboard bin
