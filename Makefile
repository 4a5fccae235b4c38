# Every task of the project. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Tests start many processes: each would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
READY := .venv/.ready
SOURCES := services shared tests
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11
DEMO ?= 1
SEED ?= 1
# Processes of tests side by side: one more than cores, since some wait for what ends or comes back, and up to eight; of
# those with servers of their own, two.
JOBS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((n > 7 ? 8 : n + 1)))
SERVERS ?= 2
PROFILE ?= short
ARGS ?=
ENGINES ?=
LOCK_ARGS ?=
SECONDS_EACH ?= 20
EXAMPLES ?= 20

# Tests of one module stay in one process: they share its system. In their own order those that take longest come early.
PARALLEL = --dist loadscope --no-loadscope-reorder
# Those that wait for a broker to come back first: what computes runs beside them, and none is left alone at the end.
WITH_ENGINES = tests/engines tests/e2e tests/contract tests/load
# $(call pytest,paths and options,folder): an empty folder is no failure, but a filter that finds nothing is.
pytest = $(BIN)/pytest $(1) || { code=$$?; \
	if [ $$code -eq 5 ] && [ -z "$$(find $(2) -name 'test_*.py' -print -quit)" ]; \
	then echo "$(2): no tests there yet"; else exit $$code; fi; }

.PHONY: help
help: ## list the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name words; do \
		printf '  make %-13s %s\n' "$$name" "$$words"; done

.PHONY: venv
venv: $(READY) ## the virtual environment, from the locked requirements
# A name on PATH may be a version manager's shim that starts nothing, so each candidate has to prove itself by running.
$(READY): requirements/dev.txt pyproject.toml
	@if ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		found=; \
		for name in $(CANDIDATES); do \
			if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
			then found="$$name"; break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "No working Python 3.11 or newer with venv was found (tried: $(CANDIDATES))." >&2; \
			echo "On Debian: apt-get install python3 python3-venv" >&2; exit 1; \
		fi; \
		echo "using $$("$$found" --version) ($$found)"; \
		"$$found" -m venv --clear .venv; \
	fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: run
run: venv ## start Tallyline with demo data in one process (DEMO=0: your own, empty)
	@exec $(BIN)/tallyline run $(if $(filter 0,$(DEMO)),,--demo) $(ARGS)

.PHONY: test
test: venv ## everything that Python alone can check, in under ten minutes
	@$(MAKE) --jobs=2 fmt-check lint imports types tests
	@echo "left out: make browser (needs Chromium), make test-engines (needs Java and Maven, or servers)," \
		"make monitoring (needs Prometheus and Alertmanager)," \
		"make bench (measures, checks nothing)"

# The types, which take one core, are checked while tests run already.
.PHONY: tests
tests: venv
	@$(call pytest,tests --ignore=tests/browser -m "not browser and not engines and not monitoring" -n $(JOBS) $(PARALLEL) $(ARGS),tests)

.PHONY: check
check: fmt-check lint imports types unit contract ## the quick round before a commit

.PHONY: fmt-check
fmt-check: venv ## is the code formatted?
	@$(BIN)/ruff format --check $(SOURCES)

.PHONY: lint
lint: venv ## ruff's rules
	@$(BIN)/ruff check $(SOURCES)

.PHONY: imports
imports: venv ## which room may import which
	@$(BIN)/lint-imports

.PHONY: types
types: venv ## mypy, strict
	@$(BIN)/mypy

.PHONY: unit
unit: venv ## the rules, without any I/O
	@$(call pytest,tests/unit $(ARGS),tests/unit)

.PHONY: contract
contract: venv ## what every adapter and every public event promises
	@$(call pytest,tests/contract -m "not engines" $(ARGS),tests/contract)

.PHONY: run-distributed
run-distributed: venv ## every role a process, on Kafka and MongoDB: yours, compose.yaml's, or the tests'
	@exec $(BIN)/python -m tests.engines.run_distributed $(ARGS)

.PHONY: test-engines
test-engines: venv ## the adapters and the system on a real Kafka and MongoDB (Java 17 and Maven, or TALLYLINE_TEST_KAFKA, _MONGO)
	@$(call pytest,$(WITH_ENGINES) -m "engines and not monitoring and not browser" -rs -n $(SERVERS) $(PARALLEL) $(ARGS),tests)

.PHONY: chaos
chaos: venv ## harm every part of the distributed system under traffic, then check it (SEED, PROFILE)
	@$(BIN)/python -m tests.chaos.run --seed $(SEED) --profile $(PROFILE) $(ARGS)

.PHONY: chaos-planted
chaos-planted: venv ## the checker of chaos finds each mistake that is planted into a real system (ten minutes)
	@$(call pytest,tests/chaos -m engines -rs $(ARGS),tests/chaos)

.PHONY: upgrade
upgrade: venv ## a rolling upgrade from an earlier revision under traffic, then the checks of chaos (ARGS="--of HEAD~1")
	@$(BIN)/python -m tests.chaos.upgrade $(ARGS)

.PHONY: gameday
gameday: venv ## ten faults in the running system: alerts fire, runbooks heal, nothing is lost (ARGS="--only kafka-away")
	@command -v prometheus >/dev/null || { \
		echo "prometheus was not found. On Debian: apt-get install prometheus jq" >&2; exit 1; }
	@$(BIN)/python -m tests.gameday.run --seed $(SEED) $(ARGS)

.PHONY: people
people: PAGES = tests/browser/test_people.py
people: browser ## every page of every role of the demo: axe, keyboard, zoom, colours, lengths, weights

.PHONY: browser-engines
browser-engines: PAGES = tests/browser/test_two_gateways.py
browser-engines: PAGES_ON = engines
browser-engines: browser ## the live pages on a real Kafka and MongoDB, with two gateways

PAGES = tests/browser --ignore=tests/browser/test_people.py
PAGES_ON = not engines

.PHONY: browser
browser: venv ## the pages in headless Chromium (CHROMIUM=path, else found on PATH)
	@chromium="$${CHROMIUM:-$$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}"; \
	if [ -z "$$chromium" ]; then echo "Chromium was not found. On Debian: apt-get install chromium" >&2; exit 1; fi; \
	export CHROMIUM="$$chromium"; $(call pytest,$(PAGES) -m "browser and $(PAGES_ON)" $(ARGS),tests/browser)

.PHONY: monitoring
monitoring: venv ## rules, routes, dashboards and runbooks on a real Prometheus (ENGINES=1: a system on Kafka too)
	@for tool in prometheus promtool amtool jq; do command -v $$tool >/dev/null || { \
		echo "$$tool was not found. On Debian: apt-get install prometheus prometheus-alertmanager jq" >&2; exit 1; }; done
	@$(call pytest,tests/monitoring -m "monitoring$(if $(ENGINES),, and not engines)" -rs $(ARGS),tests/monitoring)

.PHONY: bench
bench: venv ## measure on this machine (ARGS="projection --engine distributed": on servers, yours or the tests')
	@$(if $(filter distributed kafka mongo,$(ARGS)),$(BIN)/python -m tests.load.servers) $(BIN)/tallyline bench $(ARGS)

PEERS := .venv-peers/.ready

.PHONY: bench-peers
bench-peers: venv $(PEERS) ## the product beside peers and ceilings on the same events (ARGS="--rounds 1 FastStream")
	@$(BIN)/python -m tests.load.servers $(BIN)/python -m tests.load.compare $(ARGS)

$(PEERS): tests/load/requirements.txt
	@$(BIN)/python -m venv --clear .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

CHECKERS := .venv-manifests/.ready

.PHONY: manifests
manifests: venv $(CHECKERS) ## the image, compose.yaml and every overlay for Kubernetes through their checkers (Go)
	@$(BIN)/python -m tests.manifests.run

$(CHECKERS): tests/manifests/requirements.txt
	@$(BIN)/python -m venv --clear .venv-manifests
	@.venv-manifests/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

TOOLS := .venv-checks/.ready

$(TOOLS): tests/checks/requirements.txt
	@$(BIN)/python -m venv --clear .venv-checks
	@.venv-checks/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.PHONY: sbom
sbom: venv $(TOOLS) ## the bill of materials as CycloneDX, with licences (ARGS=FILE: there, not in build/)
	@$(BIN)/python -m tests.supply.sbom $(ARGS)

.PHONY: fuzz
fuzz: venv $(TOOLS) ## bytes that nobody would think of, for whatever reads what others send (SECONDS_EACH, ARGS="csv inflate")
	@$(BIN)/python -m tests.fuzz.run --seconds $(SECONDS_EACH) $(ARGS)

.PHONY: schemathesis
schemathesis: venv $(TOOLS) ## requests made of the OpenAPI document, against a running system (SEED, EXAMPLES)
	@$(BIN)/python -m tests.schemathesis.run --seed $(SEED) --examples $(EXAMPLES) $(ARGS)

.PHONY: cluster-test
cluster-test: venv $(CHECKERS) ## every overlay on a real control plane of Kubernetes (Go; builds it the first time)
	@$(BIN)/python -m tests.cluster.run

.PHONY: image
image: venv ## the image, built and started without a Docker engine (buildah, mmdebstrap; ARGS=FILE: kept as an archive)
	@$(BIN)/python -m tests.image.run $(ARGS)

.PHONY: crds
crds: venv ## the definitions of the operators' kinds, from their packages (Go, Maven, Java 21)
	@$(BIN)/python -m tests.manifests.crds

.PHONY: pictures
pictures: venv ## the pictures of the documentation, taken anew from the demo (ten minutes; needs Chromium)
	@$(BIN)/python -m tests.tools.pictures $(ARGS)

.PHONY: messages
messages: venv ## bring the translations' catalogues up to what the pages say, and list what is to be translated
	@$(BIN)/python -m tests.tools.messages

.PHONY: fmt
fmt: venv ## format the code and sort the imports
	@$(BIN)/ruff check --quiet --fix --select I $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet $(LOCK_ARGS) \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: lock
lock: venv ## lock the requirements of pyproject.toml, changing no others (LOCK_ARGS=--upgrade: renew all)
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet uv
	@$(BIN)/python -m $(LOCK) --output-file requirements/run.txt
	@$(BIN)/python -m $(LOCK) --constraints requirements/run.txt --extra traces --output-file requirements/traces.txt
	@$(BIN)/python -m $(LOCK) --constraints requirements/traces.txt --extra traces --extra dev \
		--output-file requirements/dev.txt
	@echo "setuptools" | $(BIN)/python -m $(subst pyproject.toml,-,$(LOCK)) --constraints requirements/dev.txt \
		--output-file requirements/build.txt
	@$(BIN)/python -m $(subst pyproject.toml,tests/load/requirements.in,$(LOCK)) --output-file tests/load/requirements.txt
	@$(BIN)/python -m $(subst pyproject.toml,tests/manifests/requirements.in,$(LOCK)) \
		--output-file tests/manifests/requirements.txt
	@$(BIN)/python -m $(subst pyproject.toml,tests/checks/requirements.in,$(LOCK)) --output-file tests/checks/requirements.txt
