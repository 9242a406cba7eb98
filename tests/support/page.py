"""A page in headless Chromium, driven by playwright-core (tests/e2e/driver.js).

    page = Page()
    page.open(url, width=400, theme="dark")
    page.click('role=button[name="Purge"]')

Places are Playwright's: `role=`, `text=`, CSS.  Each call waits for what it is
about, 10 s at most.  Where Chromium, node or the packages are missing the test is
skipped."""

import json
import os
import shutil
import subprocess
import unittest

from support.child import die_with_parent
from support.npm import installed
from support.programs import binary

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e")


class Page:
    def __init__(self):
        program = shutil.which("chromium")
        if program is None:
            raise unittest.SkipTest("chromium is not installed "
                                    "(browser_packages of dev/packages.sh)")
        packages = installed(os.path.abspath(_FOLDER))
        self._process = subprocess.Popen(
            ["node", os.path.join(_FOLDER, "driver.js"), packages, program],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=die_with_parent)

    def _do(self, name, **words):
        self._process.stdin.write(json.dumps({"name": name, **words}) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        if "error" in reply:
            raise AssertionError(f"{name} {words}: {reply['error']}")
        return reply["value"]

    def open(self, url, width=1400, theme="light"):
        """In a profile of its own."""
        self._do("open", url=url, width=width, theme=theme)

    def go(self, place):
        """To another panel: what stands behind `#`."""
        self._do("go", hash=place)

    def click(self, at):
        self._do("click", at=at)

    def button(self, name):
        self._do("click", at=f'role=button[name="{name}"]')

    def fill(self, at, text):
        self._do("fill", at=at, text=text)

    def field(self, label, text):
        self._do("fill", at=f'role=textbox[name="{label}"]', text=text)

    def choose(self, at, text):
        self._do("choose", at=at, text=text)

    def press(self, key):
        self._do("press", key=key)

    def hover(self, at):
        self._do("hover", at=at)

    def see(self, at):
        self._do("see", at=at)

    def read(self, text):
        """Waits until the text stands in the page's main part."""
        self._do("see", at=f"main >> text={text}")

    def gone(self, at):
        self._do("gone", at=at)

    def text(self, at="main"):
        return self._do("text", at=at)

    def count(self, at):
        return self._do("count", at=at)

    def evaluate(self, script):
        return self._do("evaluate", script=script)

    def shot(self, name):
        """A picture of the whole page, in the folder `screenshots` of the
        build."""
        build = os.path.dirname(os.path.dirname(
            os.path.abspath(binary("websub-hub"))))
        folder = os.path.join(build, "screenshots")
        os.makedirs(folder, exist_ok=True)
        self._do("shot", file=os.path.join(folder, name + ".png"))

    def violations(self):
        """Of the rules of axe-core."""
        return self._do("violations")

    def problems(self):
        """What the console, the policy or a dialog said since the last call."""
        return self._do("problems")

    def close(self):
        self._do("close")
        self._process.wait(timeout=30)
        self._process.stdin.close()
        self._process.stdout.close()
