#!/usr/bin/env bash
# Holds the READMEs to the truth: the program they show is examples/c/minimal.c, and every file they lead to is there.
set -euo pipefail
cd "$(dirname "$0")/.."

wrong=0
for readme in README.md README.zh-CN.md; do
    if ! awk '/^```c$/ { shown = 1; next } /^```$/ { shown = 0 } shown' "$readme" | diff - examples/c/minimal.c; then
        echo "$readme shows another program than examples/c/minimal.c" >&2
        wrong=1
    fi
done
for document in ./*.md docs/*.md docs/*/*.md unity-bindings/*.md; do
    while read -r target; do
        [ -e "$(dirname "$document")/$target" ] && continue
        echo "$document leads to $target, which is not there" >&2
        wrong=1
    done < <(grep -oE '\]\([^)#]+' "$document" | sed 's/^](//' | grep -vE '^[a-z]+:')
done
[ "$wrong" -eq 0 ] && echo "the documents are right about programs and files"
exit "$wrong"
