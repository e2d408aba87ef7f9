#!/usr/bin/env bash
# Builds platforms once more, in another folder with another target folder, and compares every file with what dist/platforms has.
#
#   scripts/check-reproducible.sh NAME...    of scripts/platform.sh --list; build them first
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || { echo "usage: check-reproducible.sh NAME..." >&2; exit 2; }
dist=${DIST:-dist}/platforms
for name; do
    [ -d "$dist/$name" ] || { echo "check-reproducible: there is no $dist/$name: scripts/platform.sh $name" >&2; exit 1; }
done
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
# Names of other lengths: what depends on those shows, too.
copy=$elsewhere/a/checkout/somewhere/else
mkdir -p "$copy" "$elsewhere/target"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --no-dereference --parents -t "$copy"
cp -r "${CARGO_TARGET_DIR:-target}/platform-tools" "$elsewhere/target/platform-tools"
different=()
for name; do
    DIST=$elsewhere/dist CARGO_TARGET_DIR=$elsewhere/target "$copy/scripts/platform.sh" "$name"
    # What make dropin put beside them is none of the build's.
    if diff -r --exclude='*ImSDK*' "$dist/$name" "$elsewhere/dist/platforms/$name"; then
        echo "$name: the same bytes"
    else
        different+=("$name")
    fi
done
[ ${#different[@]} -eq 0 ] || { echo "check-reproducible: other bytes: ${different[*]}" >&2; exit 1; }
