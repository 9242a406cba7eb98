"""Packages of npm, such as the clients of tests/clients/package.json, installed
from its registry into a folder beside the programs' build, once for each lock
file."""

import hashlib
import os
import shutil
import subprocess
import tempfile
import unittest

from support.client import FOLDER
from support.programs import binary

_UNREACHABLE = ("SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_GET_ISSUER_CERT",
                "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET",
                "ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT",
                "ERR_SOCKET_TIMEOUT")
_LIMIT_S = 240


def installed(folder=FOLDER):
    """The folder whose node_modules has the packages of folder/package.json.  Skips the test when
    there is no nodejs or npm, or when the registry can't be reached."""
    for name in ("node", "npm"):
        if shutil.which(name) is None:
            raise unittest.SkipTest(
                f"{name} is not installed (client_packages of "
                "dev/packages.sh)")
    programs = os.path.dirname(os.path.abspath(binary("websub-hub")))
    target = os.path.join(os.path.dirname(programs),
                          f"{os.path.basename(folder)}-{_lock_digest(folder)}")
    if not os.path.isdir(target):
        _install(folder, target)
    return target


def _lock_digest(folder):
    with open(os.path.join(folder, "package-lock.json"), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:12]


def _install(folder, target):
    """Installs beside the target and moves it there when it is whole."""
    part = tempfile.mkdtemp(prefix="clients-part-",
                            dir=os.path.dirname(target))
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(folder, name), part)
        _npm_ci(part)
        os.rename(part, target)
    except OSError:
        if not os.path.isdir(target):  # else another run was quicker
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _npm_ci(folder):
    words = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
             "--fetch-retries=1", "--fetch-timeout=20000"]
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True,
                              text=True, timeout=_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise unittest.SkipTest("npm's registry does not answer") from None
    if done.returncode == 0:
        return
    for code in _UNREACHABLE:
        if code in done.stderr:
            raise unittest.SkipTest(
                f"npm's registry can't be reached ({code})")
    raise AssertionError(f"npm ci failed:\n{done.stderr}")
