# The commands of a day's work. Each works by itself, from a fresh clone.

SHELL := bash
# pipefail: `drift` must fail when the program does, not only when the texts differ.
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run test bench budget letters graphiql lint drift deny machete ci
# cargo locks the target folder: two of these at once only wait for each other.
.NOTPARALLEL:

ARGS ?=

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## install what building and testing need (Debian, Ubuntu)
	scripts/setup test

run: ## build and serve; ARGS='migrate status' runs another command
	@scripts/setup run
	@$(MAKE) --no-print-directory graphiql
	cargo run --locked -- $(or $(ARGS),serve)

test: ## all tests, on SQLite, PostgreSQL and MariaDB, thrown away after; ARGS='name' picks some
	@scripts/setup test
	@$(MAKE) --no-print-directory graphiql
	scripts/with-services cargo nextest run --locked --workspace $(ARGS)

bench: ## measure against hand-written SQL and write docs/performance.md; ARGS='--quick' and others (bench --help)
	@scripts/setup test
	@$(MAKE) --no-print-directory graphiql
	cargo build --release --locked --package rollcall
	cargo run --release --locked --package bench -- $(ARGS)

budget: ## count the instructions of a request in the build of the tests, and fail where they are 10 % over bench/budget.json; ARGS=--write keeps them
	@scripts/setup test budget
	@$(MAKE) --no-print-directory graphiql
	cargo build --locked --package rollcall
	cargo run --locked --package bench -- --program target/debug/rollcall budget $(ARGS)

letters: ## print the kept letters and draw their pictures anew
	@scripts/setup letters
	UPDATE_LETTERS=1 cargo nextest run --locked --test it -E 'test(/^letters::every_letter/)'

graphiql: graphiql/dist/index.html ## build the page at /graphiql, when it changed; the program carries it

# The folders too: their times tell of a file that is gone.
graphiql/dist/index.html: graphiql/node_modules/.package-lock.json $(shell find graphiql/src graphiql/build.mjs)
	cd graphiql && npm run --silent build

# Errors only: npm warns of packages that want a newer node, and these run in the browser.
graphiql/node_modules/.package-lock.json: graphiql/package-lock.json graphiql/.npmrc
	@scripts/setup run
	cd graphiql && npm ci --loglevel=error
	@touch $@

lint: graphiql/node_modules/.package-lock.json ## formatting, clippy and types, warnings are errors
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cd graphiql && npm run --silent lint

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

ci: graphiql lint drift test budget machete deny ## all of the checks
