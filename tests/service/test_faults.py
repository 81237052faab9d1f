"""What goes wrong while the service is asked all the time: no answer is wrong, and hardly any request fails.

Fifty requests a second, to two processes of gunicorn. `DATELINE_FAULT_ROUNDS` says how often each thing goes wrong, 3
times unless it is set; a minute of killing is 60.
"""

from __future__ import annotations

import collections
import http.client
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from index.errors import DatelineError
from index.job import run
from tests.conftest import fill
from tests.service.test_gunicorn import get, served

ROUNDS = int(os.environ.get("DATELINE_FAULT_ROUNDS", "3"))
_THREADS, _PAUSE = 4, 0.08  # seconds


@dataclass
class Load:
    """Requests made all the time. `totals` is what each generation has to answer; `failed` has when one began."""

    address: str
    totals: dict[int, int]
    seen: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    failed: list[tuple[float, Exception]] = field(default_factory=list)
    answered: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def keep_asking(self) -> None:
        while not self.done.wait(_PAUSE):
            started = time.monotonic()
            try:
                _, body = get(f"{self.address}/api/search?q=zebra&snippets=0")
            except (OSError, http.client.HTTPException) as error:
                self.failed.append((started, error))
                continue
            answer = json.loads(body)
            self.answered += 1
            self.seen.add(answer["generation"])
            if answer["total"] != self.totals.get(answer["generation"]):
                self.wrong.append(body)


@contextmanager
def under_load(address: str, totals: dict[int, int]) -> Iterator[Load]:
    load = Load(address, totals)
    threads = [threading.Thread(target=load.keep_asking) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.done.set()
        for thread in threads:
            thread.join()
    assert load.wrong == []
    assert load.answered > 0


class Archive:
    """A folder of articles on zebras, and its index."""

    def __init__(self, folder: Path, disk: Path | None = None) -> None:
        self.folder, self.home = folder / "articles", folder / "home"
        self.index = (disk or folder) / "index"
        self.folder.mkdir()
        self.home.mkdir()
        self.totals: dict[int, int] = {}
        self.add()

    def add(self, *, rebuild: bool = False) -> int:
        """Index one article more; returns the generation."""
        number = len(self.totals) + 1
        (self.folder / f"{number}.txt").write_text(f"Zebra {number}\n\nA zebra was seen at bridge {'x' * number}.")
        # Before the commit: the service may answer from it before this goes on.
        self.totals[number] = number
        generation = run([self.folder], str(self.index), rebuild=rebuild).generation
        assert generation == number
        return number


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


@contextmanager
def running(archive: Archive) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve an archive, and read what the service writes: it would wait for that."""
    with served(archive.index, archive.home) as (process, address):
        assert process.stdout is not None
        assert process.stderr is not None
        readers = [
            threading.Thread(target=collections.deque, args=(stream, 0)) for stream in (process.stdout, process.stderr)
        ]
        for reader in readers:
            reader.start()
        try:
            yield process, address
        finally:
            # What it writes ends with its last process; only then are the streams closed.
            process.terminate()
            for reader in readers:
                reader.join()


def workers_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(condition: str, address: str) -> None:
    """Wait until `/readyz` says something, five seconds at most."""
    for _ in range(50):
        if condition in get(f"{address}/readyz")[1]:
            return
        time.sleep(0.1)
    raise AssertionError(f"{condition} is not in {get(f'{address}/readyz')[1]}")


def test_rebuilds_fail_no_request(archive: Archive) -> None:
    with running(archive) as (_, address), under_load(address, archive.totals) as load:
        for _ in range(ROUNDS):
            last = archive.add(rebuild=True)
            time.sleep(0.5)
        wait_for(f'"generation":{last}', address)
        time.sleep(0.5)
    assert load.failed == []
    assert last in load.seen


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="what a process has started is told by /proc")
def test_a_process_that_is_killed_takes_its_own_requests_along_and_no_other(archive: Archive) -> None:
    with (
        running(archive) as (process, address),
        under_load(address, archive.totals) as load,
    ):
        killed = []
        for number in range(ROUNDS):
            time.sleep(1)
            workers = workers_of(process.pid)
            killed.append(time.monotonic())
            os.kill(workers[number % len(workers)], signal.SIGKILL)
        time.sleep(1)
        assert len(workers_of(process.pid)) == 2
    # A connection that it had taken is lost; no thread has two of them.
    assert len(load.failed) <= _THREADS * len(killed)
    for started, error in load.failed:
        assert any(started - 0.1 < moment < started + 5 for moment in killed), error
        assert not isinstance(error, TimeoutError)


def test_an_index_that_is_damaged_is_not_gone_over_to(archive: Archive) -> None:
    with running(archive) as (_, address), under_load(address, archive.totals) as load:
        time.sleep(1)  # until either process has answered
        current = archive.index / "CURRENT"
        for _ in range(ROUNDS):
            sound = current.read_bytes()
            current.write_text("{")
            wait_for('"stale"', address)
            time.sleep(0.5)
            current.write_bytes(sound)
            last = archive.add()
            wait_for(f'"generation":{last}', address)
    assert load.failed == []


def test_a_full_disk_fails_the_run_and_no_request(small_disk: Path, tmp_path: Path) -> None:
    archive = Archive(tmp_path, small_disk)
    with running(archive) as (_, address), under_load(address, archive.totals) as load:
        time.sleep(1)  # until either process has answered
        last = len(archive.totals)
        for number in range(ROUNDS):
            # From none at all to what holds a part of a generation.
            filler = fill(small_disk, number % 3 << 14)
            with pytest.raises(DatelineError, match=r"can't be written: .*(No space left|disk is full)"):
                archive.add(rebuild=number % 2 == 1)
            del archive.totals[last + 1]
            time.sleep(0.5)
            wait_for(f'"status":"ready","articles":{last},"generation":{last}', address)
            filler.unlink()
            last = archive.add()
            wait_for(f'"generation":{last}', address)
        time.sleep(0.5)
    assert load.failed == []
    assert last in load.seen


def test_what_was_asked_before_the_end_is_answered(archive: Archive) -> None:
    with (
        running(archive) as (process, address),
        under_load(address, archive.totals) as load,
    ):
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        ended = time.monotonic()
        assert process.wait(15) == 0
    assert [error for started, error in load.failed if started < ended - 0.1] == []
