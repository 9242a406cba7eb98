"""A certificate for the sink, and programs that trust it.

libcurl takes the system's list of authorities and has no variable for another,
so ours is put in its place for this process and its children only, by a mount
in a namespace of their own."""

import ctypes
import os
import subprocess
import tempfile

_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_NEWNS, _NEWUSER = 0x00020000, 0x10000000
_BIND, _PRIVATE = 0x1000, 0x44000  # MS_BIND; MS_PRIVATE and MS_REC


class Certificate:
    """Self-signed, for 127.0.0.1; `pem` has the key too."""

    def __init__(self):
        handle, self.pem = tempfile.mkstemp(prefix="websubd-bench-tls-")
        os.close(handle)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
             "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", self.pem, "-out", self.pem], check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def trust(self):
        """Makes this process, which has one thread still, and its children
        trust it; False where the system does not allow that."""
        libc = ctypes.CDLL(None, use_errno=True)
        return (os.path.exists(_AUTHORITIES) and
                (libc.unshare(_NEWNS) == 0 or
                 libc.unshare(_NEWUSER | _NEWNS) == 0) and
                libc.mount(None, b"/", None, _PRIVATE, None) == 0 and
                libc.mount(self.pem.encode(), _AUTHORITIES.encode(), None,
                           _BIND, None) == 0)

    def close(self):
        os.unlink(self.pem)
