#!/bin/bash
# Static analysis of all sources of the programs and of the fuzz targets; ends
# at the first analyzer that has something to say.
#
#   dev/analyze.sh [gcc|clang|cppcheck]...
#
# gcc's analyzer builds the preset analyze (what has not changed is not looked at
# again), clang's runs by clang-tidy with .clang-tidy.  What is wrongly
# reported is justified there, in cmake/Targets.cmake, or at its place
# (cppcheck-suppress, NOLINT).  Some eight minutes on two cores, so it is run
# by hand; dev/check.sh runs clang-tidy on what has changed.
set -eu
cd "$(dirname "$0")/.."
. dev/packages.sh
. dev/steps.sh

folders="common hub spreader deliver"

sources()
{
    # shellcheck disable=SC2086 # a list of words
    git ls-files -- $folders tests/fuzz | grep '\.c$'
}

packages()
{
    install_packages
    # shellcheck disable=SC2086 # a list of words
    have $analysis_packages || install_all $analysis_packages
}

# The commands that compile each source are those of the preset dev.
configure()
{
    cmake --preset analyze >/dev/null
    cmake --preset dev >/dev/null
    cmake --build --preset dev --target common/generated/common/store/lua_texts.h
}

gcc_analyzer()
{
    cmake --build --preset analyze -- -k 0
}

# One file at a time, as in dev/check.sh.
clang_analyzer()
{
    local count
    count=$(sources | wc -l)

    sources | nl -ba -w1 | xargs -P "$(nproc)" -L 1 bash -c \
        'echo "[$1/'"$count"'] $2"; clang-tidy -p build/dev --quiet "$2"' -
}

# uninitvar takes the variable of uthash's HASH_ITER, and bytes that a function
# fills in as an argument beside it, for never set; the other two look for such
# variables better.
cppcheck_all()
{
    local folder filters=()

    for folder in $folders; do
        filters+=("--file-filter=$folder/*")
    done
    cppcheck --quiet --project=build/dev/compile_commands.json \
        "${filters[@]}" --enable=warning,performance,portability \
        --library=posix,gnu --std=c11 --inline-suppr -D__cppcheck__ \
        --include="$(echo '#include <sys/queue.h>' | gcc -M -xc - |
            grep -o '[^ ]*sys/queue.h')" \
        --suppress=uninitvar --error-exitcode=1 -j "$(nproc)"
}

step packages packages
step configure configure
for analyzer in ${*:-gcc clang cppcheck}; do
    case $analyzer in
    gcc) step "gcc: -fanalyzer" gcc_analyzer ;;
    clang) step "clang: clang-tidy" clang_analyzer ;;
    cppcheck) step cppcheck cppcheck_all ;;
    *)
        echo "There is no analyzer $analyzer." >&2
        exit 1
        ;;
    esac
done
