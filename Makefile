# Commands for development. `make` lists them.

.DEFAULT_GOAL := help
.PHONY: help run dev test test-unit test-integration test-one coverage bench soak lint sbom openapi services

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## serve a release build with the data in ./data
	cargo run --release

dev: ## serve a debug build with debug logs
	TENANTRY_LOG__LEVEL=debug cargo run

test: ## run all tests
	tests/scripts/test

test-unit: ## run the unit tests
	cargo test --workspace --lib --bins

test-integration: ## run the conformance, end-to-end, crash and repository tests
	cargo test --workspace --test '*'

test-one: ## run the tests whose names contain a word: make test-one NAME=refresh
	cargo test --workspace -- $(NAME)

coverage: ## write a coverage report as HTML (requires cargo-llvm-cov)
	cargo llvm-cov --workspace --html

bench: ## run the benchmarks
	cargo bench --package tenantry-tests

soak: ## run the long tests, and all combinations of providers
	TENANTRY_TEST_TIER=soak cargo test --package tenantry-tests --release
	tests/scripts/combinations all
	tests/scripts/providers --write

lint: ## check format, code, OpenAPI document, deployment files and dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --package tenantry --no-default-features --locked -- -D warnings
	tests/scripts/lint-openapi
	tests/scripts/lint-deployment
	tests/scripts/lint-dependencies

sbom: ## write the bill of materials of the program (CycloneDX) to target/sbom/
	tests/scripts/sbom

openapi: ## regenerate openapi/openapi.json
	@new=$$(mktemp) && trap "rm -f $$new" EXIT \
		&& cargo run --quiet --package tenantry -- openapi >$$new && cat $$new >openapi/openapi.json

services: ## start the servers of the tests, and print how to use them
	tests/scripts/services
	cargo run --quiet --package tenantry-tests --bin providers -- start
