#!/bin/bash
# Builds and tests everything: the presets dev and asan, or the one named.
#
#   dev/test.sh [dev|asan] [arguments of ctest]
#
# Without arguments of ctest what is labelled slow runs too, once, under dev.
# Stops at the first step that fails; its last lines are ctest's summary.
# The tests start a redis-server of their own, on a unix socket;
# WEBSUBD_REDIS_SERVER names another one (valkey-server).
set -eu
cd "$(dirname "$0")/.."
. dev/packages.sh
. dev/steps.sh

presets="dev asan"
case ${1:-} in
dev | asan)
    presets=$1
    shift
    ;;
esac

packages()
{
    install_packages
    install_client_packages ||
        echo "Without nodejs, npm, curl and zsh some clients are skipped." >&2
    install_browser_packages ||
        echo "Without chromium the tests in a browser are skipped." >&2
    install_metrics_packages ||
        echo "Without prometheus the checks of metrics and alerts are skipped." >&2
    install_schema_packages ||
        echo "Without python3-jsonschema and python3-yaml the test of openapi.yaml is skipped." >&2
    install_unit_packages ||
        echo "Without systemd the tests of its units are skipped." >&2
}

build()
{
    cmake --preset "$1" >/dev/null
    cmake --build --preset "$1"
}

step packages packages
for preset in $presets; do
    step "$preset: build" build "$preset"
    step "$preset: test" ctest --preset "$preset" "$@"
    if [ "$preset" = dev ] && [ $# -eq 0 ]; then
        step "dev: slow tests" ctest --preset slow
    fi
done
