#!/usr/bin/env bash
# What goes beside the files of the platforms: notices of others' parts, a bill of materials, and, last, a sum of everything there is.
#
#   scripts/dist-extras.sh    into dist, or the folder DIST
set -euo pipefail
cd "$(dirname "$0")/.."

export DIST=${DIST:-dist}
scripts/dist-notices.py
cd "$DIST"
sums=$(find . -type f ! -name 'SHA256SUMS*' -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum)
printf '%s\n' "$sums" >SHA256SUMS
echo "$DIST/SHA256SUMS: $(wc -l <SHA256SUMS) files"
