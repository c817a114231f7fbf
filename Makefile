# The front door. Needs Python 3.11, 3.12 or 3.13 with venv and pip, make and git; everything else comes into .venv.

# The first Python on the PATH that fits; `make PYTHON=/path/to/python3.12 …` chooses another.
PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11; do \
	$$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& { echo $$candidate; break; }; done)
BIN := .venv/bin
STAMP := .venv/.installed

# Two workers, since each starts dbt and DuckDB of its own. loadfile keeps the tests of a file on one worker, so that what they share is
# made once. (loadgroup, which would keep files together too, does nothing in xdist 3.8 with pytest 9.2.)
PYTEST_ARGS ?= -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help venv demo test slow scale unit bench lint types mutation reference ci format lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 16

venv: $(STAMP) ## bring everything into .venv (once; again when the lock or pyproject.toml changes)

# Hashes hold every package to the lock, --no-deps leaves nothing to resolve; then Siteproof itself, editable.
$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found. Install one, or say make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Bringing the packages of requirements.lock into .venv; about a minute the first time."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: $(STAMP) ## simulate a small portfolio in ./siteproof-home, run it, print a summary and the page's path
	@$(BIN)/siteproof demo

test: $(STAMP) ## run the tests; PYTEST_ARGS="tests/unit -x" chooses
	$(BIN)/python -m pytest $(PYTEST_ARGS)

slow: $(STAMP) ## run the tests that start Dagster, dbt or a whole real trial; CI runs them too
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m slow

unit: $(STAMP) ## run the dbt unit tests of one model on a small built study; MODEL=check_visit chooses
	@grep -rqx " *model: $(MODEL)" dbt_project/models || { \
		echo "No unit test in dbt_project/models has the line \"model: $(MODEL)\". For example: make unit MODEL=check_visit"; exit 1; }
	$(BIN)/python -m pytest -q -m slow "tests/dbt/test_dbt_models.py::test_the_unit_tests_of_a_model_pass[$(MODEL)]"

scale: $(STAMP) ## run the tests that take minutes; `test` has a smaller form of each
	$(BIN)/python -m pytest -m scale

bench: $(STAMP) ## measure speed and memory against plain DuckDB; writes benchmarks/RESULTS.md, takes long
	$(BIN)/python -m benchmarks.validate
	$(BIN)/python -m benchmarks.real_trial
	$(BIN)/python -m benchmarks.sites
	$(BIN)/python -m benchmarks.readers
	$(BIN)/python -m benchmarks.odm_files
	$(BIN)/python -m benchmarks.portfolio --sites 1000 --subjects 10

lint: $(STAMP) ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## check types
	$(BIN)/mypy

mutation: $(STAMP) ## say how many changes of the predicates the specs catch; CHECKS="AE-05 AE-13" chooses
	@PYTHONPATH=tests $(BIN)/python -m mutation $(CHECKS)

reference: $(STAMP) ## write the files that follow from others: contracts of the marts, pages of the checks
	@$(BIN)/python -m pipelines.reference

ci: ## what continuous integration runs: lint, types, test and slow
	@.ci/run

format: $(STAMP) ## rewrite formatting and what ruff can cure
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The one target that needs uv; its override for dbt-core stands in pyproject.toml.
lock: ## recompile requirements.lock after a change of dependencies
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--group dev pyproject.toml -o requirements.lock

clean: ## remove caches and build output; .venv and siteproof-home stay
	rm -rf build dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find pipelines tests -name __pycache__ -type d -prune -exec rm -rf {} +
