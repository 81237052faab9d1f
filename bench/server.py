"""Servers as they are run, and what their processes take of the machine: for what is measured over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
# As long as kernels take that have to be compiled first.
_START_SECONDS = 180
_STOP_SECONDS = 40
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers, at an address such as http://127.0.0.1:8000."""

    address: str
    process: subprocess.Popen[bytes]

    def workers(self) -> list[int]:
        """Return the processes that answer: those that the first one has started, or itself."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return [int(child) for child in children] or [pid]

    def processor_seconds(self) -> float:
        """Return the processors' time that its workers have had so far."""
        return sum(_processor_seconds(pid) for pid in self.workers())


def _processor_seconds(pid: int) -> float:
    # The name of a program may have spaces and parentheses in it; it is the second field.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


def memory_bytes(pid: int) -> tuple[int, int]:
    """Return the memory of a process, its share of what it has in common with others (PSS), and all of it (RSS)."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
        name, _, value = line.partition(":")
        found[name] = int(value.split()[0]) * 1024
    return found["Pss"], found["Rss"]


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def dateline(index: Path, log: Path, workers: int = 2, **settings: object) -> Iterator[Server]:
    """Serve an index by gunicorn as `scripts/serve` does; its requests are logged to a file, as they always are."""
    given = {"DATELINE_INDEX": index.resolve(), "DATELINE_WORKERS": workers, **settings}
    command = [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn.conf.py", "service:create_app()"]
    with running(command, log, "/api/search?q=a", {name: str(value) for name, value in given.items()}) as server:
        # The first process to answer may have been started before the last.
        end = time.monotonic() + _START_SECONDS
        while len(server.workers()) < workers and time.monotonic() < end:
            time.sleep(0.05)
        yield server


@contextmanager
def running(command: Sequence[str], log: Path, path: str, settings: Mapping[str, str]) -> Iterator[Server]:
    """Run a server until the block ends; it is told its port by DATELINE_PORT or by {port} in its command.

    `path` is what it has to answer before the block begins. Raises `RuntimeError` where it does not.
    """
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [part.format(port=port) for part in command],
            cwd=PROJECT,
            env=kept | dict(settings) | {"DATELINE_PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        server = Server(f"http://127.0.0.1:{port}", process)
        try:
            _wait(server, path, log)
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(server: Server, path: str, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with urllib.request.urlopen(server.address + path, timeout=_START_SECONDS):  # noqa: S310 -- made above
                return
        except urllib.error.HTTPError as error:
            error.close()
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.1)
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"{server.process.args!r} does not answer at {path}:\n{said}")
