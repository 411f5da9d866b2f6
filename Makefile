# Everything a contributor or CI runs; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps
deps: node_modules/.package-lock.json

.PHONY: build
build: deps ## Compile to dist/; bin/vela and bin/vela-core run it
	npm run -s build

.PHONY: demo
demo: build ## A fleet on this machine: embedded cluster, master, three slaves, Applications (ONCE=1: tear down and exit)
	bin/vela dev demo $(if $(ONCE),--once)

.PHONY: test
test: build ## Types, then unit and integration tests with real processes
	npm run -s typecheck
	npm test -- $(ARGS)

# REAL=1: on the control plane of test/real-plane; KUBERNETES=1.37.2: of that version
REAL_TESTS ?= $(addprefix test/integration/,$(addsuffix .test.ts,runtime application moves drain fleet webhosting fencing stale-writers assignment))
WITH_REAL = $(if $(REAL),hack/with-real-plane.sh)
ASSETS = $(if $(REAL),programs=$$(hack/real-plane.sh) && KUBEBUILDER_ASSETS=$$programs)

.PHONY: real-plane
real-plane: ## Build a real control plane for tests, once, and print the folder of its programs (needs Go; KUBERNETES=1.37.2)
	@hack/real-plane.sh

.PHONY: up-real
up-real: ## Run a real control plane until Ctrl-C
	@programs=$$(hack/real-plane.sh) && exec $$programs/real-plane up --folder $$(mktemp -d)

.PHONY: ci-real
ci-real: build ## Fencing, assignment and a short round of chaos on a real control plane; a line where there is no Go
	hack/ci-real.sh

.PHONY: test-real
test-real: build ## Tests against a real control plane, which is emptied (REAL=1, or REAL_KUBECONFIG=file; no kubelet needed)
	REAL_TESTS="$(REAL_TESTS)" $(WITH_REAL) hack/test-real.sh

.PHONY: record-takeover
record-takeover: build ## Record what KubeVela's own controller leaves in a cluster, for test/takeover (KUBEVELA_CORE=program)
	node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs test/takeover/record.ts

.PHONY: test-takeover
test-takeover: build ## The take-over from KubeVela and the way back (REAL=1; with KUBEVELA_CORE, KUBEVELA_CLI, KUBEVELA_CHART, HELM: beside its own controller and chart)
	$(ASSETS) npm test -- --forceExit test/takeover $(ARGS)

.PHONY: definitions-beside
definitions-beside: build ## Each definition on a shard of KubeVela, on one of Flotilla, and back (KUBEVELA_CORE=program KUBEVELA_CHART=folder CASES=folder TABLE=file)
	$(ASSETS) node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs test/takeover/definitions.ts

.PHONY: bench-takeover
bench-takeover: build ## What an Application costs on a shard of KubeVela and on one of Flotilla (KUBEVELA_CORE=program APPS=20 WARM=10)
	node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs test/takeover/cost.ts

.PHONY: crash
crash: build ## SIGKILL a random controller while Applications are delivered (SEEDS=1,2,3)
	SEEDS=$${SEEDS:-1,2,3,4,5,6,7,8,9,10} npm test -- test/e2e/crash.test.ts

.PHONY: chaos
chaos: build ## A fleet under faults of every kind, checked by its audit log (ROUNDS=n SEED=s FAULTS=kill,stop REAL=1 KUBEBUILDER_ASSETS=folder)
	$(ASSETS) node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs test/chaos/main.ts

.PHONY: durability
durability: build ## SIGKILL the embedded API under twenty writers (ROUNDS=50 SEED=1)
	ROUNDS=$${ROUNDS:-50} npm test -- test/e2e/durability.test.ts

.PHONY: fuzz
fuzz: deps ## Odd and malformed requests to the embedded API (REQUESTS=100000 SEED=1)
	REQUESTS=$${REQUESTS:-100000} npm test -- test/fuzz

.PHONY: differential
differential: deps ## Random requests to the embedded API and a real one (REAL_KUBECONFIG=file SEQUENCES=5 SEED=1 KIND=… TOPIC=…, or WRITTEN=1, or COMMANDS=1)
	hack/differential.sh

.PHONY: differential-faults
differential-faults: deps ## Whether those requests find faults that are put into the embedded API
	node test/differential/faults.mjs $(ARGS)

.PHONY: bench-api
bench-api: build ## The embedded API and, with REAL=1 or REAL_KUBECONFIG=file, a real one: speed and memory
	$(WITH_REAL) node --disable-warning=ExperimentalWarning test/bench/api.mjs

.PHONY: addon-catalog
addon-catalog: build ## Enable every addon of a catalogue with its defaults and print the outcomes (CATALOG=folder REFERENCE=folder ONLY=regex TABLE=file)
	node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs test/addons/catalog.ts "$(CATALOG)" $(REFERENCE)

.PHONY: bench-render
bench-render: ## Templates in CUE and in Handlebars (TIMES=200)
	node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs test/bench/render.ts

.PHONY: bench-fleet
bench-fleet: build ## The fleet: handover, failover, assignment, drain, cost (APPS=60 RATE=5 WARM=60 ROUNDS=1 TRIALS=3 SIZES=100,2000 SHARDS=1,3 ONLY=… REAL=1 KUBEBUILDER_ASSETS=folder)
	$(ASSETS) node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs test/bench/fleet/main.ts

.PHONY: bench-compare
bench-compare: build ## What an Application costs with this build and with that of another commit (BASE=commit ROUNDS=10 APPS=10)
	BASE="$(BASE)" node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs test/bench/compare.ts

.PHONY: bench-memory
bench-memory: build ## The heap and the resident memory of a controller by number of Applications (SIZES=0,200,600 ONLY=heap HEAP=file)
	node --expose-gc --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs test/bench/memory.ts

.PHONY: bench-fences
bench-fences: build ## What the fences add to a write with 1, 50 and 500 shards (REAL=1, or REAL_KUBECONFIG=file, which is emptied)
	$(WITH_REAL) node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs test/bench/fences.ts

.PHONY: conformance
conformance: build ## The embedded API against the recorded answers of a real kube-apiserver
	hack/conformance.sh $(ARGS)

CUE_ARBITER := cue/arbiter/arbiter
CUE_RUN := node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs

$(CUE_ARBITER): $(wildcard cue/arbiter/*.go) cue/arbiter/go.mod
	cd cue/arbiter && go build -o arbiter .

.PHONY: fuzz-cue
fuzz-cue: deps $(CUE_ARBITER) ## The CUE evaluator against the Go library over generated programs (N=100000 SEED=1; needs Go)
	$(CUE_RUN) cue/test/differential/fuzz.ts $(CUE_ARBITER) $${N:-100000} $${SEED:-1}

.PHONY: fuzz-cue-builtins
fuzz-cue-builtins: deps $(CUE_ARBITER) ## The functions of CUE's packages against the Go library (N=1000 calls of each, SEED=1; needs Go)
	$(CUE_RUN) cue/test/builtins/check.ts $(CUE_ARBITER) $${N:-1000} $${SEED:-1}

.PHONY: cue-archives
cue-archives: deps $(CUE_ARBITER) ## CUE's own test archives (ARCHIVES=folder of cuelang.org/go/cue/testdata; needs Go)
	$(CUE_RUN) cue/test/differential/archives.ts $(CUE_ARBITER) $${ARCHIVES:?set it to a folder of test archives}

.PHONY: record-cue
record-cue: deps $(CUE_ARBITER) ## Write the recorded answers of the Go library anew (needs Go)
	$(CUE_RUN) cue/test/differential/record.ts $(CUE_ARBITER) spec cue/testdata/spec.jsonl
	$(CUE_RUN) cue/test/differential/record.ts $(CUE_ARBITER) builtins cue/testdata/builtins.jsonl 6 11
	$(CUE_RUN) cue/test/differential/record.ts $(CUE_ARBITER) programs cue/testdata/programs.jsonl 1500 500001

.PHONY: bench-cue
bench-cue: deps $(CUE_ARBITER) ## The CUE evaluator beside the Go library (DEFINITIONS=folder TIMES=60; needs Go)
	node --expose-gc --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs cue/test/bench/main.ts $(CUE_ARBITER) $${DEFINITIONS:-templates/definitions} $${TIMES:-60}

.PHONY: hostile-cue
hostile-cue: deps ## Hostile CUE templates: each ends within its budget (N=10000 SEED=1 KIND=)
	NODE_OPTIONS=--max-old-space-size=256 $(CUE_RUN) cue/test/bench/hostile.ts $${N:-10000} $${SEED:-1} $${KIND:-}

.PHONY: mutants-cue
mutants-cue: deps $(CUE_ARBITER) ## Definitions with a small fault, and texts that mean the same (N=20 of each, SEED=1; needs Go)
	$(CUE_RUN) cue/test/definitions/mutants.ts $(CUE_ARBITER) $${DEFINITIONS:-templates/definitions} $${N:-20} $${SEED:-1}

.PHONY: lint
lint: deps ## Style, import rules, unused code, format, words
	npm run -s lint
	npm run -s deps
	npm run -s dead
	npm run -s format:check
	node hack/lint-language.mjs

.PHONY: generate
generate: deps ## Write the generated files anew
	node hack/generate.mjs
	node hack/chart.mjs
	node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs hack/manifests.mjs
	node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs hack/docs.mjs

.PHONY: verify
verify: lint generate ## Lint, and fail when a generated file is not up to date
	git diff --exit-code -- '*.gen.*' charts deploy docs/reference

.PHONY: lock
lock: ## Write package-lock.json anew, with entries for platform packages that a registry does not serve
	npm install --package-lock-only --ignore-scripts
	node hack/complete-lock.mjs

.PHONY: image
image: ## Build the container image with docker
	docker build -t flotilla/vela-core:$$(node -p "require('./package.json').version") .

.PHONY: check-image
check-image: deps ## Assemble the file system of the image without docker, run its programs, print its size
	hack/check-image.sh

.PHONY: clean
clean: ## Remove what was built
	rm -rf dist coverage
