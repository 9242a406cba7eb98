#!/bin/bash
# How many of the programs' lines the tests run: the unit tests, or all but the
# slow ones and the benchmark.
#
#   dev/coverage.sh [all]
#
# Builds the preset coverage.  Prints a line for each folder.  Fails when a test
# does, after the figures.
set -euo pipefail
cd "$(dirname "$0")/.."
. dev/packages.sh

case ${1-} in
'') chosen=(-L '^unit$') ;;
all) chosen=(-E '^bench-') ;;
*) echo "usage: dev/coverage.sh [all]" >&2; exit 2 ;;
esac
install_packages
cmake --preset coverage >/dev/null
cmake --build --preset coverage
find build/coverage -name '*.gcda' -delete
status=0
ctest --preset coverage "${chosen[@]}" || status=$?
dev/coverage.py build/coverage
exit $status
