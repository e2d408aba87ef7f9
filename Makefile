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
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-21s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

## Building

.PHONY: build
build: ## Build the library and the server, quickly, for trying them out
	$(CARGO) build --locked --profile test --package userstatus --package userstatusd

.PHONY: release
release: ## Build the library, the server and the load generator, optimised: target/release
	$(CARGO) build --locked --release --package userstatus --package userstatusd --package userstatus-load

# What the library is to have the IM SDK's name for: a folder of dist/platforms, where it was built; this machine, if nothing is said.
P ?=
DROPIN_NAME = $(or $(if $(filter windows-%,$(P)),ImSDK.dll),$(if $(filter macos,$(P)),libImSDKForMac_C.dylib),$(if $(filter ios,$(P)),libImSDK.a),libImSDK.so)

.PHONY: dropin
dropin: $(if $(P),,release) ## Make libImSDK.so, in target/release: the library under the name that programs of the IM SDK link; or P=windows-x86_64, macos, ios, …
	scripts/dropin.sh '$(if $(P),dist/platforms/$(P),$(RELEASED))' '$(if $(P),dist/platforms/$(P),$(RELEASED))/$(DROPIN_NAME)'

.PHONY: header
header: ## Write include/userstatus.h, and the C# error codes, anew from the library's source
	US_UPDATE_HEADER=1 $(CARGO) test --locked --package userstatus --test abi_header --test unity_package -- the_committed

.PHONY: openapi
openapi: ## Write the OpenAPI documents, docs/openapi, anew from the server's source
	US_UPDATE_OPENAPI=1 $(CARGO) test --locked --package userstatus-operate --test openapi

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

## Other platforms

P ?=

.PHONY: platform
platform: ## Build and check one platform of those it lists, into dist/platforms: P=NAME
	@$(if $(P),scripts/platform.sh '$(P)',echo 'make platform P=NAME, where NAME is one of:'; scripts/platform.sh --list | sed 's/^/  /')

.PHONY: platforms
platforms: ## Build and check all platforms, or those of P, with sums, notices and a list of parts: dist; takes an hour
	scripts/platforms.sh $(P)

.PHONY: install-platform-deps
install-platform-deps: ## Install what `make platforms` needs and this machine lacks
	@scripts/install-platform-deps.sh

.PHONY: test-platforms
test-platforms: ## Run what was built for other platforms: libraries and servers, under Wine and qemu; installs these, 1 GB; or those of P=NAME
	scripts/test-platforms.sh $(P)

## Unity

# What the library is built for; this machine, if nothing is said. What other ones need stands in scripts/unity-plugins.sh.
TRIPLE ?=

.PHONY: unity-plugins
unity-plugins: ## Build the library for TRIPLE (this machine) and put it into the Unity package
	$(CARGO) build --locked --release --package userstatus $(if $(TRIPLE),--target $(TRIPLE))
	scripts/unity-plugins.sh '$(if $(TRIPLE),$(TARGET)/$(TRIPLE)/release,$(RELEASED))' unity-bindings $(TRIPLE)

# Of all platforms, if they were built or are to be before; else of this machine alone.
PLATFORM_GOALS := $(filter platform platforms,$(MAKECMDGOALS))
SHIPPED := $(or $(wildcard dist/platforms),$(if $(PLATFORM_GOALS),dist/platforms))
# Of what all those are made of; of this machine's library alone they are made with the package.
NOTICES := $(if $(SHIPPED),dist/THIRD-PARTY-NOTICES.md)
# Where the project lies on the web, for the links of Unity's package manager: https://git.example.com/us/userstatus. Without it there are none.
HOMEPAGE ?=

dist/THIRD-PARTY-NOTICES.md: Cargo.lock scripts/dist-notices.py | $(PLATFORM_GOALS)
	scripts/dist-notices.py

.PHONY: unity-package
unity-package: $(if $(SHIPPED),$(NOTICES),unity-plugins) | $(PLATFORM_GOALS) ## Make dist/com.userstatus.unity-VERSION.tgz: "Add package from tarball" in Unity
	$(if $(SHIPPED),scripts/unity-plugins.sh --all '$(SHIPPED)' unity-bindings)
	HOMEPAGE='$(HOMEPAGE)' scripts/unity-package.sh unity-bindings dist $(NOTICES)
	$(if $(SHIPPED),scripts/check-unity-package.sh "$$(ls -t dist/com.userstatus.unity-*.tgz | head -n 1)" '$(SHIPPED)')
	$(if $(SHIPPED),scripts/dist-extras.sh)

# A clone that gets the branch; its working tree stays as it is.
REPOSITORY ?= .

.PHONY: unity-branch
unity-branch: $(if $(SHIPPED),$(NOTICES),unity-plugins) | $(PLATFORM_GOALS) ## Commit the Unity package, libraries and all, to the branch upm of REPOSITORY: "Add package from git URL"
	$(if $(SHIPPED),scripts/unity-plugins.sh --all '$(SHIPPED)' unity-bindings)
	HOMEPAGE='$(HOMEPAGE)' scripts/unity-branch.sh unity-bindings '$(REPOSITORY)' $(NOTICES)

## Web pages

.PHONY: web
web: ## Build web/userstatus.wasm, for the client in web pages; installs Debian's rustc-web, 1 GB
	scripts/web.sh

.PHONY: test-web
test-web: ## Test that client in node, in Chromium and as Unity links it; installs Chromium and emscripten, 1 GB
	scripts/test-web.sh

## Trying it out

EXAMPLE_CFLAGS := -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -g -Wall -Wextra -Wpedantic -Werror
EXAMPLE_PROGRAMS := $(EXAMPLES)/minimal $(EXAMPLES)/two_players $(EXAMPLES)/player

$(EXAMPLES)/minimal: examples/c/minimal.c
$(EXAMPLES)/two_players: $(filter-out examples/c/minimal.c,$(wildcard examples/c/*.[ch]))
$(EXAMPLES)/player: examples/everywhere/player.c $(addprefix examples/c/,player.c player.h story.c story.h)
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

.PHONY: demo-everywhere
demo-everywhere: ## See games on Linux, Windows and Android and a web page see each other; installs Wine, qemu and Chromium, 2 GB
	@scripts/demo-everywhere.sh

## Testing

.PHONY: install-deps
install-deps: ## Install what the tests need and this machine lacks
	@scripts/install-deps.sh

.PHONY: test
test: ## Run everything that must hold: format, lint, tests, end to end, demo, a little fuzzing
	@scripts/test.sh

.PHONY: fresh
fresh: ## Run `make demo` and `make test` on a bare Debian in a folder; needs root; for platforms: scripts/fresh.sh platforms
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
