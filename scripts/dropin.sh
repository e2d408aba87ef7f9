#!/usr/bin/env bash
# Makes the library under the name that programs of the IM SDK link and load: the same code, the same names.
#
#   scripts/dropin.sh FOLDER FILE    FOLDER: where the library was built, under its own name. FILE: what to make, whose name says for what:
#
#   libImSDK.so               Linux and Android: linked anew from libuserstatus.a, since a program records the name that is inside. For another
#                             processor than this one's CC is its compiler (Android: the NDK's clang), NM a nm that reads it
#   ImSDK.dll                 Windows: userstatus.dll, whose name only its file has, and an import library for linkers, ImSDK.lib; needs
#                             objdump, and a dlltool of LLVM or mingw
#   libImSDKForMac_C.dylib    macOS, and on a Mac: the name inside is changed, and the signature, which that breaks, made anew
#   libImSDK.a                iOS: a copy; it is linked into the app
set -euo pipefail

fail() {
    echo "dropin: $*" >&2
    exit 1
}

[ $# -eq 2 ] || { echo "usage: dropin.sh FOLDER FILE" >&2; exit 2; }
built=$1 file=$2
name=$(basename "$file")

need() { # FILE...
    for library in "$@"; do
        [ -f "$built/$library" ] || fail "there is no $built/$library: build it first, as with make release"
    done
}

# A tool by the name it has here; what the environment says goes first.
tool() { # GIVEN NAME...
    for candidate in "$@"; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "none of these is installed: ${*:2}"
}

link_elf() {
    need libuserstatus.so libuserstatus.a
    map=$(mktemp)
    trap 'rm -f "$map"' EXIT
    {
        echo '{ global:'
        "${NM:-nm}" -D --defined-only "$built/libuserstatus.so" | awk '{ print "    " $3 ";" }'
        echo '  local: *; };'
    } >"$map"
    # Android's C library has threads and time in it.
    libraries='-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc'
    case "$("${CC:-cc}" -dumpmachine)" in
    *android*) libraries='-lm -ldl -lc' ;;
    esac
    # The loader looks for the name the program was linked with; unloading would pull the code from under the callback thread.
    # shellcheck disable=SC2086 # flags of a sanitizer are several words, and so are libraries
    "${CC:-cc}" ${CFLAGS:-} -shared -o "$file" -Wl,--whole-archive "$built/libuserstatus.a" -Wl,--no-whole-archive \
        -Wl,-soname,"$name" -Wl,-z,nodelete -Wl,-z,defs -Wl,--gc-sections -Wl,--version-script="$map" $libraries
}

rename_dll() {
    need userstatus.dll
    dlltool=$(tool "${DLLTOOL:-}" llvm-dlltool x86_64-w64-mingw32-dlltool)
    definitions=$(mktemp)
    trap 'rm -f "$definitions"' EXIT
    {
        echo "LIBRARY $name"
        echo EXPORTS
        "${OBJDUMP:-objdump}" -p "$built/userstatus.dll" |
            awk '/\[Ordinal\/Name Pointer\] Table/ { found = 1; next } found && NF == 0 { exit } found { print "    " $NF }'
    } >"$definitions"
    cp "$built/userstatus.dll" "$file"
    "$dlltool" -m i386:x86-64 -d "$definitions" -D "$name" -l "${file%.dll}.lib"
}

rename_dylib() {
    need libuserstatus.dylib
    # Before the copy: one with the old signature would not be loaded.
    install_name_tool=$(tool "${INSTALL_NAME_TOOL:-}" install_name_tool)
    codesign=$(tool "${CODESIGN:-}" codesign)
    cp "$built/libuserstatus.dylib" "$file"
    "$install_name_tool" -id "@rpath/$name" "$file"
    "$codesign" --force --sign - "$file"
}

copy_archive() {
    need libuserstatus.a
    cp "$built/libuserstatus.a" "$file"
}

case "$name" in
libImSDK.so) link_elf ;;
ImSDK.dll) rename_dll ;;
libImSDKForMac_C.dylib) rename_dylib ;;
libImSDK.a) copy_archive ;;
*) fail "programs of the IM SDK load nothing of the name $name" ;;
esac
echo "$file"
