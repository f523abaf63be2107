# Fleet: everything a visitor or a pipeline runs. `make help` lists it.
SHELL := /bin/bash
CONFIGURATION ?= Release
ARGS ?=
# SEED replays a run's randomness; TEST picks tests by a part of their name (of any category); RUN picks one of a test's many runs.
SEED ?=
TEST ?=
RUN ?=
DOTNET := dotnet

.PHONY: help setup build test test-long chaos e2e demo bench conformance publish clean

help: ## List the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s $$'\t'

setup: ## Install what is missing (Debian packages with apt when root, else they are named)
	@scripts/setup

build: setup ## Build everything, warnings as errors
	@$(DOTNET) build Fleet.sln -c $(CONFIGURATION) --nologo -v q

test: build ## Build and pass all tests but the long ones; SEED=N TEST=NAME [RUN=N] replays a randomised one
	@scripts/test --configuration $(CONFIGURATION) --filter '$(if $(TEST),FullyQualifiedName~$(TEST),Category!=Long&Category!=Chaos)' --seed '$(SEED)' --run '$(RUN)' $(ARGS)

chaos: build ## Random orders under random faults, judged by the API servers' logs: what finds the faults that are still open
	@scripts/test --configuration $(CONFIGURATION) --project Fleet.EndToEnd.Tests --filter 'Category=Chaos$(if $(TEST),&FullyQualifiedName~$(TEST))' --seed '$(SEED)' --run '$(RUN)' $(ARGS)

test-long: build ## The heavier proofs; SEED, TEST and RUN as above
	@scripts/test --configuration $(CONFIGURATION) --filter 'Category=Long$(if $(TEST),&FullyQualifiedName~$(TEST))' --seed '$(SEED)' --run '$(RUN)' $(ARGS)

e2e: setup ## The main job on the API servers of FLEET_E2E_KUBECONFIGS (paths, separated by colons), or on simulated ones
	@$(DOTNET) build tests/Fleet.EndToEnd.Tests -c $(CONFIGURATION) --nologo -v q
	@scripts/test --configuration $(CONFIGURATION) --project Fleet.EndToEnd.Tests --filter Category=Clusters

demo: setup ## The main job on simulated clusters; ARGS=--headless checks it unattended
	@$(DOTNET) build cli/Fleet.Cli -c $(CONFIGURATION) --nologo -v q
	@cli/Fleet.Cli/bin/$(CONFIGURATION)/net10.0/fleetctl demo $(ARGS)

conformance: setup ## Replay recordings of a real API server against KubeSim: DIR=FOLDER; fails on a difference that sim/README.md does not list
	@$(DOTNET) build sim/Fleet.KubeSim -c $(CONFIGURATION) --nologo -v q
	@sim/Fleet.KubeSim/bin/$(CONFIGURATION)/net10.0/fleet-kubesim conformance $(DIR) --excused sim/README.md

bench: setup ## Measure (docs/performance.md); ARGS=NAME runs one
	@$(DOTNET) build bench/Fleet.Bench -c Release --nologo -v q
	@bench/Fleet.Bench/bin/Release/net10.0/fleet-bench $(ARGS)

publish: setup ## The three programs as they are shipped, under artifacts/
	@scripts/publish

clean: ## Remove what was built
	@git clean -fdXq -e '!node_modules'
