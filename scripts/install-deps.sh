#!/usr/bin/env bash
# Installs what `make test` needs and this machine lacks. Does nothing where everything is there.
#
#   scripts/install-deps.sh
#
# What needs what: the C ABI tests a C and a C++ compiler and binutils; the silent network loss (S6) network namespaces, hence
# iproute2 and root; TLS openssl; UserSigs of the public minter node and npm; libFuzzer a C++ compiler; projects that find the library
# cmake, make and pkg-config; the client in Python python3; the C# binding Mono.
set -euo pipefail

# command: Debian package
needs=(
    cc:gcc
    c++:g++
    cmake:cmake
    ip:iproute2
    make:make
    mcs:mono-mcs
    mono:mono-runtime
    nm:binutils
    node:nodejs
    npm:npm
    nunit-console:nunit-console
    openssl:openssl
    pkg-config:pkg-config
    python3:python3
    readelf:binutils
    setpriv:util-linux
    timeout:coreutils
)

missing_commands=()
missing_packages=()
for need in "${needs[@]}"; do
    if ! command -v "${need%%:*}" >/dev/null; then
        missing_commands+=("${need%%:*}")
        missing_packages+=("${need#*:}")
    fi
done

fail() {
    echo "install-deps: $*" >&2
    exit 1
}

if [ ${#missing_packages[@]} -gt 0 ]; then
    echo "missing: ${missing_commands[*]}; installing: ${missing_packages[*]}"
    command -v apt-get >/dev/null ||
        fail "there is no apt-get here; install these yourself, by whatever name they have on this system: ${missing_packages[*]}"
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "neither root nor sudo: run as root: apt-get install ${missing_packages[*]}"
        as_root=(sudo)
    fi
    export DEBIAN_FRONTEND=noninteractive
    # A fresh image has no package lists; one that has them may have old ones.
    "${as_root[@]}" apt-get update -qq </dev/null || fail "apt-get update failed: is there a network?"
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing_packages[@]}" </dev/null ||
        fail "apt-get install ${missing_packages[*]} failed; its message stands above"
    for command in "${missing_commands[@]}"; do
        command -v "$command" >/dev/null || fail "$command is still missing after the installation"
    done
fi

command -v cargo >/dev/null || fail "there is no cargo: install Rust from https://rustup.rs"
for component in clippy rustfmt; do
    if ! command -v "cargo-${component/rustfmt/fmt}" >/dev/null || ! cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1; then
        command -v rustup >/dev/null || fail "cargo has no $component, and there is no rustup to add it"
        rustup component add "$component" || fail "rustup component add $component failed"
    fi
done
echo "everything is there"
