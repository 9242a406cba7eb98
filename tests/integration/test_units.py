"""The units of systemd: they are valid, name programs and settings that there
are, give few rights, and their filter ends what goes beyond it."""

import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from support import filtered, programs

FOLDER = os.path.dirname(os.path.dirname(filtered.RIGHTS))
UNITS = sorted(glob.glob(os.path.join(FOLDER, "*.service")))
DOCUMENT = os.path.join(FOLDER, "../../docs/CONFIG.md")
# systemd's sum of what a service may do, of 100; a service that reads the
# internet can't have less than 10.
EXPOSURE_MAX = 15
CALLS = {
    "a socket of packets": "import socket; socket.socket(socket.AF_PACKET)",
    "memory to be written and executed":
        "import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE|mmap.PROT_EXEC)",
    "another user": "import os; os.setuid(os.getuid())",
    "a mount": "import ctypes; ctypes.CDLL(None).mount(0, 0, 0, 0, 0)",
    "another process's memory":
        "import ctypes; ctypes.CDLL(None).ptrace(16, 1, 0, 0)",
}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Units(unittest.TestCase):
    def setUp(self):
        if filtered.missing() is not None:
            self.skipTest(filtered.missing())

    def copies(self):
        """The units, in a folder of their own, with the programs of this
        build."""
        folder = tempfile.mkdtemp(prefix="websubd-units-")
        self.addCleanup(shutil.rmtree, folder)
        shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
        for unit in UNITS:
            name = os.path.basename(unit)
            program = os.path.abspath(
                programs.binary(name.removesuffix(".service")))
            text = read(unit)
            with open(os.path.join(folder, name), "w",
                      encoding="utf-8") as file:
                file.write(re.sub(r"^ExecStart=\S+", f"ExecStart={program}",
                                  text, flags=re.M))
        return folder

    def analyze(self, verb, *arguments):
        folder = self.copies()
        paths = [os.path.join(folder, os.path.basename(unit))
                 for unit in UNITS]
        return subprocess.run(
            ["systemd-analyze", "--no-pager", verb, *arguments, *paths],
            text=True, capture_output=True, check=False,
            env={**os.environ, "SYSTEMD_UNIT_PATH": folder + ":"})

    def test_each_program_has_a_valid_unit(self):
        self.assertEqual([os.path.basename(unit) for unit in UNITS],
                         ["websub-deliver.service", "websub-hub.service",
                          "websub-spreader.service"])
        done = self.analyze("verify", "--man=no")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_they_have_few_rights(self):
        done = self.analyze("security", "--offline=yes",
                            f"--threshold={EXPOSURE_MAX}")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_what_they_set_is_a_setting(self):
        known = set(re.findall(r"^\| `(\w+)`", read(DOCUMENT), re.M))
        for path in [*UNITS, filtered.RIGHTS]:
            for name in re.findall(r"Environment=WEBSUB_(\w+)=", read(path)):
                if name != "CONFIG":
                    self.assertIn(name.lower(), known, path)

    def test_the_filter_ends_what_goes_beyond_it(self):
        for what, code in CALLS.items():
            with self.subTest(what):
                done = subprocess.run(
                    [sys.executable, filtered.__file__, "exec",
                     sys.executable, "-c", code], check=False)
                self.assertEqual(done.returncode, -signal.SIGSYS)


if __name__ == "__main__":
    unittest.main()
