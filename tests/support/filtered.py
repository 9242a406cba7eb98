"""Runs a test, or a program, under the system call filter of the systemd units.

    filtered.py test FILE ...      a test whose programs run under it
    filtered.py exec PROGRAM ...   one program

The filter is read from packaging/systemd: SystemCallFilter= (systemd-analyze
says which calls a group has), RestrictAddressFamilies= and
MemoryDenyWriteExecute=.  systemd refuses what they leave out; here it ends the
program (SIGSYS), so that a test can't overlook it.  Ends with 77, which ctest
shows as skipped, where there is no systemd-analyze or the machine is no
x86-64.
"""

import ctypes
import os
import platform
import re
import shutil
import socket
import struct
import subprocess
import sys

_HERE = os.path.abspath(__file__)
_FOLDER = os.path.dirname(os.path.dirname(os.path.dirname(_HERE)))
RIGHTS = os.path.join(_FOLDER,
                      "packaging/systemd/websub-.service.d/50-rights.conf")
_NUMBERS = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_ARCH, _X32 = 0xC000003E, 0x40000000
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
# Code of an instruction of BPF; offsets into struct seccomp_data.
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_IF_EQUAL, _IF_AT_LEAST, _IF_SET = 0x15, 0x35, 0x45
_NUMBER_AT, _ARCH_AT, _FIRST_AT, _THIRD_AT = 0, 4, 16, 32
_WRITE, _EXECUTE = 2, 4


def settings(name):
    """The values of a setting of the units, in their order."""
    with open(RIGHTS, encoding="utf-8") as file:
        return re.findall(rf"^{name}=(.*)$", file.read(), re.M)


def missing():
    """Why there is no filter here; None when there is."""
    if platform.machine() != "x86_64" or not os.path.exists(_NUMBERS):
        return "no x86-64, or no headers of its kernel"
    if shutil.which("systemd-analyze") is None:
        return "no systemd-analyze"
    return None


def _groups():
    """The calls and groups that each group of systemd names."""
    text = subprocess.run(
        ["systemd-analyze", "--no-pager", "syscall-filter"], check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    groups, group = {}, None
    for line in text.splitlines():
        if line.startswith("@"):
            group = groups.setdefault(line.strip(), [])
        elif group is not None and line.strip() and "#" not in line:
            group.append(line.strip())
    return groups


def _expand(names, groups):
    found = set()
    for name in names:
        if name.startswith("@"):
            found |= _expand(groups[name], groups)
        else:
            found.add(name)
    return found


def allowed_calls():
    """The names of the calls that SystemCallFilter= lets through: later lines
    add to it, or with `~` take away."""
    groups, allowed = _groups(), set()
    for value in settings("SystemCallFilter"):
        calls = _expand(value.lstrip("~").split(), groups)
        allowed = allowed - calls if value.startswith("~") else allowed | calls
    return allowed


def _numbers():
    with open(_NUMBERS, encoding="utf-8") as file:
        found = re.findall(r"#define __NR_(\w+)\s+(\d+)", file.read())
    return {name: int(number) for name, number in found}


def _if(code, value, then):
    """`then` is run if the comparison is true, else skipped."""
    return [(code, 0, len(then), value), *then]


def _check_argument(number, offset, instructions):
    """Runs the instructions on an argument of this call; they return."""
    return _if(_IF_EQUAL, number, [(_LOAD, 0, 0, offset), *instructions])


def _program():
    numbers = _numbers()
    allow, kill = [(_RETURN, 0, 0, _ALLOW)], [(_RETURN, 0, 0, _KILL)]
    families = [getattr(socket, name)
                for name in settings("RestrictAddressFamilies")[0].split()]
    code = [(_LOAD, 0, 0, _ARCH_AT), (_IF_EQUAL, 1, 0, _ARCH), *kill,
            (_LOAD, 0, 0, _NUMBER_AT), *_if(_IF_AT_LEAST, _X32, kill)]
    code += _check_argument(
        numbers["socket"], _FIRST_AT,
        [step for family in families
         for step in _if(_IF_EQUAL, family, allow)] + kill)
    if settings("MemoryDenyWriteExecute") == ["yes"]:
        both = _WRITE | _EXECUTE
        code += _check_argument(
            numbers["mmap"], _THIRD_AT,
            [(_AND, 0, 0, both), *_if(_IF_EQUAL, both, kill), *allow])
        code += _check_argument(numbers["mprotect"], _THIRD_AT,
                                [*_if(_IF_SET, _EXECUTE, kill), *allow])
    for name in sorted(allowed_calls() & set(numbers)):
        code += _if(_IF_EQUAL, numbers[name], allow)
    return code + kill


def load():
    """Puts this process, and all that it executes, under the filter."""
    libc = ctypes.CDLL(None, use_errno=True)
    code = b"".join(struct.pack("=HBBI", operation, yes, no, value)
                    for operation, yes, no, value in _program())
    filter_bytes = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HP", len(code) // 8, ctypes.addressof(filter_bytes))
    for arguments in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                      (_PR_SET_SECCOMP, _MODE_FILTER, header, 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def main(mode, command):
    why = missing()
    if why is not None:
        print(f"Skipped: {why}.")
        return 77
    if mode == "exec":
        load()
    else:
        os.environ["WEBSUBD_WRAP"] = f"{sys.executable} {_HERE} exec"
        command = [sys.executable, *command]
    os.execv(command[0], command)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
