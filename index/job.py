"""The indexing job: compare the files with what the index was made from, read what changed, write, commit, report."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from index.article import Article
from index.engine import IndexWriter, SourceFile
from index.engines import open_engine, open_writer
from index.errors import ArticleNotFoundError, IndexMissingError, SourceError
from index.sources import FoundFile, find_files, read_file

# Called with the number of files that are done and the number of all.
Progress = Callable[[int, int], None]

# How many files a worker may be ahead of the writer; bounds the memory.
_READ_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be indexed, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class JobReport:
    """What a run did, in articles; `failed` is by file."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[Failure] = field(default_factory=list)
    files: int = 0
    bytes_read: int = 0
    seconds: float = 0.0
    generation: int | None = None
    dry_run: bool = False

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What there is to do: files to read, files known to be unchanged, files that are gone."""

    to_read: list[FoundFile]
    unchanged: list[SourceFile]
    vanished: list[SourceFile]


def run(
    paths: Iterable[str | Path],
    index: str,
    *,
    rebuild: bool = False,
    dry_run: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> JobReport:
    """Make an index hold the articles of the given files and folders, in one commit.

    What the index holds from elsewhere stays, unless it is a rebuild. A file that can't be read is reported and
    passed over; what the index has of it from before stays too. With `dry_run` everything is read and nothing
    written. Raises `SourceError` for a path that is not there, and what `open_writer` raises.
    """
    started = time.perf_counter()
    roots = [Path(path) for path in paths]
    report = JobReport(dry_run=dry_run)
    found = list(find_files(roots, lambda error: report.failed.append(Failure(error.path, error.reason))))
    report.files = len(found)
    if dry_run:
        known = {} if rebuild else _known_files(index)
        failures = _update(_Changes(known, None, report), _plan(roots, found, known), workers, progress)
    else:
        with open_writer(index, rebuild=rebuild) as writer:
            known = writer.source_files()
            failures = _update(_Changes(known, writer, report), _plan(roots, found, known), workers, progress)
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


def _plan(paths: list[Path], found: list[FoundFile], known: Mapping[str, SourceFile]) -> _Plan:
    to_read: list[FoundFile] = []
    unchanged: list[SourceFile] = []
    for file in found:
        before = known.get(str(file.path))
        if before and (before.size, before.mtime_ns) == (file.size, file.mtime_ns):
            unchanged.append(before)
        else:
            to_read.append(file)
    present = {str(file.path) for file in found}
    roots = [path.resolve() for path in paths]
    vanished = [
        file
        for path, file in known.items()
        if path not in present and any(Path(path).is_relative_to(root) for root in roots)
    ]
    if vanished and not found:
        # An unmounted disk is an empty folder too.
        raise SourceError(
            ", ".join(map(str, paths)),
            f"holds no article, but the index has {len(vanished):,} files from there. If they are gone on purpose, "
            "make the index anew with --rebuild",
        )
    return _Plan(to_read, unchanged, vanished)


class _Changes:
    """Takes what was read to the writer, and counts; without a writer it counts alone."""

    def __init__(self, known: Mapping[str, SourceFile], writer: IndexWriter | None, report: JobReport) -> None:
        self._known = known
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

    def put(self, found: FoundFile, digest: str, articles: list[Article]) -> None:
        """Put the articles of a file that is new or has changed; raises `SourceError` for an id that is taken."""
        path = str(found.path)
        digests = {article.id: article.digest() for article in articles}
        for article in articles:
            if self._owner.setdefault(article.id, path) != path:
                raise SourceError(path, f"has the article id {article.id!r}, which {self._owner[article.id]} has too")
        if len(digests) < len(articles):
            raise SourceError(path, "has two articles with the same id")
        before = self._known[path].articles if path in self._known else {}
        for article in articles:
            if before.get(article.id) == digests[article.id]:
                self._report.unchanged += 1
                continue
            if article.id in before:
                self._report.updated += 1
            else:
                self._report.added += 1
            if self._writer:
                self._writer.put(article)
        self._delete([article_id for article_id in before if article_id not in digests])
        self._report.bytes_read += found.size
        if self._writer:
            self._writer.put_file(
                SourceFile(path=path, size=found.size, mtime_ns=found.mtime_ns, digest=digest, articles=digests)
            )

    def _delete(self, article_ids: list[str]) -> None:
        self._report.removed += len(article_ids)
        for article_id in article_ids:
            del self._owner[article_id]
            if self._writer:
                self._writer.delete(article_id)


def _update(changes: _Changes, plan: _Plan, workers: int | None, progress: Progress | None) -> list[Failure]:
    """Carry out a plan; returns the files that failed."""
    for gone in plan.vanished:
        changes.remove(gone)
    for kept in plan.unchanged:
        changes.keep(kept)
    all_files = len(plan.to_read) + len(plan.unchanged)
    done = len(plan.unchanged)
    failures: list[Failure] = []
    if progress:
        progress(done, all_files)
    for file, reading in _read_all(plan.to_read, workers or os.cpu_count() or 1):
        try:
            digest, articles = reading.result()
            changes.put(file, digest, articles)
        except SourceError as error:
            failures.append(Failure(str(file.path), error.reason))
        done += 1
        if progress:
            progress(done, all_files)
    return failures


def _read_all(files: list[FoundFile], workers: int) -> Iterator[tuple[FoundFile, Future[tuple[str, list[Article]]]]]:
    """Read files in parallel and yield them in their order, no more than a few ahead."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        ahead: deque[tuple[FoundFile, Future[tuple[str, list[Article]]]]] = deque()
        for file in files:
            ahead.append((file, pool.submit(read_file, file)))
            if len(ahead) > workers * _READ_AHEAD:
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

    Raises `IndexUnavailableError` where the index cannot be opened at all.
    """
    report = VerifyReport()
    with open_engine(index) as engine:
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
