"""Headless Chromium on a page that the test serves.

    page = Page()
    page.show(html)
    browser = Browser(page.url)
    page.wait("opened")

What happens in a page it says itself: say(EVENT, FIELDS) of SAY, which stands in
each.  Every Browser is a process of its own with an empty profile."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from support.child import die_with_parent
from support.httpd import Answer, Server
from support.wait import wait_until

# One after the other, so that they are said in their order.
SAY = """<script>
let said = Promise.resolve();
function say(event, fields) {
    const body = JSON.stringify({event, ...fields});
    said = said.then(() => fetch('/said', {method: 'POST', body}));
}
</script>
"""
_FLAGS = ("--headless=new", "--no-sandbox", "--no-first-run",
          "--no-proxy-server", "--disable-gpu", "--disable-dev-shm-usage",
          "--disable-background-networking", "--disable-component-update",
          "--disable-sync", "--disable-extensions", "--password-store=basic")


class Page:
    """A page, and what it said.  Its URL is an origin of its own, which is known
    before it is shown."""

    def __init__(self):
        self._server = Server()
        self.url = self._server.url
        self.said = []
        self._server.resources["/said"] = self._listen

    def show(self, html):
        self._server.resources["/"] = lambda _: Answer(
            200, (SAY + html).encode(),
            {"Content-Type": "text/html; charset=utf-8"})

    def _listen(self, request):
        self.said.append(json.loads(request.body))
        return Answer(204)

    def named(self, name):
        return [said for said in list(self.said) if said["event"] == name]

    def wait(self, name, count=1):
        """Waits for that many events of the name; returns them all."""
        wait_until(lambda: len(self.named(name)) >= count,
                   f"{count} '{name}' of the page; so far {self.said}")
        return self.named(name)

    def close(self):
        self._server.close()


class Browser:
    def __init__(self, url):
        program = shutil.which("chromium")
        if program is None:
            raise unittest.SkipTest("chromium is not installed "
                                    "(browser_packages of dev/packages.sh)")
        self._profile = tempfile.mkdtemp(prefix="websubd-browser-")
        self._process = subprocess.Popen(
            [program, *_FLAGS, f"--user-data-dir={self._profile}", url],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=die_with_parent,
            env={**os.environ, "HOME": self._profile})

    def close(self):
        """Ends it with all its processes, and forgets its profile."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=30)
        shutil.rmtree(self._profile, ignore_errors=True)
