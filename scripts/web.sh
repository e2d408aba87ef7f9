#!/usr/bin/env bash
# Builds web/userstatus.wasm, the module of the client for web pages, and holds it to what it promises: it imports nothing, and is small.
#
#   scripts/web.sh
#
# rustup's compiler comes without a standard library for WebAssembly unless one is fetched, and never with one that is built for size. Debian's
# rustc-web has that library's sources; they are built here, with the options of nightly that this takes. wasm-opt is npm's binaryen.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly BINARYEN=132.0.0
# Everybody who opens the page waits for it.
readonly RAW_BYTES_MAX=150000
readonly GZIP_BYTES_MAX=65000

fail() {
    printf 'web: %s\n' "$@" >&2
    exit 1
}

# shellcheck source=scripts/needed.sh
. scripts/needed.sh
needed web /usr/bin/rustc:rustc-web /usr/lib/rustlib/src/rust/library/std/Cargo.toml:rust-web-src node:nodejs npm:npm gzip:gzip

# rustup's toolchain has the linker; Debian's compiler has none for this target.
tools=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
[ -x "$tools/rust-lld" ] || fail "there is no $tools/rust-lld: a toolchain of rustup is needed"
build=$(realpath -m "${CARGO_TARGET_DIR:-target}")/web
mkdir -p "$build/tools"
[ -x "$build/tools/node_modules/.bin/wasm-opt" ] && [ "$(cat "$build/tools/version" 2>/dev/null)" = "$BINARYEN" ] || {
    npm install --prefix "$build/tools" --no-save --no-audit --no-fund --silent "binaryen@$BINARYEN"
    echo "$BINARYEN" >"$build/tools/version"
}
# By this name the compiler looks for what strips; it asks for one of its own, which Debian leaves out.
ln -sf "$tools/rust-objcopy" "$build/tools/rust-objcopy"

# A panic is a trap: its text could not get out of a module without imports, so what would write it stays out, too.
PATH=$build/tools:$PATH RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0 \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$tools/rust-lld \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS='-Zunstable-options -Cpanic=immediate-abort' \
    cargo rustc --locked --profile web --target wasm32-unknown-unknown --target-dir "$build" \
    -Z build-std=std,panic_abort -Z build-std-features=optimize_for_size --package userstatus-web --crate-type cdylib

# What every browser of the last years and node 20 have.
features=(--enable-bulk-memory --enable-sign-ext --enable-nontrapping-float-to-int --enable-mutable-globals
    --enable-reference-types --enable-multivalue)
"$build/tools/node_modules/.bin/wasm-opt" -Oz --converge "${features[@]}" \
    "$build/wasm32-unknown-unknown/web/userstatus_web.wasm" -o "$build/userstatus.wasm"

raw=$(stat -c %s "$build/userstatus.wasm")
gzipped=$(gzip -9 -c "$build/userstatus.wasm" | wc -c)
imports=$(node -p 'WebAssembly.Module.imports(new WebAssembly.Module(require("fs").readFileSync(process.argv[1]))).map((each) => each.name).join(" ")' \
    "$build/userstatus.wasm")
[ -z "$imports" ] || fail "the module imports $imports; it has to get by with nothing"
[ "$raw" -le "$RAW_BYTES_MAX" ] || fail "the module has $raw bytes; at most $RAW_BYTES_MAX are allowed"
[ "$gzipped" -le "$GZIP_BYTES_MAX" ] || fail "the module has $gzipped bytes gzipped; at most $GZIP_BYTES_MAX are allowed"
cp "$build/userstatus.wasm" web/userstatus.wasm
echo "web/userstatus.wasm: $raw bytes, $gzipped gzipped, no imports"
