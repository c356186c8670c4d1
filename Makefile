# Everything runs from .venv, which the first command makes.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run demo test lint generate tables check-generated adopt api docs bench peers soak matrix lowest reconstruction lock dist clean

run: .venv/.ready  ## the three samples through the simulator, then keep serving
	$(BIN)/python examples/demo.py --serve

demo: .venv/.ready  ## the same, then stop
	$(BIN)/python examples/demo.py

# Hundreds of processes are started: what is compiled is kept, whatever the environment says.
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/.ready node_modules/.ready
	$(BIN)/pytest

lint: .venv/.ready check-generated
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

generate: .venv/.ready  ## generated/ from spec/
	$(BIN)/depot-flux-contract generate

tables: .venv/.ready  ## what README, guide and control plane's document copy from the code
	$(BIN)/python -m tests.support.tables

api: .venv/.ready  ## what users may rely on, listed anew: at a release, or for what is compatible
	$(BIN)/python -m tests.support.public_api

docs: .venv/.ready  ## the documentation as a site, in build/site; asks no other host
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

pictures: .venv/.ready  ## of the page, for README and docs (needs Chromium)
	$(BIN)/python -m tests.page.pictures

reconstruction:  ## what adopting our own contract again gives back, after a change of spec/
	cp spec/*.yaml contract/depot_flux_contract/reconstruction/

adopt: .venv/.ready node_modules/.ready  ## make adopt SPEC=path [MEMBER=…] [ROLES=file] [DRAFT=file] [REPORT=file]
	$(BIN)/depot-flux-contract adopt "$(SPEC)" $(if $(MEMBER),--member "$(MEMBER)") \
		$(if $(ROLES),--roles "$(ROLES)") $(if $(DRAFT),--draft-roles "$(DRAFT)") \
		$(if $(REPORT),--report "$(REPORT)")

check-generated: .venv/.ready
	$(BIN)/depot-flux-contract generate --check

bench: .venv/.ready  ## what it costs; make bench DATABASE=postgresql://… measures that one too
	$(BIN)/python -m benchmarks.server
	$(BIN)/python -m benchmarks.stored
	$(BIN)/python -m benchmarks.peers
	$(if $(DATABASE),$(BIN)/python -m benchmarks.databases "$(DATABASE)")
	$(BIN)/python -m benchmarks.controls
	$(BIN)/python -m benchmarks.fonctionnel
	$(BIN)/python -m benchmarks.control_plane
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.page --beside
	$(BIN)/python -m benchmarks.facade
	$(BIN)/python -m benchmarks.nightly
	$(BIN)/python -m benchmarks.revival
	$(BIN)/python -m benchmarks.uploads

SECONDS ?= 600
soak: .venv/.ready  ## a server ill-treated for ten minutes, or SECONDS=…: nothing lost, twice, wrong, stuck
	$(BIN)/python -m benchmarks.soak $(SECONDS)

peers: .venv/.ready  ## beside other tools, set up from their registries
	$(BIN)/python -m benchmarks.peers

# Interpreters are looked for on PATH and where pyenv keeps them; none is downloaded.
matrix lowest: export PATH := $(subst $() ,:,$(wildcard $(HOME)/.pyenv/versions/*/bin)):$(PATH)

matrix: .venv/.ready  ## the tests on every declared Python that is here: make matrix [TESTS=path…]
	$(BIN)/nox --session matrix -- $(TESTS)

lowest: .venv/.ready  ## client and simulator with the oldest libraries that are declared
	$(BIN)/nox --session lowest -- $(TESTS)

lock: .venv/.ready  ## renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade -o requirements.lock

dist: .venv/.ready  ## the sdist of all sources and the three wheels, in dist/
	$(BIN)/python -m build --no-isolation --outdir dist
	$(BIN)/python -m build --no-isolation --outdir dist --wheel simulator
	$(BIN)/python -m build --no-isolation --outdir dist --wheel contract

.venv/.ready: requirements.lock pyproject.toml simulator/pyproject.toml contract/pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	for part in . simulator contract; do $(BIN)/python -m pip install --quiet \
		--disable-pip-version-check --no-deps --no-build-isolation --editable $$part || exit; done
	touch $@

# The converter of Swagger 2.0, and what tests of page and types use; without Node, all the rest works.
node_modules/.ready: package-lock.json
	@mkdir -p node_modules
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund; fi
	@mkdir -p node_modules && touch $@

clean:
	rm -rf .venv node_modules dist build
