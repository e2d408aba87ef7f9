#!/usr/bin/env bash
# Makes a static library that exports what a shared one does, and nothing else.
#
#   packaging/localise.sh STATIC SHARED OUT
#
# A Rust staticlib holds the standard library and all else it is made of, with global names. A program that links two of them, or one
# and another copy of a C library inside it, would see the linker complain, or worse, pick one for both.
set -euo pipefail

[ $# -eq 3 ] || { echo "usage: localise.sh STATIC SHARED OUT" >&2; exit 2; }
static=$1 shared=$2 out=$3

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
exports=$folder/exports
"${NM:-nm}" -D --defined-only "$shared" | awk '{ print $NF }' >"$exports"
[ -s "$exports" ] || { echo "localise: $shared exports nothing" >&2; exit 1; }

undefined=()
while read -r name; do undefined+=(-u "$name"); done <"$exports"
# The exports are what is kept, and all they lead to. Groups would be told apart by names that are about to become local.
"${LD:-ld}" -r -o "$folder/all.o" --gc-sections --force-group-allocation "${undefined[@]}" --whole-archive "$static" --no-whole-archive
# Of what was left out ld keeps the names it wanted from elsewhere. As wanted without fail, which weak ones are not where others have them.
LC_ALL=C readelf -sW "$folder/all.o" | awk '$7 == "UND" && $5 == "LOCAL" && NF >= 8 { print $8 }' >"$folder/unwanted"
# Bitcode of the compiler's is of no use here, and tools of another LLVM choke on it.
"${OBJCOPY:-objcopy}" --keep-global-symbols="$exports" --strip-unneeded-symbols="$folder/unwanted" \
    --strip-debug --remove-section=.llvmbc --remove-section=.llvmcmd "$folder/all.o" "$folder/userstatus.o"
rm -f "$out"
"${AR:-ar}" rcsD "$out" "$folder/userstatus.o"
