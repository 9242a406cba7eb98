"""Every example of docs/PULL.md, as it stands there, on a real hub.

What the examples show is compared with what they print.  Ids of events differ
from run to run: the first time one is printed it is taken for the one that the
page has there, and put in its place from then on."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import skipped
from support.browser import Browser, Page
from support.child import die_with_parent
from support.puller import act, post
from support.system import SystemTest
from support.wait import wait_until

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "PULL.md"
ADDRESS = "127.0.0.1:8080"  # of the hub in the examples
EVENT = re.compile(r"\d+-\d{13}-\d+")
# Says when a stream has begun, and what the example's list shows, whenever it
# changes.
WATCH = """<script>
window.EventSource = class extends EventSource {
    constructor(url) {
        super(url);
        this.addEventListener('open', () => say('opened'));
    }
};
document.addEventListener('DOMContentLoaded', () => {
    const list = document.getElementById('list');
    new MutationObserver(() => say('shown', {
        items: [...list.children].map(item => item.textContent),
    })).observe(list, {childList: true});
});
</script>
"""


def examples(language):
    """The fenced blocks of the language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text(),
                      re.MULTILINE | re.DOTALL)


def steps():
    """Each command of the shell with what the page shows as its output."""
    found = []
    for line in "".join(examples("console")).splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line[2:], ""])
        else:
            found[-1][1] += line
    return found


class Shell:
    """A bash whose commands share its functions and folder."""

    def __init__(self, folder):
        self._output = b""
        self._process = subprocess.Popen(
            ["bash"], cwd=folder, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while piece := self._process.stdout.read1():
            self._output += piece

    def send(self, command):
        self._process.stdin.write(command.encode())
        self._process.stdin.flush()

    def expect(self, pattern, command):
        """Waits for output that matches as a whole; returns the match."""
        def matches():
            return re.fullmatch(pattern, self._output.decode())
        try:
            found = wait_until(matches, "the output that the page shows")
        except AssertionError as error:
            raise AssertionError(f"{error}\n$ {command}"
                                 f"{self._output.decode()}") from None
        self._output = b""
        return found

    def close(self):
        """Ends what it left running, too."""
        self.send("kill $(jobs -p) 2>/dev/null\nexit\n")
        self._process.stdin.close()
        self._process.wait(30)
        self._reader.join(10)
        self._process.stdout.close()


class DocsTest(SystemTest):
    def start(self, **settings):
        self.start_system(roles=("hub", "spreader"), **settings)
        self.hub = self.system.hub

    def here(self, text):
        return text.replace(ADDRESS, self.hub.address)

    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix="websubd-docs-")
        self.addCleanup(folder.cleanup)
        (Path(folder.name) / "consumer.py").write_text(
            self.here(examples("python")[0]))
        return folder.name

    def wait_subscription(self, name):
        wait_until(lambda: {"id": name} in act(self.hub, "list"),
                   f"{name} is added")


class Shown(DocsTest):
    def test_every_example_is_run(self):
        languages = re.findall(r"^```(.+)$", DOCUMENT.read_text(),
                               re.MULTILINE)
        self.assertEqual(set(languages), {"console", "python", "html"})
        self.assertEqual((languages.count("python"), languages.count("html")),
                         (1, 1))

    def test_shell(self):
        for name in ("bash", "curl"):
            if shutil.which(name) is None:
                self.skipTest(f"{name} is not installed")
        self.start()
        shell = Shell(self.folder())
        self.addCleanup(shell.close)
        self.ids = {}  # of the page -> of this run
        for command, output in steps():
            shell.send(EVENT.sub(lambda m: self.ids[m[0]],
                                 self.here(command)))
            match = shell.expect(self.pattern(self.here(output)), command)
            self.ids.update(zip(self.new, match.groups()))
            if command.endswith("&\n"):
                self.wait_subscription("accounting")

    def pattern(self, output):
        """What the output is to match; `new` are the ids that it tells."""
        self.new = []

        def place(found):
            event = found[0]
            if event in self.ids:
                return re.escape(self.ids[event])
            if event in self.new:
                return rf"\{self.new.index(event) + 1}"
            self.new.append(event)
            return f"({EVENT.pattern})"

        parts = EVENT.split(output)
        events = [place(m) for m in EVENT.finditer(output)] + [""]
        return "".join(re.escape(part) + event
                       for part, event in zip(parts, events))

    def test_errors(self):
        self.start()
        act(self.hub, "add", id="billing")
        rows = re.findall(r"^\| `([{\[].*)` \| (\d{3}) \| (.*) \|$",
                          DOCUMENT.read_text(), re.MULTILINE)
        self.assertGreater(len(rows), 20)
        for body, status, error in rows:
            with self.subTest(body=body):
                response = post(self.hub, body.encode())
                self.assertEqual(
                    (response.status, json.loads(response.body)),
                    (int(status), {"error": error}))


class Consumer(DocsTest):
    def consumer(self, folder):
        process = subprocess.Popen(
            [sys.executable, "consumer.py"], cwd=folder,
            stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, 30)
        self.addCleanup(process.kill)
        return process

    def push(self, n):
        self.system.push("orders.created", b"%d" % n)

    def assert_handled(self, process, n):
        """Orders before it may come again, and nothing else."""
        for line in process.stdout:
            topic, number = line.split()
            self.assertEqual(topic, "orders.created")
            self.assertLessEqual(int(number), n)
            if int(number) == n:
                return
        self.fail(f"order {n} was not handled")

    def test_it_loses_nothing_whatever_dies(self):
        self.start()
        folder = self.folder()
        process = self.consumer(folder)
        self.wait_subscription("accounting")
        for n in range(0, 9, 3):
            self.push(n)
            self.assert_handled(process, n)
            process.kill()
            self.push(n + 1)
            process = self.consumer(folder)
            self.assert_handled(process, n + 1)
            self.system.program("hub").kill()
            self.system.start("hub")
            self.push(n + 2)
            self.assert_handled(process, n + 2)

    def test_it_adds_its_subscription_again(self):
        """It goes on behind what it has handled."""
        self.start()
        process = self.consumer(self.folder())
        self.wait_subscription("accounting")
        self.push(0)
        self.assert_handled(process, 0)
        act(self.hub, "remove", id="accounting")
        for n in range(1, 4):
            self.push(n)
        for n in range(1, 4):
            self.assert_handled(process, n)


class InBrowser(DocsTest):
    def setUp(self):
        self.page = Page()
        self.addCleanup(self.page.close)
        self.start(cors_origins=self.page.url)
        self.page.show(WATCH + self.here(examples("html")[0]))
        browser = Browser(self.page.url)
        self.addCleanup(browser.close)
        self.page.wait("opened")

    def wait_shown(self, *items):
        wait_until(lambda: self.page.named("shown")[-1:] ==
                   [{"event": "shown", "items": list(items)}], f"{items}")

    def test_the_page_goes_on_by_itself(self):
        """After the hub was killed, and after one that refused."""
        self.system.push("orders.created", b"1")
        self.system.push("orders.paid", b"2")
        self.wait_shown("orders.created 1", "orders.paid 2")
        self.system.program("hub").kill()
        full = self.system.start("hub", max_streams=0)
        self.system.push("orders.created", b"3")
        wait_until(lambda: full.metric("websubd_hub_limited_total",
                                       '{reason="max_streams"}'), "it is refused")
        full.terminate()
        full.close()
        self.system.start("hub")
        self.wait_shown("orders.created 1", "orders.paid 2",
                        "orders.created 3")


if __name__ == "__main__":
    skipped.main()
