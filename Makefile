# The server to build and install for. `make demo` and `make test` install Debian's PostgreSQL 15 where it is missing.
PG_CONFIG ?= /usr/lib/postgresql/15/bin/pg_config
export PG_CONFIG
# pgrx takes the server from here: no `cargo pgrx init`, no second PostgreSQL
export PGRX_PG_CONFIG_PATH := $(PG_CONFIG)
export ODOO K

SUPPORT := tests/support

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

.PHONY: install
install: ## build the extension and install it into the server of PG_CONFIG=…
	@$(SUPPORT)/setup.sh build
	cargo pgrx install --release --pg-config '$(PG_CONFIG)'

.PHONY: server
server:
	@$(SUPPORT)/setup.sh server build

.PHONY: demo demo-stop
demo: server install ## a throwaway PostgreSQL over a sample Odoo; ODOO=19 or 14: over a real one; ODOO_URL, …: over yours
	@$(SUPPORT)/demo.sh start
demo-stop: ## remove it
	@$(SUPPORT)/demo.sh stop

.PHONY: test
test: server install ## all tests, over a real Odoo 19 and 14; ARGS=… goes to cargo test
	@$(SUPPORT)/test.sh $(ARGS)

.PHONY: bench
bench: server install ## how fast, over a real Odoo 19 with K=… copies of each document: first runs, incremental runs
	@$(SUPPORT)/bench.sh first $(ARGS)
	@$(SUPPORT)/bench.sh incremental $(ARGS)

.PHONY: soak
soak: server install ## incremental runs for MINUTES=10 over a sample Odoo in which business goes on: memory, bloat, equality
	cargo run --release -p odoo_sync_tests --bin soak -- $(MINUTES)

.PHONY: lint
lint: ## formatting, clippy, shellcheck
	@$(SUPPORT)/setup.sh build lint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	shellcheck -x .ci/run $(SUPPORT)/*.sh

.PHONY: odoo-stop
odoo-stop: ## stop the real Odoo servers that test, demo and bench left up
	@$(SUPPORT)/odoo.sh stop

.PHONY: clean
clean: demo-stop ## remove the demo and everything that was built
	cargo clean
