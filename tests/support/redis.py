"""A private redis-server, and a client just large enough to look into it.

WEBSUBD_REDIS_SERVER names the program; else it is Redis', or Valkey's where
that is the one which is installed.  The server listens on a unix socket only, with its data (append-only file) in
a directory of its own, so that it can be stopped or killed and started again
with what it held.
"""

import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile

from support.child import die_with_parent
from support.programs import binary
from support.wait import wait_until


# The programs run in tests with the rights that operators give them.
USERS = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "../../packaging/redis/users.acl")
PASSWORD = "of-a-program"


def server():
    """The server's program, by its name or path."""
    named = os.environ.get("WEBSUBD_REDIS_SERVER")
    if named:
        return named
    if shutil.which("redis-server") is None and shutil.which("valkey-server"):
        return "valkey-server"
    return "redis-server"


def tool(name):
    """A tool of the server's family: "cli" is redis-cli, or valkey-cli."""
    return f"{server().removesuffix('-server')}-{name}"


class RedisError(Exception):
    """An error answer of Redis."""


class Client:
    """A connection that sends one command and reads its answer; bytes in,
    bytes out."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        self._stream = self._socket.makefile("rb")

    def close(self):
        self._stream.close()
        self._socket.close()

    def call(self, *words):
        """Sends a command; returns bytes, int, None or a list of these.  In
        a list an error is an item."""
        self._send(words)
        answer = self._read()
        if isinstance(answer, RedisError):
            raise answer
        return answer

    def call_many(self, commands):
        """Sends commands at once; returns their answers, a RedisError where
        one failed."""
        commands = list(commands)
        self._socket.sendall(b"".join(map(self._encoded, commands)))
        return [self._read() for _ in commands]

    def _send(self, words):
        self._socket.sendall(self._encoded(words))

    @staticmethod
    def _encoded(words):
        out = [b"*%d\r\n" % len(words)]
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode()
            out.append(b"$%d\r\n%s\r\n" % (len(data), data))
        return b"".join(out)

    def _read(self):
        line = self._stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            size = int(rest)
            return None if size < 0 else self._stream.read(size + 2)[:-2]
        count = int(rest)
        return None if count < 0 else [self._read() for _ in range(count)]


class Redis:
    """A redis-server that lives as long as the test."""

    def __init__(self, *options, clock=False):
        """`clock`: its clock can be set, see set_clock()."""
        self.directory = tempfile.mkdtemp(prefix="websubd-redis-")
        self.socket_path = os.path.join(self.directory, "redis.sock")
        self.url = f"unix://{self.socket_path}?db=0"
        self._options = options
        self._users = self._write_users()
        self._rights_are_shipped = True
        self._process = None
        self._client = None
        self._environment = None
        if clock:
            self.clock_file = os.path.join(self.directory, "clock")
            self._environment = {**os.environ,
                                 "LD_PRELOAD": binary("test-clock.so"),
                                 "TEST_CLOCK": self.clock_file}
            self.set_clock(0)
        self.start()

    def _write_users(self):
        """The users of the programs, with the least rights; none where the
        options set users or commands up in another way."""
        if any(word.startswith(("--requirepass", "--user", "--rename-command"))
               for word in self._options):
            return ()
        path = os.path.join(self.directory, "users.acl")
        with open(USERS, encoding="utf-8") as source, \
                open(path, "w", encoding="utf-8") as target:
            target.write(source.read().replace(
                " off resetpass ", f" on >{PASSWORD} "))
        return ("--aclfile", path)

    def url_of(self, role):
        """The URL under which a program has the least rights."""
        if not self._users:
            return self.url
        return self.url.replace("//", f"//websub-{role}:{PASSWORD}@")

    def change_rights(self, *rules):
        """Gives or takes rights, such as "-info", of everybody."""
        self._rights_are_shipped = False
        for user in self.call("ACL", "USERS"):
            self.call("ACL", "SETUSER", user, *rules)

    def refused(self):
        """What the programs wanted to do, and had no right to, but for the
        question that is put in another way then."""
        if not self._rights_are_shipped:
            return []
        entries = [dict(zip(entry[::2], entry[1::2]))
                   for entry in self.call("ACL", "LOG")]
        return [(entry[b"username"], entry[b"reason"], entry[b"object"])
                for entry in entries if entry[b"reason"] != b"auth"
                and entry[b"object"] != b"config|get"]

    def set_clock(self, seconds):
        """From now on the server's clock is so far ahead of the true one."""
        mode = "r+b" if os.path.exists(self.clock_file) else "wb"
        with open(self.clock_file, mode) as file:
            file.write(struct.pack("l", seconds))

    def start(self):
        """Starts the server on the data that is there, and waits for it."""
        words = [server(), "--port", "0", "--unixsocket",
                 self.socket_path, "--dir", self.directory, "--appendonly",
                 "yes", "--save", "", "--loglevel", "warning",
                 "--enable-debug-command", "local", *self._users,
                 "--logfile", os.path.join(self.directory, "redis.log")]
        self._process = subprocess.Popen(
            words + list(self._options), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=self._environment, preexec_fn=die_with_parent)
        wait_until(self._answers, "redis-server answers")

    def _answers(self):
        if self._process.poll() is not None:
            raise AssertionError(f"{server()} ended at its start")
        try:
            return self.call("PING") == b"PONG"
        except (OSError, RedisError):  # no socket yet, or loading its data
            self._drop_client()
            return False

    def call(self, *words):
        """Sends a command over the test's own connection."""
        if self._client is None:
            self._client = Client(self.socket_path)
        return self._client.call(*words)

    def call_many(self, commands):
        """Sends commands (lists of words) at once; returns their answers."""
        self.call("PING")
        return self._client.call_many(commands)

    def call_all(self, commands):
        """Runs the commands (lists of words) as of one moment; returns their
        answers, a RedisError where one failed."""
        self.call("MULTI")
        for words in commands:
            self.call(*words)
        return self.call("EXEC")

    def now_ms(self):
        """What time it is for Redis."""
        seconds, micros = self.call("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

    def reconnect(self):
        """The test's next command goes over a new connection."""
        self._drop_client()

    def _drop_client(self):
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def running(self):
        return self._process is not None

    def stop(self):
        """Ends the server in order; its data stays."""
        self._end(signal.SIGTERM)

    def kill(self):
        """Ends the server as a crash would.  What it acknowledged stays with
        `--appendfsync always`; else the last two seconds may be lost."""
        self._end(signal.SIGKILL)

    def forget(self):
        """Drops the data of a server that has ended."""
        shutil.rmtree(os.path.join(self.directory, "appendonlydir"))

    def _end(self, sign):
        self._drop_client()
        if self._process is None:
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(sign)
        self._process.wait(timeout=30)
        self._process = None
        if os.path.exists(self.socket_path):
            os.unlink(self.socket_path)

    def freeze(self):
        """The server stops to answer, its connections stay."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def close(self):
        """Ends the server and removes its data."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def keys(self):
        return sorted(self.call("KEYS", "*"))

    def snapshot(self):
        """Everything that is stored, by key.  Of a stream its entries only:
        which consumer read what is bookkeeping.  A stream without entries
        counts as none.  What the programs say of themselves, again and again,
        is left out."""
        keys = [key for key in self.keys()
                if b":{c}:" not in key and not key.endswith(b"}:owner")]
        kinds = self.call_many(["TYPE", key] for key in keys)
        values = self.call_many(
            ["XRANGE", key, "-", "+"] if kind == b"stream" else ["DUMP", key]
            for key, kind in zip(keys, kinds))
        return {key: value for key, kind, value in zip(keys, kinds, values)
                if value or kind != b"stream"}

    def digests(self):
        """A digest of each value of snapshot(), made by Redis: many times as
        fast, where only what differs is asked for."""
        keys = self.keys()
        if not keys:
            return {}
        found = self.call("DEBUG", "DIGEST-VALUE", *keys)
        return {key: digest for key, digest in zip(keys, found)
                if digest.strip(b"0")}

    def everything(self):
        """Every byte that is stored, decoded from Redis' own packing, and
        the append-only file as it lies on disk."""
        parts = []
        for key in self.keys():
            parts.append(key)
            _flatten(self._value(key), parts)
        for folder, _, names in os.walk(self.directory):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        parts.append(file.read())
        return b"\n".join(parts)

    def _value(self, key):
        kind = self.call("TYPE", key)
        if kind == b"string":
            return self.call("GET", key)
        if kind == b"hash":
            return self.call("HGETALL", key)
        if kind == b"zset":
            return self.call("ZRANGE", key, 0, -1)
        if kind == b"set":
            return self.call("SMEMBERS", key)
        if kind == b"list":
            return self.call("LRANGE", key, 0, -1)
        return self.call("XRANGE", key, "-", "+")


def _flatten(value, parts):
    if isinstance(value, list):
        for item in value:
            _flatten(item, parts)
    elif isinstance(value, bytes):
        parts.append(value)
