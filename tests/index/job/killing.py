"""Runs of the indexing job that are killed, by the hundred: a process of its own that starts them, and how it is asked.

Python, the kernels and the parsers take two seconds to load, a small run a fifth. So one process has loaded them all,
and forks one that runs for each run; the processes that parse come from a server that they all share. What is killed is
killed by the system.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from multiprocessing import forkserver
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from index.errors import DatelineError
from index.job.parsing import NOT_STARTED
from tests.conftest import ROOT


class Ended(NamedTuple):
    """How a run ended: whether it was killed, what it said if it failed, and how long it took."""

    killed: bool
    error: str
    seconds: float


class Killer:
    """Starts runs and kills them; `parsing` are the processes that parse for a run that may be dead."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.index.job.killing"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._server = 0
        return self

    def run(
        self,
        folder: Path,
        index: Path,
        *,
        rebuild: bool,
        after: float = 60.0,
        at_step: int = 0,
        file_size: int | None = None,
        edit: tuple[str, dict[str, str] | None] | None = None,
    ) -> Ended:
        """Run once; it is killed after some seconds, or at one of the steps in which it changes files of the index.

        No file can be made larger than `file_size`. With `edit` it is no run, but one article is put, or withdrawn.
        """
        assert self._process.stdin is not None
        order = {
            "run": {"folder": str(folder), "index": str(index), "rebuild": rebuild},
            "after": after,
            "at_step": at_step,
            "file_size": file_size,
            "edit": edit,
        }
        assert self._process.stdout is not None
        for _ in range(5):
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            *ended, self._server = json.loads(self._process.stdout.readline())
            # The run before was killed while it asked the server for a process, which the server does not survive. A
            # job outside of these tests has a server of its own.
            if file_size is not None or NOT_STARTED not in ended[1]:
                break
        return Ended(*ended)

    def parsing(self) -> list[int]:
        """Return the processes that parse."""
        return children_of(self._server)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def children_of(process: int) -> list[int]:
    """Return the children of a process that have not ended."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # After the name in parentheses: the state, the parent, the group, the session.
            state, parent, *_ = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if state != "Z" and int(parent) == process:
            found.append(int(status.parent.name))
    return found


def main() -> None:
    """Take orders from standard input."""
    from index import job  # noqa: F401, PLC0415
    from index.codec.warm import warm  # noqa: PLC0415
    from index.job.parsing import Parser  # noqa: PLC0415

    warm()
    for line in sys.stdin:
        # It ends itself when who asks it for a process dies while asking.
        Parser.prepare()
        ended = _carry_out(json.loads(line))
        _answer((*ended, vars(forkserver._forkserver)["_forkserver_pid"]))


def _answer(value: tuple[object, ...]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _carry_out(order: dict[str, Any]) -> Ended:
    started = time.monotonic()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _run(writing, **order["run"], **{name: order[name] for name in ("at_step", "file_size", "edit")})
    os.close(writing)
    ended = status = 0
    while not ended:
        ended, status = os.waitpid(child, os.WNOHANG)
        if not ended and time.monotonic() >= started + order["after"]:
            os.kill(child, signal.SIGKILL)
            ended, status = os.waitpid(child, 0)
        elif not ended:
            time.sleep(0.0005)
    seconds = time.monotonic() - started
    with open(reading, encoding="utf-8") as said:  # noqa: PTH123 -- it has no path
        return Ended(os.WIFSIGNALED(status), said.read(), seconds)


def _run(
    said: int,
    folder: str,
    index: str,
    rebuild: bool,
    at_step: int,
    file_size: int | None,
    edit: tuple[str, dict[str, str] | None] | None,
) -> None:
    try:
        from index import job  # noqa: PLC0415
        from index.codec import stored  # noqa: PLC0415
        from index.job import parsing  # noqa: PLC0415

        # The server runs, but it is not this process's child, which is what these would ask.
        vars(parsing)["ensure_running"] = lambda: None
        forkserver._forkserver.ensure_running = lambda: None  # type: ignore[method-assign]
        # What is stored waits on the disk, as that of a large archive does.
        stored.SPOOL_SIZE = 1 << 10
        if at_step:
            sys.addaudithook(_Steps(index, at_step))
        if file_size is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
        if edit is None:
            job.run([folder], index, rebuild=rebuild, workers=2, memory_mb=1)
        else:
            _edit(index, *edit)
    except DatelineError as error:
        os.write(said, str(error).encode())
    except BaseException:  # noqa: BLE001 -- the test is told
        os.write(said, traceback.format_exc().encode())
    finally:
        os._exit(0)


def _edit(index: str, article_id: str, record: dict[str, str] | None) -> None:
    from index.editing import put_article, withdraw_article  # noqa: PLC0415

    if record is None:
        withdraw_article(index, article_id)
    else:
        put_article(index, article_id, record)


class _Steps:
    """Kills its process at the n-th time that it makes, renames or deletes something in a folder."""

    def __init__(self, folder: str, left: int) -> None:
        self._folder = folder
        self._left = left

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        if event in _CHANGES and isinstance(arguments[0], str | os.PathLike) and self._folder in str(arguments[0]):
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


_CHANGES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "sqlite3.connect"}


if __name__ == "__main__":
    main()
