#!/usr/bin/env bash
# Runs what `make platforms` built, as far as this machine can run it: the libraries of Windows (under Wine), of Linux and of Android on
# ARM (under qemu) play the scenarios of the rules, those of tests/e2e and tests/abi_*; the servers pass the tests of the daemon, and serve
# clients. The same files of tests as in `make test`: what is left out on a platform stands in tests/platforms/not-run.tsv, with the reason.
#
#   scripts/test-platforms.sh           all that dist/platforms has
#   scripts/test-platforms.sh NAME...   these, and fails where one is not there
#
# DIST: the folder instead of dist. Goes on after a failure, and fails at the end if anything did. Installs what is missing: Wine, qemu, MinGW.
set -uo pipefail
cd "$(dirname "$0")/.."

export CARGO_INCREMENTAL=0
export DIST=${DIST:-dist}
readonly runnable=(
    windows-x86_64 linux-arm64 linux-x86_64 android-arm64-v8a android-armeabi-v7a android-x86_64
    server-linux-x86_64-musl server-linux-arm64 server-windows-x86_64
)
# Far more than it takes: what hangs is to end as a failure that says where.
readonly TESTS_TIMEOUT_S=1800
readonly not_run=tests/platforms/not-run.tsv

programs_of_all=$(realpath -m "${CARGO_TARGET_DIR:-target}")/on-platform/programs
log=$(mktemp)
trap 'rm -f "$log"' EXIT
table=() failures=0
begin=$SECONDS

fail() {
    echo "test-platforms: $*" >&2
    exit 1
}

# Flags of the test runner for what is not run on a platform.
skips() { # NAME
    local where test why
    while IFS=$'\t' read -r where test why; do
        # shellcheck disable=SC2053 # it is a pattern
        if [[ $where != '#'* && $1 == $where ]]; then printf -- '--skip\n%s\n' "$test"; fi
    done <"$not_run"
}

# What is not run must be there, or the table tells of something that is no more.
check_table() {
    local listed where test why wrong=0
    listed=$(cargo test --quiet --locked --package userstatus --package userstatusd --tests -- --list 2>/dev/null) || fail "the tests do not compile"
    while IFS=$'\t' read -r where test why; do
        [[ $where != '#'* ]] || continue
        [ -n "$why" ] || { echo "$not_run: $test: no reason is given" >&2; wrong=1; }
        grep -q -F -- "$test" <<<"$listed" || { echo "$not_run: there is no test $test" >&2; wrong=1; }
    done <"$not_run"
    return "$wrong"
}

compile_programs() { # NAME FOLDER
    local name=$1 folder=$2 test warnings=(-Wall -Wextra -Wpedantic -Werror)
    compile() { scripts/on-platform.sh compile "$name" "$folder/$1" "${@:2}"; }
    compile puppet -std=c99 -D_POSIX_C_SOURCE=200809L "${warnings[@]}" tests/c/puppet/*.c || return
    compile minimal -std=c11 -D_POSIX_C_SOURCE=200809L "${warnings[@]}" examples/c/minimal.c || return
    # C11: headers of some systems want it of their own.
    for test in tests/c/abi/*.c; do
        test=$(basename "$test" .c)
        # They are about compiling, and about signals.
        [[ $test != header && $test != log ]] || continue
        compile "abi_$test" -std=c11 -D_GNU_SOURCE "${warnings[@]}" "tests/c/abi/$test.c" || return
    done
    compile players -std=c11 -D_GNU_SOURCE "${warnings[@]}" -I tests/c/abi tests/c/clients/players.c || return
    [ "$name" = windows-x86_64 ] || return 0
    scripts/on-platform.sh dotnet "$name" "$folder/dotnet" || return
    compile wrapper -std=c++17 "${warnings[@]}" tests/cpp/*.cpp || return
    compile friend_list -std=c++17 "${warnings[@]}" examples/cpp/friend_list.cpp
}

# Runs tests in a section of their own and notes how it went.
tests() { # NAME WHAT COMMAND...
    local name=$1 what=$2 begin=$SECONDS passed failed
    shift 2
    printf '\n== %s: %s\n' "$name" "$what"
    timeout --kill-after=30 "$TESTS_TIMEOUT_S" "$@" </dev/null 2>&1 | tee "$log"
    local status=${PIPESTATUS[0]}
    read -r passed failed < <(awk '/^test result:/ { for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed/) passed += $(i-1); if ($i ~ /^failed/) failed += $(i-1) } } END { print passed + 0, failed + 0 }' "$log")
    [ "$passed" -gt 0 ] || status=1
    [ "$status" -eq 0 ] || failures=$((failures + 1))
    table+=("$(printf '%-26s %-30s %6s %6s %7s %s' "$name" "$what" "$passed" "$failed" "$((SECONDS - begin))" "$([ "$status" -eq 0 ] || echo FAILED)")")
}

run_library() { # NAME
    local name=$1 skip
    mapfile -t skip < <(skips "$name")
    export USERSTATUS_TEST_PROGRAMS=$programs_of_all/$name
    rm -rf "$USERSTATUS_TEST_PROGRAMS"
    if ! compile_programs "$name" "$USERSTATUS_TEST_PROGRAMS"; then
        failures=$((failures + 1))
        table+=("$(printf '%-26s %-30s' "$name" 'its programs do not compile: FAILED')")
        return
    fi
    tests "$name" 'rules, end to end' cargo test --quiet --locked --package userstatus --test e2e -- "${skip[@]}"
    tests "$name" 'C programs of the ABI' cargo test --quiet --locked --package userstatus \
        --test abi_lifecycle --test abi_callbacks --test abi_input --test abi_clients -- "${skip[@]}"
    unset USERSTATUS_TEST_PROGRAMS
}

run_server() { # NAME
    local name=$1 skip
    mapfile -t skip < <(skips "$name")
    export USERSTATUS_TEST_PROGRAMS=$programs_of_all/$name
    [[ $name != *windows* ]] || export USERSTATUS_TEST_WINDOWS=yes
    rm -rf "$USERSTATUS_TEST_PROGRAMS"
    if scripts/on-platform.sh server "${name#server-}" "$USERSTATUS_TEST_PROGRAMS/userstatusd"; then
        tests "$name" 'daemon' cargo test --quiet --locked --package userstatusd --test daemon -- "${skip[@]}"
        # Killed and come back, with the accounts it had, for clients of this machine.
        tests "$name" 'end to end: restarts, friends' cargo test --quiet --locked --package userstatus --test e2e -- restart:: friends:: "${skip[@]}"
    else
        failures=$((failures + 1))
    fi
    unset USERSTATUS_TEST_PROGRAMS USERSTATUS_TEST_WINDOWS
}

main() {
    local name asked=("$@")
    if [ $# -eq 0 ]; then
        for name in "${runnable[@]}"; do [ ! -d "$DIST/platforms/$name" ] || asked+=("$name"); done
        [ ${#asked[@]} -gt 0 ] || fail "$DIST/platforms has nothing that can be run here; make platforms builds it"
    fi
    for name in "${asked[@]}"; do
        [[ " ${runnable[*]} " = *" $name "* ]] || fail "$name cannot be run here; these can: ${runnable[*]}"
        [ -d "$DIST/platforms/$name" ] || fail "$DIST/platforms/$name is not there: make platform P=$name"
    done
    scripts/install-platform-deps.sh --to-run || exit 1
    # What is of this machine in the tests: the other side. Built before, so that how long the tests take is theirs.
    cargo build --locked --profile test --package userstatus --package userstatusd || exit 1
    check_table || exit 1
    for name in "${asked[@]}"; do
        case "$name" in
        server-*) run_server "$name" ;;
        *) run_library "$name" ;;
        esac
    done

    printf '\n%-26s %-30s %6s %6s %7s\n' platform 'what ran' passed failed seconds
    printf '%s\n' "${table[@]}"
    for name in "${runnable[@]}"; do
        [[ " ${asked[*]} " = *" $name "* ]] || printf '%-26s was not run\n' "$name"
    done
    if [ "$failures" -gt 0 ]; then
        echo "make test-platforms: FAILED, $((SECONDS - begin)) s"
        exit 1
    fi
    echo "make test-platforms: ok, $((SECONDS - begin)) s"
}

main "$@"; exit
