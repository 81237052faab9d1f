"""The indexing job: compare the files with what the index was made from, read what changed, write, commit, report."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from index.article import Article
from index.engine import IndexWriter, SourceFile
from index.engines import open_engine, open_writer
from index.errors import ArticleNotFoundError, IndexMissingError, SourceError
from index.plan import Plan, make_plan
from index.sources import (
    NO_MAPPING,
    FoundFile,
    digest_file,
    find_files,
    parse_content,
    read_content,
    read_file,
    resolve,
)

# Called with the number of files that are done and the number of all.
Progress = Callable[[int, int], None]

# How many articles of one file are told by themselves that their ids are taken.
_MAX_TAKEN = 100

# How many files a worker may be ahead of the writer; bounds the memory.
READ_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Failure:
    """A file, or a part of one, that could not be indexed, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class JobReport:
    """What a run did, in articles; `failed` is by file or part of one, `elsewhere` what stays from other paths."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    elsewhere: int = 0
    failed: list[Failure] = field(default_factory=list)
    files: int = 0
    bytes_read: int = 0
    seconds: float = 0.0
    generation: int | None = None
    dry_run: bool = False

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return asdict(self)


def run(
    paths: Iterable[str | Path],
    index: str,
    *,
    rebuild: bool = False,
    dry_run: bool = False,
    workers: int | None = None,
    memory_mb: int = 512,
    mapping: Mapping[str, str] = NO_MAPPING,
    progress: Progress | None = None,
    before_commit: Callable[[], None] | None = None,
) -> JobReport:
    """Make an index hold the articles of the given files and folders, in one commit.

    What the index holds from elsewhere stays, unless it is a rebuild. A file that can't be read is reported and
    passed over; what the index has of it from before stays too. With `dry_run` everything is read and nothing
    written. `memory_mb` is about how much the articles may take before they are written out; `mapping` names the fields
    of records that are not recognised by themselves. Raises `SourceError`
    for a path that is not there or is suddenly empty, and what `open_writer` raises.
    """
    started = time.perf_counter()
    roots = [str(resolve(path)) for path in paths]
    report = JobReport(dry_run=dry_run)
    found = list(find_files(roots, lambda error: report.failed.append(Failure(error.path, error.reason))))
    report.files = len(found)

    def update(known: Mapping[str, SourceFile], writer: IndexWriter | None) -> list[Failure]:
        plan = make_plan(roots, found, [failure.path for failure in report.failed], known)
        report.elsewhere = plan.elsewhere
        readings = _read_all(plan.to_read, known, workers or os.cpu_count() or 1, mapping)
        return _update(_Changes(known, writer, report), plan, readings, progress)

    if dry_run:
        failures = update({} if rebuild else _known_files(index), None)
    else:
        with open_writer(index, rebuild=rebuild, memory_mb=memory_mb) as writer:
            failures = update(writer.source_files(), writer)
            if before_commit:
                before_commit()
            report.generation = writer.commit()
    report.failed += failures
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def _known_files(index: str) -> Mapping[str, SourceFile]:
    with open_engine(index) as engine:
        try:
            return engine.source_files()
        except IndexMissingError:
            return {}


class _Changes:
    """Takes what was read to the writer, and counts; without a writer it counts alone."""

    def __init__(self, known: Mapping[str, SourceFile], writer: IndexWriter | None, report: JobReport) -> None:
        self.known = known
        self._writer = writer
        self._report = report
        self._owner = {article_id: path for path, file in known.items() for article_id in file.articles}

    def keep(self, file: SourceFile) -> None:
        """Count a file that has not changed."""
        self._report.unchanged += len(file.articles)

    def remove(self, file: SourceFile) -> None:
        """Delete a file that is gone, with its articles."""
        self._delete(list(file.articles))
        if self._writer:
            self._writer.forget_file(file.path)

    def put(self, found: FoundFile, reading: _Reading) -> None:
        """Put the articles of a file that is new or has changed, as they come.

        What fails goes to the reading's failures. Raises `SourceError` where the file as a whole can't be read.
        """
        path = str(found.path)
        before = self.known.get(path)
        self._report.bytes_read += found.size
        if before and reading.articles is None:
            # It was only touched; with the new time remembered it need not be read again.
            self.keep(before)
            self._remember(replace(before, mtime_ns=found.mtime_ns))
            return
        known = before.articles if before else {}
        digests: dict[str, str] = {}
        try:
            self._put_articles(found, reading, known, digests)
        except SourceError:
            if digests:
                # What could be read is in the index. The rest of what was known stays, and the file is tried again.
                articles = {**known, **digests}
                self._remember(SourceFile(path=path, size=found.size, mtime_ns=-1, digest="", articles=articles))
            raise
        if reading.failures and not digests:
            return
        self._delete([article_id for article_id in known if article_id not in digests])
        self._remember(
            SourceFile(path=path, size=found.size, mtime_ns=found.mtime_ns, digest=reading.digest, articles=digests)
        )

    def _put_articles(
        self, found: FoundFile, reading: _Reading, known: Mapping[str, str], digests: dict[str, str]
    ) -> None:
        taken = 0
        for article in reading.articles or ():
            reason = self._claim(found, article.id, digests)
            if reason:
                taken += 1
                if taken <= _MAX_TAKEN:
                    reading.failures.append(SourceError(found.path, reason))
                continue
            digest = digests[article.id] = article.digest()
            if known.get(article.id) == digest:
                self._report.unchanged += 1
                continue
            if article.id in known:
                self._report.updated += 1
            else:
                self._report.added += 1
            if self._writer:
                self._writer.put(article)
        if taken > _MAX_TAKEN:
            reason = f"has {taken - _MAX_TAKEN:,} more articles whose ids are taken"
            reading.failures.append(SourceError(found.path, reason))

    def _claim(self, found: FoundFile, article_id: str, digests: Mapping[str, str]) -> str | None:
        """Take the id of an article for a file; returns why that can't be."""
        path = str(found.path)
        if article_id in digests:
            return f"has two articles with the id {article_id!r}; the first is kept"
        owner = self._owner.setdefault(article_id, path)
        if owner == path:
            return None
        if found.holds_many:
            return f"has an article with the id {article_id!r}, which {owner} has; that one is kept"
        # An id is made of the path below the given folder's parent, and two folders can have the same name.
        together = os.path.commonpath([path, owner])
        return (
            f"would get the id {article_id!r}, which {owner} has. Give the folder that holds both, {together}, "
            "in place of the folders within"
        )

    def _remember(self, file: SourceFile) -> None:
        if self._writer:
            self._writer.put_file(file)

    def _delete(self, article_ids: list[str]) -> None:
        self._report.removed += len(article_ids)
        for article_id in article_ids:
            del self._owner[article_id]
            if self._writer:
                self._writer.delete(article_id)


def _update(
    changes: _Changes, plan: Plan, readings: Iterator[tuple[FoundFile, Future[_Reading]]], progress: Progress | None
) -> list[Failure]:
    """Carry out a plan; returns what failed."""
    for gone in plan.vanished:
        changes.remove(gone)
    for kept in plan.unchanged:
        changes.keep(kept)
    all_files = len(plan.to_read) + len(plan.unchanged)
    done = len(plan.unchanged)
    failures: list[Failure] = []
    if progress:
        progress(done, all_files)
    for file, future in readings:
        errors: list[SourceError] = []
        try:
            reading = future.result()
            errors = reading.failures
            changes.put(file, reading)
        except SourceError as error:
            errors.append(error)
        failures += [Failure(error.path, error.reason) for error in errors]
        done += 1
        if progress:
            progress(done, all_files)
    return failures


class _Reading(NamedTuple):
    """What was read of a file: its digest, and its articles or `None` where it is the same as before.

    The articles of a file that may hold many are read while they are taken, and what fails is in `failures` then.
    """

    digest: str
    articles: Iterable[Article] | None
    failures: list[SourceError]


def _read(file: FoundFile, before: SourceFile | None, mapping: Mapping[str, str]) -> _Reading:
    # Links to an article go on working when a folder is indexed by itself that was indexed as part of another.
    known_id = next(iter(before.articles)) if before and len(before.articles) == 1 else None
    failures: list[SourceError] = []
    if file.holds_many:
        digest = digest_file(file)
        if before and before.digest == digest:
            return _Reading(digest, None, failures)
        # What comes of it goes through the writer's thread. `index.sources.split_file` and `parse_document` are its two
        # halves, of which the second can be given to other processes.
        return _Reading(digest, read_file(file, known_id, mapping=mapping, on_error=failures.append), failures)
    content, digest = read_content(file)
    if before and before.digest == digest:
        return _Reading(digest, None, failures)
    return _Reading(digest, parse_content(file, content, known_id, mapping=mapping), failures)


def _read_all(
    files: list[FoundFile], known: Mapping[str, SourceFile], workers: int, mapping: Mapping[str, str] = NO_MAPPING
) -> Iterator[tuple[FoundFile, Future[_Reading]]]:
    """Read files in parallel and yield them in their order, no more than a few ahead."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        ahead: deque[tuple[FoundFile, Future[_Reading]]] = deque()
        for file in files:
            ahead.append((file, pool.submit(_read, file, known.get(str(file.path)), mapping)))
            if len(ahead) > workers * READ_AHEAD:
                yield ahead.popleft()
        yield from ahead


@dataclass(slots=True)
class VerifyReport:
    """What comparing an index with itself and with its sources showed; `damage` is what should never be."""

    articles: int = 0
    files: int = 0
    damage: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return asdict(self)


def verify(index: str, progress: Progress | None = None) -> VerifyReport:
    """Read every article back from an index and compare it with what was put in; look at every source file.

    Raises `IndexUnavailableError` where the index cannot be opened at all, or differs from its checksums.
    """
    report = VerifyReport()
    with open_engine(index) as engine:
        engine.verify()
        files = engine.source_files()
        for done, file in enumerate(files.values(), start=1):
            report.files += 1
            for article_id, digest in file.articles.items():
                report.articles += 1
                try:
                    if engine.article(article_id).digest() != digest:
                        report.damage.append(f"The article {article_id} of {file.path} differs from what was indexed.")
                except ArticleNotFoundError:
                    report.damage.append(f"The article {article_id} of {file.path} is missing.")
            try:
                status = Path(file.path).stat()
            except OSError:
                report.vanished.append(file.path)
            else:
                if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
                    report.changed.append(file.path)
            if progress:
                progress(done, len(files))
        held = engine.stats().articles
        if held != report.articles:
            report.damage.append(f"The index holds {held:,} articles, but its files have {report.articles:,}.")
    return report
