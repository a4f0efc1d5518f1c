# Two commands do everything on a fresh machine: `make up` and `make test`.
# Python 3.11 or newer and make are all they need; both begin with `make setup`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
WORKERS ?= 2

# Programs start over and over in tests; compiling them anew each time costs minutes.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup up test coverage check lock docs docs-settings docs-reference bench bench-alerts bench-latency histories cluster faults full-disk security sbom dist lint-deploy kubernetes clean politeness cadence hostile fuzz eval-topics eval-events eval-plover eval-alerts eval-dedupe eval-feeds eval-languages language-forms language-names

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk 'BEGIN {FS = ":.*## "} {printf "  \033[36m%-14s\033[0m %s\n", $$1, $$2}'

setup: $(STAMP) ## Make .venv from requirements.lock, with the wirewatch command

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Wirewatch needs Python 3.11 or newer, this is %d.%d: set PYTHON=python3.12 or the like" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@echo "setup: making $(VENV) from requirements.lock (a minute or two the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "setup: done. Now run: source $(VENV)/bin/activate"

up: setup ## Run the whole pipeline here, without Docker, until Ctrl-C; the first alert comes within a minute
	@$(BIN)/wirewatch up $(ARGS)

# Two workers, each with servers of its own; a file stays with one of them, and with its module's fixtures.
test: setup ## Run every test that needs no container; on two cores about five minutes
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --no-loadscope-reorder $(ARGS)

coverage: setup ## Measure lines and branches that the tests without servers reach; below the floor it fails
	@$(BIN)/python -m pytest -m "not stack" tests/unit tests/contracts tests/wiring --cov --cov-report=term --cov-fail-under=80 $(ARGS)

check: setup ## Check format, lint, types, architecture, schemas and deployment files; changes nothing
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.checks

lock: ## Resolve the dependencies anew (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --upgrade pyproject.toml --extra embedded --extra dev -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 pyproject.toml --extra oidc --extra otlp -c requirements.lock -o deploy/docker/requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 deploy/docker/build-requirements.in -c requirements.lock -o deploy/docker/build-requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 deploy/docker/source-requirements.in -c requirements.lock -o deploy/docker/source-requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --upgrade deploy/audit/requirements.in -o deploy/audit/requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --upgrade deploy/site/requirements.in -o deploy/site/requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --upgrade deploy/languages/requirements.in -o deploy/languages/requirements.lock

docs-settings: setup ## Write docs/settings.md from the settings classes
	@$(BIN)/python -m tests.contracts.settings_page

bench: setup ## Measure throughput of the whole pipeline on the embedded parts (prints JSON)
	@$(BIN)/python -m tests.bench.pipeline

eval-topics: setup ## Measure the topic packs on labelled news beside the repository (says so where there is none)
	@$(BIN)/python -m tests.bench.eval_topics $(ARGS)

eval-events: setup ## Measure how events are read: who does what to whom, where and how far; ARGS="--errors dev"
	@$(BIN)/python -m tests.bench.eval_sentences $(ARGS)

eval-plover: setup ## Hold the classes of acts against gold sentences of PLOVER, which you fetch yourself; ARGS=PLV_test.tsv
	@$(BIN)/python -m tests.bench.eval_plover $(ARGS)

eval-languages: setup ## Measure the topic packs in every language on labelled news beside the repository; ARGS="ru zh --errors"
	@$(BIN)/python -m tests.bench.eval_languages $(ARGS)

.venv-languages: deploy/languages/requirements.lock
	@$(PYTHON) -m venv $@
	@$@/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

language-forms: .venv-languages ## Make the inflected forms of marked words: seeds/languages/*/forms.txt; ARGS=ru for one language
	@.venv-languages/bin/python -m deploy.languages.forms $(ARGS)

language-names: .venv-languages ## Make the names of states from CLDR: seeds/languages/*/states.yaml
	@.venv-languages/bin/python -m deploy.languages.states $(ARGS)

eval-dedupe: setup ## Measure how well copies and stories are recognised (needs the texts beside the checkout)
	@$(BIN)/python -m tests.bench.eval_dedupe $(ARGS)

eval-edits: setup ## Measure which changes of a page are told as differences (with real texts where they lie beside the checkout)
	@$(BIN)/python -m tests.bench.edits $(ARGS)

eval-alerts: setup ## Measure the alerts of two months of news: repeats, merges, severity (needs the streams beside the checkout)
	@$(BIN)/python -m tests.bench.eval_alerts $(ARGS)

cluster: setup ## Run the line on three brokers and several Redis servers, and kill each part under load (6 minutes)
	@$(BIN)/python -m tests.bench.on_redis
	@$(BIN)/python -m tests.bench.cluster $(ARGS)

histories: setup ## Shuffle, repeat and replay thousands of histories of alerts; HISTORIES=20000 for the record
	@HISTORIES=$${HISTORIES:-3000} $(BIN)/python -m pytest -p no:randomly --hypothesis-show-statistics -o timeout=3600 tests/unit/alerter/test_histories.py

bench-alerts: setup ## Measure pages of 100,000 alerts, their memory, and the page with 10,000 (prints JSON)
	@$(BIN)/python -m tests.bench.alert_store
	@$(BIN)/python -m tests.bench.alert_page --alerts 10000

bench-latency: setup ## Measure from an article sent to its alert on topic, in Redis, on an open page (prints JSON)
	@$(BIN)/python -m tests.bench.latency

.venv-audit: deploy/audit/requirements.lock
	@$(PYTHON) -m venv $@
	@$@/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

.venv-docs: deploy/site/requirements.lock
	@$(PYTHON) -m venv $@
	@$@/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

docs-reference: setup ## Write docs/reference/ from OpenAPI, topics.yaml, schemas and metrics
	@$(BIN)/python -m deploy.site.reference

docs: .venv-docs ## Build the documentation site into site/, strictly
	@.venv-docs/bin/mkdocs build --quiet --strict

sbom: .venv-audit ## Write the bill of materials of the image's packages, CycloneDX, to sbom.cdx.json
	@.venv-audit/bin/cyclonedx-py requirements deploy/docker/requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o sbom.cdx.json 2>/dev/null
	@echo sbom.cdx.json

lint-deploy: .venv-audit ## Lint workflows and Dockerfile
	@.venv-audit/bin/zizmor --offline --no-progress .github
	@.venv-audit/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@.venv-audit/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	@.venv-audit/bin/hadolint deploy/docker/Dockerfile

kubernetes: setup ## Write the manifests in deploy/kubernetes from schemas/ and the rules of Prometheus
	@$(BIN)/python -m deploy.kubernetes

dist: setup ## Build the wheel and the sdist into dist/
	@$(BIN)/hatchling build -d dist

security: setup .venv-audit sbom ## Check the security defaults S01 to S27; ARGS=--live also tries the running Compose stack
	@$(BIN)/python -m tests.security $(ARGS)

clean: ## Remove .venv and the data of `make up`
	rm -rf $(VENV) .venv-audit .venv-docs .venv-languages .wirewatch site dist sbom.cdx.json

politeness: setup ## Poll judging publishers for 30 simulated days and report every breach of good manners
	@$(BIN)/python -m tests.bench.politeness $(ARGS)

cadence: setup ## Ask real rhythms for 30 simulated days by our policy and by those of others, and compare delays and costs
	@$(BIN)/python -m tests.bench.cadence $(ARGS)

hostile: setup ## Serve hostile feeds and pages on loopback and report what each one did
	@$(BIN)/python -m tests.bench.hostile $(ARGS)

fuzz: setup ## Parse mutated feeds; ARGS="--feeds 100000" for the record
	@$(BIN)/python -m tests.bench.fuzz $(ARGS)

eval-feeds: setup ## Compare the feed parser with what other parsers' authors expect (needs their files)
	@$(BIN)/python -m tests.bench.feeds $(ARGS)

full-disk: setup ## Fill a small disk under the whole stack, and free it again (needs root)
	@$(BIN)/python -m pytest tests/faults/test_full_disk.py

faults: setup ## Kill, stop, starve and cut off every part of the line; ARGS=--full for all of it, ARGS=--mutants for the proof
	@$(BIN)/python -m tests.faults $(ARGS)
