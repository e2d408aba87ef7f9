#!/usr/bin/env bash
# Builds and checks every platform, and what belongs beside them in dist: sums, notices, and a list of what is inside.
#
#   scripts/platforms.sh [NAME...]    all, if none is named
#
# Goes on after a failure, so that one run shows all of them; fails at the end if anything did.
set -euo pipefail
cd "$(dirname "$0")/.."

names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(scripts/platform.sh --list)
failed=()
for name in "${names[@]}"; do
    printf '\n== %s\n' "$name"
    begin=$SECONDS
    if scripts/platform.sh "$name"; then
        printf -- '-- %s: ok, %s s\n' "$name" $((SECONDS - begin))
    else
        printf -- '-- %s: FAILED, %s s\n' "$name" $((SECONDS - begin))
        failed+=("$name")
    fi
done
printf '\n'
scripts/dist-extras.sh
[ ${#failed[@]} -eq 0 ] || { echo "platforms: FAILED: ${failed[*]}" >&2; exit 1; }
echo "platforms: ok: ${names[*]}"
