#!/usr/bin/env bash
# Lists the functions of the IM SDK that a program may import and this library does not export: for who follows a newer SDK.
#
#   scripts/missing-exports.sh FILE...    headers of the SDK (.h), sources of a C# layer (.cs), or lists of names: one a line, or what `nm -D` prints
#
# Exits with 1 if there are any.
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: missing-exports.sh FILE..." >&2; exit 2; }
root=$(dirname "$0")/..
# Functions have no underscore in their names, which macros have.
name='(TIM[A-Z][A-Za-z0-9]*|callExperimentalAPI)'

without_comments() { # FILE
    tr '\n' '\001' <"$1" | sed -E 's:/\*[^*]*\*+([^/*][^*]*\*+)*/: :g' | tr '\001' '\n' | sed 's://.*$::'
}

declared() { # HEADER
    without_comments "$1" | grep -oE "\\b${name}[[:space:]]*\\("
}

imported() { # FILE
    case "$1" in
    *.h) declared "$1" ;;
    # A method may have a name of its own, and name the function in its attribute.
    *.cs) without_comments "$1" | grep -oE "\\bextern\\b[^(]*\\(|EntryPoint *= *\"$name\"" ;;
    *) awk '{ print $NF }' "$1" ;;
    esac | grep -oE "\\b$name\\b" || true
}

exported() {
    grep -v '^#' "$root/src/ffi/others.tsv" | cut -f 1
    declared "$root/include/userstatus.h" | tr -d '( '
}

all=$(for file in "$@"; do [ -r "$file" ] || { echo "missing-exports: cannot read $file" >&2; exit 2; }; imported "$file"; done | sort -u)
[ -n "$all" ] || { echo "missing-exports: no function of the SDK in $*" >&2; exit 2; }
missing=$(comm -23 <(echo "$all") <(exported | sort -u))
if [ -n "$missing" ]; then
    echo "$missing"
    exit 1
fi
echo "all $(echo "$all" | wc -l) are exported"
