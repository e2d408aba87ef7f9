#!/usr/bin/env bash
# Makes the library under the name that programs of the IM SDK link: the same code, the same names.
#
#   scripts/dropin.sh FOLDER FILE    FOLDER: where cargo built libuserstatus; FILE: as in target/release/libImSDK.so
set -euo pipefail

[ $# -eq 2 ] || { echo "usage: dropin.sh FOLDER FILE" >&2; exit 2; }
built=$1 file=$2
for name in libuserstatus.so libuserstatus.a; do
    [ -f "$built/$name" ] || { echo "dropin: there is no $built/$name: make release" >&2; exit 1; }
done
map=$(mktemp)
trap 'rm -f "$map"' EXIT
{
    echo '{ global:'
    nm -D --defined-only "$built/libuserstatus.so" | awk '{ print "    " $3 ";" }'
    echo '  local: *; };'
} >"$map"
# The loader looks for the name the program was linked with; unloading would pull the code from under the callback thread.
# shellcheck disable=SC2086 # flags of a sanitizer are several words
"${CC:-cc}" ${CFLAGS:-} -shared -o "$file" -Wl,--whole-archive "$built/libuserstatus.a" -Wl,--no-whole-archive \
    -Wl,-soname,"$(basename "$file")" -Wl,-z,nodelete -Wl,-z,defs -Wl,--gc-sections -Wl,--version-script="$map" \
    -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc
echo "$file"
