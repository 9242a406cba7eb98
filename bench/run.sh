#!/bin/bash
# Measures the system beside a bare libcurl loop; see bench/README.md.
#
#   bench/run.sh [--short] [--rounds N] [--json FILE] [SCENARIO...|all]
#
# Builds the preset release first, unless WEBSUBD_BIN names the folder of the
# programs.
set -eu
cd "$(dirname "$0")/.."

if [ -z "${WEBSUBD_BIN:-}" ]; then
    cmake --preset release >/dev/null
    cmake --build --preset release
    WEBSUBD_BIN=$PWD/build/release/bin
fi
export WEBSUBD_BIN
export PYTHONPATH=$PWD/tests PYTHONDONTWRITEBYTECODE=1
exec python3 bench/driver.py "$@"
