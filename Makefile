# The commands of a day's work. Each works by itself, from a fresh clone.

SHELL := bash
# pipefail: `drift` must fail when the program does, not only when the texts differ.
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run test lint drift deny machete ci
# cargo locks the target folder: two of these at once only wait for each other.
.NOTPARALLEL:

ARGS ?=

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## install what building and testing need (Debian, Ubuntu)
	scripts/setup test

run: ## build and serve; ARGS='migrate status' runs another command
	@scripts/setup run
	cargo run --locked -- $(or $(ARGS),serve)

test: ## all tests, on SQLite, PostgreSQL and MariaDB, thrown away after; ARGS='name' picks some
	@scripts/setup test
	scripts/with-services cargo nextest run --locked --workspace $(ARGS)

lint: ## formatting and clippy, warnings are errors
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

drift: ## fail when schema.graphql is not what the program prints
	@cargo build --locked --quiet # by itself: code that does not compile is no drift
	@cargo run --locked --quiet -- schema | diff -u schema.graphql - || \
		{ echo "schema.graphql is out of date: cargo run -- schema > schema.graphql" >&2; exit 1; }

# The advisories live in a git repository on GitHub, which a closed network does not reach. That says nothing
# about the code, so it is reported and fails nothing; an advisory that was found does fail.
# No graphs: they bury the findings under 1,700 lines, and `cargo tree -i CRATE` draws the one that is wanted.
deny: ## licences, banned crates, sources, and known advisories where they can be fetched
	cargo deny --locked check --hide-inclusion-graph bans licenses sources
	@if cargo deny --locked fetch db; then \
		cargo deny --locked check advisories; \
	else \
		echo "deny: advisories NOT CHECKED, their database could not be fetched"; \
	fi

machete: ## dependencies that nothing uses
	cargo machete

ci: lint drift test machete deny ## all of the checks
