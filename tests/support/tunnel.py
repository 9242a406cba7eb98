"""Proxies that remember where they were asked to connect to: HTTP with CONNECT,
or SOCKS5.  They connect to a place of their own for each name."""

import socket
import threading

from support.wait import wait_until


class Tunnel:
    def __init__(self, kind="http"):
        self.places = {}  # (host, port) by "host:port"
        self.asked = []
        self._kind = kind
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = "%s://127.0.0.1:%d" % (
            {"http": "http", "socks": "socks5h"}[kind],
            self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def wait_asked(self, place):
        wait_until(lambda: place in self.asked, f"{place} is asked for")

    def _accept(self):
        while True:
            try:
                link = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,),
                             daemon=True).start()

    def _serve(self, link):
        try:
            place = (self._http(link) if self._kind == "http"
                     else self._socks(link))
            self.asked.append(place)
            target = self.places.get(place)
            self._respond(link, target is not None)
            if target is None:
                return
            other = socket.create_connection(target, 30)
            threading.Thread(target=self._copy, args=(other, link),
                             daemon=True).start()
            with other:
                self._copy(link, other)
        except (OSError, IndexError):
            pass
        finally:
            link.close()

    @staticmethod
    def _http(link):
        head = b""
        while b"\r\n\r\n" not in head:
            head += link.recv(1) or b"\r\n\r\n"
        method, target, _ = head.split(b"\r\n")[0].decode().split()
        assert method == "CONNECT", head
        return target

    @staticmethod
    def _socks(link):
        link.recv(2 + link.recv(2, socket.MSG_PEEK)[1])
        link.sendall(b"\x05\x00")
        assert link.recv(4) == b"\x05\x01\x00\x03", "by name"
        name = link.recv(link.recv(1)[0]).decode()
        return f"{name}:{int.from_bytes(link.recv(2), 'big')}"

    def _respond(self, link, fine):
        if self._kind == "http":
            link.sendall(b"HTTP/1.1 200 Connected\r\n\r\n" if fine else
                         b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        else:
            link.sendall(b"\x05" + (b"\x00" if fine else b"\x02") +
                         b"\x00\x01\x00\x00\x00\x00\x00\x00")

    @staticmethod
    def _copy(source, sink):
        try:
            while (data := source.recv(65536)):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
