#!/bin/bash
# Prints the C sources that clang-tidy is to look at: those that differ from
# where the branch left main, committed or not, and for a header the source of
# its name, or else one that includes it.
#
# Main is that of `origin`.  On main itself, or without an origin, the commit of
# 24 hours ago takes its place, and without that every source is printed.
set -eu
cd "$(dirname "$0")/.."

base()
{
    local fork

    fork=$(git merge-base HEAD origin/main 2>/dev/null) || fork=
    if [ -n "$fork" ] && [ "$fork" != "$(git rev-parse HEAD)" ]; then
        echo "$fork"
    else
        git rev-list -1 --before='24 hours ago' HEAD
    fi
}

# What differs from the commit $1, and is still there.
differing()
{
    git diff --name-only --diff-filter=d "$1" -- '*.c' '*.h'
    git ls-files --others --exclude-standard -- '*.c' '*.h'
}

# The source by which a file is looked at: itself, that of a header's name, or
# one that includes the header; none when nobody does.
source_of()
{
    local user

    if [ -e "${1%.*}.c" ]; then
        echo "${1%.*}.c"
        return
    fi
    for user in $(git grep -lF "#include \"$1\"" -- '*.c' '*.h'); do
        source_of "$user"
        return
    done
}

from=$(base)
if [ -z "$from" ]; then
    git ls-files -- '*.c'
    exit
fi
differing "$from" | while read -r file; do
    source_of "$file"
done | sort -u
