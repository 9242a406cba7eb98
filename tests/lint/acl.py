"""Checks that packaging/redis/users.acl gives each program the rights that it
uses, and no other.

What scripts use is read from the scripts, and who runs them from the table in
docs/PROTOCOL.md; what the programs use themselves is listed here, and a program
that lacks a right fails the integration tests, which run under these rights.
With --write the file is written."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "packaging/redis/users.acl"
SCRIPTS = ROOT / "common/store/lua"

ALL = {"evalsha", "hmget", "hset", "hsetnx", "info", "ping", "script|load",
       "select", "setrange", "time", "xread"}
DIRECT = {
    "hub": ALL | {"client|id", "client|unblock", "get", "hdel",
                  "hget", "hgetall", "rename", "scan", "set", "unlink", "xadd",
                  "xinfo", "xrange", "xrevrange", "zcard", "zrangebylex",
                  "zrangebyscore"},
    "spreader": ALL | {"client|id", "client|unblock", "hgetall", "scan",
                       "xadd", "xinfo", "xrange"},
    "deliver": ALL | {"client|id", "client|unblock", "get", "hgetall", "xadd",
                      "xautoclaim", "xinfo", "xrange", "xreadgroup"},
}


def uses(text):
    """The library files that a script names."""
    return {name.strip() for names in re.findall(r"-- uses: *(.*)", text)
            for name in names.split(",") if name.strip()}


def commands_of(name):
    """What a script calls, itself or in the library files it is joined with."""
    done, waiting = set(), [SCRIPTS / f"{name}.lua"]
    found = set()
    while waiting:
        path = waiting.pop()
        if path in done:
            continue
        done.add(path)
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"redis\.p?call\(\s*'([A-Z]+)'", text))
        waiting += [SCRIPTS / "lib" / f"{lib}.lua" for lib in uses(text)]
    return {command.lower() for command in found}


def programs_of(caller):
    """Who runs the scripts of that row."""
    if "all" == caller:
        return set(DIRECT)
    caller = caller.replace("the owner", "spreader")
    return {program for program in DIRECT if program in caller}


def rights():
    """The commands of each program."""
    found = {program: set(commands) for program, commands in DIRECT.items()}
    table = (ROOT / "docs/PROTOCOL.md").read_text(encoding="utf-8")
    table = table[table.index("| script | called by |"):]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", table, re.MULTILINE))
    for path in SCRIPTS.glob("*.lua"):
        if path.stem not in rows:
            sys.exit(f"docs/PROTOCOL.md has no row for the script {path.stem}")
        for program in programs_of(rows[path.stem]):
            found[program] |= commands_of(path.stem)
    return found


def text():
    lines = []
    for program, commands in rights().items():
        rules = " ".join(f"+{command}" for command in sorted(commands))
        lines.append(f"user websub-{program} off resetpass resetkeys ~websub:*"
                     f" resetchannels -@all {rules}\n")
    return "".join(lines)


def main():
    if "--write" in sys.argv:
        FILE.write_text(text(), encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text():
        sys.exit(f"{FILE.relative_to(ROOT)} is not what the programs use; run: "
                 "tests/lint/acl.py --write, and read what has changed")


if __name__ == "__main__":
    main()
