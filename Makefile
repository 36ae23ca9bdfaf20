# The commands people use; `make` lists them.

.DEFAULT_GOAL := help
.PHONY: help run dev test test-unit test-integration test-one coverage bench soak lint openapi services

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## serve as users would, with the data in ./data
	cargo run --release

dev: ## serve a debug build that logs more
	TENANTRY_LOG__LEVEL=debug cargo run

test: ## everything that CI runs
	tests/scripts/test

test-unit: ## the tests beside the code, in seconds
	cargo test --workspace --lib --bins

test-integration: ## conformance, end to end, the repository
	cargo test --workspace --test '*'

test-one: ## tests by a part of their name: make test-one NAME=refresh
	cargo test --workspace -- $(NAME)

coverage: ## what the tests reach, as pages (needs cargo-llvm-cov)
	cargo llvm-cov --workspace --html

bench: ## ratios against bare tools
	cargo bench --package tenantry-tests

soak: ## long rounds of the tests, and every combination of providers
	TENANTRY_TEST_TIER=soak cargo test --package tenantry-tests --release
	tests/scripts/combinations all
	tests/scripts/providers --write

lint: ## format, clippy, the OpenAPI document, what people deploy with; dependencies where cargo-deny is installed
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --package tenantry --no-default-features --locked -- -D warnings
	tests/scripts/lint-openapi
	tests/scripts/lint-deployment
	if cargo deny --version >/dev/null 2>&1; then cargo deny check; fi

openapi: ## write openapi/openapi.json anew
	@new=$$(mktemp) && trap "rm -f $$new" EXIT \
		&& cargo run --quiet --package tenantry -- openapi >$$new && cat $$new >openapi/openapi.json

services: ## start the servers that tests use, and say how to be on them
	tests/scripts/services
	cargo run --quiet --package tenantry-tests --bin servers
