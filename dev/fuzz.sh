#!/bin/bash
# Looks for inputs that a fuzz target (tests/fuzz) fails on.
#
#   dev/fuzz.sh [SECONDS [TARGET...]]
#
# Builds the preset fuzz and runs each target, or those named, for SECONDS (30),
# one on each core.  What reaches new code is kept in build/fuzz/found/TARGET for
# the next run; an input that fails is build/fuzz/failed-TARGET-..., and the log
# says why.  Ends with 1 when one was found.
set -eu
cd "$(dirname "$0")/.."
. dev/packages.sh
. dev/steps.sh

seconds=${1:-30}
[ $# -eq 0 ] || shift
build=build/fuzz

build()
{
    cmake --preset fuzz >/dev/null
    cmake --build --preset fuzz
}

all_targets()
{
    local source

    for source in tests/fuzz/fuzz_*.c; do
        source=${source#tests/fuzz/fuzz_}
        echo "${source%.c}"
    done
}

# run TARGET: a failure prints its log.  Called by xargs.
run()
{
    local target=$1 log=$build/fuzz-$1.log

    mkdir -p "$build/found/$target"
    if "$build/bin/fuzz-$target" -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=1024 -artifact_prefix="$build/failed-$target-" \
        "$build/found/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
        echo "$target: $(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$log") inputs"
    else
        echo "$target: failed; the end of $log:"
        tail -n 40 "$log"
        return 1
    fi
}

run_all()
{
    export -f run
    export seconds build
    printf '%s\n' "$@" | xargs -P "$(nproc)" -I TARGET bash -c 'run TARGET'
}

step packages install_fuzz_packages
step "fuzz: build" build
# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $(all_targets)
step "fuzz: $seconds s for each of $# targets" run_all "$@"
