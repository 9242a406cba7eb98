"""URLs that lead, or might be taken to lead, to addresses that nobody may be
sent to."""

import ipaddress

TARGETS = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1",
           "172.16.0.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "198.18.0.1",
           "255.255.255.255", "192.0.2.1", "127.255.255.254"]
V6 = ["::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1",
      "2001:db8::1", "100::1", "0:0:0:0:0:0:0:1", "0000::0001", "::0:1",
      "2001:10::1", "5f00::1"]
PUBLIC = "1.2.3.4"


def _v4(text):
    a, b, c, d = (int(part) for part in text.split("."))
    number = int(ipaddress.ip_address(text))
    wide = text.translate({ord("0") + n: 0xff10 + n for n in range(10)})
    dot = text.replace(".", "\u3002")
    return [
        text, text + ".", f"{a}.{b}.{c * 256 + d}", f"{a}.{number & 0xffffff}",
        f"{number}", f"0x{number:x}", f"0X{number:X}", f"0{number:o}",
        f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"0{a:o}.{b}.0x{c:x}.{d}", f"0x{a:x}.{b}.{c}.{d}",
        f"{a:03}.{b:03}.{c:03}.{d:03}", f"0000{a:o}.{b}.{c}.{d}",
        f"0x000000{a:x}.{b}.{c}.{d}", f"{number + 2 ** 32}",
        f"{a + 256}.{b}.{c}.{d}", f"{a}.{b}.{c}.{d}.", f"{a}..{b}.{c}.{d}",
        "".join(f"%{ord(char):02x}" for char in text),
        text.replace(".", "%2e"), _percent(wide), _percent(dot),
        wide, dot, text + "%00", text + "%00.example",
    ]


def _percent(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _v6_of(text):
    number = int(ipaddress.ip_address(text))
    high, low = f"{number >> 16:x}", f"{number & 0xffff:x}"
    return [f"[::ffff:{text}]", f"[::ffff:{high}:{low}]", f"[::{text}]",
            f"[0:0:0:0:0:ffff:{high}:{low}]", f"[64:ff9b::{text}]",
            f"[64:ff9b::{high}:{low}]", f"[64:ff9b:1::{text}]",
            f"[2002:{high}:{low}::1]", f"[::ffff:0:{text}]",
            f"[2001:0:{high}:{low}::1]",
            f"[2001:0:1:2:3:4:{number >> 16 ^ 0xffff:x}:"
            f"{number & 0xffff ^ 0xffff:x}]"]


def hosts():
    """What may stand for a host in a URL."""
    found = []
    for target in TARGETS:
        found += _v4(target) + _v6_of(target)
    for target in V6:
        found += [f"[{target}]", f"[{target}%25lo]", f"[{target}%lo]",
                  f"[{target}%251]", target, f"[{target}", f"%5b{target}%5d"]
    return found + ["localhost", "LOCALHOST", "localhost.", "localhost%00",
                    "ip6-localhost", "a.localhost", "127.1", "127.0.1", "0",
                    "0x0", "00", "017700000001", "2130706433", "1e0"]


def odd_urls(port):
    """Of which a reader may believe that they lead elsewhere."""
    place = f"127.0.0.1:{port}"
    public = f"{PUBLIC}:{port}"
    return [
        f"http://{public}@{place}/", f"http://{public}:x@{place}/",
        f"http://{place}\\@{public}/", f"http://{public}\\@{place}/",
        f"http://{place}#@{public}/", f"http://{public}#@{place}/",
        f"http://{place}?@{public}/", f"http://{place}%23@{public}/",
        f"http://{public}%40{place}/", f"http:\\\\{place}/",
        f"http:/{place}/", f"http:{place}/", f"http:///{place}/",
        f"//{place}/", f"http://{place}%2f@{public}/", f"HTTP://{place}/",
        f"http://{public}\t@{place}/", f"http://{public} {place}/",
        f"http://{public}\r\nHost: {place}/", f"http://[{place}]/",
        f"http://@{place}/", f"http://:@{place}/", f"http://{place}:80:80/",
        f"http://127.0.0.1:{port + 65536}/", f"http://127.0.0.1:0{port}/",
        f"http://127.0.0.1:+{port}/", f"file://{place}/etc/passwd",
        f"gopher://{place}/_", f"ftp://{place}/", f"dict://{place}/",
        f"unix://{place}/", f"http+unix://{place}/", f"http://./",
        f"http://../", f"http://%/", f"http://*:{port}/",
    ]


def urls(port):
    return ([f"http://{host}:{port}/" for host in hosts()] +
            odd_urls(port))


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _embedded(address):
    """The IPv4 address in an IPv6 one, or the address itself."""
    if address.version == 4:
        return address
    if address in _NAT64:
        return ipaddress.ip_address(int(address) & 0xffffffff)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (
        teredo[1] if teredo else address)


def is_refused(address):
    """Whether nobody may be sent to that address, or to the one in it."""
    found = _embedded(ipaddress.ip_address(address))
    return not found.is_global or found.is_multicast
