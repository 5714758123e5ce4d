# Every target, listed by `make help`. Nothing here installs system packages: a line says what to type.
SHELL := /bin/bash
UV := .uv/bin/uv
RUN := $(UV) run --frozen --no-sync
.DEFAULT_GOAL := help
export UV_PROJECT_ENVIRONMENT ?= .venv
# uv.lock names files by the address they were locked from, so that a mirror would not be asked: behind one, the
# same versions with the same hashes are installed from it instead.
ifdef UV_DEFAULT_INDEX
SYNC = $(UV) venv -q --allow-existing && $(UV) export -q --frozen --no-emit-project $(1) | $(UV) pip install -q --require-hashes -r - && $(UV) pip install -q --no-deps -e .
else
SYNC = $(UV) sync --frozen --inexact -q $(1)
endif

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  \033[36m%-16s\033[0m %s\n", $$1, $$2}'

.uv/bin/uv:
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing. Type: sudo apt-get install python3-venv"; exit 1; }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; python3 is $$(python3 --version)."; exit 1; }
	@python3 -m venv .uv
	@.uv/bin/pip install -q $(if $(UV_DEFAULT_INDEX),--index-url $(UV_DEFAULT_INDEX)) uv

.venv/base: .uv/bin/uv pyproject.toml uv.lock
	@$(call SYNC,)
	@touch $@

.venv/dev: .uv/bin/uv pyproject.toml uv.lock
	@$(call SYNC,--group dev --group train)
	@touch $@ .venv/base

demo: .venv/base ## The whole job on invented posts: no account, no network, ends with a digest
	@$(RUN) shouwang demo --to demo-out

test: .venv/dev ## Every test; what needs a missing system package is skipped with the line to type
	@$(RUN) pytest -m "not needs_torch" --cov --cov-report=term:skip-covered

test-torch: .venv/dev ## The encoder against sentence-transformers (downloads torch, about 6 GB)
	@$(call SYNC,--extra sentence-transformers)
	@$(RUN) pytest -m needs_torch

lint: .venv/dev ## Style, import contracts, docstrings, spelling
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) lint-imports
	@$(RUN) interrogate -q monitors search dags
	@$(RUN) codespell

type: .venv/dev ## Types, strictly
	@$(RUN) mypy

check: lint type test ## What CI runs

serve: .venv/base ## The web page on http://127.0.0.1:8787
	@$(RUN) shouwang serve

watch: .venv/base ## Airflow on this machine: fetch, judge and mail on a schedule
	@$(call SYNC,--extra airflow --extra elasticsearch --extra postgres)
	@$(RUN) python deploy/watch.py

evaluate: evaluate-names evaluate-text evaluate-images ## Quality on the data in SHOUWANG_DATA (default ../shared/data)

evaluate-names: .venv/dev ## Finding names: recall, precision, false alarms
	@$(RUN) python -m monitors.matching.names.evaluate

evaluate-text: .venv/dev ## Judging text: categories, stance, false alarms
	@$(RUN) python -m monitors.scoring.workshop.evaluate

evaluate-images: .venv/dev ## Finding copies of pictures
	@$(RUN) python -m monitors.matching.images.evaluate

fuzz: .venv/dev ## Look for a text that breaks finding names, for FUZZ_SECONDS (60)
	@$(call SYNC,--group dev --group train --group fuzz)
	@$(RUN) python tests/fuzz/names.py -max_total_time=$(or $(FUZZ_SECONDS),60) -max_len=512 -artifact_prefix=/tmp/shouwang-fuzz-

bench: .venv/dev ## The whole way over every real post at hand, with invented ones planted
	@$(RUN) python benchmarks/whole.py

soak: .venv/dev ## A crash series: runs killed with -9 at random, then every count and byte checked
	@$(RUN) python benchmarks/soak.py

docs: .venv/base ## Write docs/reference/ from the code
	@$(RUN) python docs/generate.py

up: ## Start the containers (docs/howto/compose.md)
	@docker compose up --detach --wait

down: ## Stop the containers
	@docker compose down

.PHONY: help demo test test-torch lint type check serve watch evaluate evaluate-names evaluate-text evaluate-images fuzz bench soak docs up down
