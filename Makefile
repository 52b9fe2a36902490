# One entry for everything; each target is one line or a script.

.DEFAULT_GOAL := help
.PHONY: help demo test bench conformance packaging docs lint tidy deny

help: ## lists the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

# The environment's LANG is a locale, so only one from the command line counts.
demo: ## runs the flights job in every language (LANG=python: in one): builds what it needs, prints table and rate
	@python3 examples/flights/demo.py $(if $(filter command,$(firstword $(origin LANG))),$(LANG))

test: ## runs everything; the last line counts over all languages
	@python3 tests/total

conformance: ## plays all scenarios against every language, prints the table, writes target/conformance.json
	@python3 tests/conformance/runner

packaging: ## builds each package, installs it in a blank project, runs the quickstart there
	@python3 tests/total --verbose --matching packaging

bench: ## measures everything; writes benches/results/latest.jsonl and docs/benchmarks.md
	@python3 benches/run

docs: ## writes the API pages of every language to target/docs
	@docs/build

lint: ## formatters and linters of the Rust workspace
	@python3 tests/total --verbose "rust format" "rust lints"

tidy: ## the house rules (with WRITE=1: repairs the pages that are made from tables and files)
	@python3 tests/tidy $(if $(WRITE),--write)

deny: ## licences and sources of the Rust dependencies (needs cargo-deny)
	@cargo deny check bans licenses sources
