"""dev/packages.sh with a system that is made up: a folder of commands is all
that it finds."""

import os
import shutil
import subprocess
import tempfile
import unittest

FOLDER = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
DPKG = 'case $2 in {}) echo "Status: install ok installed" ;; *) false ;; esac'
ALL = "gcc | libc6-dev | cmake | ninja-build | pkg-config | lib*-dev | " \
      "uthash-dev | libjs-dygraphs | check | openssl | python3"
LINE = "apt-get update && apt-get install -q -y --no-install-recommends"


class Packages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="websubd-packages-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for name in ("bash", "env", "grep"):
            os.symlink(shutil.which(name), os.path.join(self.folder, name))
        self.command("id", "echo 1000")
        self.command("dpkg", DPKG.format(ALL))
        self.command("apt-cache", "[ $2 = libllhttp-dev ]")
        self.command("apt-get", 'echo "apt-get $*"')
        for name in ("redis-server", "redis-cli"):
            self.command(name, "true")

    def command(self, name, script):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(f"#!{self.folder}/bash\n{script}\n")
        os.chmod(path, 0o755)

    def missing(self, *names):
        for name in names:
            os.unlink(os.path.join(self.folder, name))

    def run_shell(self, script, **environment):
        done = subprocess.run(
            [os.path.join(self.folder, "bash"), "-euc",
             f". dev/packages.sh; {script}"], cwd=FOLDER, text=True,
            capture_output=True, timeout=60, check=False,
            env={"PATH": self.folder, **environment})
        return done.returncode, done.stdout, done.stderr

    def install(self, **environment):
        return self.run_shell("install_packages", **environment)

    def assert_told(self, packages, result):
        code, out, error = result
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(error.splitlines()[-1], f"{LINE} {packages}")

    def test_nothing_is_said_when_nothing_is_missing(self):
        self.assertEqual(self.install(), (0, "", ""))

    def test_a_user_without_sudo_gets_the_line_for_an_administrator(self):
        self.command("dpkg", DPKG.format("gcc | libc6-dev | python3"))
        code, out, error = self.install()
        self.assertEqual((code, out), (1, ""))
        line = error.splitlines()[-1]
        self.assertTrue(line.startswith(f"{LINE} cmake ninja-build "), line)
        self.assertTrue(line.endswith(" check openssl libllhttp-dev"), line)

    def test_a_user_whom_sudo_refuses_gets_it_too(self):
        self.command("dpkg", DPKG.format(ALL.replace("check | ", "")))
        self.command("sudo", "echo 'not in the sudoers file' >&2; false")
        self.assert_told("check", self.install())

    def test_a_user_of_sudo_installs(self):
        self.command("dpkg", DPKG.format(ALL.replace("check | ", "")))
        self.command("sudo", '[ "$1" = -v ] || "$@"')
        code, out, error = self.install()
        self.assertEqual((code, error), (0, ""))
        self.assertEqual(out.splitlines()[-1],
                         "apt-get install -q -y --no-install-recommends check")

    def test_root_needs_no_sudo(self):
        self.command("id", "echo 0")
        self.command("dpkg", DPKG.format(ALL.replace("check | ", "")))
        code, out, error = self.install()
        self.assertEqual((code, error), (0, ""))
        self.assertEqual(len(out.splitlines()), 3)

    def test_a_failed_install_fails(self):
        self.command("id", "echo 0")
        self.command("apt-get", "[ $1 = update ]")
        self.missing("redis-cli")
        self.assertNotEqual(self.install()[0], 0)

    def test_clients_and_checks_are_told_alike(self):
        for step, packages in (("install_client_packages", "nodejs npm curl zsh"),
                               ("install_browser_packages", "chromium"),
                               ("install_check_packages",
                                "git clang-format clang-tidy"),
                               ("install_metrics_packages", "prometheus"),
                               ("install_unit_packages", "systemd"),
                               ("install_schema_packages",
                                "python3-jsonschema python3-yaml"),
                               ("install_fuzz_packages",
                                "clang libclang-rt-dev")):
            with self.subTest(step=step):
                self.assert_told(packages, self.run_shell(step))

    def test_the_server_that_is_here_serves(self):
        self.missing("redis-server", "redis-cli")
        self.assert_told("redis-server redis-tools", self.install())
        self.assert_told("valkey-server valkey-tools", self.install(
            WEBSUBD_REDIS_SERVER="valkey-server"))
        for name in ("valkey-server", "valkey-cli"):
            self.command(name, "true")
        self.assertEqual(self.install(), (0, "", ""))
        self.assertEqual(self.run_shell("redis_server; redis_tool cli")[1],
                         "valkey-server\nvalkey-cli\n")

    def test_a_server_named_by_its_path_needs_no_package(self):
        self.missing("redis-server", "redis-cli")
        for name in ("valkey-server", "valkey-cli"):
            self.command(name, "true")
        path = os.path.join(self.folder, "valkey-server")
        self.assertEqual(self.install(WEBSUBD_REDIS_SERVER=path), (0, "", ""))
        self.assertEqual(self.run_shell("redis_tool cli",
                                        WEBSUBD_REDIS_SERVER=path)[1],
                         os.path.join(self.folder, "valkey-cli") + "\n")

    def test_the_parser_has_a_name_without_package_lists(self):
        self.command("dpkg", DPKG.format("gcc"))
        self.command("apt-cache", "false")
        self.assertRegex(self.install()[2].splitlines()[-1],
                         " lib(llhttp|http-parser)-dev$")


if __name__ == "__main__":
    unittest.main()
