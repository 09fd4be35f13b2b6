# Each target does its own set-up: python3 with venv and make are enough to begin with.
PYTHON ?= python3
PORT   ?= 8000
ARGS   ?=
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help run test check setup translations lock clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 22

run: setup ## Set up, migrate, fill an empty shop and serve it: PORT=8000
	@$(BIN)/axf serve --demo --port $(PORT)

test: setup $(VENV)/.dev ## Run all tests, on SQLite, MariaDB and in Chromium: ARGS="-k cart"
	@sh scripts/ensure_programs.sh
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 $(ARGS)

check: $(VENV)/.dev ## Style, types, templates, translations, migrations, lock files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python -m scripts.check_translations
	@sh scripts/check_migrations.sh
	@sh scripts/check_lock_files.sh

setup: $(VENV)/.run node_modules/.installed ## Only the set-up: .venv and node_modules

translations: $(VENV)/.dev ## Bring the catalogue of translations up to date with the code
	$(BIN)/python -m scripts.update_translations

lock: ## Choose the newest allowed version of every dependency anew
	@PYTHON=$(PYTHON) sh scripts/lock.sh

clean: ## Remove what was set up; the shop's data in var/ stays
	rm -rf $(VENV) .venv-* node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

# A stamp is younger than what it was made from, so a set-up that was cut short runs again.
$(VENV)/.made:
	@PYTHON=$(PYTHON) sh scripts/make_venv.sh $(VENV)
	@touch $@

$(VENV)/.run: requirements/run.txt pyproject.toml $(VENV)/.made
	@echo "Installing the Python packages"
	@$(PIP) --require-hashes --no-deps -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo "Installing the tools for tests and checks"
	@$(PIP) --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

node_modules/.installed: package.json package-lock.json requirements/node.txt
	@PYTHON=$(PYTHON) sh scripts/install_front_end.sh
	@touch $@
