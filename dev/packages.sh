#!/bin/bash
# The Debian packages that building, testing and the demo need, and how to
# install those that are missing.  Sourced by the other scripts.

build_packages="gcc libc6-dev cmake ninja-build pkg-config libevent-dev
    libcurl4-openssl-dev libc-ares-dev libhiredis-dev libjansson-dev libssl-dev
    libinih-dev libnghttp2-dev libxml2-dev uthash-dev check"
run_packages="redis-server redis-tools python3"

# For the clients of tests/clients, which are skipped without them.
client_packages="nodejs npm"

# For dev/check.sh; each is the command's name too.
check_packages="git clang-format clang-tidy"

# The HTTP parser has another name in each release of Debian.
parser_packages="libllhttp-dev libhttp-parser-dev"

is_installed()
{
    dpkg -s "$1" 2>/dev/null | grep -q '^Status: install ok installed$'
}

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

# Prints the packages that are missing.
missing_packages()
{
    local package parser=none

    for package in $build_packages $run_packages; do
        is_installed "$package" || echo "$package"
    done
    for package in $parser_packages; do
        if is_installed "$package"; then
            parser=$package
        fi
    done
    [ "$parser" != none ] || echo parser
}

# The parser that this release has; needs fresh package lists.
available_parser()
{
    local package

    for package in $parser_packages; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            echo "$package"
            return
        fi
    done
    echo "No package of: $parser_packages" >&2
    return 1
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
    case $missing in
    *parser*)
        as_root apt-get update -q
        missing=${missing/%parser/$(available_parser)} || return 1
        ;;
    esac
    # shellcheck disable=SC2086 # a list of words
    install_all $missing
}

# have COMMAND...: whether all of them can be run.
have()
{
    local command

    for command; do
        command -v "$command" >/dev/null || return 1
    done
}

# Installs the packages.  Fails when they can't be had.
install_all()
{
    echo "Installing:" "$@"
    as_root apt-get update -q &&
        as_root apt-get install -q -y --no-install-recommends "$@"
}

# Installs what the clients of tests/clients need.  A node and an npm from
# elsewhere serve as well.
install_client_packages()
{
    # shellcheck disable=SC2086 # a list of words
    have node npm || install_all $client_packages
}

# Installs what dev/check.sh needs.  Those from elsewhere serve as well, but for
# the layout: another release of clang-format has other opinions.
install_check_packages()
{
    # shellcheck disable=SC2086 # lists of words
    have $check_packages || install_all $check_packages
}
