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
from index.sources import FoundFile, find_files, parse_content, read_content, resolve

# Called with the number of files that are done and the number of all.
Progress = Callable[[int, int], None]

# How many files a worker may be ahead of the writer; bounds the memory.
READ_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be indexed, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class JobReport:
    """What a run did, in articles; `failed` is by file, `elsewhere` what stays from paths that were not given."""

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
    progress: Progress | None = None,
    before_commit: Callable[[], None] | None = None,
) -> JobReport:
    """Make an index hold the articles of the given files and folders, in one commit.

    What the index holds from elsewhere stays, unless it is a rebuild. A file that can't be read is reported and
    passed over; what the index has of it from before stays too. With `dry_run` everything is read and nothing
    written. `memory_mb` is about how much the articles may take before they are written out. Raises `SourceError`
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
        return _update(_Changes(known, writer, report), plan, workers, progress)

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
        """Put the articles of a file that is new or has changed; raises `SourceError` for an id that is taken."""
        path = str(found.path)
        before = self.known.get(path)
        self._report.bytes_read += found.size
        if before and reading.articles is None:
            # It was only touched; with the new time remembered it need not be read again.
            self.keep(before)
            self._remember(replace(before, mtime_ns=found.mtime_ns))
            return
        articles = reading.articles or []
        digests = {article.id: article.digest() for article in articles}
        self._claim(path, articles)
        known = before.articles if before else {}
        for article in articles:
            if known.get(article.id) == digests[article.id]:
                self._report.unchanged += 1
                continue
            if article.id in known:
                self._report.updated += 1
            else:
                self._report.added += 1
            if self._writer:
                self._writer.put(article)
        self._delete([article_id for article_id in known if article_id not in digests])
        self._remember(
            SourceFile(path=path, size=found.size, mtime_ns=found.mtime_ns, digest=reading.digest, articles=digests)
        )

    def _claim(self, path: str, articles: list[Article]) -> None:
        """Take the ids of a file's articles for it; raises `SourceError`."""
        if len({article.id for article in articles}) < len(articles):
            raise SourceError(path, "has two articles with the same id")
        for article in articles:
            owner = self._owner.get(article.id, path)
            if owner != path:
                # An id is made of the path below the given folder's parent, and two folders can have the same name.
                together = os.path.commonpath([path, owner])
                raise SourceError(
                    path,
                    f"would get the id {article.id!r}, which {owner} has. Give the folder that holds both, {together}, "
                    "in place of the folders within",
                )
        self._owner.update(dict.fromkeys((article.id for article in articles), path))

    def _remember(self, file: SourceFile) -> None:
        if self._writer:
            self._writer.put_file(file)

    def _delete(self, article_ids: list[str]) -> None:
        self._report.removed += len(article_ids)
        for article_id in article_ids:
            del self._owner[article_id]
            if self._writer:
                self._writer.delete(article_id)


def _update(changes: _Changes, plan: Plan, workers: int | None, progress: Progress | None) -> list[Failure]:
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
    for file, reading in _read_all(plan.to_read, changes.known, workers or os.cpu_count() or 1):
        try:
            changes.put(file, reading.result())
        except SourceError as error:
            failures.append(Failure(str(file.path), error.reason))
        done += 1
        if progress:
            progress(done, all_files)
    return failures


class _Reading(NamedTuple):
    """What was read of a file: its digest, and its articles or `None` where it is the same as before."""

    digest: str
    articles: list[Article] | None


def _read(file: FoundFile, before: SourceFile | None) -> _Reading:
    content, digest = read_content(file)
    if before and before.digest == digest:
        return _Reading(digest, None)
    # Links to an article go on working when a folder is indexed by itself that was indexed as part of another.
    known_id = next(iter(before.articles)) if before and len(before.articles) == 1 else None
    return _Reading(digest, parse_content(file, content, known_id))


def _read_all(
    files: list[FoundFile], known: Mapping[str, SourceFile], workers: int
) -> Iterator[tuple[FoundFile, Future[_Reading]]]:
    """Read files in parallel and yield them in their order, no more than a few ahead."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        ahead: deque[tuple[FoundFile, Future[_Reading]]] = deque()
        for file in files:
            ahead.append((file, pool.submit(_read, file, known.get(str(file.path)))))
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
