"""Fixtures of the tests of the index."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.index.job.killing import Killer

# Runs Python code as a user whom permissions bind, with a folder of that user's as its first argument; returns what it
# printed.
RunWithoutRights = Callable[..., str]

NOBODY = 65534


@pytest.fixture
def run_without_rights() -> Iterator[RunWithoutRights]:
    """Run code as somebody whom permissions bind: as nobody where the tests run as root."""
    prefix: list[str] = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root can read everything, and there is no setpriv to become somebody else")
        prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    # Not pytest's folder for temporary files, which is closed to others.
    with tempfile.TemporaryDirectory() as folder:
        if prefix:
            os.chown(folder, NOBODY, NOBODY)

        def run(code: str, *arguments: str | Path) -> str:
            command = [*prefix, sys.executable, "-B", "-c", code, folder, *map(str, arguments)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
            assert done.returncode == 0, done.stderr
            return done.stdout

        environment = os.environ | {"HOME": folder, "NUMBA_CACHE_DIR": str(Path(folder) / "numba")}
        try:
            run("import index.sources")
        except AssertionError:
            pytest.skip("a user without rights cannot run this Python")
        yield run


@pytest.fixture(scope="session")
def killer() -> Iterator[Killer]:
    """What starts runs and kills them; it takes seconds to load what they need."""
    with Killer() as killer:
        yield killer
