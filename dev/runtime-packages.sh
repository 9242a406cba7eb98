#!/bin/bash
# Prints the packages that a machine needs to run the programs of a build: those
# of the libraries that they are linked with, by the names that this release of
# Debian has for them.
#
#   dev/runtime-packages.sh [FOLDER]     the folder is build/release/bin
set -eu
cd "$(dirname "$0")/.."
folder=${1:-build/release/bin}

# The files of the libraries that the program $1 itself is linked with.
libraries()
{
    local name

    readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
        while read -r name; do
            ldd "$1" | awk -v name="$name" '$1 == name { print $3 }'
        done
}

# /lib and /usr/lib are one folder; the packages say the one or the other.
{
    echo ca-certificates
    for program in hub spreader deliver; do
        libraries "$folder/websub-$program"
    done | sort -u | while read -r library; do
        dpkg -S "*${library#/usr}" | sed 's/:.*//'
    done
} | sort -u | grep -vx libc6
