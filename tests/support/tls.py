"""Certificates, and subscribers that are reached by TLS.

    authority = Authority()                     # a CA; .path is its PEM file
    subscriber = authority.subscriber("cb.test")
"""

import os
import shutil
import ssl
import subprocess
import tempfile
import warnings

from support.subscriber import Subscriber

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
          "-nodes")


def _openssl(*words, text=None):
    subprocess.run(["openssl", *words], check=True, capture_output=True,
                   input=text, text=True, timeout=30)


class TlsSubscriber(Subscriber):
    """What is asked of clients, and shown to them, is in the context."""

    def __init__(self, context, host="127.0.0.1"):
        self._context = context
        self.names = []  # of clients' certificates
        self.versions = []
        self.refused = 0  # handshakes
        super().__init__(host)
        self.url = f"https://{host}:{self.port}"

    def get_request(self):
        link, address = super().get_request()
        link.settimeout(30)
        try:
            link = self._context.wrap_socket(link, server_side=True)
        except (ssl.SSLError, OSError):
            self.refused += 1
            link.close()
            raise
        self.versions.append(link.version())
        shown = link.getpeercert()
        if shown:
            self.names.append(dict(x[0] for x in shown["subject"])
                              ["commonName"])
        return link, address


class Authority:
    """A CA of its own, in a folder that close() removes."""

    def __init__(self, name="Test authority"):
        self._folder = tempfile.mkdtemp(prefix="websubd-tls-")
        self.path, self._key = self._file("ca.pem"), self._file("ca.key")
        _openssl("req", "-x509", *_CURVE, "-keyout", self._key, "-out",
                 self.path, "-subj", f"/CN={name}", "-days", "2")

    def close(self):
        shutil.rmtree(self._folder)

    def _file(self, name):
        return os.path.join(self._folder, name)

    def issue(self, name, expired=False):
        """The paths of a certificate for that name, and of its key."""
        cert, key = self._file(f"{name}.pem"), self._file(f"{name}.key")
        request, about = self._file("request"), self._file("about")
        _openssl("req", *_CURVE, "-keyout", key, "-out", request, "-subj",
                 f"/CN={name}")
        with open(about, "w", encoding="ascii") as file:
            file.write(f"subjectAltName=DNS:{name}\n")
        # One that ended yesterday: openssl x509 takes no dates before 3.4.
        days = "-1" if expired else "2"
        _openssl("x509", "-req", "-in", request, "-CA", self.path, "-CAkey",
                 self._key, "-CAcreateserial", "-out", cert, "-days", days,
                 "-extfile", about)
        return cert, key

    def context(self, name, expired=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(name, expired))
        return context

    def subscriber(self, name, expired=False):
        return TlsSubscriber(self.context(name, expired))

    def strict_subscriber(self, name):
        """It wants a certificate of this authority from its clients."""
        context = self.context(name)
        context.load_verify_locations(self.path)
        context.verify_mode = ssl.CERT_REQUIRED
        return TlsSubscriber(context)

    def old_subscriber(self, name, version):
        """It speaks that version and no later one."""
        context = self.context(name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it is old
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
        return TlsSubscriber(context)
