# Each target sets up .venv by itself, from nothing, and again only when the requirements change.
PYTHON ?= python3
BIN := .venv/bin
SERVER := $(BIN)/gunicorn -k uvicorn.workers.UvicornWorker

# .env holds lines KEY=value as a shell reads them; what is set already wins.
READ_ENV := given=$$(export -p); set -a; [ ! -f .env ] || . ./.env; set +a; eval "$$given";

.PHONY: help serve dev test lint bench

help:
	@echo "make serve   the catalogue, at http://127.0.0.1:8000/ (PORT=8001 make serve: elsewhere)"
	@echo "make dev     the same, showing errors in full and starting anew when a file changes"
	@echo "make test    lint, types, and every test on PostgreSQL and on SQLite"
	@echo '             make test FILE="tests/test_isbn.py tests/test_jobs.py::Start": only these tests, on both'
	@echo "make lint    ruff and mypy only"
	@echo "make bench   the catalogue beside other stacks, in a quarter of an hour"

serve: .venv/serve
	@$(READ_ENV) exec $(SERVER) django41_example.asgi:application

dev: .venv/dev
	@$(READ_ENV) export DEBUG=1; exec $(BIN)/watchfiles --sigint-timeout 10 \
		"$(SERVER) dev.asgi:application --workers 1" django41_example books templates gunicorn.conf.py

# On both databases at once, and beside them the tests of Chromium and of whole servers, since tests mostly wait. What
# these print comes when SQLite's run is over. pytest ends with 5 where a run has no test of FILE. What is compiled is
# kept, for the next run and for the processes that tests start.
test: export PYTHONDONTWRITEBYTECODE =
test: $(if $(FILE),.venv/dev,lint)
	@rm -f .coverage
	@logs=$$(mktemp -d); trap 'rm -rf "$$logs"' EXIT; \
	tell() { case $$1 in 0|5) grep "^SKIPPED\|^Not run" "$$2"; tail -n 1 "$$2";; *) cat "$$2";; esac; }; \
	TESTS=others $(BIN)/python -m tests.postgres $(BIN)/python -m pytest $(FILE) >"$$logs/1" 2>&1 & first=$$!; \
	TESTS=processes $(BIN)/python -m pytest $(FILE) >"$$logs/2" 2>&1 & second=$$!; \
	TESTS=others $(BIN)/python -m pytest $(or $(FILE),--cov); sqlite=$$?; \
	wait $$first; postgresql=$$?; tell $$postgresql "$$logs/1"; \
	wait $$second; processes=$$?; tell $$processes "$$logs/2"; \
	case $$sqlite$$postgresql$$processes in 555) exit 1;; 000$(if $(FILE),|[05][05][05])) ;; *) exit 1;; esac

lint: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: .venv/dev .venv-bench/all
	@$(BIN)/python -m benchmarks.compare

.venv/serve: requirements.txt
	$(call install,$<,$@)

.venv/dev: requirements-dev.txt requirements.txt
	$(call install,$<,$@)

# What is compared with stays out of the catalogue's own environment.
.venv-bench/all: requirements-bench.txt requirements.txt
	$(call install,$<,$@)

FOUND = $(shell $(PYTHON) --version 2>&1 | head -n 1)
IS_NEW_ENOUGH = $(shell $(PYTHON) -c 'import sys; print(sys.version_info >= (3, 12))' 2>/dev/null)
NEEDED = Python 3.12 or newer is needed, and "$(PYTHON)" is "$(FOUND)". Say which to use: make PYTHON=python3.13 $(MAKECMDGOALS)

# $(1) into the environment that $(2) lies in.
define install
	$(if $(wildcard $(@D)/bin/python)$(filter True,$(IS_NEW_ENOUGH)),,$(error $(NEEDED)))
	@echo "Setting up $(@D) from $(1) ..."
	@test -x $(@D)/bin/python || $(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip install -qq --disable-pip-version-check --requirement $(1)
	@touch $(2)
endef
