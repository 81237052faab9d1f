"""A copy of the checkout, commands run in it, and a service started from it."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
KERNELS = Path("index", "codec", "kernels")

# Setting up an environment downloads packages.
PATIENCE = 600


def copy_checkout(target: Path) -> None:
    """Copy what a commit of everything would hold: the tracked files, and those that are not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listing.stdout.split("\0")):
        if (PROJECT / name).exists():  # git still lists a file that was deleted and not committed
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, target / name, follow_symlinks=False)


def lend_kernels(installed: Path, cache: Path) -> None:
    """Fill the cache of kernels that are a copy of this checkout's: to compile them once more takes minutes.

    numba takes what it finds in a cache where the kernel's file has the same size and the same time.
    """
    for file in (PROJECT / KERNELS).glob("*.py"):
        shutil.copystat(file, installed / file.name)
    shutil.copytree(PROJECT / KERNELS / "__pycache__", cache, ignore=shutil.ignore_patterns("*.pyc"))


def newcomers_environment() -> dict[str, str]:
    """Return the environment of somebody who has Python and has not heard of Dateline.

    Without this run's virtual environment, that is: its commands must not stand in for missing ones.
    """
    own = str(Path(sys.executable).parent)
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATELINE_", "PYTEST_", "COV_")) and name != "VIRTUAL_ENV"
    }
    if sys.prefix != sys.base_prefix:
        kept = [folder for folder in environment["PATH"].split(os.pathsep) if folder != own]
        environment["PATH"] = os.pathsep.join(kept)
    # The Python of this run is the one to test with.
    environment["PYTHON"] = str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}"))
    return environment


def run(
    command: Sequence[object], *, cwd: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; it has nobody to ask, and leaves no process behind if it takes too long."""
    with subprocess.Popen(
        list(map(str, command)),
        cwd=cwd,
        env=newcomers_environment() if environment is None else environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=PATIENCE)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def is_free(port: int) -> bool:
    """Say whether nothing listens on a port of this machine."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def get(port: int, path: str) -> tuple[int, str]:
    """Return the status and the text of an answer."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


class Service:
    """A process that serves: what it has written so far, and how it ends."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self._log = log

    def output(self) -> str:
        """Return what the process has written."""
        return self._log.read_text()

    def wait_until_healthy(self) -> None:
        """Wait for the first answer of /healthz; fails when the process ends instead."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output()
            with contextlib.suppress(OSError):
                assert get(self.port, "/healthz")[0] == 200
                return
            time.sleep(0.02)
        raise AssertionError(f"no answer:\n{self.output()}")

    def stop(self) -> int:
        """Send SIGTERM to the process that was started, not to its children, and return its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(timeout=40)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


@contextlib.contextmanager
def serving(
    command: Sequence[object], port: int, log: Path, *, cwd: Path, environment: Mapping[str, str]
) -> Iterator[Service]:
    """Start a command that serves on `port`, wait until it answers, and stop it in the end."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            list(map(str, command)),
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        service = Service(process, port, log)
        try:
            service.wait_until_healthy()
            yield service
        finally:
            service.stop()
