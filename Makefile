# Two commands do everything on a fresh machine: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export HF_HUB_OFFLINE ?= 1
export RAY_USAGE_STATS_ENABLED ?= 0
export TOKENIZERS_PARALLELISM ?= false

.PHONY: help install run serve test test-fast test-gpu test-agents test-llama-cpp verify compare bench docs lint lock clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(STAMP)  ## virtual environment with exact versions

$(STAMP): pyproject.toml constraints.txt
	@command -v g++ >/dev/null || { apt-get update -qq && apt-get install -y -qq g++; } || \
	  { echo "DeepSpeed needs a C++ compiler: install g++ and run make again"; exit 1; }
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } || \
	  echo "There is no Chromium: tests of the endpoint's page will be skipped"
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

run: install  ## prepare, train, tune, evaluate, serve and ask once, on this machine
	$(BIN)/python -m jobs.demo --config recipes/tinyagent/demo.yaml

serve: install  ## the shipped agent on http://127.0.0.1:8000
	$(BIN)/python -m jobs.serve --config recipes/tinyagent/serve.yaml

test: install  ## lint and all tests but the long ones; under 15 minutes on two cores
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -m "not cluster and not verify and not gpu" -n 2 --dist loadfile
	$(BIN)/python -m pytest -m "cluster and not verify and not gpu"

test-fast: install  ## tests without a Ray cluster; under 3 minutes
	$(BIN)/python -m pytest -m "not cluster and not verify and not gpu" -n 2 --dist loadfile

test-gpu: install  ## tests that need a GPU; skipped where there is none
	$(BIN)/python -m pytest -m gpu --timeout 900 tests/gpu

test-agents: install  ## openai-agents against the endpoint, in an environment of its own: it wants another websockets
	test -d build/agents || $(BIN)/python -m venv build/agents
	$(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))" > "$$(build/agents/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/behind.pth"
	build/agents/bin/pip install --quiet --disable-pip-version-check 'openai-agents>=0.24' 'websockets<17'
	build/agents/bin/python -m pytest tests/serving/test_openai_agents.py

test-llama-cpp: install  ## the engine of llama.cpp, which is built first: ten minutes
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[llama-cpp]'
	$(BIN)/python -m pytest tests/toolschool/models/test_llama_cpp_engine.py

verify: install  ## the long list: kills, loads, sweeps
	$(BIN)/python -m pytest -m verify --timeout 1800

compare: install  ## the five methods side by side, into docs/comparison.md; a night, goes on where it stopped
	$(BIN)/python -m jobs.compare --config recipes/compare/nano.yaml
	$(BIN)/python -m benchmarks.comparison

# toolformer-pytorch asks for torchvision, which would bring another torch: it and what it needs come without their own wishes.
UPSTREAM := toolformer-pytorch==0.0.30 x-clip==0.14.4 beartype einops ftfy wcwidth

bench: install  ## every claim of speed beside its peers, into docs/benchmarks.md; a night on two cores, what was measured is kept
	test -d build/peers || $(BIN)/python -m venv build/peers
	$(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))" > "$$(build/peers/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/behind.pth"
	build/peers/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	build/peers/bin/pip install --quiet --disable-pip-version-check --no-deps $(UPSTREAM)
	build/peers/bin/python -m benchmarks

docs: install  ## the documents and the reference as pages, in build/site; a broken link is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "build/site/index.html; with a search: $(BIN)/python -m http.server -b 127.0.0.1 -d build/site 8001"

lint: install  ## style, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

lock:  ## write constraints.txt from the newest versions that pyproject.toml admits
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet 'torch==2.13.0' -e '.[dev,bench]'
	(head -2 constraints.txt; build/lock/bin/pip freeze --exclude-editable | sed 's/+cpu$$//') > build/constraints.txt
	mv build/constraints.txt constraints.txt

clean:  ## remove runs and caches, keep the environment
	rm -rf runs build .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
