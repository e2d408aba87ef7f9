#!/usr/bin/env bash
# Runs the tests of the C ABI with library, server and C programs built under a sanitizer, into a target directory of its own.
#
#   scripts/sanitize.sh address    AddressSanitizer with LeakSanitizer; needs nothing but stable Rust and gcc
#   scripts/sanitize.sh thread     ThreadSanitizer; needs a standard library built with it, whose sources Debian's rustc-web has
set -euo pipefail
cd "$(dirname "$0")/.."

triple=$(rustc -vV | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1 # sanitizers are options of nightly; this has the stable compiler take them
export CARGO_INCREMENTAL=0
# Not abi_header: it is about the header and the names exported, not about memory.
tests=(--test e2e)
for file in tests/abi_*.rs; do
    name=$(basename "$file" .rs)
    [ "$name" = abi_header ] || tests+=(--test "$name")
done
build=(--target "$triple")

# Mono and Python are not built with sanitizers and cannot load a library that is; what is installed is tested as it is installed.
packages=(--package userstatus --package userstatusd)
skip=(--skip install:: --skip mono:: --skip python:: --skip unity::)

case "${1:-}" in
address)
    export CARGO_TARGET_DIR=target/asan
    export RUSTFLAGS=-Zsanitizer=address
    flags=-fsanitize=address
    export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99
    ;;
thread)
    [ "$triple" = x86_64-unknown-linux-gnu ] || { echo "sanitize: the recipe for ThreadSanitizer is for x86_64 Linux" >&2; exit 1; }
    if ! [ -x /usr/bin/rustc ] || ! [ -d /usr/lib/rustlib/src ] && ! [ -d /usr/src/rustc-web ]; then
        as_root=()
        [ "$(id -u)" -eq 0 ] || as_root=(sudo)
        "${as_root[@]}" apt-get update -qq
        "${as_root[@]}" apt-get install -y -qq --no-install-recommends rustc-web rust-web-src
    fi
    # The server as it is: what its allocator does the sanitizer cannot see, and it reads tokio's use of epoll as a race.
    packages=(--package userstatus)
    env -u RUSTC_BOOTSTRAP cargo build --locked --profile test --package userstatusd
    mkdir -p "target/tsan/$triple/debug"
    cp target/debug/userstatusd "target/tsan/$triple/debug/userstatusd"
    # Its runtime comes with the toolchain of rustup. It can only stand in a program: a shared library takes it from there, so the
    # linker is told of it where it makes one. The C programs are linked with it, too, and not compiled for it.
    toolchain=$(rustc --print sysroot)/lib/rustlib/$triple
    runtime=$toolchain/lib/librustc-stable_rt.tsan.a
    [ -f "$runtime" ] || { echo "sanitize: no $runtime: a stable toolchain of rustup is needed" >&2; exit 1; }
    flags="-Wl,--whole-archive $runtime -Wl,--no-whole-archive -Wl,--export-dynamic -lm -lrt -ldl -lpthread -lc"
    flags+=" -B$toolchain/bin/gcc-ld -fuse-ld=lld"
    linker=$PWD/target/tsan/linker
    cat >"$linker" <<LINKER
#!/bin/sh
for argument; do
    [ "\$argument" = -shared ] && exec cc "\$@"
done
exec cc "\$@" $flags
LINKER
    chmod +x "$linker"
    export RUSTC=/usr/bin/rustc
    export CARGO_TARGET_DIR=target/tsan
    export RUSTFLAGS="-Zsanitizer=thread -Zexternal-clangrt -Clinker=$linker"
    build+=(-Zbuild-std=std,panic_abort,test,proc_macro)
    export TSAN_OPTIONS=halt_on_error=1:exitcode=99
    # C++ that is not compiled for it looks like a race wherever it uses atomics; a shared library cannot hold the runtime.
    skip+=(--skip cplusplus:: --skip dropin::)
    ;;
*)
    echo "usage: scripts/sanitize.sh address|thread" >&2
    exit 2
    ;;
esac

scripts/install-deps.sh
export US_TEST_CFLAGS=$flags USERSTATUS_E2E_PUPPET_CFLAGS=$flags
# The end-to-end tests would build what they test by themselves, but not for another target.
cargo build --locked "${build[@]}" --profile test "${packages[@]}"
export USERSTATUS_E2E_NO_BUILD=1
timeout --kill-after=30 3600 cargo test --locked --no-fail-fast "${build[@]}" --package userstatus "${tests[@]}" -- "${skip[@]}" </dev/null
