#!/bin/bash
# Says at which step a script is, and how long each took.  Sourced by the other
# scripts, which run under `set -e`.

step_name=
step_began=0

# step NAME COMMAND...: runs the command, which ends the script when it fails.
step()
{
    step_name=$1
    step_began=$SECONDS
    shift
    echo "== $step_name"
    "$@"
    echo "== $step_name: $((SECONDS - step_began)) s"
    step_name=
}

# For the end of the script, however it comes: names the step that failed.
say_failed_step()
{
    if [ -n "$step_name" ]; then
        echo "== $step_name: failed after $((SECONDS - step_began)) s" >&2
    fi
}
trap say_failed_step EXIT
