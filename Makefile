# Two commands are all a newcomer needs: `make demo` and `make test`. Each makes its own environment first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
LOUD := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt
PIP := $(LOUD) --quiet

# Rooms whose tests need no extra.
CORE := $(addprefix tests/,api base checks console data files images metrics parsing report runs stats views) $(wildcard tests/test_*.py)
PYENV := $(HOME)/.pyenv/versions
NEWEST ?= $(shell for found in python3.13 $(wildcard $(PYENV)/3.13.*/bin/python3) python3.12 $(wildcard $(PYENV)/3.12.*/bin/python3); do \
	"$$found" -c "" 2>/dev/null && echo "$$found" && break; done)

FUZZ_JOBS ?= auto
FUZZ_SECONDS ?= 60

.PHONY: demo test axe docs bench fuzz disk kill test-newest test-lowest audit sbom dist lint types leaderboard constraints clean

demo: $(VENV)/.core  ## evaluate what this machine has, and print the scoreboard
	$(BIN)/python examples/demo.py

test: $(VENV)/.dev  ## lint, types, architecture and the whole suite
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/harness leaderboard --check
	$(BIN)/harness verify results
	$(BIN)/pytest -n auto --dist worksteal

axe: | $(BIN)/python  ## axe-core beside the environment, for the tests of the page; they skip without it
	@mkdir -p $(VENV)/axe && cd $(VENV)/axe && npm pack --silent axe-core@4.14.1 >/dev/null 2>&1 \
		&& tar xzf axe-core-4.14.1.tgz --strip-components=1 package/axe.min.js package/LICENSE && rm axe-core-4.14.1.tgz \
		|| echo "axe-core could not be fetched with npm; its test will skip."

docs: $(VENV)/.docs  ## the documentation as a site in build/docs/site, with every link and anchor checked
	$(BIN)/python -m website build/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --config-file build/docs/mkdocs.yml
	$(BIN)/python -m website.closed build/docs/site

bench: $(VENV)/.dev $(VENV)/.lm-eval  ## the whole path beside what people use, written into benchmarks/README.md
	$(BIN)/python -m benchmarks.bench --lm-eval $(VENV)/lm-eval/bin/lm_eval --write

fuzz: $(VENV)/.dev  ## every bad input of tests/fuzz, and the table of what became of them
	HARNESS_FUZZ=all $(BIN)/pytest -n $(FUZZ_JOBS) --dist worksteal tests/fuzz
	PYTHONPATH=. $(BIN)/python tests/fuzz/guided.py $(FUZZ_SECONDS)

disk: $(VENV)/.dev  ## every writing command on a full disk, and again once there is room
	HARNESS_DISK=all $(BIN)/pytest -n $(FUZZ_JOBS) --dist worksteal tests/cli/test_full_disk.py

kill: $(VENV)/.dev  ## commands ended at some two hundred moments, and run again
	HARNESS_KILLS=all $(BIN)/pytest -n $(FUZZ_JOBS) --dist worksteal tests/cli/test_kill.py tests/cli/test_ended_anywhere.py

test-newest: $(VENV)/.uv  ## the core's tests on the newest Python of this machine
ifeq ($(NEWEST),)
	@echo "SKIPPED test-newest: this machine has neither Python 3.13 nor 3.12"
else
	$(NEWEST) -m venv --clear $(VENV)/newest
	$(BIN)/uv pip install --quiet --python $(VENV)/newest/bin/python -e '.[test]'
	$(VENV)/newest/bin/pytest -n auto --dist worksteal $(CORE)
endif

test-lowest: $(VENV)/.uv  ## the same with the lowest versions that pyproject.toml allows
	$(PYTHON) -m venv --clear $(VENV)/lowest
	$(BIN)/uv pip install --quiet --python $(VENV)/lowest/bin/python --resolution lowest-direct -e '.[test]'
	$(VENV)/lowest/bin/pytest -n auto --dist worksteal $(CORE)

audit: $(VENV)/.supply  ## known vulnerabilities in the versions of constraints.txt
	$(VENV)/supply/bin/python .ci/audit.py $(VENV)/supply/bin/pip-audit

sbom: $(VENV)/.core $(VENV)/.supply  ## what is installed with the package, as CycloneDX
	mkdir -p dist
	$(VENV)/supply/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml --mc-type library \
		-o dist/biomed-harness.cdx.json $(BIN)/python

dist: $(VENV)/.dev audit sbom  ## wheel and source archive, the same bytes for the same commit, with checksums
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --no-isolation --outdir dist .
	cd dist && sha256sum *.whl *.tar.gz *.cdx.json > SHA256SUMS

lint: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev
	$(BIN)/mypy

leaderboard: $(VENV)/.core
	$(BIN)/harness leaderboard

constraints: $(VENV)/.dev  ## pin what is installed now
	@{ head -2 constraints.txt; $(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu//'; } > constraints.new
	@mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) build dist demo-results

# The stamps stand for what is installed; a changed requirement installs again.
$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("biomed-harness needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; try make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.uv: | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	touch $@

# The tools that look at what is installed are not among it.
$(VENV)/.supply: Makefile | $(BIN)/python
	$(PYTHON) -m venv --clear $(VENV)/supply
	$(VENV)/supply/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1 cyclonedx-bom==7.5.0
	touch $@

# lm-evaluation-harness is the other side of a benchmark, and no part of what is tested.
$(VENV)/.lm-eval: Makefile | $(BIN)/python
	$(PYTHON) -m venv --clear $(VENV)/lm-eval
	$(VENV)/lm-eval/bin/pip install --quiet --disable-pip-version-check lm-eval==0.4.13
	touch $@

$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the harness and what it needs into $(VENV), once; some minutes, most of them for torch."
	$(LOUD) -e '.[torch,hub,evaluate]'
	touch $@

$(VENV)/.docs: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[docs]'
	touch $@

# medmnist's own evaluator is an oracle of the tests; its requirements would bring a second torch, and the evaluator needs none of them.
# radeval's RadGraph runs in them without the rest of what radeval needs.
$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[torch,java,dev]'
	$(PIP) --no-deps medmnist radeval
	touch $(VENV)/.core $@
