#!/usr/bin/env bash
# What goes beside the files of the platforms: headers, licences, a bill of materials, and, last, a sum of everything there is.
#
#   scripts/dist-extras.sh    into dist, or the folder DIST
set -euo pipefail
cd "$(dirname "$0")/.."

export DIST=${DIST:-dist}
mkdir -p "$DIST/include"
install -m 644 include/userstatus.h include/userstatus.hpp "$DIST/include"
install -m 644 LICENSE "$DIST/LICENSE"
scripts/dist-notices.py
cd "$DIST"
sums=$(find . -type f ! -name 'SHA256SUMS*' -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum)
printf '%s\n' "$sums" >SHA256SUMS
echo "$DIST/SHA256SUMS: $(wc -l <SHA256SUMS) files"
