# Needs python3 (3.11 or newer, with venv) and make. Everything is installed into .venv; nothing outside is touched.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq
LOCK := --quiet --universal --python-version 3.11 --upgrade --no-emit-index-url --no-annotate --no-header

.DEFAULT_GOAL := help
.PHONY: help run test long docs offline audit lock clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

run: .venv/run.stamp ## open the dashboard on the sample exports
	@$(BIN)/voice-history app --sample --open

test: .venv/test.stamp ## run every check and test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

long: .venv/test.stamp ## run the tests that are too long for every landing as well, with fresh random examples
	$(BIN)/pytest -m "" --hypothesis-profile long

offline: .venv/test.stamp ## run every test where there is no network but the loopback (Linux)
	unshare --map-root-user --net sh -c 'ip link set lo up && exec $(BIN)/pytest'

audit: ## (maintainers, needs uv and a network) ask the public lists of advisories about every pinned version
	uvx pip-audit --strict --vulnerability-service osv --disable-pip --no-deps -r requirements-dev.lock

docs: .venv/test.stamp ## write what is made from code anew, and build the site into build/site
	$(BIN)/python tools/write_docs.py
	$(BIN)/python -m sphinx -q -W --keep-going -d build/.doctrees -c docs . build/site
	@echo 'Open build/site/index.html'

clean: ## remove .venv and everything the tools left behind
	rm -rf .venv build dist .*_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

lock: ## (maintainers, needs uv) choose new versions and write them into the lock files
	uv pip compile pyproject.toml --group build $(LOCK) -o requirements.lock
	uv pip compile pyproject.toml --group build --group dev $(LOCK) -c requirements.lock -o requirements-dev.lock
	@! grep -n '//' requirements.lock requirements-dev.lock || { echo 'No address belongs in a lock file.'; exit 1; }

# What the dashboard needs, and the project itself. `make test` adds to it, it does not start again.
.venv/run.stamp: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo 'Python 3.11 or newer is needed. If you have one under another name: make PYTHON=python3.12 run'; exit 1; }
	@echo 'Setting up .venv (about a minute, once)...'
	@$(PYTHON) -m venv .venv
	@$(PIP) -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test.stamp: .venv/run.stamp requirements-dev.lock
	@echo 'Adding the test tools (half a minute, once)...'
	@$(PIP) -r requirements-dev.lock
	@touch $@
