# SPDX-License-Identifier: Apache-2.0
# make run, make test: install what is missing, then go. Both may be run again at any time; `make help` lists the rest.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BOARD ?= mps2_an386
TASK ?= digits
TRIALS ?= 24
STUDY ?= $(TASK)_$(BOARD)

VENV := .venv
STAMPS := $(VENV)/.stamps
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help install system run test slow lock
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

install: $(STAMPS)/firmware ## Install system packages, .venv with the pinned packages, and the firmware tools

run: install ## Search for digit recognisers on an emulated Cortex-M4 (BOARD, TASK, TRIALS, STUDY)
	@$(BIN)/python scripts/run.py --board $(BOARD) --task $(TASK) --trials $(TRIALS) --study $(STUDY)

test: install ## Format, lint, types, layers and all tests but the slow ones
	@scripts/check

slow: install ## The slow tests
	@$(BIN)/pytest -m "slow and not hil"

lock: install ## Renew requirements.lock, all hashes (takes minutes)
	@scripts/lock

# Asked every time, for it takes 0.1 s and what lies outside this folder may have changed.
system:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it: make PYTHON=...")'
	@$(PYTHON) scripts/system_packages.py

$(STAMPS)/venv: | system
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS)
	@touch $@

# Wheels only: nothing is compiled, and nothing that the lock does not name is fetched to compile it.
$(STAMPS)/packages: requirements.lock $(STAMPS)/venv
	@echo "Installing the Python packages (2.4 GB, some minutes the first time)"
	@$(BIN)/python -m pip install -q --no-input --require-hashes --no-deps --only-binary :all: -r requirements.lock
	@touch $@

# "compat" is a plain path in site-packages: the default is a finder whose imports each start of Python pays for.
$(STAMPS)/project: pyproject.toml setup.py $(STAMPS)/packages
	@$(BIN)/python -m pip install -qq --no-input --no-index --no-deps --no-build-isolation \
		--config-settings editable_mode=compat --editable .
	@$(BIN)/python -m compileall -q harness # where PYTHONDONTWRITEBYTECODE is set, every start would compile all of it
	@touch $@

$(STAMPS)/firmware: scripts/prepare.py harness/pio.py $(wildcard harness/emulation/plugin/* harness/emulation/simavr_device/*) $(STAMPS)/project
	@$(BIN)/python scripts/prepare.py
	@touch $@
