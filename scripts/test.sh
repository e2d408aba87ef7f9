#!/usr/bin/env bash
# Everything that must hold, in one run: what `make test` and CI do.
#
#   scripts/test.sh
#
# Goes on after a failure, so that one run shows all of them; fails at the end if anything did. Nothing is skipped: a test that
# cannot run here fails, and one marked #[ignore] counts as failed.
#
# Not here: cargo-deny, which takes minutes to install (`make deny`), and the sanitizers (`make test-sanitizers`, `make test-tsan`),
# which build everything once more.
set -uo pipefail
cd "$(dirname "$0")/.."

export CARGO_INCREMENTAL=0 # Nobody edits between builds here: it would only cost disk and time.
readonly FUZZ_SECONDS=${FUZZ_SECONDS:-5}
# Far more than they take on two slow cores that others use as well. What hangs must end as a failure that says where, before CI gives
# up without a word.
readonly TESTS_TIMEOUT_S=1200
readonly SECTION_TIMEOUT_S=1800

log=$(mktemp)
trap 'rm -f "$log"' EXIT
begin=$SECONDS
passed=0 failed=0
sections_failed=()

section() { # NAME COMMAND...
    local name=$1 begin=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if "$@"; then
        printf -- '-- %s: ok, %s s\n' "$name" $((SECONDS - begin))
        return 0
    fi
    printf -- '-- %s: FAILED, %s s\n' "$name" $((SECONDS - begin))
    sections_failed+=("$name")
    return 1
}

bounded() { timeout --kill-after=30 "$SECTION_TIMEOUT_S" "$@" </dev/null; }

tests() {
    timeout --kill-after=30 "$TESTS_TIMEOUT_S" cargo test --workspace --locked --no-fail-fast </dev/null 2>&1 | tee "$log"
    local status=${PIPESTATUS[0]} ignored
    [ "$status" -ne 124 ] || echo "the tests did not end in $TESTS_TIMEOUT_S s" >&2
    read -r passed failed ignored < <(
        awk '/^test result:/ { for (i = 2; i <= NF; i++) {
                if ($i ~ /^passed/) passed += $(i-1); if ($i ~ /^failed/) failed += $(i-1); if ($i ~ /^ignored/) ignored += $(i-1) } }
            END { print passed + 0, failed + 0, ignored + 0 }' "$log")
    if [ "$ignored" -gt 0 ]; then
        echo "$ignored tests were ignored: a test that is not run proves nothing; make it run, or remove it" >&2
        failed=$((failed + ignored))
        status=1
    fi
    [ "$passed" -gt 0 ] || { echo "not one test ran" >&2; status=1; }
    return "$status"
}

section "what the tests need" scripts/install-deps.sh || exit 1
section "format" bounded make --no-print-directory fmt-check
section "lint" bounded make --no-print-directory clippy
section "the client without sockets" bounded cargo check --locked --package userstatus-client --no-default-features
section "documents" scripts/check-docs.sh
# Tests of the library and the programs find them built, and the demo needs them, too.
if section "build" bounded make --no-print-directory build; then
    section "examples" bounded make --no-print-directory examples examples-cpp examples-csharp
    section "demo" bounded make --no-print-directory demo
fi
# Apart from running them: how long it takes says nothing of a test.
section "build the tests" bounded cargo test --workspace --locked --no-run && section "tests" tests
section "fuzz, $FUZZ_SECONDS s each" bounded fuzz/run.sh "$FUZZ_SECONDS"

printf '\n== summary, %s s\n' $((SECONDS - begin))
if [ ${#sections_failed[@]} -gt 0 ]; then
    printf 'failed: %s\n' "${sections_failed[@]}"
    printf 'make test: FAILED. %s passed, %s failed\n' "$passed" "$((failed > 0 ? failed : ${#sections_failed[@]}))"
    exit 1
fi
printf 'format, lint, documents, build, examples, demo, tests and fuzzing are fine\n'
printf 'make test: ok. %s passed, %s failed\n' "$passed" "$failed"
