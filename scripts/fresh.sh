#!/usr/bin/env bash
# Runs `make demo`, `make test` or `make platforms` where nothing is installed but what the README names: in a new, minimal Debian 12 in a
# folder, with a clone of what is committed here.
#
#   sudo scripts/fresh.sh [--user] [--remake] [--keep FOLDER] demo|test|platforms|shell|COMMAND
#
#   --user    as an ordinary user who has no sudo; but for `demo` and `shell` root installs what the tests need before, and for
#             `test` it is shown that `make test` says at once what that is
#   --remake  make the root file system anew, and not from the one that an earlier run made
#   --keep    copy the clone's folder dist to FOLDER, which is not there yet, when the command is done
#   platforms `make platforms` and `make unity-package`, after what installs what they need; takes an hour or more. P in the environment:
#             only these, as P='windows-x86_64 macos'
#   shell     a shell there, to look around
#   COMMAND   any other command, as one argument, run in the clone
#
# Needs root, on Linux, for a mount namespace and because a Debian is made; Rust of rustup, which is lent to it read-only; and
# mmdebstrap, which is installed where it is missing. How this machine reaches the registries (proxies, certificates, mirrors) is
# carried along; what logs in to one is not. Nothing of a run is left but the minimal root, for the next one, in
# ${XDG_CACHE_HOME:-~/.cache}/userstatus/fresh.
set -euo pipefail

# What the README says a machine must have.
readonly PACKAGES=gcc,libc6-dev,make,git,ca-certificates
readonly SUITE=bookworm
readonly USER_NAME=gamedev
readonly USAGE='usage: sudo scripts/fresh.sh [--user] [--remake] [--keep FOLDER] demo|test|platforms|shell|COMMAND'

# Where this machine says how registries are reached.
readonly NETWORK_FILES=(/etc/resolv.conf /etc/hosts /etc/npmrc /etc/pip.conf)
readonly NETWORK_VARIABLES=(http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY)
# Each names a file or a folder of certificates.
readonly CERTIFICATE_VARIABLES=(SSL_CERT_FILE SSL_CERT_DIR CARGO_HTTP_CAINFO GIT_SSL_CAINFO CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS PIP_CERT)

fail() {
    echo "fresh: $*" >&2
    exit 1
}

say() { printf 'fresh: %s\n' "$*"; }

step() { # NAME COMMAND...
    local name=$1 begin=$SECONDS status=0
    shift
    say "$name …"
    # A function that is waited for so does not stop at what fails inside it: it has to say so itself.
    "$@" || status=$?
    [ "$status" -eq 0 ] || fail "$name: failed with $status after $((SECONDS - begin)) s"
    say "$name: $((SECONDS - begin)) s"
}

# ------------------------------------------------------------ the minimal root

install_mmdebstrap() {
    command -v apt-get >/dev/null || fail "there is no mmdebstrap and no apt-get; install mmdebstrap by whatever your system has for it"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq </dev/null &&
        apt-get install -y -qq --no-install-recommends mmdebstrap debian-archive-keyring </dev/null >/dev/null
}

make_base() {
    local settings=$cache/apt.conf sources=() file
    # Proxies, and whether a mirror's dates count.
    : >"$settings"
    if command -v apt-config >/dev/null; then apt-config dump Acquire >"$settings"; fi
    # A Debian of the same suite knows a mirror that it reaches.
    if grep -qx "VERSION_CODENAME=$SUITE" /etc/os-release && grep -qx 'ID=debian' /etc/os-release; then
        for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
            if [ -s "$file" ]; then sources+=("$file"); fi
        done
    fi
    rm -rf --one-file-system "$base.making" "$base"
    # Under its name only when it is whole: a run that was interrupted leaves nothing that looks like one.
    mmdebstrap --quiet --variant=minbase --include="$PACKAGES" --aptopt="$settings" "$SUITE" "$base.making" ${sources[@]+"${sources[@]}"} &&
        mv "$base.making" "$base"
}

copy_into() { # FILE, to where it is here
    install -D -m 644 "$1" "$root$1"
}

carry_network() {
    local file name value
    for file in "${NETWORK_FILES[@]}"; do
        # Of a link, what it leads to: that lies elsewhere.
        if [ -s "$file" ]; then
            rm -f "$root$file"
            copy_into "$file"
        fi
    done
    for file in /usr/local/share/ca-certificates/*.crt; do
        if [ -s "$file" ]; then copy_into "$file"; fi
    done
    chroot "$root" update-ca-certificates >/dev/null 2>&1
    environment=()
    for name in "${NETWORK_VARIABLES[@]}"; do
        if [ -n "${!name:-}" ]; then environment+=("$name=${!name}"); fi
    done
    for name in "${CERTIFICATE_VARIABLES[@]}"; do
        value=${!name:-}
        [ -n "$value" ] || continue
        environment+=("$name=$value")
        if [ -f "$value" ] && ! [ -e "$root$value" ]; then copy_into "$value"; fi
    done
    # Settings of cargo, npm and pip, without what logs in: public registries ask for nothing.
    for file in .cargo/config.toml .npmrc .config/pip/pip.conf; do
        [ -s "$lender/$file" ] || continue
        mkdir -p "$(dirname "$root$home/$file")"
        grep -viE '(token|_auth|password|username|secret)' "$lender/$file" >"$root$home/$file" || true
    done
}

# ------------------------------------------------------------ inside

# Runs in namespaces of its own, which end with it and take every mount along.
enter() { # ROOT RUSTUP CARGO_BIN HOMES COMMAND...
    local root=$1 rustup=$2 cargo_bin=$3 homes=$4 owner_home
    shift 4
    mount --bind "$root" "$root"
    cd "$root"
    for owner_home in $homes; do
        mount --bind "$rustup" ".$owner_home/.rustup"
        mount -o remount,bind,ro ".$owner_home/.rustup"
        mount --bind "$cargo_bin" ".$owner_home/.cargo/bin"
        mount -o remount,bind,ro ".$owner_home/.cargo/bin"
    done
    mount -t proc proc proc
    mount -t sysfs sys sys
    mount --rbind /dev dev
    mount -t tmpfs tmpfs run
    hostname fresh
    mkdir -p old
    # A chroot would not do: in one, / is no mount point, which network namespaces want, and no user may make a namespace.
    pivot_root . old
    cd /
    umount -l /old
    rmdir /old
    exec "$@"
}
export -f enter

# Runs a command of the shell in the clone, as a user, with nothing of the environment outside.
inside() { # USER HOME COMMAND
    local as=() status=0
    [ "$1" = root ] || as=(setpriv --reuid "$1" --regid "$1" --init-groups --)
    # shellcheck disable=SC2016 # the shell inside is to expand it
    unshare --mount --pid --fork --kill-child --uts bash -euc 'enter "$@"' enter \
        "$root" "$rustup" "$cargo_bin" "${homes[*]}" ${as[@]+"${as[@]}"} \
        env -i HOME="$2" USER="$1" SHELL=/bin/bash TERM="${TERM:-dumb}" LANG=C.UTF-8 CI=true \
        PATH="$2/.cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        ${environment[@]+"${environment[@]}"} bash -c "cd '$home/userstatus' && $3" || status=$?
    return "$status"
}

# The one thing that must not work: it says what is missing, and does so at once.
refuses_at_once() {
    local begin=$SECONDS
    if inside "$user" "$home" 'make test'; then fail "make test did not miss what was not there"; fi
    [ $((SECONDS - begin)) -le 3 ] || fail "make test took $((SECONDS - begin)) s to say what is missing"
}

# ------------------------------------------------------------ the run

as_user=false remake=false keep=
while :; do
    case "${1:-}" in
    --user) as_user=true ;;
    --remake) remake=true ;;
    --keep)
        [ $# -gt 1 ] && ! [ -e "$2" ] || fail "--keep wants a folder that is not there yet"
        keep=$(realpath -m "$2")
        shift
        ;;
    *) break ;;
    esac
    shift
done
[ $# -eq 1 ] && [ -n "$1" ] && [ "${1#-}" = "$1" ] || { echo "$USAGE" >&2; exit 2; }
case "$1" in
demo | test) command="make $1" ;;
platforms)
    ! $as_user || fail "what the platforms need, root installs: without --user"
    # Of servers alone there is no package for Unity.
    command="make install-platform-deps platforms unity-package P='${P:-}'"
    [ -z "${P:-}" ] || [[ $P =~ (^| )(linux|windows|macos|ios|android) ]] || command=${command/ unity-package/}
    ;;
shell) command='exec bash -i' ;;
*) command=$1 ;;
esac

# Of a long command, its beginning.
title=${command%%$'\n'*}

[ "$(uname -s)" = Linux ] || fail "this needs Linux"
[ "$(id -u)" -eq 0 ] || fail "this needs root, for it makes a root file system and namespaces: sudo scripts/fresh.sh $*"
cd "$(dirname "$0")/.."

# Who called sudo has Rust, and not root.
lender=$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)
[ -n "${SUDO_USER:-}" ] || lender=$HOME
rustup=${RUSTUP_HOME:-$lender/.rustup}
cargo_bin=${CARGO_HOME:-$lender/.cargo}/bin
[ -d "$rustup/toolchains" ] && [ -x "$cargo_bin/cargo" ] ||
    fail "there is no Rust of rustup in $rustup and $cargo_bin: install it from https://rustup.rs, or set RUSTUP_HOME and CARGO_HOME"
unshare --mount --pid --fork --uts true 2>/dev/null ||
    fail "this root may not make namespaces; in a container, run it with --privileged"

user=root
home=/root
homes=(/root)
if $as_user; then
    user=$USER_NAME
    home=/home/$user
    homes+=("$home")
fi

cache=${XDG_CACHE_HOME:-$lender/.cache}/userstatus/fresh
base=$cache/$SUITE-${PACKAGES//,/+}
mkdir -p "$cache"
if $remake || ! [ -d "$base" ]; then
    command -v mmdebstrap >/dev/null || step "install mmdebstrap" install_mmdebstrap
    step "make a minimal Debian $SUITE with $PACKAGES" make_base
else
    say "the minimal Debian $SUITE of an earlier run is used; --remake makes it anew"
fi

# What a run that was killed left behind.
for old in "$cache"/run-*; do
    if [ -d "$old" ] && ! [ -d "/proc/${old##*-}" ]; then rm -rf --one-file-system "$old"; fi
done
root=$cache/run-$$
mkdir "$root"
trap 'rm -rf --one-file-system "$root"' EXIT
step "copy it" cp -a --reflink=auto "$base/." "$root"
! $as_user || chroot "$root" useradd --create-home --shell /bin/bash "$user"
for owner_home in "${homes[@]}"; do
    mkdir -p "$root$owner_home/.rustup" "$root$owner_home/.cargo/bin"
done
carry_network

[ -z "$(git status --porcelain --untracked-files=no)" ] || say "what is not committed is not in the clone"
step "clone $(git rev-parse --short HEAD)" git clone --quiet --no-hardlinks "$PWD" "$root$home/userstatus"
if $as_user; then
    chroot "$root" chown -R "$user:$user" "$home"
    if [ "$command" = 'make test' ]; then
        step "make test as $user, who lacks everything" refuses_at_once
    fi
    case "$1" in
    demo | shell) ;;
    *) step "install what the tests need, as root" inside root /root scripts/install-deps.sh ;;
    esac
fi

begin=$SECONDS status=0
say "$title, as $user …"
inside "$user" "$home" "$command" || status=$?
[ -z "$keep" ] || [ ! -d "$root$home/userstatus/dist" ] || cp -a "$root$home/userstatus/dist" "$keep"
say "$title, as $user: ended with $status after $((SECONDS - begin)) s; $SECONDS s in all"
exit "$status"
