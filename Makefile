# Everything needed is Python 3.11 or newer and GNU make; `make help` lists the targets.
.SHELLFLAGS := -euc
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
UV ?= $(BIN)/uv
PIP_QUIET := --disable-pip-version-check --quiet

# Importing Prefect without bytecode takes four times as long.
unexport PYTHONDONTWRITEBYTECODE

# Prefect's own server may need longer than its default to start on a small machine, and
# nothing here reports to anybody.
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS := 120

# The first of these that is new enough and can make environments; PYTHON=... names another.
# Debian's Python cannot without its package python3-venv, for want of ensurepip.
PYTHON ?= python3.11
find_python = for candidate in "$(PYTHON)" python3; do \
	if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		printf '%s' "$$candidate"; break; \
	fi; done

.PHONY: help setup run test test-faults lint bench bench-identity lock clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(BIN)/.installed ## make .venv from requirements.lock, with leadmill itself editable in it

# Made anew when the lock changes, so that nothing stays that the lock no longer holds.
$(BIN)/.locked: requirements.lock
	@python="$$($(find_python))"; \
	if [ -z "$$python" ]; then \
		echo "make: neither '$(PYTHON)' nor 'python3' is a Python 3.11 or newer with venv and pip:" \
			"install one (Debian: python3-venv), or name it: make setup PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi; \
	echo "setup: making $(VENV) with $$python from requirements.lock; this takes a minute or two"; \
	"$$python" -m venv --clear $(VENV)
	@# The lock is whole, so nothing is resolved again: pip, asked to, looks at versions that the lock does not have.
	@$(BIN)/python -m pip install $(PIP_QUIET) --compile --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip check
	@touch $@

$(BIN)/.installed: $(BIN)/.locked pyproject.toml
	@$(BIN)/python -m pip install $(PIP_QUIET) --no-deps --no-build-isolation -e .
	@touch $@

run: setup ## ingest data/exports into data/warehouse/leads.duckdb
	@$(BIN)/python -m flows.ingest data/exports

test: setup ## run the whole test suite
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-faults: setup ## break runs at every place in every way, and kill big ones; a table of what became of each
	$(BIN)/python -m pytest tests/faults tests/properties/test_house.py --all-faults --numprocesses auto --dist worksteal

lint: setup ## ruff, mypy and sqlfluff; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 0 sql

bench: setup ## time the main job against DuckDB alone and dlt; QUICK=1 for a small run, ARGS=... for more
	@$(BIN)/python -m tests.benchmarks.run $(if $(QUICK),--quick) $(ARGS)

bench-identity: setup ## measure who is taken for whom on labelled data, beside Splink alone; ARGS=... for more
	@$(BIN)/python -m tests.benchmarks.identity $(ARGS)

# Left untouched where nothing changed: a newer date alone would make .venv anew.
lock: setup ## write requirements.lock anew from pyproject.toml
	$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--upgrade --quiet --custom-compile-command "make lock" --output-file $(VENV)/requirements.lock
	@cmp -s $(VENV)/requirements.lock requirements.lock || cp $(VENV)/requirements.lock requirements.lock

clean: ## remove build products, caches and what runs wrote
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf data/warehouse data/archive data/reports
	find . -path ./$(VENV) -prune -o -type d -name __pycache__ -exec rm -rf {} +

distclean: clean ## clean, and remove .venv
	rm -rf $(VENV)
