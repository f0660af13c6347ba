# Strongroom. The two commands of the README are `make demo` and `make test`; `make check` is what CI runs.
#
# One debug build (with all traits) serves build, test and documentation; one release build serves the command
# line. Key modules are built apart, because they must carry no run path (see Plugins/).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
# SwiftPM names traits to the compiler in the order of a set, another one in each process; and what is named in another
# order is compiled anew. Only for builds: tests are to see their sets and dictionaries in every order.
BUILD := env SWIFT_DETERMINISTIC_HASHING=1 $(SWIFT) build
TRAITS := --traits CommandLineTool,DualLayer,Tracing,RemoteKMS,HTTPServer
RELEASE := -c release --traits CommandLineTool,DualLayer,HTTPServer --scratch-path .build-release
RELEASE_DIRECTORY := .build-release/release
# Tests with optimisation, for those that take long.
RELEASE_TESTS := -c release --traits CommandLineTool,DualLayer --scratch-path .build-model -Xswiftc -enable-testing
# How many rounds `make crash` kills an import, and for how long `make fuzz` runs each target.
ROUNDS ?= 200
# How many times `make interrupted` goes through all commands; at least two.
TURNS ?= 6
FUZZ_SECONDS ?= 60
# What everything else stands on is fuzzed longest.
FUZZ_FIRST := FuzzSealedStream FuzzJournalSegment FuzzCatalogRows FuzzStoreStateful
# `make fuzz` runs these targets, by the names of the folders in Fuzz/Sources; all where it is empty.
TARGET ?=
# How many operations `make model` does; SEED chooses which, where it is given.
OPERATIONS ?= 1000000
SEED ?=
# How many crash states `make replay` opens; SEED as above.
STATES ?= 10000
# How many places of a closed store `make damage` damages.
COUNT ?= 2000
# `make marathon` goes on for so many power failures, or for SECONDS=300 instead: then in the build of `make test`, with
# its assertions, and without waiting for another build.
POINTS ?= 1000000
SECONDS ?=
# `make sanitize` runs the tests whose names match this; all where it is empty.
FILTER ?=
# For so many minutes `make soak` goes on.
MINUTES ?= 120
# `make exhaustive` looks at one crash state in so many, and at some of each script. All of them are looked at with
# optimisation, else it is the build of `make test`, with its assertions, and without waiting for another build.
SHARE ?= 1
MARATHON_BUILD := $(if $(SECONDS),build,build-release-tests)
EXHAUSTIVE_BUILD := $(if $(filter 1,$(SHARE)),build-release-tests,build)
# The directory that `make demo` imports; empty means that the demo chooses one.
DIRECTORY ?=

# As many tests at once: with hundreds, each of them waits for a processor longer than deadlines allow that it tests.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 12

SOURCES := Package.swift Sources Tests Plugins Fuzz/Package.swift Fuzz/Sources Benchmarks/Package.swift \
	Benchmarks/Sources Replay/Package.swift Replay/Sources Examples/Embedder/Package.swift Examples/Embedder/Sources

# Where key modules are built; `make modules` is told how by the plug-ins' own makefile.
MODULES_DIRECTORY := .build-modules/release
# What comes with the command line, which finds these beside itself where nobody names others.
STANDARD_MODULES := libS3ManagedKeys.so libKMSKeys.so

-include Plugins/modules.mk

.PHONY: help setup setup-tests build build-release-tests modules test release demo check test-remote-kms test-clients
.PHONY: crash-served idle-connections interrupted
.PHONY: lint format crash soak sanitize exhaustive marathon planted-bugs replay damage model conformance docs embedder
.PHONY: fuzz fuzz-build fuzz-smoke clean

help: ## Say what there is.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

setup: ## Install what is missing of the system libraries (Debian, Ubuntu); nothing when all are there.
	@.ci/install-prerequisites

setup-tests:
	@.ci/install-prerequisites softhsm2

build: setup ## Build everything for development.
	$(BUILD) --build-tests $(TRAITS)

build-release-tests: setup
	$(BUILD) --build-tests $(RELEASE_TESTS)

test: setup-tests modules build ## Build and run all tests.
	.ci/test $(SWIFT) test --skip-build $(TRAITS)

release: setup modules ## Build the command line with optimisation, its key modules beside it.
	$(BUILD) $(RELEASE) --product strongroom
	cp -f $(STANDARD_MODULES:%=$(MODULES_DIRECTORY)/%) $(RELEASE_DIRECTORY)/
	cd $(RELEASE_DIRECTORY) && sha256sum $(STANDARD_MODULES) > strongroom.modules

demo: release ## The guided tour on real files, in under a minute. DIRECTORY=… chooses them.
	$(RELEASE_DIRECTORY)/strongroom demo $(DIRECTORY)

crash: release ## Import, kill -9 at a random time, reopen, verify: ROUNDS=200 times.
	.ci/crash $(RELEASE_DIRECTORY)/strongroom $(ROUNDS)

interrupted: release ## All commands while their system calls are interrupted and cut short: TURNS=6 times. SEED=….
	@command -v python3 >/dev/null || .ci/install-prerequisites python3
	.ci/interrupted $(RELEASE_DIRECTORY)/strongroom $(TURNS) $(SEED)

# No part of `make check`: it mounts file systems, which needs root and loop devices.
soak: release ## Kills and power failures on ext4, XFS and Btrfs in loop images, for MINUTES=120. SEED=….
	@.ci/install-prerequisites python3 e2fsprogs xfsprogs btrfs-progs gcc
	.ci/soak $(RELEASE_DIRECTORY)/strongroom $(MINUTES) $(SEED)

model: build-release-tests ## Concurrent tasks at random against a plain model: OPERATIONS=1000000, SEED=….
	STRONGROOM_MODEL_OPERATIONS=$(OPERATIONS) STRONGROOM_MODEL_SEED=$(SEED) \
		$(SWIFT) test --skip-build $(RELEASE_TESTS) --filter ConcurrentModelTests

marathon: $(MARATHON_BUILD) ## Power failures in random lives on a failing disk: POINTS=1000000, or SECONDS=…; SEED=….
	STRONGROOM_MARATHON_POINTS=$(if $(SECONDS),,$(POINTS)) STRONGROOM_MARATHON_SECONDS=$(SECONDS) \
		STRONGROOM_MARATHON_SEED=$(SEED) \
		$(SWIFT) test --skip-build $(if $(SECONDS),$(TRAITS),$(RELEASE_TESTS)) --filter CrashMarathonTests

exhaustive: $(EXHAUSTIVE_BUILD) ## Power failures at every moment of scripts on a simulated disk; SHARE=10: a tenth.
	.ci/exhaustive $(SHARE) "$(SEED)" $(SWIFT) test --skip-build \
		$(if $(filter 1,$(SHARE)),$(RELEASE_TESTS),$(TRAITS))

replay: setup ## Power failures in what a real store has written, LMDB included: STATES=10000 of them, SEED=….
	.ci/replay $(STATES) "$(SEED)"

# No part of `make check`: a build of its own, and the tests that find bugs eleven times over.
planted-bugs: setup ## Plant ten bugs in a copy, one by one, and say which tests find each (docs/planted-bugs.md).
	@command -v python3 >/dev/null || .ci/install-prerequisites python3
	.ci/planted-bugs --copy .build-planted-bugs

# No part of `make check`: two builds of their own, and tests that take ten times as long.
sanitize: setup-tests modules ## The tests under the thread and the address sanitizer; FILTER=… for some of them.
	.ci/sanitize thread "$(FILTER)" $(SWIFT) test $(TRAITS)
	.ci/sanitize address "$(FILTER)" $(SWIFT) test $(TRAITS)

damage: release ## Damage a closed store at random places, COUNT=2000 of them: nothing wrong may come out. SEED=….
	@command -v python3 >/dev/null || .ci/install-prerequisites python3
	.ci/damage $(RELEASE_DIRECTORY)/strongroom $(COUNT) $(SEED)

lint: ## Formatting.
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)

format: ## Format the source as `make lint` wants it.
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

# The last are built in folders of their own, each most of the time on one processor.
check: export STRONGROOM_WARNINGS_AS_ERRORS := 1
check: setup ## All that CI runs, with moto and S3 clients: those need python3-venv and PyPI.
	$(MAKE) lint
	$(MAKE) test
	$(MAKE) exhaustive SHARE=16
	$(MAKE) marathon SECONDS=300
	$(MAKE) test-remote-kms
	$(MAKE) test-clients
	$(MAKE) demo
	$(MAKE) conformance
	$(MAKE) crash ROUNDS=20
	$(MAKE) interrupted TURNS=2
	$(MAKE) crash-served ROUNDS=5
	$(MAKE) idle-connections
	$(MAKE) damage COUNT=60
	$(MAKE) replay STATES=500
	$(MAKE) -j2 --output-sync=target fuzz-build docs embedder
	$(MAKE) fuzz-smoke

conformance: setup-tests release ## Every module passes the contract; the broken ones are caught.
	.ci/conformance $(RELEASE_DIRECTORY)/strongroom $(MODULES_DIRECTORY)

test-remote-kms: release build ## The remote key service against an independent implementation, over HTTPS.
	.ci/remote-kms $(RELEASE_DIRECTORY)/strongroom $(MODULES_DIRECTORY) $(SWIFT) test --skip-build $(TRAITS)

test-clients: release ## S3 clients at the server, over HTTP and HTTPS: boto3, AWS CLI, rclone, s3cmd, restic, curl.
	@.ci/install-prerequisites python3 python3-venv curl openssl rclone s3cmd restic
	.ci/clients $(RELEASE_DIRECTORY)/strongroom

crash-served: release ## S3 clients write, the server is killed -9, ROUNDS=200 times; planted losses are found. SEED=….
	@command -v python3 >/dev/null || .ci/install-prerequisites python3
	.ci/served-crash $(RELEASE_DIRECTORY)/strongroom $(ROUNDS) $(SEED)

idle-connections: release ## 10,000 connections that say nothing, and a client that goes on as before.
	@command -v python3 >/dev/null || .ci/install-prerequisites python3
	.ci/idle-connections $(RELEASE_DIRECTORY)/strongroom

docs: ## The documentation; warnings are errors.
	STRONGROOM_DOCUMENTATION=1 $(SWIFT) package --scratch-path .build-docs generate-documentation \
		--target Strongroom --target StrongroomKeys --target StrongroomKMS \
		--target StrongroomTesting --warnings-as-errors

embedder: ## Build and run the example application; it must resolve nothing that an embedder does not need.
	.ci/embedder

fuzz: ## Fuzz each target for FUZZ_SECONDS=60 seconds; TARGET=FuzzSignature, or several, for these alone.
	.ci/fuzz $(FUZZ_SECONDS) $(TARGET)

fuzz-build:
	.ci/fuzz 0

# Of each round of CI; the hours are in docs/long-runs.md.
fuzz-smoke:
	.ci/fuzz 60 $(FUZZ_FIRST)
	.ci/fuzz 20 $(filter-out $(FUZZ_FIRST),$(notdir $(wildcard Fuzz/Sources/*)))

clean: ## Remove what was built.
	rm -rf .build .build-* Fuzz/.build Replay/.build Examples/*/.build Benchmarks/.build
