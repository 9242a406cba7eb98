#!/bin/bash
# Builds and tests everything: the presets dev and asan, or the one named.
#
#   dev/test.sh [dev|asan] [arguments of ctest]
#
# Without arguments of ctest what is labelled slow runs too, once, under dev.
# Stops at the first preset that fails; the last lines are ctest's summary.
# The tests start a redis-server of their own, on a unix socket.
set -eu
cd "$(dirname "$0")/.."
. dev/packages.sh

presets="dev asan"
case ${1:-} in
dev | asan)
    presets=$1
    shift
    ;;
esac

install_packages
install_client_packages ||
    echo "Without nodejs and npm the clients of npm are skipped." >&2
for preset in $presets; do
    echo "== $preset: build"
    cmake --preset "$preset" >/dev/null
    cmake --build --preset "$preset"
    echo "== $preset: test"
    ctest --preset "$preset" "$@"
    if [ "$preset" = dev ] && [ $# -eq 0 ]; then
        echo "== dev: slow tests"
        ctest --preset slow
    fi
done
