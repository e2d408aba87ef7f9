#!/usr/bin/env bash
# Puts a built library where Unity looks for it: into the package's Runtime/Plugins, with the import settings for its platform.
#
#   scripts/unity-plugins.sh FOLDER PACKAGE [TRIPLE]
#
# FOLDER: where cargo built the library, target/release or target/TRIPLE/release. PACKAGE: the Unity package, unity-bindings.
# TRIPLE: what it was built for; this machine, if it is not said. What is needed to build for another one than this machine:
#
#   x86_64-pc-windows-msvc     on Windows with Visual Studio's build tools; elsewhere with cargo-xwin
#   universal-apple-darwin     on macOS: build aarch64-apple-darwin and x86_64-apple-darwin, and join them:
#                              lipo -create -output FOLDER/libuserstatus.dylib target/{aarch64,x86_64}-apple-darwin/release/libuserstatus.dylib
#   aarch64-apple-ios          on macOS with Xcode
#   *-linux-android*           with the NDK: cargo-ndk, or its clang as CARGO_TARGET_<TRIPLE>_LINKER
#
# and for each of them `rustup target add TRIPLE`, then `make unity-plugins TRIPLE=TRIPLE`.
set -euo pipefail

fail() {
    echo "unity-plugins: $*" >&2
    exit 1
}

[ $# -eq 2 ] || [ $# -eq 3 ] || { echo "usage: unity-plugins.sh FOLDER PACKAGE [TRIPLE]" >&2; exit 2; }
built=$1 package=$2
host=$(rustc -vV | sed -n 's/^host: //p')
triple=${3:-$host}

case "$triple" in
x86_64-*-linux-gnu) plugin=Linux/x86_64/libuserstatus.so ;;
x86_64-*-windows-*) plugin=Windows/x86_64/userstatus.dll ;;
*-apple-darwin) plugin=macOS/libuserstatus.dylib ;;
aarch64-apple-ios) plugin=iOS/libuserstatus.a ;;
aarch64-linux-android) plugin=Android/arm64-v8a/libuserstatus.so ;;
armv7-linux-androideabi) plugin=Android/armeabi-v7a/libuserstatus.so ;;
x86_64-linux-android) plugin=Android/x86_64/libuserstatus.so ;;
*) fail "Unity has no players for $triple, or the package has no import settings for them: $package/Plugins~" ;;
esac
library=$built/$(basename "$plugin")
settings=$package/Plugins~/$plugin.meta
target=$package/Runtime/Plugins/$plugin
[ -f "$library" ] || fail "there is no $library: build it for $triple first"
[ -f "$settings" ] || fail "there is no $settings"

# Written aside and renamed: the editor may have the old one open, and a program that runs must not see it change.
new=$target.new
trap 'rm -f "$new"' EXIT
cp "$library" "$new"
if [ "$triple" = "$host" ] && [[ $plugin == Linux/* ]] && command -v strip >/dev/null; then
    # Line tables are for those who debug the library itself. Not on macOS: a library there is signed, and that is over what it was.
    strip --strip-debug "$new"
fi
chmod 644 "$new"
mv "$new" "$target"
install -m 644 "$settings" "$target.meta"
echo "$target"
