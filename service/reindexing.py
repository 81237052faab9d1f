"""A run of `reindex` that the service was asked for, as a process of its own, and how the last one went.

Any process of the service may be asked how, and the one that began it may be gone: what there is to know is in files in
the folder of the index. `reindex.lock` is held by the run as long as it lives, `reindex.log` has what it says, and
`reindex.json` its report, which is there once all has gone well.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Literal

from index.editing import is_being_written
from index.errors import IndexLockedError, IndexNotWritableError

State = Literal["never", "running", "done", "failed"]

# Of what a run says the end tells how it went; a log of a million files that failed is not read for it.
_LOG_END = 4096

# Whoever only asks how it goes has the lock for a moment.
_ATTEMPTS, _PAUSE = 3, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ReindexRun:
    """How the last run went: `detail` is the last that it said, `report` what it did if it is done."""

    state: State
    started: dt.datetime | None = None
    ended: dt.datetime | None = None
    detail: str | None = None
    report: dict[str, object] | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the run as JSON-ready values; times in ISO 8601."""
        times = {name: time and time.isoformat() for name, time in (("started", self.started), ("ended", self.ended))}
        return asdict(self) | times


class Reindexing:
    """Starts runs over one folder or file into one index, one at a time."""

    def __init__(self, index: str, seeds: str) -> None:
        self._index, self._seeds = index, seeds
        folder = Path(index)
        if "://" in index:
            folder = Path(tempfile.gettempdir()) / f"dateline-{hashlib.sha256(index.encode()).hexdigest()[:16]}"
        self._lock, self._log, self._report = (folder / f"reindex.{ending}" for ending in ("lock", "log", "json"))

    def start(self) -> None:
        """Begin a run. Raises `IndexLockedError` while another is at work, `IndexNotWritableError`."""
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._lock.open("ab", buffering=0)) as lock:
                if not _take(lock, fcntl.LOCK_EX) or is_being_written(self._index):
                    raise IndexLockedError(f"A reindex is writing to {self._index}. Wait until it has finished.")
                os.utime(lock.fileno())
                self._report.unlink(missing_ok=True)
                self._run(lock)
        except OSError as error:
            raise IndexNotWritableError(f"A reindex of {self._index} can't be started: {error.strerror}") from error

    def _run(self, lock: FileIO) -> None:
        command = [sys.executable, "-P", "-m", "index.cli", self._seeds]
        command += ["--index", self._index, "--report", str(self._report)]
        # It imports what this process does, whatever lies in the folder that this one was started in.
        modules = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
        environment = {name: value for name, value in os.environ.items() if name != "DATELINE_ADMIN_TOKEN"}
        with self._log.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 -- our own command, with paths of the operator
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment | {"PYTHONPATH": modules},
                # The lock is let go when the last process ends that has it open.
                pass_fds=[lock.fileno()],
                # What stops the service does not stop it: it would have to begin again.
                start_new_session=True,
            )
        threading.Thread(target=process.wait, daemon=True).start()

    def last(self) -> ReindexRun:
        """Return how the last run went, or how far it is."""
        try:
            started = _time_of(self._lock)
            with closing(self._lock.open("rb", buffering=0)) as lock:
                is_running = not _take(lock, fcntl.LOCK_SH)
        except FileNotFoundError:
            return ReindexRun(state="never")
        said = _last_line(self._log)
        if is_running:
            return ReindexRun(state="running", started=started, detail=said)
        try:
            report = json.loads(self._report.read_bytes())
        except (FileNotFoundError, ValueError):
            ended = _time_of(self._log) if self._log.exists() else started
            return ReindexRun(state="failed", started=started, ended=ended, detail=said)
        return ReindexRun(state="done", started=started, ended=_time_of(self._report), detail=said, report=report)


def _take(lock: FileIO, kind: int) -> bool:
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE)
        with suppress(BlockingIOError):
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
            return True
    return False


def _time_of(path: Path) -> dt.datetime:
    return dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC)


def _last_line(log: Path) -> str | None:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_END))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return None
    return next((line.strip() for line in reversed(lines) if line.strip()), None)
