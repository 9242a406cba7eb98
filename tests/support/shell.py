"""A shell with a terminal, whose user presses TAB."""

import os
import pty
import select
import shutil
import tempfile
import time

SECONDS = 20

# Ctrl-X t: tells the line, and empties it.
START = {
    "bash": ("--norc", "--noprofile", "-i"),
    "zsh": ("-f", "-i"),
}
SET_UP = {
    "bash": r"""
tell() { printf '%s\n' "$READLINE_LINE" >"$TOLD"; READLINE_LINE=; }
bind -x '"\C-xt": tell'
bind 'set bell-style none'
""",
    # No dump: what is completed is what was sourced.
    "zsh": r"""
setopt no_beep no_auto_list no_list_ambiguous no_always_last_prompt
autoload -U compinit && compinit -u -D
tell() { print -r -- "$BUFFER" >"$TOLD"; BUFFER= }
zle -N tell
bindkey -e
bindkey '^Xt' tell
""",
}


class Shell:
    """`name` is bash or zsh; the script is sourced, and files are completed in an
    empty folder, which `folder` is."""

    def __init__(self, name, script):
        self._room = tempfile.TemporaryDirectory()
        self.folder = os.path.join(self._room.name, "folder")
        os.mkdir(self.folder)
        told, sourced = (os.path.join(self._room.name, file)
                         for file in ("told", "sourced"))
        os.mkfifo(told)
        with open(sourced, "w") as file:
            file.write(f"PS1=\n{SET_UP[name]}\n{script}\n")
        self._told = os.open(told, os.O_RDWR | os.O_NONBLOCK)
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(self.folder)
            os.execve(shutil.which(name), [name, *START[name]],
                      {"PATH": os.environ["PATH"], "TERM": "vt100",
                       "HOME": self.folder, "TOLD": told})
        self._type(f". '{sourced}'; echo ready >\"$TOLD\"\r")
        self._wait_told()

    def close(self):
        os.close(self._terminal)  # hangs it up
        os.waitpid(self._pid, 0)
        os.close(self._told)
        self._room.cleanup()

    def complete(self, line, keys="\t"):
        """What the line is after the keys."""
        self._type(line + keys + "\x18t")
        return self._wait_told()

    def _type(self, text):
        os.write(self._terminal, text.encode())

    def _wait_told(self):
        told, shown = b"", b""
        end = time.monotonic() + SECONDS
        while not told.endswith(b"\n"):
            ready, _, _ = select.select([self._told, self._terminal], [], [],
                                        max(0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"the shell tells nothing: {shown!r}")
            if self._told in ready:
                told += os.read(self._told, 65536)
            if self._terminal in ready:
                shown += os.read(self._terminal, 65536)
        return told.decode().removesuffix("\n")
