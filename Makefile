# `make demo` and `make test` are all a newcomer needs; `make test-backends` and `make check` are what CI runs besides.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BACKENDS := .venv-backends
BACKENDS_READY := $(BACKENDS)/.ready

.PHONY: setup demo test test-backends mutants check format bench schemas docs clean
.DEFAULT_GOAL := test

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.12 setup"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet -c constraints.txt --editable . --group dev
	@touch $@

demo: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh demo.sh

# On a MariaDB or MySQL as well: PROVISION_TEST_MYSQL_URL=mysql://root@127.0.0.1:3306/test make test
test: $(READY)
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

# Django, fastapi-users and SQLModel need versions that `dev` has not, so they have an environment of their own.
$(BACKENDS_READY): pyproject.toml constraints-backends.txt
	$(PYTHON) -m venv $(BACKENDS)
	$(BACKENDS)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BACKENDS)/bin/python -m pip install --quiet -c constraints-backends.txt --editable . --group backends
	@touch $@

test-backends: $(BACKENDS_READY)
	$(BACKENDS)/bin/python -m pytest tests_backends

# Changes the core in thousands of places, one at a time, and lists the changes that no test notices. It takes an hour;
# one module: make mutants ONLY='provision.core.diff.*'
mutants: $(READY)
	$(BIN)/python -m pip install --quiet "mutmut>=3.8.1,<4"
	PATH="$(CURDIR)/$(BIN):$$PATH" mutmut run $(if $(ONLY),'$(ONLY)')
	$(BIN)/mutmut results

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/provision schema --check schemas
	$(BIN)/python -m provision.settings.reference --check docs/reference/bindings.md

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	$(BIN)/python -m benchmarks

schemas: $(READY)
	$(BIN)/provision schema --output schemas

docs: $(READY)
	$(BIN)/python -m provision.settings.reference docs/reference/bindings.md

clean:
	rm -rf $(VENV) $(BACKENDS) build dist mutants provision.db provision.db-*
