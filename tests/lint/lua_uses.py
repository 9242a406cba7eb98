"""Checks what the Lua scripts of common/store/lua say that they use of lib/
(cmake/EmbedLuaRun.cmake joins them by it).

Each closure that a script carries costs Redis time on each of its calls, so:
who names a lib uses something of it; who uses something of a lib names it;
every function of a lib is used by somebody; and a script carries no function
that it can't come to.

Names are found by their text.  What a lib offers are its `local`s that are not
indented; `-- uses:` in a function holds up to that function's end."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "common/store/lua"

_COMMENT = re.compile(r"--.*$", re.MULTILINE)
_STRING = re.compile(r"'[^'\n]*'")
_WORD = re.compile(r"(?<![.\w])[A-Za-z_]\w*")
_OFFERED = re.compile(r"^local (?:function )?(\w+)", re.MULTILINE)
_DEFINED = re.compile(r"local function (\w+)|local ([\w, ]+)")
_USES = re.compile(r"^( *)-- uses: (.*)$", re.MULTILINE)
_FUNCTION = re.compile(r"^local function (\w+).*?^end$",
                       re.MULTILINE | re.DOTALL)


def code(text):
    """Without comments and strings."""
    return _STRING.sub("''", _COMMENT.sub("", text))


def words(text):
    return set(_WORD.findall(code(text)))


class File:
    """A script or a lib."""

    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self.text = path.read_text()
        self.offered = _OFFERED.findall(code(self.text))
        self.functions = {found[1]: found[0] for found in
                          _FUNCTION.finditer(self.text)}
        self.defined = {name.strip() for function, names in
                        _DEFINED.findall(code(self.text))
                        for name in (function or names).split(",")}
        self.head, self.within = [], []  # (name, the text where it holds)
        for found in _USES.finditer(self.text):
            end = re.compile(r"^end$", re.MULTILINE).search(
                self.text, found.end())
            where = (self.text if not found[1] else
                     self.text[found.end():end.start()])
            named = self.within if found[1] else self.head
            named += [(name, where) for name in found[2].split(", ")]

    def named(self):
        return self.head + self.within


def named_faults(file, libs):
    for name, where in file.named():
        if name not in libs:
            yield f"names {name}, which is no lib"
        elif not words(where) & set(libs[name].offered):
            yield f"names {name} and uses nothing of it"


def used_faults(file, libs):
    """What is used where its lib is not named."""
    for lib in libs.values():
        if lib is file:
            continue
        rest = file.text
        for name, where in file.named():
            if name == lib.name:
                rest = rest.replace(where, "")
        for word in sorted(words(rest) & set(lib.offered) - file.defined):
            yield f"uses {word} and does not name {lib.name}"


def unused_faults(lib, files):
    """Functions that nobody uses."""
    for name, text in lib.functions.items():
        elsewhere = lib.text.replace(text, "")
        if name not in words(elsewhere) and not any(
                name in words(file.text) for file in files if file is not lib):
            yield f"has {name}, which nobody uses"


def joined(named, libs):
    found = set()
    for name, _ in named:
        if name not in found and name in libs:
            found |= {name} | joined(libs[name].head, libs)
    return found


def idle_faults(script, libs):
    """Functions that a script carries and can't come to."""
    carried = {function: text for name in joined(script.named(), libs)
               for function, text in libs[name].functions.items()}
    todo, reached = words(script.text) & carried.keys(), set()
    while todo:
        name = todo.pop()
        reached.add(name)
        todo |= words(carried[name]) & carried.keys() - reached
    for name in sorted(carried.keys() - reached):
        yield f"carries {name} and does not use it"


def main():
    libs = {path.stem: File(path) for path in sorted(FOLDER.glob("lib/*.lua"))}
    scripts = [File(path) for path in sorted(FOLDER.glob("*.lua"))]
    files = scripts + list(libs.values())
    faults = [(file, fault) for file in files
              for fault in (*named_faults(file, libs),
                            *used_faults(file, libs))]
    faults += [(lib, fault) for lib in libs.values()
               for fault in unused_faults(lib, files)]
    faults += [(script, fault) for script in scripts
               for fault in idle_faults(script, libs)]
    for file, fault in faults:
        print(f"{file.path.relative_to(ROOT)} {fault}", file=sys.stderr)
    return 1 if faults or not scripts else 0


if __name__ == "__main__":
    sys.exit(main())
