# `make` lists what there is. `make demo` and `make test` need nothing before them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
# What `make build` builds is what the tests and the demo use: the profile of the tests, so that it is built once.
BUILT := $(TARGET)/debug
RELEASED := $(TARGET)/release
EXAMPLES := $(TARGET)/examples
# Where `make install` puts things; DESTDIR is put before it by who makes packages, LIBDIR is the folder of libraries below it.
PREFIX ?= /usr/local
DESTDIR ?=
LIBDIR ?= lib

.PHONY: help
help: ## List what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

## Building

.PHONY: build
build: ## Build the library and the server, quickly, for trying them out
	$(CARGO) build --locked --profile test --package userstatus --package userstatusd

.PHONY: release
release: ## Build the library, the server and the load generator, optimised: target/release
	$(CARGO) build --locked --release --package userstatus --package userstatusd --package userstatus-load

.PHONY: dropin
dropin: release ## Make target/release/libImSDK.so: the library under the name that programs of the IM SDK link
	scripts/dropin.sh '$(RELEASED)' '$(RELEASED)/libImSDK.so'

.PHONY: header
header: ## Write include/userstatus.h, and the C# error codes, anew from the library's source
	US_UPDATE_HEADER=1 $(CARGO) test --locked --package userstatus --test abi_header --test unity_package -- the_committed

.PHONY: clean
clean: ## Remove everything that was built
	$(CARGO) clean

## Installing

.PHONY: install
install: release ## Install library, headers and server, for pkg-config and CMake to find: PREFIX, LIBDIR, DESTDIR
	DESTDIR='$(DESTDIR)' LIBDIR='$(LIBDIR)' scripts/install.sh '$(RELEASED)' '$(PREFIX)'

.PHONY: uninstall
uninstall: ## Remove what `make install` put there
	DESTDIR='$(DESTDIR)' LIBDIR='$(LIBDIR)' scripts/install.sh --uninstall '$(PREFIX)'

## Unity

# What the library is built for; this machine, if nothing is said. What other ones need stands in scripts/unity-plugins.sh.
TRIPLE ?=

.PHONY: unity-plugins
unity-plugins: ## Build the library for TRIPLE (this machine) and put it into the Unity package
	$(CARGO) build --locked --release --package userstatus $(if $(TRIPLE),--target $(TRIPLE))
	scripts/unity-plugins.sh '$(if $(TRIPLE),$(TARGET)/$(TRIPLE)/release,$(RELEASED))' unity-bindings $(TRIPLE)

.PHONY: unity-package
unity-package: unity-plugins ## Make dist/com.userstatus.unity-VERSION.tgz: "Add package from tarball" in Unity
	scripts/unity-package.sh unity-bindings dist

## Web pages

.PHONY: web
web: ## Build web/userstatus.wasm, for the client in web pages; installs Debian's rustc-web, 1 GB
	scripts/web.sh

.PHONY: test-web
test-web: ## Test that client in node, in Chromium and as Unity links it; installs Chromium and emscripten, 1 GB
	scripts/test-web.sh

## Trying it out

EXAMPLE_CFLAGS := -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -g -Wall -Wextra -Wpedantic -Werror
EXAMPLE_PROGRAMS := $(EXAMPLES)/minimal $(EXAMPLES)/two_players

$(EXAMPLES)/minimal: examples/c/minimal.c
$(EXAMPLES)/two_players: $(filter-out examples/c/minimal.c,$(wildcard examples/c/*.[ch]))
$(EXAMPLE_PROGRAMS): include/userstatus.h
	@mkdir -p $(EXAMPLES)
	$(CC) $(EXAMPLE_CFLAGS) -Iinclude $(filter %.c,$^) -o $@ -L$(BUILT) -Wl,-rpath,$(abspath $(BUILT)) -luserstatus -lpthread

.PHONY: examples
examples: build ## Compile the examples of examples/c
	@$(MAKE) --no-print-directory $(EXAMPLE_PROGRAMS)

$(EXAMPLES)/friend_list: examples/cpp/friend_list.cpp include/userstatus.hpp include/userstatus.h
	@mkdir -p $(EXAMPLES)
	$(CXX) -std=c++17 -O1 -g -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Iinclude $< -o $@ \
		-L$(BUILT) -Wl,-rpath,$(abspath $(BUILT)) -luserstatus -lpthread

.PHONY: examples-cpp
examples-cpp: build ## Compile the example of examples/cpp
	@$(MAKE) --no-print-directory $(EXAMPLES)/friend_list

.PHONY: examples-csharp
examples-csharp: build ## Compile the example of examples/csharp, for Mono
	@mkdir -p $(EXAMPLES)
	mcs -warnaserror -unsafe -langversion:7 -out:$(EXAMPLES)/WhoIsOnline.exe -recurse:'unity-bindings/Runtime/*.cs' examples/csharp/WhoIsOnline.cs
	@ln -sf $(abspath $(BUILT))/libuserstatus.so $(EXAMPLES)/libuserstatus.so

.PHONY: demo
demo: examples ## See two C programs see each other, against a real server
	@$(EXAMPLES)/two_players $(BUILT)/userstatusd

## Testing

.PHONY: install-deps
install-deps: ## Install what the tests need and this machine lacks
	@scripts/install-deps.sh

.PHONY: test
test: ## Run everything that must hold: format, lint, tests, end to end, demo, a little fuzzing
	@scripts/test.sh

.PHONY: fresh
fresh: ## Run `make demo` and `make test` on a bare Debian in a folder; needs root
	scripts/fresh.sh demo
	scripts/fresh.sh test

.PHONY: lint
lint: fmt-check clippy ## Check format and lints

.PHONY: fmt
fmt: ## Format all Rust
	$(CARGO) fmt --all
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml

.PHONY: fmt-check
fmt-check:
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check

.PHONY: clippy
clippy:
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

# Not part of `make test`: cargo-deny takes minutes to install, and its advisories need more of the network than crates.io.
.PHONY: deny
deny: ## Check licences, banned crates and sources; installs cargo-deny where it is missing
	@command -v cargo-deny >/dev/null || $(CARGO) install --locked cargo-deny
	$(CARGO) deny check bans licenses sources

.PHONY: fuzz
fuzz: ## Fuzz each decoder for a minute
	fuzz/run.sh 60

.PHONY: test-sanitizers
test-sanitizers: ## Run the tests of the C ABI under AddressSanitizer and LeakSanitizer
	scripts/sanitize.sh address

.PHONY: test-tsan
test-tsan: ## Run the tests of the C ABI under ThreadSanitizer; installs Debian's rustc-web, 1 GB
	scripts/sanitize.sh thread

## Measuring

.PHONY: bench
bench: ## Run the benchmarks of the hot paths
	$(CARGO) bench --locked --workspace

.PHONY: load
load: release ## Measure what docs/performance.md reports; takes a few minutes
	scripts/load.sh $(RELEASED)
