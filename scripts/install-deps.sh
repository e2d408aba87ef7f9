#!/usr/bin/env bash
# Installs what `make test` needs and this machine lacks. Does nothing where everything is there. Who may not install anything is told,
# at once, what is missing and what to ask an administrator for.
#
#   scripts/install-deps.sh
#
# What needs what: the C ABI tests a C and a C++ compiler and binutils; the silent network loss (S6) network namespaces, hence
# iproute2, util-linux and mount; TLS openssl; UserSigs of the public minter node and npm; libFuzzer a C++ compiler; projects that find the
# library cmake, make and pkg-config; what monitoring reads Prometheus, whose service is not to run; the client in Python, and licences of
# others, python3; client libraries of the REST API, from PyPI, python3-venv; the C# binding Mono and NUnit; a branch to install it from git.
#
# Only what Debian calls essential (a shell, coreutils, tar, …) is taken for granted. tests/architecture.rs holds this list to what the
# tests run and read.
set -euo pipefail

# command:Debian package
commands=(
    ar:binutils
    awk:mawk
    c++:g++
    cc:gcc
    cmake:cmake
    git:git
    ip:iproute2
    ld:binutils
    make:make
    mcs:mono-mcs
    mono:mono-runtime
    mount:mount
    nm:binutils
    node:nodejs
    npm:npm
    nsenter:util-linux
    nunit-console:nunit-console
    objcopy:binutils
    openssl:openssl
    pkg-config:pkg-config
    prometheus:prometheus
    promtool:prometheus
    python3:python3
    readelf:binutils
    setpriv:util-linux
    sh:dash
    tar:tar
    timeout:coreutils
    unshare:util-linux
)

# file:Debian package, for what no command stands for: some packages only recommend, or do not name at all, the other half of a tool.
files=(
    /usr/include/stdio.h:libc6-dev
    /usr/lib/mono/4.5/mscorlib.dll:libmono-corlib4.5-cil
    /usr/lib/mono/4.5/Mono.Security.dll:libmono-security4.0-cil
    /usr/lib/mono/4.5/System.dll:libmono-system4.0-cil
    /usr/lib/mono/4.5/System.Configuration.dll:libmono-system-configuration4.0-cil
    /usr/lib/mono/4.5/System.Core.dll:libmono-system-core4.0-cil
    /usr/lib/mono/4.5/System.Numerics.dll:libmono-system-numerics4.0-cil
    /usr/lib/mono/4.5/System.Security.dll:libmono-system-security4.0-cil
    /usr/lib/mono/4.5/System.Xml.dll:libmono-system-xml4.0-cil
    '/usr/lib/cli/*/nunit.framework.dll:libnunit-cil-dev'
)

python_modules='ctypes, hashlib, itertools, json, pathlib, plistlib, re, subprocess, threading, tomllib'

fail() {
    printf 'install-deps: %s\n' "$@" >&2
    exit 1
}

find_what_is_missing() {
    missing=() packages=()
    local need
    for need in "${commands[@]}"; do
        command -v "${need%%:*}" >/dev/null || { missing+=("${need%%:*}") packages+=("${need#*:}"); }
    done
    for need in "${files[@]}"; do
        compgen -G "${need%%:*}" >/dev/null || { missing+=("${need%%:*}") packages+=("${need#*:}"); }
    done
    # Debian's Python makes no environment for packages from PyPI without this.
    if ! command -v python3 >/dev/null || ! python3 -c "import ensurepip, venv" 2>/dev/null; then
        missing+=("Python's venv") packages+=(python3-venv)
    fi
    # python3-minimal has the command and not these.
    if command -v python3 >/dev/null && ! python3 -c "import $python_modules" 2>/dev/null; then
        missing+=("Python's $python_modules") packages+=(python3)
    fi
    if [ ${#packages[@]} -gt 0 ]; then
        mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
    fi
}

# How root is become, in `as_root`; fails where that cannot be.
find_a_way_to_root() {
    as_root=()
    [ "$(id -u)" -ne 0 ] || return 0
    command -v sudo >/dev/null || return 1
    # It may ask for a password only where somebody can type one.
    [ -t 0 ] || sudo -n true 2>/dev/null || return 1
    as_root=(sudo)
}

# Of what the tests need some comes as a service: it is not to run on this machine, now or after the next start.
services=(prometheus)
policy=/usr/sbin/policy-rc.d

forbid_services() {
    has_policy=
    [ ! -e "$policy" ] || { has_policy=yes; return 0; }
    printf '#!/bin/sh\nexit 101\n' | ${as_root[@]+"${as_root[@]}"} tee "$policy" >/dev/null
    ${as_root[@]+"${as_root[@]}"} chmod 755 "$policy"
}

allow_services() {
    [ -n "$has_policy" ] || ${as_root[@]+"${as_root[@]}"} rm -f "$policy"
    local service
    for service in "${services[@]}"; do
        case " ${packages[*]} " in
        *" $service "*)
            # As the package's own scripts would; where there is no such helper, nothing was enabled.
            ${as_root[@]+"${as_root[@]}"} env DPKG_MAINTSCRIPT_PACKAGE="$service" \
                deb-systemd-helper disable "$service.service" >/dev/null 2>&1 || true
            ;;
        esac
    done
}

command -v cargo >/dev/null || fail "there is no cargo: install Rust from https://rustup.rs, and open a new shell"

find_what_is_missing
if [ ${#packages[@]} -gt 0 ]; then
    command -v apt-get >/dev/null || fail "the tests need what this machine lacks: ${missing[*]}" \
        "there is no apt-get here; install what your system has for these packages of Debian: ${packages[*]}"
    find_a_way_to_root || fail "the tests need what this machine lacks: ${missing[*]}" \
        "only root can install it, and there is no sudo for you here; have an administrator run this, then start again:" \
        "  apt-get update && apt-get install -y --no-install-recommends ${packages[*]}"
    echo "missing: ${missing[*]}; installing: ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    # Hundreds of lines, which somebody wants to see when it fails.
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    # A fresh image has no package lists; one that has them may have old ones.
    ${as_root[@]+"${as_root[@]}"} apt-get update -qq </dev/null || fail "apt-get update failed: is there a network?"
    forbid_services
    ${as_root[@]+"${as_root[@]}"} apt-get install -y -qq --no-install-recommends "${packages[@]}" </dev/null >"$log" 2>&1 ||
        { cat "$log" >&2; allow_services; fail "apt-get install ${packages[*]} failed; its message stands above"; }
    allow_services
    find_what_is_missing
    [ ${#missing[@]} -eq 0 ] || fail "still missing after the installation of ${packages[*]}: ${missing[*]}"
fi

for component in clippy rustfmt; do
    if ! command -v "cargo-${component/rustfmt/fmt}" >/dev/null || ! cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1; then
        command -v rustup >/dev/null || fail "cargo has no $component, and there is no rustup to add it"
        rustup component add "$component" || fail "rustup component add $component failed"
    fi
done
echo "everything is there"
