"""websub-hub ctl completion: what TAB does in bash and zsh."""

import os
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import skipped
from support.ctl import Ctl
from support.shell import Shell

CTL = "websub-hub ctl "
ALL = "\033*"  # bash inserts all that may stand there


class Completion:
    """In the shell `name`."""

    name = None

    @classmethod
    def setUpClass(cls):
        if shutil.which(cls.name) is None:
            raise unittest.SkipTest(f"{cls.name} is not installed "
                                    "(client_packages of dev/packages.sh)")
        cls.ctl = Ctl(None, url="http://127.0.0.1:1")
        cls.shell = Shell(cls.name, cls.ctl.text("completion", cls.name))
        cls.addClassCleanup(cls.shell.close)

    def section(self, title, *words):
        """The first words of the lines of a section of the help."""
        lines = self.ctl.text(*words, "--help").split(f"\n{title}")[1]
        return [line.split()[0] for line in
                lines.split("\n\n")[0].splitlines()[1:]]

    def complete(self, line):
        """The line after TAB, without a blank at its end."""
        return self.shell.complete(CTL + line).removeprefix(CTL).rstrip(" ")

    def assert_completed(self, *lines):
        for line, whole in lines:
            with self.subTest(line=line):
                self.assertEqual(self.complete(line), whole)

    def test_each_command_is_completed(self):
        commands = self.section("Commands:")
        self.assertGreater(len(commands), 20)
        longer = [command for command in commands if not any(
            other != command and other.startswith(command[:-1])
            for other in commands)]
        self.assertGreater(len(longer), 10)
        self.assert_completed(*((command[:-1], command) for command in longer))
        self.assertEqual(self.shell.complete("websub-hub c"), CTL)

    def test_each_option_of_each_command_is_completed(self):
        for command in self.section("Commands:"):
            options = self.section("Options:", command)
            self.assertGreaterEqual(len(options), 4)
            for option in options:
                name, equals, _ = option.partition("=")
                if any(other.startswith(f"{name}-") for other in options):
                    equals = ""  # --token is --token-file's beginning
                self.assert_completed(
                    (f"{command} {name[:-1]}", f"{command} {name}{equals}"))

    def test_values_are_completed_in_both_forms(self):
        for form in ("=", " "):
            self.assert_completed(
                (f"subscriptions --state{form}su",
                 f"subscriptions --state{form}suspended"),
                (f"replays --state{form}ru", f"replays --state{form}running"),
                (f"hosts --breaker{form}o", f"hosts --breaker{form}open"),
                (f"audit --limit{form}7 --method{form}PU",
                 f"audit --limit{form}7 --method{form}PUT"))

    def test_options_may_stand_before_the_command(self):
        for before in ("--json", "--url http://x", "--url=http://x",
                       "--token-file 'my token'", "--token-file my\\ token",
                       "--json --url unix:/x --token-file=t"):
            self.assert_completed(
                (f"{before} dead-letters-pu", f"{before} dead-letters-purge"),
                (f"{before} subscriptions --sta",
                 f"{before} subscriptions --state="),
                (f"{before} subscriptions --state pau",
                 f"{before} subscriptions --state paused"))
        self.assert_completed(("--js", "--json"), ("--ur", "--url="))

    def test_words_and_files_are_completed(self):
        for file in ("list.jsonl", "token"):
            with open(os.path.join(self.shell.folder, file), "w"):
                pass
        self.assert_completed(
            ("health f", "health fsck"), ("completion z", "completion zsh"),
            ("import li", "import list.jsonl"),
            ("--token-file to", "--token-file token"),
            ("audit --token-file to", "audit --token-file token"),
            ("audit --token-file=to", "audit --token-file=token"))

    def test_where_any_text_may_stand_nothing_is_completed(self):
        self.assert_completed(
            ("subscriptions --topic sub", "subscriptions --topic sub"),
            ("--url st", "--url st"), ("pause -- --js", "pause -- --js"),
            ("frob --sta", "frob --sta"))


class Bash(Completion, unittest.TestCase):
    name = "bash"

    def test_a_value_is_completed_by_values_only(self):
        self.assertEqual(self.shell.complete(f"{CTL}hosts --breaker ", ALL),
                         f"{CTL}hosts --breaker closed open ")
        self.assertEqual(
            self.shell.complete(f"{CTL}subscriptions --host ", ALL),
            f"{CTL}subscriptions --host ")


class Zsh(Completion, unittest.TestCase):
    name = "zsh"

    def test_the_script_may_be_in_a_folder_of_functions(self):
        with open(os.path.join(self.shell.folder, "_websub-hub"), "w") as file:
            file.write(self.ctl.text("completion", "zsh"))
        self.addCleanup(os.unlink, file.name)
        shell = Shell("zsh", f"fpath=('{self.shell.folder}' $fpath)\n"
                             "compinit -u -D")
        self.addCleanup(shell.close)
        for _ in range(2):
            self.assertEqual(shell.complete(f"{CTL}hosts --brea"),
                             f"{CTL}hosts --breaker=")


if __name__ == "__main__":
    skipped.main()
