#!/usr/bin/env bash
# Builds the library, or the server, as it is shipped for one platform, and checks what came out. Needs scripts/install-platform-deps.sh
# to have been run once.
#
#   scripts/platform.sh NAME      into dist/platforms/NAME
#   scripts/platform.sh --list
#
# DIST: the folder instead of dist. CARGO_TARGET_DIR: cargo's. ANDROID_NDK_HOME: link Android's with that NDK.
#
# One compiler makes them all: Debian's, which has the sources of the standard library, so that this is compiled for the platform along
# with the rest. docs/platforms.md says what each platform needs beside it, and why.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

readonly names=(
    linux-x86_64 linux-arm64 windows-x86_64 macos ios
    android-arm64-v8a android-armeabi-v7a android-x86_64 web
    server-linux-x86_64-musl server-linux-arm64 server-windows-x86_64
)
# The oldest systems each is for.
readonly glibc=2.17 macos_arm64=11.0 macos_x86_64=10.13 ios=12.0 ios_simulator=14.0 android_api=21

fail() {
    echo "platform: $*" >&2
    exit 1
}

# The tools

find_tools() {
    local sources host
    sources=/usr/lib/rustlib/src/rust
    [ -x /usr/bin/rustc ] && [ -d "$sources/library" ] || fail "Debian's Rust with its sources is missing: scripts/install-platform-deps.sh"
    target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/platforms
    dist=$(realpath -m "${DIST:-dist}")/platforms
    mkdir -p "$target"
    zig=$(compgen -G "${CARGO_TARGET_DIR:-target}/platform-tools/lib/python3*/site-packages/ziglang/zig") ||
        fail "zig is missing: scripts/install-platform-deps.sh"
    zig=$(realpath "$zig")
    host=$(env -u RUSTC rustc -vV | sed -n 's/^host: //p')
    # Debian's compiler comes without the linker and objcopy that rustup's has.
    llvm=$(env -u RUSTC rustc --print sysroot)/lib/rustlib/$host/bin
    [ -x "$llvm/rust-lld" ] && [ -x "$llvm/rust-objcopy" ] || fail "no rust-lld in $llvm: a toolchain of rustup is needed"

    env -u RUSTC cargo build --locked --quiet --profile test --target-dir "$target/checker" --package userstatus-shipping
    checker=$target/checker/debug/userstatus-shipping

    export RUSTC=$root/packaging/platforms/rustc-remapped RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0
    export US_ZIG=$zig US_LLVM=$llvm ZIG_GLOBAL_CACHE_DIR=$target/zig
    # By their names alone: a path among the flags would make each folder's build another.
    PATH=$root/packaging/platforms:$PATH
    # Nobody's folders go into what is shipped: they are nobody's business, and would make each machine's build another.
    local registry=${CARGO_HOME:-$HOME/.cargo}/registry/src
    # Of several that fit the last counts: the folders of the target and of zig may lie in the checkout, or elsewhere.
    remap=("$registry=/cargo" "$(realpath "$sources")=/rust" "$sources=/rust" "$root=/userstatus" "$target=/target" "${zig%/*}=/zig")
    US_REMAP=$(printf '%s\n' "${remap[@]}")
    # Nobody's own flags either.
    export US_REMAP RUSTFLAGS='' US_CFLAGS=''
    local pair
    for pair in "${remap[@]}"; do US_CFLAGS+=" -ffile-prefix-map=$pair"; done
}

# build_library TRIPLE CRATE-TYPE [FLAGS OF RUSTC]: one type, for then cargo lets the compiler look at all of the program at once.
build_library() {
    local triple=$1 type=$2
    shift 2
    cargo rustc --locked --profile ship "${std[@]}" --target "$triple" --target-dir "$target" --package userstatus --lib --crate-type "$type" -- "$@"
    built=$target/$triple/ship
}

# build_server TRIPLE FILE [FLAGS OF RUSTC]: for speed, not for size. Without symbols: what zig links in has the paths of its sources.
build_server() {
    local triple=$1 file=$2
    shift 2
    CARGO_PROFILE_SHIP_OPT_LEVEL=3 CARGO_PROFILE_SHIP_DEBUG=false cargo rustc --locked --profile ship "${std[@]}" --target "$triple" \
        --target-dir "$target" --package userstatusd --bin userstatusd -- -Clink-arg=-s "$@"
    objcopy --strip-all "$target/$triple/ship/$file" "$out/$file"
    install -m 644 userstatusd.example.toml docs/operations.md "$out"
}

# Not the part of the standard library that names the functions of a backtrace: what is shipped has no names.
std=("-Zbuild-std=std,panic_unwind" -Zbuild-std-features=panic-unwind)

with_zig() { # TRIPLE ZIG-TARGET
    export US_ZIG_TARGET="-target $2"
    local under=${1//-/_}
    export "CC_$under=$root/packaging/platforms/zig-cc" "AR_$under=$root/packaging/platforms/zig-ar"
}

# When it was linked is nobody's business, and would make each build another.
mingw=("-Clink-arg=-Wl,--no-insert-timestamp")

with_mingw() {
    command -v x86_64-w64-mingw32-gcc >/dev/null || fail "MinGW is missing: scripts/install-platform-deps.sh"
    export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc CFLAGS_x86_64_pc_windows_gnu=$US_CFLAGS
}

# LLVM's, which knows the files of every platform. It wants the library that lies with the toolchain.
objcopy() { LD_LIBRARY_PATH=${llvm%%/lib/rustlib/*}/lib "$llvm/rust-objcopy" "$@"; }

# split FILE NAME: FILE to the folder as NAME, stripped, with what debuggers want beside it.
split() {
    objcopy --only-keep-debug "$1" "$out/$2.debug"
    objcopy --strip-all "$1" "$out/$2"
    (cd "$out" && objcopy --add-gnu-debuglink="$2.debug" "$2")
    chmod 644 "$out/$2.debug"
}

# The platforms

linux() { # ARCHITECTURE
    local version=''
    [ "$1" = x86_64 ] || version=GLIBC_$glibc
    with_zig "$1-unknown-linux-gnu" "$1-linux-gnu.$glibc"
    runtime packaging/platforms/linux/glibc.symbols packaging/platforms/linux/start.c "$version"
    build_library "$1-unknown-linux-gnu" cdylib -Clinker=ld-elf
    split "$built/libuserstatus.so" libuserstatus.so
}

windows() {
    with_mingw
    build_library x86_64-pc-windows-gnu cdylib "${mingw[@]}"
    split "$built/userstatus.dll" userstatus.dll
    # One list, and from it what each linker wants: MinGW's, and Visual Studio's.
    {
        echo 'LIBRARY userstatus.dll'
        echo 'EXPORTS'
        "$checker" exports | sed 's/^/    /'
    } >"$out/userstatus.def"
    (cd "$out" && x86_64-w64-mingw32-dlltool --deterministic-libraries -d userstatus.def -D userstatus.dll -l libuserstatus.dll.a)
    (cd "$out" && "$zig" dlltool -m i386:x86-64 -d userstatus.def -D userstatus.dll -l userstatus.lib)
}

android() { # TRIPLE ZIG-TARGET NDK-PREFIX
    local linker=ld-elf
    if [ -n "${ANDROID_NDK_HOME:-}" ]; then
        local tools=$ANDROID_NDK_HOME/toolchains/llvm/prebuilt/linux-x86_64/bin under=${1//-/_}
        [ -x "$tools/$3$android_api-clang" ] || fail "ANDROID_NDK_HOME has no $tools/$3$android_api-clang"
        export "CC_$under=$tools/$3$android_api-clang" "AR_$under=$tools/llvm-ar" "CFLAGS_$under=$US_CFLAGS"
        linker=$tools/$3$android_api-clang
    else
        with_zig "$1" "$2"
        runtime packaging/platforms/android/bionic.symbols packaging/platforms/android/start.c LIBC
    fi
    build_library "$1" cdylib "-Clinker=$linker"
    split "$built/libuserstatus.so" libuserstatus.so
}

# runtime SYMBOLS START [VERSION]: what links a library where there is no NDK, and no old glibc: the unwinder, the start of a shared library,
# and something that stands for the system's libraries. This is made of a list of the names the library wants, with the library that has
# each and the version it has there (VERSION, if that is the same for all); a name that is not listed is an error.
runtime() {
    local symbols=$1 start=$2 version=${3:-} source flags library
    export US_RUNTIME=$target/runtime/$name
    rm -rf "$US_RUNTIME"
    mkdir -p "$US_RUNTIME"
    local unwind=${zig%/*}/lib/libunwind
    local compile=("$root/packaging/platforms/zig-cc" -O2 -fPIC -DNDEBUG -ffile-prefix-map="${zig%/*}=/zig")
    for source in libunwind.cpp Unwind-EHABI.cpp UnwindLevel1.c UnwindLevel1-gcc-ext.c UnwindRegistersRestore.S UnwindRegistersSave.S; do
        case "$source" in
        *.cpp) flags=(-nostdinc++ -fno-exceptions -fno-rtti -include packaging/platforms/unwind-quietly.h) ;;
        *.c) flags=(-std=c11 -funwind-tables -include packaging/platforms/unwind-quietly.h) ;;
        *) flags=() ;;
        esac
        "${compile[@]}" ${flags[@]+"${flags[@]}"} -D_LIBUNWIND_IS_NATIVE_ONLY -D_LIBUNWIND_HIDE_SYMBOLS -fvisibility=hidden \
            -I"$unwind/include" -c "$unwind/src/$source" -o "$US_RUNTIME/${source%.*}.o"
    done
    "$zig" ar rcsD "$US_RUNTIME/libunwind.a" "$US_RUNTIME"/{libunwind,Unwind*}.o
    "${compile[@]}" -c "$start" -o "$US_RUNTIME/start.o"

    mkdir "$US_RUNTIME/system"
    while read -r library; do
        awk -v library="$library" '$1 == library { printf ".globl %s\n.type %s,%%function\n%s:\n", $2, $2, $2 }' "$symbols" >"$US_RUNTIME/system/names.s"
        awk -v library="$library" -v version="$version" '$1 == library { names[version ? version : $3] = names[version ? version : $3] $2 "; " }
            END { for (one in names) print one " { global: " names[one] "};" }' "$symbols" | LC_ALL=C sort >"$US_RUNTIME/system/versions"
        "${compile[@]}" -c "$US_RUNTIME/system/names.s" -o "$US_RUNTIME/system/names.o"
        "$llvm/gcc-ld/ld.lld" -shared -soname "$library" --version-script "$US_RUNTIME/system/versions" \
            -o "$US_RUNTIME/system/${library%%.so*}.so" "$US_RUNTIME/system/names.o"
    done < <(awk '!/^#/ { print $1 }' "$symbols" | LC_ALL=C sort -u)
    # Rust names these as well; nothing is wanted of them.
    for library in c dl gcc log m pthread rt util; do
        [ -f "$US_RUNTIME/system/lib$library.so" ] || "$zig" ar rcsD "$US_RUNTIME/lib$library.a"
    done
}

# Interfaces of the system's libraries, by which LLD links: no SDK of Apple's is needed. zig ships that of libSystem; of the others the
# names the library wants are listed, and one more is an error.
apple_sdk() {
    local sdk=$target/apple-sdk library install_name
    export US_APPLE_SDK=$sdk SDKROOT=$sdk
    rm -rf "$sdk"
    mkdir -p "$sdk/usr/lib"
    # LLD looks for arm64, which runs what is said of arm64e here.
    sed -e 's/arm64e\.x1-[a-z]*,\{0,1\}//g' -e 's/arm64e-/arm64-/g' "${zig%/*}/lib/libc/darwin/libSystem.tbd" >"$sdk/usr/lib/libSystem.tbd"
    for library in c m dl pthread; do ln -s libSystem.tbd "$sdk/usr/lib/lib$library.tbd"; done
    for library in Security CoreFoundation libiconv; do
        case "$library" in
        lib*) install_name=/usr/lib/$library.2.dylib ;;
        *)
            install_name=/System/Library/Frameworks/$library.framework/Versions/A/$library
            mkdir -p "$sdk/System/Library/Frameworks/$library.framework"
            ;;
        esac
        {
            printf -- "--- !tapi-tbd\ntbd-version: 4\ntargets: [ x86_64-macos, arm64-macos ]\ninstall-name: '%s'\n" "$install_name"
            printf 'current-version: 1\ncompatibility-version: 1\nexports:\n  - targets: [ x86_64-macos, arm64-macos ]\n    symbols: [ '
            awk '!/^#/' "packaging/platforms/macos/$library.symbols" | paste -sd , | sed 's/,/, /g'
            printf ']\n...\n'
        } >"$sdk/$( [[ $library = lib* ]] && echo "usr/lib/$library" || echo "System/Library/Frameworks/$library.framework/$library").tbd"
    done
}

macos() {
    apple_sdk
    local slices=()
    macos_slice aarch64 "$macos_arm64"
    slices+=("$built/libuserstatus.stripped.dylib")
    macos_slice x86_64 "$macos_x86_64"
    slices+=("$built/libuserstatus.stripped.dylib")
    "$checker" join "$out/libuserstatus.dylib" "${slices[@]}"
}

macos_slice() { # ARCHITECTURE MINIMUM
    export MACOSX_DEPLOYMENT_TARGET=$2
    with_zig "$1-apple-darwin" "$1-macos.$2"
    build_library "$1-apple-darwin" cdylib -Clinker=ld-macos -Clinker-flavor=ld64.lld -Csplit-debuginfo=off
    # A signature covers what is stripped; objcopy makes it anew.
    objcopy --strip-debug --discard-all "$built/libuserstatus.dylib" "$built/libuserstatus.stripped.dylib"
    install -m 644 "$built/libuserstatus.dylib" "$out/libuserstatus.$1.unstripped.dylib"
}

ios() {
    ios_slice aarch64-apple-ios aarch64-ios.$ios "$ios" iPhoneOS ios-arm64
    ios_slice aarch64-apple-ios-sim aarch64-ios.$ios_simulator-simulator "$ios_simulator" iPhoneSimulator ios-arm64-simulator
    cp packaging/platforms/ios/Info.plist "$out/UserStatus.xcframework/Info.plist"
}

ios_slice() { # TRIPLE ZIG-TARGET MINIMUM SDK FOLDER
    local sdk=$target/$4.sdk folder=$out/UserStatus.xcframework/$5
    # There is nothing in it, but without one cc asks Xcode where it is.
    mkdir -p "$sdk" "$folder/Headers"
    export SDKROOT=$sdk IPHONEOS_DEPLOYMENT_TARGET=$3
    with_zig "$1" "$2"
    US_ZIG_TARGET+=" -isystem ${zig%/*}/lib/libc/include/any-darwin-any"
    build_library "$1" staticlib
    objcopy --strip-debug "$built/libuserstatus.a" "$folder/libuserstatus.a"
    cp include/userstatus.h include/userstatus.hpp "$folder/Headers"
}

# What page and Unity's WebGL players load; none of it needs a build but the module. The script sees to its compiler itself.
web() {
    env -u RUSTC -u RUSTFLAGS scripts/web.sh
    install -m 644 web/userstatus.wasm web/index.js web/index.d.ts web/unity.js web/package.json "$out"
}

server_musl() {
    with_zig x86_64-unknown-linux-musl x86_64-linux-musl
    # Debian's Rust has no start files for musl; zig has.
    build_server x86_64-unknown-linux-musl userstatusd -Clinker=zig-cc -Clink-self-contained=no -Crelocation-model=static
}

server_linux_arm64() {
    with_zig aarch64-unknown-linux-gnu "aarch64-linux-gnu.$glibc"
    build_server aarch64-unknown-linux-gnu userstatusd -Clinker=zig-cc
}

server_windows() {
    with_mingw
    build_server x86_64-pc-windows-gnu userstatusd.exe "${mingw[@]}"
}

# All of the script is read before anything runs: a build takes minutes, and somebody may edit this meanwhile.
main() {
    if [ "${1:-}" = --list ]; then
        printf '%s\n' "${names[@]}"
        return
    fi
    [ $# -eq 1 ] && [[ " ${names[*]} " = *" $1 "* ]] || { echo "usage: platform.sh NAME, one of: ${names[*]}" >&2; exit 2; }
    name=$1
    find_tools
    out=$dist/$name
    rm -rf "$out"
    mkdir -p "$out"
    case "$name" in
    linux-x86_64) linux x86_64 ;;
    linux-arm64) linux aarch64 ;;
    windows-x86_64) windows ;;
    macos) macos ;;
    ios) ios ;;
    android-arm64-v8a) android aarch64-linux-android aarch64-linux-musl aarch64-linux-android ;;
    android-armeabi-v7a) android armv7-linux-androideabi 'arm-linux-musleabi -mcpu=generic+v7a+neon' armv7a-linux-androideabi ;;
    android-x86_64) android x86_64-linux-android x86_64-linux-musl x86_64-linux-android ;;
    web) web ;;
    server-linux-x86_64-musl) server_musl ;;
    server-linux-arm64) server_linux_arm64 ;;
    server-windows-x86_64) server_windows ;;
    esac
    "$checker" check "$dist" "$name" "$root" "${target%/platforms}" "${CARGO_HOME:-$HOME/.cargo}" "$HOME/"
}

main "$@"; exit
