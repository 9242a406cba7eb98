#!/bin/bash
# Shows websubd at work on this machine: builds it, starts it with a Redis of
# its own, and sends two notifications to a small subscriber.
#
#   dev/demo.sh [--once] [--listen HOST:PORT]
#
# --once     ends after both notifications; exit code 0 if they arrived
# --listen   where the hub listens; a free port of 127.0.0.1 unless given
#
# Data and logs are in .demo/ of the checkout and stay there.
set -eu
cd "$(dirname "$0")/.."
. dev/packages.sh

once=
listen=127.0.0.1:0
while [ $# -gt 0 ]; do
    case $1 in
    --once) once=--once ;;
    --listen)
        listen=${2:?--listen needs HOST:PORT}
        shift
        ;;
    *)
        sed -n '5,8s/^# *//p' "$0" >&2
        exit 1
        ;;
    esac
    shift
done

demo=$PWD/.demo
bin=$PWD/build/release/bin
sockets=
pids=

step()
{
    printf '%-4s%-16s' "$1" "$2"
}

# Ends the demo: what failed, and where to look.
fail()
{
    printf 'failed\n\n%s\n' "$1" >&2
    if [ -n "${2:-}" ] && [ -s "$2" ]; then
        echo "The last lines of $2:" >&2
        tail -n 5 "$2" | sed 's/^/    /' >&2
    fi
    exit 1
}

# Ends what was started, the last first, and waits for it.
clean_up()
{
    local pid

    trap '' INT TERM
    for pid in $pids; do
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    [ -z "$sockets" ] || rm -rf "$sockets"
}

# started PID: it is to end with the demo.
started()
{
    pids="$1 $pids"
}

# wait_for PID LOG COMMAND...: true once the command is, false when the process
# has ended or 15 s have passed.
wait_for()
{
    local pid=$1 tries=150
    shift

    until "$@"; do
        kill -0 "$pid" 2>/dev/null || return 1
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}

redis_answers()
{
    [ "$("$(redis_tool cli)" -s "$sockets/redis.sock" ping 2>/dev/null)" = PONG ]
}

is_ready()
{
    grep -qs ' ready\( \|$\)' "$1"
}

# start_program ROLE FLAGS...: starts one of the three and waits until it is
# ready.
start_program()
{
    local role=$1 log=$demo/$1.log pid
    shift

    "$bin/websub-$role" --redis-url "unix://$sockets/redis.sock?db=0" \
        --secret-keys-file "$demo/keys" --allow-private-networks yes \
        "$@" 2>"$log" 9>&- &
    pid=$!
    started "$pid"
    wait_for "$pid" is_ready "$log" ||
        fail "websub-$role did not get ready. See $log." "$log"
}

build()
{
    cmake --preset release && cmake --build --preset release
}

mkdir -p "$demo/redis"
exec 9>"$demo/lock"
flock -n 9 || {
    echo "A demo of this checkout is running already; end it first." >&2
    exit 1
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo "websubd demo"
echo

step 1 packages
install_packages >"$demo/packages.log" 2>&1 ||
    fail "Packages could not be installed. See $demo/packages.log." \
        "$demo/packages.log"
echo "all there"

step 2 build
build >"$demo/build.log" 2>&1 ||
    fail "The build failed. See $demo/build.log." "$demo/build.log"
echo "build/release/bin"

step 3 redis
sockets=$(mktemp -d)
"$(redis_server)" --port 0 --unixsocket "$sockets/redis.sock" \
    --dir "$demo/redis" --appendonly yes --save '' --daemonize no \
    >"$demo/redis.log" 2>&1 9>&- &
started $!
wait_for $! redis_answers ||
    fail "$(redis_server) did not start. See $demo/redis.log." "$demo/redis.log"
echo "its own, data in .demo/redis"

step 4 programs
if [ ! -s "$demo/keys" ]; then
    (umask 077 && printf 'demo %s\n' \
        "$(od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n')" >"$demo/keys")
fi
start_program hub --listen "$listen"
start_program spreader
start_program deliver
hub=$(sed -n 's/.* listening .*address=\([^ ]*\).*/\1/p' "$demo/hub.log" |
    head -n 1)
echo "hub, spreader, deliver; logs in .demo/*.log"

# In the foreground of the shell's wait, so that Ctrl-C reaches the trap.
python3 dev/demo.py --hub "http://$hub/" \
    --redis-cli "$(redis_tool cli)" \
    --redis-socket "$sockets/redis.sock" ${once:+"$once"} 9>&- &
started $!
wait $!
