#!/usr/bin/env bash
# Puts a built library where Unity looks for it: into the package's Runtime/Plugins, with the import settings for its platform.
#
#   scripts/unity-plugins.sh FOLDER PACKAGE [TRIPLE]
#   scripts/unity-plugins.sh --all PLATFORMS PACKAGE
#
# FOLDER: where cargo built the library, target/release or target/TRIPLE/release. PACKAGE: the Unity package, unity-bindings.
# PLATFORMS: what `make platforms` made, dist/platforms; all there is goes into the package. What WebGL players load goes to its folder WebGL~,
# which Unity does not look at: a project has to have that in its own StreamingAssets.
# TRIPLE: what it was built for; this machine, if it is not said. `make platforms` needs none of what each wants on a system of its own:
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

# put LIBRARY PLUGIN: with the settings of that plugin beside it. Written aside and renamed: the editor may have the old one open, and a
# program that runs must not see it change.
new=
trap 'rm -f "$new"' EXIT
put() {
    local settings=$package/Plugins~/$2.meta target=$package/Runtime/Plugins/$2
    [ -f "$1" ] || fail "there is no $1: build it first"
    [ -f "$settings" ] || fail "there is no $settings"
    new=$target.new
    cp "$1" "$new"
    if [ -n "${3:-}" ]; then "$3" --strip-debug "$new"; fi
    chmod 644 "$new"
    mv "$new" "$target"
    install -m 644 "$settings" "$target.meta"
    echo "$target"
}

if [ "${1:-}" = --all ]; then
    [ $# -eq 3 ] || { echo "usage: unity-plugins.sh --all PLATFORMS PACKAGE" >&2; exit 2; }
    platforms=$2 package=$3 found=0
    while read -r library plugin; do
        # Built one by one, if need be. What is missing shows in what is printed.
        [ -f "$platforms/$library" ] || continue
        put "$platforms/$library" "$plugin"
        found=1
    done <<'TABLE'
linux-x86_64/libuserstatus.so Linux/x86_64/libuserstatus.so
windows-x86_64/userstatus.dll Windows/x86_64/userstatus.dll
macos/libuserstatus.dylib macOS/libuserstatus.dylib
ios/UserStatus.xcframework/ios-arm64/libuserstatus.a iOS/libuserstatus.a
android-arm64-v8a/libuserstatus.so Android/arm64-v8a/libuserstatus.so
android-armeabi-v7a/libuserstatus.so Android/armeabi-v7a/libuserstatus.so
android-x86_64/libuserstatus.so Android/x86_64/libuserstatus.so
TABLE
    if [ -d "$platforms/web" ]; then
        mkdir -p "$package/WebGL~/userstatus"
        for file in index.js unity.js userstatus.wasm; do
            install -m 644 "$platforms/web/$file" "$package/WebGL~/userstatus/$file"
            echo "$package/WebGL~/userstatus/$file"
        done
    fi
    [ "$found" = 1 ] || fail "$platforms has no library for Unity: make platforms"
    exit
fi

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
strip=
if [ "$triple" = "$host" ] && [[ $plugin == Linux/* ]] && command -v strip >/dev/null; then
    # Line tables are for those who debug the library itself. Not on macOS: a library there is signed, and that is over what it was.
    strip='strip'
fi
put "$built/$(basename "$plugin")" "$plugin" "$strip"
