#!/bin/bash
# Fails when a C source calls a function that has a safer sister.
set -u
cd "$(dirname "$0")/.." || exit 1

if grep -rnE --include='*.c' --include='*.h' --exclude-dir=build \
    '(^|[^[:alnum:]_])(strcpy|strcat|v?sprintf|strtok|ato[il]l?|gets|s?rand|localtime)[[:space:]]*\(' .
then
    echo "These calls are banned, see above." >&2
    exit 1
fi
