#!/bin/bash
# All that has to pass before a commit, for people and for CI (.ci/run): layout,
# lint, clang-tidy on what has changed, fuzz targets for WEBSUBD_FUZZ_S (2)
# seconds each, build and tests of both presets.
# Installs the Debian packages that are missing, and stops at what fails first.
set -eu
cd "$(dirname "$0")/.."
. dev/packages.sh
. dev/steps.sh

check_layout()
{
    git ls-files -z '*.c' '*.h' | xargs -0 clang-format --dry-run --Werror
}

build()
{
    cmake --preset dev >/dev/null
    cmake --build --preset dev
}

# One file at a time: what the analyzer learns of va_list in one file it
# wrongly applies to the next.
tidy()
{
    local files

    files=$(dev/changed.sh)
    if [ -z "$files" ]; then
        echo "No C source has changed."
        return
    fi
    echo "$files"
    echo "$files" | xargs -n 1 -P "$(nproc)" clang-tidy -p build/dev --quiet
}

step packages install_check_packages
step layout check_layout
step "dev: build" build
step lint ctest --preset dev -L lint
step clang-tidy tidy
dev/fuzz.sh "${WEBSUBD_FUZZ_S:-2}"
dev/test.sh
echo "All checks passed, in $SECONDS s."
