#!/usr/bin/env bash
# Makes the library under the name that programs of the IM SDK link and load: the same code, the same names.
#
#   scripts/dropin.sh FOLDER FILE    FOLDER: where the library was built, under its own name. FILE: what to make, whose name says for what:
#
#   libImSDK.so               Linux and Android
#   ImSDK.dll                 Windows; and an import library for linkers, ImSDK.lib, which needs a dlltool of zig, LLVM or MinGW
#   libImSDKForMac_C.dylib    macOS
#   libImSDK.a                iOS: a copy; it is linked into the app
#
# A program records the name that is inside a library, so this is changed too, in the file (crates/shipping): any machine makes those of all
# platforms. FOLDER may be one of dist/platforms; then what was made is checked as what lies there was.
set -euo pipefail

fail() {
    echo "dropin: $*" >&2
    exit 1
}

[ $# -eq 2 ] || { echo "usage: dropin.sh FOLDER FILE" >&2; exit 2; }
built=$1 file=$2
name=$(basename "$file")
root=$(cd "$(dirname "$0")/.." && pwd)

find_library() { # FILE...
    for library; do
        [ ! -f "$built/$library" ] || return 0
    done
    fail "there is no $built/$1: build it first, as with make release"
}

shipping() {
    cargo run --locked --quiet --profile test --manifest-path "$root/Cargo.toml" --package userstatus-shipping -- "$@"
}

# What Visual Studio and MinGW link with: names alone.
definitions=
trap 'rm -f "$definitions"' EXIT
import_library() {
    local dlltool=() candidate
    for candidate in "${DLLTOOL:-}" llvm-dlltool x86_64-w64-mingw32-dlltool; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null; then dlltool=("$candidate"); break; fi
    done
    # What `make install-platform-deps` installs.
    for candidate in "${CARGO_TARGET_DIR:-$root/target}"/platform-tools/lib/python3*/site-packages/ziglang/zig; do
        if [ -z "${DLLTOOL:-}" ] && [ -x "$candidate" ]; then dlltool=("$candidate" dlltool); fi
    done
    [ ${#dlltool[@]} -gt 0 ] || fail "there is no dlltool: make install-platform-deps"
    definitions=$(mktemp)
    {
        echo "LIBRARY $name"
        echo EXPORTS
        shipping exports | sed 's/^/    /'
    } >"$definitions"
    "${dlltool[@]}" -m i386:x86-64 -d "$definitions" -D "$name" -l "${file%.dll}.lib"
}

case "$name" in
libImSDK.so)
    find_library libuserstatus.so
    shipping rename "$built/$library" "$file"
    ;;
ImSDK.dll)
    find_library userstatus.dll
    shipping rename "$built/$library" "$file"
    import_library
    ;;
libImSDKForMac_C.dylib)
    find_library libuserstatus.dylib
    shipping rename "$built/$library" "$file"
    ;;
libImSDK.a)
    find_library libuserstatus.a UserStatus.xcframework/ios-arm64/libuserstatus.a
    cp "$built/$library" "$file"
    ;;
*) fail "programs of the IM SDK load nothing of the name $name" ;;
esac
platform=$(basename "$built")
platforms=$("$root/scripts/platform.sh" --list)
if grep -qxF "$platform" <<<"$platforms"; then
    shipping check-renamed "$platform" "$file"
fi
echo "$file"
