#!/usr/bin/env bash
# Four players see each other: a game on Linux, the same for Windows under Wine, the same for Android under qemu, and a web page in Chromium.
#
#   scripts/demo-everywhere.sh
#
# Uses what `make platform` and `make web` built, and builds what is not there. DIST: the folder instead of dist. CHROMIUM: the browser.
# Installs what is missing; who may not is told what that is. The story itself is examples/everywhere/story.mjs; exit code 0 only if all
# that was to be seen was seen.
set -euo pipefail
cd "$(dirname "$0")/.."

export DIST=${DIST:-dist}
readonly libraries=(windows-x86_64 android-arm64-v8a)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
programs=$target/on-platform/everywhere

missing=()
for name in "${libraries[@]}"; do
    [ -d "$DIST/platforms/$name" ] || missing+=("$name")
done
client=$DIST/platforms/web
[ -e "$client/userstatus.wasm" ] || client=web
[ -e "$client/userstatus.wasm" ] || missing+=(web)

# All that is missing is said at once, before anything takes time.
# shellcheck source=scripts/needed.sh
. scripts/needed.sh
chromium=${CHROMIUM:-$(command -v chromium || command -v google-chrome || echo /usr/bin/chromium)}
is_ready=yes
needed demo-everywhere cc:gcc make:make node:nodejs npm:npm "$chromium:chromium" || is_ready=no
scripts/install-platform-deps.sh --to-run || is_ready=no
[ ${#missing[@]} -eq 0 ] || scripts/install-platform-deps.sh || is_ready=no
[ "$is_ready" = yes ] || exit 1

for name in ${missing[@]+"${missing[@]}"}; do
    echo "building what ships for $name, which is not in $DIST/platforms: this takes some minutes"
    case "$name" in
    web) scripts/web.sh ;;
    *) scripts/platform.sh "$name" ;;
    esac
done
make --no-print-directory examples
[ -d web/node_modules/playwright-core ] || (cd web && npm install --no-save --no-package-lock --no-audit --no-fund --silent)

for name in "${libraries[@]}"; do
    echo "compiling examples/everywhere/player.c for $name; the first time, what runs it is made ready as well"
    scripts/on-platform.sh compile "$name" "$programs/$name" -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror \
        examples/everywhere/player.c examples/c/player.c examples/c/story.c
done
echo
exec node examples/everywhere/story.mjs "$target/debug/userstatusd" "$(realpath "$client")" "$chromium" \
    "$target/examples/player" "$programs/windows-x86_64" "$programs/android-arm64-v8a"
