# What people who work on barograph run; `make` lists it. Everything happens in .venv, which startup.sh makes.
.DEFAULT_GOAL := help
.PHONY: help up down venv-dev lock lint secret-scan audit-dependencies sbom format docs test-fast test test-security test-tls \
	test-faults test-compose test-fresh soak contract-online acceptance acceptance-open-meteo durable ledger-age scaling \
	bench bench-quick bench-show

BIN := .venv/bin
UV := VIRTUAL_ENV="$(CURDIR)/.venv" $(BIN)/uv pip

help: ## This list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 28

up: ## Start the stack and record the last complete day
	sh startup.sh up

down: ## Stop the stack; the data stays
	sh startup.sh down

venv-dev: .venv/.dev ## The virtual environment with the tools for development

.venv/.dev: requirements-install.txt requirements.txt requirements-dev.txt pyproject.toml
	sh startup.sh install
	$(UV) install --quiet --require-hashes --build-constraints requirements-install.txt -r requirements-dev.txt
	touch .venv/.dev

lock: .venv/.dev ## Pin requirements*.in and the jars of pom.xml, with the sum of every file
	for name in requirements requirements-install requirements-dev; do \
		$(UV) compile --quiet --generate-hashes --python-version 3.11 --universal $$name.in -o $$name.txt || exit; \
	done
	$(BIN)/python -m stack.supply_chain.lock_jars

lint: .venv/.dev secret-scan ## ruff, mypy, the imports' direction, vermin, bandit, a scan for secrets, shellcheck, hadolint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vermin --quiet --no-tips --violations --eval-annotations --target=3.11- */
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml src dags jobs stack scripts benchmarks
	$(BIN)/shellcheck startup.sh scripts/*.sh stack/etc/*.sh .ci/run
	$(BIN)/hadolint Dockerfile

# Made-up passwords in tests are ruff's S105 and S106; the files of `make lock` are sums.
secret-scan: .venv/.dev ## Look for keys, tokens and passwords in the files that git keeps
	git ls-files -z ':!tests' ':!requirements*.txt' ':!*.sha256' | xargs -0 $(BIN)/detect-secrets-hook
	git ls-files -z tests | xargs -0 $(BIN)/detect-secrets-hook --disable-plugin KeywordDetector

audit-dependencies: .venv/.dev ## Is a known vulnerability in what is pinned? (asks OSV; without it, stack/supply_chain/advisories.toml)
	$(BIN)/python -m stack.supply_chain.audit

sbom: .venv/.dev ## build/sbom.cdx.json: every package and jar with its sums, in CycloneDX
	$(BIN)/python -m stack.supply_chain.sbom

format: .venv/.dev ## Let ruff lay out the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: .venv/.dev ## The pages that are made from data: docs/variables.md
	$(BIN)/python -m barograph.sources.variables_page > docs/variables.md

test-fast: lint ## lint and the tests that need no service and no JVM
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not lint and not integration and not spark and not compose and not fresh"

test: .venv/.dev ## lint and all tests, on a stack of their own with free ports; lint and the stack's start run beside the first tests
	$(BIN)/python -m pytest -m "not faults and not compose and not fresh"

contract-online: .venv/.dev ## Ten calls of the hosted API: does it still answer as the tests' examples say? (needs the internet)
	$(BIN)/python -m pytest -q --no-header -m online tests/contract/online.py

TLS_TESTS := daily_run fill produce load audit quarantine replay explain tls

test-security: .venv/.dev ## Try every port of a running stack as a stranger and beyond one's rights; print door by door what answered
	$(BIN)/python -m pytest -q -m security

test-tls: .venv/.dev ## Recording, loading, audit, fill and replay with TLS=1 from the first start, and what TLS itself promises
	TLS=1 $(BIN)/python -m pytest -m integration $(TLS_TESTS:%=tests/integration/test_%.py)

test-faults: .venv/.dev ## Every fault scenario with every seed, a row for each (half an hour)
	$(BIN)/python -m pytest tests/failure

MINUTES := 30

soak: .venv/.dev ## Random runs and faults for MINUTES=30 from a printed seed; SEED=n repeats one
	$(BIN)/python -m tests.failure.soak --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

bench: .venv/.dev ## Measure against the tools people would pick instead (hours; goes on where it was interrupted)
	$(BIN)/python -m benchmarks

bench-quick: .venv/.dev ## The same with few rows and one round (minutes): does everything still run?
	JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1 $(BIN)/python -m benchmarks --quick --anew

bench-show: .venv/.dev ## Show what was measured, and write it into docs/performance.md
	$(BIN)/python -m benchmarks --show

test-compose: .venv/.dev ## docker-compose.yml really run: both DAGs, every container killed once, rows as in the embedded stack
	$(BIN)/python -m pytest tests/compose

test-fresh: .venv/.dev ## The README's two commands in a Debian 12 with nothing on it, as root and as a user (root; hours)
	$(BIN)/python -m pytest tests/fresh -s

acceptance: .venv/.dev ## Replay four years of five airports and compare every cell with the file
	$(BIN)/python -m benchmarks.acceptance

acceptance-open-meteo: .venv/.dev ## Thousands of places and 30 years under the API's limits, killed once (YEARS=n, PLACES=n: less)
	$(BIN)/python -m benchmarks.open_meteo --years $(or $(YEARS),30) --places $(or $(PLACES),2000)

durable: .venv/.dev ## Measure what DURABLE=1 costs in rows per second
	$(BIN)/python -m benchmarks.durable

ledger-age: .venv/.dev ## Measure that questions to the ledger take no longer in an old store
	$(BIN)/python -m benchmarks.ledger_age

scaling: .venv/.dev ## Run LOCATIONS=20000 for DAYS=7 through everything, beside what docs/scaling.md predicts (a quarter of an hour)
	$(BIN)/python -m benchmarks.scaling --locations $(or $(LOCATIONS),20000) --days $(or $(DAYS),7)
