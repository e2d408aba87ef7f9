#!/usr/bin/env bash
# Installs what `make platforms` needs and this machine lacks: packages of Debian 12, and zig from PyPI. Does nothing where everything is
# there. Who may not install anything is told, at once, what is missing.
#
#   scripts/install-platform-deps.sh            for building them
#   scripts/install-platform-deps.sh --to-run   for running what was built: `make test-platforms`
#
# What needs what: every platform Debian's Rust for the web, the one compiler of a distribution whose sources of the standard library
# match it; Windows MinGW; Linux, Android, macOS and iOS zig, for its C compiler and the interfaces of their systems' libraries; the module of
# web pages node and npm, for binaryen, which scripts/web.sh gets.
# To run: Windows Wine, and of MinGW the C++ compiler that has std::thread; machines of ARM qemu, and of Linux its C library; Android
# musl's loader, which scripts/on-platform.sh fetches.
set -euo pipefail
cd "$(dirname "$0")/.."

# Another version makes other bytes.
readonly ZIGLANG=0.17.1

# command or file:Debian package
needs=(
    /usr/bin/rustc:rustc-web
    /usr/lib/rustlib/src/rust/library/std/src/lib.rs:rust-web-src
    x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64-win32
    x86_64-w64-mingw32-dlltool:binutils-mingw-w64-x86-64
    node:nodejs
    npm:npm
    cc:gcc
    /usr/include/stdio.h:libc6-dev
    python3:python3
)
[ "${1:-}" != --to-run ] || needs=(
    /usr/lib/wine/wine64:wine64
    x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64-win32
    x86_64-w64-mingw32-g++-posix:g++-mingw-w64-x86-64-posix
    qemu-aarch64:qemu-user
    qemu-arm:qemu-user
    /usr/aarch64-linux-gnu/lib/libc.so.6:libc6-arm64-cross
    apt-get:apt
    dpkg-deb:dpkg
    flock:util-linux
    python3:python3
)

fail() {
    printf 'install-platform-deps: %s\n' "$@" >&2
    exit 1
}

find_what_is_missing() {
    missing=() packages=()
    local need
    for need in "${needs[@]}"; do
        case "$need" in
        /*) [ -e "${need%%:*}" ] && continue ;;
        *) command -v "${need%%:*}" >/dev/null && continue ;;
        esac
        missing+=("${need%%:*}") packages+=("${need#*:}")
    done
    # Debian's python3 alone cannot make an environment.
    if ! command -v python3 >/dev/null || ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        missing+=("Python's venv") packages+=(python3-venv)
    fi
}

[ $# -eq 0 ] || [ "$*" = --to-run ] || fail "usage: install-platform-deps.sh [--to-run]"
[ "$(uname -sm)" = 'Linux x86_64' ] || fail "the platforms are built, and run, on Linux x86_64"
command -v cargo >/dev/null && command -v rustup >/dev/null || fail "there is no cargo of rustup: https://rustup.rs, and open a new shell"
tools=$(env -u RUSTC rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin
[ -x "$tools/rust-lld" ] && [ -x "$tools/rust-objcopy" ] || fail "rustup's toolchain has no rust-lld and rust-objcopy: rustup update stable"

find_what_is_missing
if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get >/dev/null || fail "missing: ${missing[*]}" "there is no apt-get here; packages of Debian 12 have it: ${packages[*]}"
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null && sudo -n true 2>/dev/null || fail "missing: ${missing[*]}" \
            "only root can install it; have an administrator run this, then start again:" \
            "  apt-get update && apt-get install -y --no-install-recommends ${packages[*]}"
        as_root=(sudo)
    fi
    echo "missing: ${missing[*]}; installing: ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    ${as_root[@]+"${as_root[@]}"} apt-get update -qq </dev/null || fail "apt-get update failed: is there a network?"
    ${as_root[@]+"${as_root[@]}"} apt-get install -y -qq --no-install-recommends "${packages[@]}" </dev/null >"$log" 2>&1 ||
        { cat "$log" >&2; fail "apt-get install ${packages[*]} failed; its message stands above"; }
    find_what_is_missing
    [ ${#missing[@]} -eq 0 ] || fail "still missing after the installation of ${packages[*]}: ${missing[*]}"
fi

environment=${CARGO_TARGET_DIR:-target}/platform-tools
if ! "$environment/bin/python" -c "import importlib.metadata as m; assert m.version('ziglang') == '$ZIGLANG'" 2>/dev/null; then
    python3 -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "ziglang==$ZIGLANG" || fail "pip cannot install ziglang $ZIGLANG"
fi
echo "everything is there"
