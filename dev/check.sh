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
    # One file at a time: what the analyzer learns of va_list in one file it
    # wrongly applies to the next.
    git ls-files -z '*.c' | xargs -0 -n 1 -P 2 clang-tidy -p build/dev --quiet
fi
echo "All checks passed."
