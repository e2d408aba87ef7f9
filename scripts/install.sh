#!/usr/bin/env bash
# Installs the library, its headers, what pkg-config and CMake want to know of it, and the server.
#
#   scripts/install.sh FOLDER PREFIX         FOLDER: where cargo built them, target/release
#   scripts/install.sh --uninstall PREFIX
#
# LIBDIR: the folder of libraries below PREFIX, "lib" by default ("lib64", "lib/x86_64-linux-gnu"). DESTDIR: put before PREFIX, for who
# makes packages. What is installed may be moved: no file in it says where it lies.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

fail() {
    echo "install: $*" >&2
    exit 1
}

[ $# -eq 2 ] || { echo "usage: install.sh FOLDER PREFIX | install.sh --uninstall PREFIX" >&2; exit 2; }
prefix=${DESTDIR:-}$2
libdir=${LIBDIR:-lib}
case "$libdir" in
/* | *..* | '') fail "LIBDIR is a folder below PREFIX, as in lib64: $libdir" ;;
esac
libdir=${libdir%/}
lib=$prefix/$libdir
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
[ -n "$version" ] || fail "Cargo.toml has no version"

if [ "$1" = --uninstall ]; then
    rm -f "$prefix"/include/userstatus.{h,hpp} "$lib"/libuserstatus.{a,so} "$lib"/libuserstatus.so.* "$lib/pkgconfig/userstatus.pc" \
        "$lib"/cmake/userstatus/userstatus{Config,ConfigVersion,Targets}.cmake "$prefix/bin/userstatusd"
    # Only ours: others may have put something there.
    [ ! -d "$lib/cmake/userstatus" ] || rmdir --ignore-fail-on-non-empty "$lib/cmake/userstatus"
    exit 0
fi

built=$1
for name in libuserstatus.so libuserstatus.a userstatusd; do
    [ -f "$built/$name" ] || fail "there is no $built/$name: make release"
done
soname=$(readelf -d "$built/libuserstatus.so" | sed -n 's/.*(SONAME).*\[\(.*\)\].*/\1/p')
[ -n "$soname" ] || fail "$built/libuserstatus.so has no soname"
shared=libuserstatus.so.$version
case "$(LC_ALL=C readelf -h "$built/libuserstatus.so")" in
*ELF64*) pointer_bytes=8 ;;
*) pointer_bytes=4 ;;
esac
# From the folder of libraries back to PREFIX: "lib/x86_64-linux-gnu" is two up.
up=$(sed -E 's#[^/]+#..#g' <<<"$libdir")

configured() { # TEMPLATE FILE
    sed -e "s#@VERSION@#$version#g" -e "s#@SERIES@#${version%.*}#g" -e "s#@LIBDIR@#$libdir#g" -e "s#@SHARED@#$shared#g" \
        -e "s#@SONAME@#$soname#g" -e "s#@POINTER_BYTES@#$pointer_bytes#g" \
        -e "s#@UP_FROM_PKGCONFIG@#../$up#g" -e "s#@UP_FROM_CMAKE@#../../$up#g" "$root/packaging/$1" >"$2"
    chmod 644 "$2"
}

install -d "$prefix/include" "$prefix/bin" "$lib/pkgconfig" "$lib/cmake/userstatus"
install -m 644 "$root/include/userstatus.h" "$root/include/userstatus.hpp" "$prefix/include"
install -m 755 "$built/userstatusd" "$prefix/bin"
install -m 755 "$built/libuserstatus.so" "$lib/$shared"
ln -sfn "$shared" "$lib/$soname"
ln -sfn "$soname" "$lib/libuserstatus.so"
"$root/packaging/localise.sh" "$built/libuserstatus.a" "$built/libuserstatus.so" "$lib/libuserstatus.a"
chmod 644 "$lib/libuserstatus.a"
configured userstatus.pc.in "$lib/pkgconfig/userstatus.pc"
for file in Config ConfigVersion Targets; do
    configured "userstatus$file.cmake.in" "$lib/cmake/userstatus/userstatus$file.cmake"
done
