#!/bin/bash
# The Debian packages that building, testing and the demo need, and how to
# install those that are missing.  Sourced by the other scripts.

build_packages="gcc libc6-dev cmake ninja-build pkg-config libevent-dev
    libcurl4-openssl-dev libc-ares-dev libhiredis-dev libjansson-dev libssl-dev
    libnghttp2-dev libxml2-dev uthash-dev libjs-dygraphs check"
run_packages="openssl python3"

# For the clients of others, and the shells of operators, in the tests, which are
# skipped without them.
client_packages="nodejs npm curl zsh"

# For the tests in a browser, which are skipped without it.
browser_packages="chromium"

# For the tests of metrics and alert rules, which are skipped without its promtool;
# its server need not run.
metrics_packages="prometheus"

# For the tests of packaging/systemd, which are skipped without its
# systemd-analyze; it need not run.
unit_packages="systemd"

# For the test of docs/openapi.yaml, which is skipped without them.
schema_packages="python3-jsonschema python3-yaml"

# For dev/check.sh; each is the command's name too.
check_packages="git clang-format clang-tidy"

# For dev/analyze.sh, likewise.
analysis_packages="clang-tidy cppcheck"

# For the preset fuzz: the compiler, and its sanitizers and libFuzzer.
fuzz_packages="clang libclang-rt-dev"

# The HTTP parser has another name in each release of Debian.
parser_packages="libllhttp-dev libhttp-parser-dev"

is_installed()
{
    dpkg -s "$1" 2>/dev/null | grep -q '^Status: install ok installed$'
}

# have COMMAND...: whether all of them can be run.
have()
{
    local command

    for command; do
        command -v "$command" >/dev/null || return 1
    done
}

# Prints the server that tests, demo and benchmark start: the program that
# WEBSUBD_REDIS_SERVER names, else Redis or Valkey, whichever is here.
redis_server()
{
    if [ -n "${WEBSUBD_REDIS_SERVER:-}" ]; then
        echo "$WEBSUBD_REDIS_SERVER"
    elif ! have redis-server && have valkey-server; then
        echo valkey-server
    else
        echo redis-server
    fi
}

# Prints the tool of the server's family: redis_tool cli is redis-cli, or
# valkey-cli.
redis_tool()
{
    local server

    server=$(redis_server)
    echo "${server%-server}-$1"
}

# Prints the server's packages, if it can't be run.
missing_server()
{
    local server

    server=$(redis_server)
    have "$server" "$(redis_tool cli)" && return
    server=${server##*/}
    echo "$server"
    echo "${server%-server}-tools"
}

is_root()
{
    [ "$(id -u)" -eq 0 ]
}

as_root()
{
    if is_root; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

# Whether this user may install packages; may ask for the password.
may_install()
{
    is_root || { have sudo && sudo -v; }
}

# Prints the packages that are missing.
missing_packages()
{
    local package parser=none

    for package in $build_packages $run_packages; do
        is_installed "$package" || echo "$package"
    done
    missing_server
    for package in $parser_packages; do
        if is_installed "$package"; then
            parser=$package
        fi
    done
    [ "$parser" != none ] || echo parser
}

# The parser that this release has, by the package lists; where there are none
# yet, by its name.
available_parser()
{
    local package

    for package in $parser_packages; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            echo "$package"
            return
        fi
    done
    if grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release; then
        echo libhttp-parser-dev
    else
        echo libllhttp-dev
    fi
}

# Installs what is missing.  Says nothing when nothing is.
install_packages()
{
    local missing

    if ! command -v dpkg >/dev/null; then
        echo "This is no Debian: install what dev/packages.sh lists." >&2
        return 1
    fi
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086 # a list of words
    install_all $missing
}

# Prints the packages, `parser` by the name that it has here.
named()
{
    local package

    for package; do
        [ "$package" != parser ] || package=$(available_parser)
        printf ' %s' "$package"
    done
}

# Installs the packages.  Fails when they can't be had; a user who may not
# install is told the line for one who may.
install_all()
{
    local install="apt-get install -q -y --no-install-recommends"

    if ! may_install; then
        echo "Packages are missing. Have an administrator run:" >&2
        echo "apt-get update && $install$(named "$@")" >&2
        return 1
    fi
    as_root apt-get update -q || return
    echo "Installing:$(named "$@")"
    # shellcheck disable=SC2046,SC2086 # lists of words
    as_root $install $(named "$@")
}

# Installs what the clients of others and the completion of ctl need.  A node and an npm from elsewhere
# serve as well.
install_client_packages()
{
    # shellcheck disable=SC2086 # a list of words
    have node npm curl zsh || install_all $client_packages
}

# Installs the browser, of which no other name is looked for.
install_browser_packages()
{
    # shellcheck disable=SC2086 # a list of words
    have chromium || install_all $browser_packages
}

# Installs packages whose servers are not to be started by that.
install_unstarted()
{
    local policy=/usr/sbin/policy-rc.d status

    if ! may_install || [ -e "$policy" ]; then
        install_all "$@"
        return
    fi
    as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
    install_all "$@"
    status=$?
    as_root rm -f "$policy"
    return "$status"
}

# Installs what the tests of metrics and alert rules need.
install_metrics_packages()
{
    # shellcheck disable=SC2086 # a list of words
    have promtool || install_unstarted $metrics_packages
}

# Installs what the tests of packaging/systemd need.
install_unit_packages()
{
    # shellcheck disable=SC2086 # a list of words
    have systemd-analyze || install_all $unit_packages
}

# Installs what the test of docs/openapi.yaml needs.  Those that python3 has from
# elsewhere serve as well.
install_schema_packages()
{
    # shellcheck disable=SC2086 # a list of words
    python3 -c 'import jsonschema, yaml' 2>/dev/null ||
        install_all $schema_packages
}

# Installs what dev/check.sh needs.  Those from elsewhere serve as well, but for
# the layout: another release of clang-format has other opinions.
install_check_packages()
{
    # shellcheck disable=SC2086 # lists of words
    have $check_packages || install_all $check_packages
}

# Installs what the preset fuzz needs.
install_fuzz_packages()
{
    local package

    for package in $fuzz_packages; do
        # shellcheck disable=SC2086 # a list of words
        is_installed "$package" || install_all $fuzz_packages || return
    done
}
