# The same words on a laptop and in CI. `make` alone prints them.
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := libs/schemas libs/labels libs/agreement libs/blobs libs/interop libs/chassis libs/client \
	services/ingest services/queue services/consensus services/quality services/dataset-store \
	deploy/local
PACKAGES := $(foreach member,$(MEMBERS),$(wildcard $(member)/*/__init__.py))
S ?=
TESTED := $(if $(S),services/$(S),libs services deploy tests)
DEMO ?= 1

help: ## Print these words.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## Make the environment and build the page: by the locks, nothing system-wide.
	@$(BIN)/python web/build.py

$(VENV)/.ready: requirements.lock pyproject.toml $(foreach member,$(MEMBERS),$(member)/pyproject.toml)
	@sh deploy/setup.sh $(VENV) $(MEMBERS)
	@touch $@

run: setup ## Start everything, play the demo, print the report, stay up. DEMO=0: only start.
	@$(BIN)/labelwright up $(if $(filter 0,$(DEMO)),,--demo)

demo: setup ## Start everything, play the demo, print the report, stop.
	@$(BIN)/labelwright up --demo --then-stop

up: setup ## Start everything and stay up.
	@$(BIN)/labelwright up

format: setup ## Put the code into form.
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

check: setup ## All checks that need no server: form, architecture, types, dependencies.
	@sh deploy/check.sh $(BIN) $(MEMBERS)

test: setup ## All tests, on a real PostgreSQL and a real Kafka. S=queue: one service's.
	@$(BIN)/python -m pytest -m "not long" $(TESTED)

test-long: setup ## The tests that run for minutes.
	@$(BIN)/python -m pytest -m long --timeout 3600 libs services deploy tests

e2e: setup ## The end-to-end tests alone.
	@$(BIN)/python -m pytest -m "not long" tests/e2e

bench: setup ## Measure what is promised: tables, and JSON as each one's last line. B=loop: one.
	@$(BIN)/python bench/run.py $(B)

lock: setup ## Resolve anew and write requirements.lock (hashes, no addresses).
	@$(BIN)/uv lock -q
	@$(BIN)/uv export -q --frozen --all-packages --all-extras --no-emit-workspace --no-header \
		-o requirements.lock

types: setup ## Write anew what the page takes from the services: types of their APIs, sentences.
	@LABELWRIGHT_WRITE_TYPES=1 $(BIN)/python -m pytest -q -k test_the_page_ \
		tests/contract/test_generated_clients.py tests/contract/test_page_logic.py

migration: setup ## Write a service's next migration: S=queue M="what changes".
	@$(BIN)/python -m labelwright_local.migrate $(S) "$(M)"

.PHONY: help setup run demo up format check test test-long e2e bench lock types migration
