# `make demo` shows the product on an embedded AWS; `make test` proves it. Both start from nothing.
.DEFAULT_GOAL := help
SHELL := /bin/bash
COSMOSCTL := .venv/bin/cosmosctl
FOOTAGE := examples/footage

.PHONY: help demo test lint bench clean venv dev

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 12

demo: ## Install on the sandbox, run Predict and Reason over real footage, write the report
	@scripts/demo.sh

dev: ## Environment with everything that the tests need
	@scripts/dev-env.sh

test: dev ## Lint, then every test that needs no account
	@scripts/test.sh

lint: dev ## ruff, mypy, import contracts, terraform fmt, file length
	@scripts/lint.sh

bench: dev ## Benchmarks: JSON into bench.json, a table on the terminal
	@env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m tests.benchmarks --json bench.json

clean: ## Stop sandboxes of this folder and remove what was built
	@scripts/clean.sh
