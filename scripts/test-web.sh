#!/usr/bin/env bash
# Tests the client of web pages in node and in Chromium, with the module as it ships and a userstatusd as it is built here.
#
#   scripts/test-web.sh
#
# Not part of `make test`: a compiler of its own and a browser are 1.5 GB that a change of anything else does not need.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=scripts/needed.sh
. scripts/needed.sh
chromium=${CHROMIUM:-$(command -v chromium || command -v google-chrome || echo /usr/bin/chromium)}
needed test-web node:nodejs npm:npm openssl:openssl "$chromium:chromium"

scripts/web.sh
cargo build --locked --profile test --package userstatusd
(cd web && npm install --no-save --no-package-lock --no-audit --no-fund --silent)

export CHROMIUM=$chromium USERSTATUSD=$(realpath -m "${CARGO_TARGET_DIR:-target}")/debug/userstatusd
web/node_modules/.bin/tsc --project web/test
# One after the other: each fills the machine.
node --test --test-reporter=spec web/test/node.test.js
node --test --test-reporter=spec web/test/chromium.test.js
