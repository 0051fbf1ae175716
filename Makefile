# The server to build and install for. `make demo` and `make test` install Debian's PostgreSQL 15 where it is missing.
PG_CONFIG ?= /usr/lib/postgresql/15/bin/pg_config
export PG_CONFIG
# pgrx takes the server from here: no `cargo pgrx init`, no second PostgreSQL
export PGRX_PG_CONFIG_PATH := $(PG_CONFIG)
export ODOO K
# one thing after the other, whatever -j says: what is built needs what is set up
.NOTPARALLEL:

SUPPORT := tests/support
# cargo's options for the server's major version; expanded when a recipe begins, as setup.sh may have just installed the server
FEATURES = --no-default-features --features pg$(shell '$(PG_CONFIG)' --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

.PHONY: tools build
tools:
	@$(SUPPORT)/setup.sh build
build: tools
	cargo build --release -p odoo_sync $(ALSO) $(FEATURES)

.PHONY: install uninstall
install: build ## build the extension and install it into the server of PG_CONFIG=…; DESTDIR=… for packages
	@$(SUPPORT)/install.sh install
uninstall: ## remove it from there
	@$(SUPPORT)/install.sh uninstall

.PHONY: server
server:
	@$(SUPPORT)/setup.sh server build

.PHONY: demo demo-stop
# built together with the extension, so that no core waits
demo: ALSO = $(if $(ODOO)$(ODOO_URL),,-p sample_odoo)
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

.PHONY: sql sql-check schema-tools
schema-tools:
	@$(SUPPORT)/setup.sh build schema
sql: schema-tools build ## generate sql/odoo_sync--VERSION.sql: after a change of a SQL function or of another file of sql/
	@$(SUPPORT)/sql.sh write $(FEATURES)
sql-check: schema-tools build ## fail where sql/odoo_sync--VERSION.sql is not what the code makes
	@$(SUPPORT)/sql.sh check $(FEATURES)

.PHONY: lint
lint: schema-tools ## formatting, clippy, shellcheck, who imports whom, the generated SQL
	@$(SUPPORT)/setup.sh lint
	shellcheck -x .ci/run $(SUPPORT)/*.sh findings/*.sh
	cargo fmt --all --check
	cargo clippy --workspace --all-targets $(FEATURES) -- -D warnings
	cargo test --release -p odoo_sync_tests --test layers
	@$(MAKE) --no-print-directory sql-check

.PHONY: fresh
fresh: ## how long make demo takes on a Debian 12 that has nothing but Rust, cold and warm: in a chroot; COMMIT=… (HEAD)
	@$(SUPPORT)/fresh.sh $(COMMIT)

.PHONY: odoo-stop
odoo-stop: ## stop the real Odoo servers that test, demo and bench left up
	@$(SUPPORT)/odoo.sh stop

.PHONY: clean
clean: demo-stop ## remove the demo and everything that was built
	cargo clean
