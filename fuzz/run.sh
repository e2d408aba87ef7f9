#!/bin/sh
# Builds the fuzz targets and runs each for some seconds, from the committed seeds into a corpus that is thrown away.
#
#   fuzz/run.sh SECONDS [TARGET...]
#
# Needs stable Rust and a C++ compiler (libFuzzer is C++, and is built from source). Fails on the first crash and says how to repeat it.
set -eu

cd "$(dirname "$0")"
all=$(cd src/bin && echo * | sed 's/\.rs//g')
usage="usage: fuzz/run.sh SECONDS [TARGET...]; targets: $all"
case "${1:-}" in
'' | *[!0-9]* | 0) echo "$usage" >&2; exit 2 ;;
esac
seconds=$1
shift
# shellcheck disable=SC2086 # one word per target
[ $# -gt 0 ] || set -- $all
for target in "$@"; do
    [ -d "seeds/$target" ] || { echo "no target $target; $usage" >&2; exit 2; }
done

if ! command -v "${CXX:-c++}" >/dev/null; then
    echo "fuzz/run.sh: no C++ compiler (${CXX:-c++}); install one, e.g. apt-get install g++" >&2
    exit 1
fi

# What cargo-fuzz would set, as far as stable Rust has it. --target keeps the flags away from build scripts.
host=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR="$PWD/../target/fuzz"
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module \
-Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
bins=$(printf -- '--bin %s ' "$@")
# shellcheck disable=SC2086 # one word per target
cargo build --quiet --release --locked --target "$host" $bins

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
artifacts=$CARGO_TARGET_DIR/artifacts
mkdir -p "$artifacts"
for target in "$@"; do
    binary=$CARGO_TARGET_DIR/$host/release/$target
    mkdir "$work/$target"
    # No leak check: there is no sanitizer in this build. 512 MB: nothing here may need more.
    if ! "$binary" "$work/$target" "seeds/$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=512 \
        -artifact_prefix="$artifacts/$target-" -print_final_stats=1 >"$work/$target.log" 2>&1; then
        cat "$work/$target.log" >&2
        echo "fuzz/run.sh: $target failed; repeat with: $binary FILE (named above)" >&2
        exit 1
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target.log")
    coverage=$(sed -n 's/.*cov: \([0-9]*\) ft: \([0-9]*\).*/\1/p' "$work/$target.log" | tail -n 1)
    features=$(sed -n 's/.*cov: \([0-9]*\) ft: \([0-9]*\).*/\2/p' "$work/$target.log" | tail -n 1)
    # A build without instrumentation would find nothing and pass.
    if [ "${coverage:-0}" -lt 20 ]; then
        echo "fuzz/run.sh: $target reached ${coverage:-no} code blocks: the instrumentation is missing" >&2
        exit 1
    fi
    printf '%-16s %10s runs in %s s, coverage %s, features %s\n' "$target" "$runs" "$seconds" "$coverage" "$features"
done
