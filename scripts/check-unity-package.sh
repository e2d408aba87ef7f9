#!/usr/bin/env bash
# Unpacks the Unity package and holds it to what Unity wants of one (crates/shipping): every file with a .meta of its own, none too many, and each
# library of dist/platforms in it, for the players it was built for.
#
#   scripts/check-unity-package.sh TARBALL PLATFORMS
set -euo pipefail

fail() {
    echo "check-unity-package: $*" >&2
    exit 1
}

[ $# -eq 2 ] || { echo "usage: check-unity-package.sh TARBALL PLATFORMS" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
tar -xzf "$1" -C "$unpacked"
[ "$(ls -A "$unpacked")" = package ] || fail "all of $1 must lie in its folder package"
odd=$(find "$unpacked" ! -type f ! -type d)
[ -z "$odd" ] || fail "neither a file nor a folder: $odd"
cargo run --locked --quiet --profile test --manifest-path "$root/Cargo.toml" --package userstatus-shipping -- unity "$unpacked/package" "$2"
