# Everything a newcomer needs; each target sets up what it needs first. `make help` lists them.
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
JOBS := $(shell nproc 2>/dev/null || echo 1)
PIP := $(BIN)/pip --disable-pip-version-check --quiet
ENGINE_SOURCES := setup.py $(shell find csyspy -name '*.pyx' -o -name '*.pxd' -o -name '*.h')
ARGS ?=
# The compiler, pip and apt-get wait for different things, so they work side by side.
TOGETHER := $(MAKE) --no-print-directory --jobs 4
SETUP := $(addprefix $(STAMPS)/,engine package bytecode bcc)
# The lists of pyproject.toml, by their keys.
REQUIREMENTS = $$($(BIN)/python -c 'import functools, sys, tomllib; table = tomllib.load(open("pyproject.toml", "rb")); print(*functools.reduce(dict.get, sys.argv[1:], table))' $(1))

.PHONY: help setup run test lint bench bench-live scale soak screenshots wheel fuzz proto clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: setup ## start csyspy; make run ARGS="-r examples/demo.scap" passes options on
	@$(BIN)/csyspy $(ARGS)

setup: ## leave .venv/bin/csyspy ready to use
	@$(TOGETHER) $(SETUP)

test: $(STAMPS)/venv ## lint, then all tests
	@$(TOGETHER) $(SETUP) $(STAMPS)/dev $(STAMPS)/runtimes
	@$(MAKE) --no-print-directory lint
	$(BIN)/pytest -q -n $(JOBS) --dist loadgroup

lint: setup $(STAMPS)/dev ## ruff, the arrows between the rooms, mypy
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: setup ## csyspy and sysdig side by side; ARGS="--quick" for a short one
	tools/find-python sysdig >/dev/null
	$(BIN)/python -m bench $(ARGS)

bench-live: setup ## as root: what watching costs the running kernel, and csyspy itself; ARGS="--quick" for a short one
	@$(BIN)/python -m bench.live $(ARGS)

scale: setup $(STAMPS)/runtimes ## as root: the look-up of very many containers; ARGS="--containers 500 --per-minute 100 --pods 50"
	$(BIN)/python -m bench.scale $(ARGS)

# The engine with AddressSanitizer, in a tree of its own; Python's allocator is left out so that every object is watched.
FUZZ_TREE := build/fuzz
fuzz: setup $(STAMPS)/dev ## mutated captures and filters through an AddressSanitizer build; ARGS="--cases 100000 --start 20000" for more
	mkdir -p $(FUZZ_TREE)
	tar -cf - --exclude='*.so' --exclude=__pycache__ setup.py pyproject.toml README.md LICENSE csyspy tests | tar -xf - -C $(FUZZ_TREE)
	cd $(FUZZ_TREE) && CSYSPY_CFLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize=alignment,vptr -fno-omit-frame-pointer" \
	    $(CURDIR)/$(BIN)/python setup.py --quiet build_ext --inplace --parallel $(JOBS)
	cd $(FUZZ_TREE) && LD_PRELOAD=$$(gcc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16 UBSAN_OPTIONS=halt_on_error=1 PYTHONMALLOC=malloc \
	    PYTHONPATH=. $(CURDIR)/$(BIN)/python -m tests.fuzz $(ARGS)

proto: setup $(STAMPS)/dev ## compile the messages of CRI anew, after a change of runtime.proto
	$(PIP) install grpcio-tools
	cd csyspy/containers/cri && $(CURDIR)/$(BIN)/python -m grpc_tools.protoc -I. --descriptor_set_out=runtime.binpb runtime.proto

soak: setup $(STAMPS)/dev ## random keys on a replay, 30 minutes; ARGS="--minutes 5 --seed 7"
	$(BIN)/python -m tests.soak $(ARGS)

screenshots: setup ## draw the screens of examples/demo.scap into screenshots/
	$(BIN)/python tools/screenshots.py

wheel: setup $(STAMPS)/dev ## dist/csyspy-*.whl, for nodes without a compiler (same Python version and machine type)
	rm -rf build/lib.* build/bdist.*
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

clean: ## remove everything built, and the venv
	rm -rf $(VENV) build dist *.egg-info
	find csyspy -name '*.so' -delete
	find csyspy -name '*.c' -delete

$(STAMPS)/venv: tools/find-python
	python=$$(tools/find-python) && "$$python" -m venv --clear $(VENV)
	@mkdir -p $(STAMPS) && touch $@

# What pyproject.toml asks for a build, which pip would otherwise fetch anew into an isolated environment at every build.
$(STAMPS)/build-requirements: pyproject.toml $(STAMPS)/venv
	$(PIP) install $(call REQUIREMENTS,build-system requires)
	@touch $@

$(STAMPS)/engine: $(ENGINE_SOURCES) $(STAMPS)/build-requirements
	$(BIN)/python setup.py --quiet build_ext --inplace --parallel $(JOBS)
	@touch $@

$(STAMPS)/package: pyproject.toml $(STAMPS)/build-requirements
	$(PIP) install $(call REQUIREMENTS,project dependencies)
	CSYSPY_ENGINE=built $(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

# Where PYTHONDONTWRITEBYTECODE is set, every start would compile every module anew: 30 ms.
$(STAMPS)/bytecode: $(shell find csyspy -name '*.py') | $(STAMPS)/venv
	@$(BIN)/python -m compileall -q csyspy
	@touch $@

# Live capture needs the distribution's bcc; everything else works without, so another user than root is not kept from setting up.
$(STAMPS)/bcc: | $(STAMPS)/venv
	@if [ "$$(id -u)" = 0 ]; then tools/find-python python3-bpfcc >/dev/null; fi
	@touch $@

# What the tests run for real, beside csyspy or for it to watch; where it cannot be installed they are skipped, saying so.
$(STAMPS)/runtimes: | $(STAMPS)/bcc
	@if [ "$$(id -u)" = 0 ]; then tools/find-python sysdig docker.io podman uidmap conmon containerd runc busybox-static catatonit python3-grpcio >/dev/null || true; fi
	@touch $@

$(STAMPS)/dev: pyproject.toml $(STAMPS)/package
	$(PIP) install $(call REQUIREMENTS,project optional-dependencies dev)
	@touch $@
