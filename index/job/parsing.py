"""Documents into articles on all cores: batches go to processes, and what comes of them is taken in their order.

A document that takes too long, or at which a process dies, is its own trouble: its batch is done again, one document
at a time, and of lines one line.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import TimeoutError as TimedOut
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import NamedTuple

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from index.errors import DatelineError, PassingError, SourceError, in_brief
from index.job.reading import Item
from index.job.worker import Outcome, Parsed, parse, start
from index.sources import Document, divide

# The slowest real page takes a second or two on a slow machine.
PARSE_SECONDS = 60.0

# What a batch holds: enough that sending it costs little, and little enough that the processes end together and that
# the memory stays small. Finding the article in a page of HTML takes a hundred times what a record takes.
_BATCH_SIZE = 1 << 18
_BATCH_WEIGHT = 256
_HTML_WEIGHT = 32

# How many batches each process has waiting, besides the one that it is at: the writer takes articles by megabytes, and
# then none for a while. That makes the processes a fifth faster than with three.
_AHEAD = 32

# Batches after which a process is replaced: libraries in C lose memory.
_MAX_BATCHES = 2_000

_PRELOADED = "index.job.preload"

NOT_STARTED = "The processes that read the articles can't be started"


class _Batch(NamedTuple):
    items: list[Item]
    documents: list[Document]
    future: ProcessFuture[Parsed] | None


class Parser:
    """Processes that parse. They start with the first document, and end with the `with` block."""

    def __init__(self, workers: int, mapping: Mapping[str, str], *, seconds: float = PARSE_SECONDS) -> None:
        self._workers = workers
        self._mapping = dict(mapping)
        self._seconds = seconds
        self._pool: ProcessPool | None = None

    @staticmethod
    def prepare() -> None:
        """Have what the processes need loaded meanwhile; returns at once."""
        multiprocessing.set_forkserver_preload([_PRELOADED])
        try:
            with _importing_the_same():
                ensure_running()
        except OSError as error:
            # They are spoken to by a socket in the folder of temporary files, whose path may have some 100 characters.
            raise DatelineError(
                f"{NOT_STARTED}: {error}. Set TMPDIR to a folder with a short name in which files can be made, "
                "such as /tmp."
            ) from error

    def parse(self, items: Iterable[Item]) -> Iterator[tuple[Item, Outcome]]:
        """Yield the items in their order, documents with what came of them."""
        waiting: deque[_Batch] = deque()
        for batch in self._batches(items):
            waiting.append(batch)
            if len(waiting) > self._workers * (1 + _AHEAD):
                yield from self._take(waiting.popleft())
        while waiting:
            yield from self._take(waiting.popleft())

    def _batches(self, items: Iterable[Item]) -> Iterator[_Batch]:
        batch: list[Item] = []
        documents: list[Document] = []
        size = weight = 0
        for item in items:
            batch.append(item)
            weight += 1
            if isinstance(item, Document):
                documents.append(item)
                size += item.size
                weight += _HTML_WEIGHT if item.form == "html" else 0
            if size >= _BATCH_SIZE or weight >= _BATCH_WEIGHT:
                yield self._schedule(batch, documents)
                batch, documents, size, weight = [], [], 0, 0
        yield self._schedule(batch, documents)

    def _schedule(self, items: list[Item], documents: list[Document]) -> _Batch:
        return _Batch(items, documents, self._submit(documents) if documents else None)

    def _submit(self, documents: list[Document]) -> ProcessFuture[Parsed]:
        if self._pool is None:
            self.prepare()
            self._pool = ProcessPool(
                max_workers=self._workers,
                max_tasks=_MAX_BATCHES,
                initializer=start,
                context=multiprocessing.get_context("forkserver"),
            )
        try:
            # The first starts them.
            return self._pool.schedule(parse, args=(documents, self._mapping), timeout=self._seconds)
        except (OSError, BrokenProcessPool) as error:
            reason = in_brief(error.__cause__ or error)
            raise DatelineError(f"{NOT_STARTED}: {reason}. Is /dev/shm full, or the memory?") from error

    def _take(self, batch: _Batch) -> Iterator[tuple[Item, Outcome]]:
        outcomes = iter(self._outcomes(batch))
        for item in batch.items:
            yield item, next(outcomes) if isinstance(item, Document) else []

    def _outcomes(self, batch: _Batch) -> Iterable[Outcome]:
        if batch.future is None:
            return []
        try:
            return self._result(batch.future).outcomes()
        except _TroubleError as trouble:
            if len(batch.documents) == 1 and not batch.documents[0].is_divisible:
                return [[trouble.at(batch.documents[0].place)]]
        return [self._parse_alone(document) for document in batch.documents]

    def _parse_alone(self, document: Document) -> Outcome:
        outcome: Outcome = []
        for part in divide(document):
            try:
                for of_part in self._result(self._submit([part])).outcomes():
                    outcome += of_part
            except _TroubleError as trouble:
                outcome.append(trouble.at(part.place))
        return outcome

    def _result(self, future: ProcessFuture[Parsed]) -> Parsed:
        try:
            parsed: Parsed = future.result()
        except TimedOut:
            raise _TroubleError(f"takes longer than {self._seconds:g} seconds to read", PassingError) from None
        except ProcessExpired as error:
            reason = f"ends the process that reads it (exit code {error.exitcode})"
            raise _TroubleError(reason, PassingError) from error
        except BrokenProcessPool as error:
            raise DatelineError(
                "The processes that read the articles end before they have begun; is there too little memory? With "
                "--workers 1 there is one of them."
            ) from error
        except Exception as error:
            # Whatever a parser raises is the document's trouble, and is told with its place.
            kind = PassingError if isinstance(error, (MemoryError, OSError)) else SourceError
            raise _TroubleError(f"can't be read: {in_brief(error)} ({type(error).__name__})", kind) from error
        return parsed

    def __enter__(self) -> Parser:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._pool is not None:
            if kind is None:
                self._pool.close()  # type: ignore[no-untyped-call]
            else:
                self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()


@contextmanager
def _importing_the_same() -> Iterator[None]:
    """Have a new Python import what this one does: by itself it would take a folder `index` of the user's for ours."""
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "PYTHONSAFEPATH")}
    os.environ["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class _TroubleError(Exception):
    """Documents could not be parsed; the reason is as of one document."""

    def __init__(self, reason: str, kind: type[SourceError]) -> None:
        super().__init__(reason)
        self._reason = reason
        self._kind = kind

    def at(self, place: str) -> SourceError:
        """Return the error as that of a document."""
        return self._kind(place, self._reason)
