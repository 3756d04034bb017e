# Needs python3, git and make; everything else is put into .venv.

PYTHON ?= python3
# One environment for recipes that call it by name; the path of this folder may hold a space.
BIN := .venv/bin
STAMP := .venv/.synced

# Compiled once: the tests and the demo start dozens of processes, and compiling everything again takes each over a second.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
# Test processes: one more than there are processors, for many tests wait for a process or a clock.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

.PHONY: help setup demo test chromium check bench chaos chaos-prove screenshots schema clean

help:  ## Show the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

setup: $(STAMP)  ## Make .venv with exactly what uv.lock says

# `venv` and not the system's pip: an externally managed Python is left alone.
$(STAMP): uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
		|| { echo "python3 cannot make a virtual environment; on Debian install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/uv || command -v uv >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@uv=$(BIN)/uv; test -x $$uv || uv=uv; \
		UV_PROJECT_ENVIRONMENT=.venv $$uv sync --locked --quiet --inexact --python $(BIN)/python
	@touch $(STAMP)

demo: $(STAMP)  ## Show a day between Shopify and NetSuite, on this machine alone
	@$(BIN)/ml-connector demo $(ARGS)

test: $(STAMP) chromium  ## Run all tests
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

# The tests of the console drive a real browser; everything else runs without one.
chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; }; } || echo "Chromium is missing: the tests of the console in a browser are left out; on Debian: apt install chromium" >&2

check: $(STAMP)  ## Check format, lint, types and the direction of imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(STAMP)  ## Measure speed and print it with its setup
	@$(BIN)/python -m bench $(ARGS)

chaos: $(STAMP)  ## Break everything while orders flow, and let both ledgers judge
	@$(BIN)/python -m chaos $(ARGS)

chaos-prove: $(STAMP)  ## Take out one safeguard after the other: the fault harness must turn red
	@$(BIN)/python -m chaos --prove $(ARGS)

screenshots: $(STAMP) chromium  ## Photograph every screen of the console over a played day
	@$(BIN)/python -m scripts.screenshots $(ARGS)

schema: $(STAMP)  ## Make the shipped schemas anew from SHARED=folder of the published ones
	@$(BIN)/python scripts/prune_shopify_schema.py "$(SHARED)/schemas/admin_2026-10.json.gz"
	@$(BIN)/python scripts/make_netsuite_fields.py "$(SHARED)/schemas/netsuite/record-v1-2026.1.schema.json"

clean:  ## Remove the environment and all caches
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
