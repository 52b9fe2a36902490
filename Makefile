# One entry for everything; each target is one line or a script.

.DEFAULT_GOAL := help
.PHONY: help test lint

help: ## lists the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

test: ## runs everything; the last line counts over all languages
	@python3 tests/total

lint: ## formatters and linters of the Rust workspace
	@python3 tests/total "rust format" "rust lints"
