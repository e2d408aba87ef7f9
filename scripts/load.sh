#!/usr/bin/env bash
# Measures what docs/performance.md reports, one scenario after the other, and prints one JSON object for each.
#
#   scripts/load.sh FOLDER     the folder of userstatusd and userstatus-load: target/release
#
# Takes about three minutes. Nothing else should be busy on the machine meanwhile.
set -euo pipefail

folder=${1:?usage: scripts/load.sh FOLDER}
load=$folder/userstatus-load
[ -x "$load" ] || { echo "load.sh: no $load; \`make release\` builds it" >&2; exit 1; }
# Ten thousand connections; the tool says so itself where the hard limit is lower than it needs.
ulimit -n "$(ulimit -Hn)"

failed=0
measure() {
    printf '\n== %s\n' "$*" >&2
    "$load" "$@" || failed=1
}

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

measure fanout --rate 20000
measure fanout --rate 150000
measure fanout --rate 500000
measure fanout --rate 1000000 --overload
measure graph --rate 100000
measure idle --connections 10000
measure logins --connections 10000
measure logins --connections 10000 --data-dir "$data"
measure query --users 100
exit "$failed"
