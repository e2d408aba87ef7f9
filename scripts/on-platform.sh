#!/usr/bin/env bash
# Runs programs for other platforms on this machine: those of Windows under Wine, those of ARM under qemu, those of Android on musl's
# loader, with what Android has otherwise put before it (tests/platforms/bionic.c). The library and the server are those that
# `make platform P=NAME` built. Needs `scripts/install-platform-deps.sh --to-run`.
#
#   scripts/on-platform.sh compile NAME PROGRAM [FLAG|SOURCE]...   a program in C or C++ that uses the library
#   scripts/on-platform.sh server NAME PROGRAM                     userstatusd, of server-NAME
#   scripts/on-platform.sh dotnet NAME PROGRAM                     .NET, which runs assemblies that use the library; Windows only
#   scripts/on-platform.sh run NAME FILE [ARGUMENT]...             FILE is a program of that platform
#
# What `compile`, `server` and `dotnet` make is a script, PROGRAM, that runs the program wherever it is called from, with the arguments it is given, and
# becomes it: signals reach it. The program itself and its library lie in the folder PROGRAM.files.
#
# DIST: where the platforms are, instead of dist. CARGO_TARGET_DIR: cargo's, in which Wine's drive and musl are kept.
set -euo pipefail
this=$(realpath "$0")
root=${this%/scripts/*}
target=$(realpath -m "${CARGO_TARGET_DIR:-$root/target}")
dist=$(realpath -m "${DIST:-$root/dist}")/platforms
# Made here once, and used by every program that runs.
kept=$target/on-platform

# Longer than two programs that follow each other are apart. Then Wine's server ends by itself, and nothing of it is left.
readonly WINE_SERVER_LINGERS_S=60
readonly wine=/usr/lib/wine/wine64 wine_server=/usr/lib/wine/wineserver64

fail() {
    echo "on-platform: $*" >&2
    exit 1
}

# Runs a function that makes FOLDER, unless that was done: a second caller waits for the first.
once() { # FOLDER FUNCTION ARGUMENT...
    local folder=$1
    shift
    [ ! -e "$folder/done" ] || return 0
    mkdir -p "$kept"
    (
        flock 9
        [ ! -e "$folder/done" ] || exit 0
        rm -rf "$folder"
        mkdir -p "$folder"
        "$@" "$folder"
        touch "$folder/done"
    ) 9>"$folder.lock" || fail "$* failed"
}

# Windows

with_wine() {
    export WINEPREFIX=$kept/wine
    # Not its remarks; neither Mono nor a browser, which it would offer to download.
    export WINEDEBUG=${WINEDEBUG:--all} WINEDLLOVERRIDES='mscoree=;mshtml='
    unset DISPLAY
}

wine_drive() { # FOLDER
    "$wine" wineboot --init >"$1/log" 2>&1 || { cat "$1/log" >&2; return 1; }
    # Wine 8 lacks it.
    x86_64-w64-mingw32-gcc -O1 -shared -s -o "$1/drive_c/windows/system32/bcryptprimitives.dll" "$root/tests/platforms/bcryptprimitives.c" -ladvapi32
    # Where the programs wait for it, they see the drive as it will be.
    "$wine_server" --wait
}

# Neither Debian nor anybody else packages Mono for Windows; .NET for Windows is what a package on PyPI is made of. The version is the last.
readonly DOTNETCORE2=3.1.23

dotnet_files() { # FOLDER
    "$(python)" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --platform win_amd64 --python-version 3.8 \
        --dest "$1" "dotnetcore2==$DOTNETCORE2"
    python3 -m zipfile -e "$1"/dotnetcore2-*.whl "$1"
    rm "$1"/dotnetcore2-*.whl
}

# Android

musl() { # ARCHITECTURE FOLDER: Debian's package for that machine, by lists of packages of its own: those of this machine stay as they are.
    local state=$2/apt package
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    touch "$state/status"
    local apt=(apt-get -qq -o "Dir::State=$state" -o "Dir::State::status=$state/status" -o "Dir::Cache=$state/cache"
        -o "APT::Architecture=$1" -o "APT::Architectures=$1" -o Acquire::Languages=none -o APT::Sandbox::User=root)
    "${apt[@]}" update
    (cd "$state" && "${apt[@]}" download musl)
    package=$(compgen -G "$state/musl_*.deb")
    dpkg-deb -x "$package" "$2"
    rm -r "$state"
    # The package links its loader to where it lies on a machine of that kind: as an absolute path.
    package=$(compgen -G "$2/lib/ld-musl-*.so.1")
    ln -sf "$(cd "$2" && echo usr/lib/*/libc.so lib/*/libc.so | tr ' ' '\n' | grep -v '\*' | head -1 | sed 's,^,../,')" "$package"
}

# What there is to know of a platform: `emulator`, what runs its programs, and how they are compiled.
find_platform() {
    emulator=() compiler=() ending=''
    case "$1" in
    windows-x86_64)
        with_wine
        once "$kept/wine" wine_drive
        # 2: it runs already.
        "$wine_server" "--persistent=$WINE_SERVER_LINGERS_S" || [ $? -eq 2 ] || fail "Wine's server does not start"
        emulator=("$wine") ending=.exe
        ;;
    linux-arm64) emulator=(qemu-aarch64 -L /usr/aarch64-linux-gnu) compiler=(-target aarch64-linux-gnu.2.17) ;;
    linux-x86_64) compiler=(-target x86_64-linux-gnu.2.17) ;;
    linux-x86_64-musl) ;;
    android-arm64-v8a)
        once "$kept/musl-arm64" musl arm64
        emulator=(qemu-aarch64 -L "$kept/musl-arm64") compiler=(-target aarch64-linux-musl)
        ;;
    android-armeabi-v7a)
        once "$kept/musl-armel" musl armel
        emulator=(qemu-arm -L "$kept/musl-armel") compiler=(-target arm-linux-musleabi -mcpu=generic+v7a)
        ;;
    android-x86_64)
        once "$kept/musl-amd64" musl amd64
        emulator=("$kept/musl-amd64/lib/ld-musl-x86_64.so.1") compiler=(-target x86_64-linux-musl)
        ;;
    *) fail "programs of $1 cannot be run here" ;;
    esac
}

python() {
    local python=$target/platform-tools/bin/python
    [ -x "$python" ] || fail "$python is missing: scripts/install-platform-deps.sh --to-run"
    echo "$python"
}

# The script that stands for a program.
stand_in() { # NAME PROGRAM FILE
    printf '#!/bin/sh\nexec env CARGO_TARGET_DIR=%q %q run %q %q "$@"\n' "$target" "$this" "$1" "$3" >"$2"
    chmod +x "$2"
}

compile() { # NAME PROGRAM ARGUMENT...
    local name=$1 program files library=$dist/$1 file
    program=$(realpath -m "$2")
    shift 2
    [ -d "$library" ] || fail "$library is not there: make platform P=$name"
    find_platform "$name"
    files=$program.files
    file=$files/$(basename "$program")$ending
    rm -rf "$program" "$files"
    mkdir -p "$files"
    local language=cc argument
    for argument; do [[ $argument != *.cpp ]] || language=c++; done
    if [ "$name" = windows-x86_64 ]; then
        local windows=x86_64-w64-mingw32-gcc
        [ "$language" = cc ] || windows=x86_64-w64-mingw32-g++-posix
        cp "$library/userstatus.dll" "$files"
        "$windows" -O1 -g -I "$root/include" "$@" -o "$file" "$library/libuserstatus.dll.a" -static -lpthread
    else
        local zig
        zig=$(compgen -G "$target/platform-tools/lib/python3*/site-packages/ziglang/zig") || fail "zig is missing: scripts/install-platform-deps.sh --to-run"
        case "$name" in
        android-*)
            cp "$library/libuserstatus.so" "$files"
            # The library finds what stands in the program, before what musl has; that musl lacks some of it is known.
            set -- "$@" -dynamic -rdynamic -Wl,--allow-shlib-undefined "$root/tests/platforms/bionic.c"
            ;;
        *) cp "$library/libuserstatus.so" "$files/libuserstatus.so.0" ;;
        esac
        ZIG_GLOBAL_CACHE_DIR=$kept/zig "$zig" "$language" "${compiler[@]}" -O1 -g -fno-sanitize=all -I "$root/include" "$@" -o "$file" \
            "$files"/libuserstatus.so* -Wl,-rpath,"\$ORIGIN" -lpthread
    fi
    stand_in "$name" "$program" "$file"
}

server() { # NAME PROGRAM
    local file=$dist/server-$1/userstatusd program
    [ -e "$file" ] || file+=.exe
    [ -e "$file" ] || fail "$dist/server-$1 has no server: make platform P=server-$1"
    program=$(realpath -m "$2")
    rm -rf "$program" "$program.files"
    mkdir -p "$program.files"
    cp "$file" "$program.files"
    stand_in "$1" "$program" "$program.files/$(basename "$file")"
}

dotnet() { # NAME PROGRAM
    [ "$1" = windows-x86_64 ] || fail "there is no .NET for $1"
    local program
    program=$(realpath -m "$2")
    once "$kept/dotnet" dotnet_files
    rm -rf "$program" "$program.files"
    mkdir -p "$program.files"
    cp "$dist/$1/userstatus.dll" "$program.files"
    # What is compiled for it refers to.
    ln -s "$(compgen -G "$kept/dotnet/dotnetcore2/bin/shared/Microsoft.NETCore.App/*")" "$program.files/framework"
    stand_in "$1" "$program" "$kept/dotnet/dotnetcore2/bin/dotnet.exe"
}

run() { # NAME FILE ARGUMENT...
    find_platform "$1"
    shift
    # Libraries of this machine are nothing for it: its own lies beside it.
    unset LD_LIBRARY_PATH
    [[ ${emulator[0]:-} != qemu-* ]] || export USERSTATUS_TEST_UNDER_QEMU=yes
    exec ${emulator[@]+"${emulator[@]}"} "$@"
}

case "${1:-}" in
compile | server | dotnet | run)
    [ $# -ge 3 ] || fail "what $1 needs stands in $this"
    "$@"
    ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$this" >&2
    exit 2
    ;;
esac
