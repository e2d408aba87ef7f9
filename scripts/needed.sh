# For other scripts, which read it in: `needed WHO COMMAND_OR_FILE:PACKAGE...` installs the packages of Debian whose command or file this
# machine lacks. Who may not install anything is told what to ask an administrator for.

needed() { # WHO COMMAND_OR_FILE:PACKAGE...
    local who=$1 line packages
    shift
    packages=$(lacking "$@")
    [ -n "$packages" ] || return 0
    line="apt-get update && apt-get install -y --no-install-recommends $packages"
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        printf '%s: %s\n' "$who" "this machine lacks $packages; have an administrator run this, then start again:" "$who" "  $line" >&2
        return 1
    fi
    echo "$who: installing $packages"
    DEBIAN_FRONTEND=noninteractive bash -c "$line" </dev/null >/dev/null || return 1
    packages=$(lacking "$@")
    [ -z "$packages" ] || { echo "$who: still missing after the installation: $packages" >&2; return 1; }
}

lacking() { # COMMAND_OR_FILE:PACKAGE...
    local need packages=()
    for need in "$@"; do
        command -v "${need%%:*}" >/dev/null || [ -e "${need%%:*}" ] || packages+=("${need#*:}")
    done
    echo "${packages[*]}"
}
