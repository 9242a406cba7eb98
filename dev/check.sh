#!/bin/bash
# One command before a commit: layout, banned calls, build and tests of both
# presets, and clang-tidy where it is installed.
set -eu
cd "$(dirname "$0")/.."

mapfile -t sources < <(git ls-files '*.c' '*.h')

echo "== layout"
clang-format --dry-run --Werror "${sources[@]}"

echo "== banned calls"
dev/banned.sh

dev/test.sh

if command -v clang-tidy >/dev/null; then
    echo "== clang-tidy"
    cmake --preset dev -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null
    mapfile -t units < <(git ls-files '*.c')
    clang-tidy -p build/dev --quiet --warnings-as-errors='*' \
        --checks='-*,clang-analyzer-*,bugprone-use-after-*,bugprone-sizeof-*,bugprone-suspicious-*' \
        "${units[@]}"
fi
echo "All checks passed."
