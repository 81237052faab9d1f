"""Is an index as it should be? What it says of itself compared with what is there, and with its files; and its repair.

Repairing is one commit under the writer's lock. What is sound stays, whether its file is there or not; what is not is
read again, and only what cannot be read any more is lost.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field

from index.engines import open_examination, open_mender
from index.errors import IndexCorruptError, SourceError
from index.index_writer import IndexWriter
from index.job.diagnosis import Diagnosis, Progress, diagnose, prescribe
from index.job.report import Failure, JobReport
from index.job.report import Progress as Reading
from index.job.runner import read_again
from index.ledger import Ledger, SourceFile
from index.sources import FoundFile, digest_file, look_at


@dataclass(frozen=True, slots=True)
class Lost:
    """An article that is in the index no more, and that its file can't give back."""

    id: str
    path: str


@dataclass(slots=True)
class VerifyReport:
    """What comparing an index with itself and with its sources showed; `damage` is what should never be.

    `needs_rebuild` says that no repair can mend it. Files are `unreadable` with the reason. `mended` and `lost` say
    what a repair did about the damage.
    """

    articles: int = 0
    files: int = 0
    damage: list[str] = field(default_factory=list)
    needs_rebuild: bool = False
    changed: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    unreadable: list[Failure] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    mended: int = 0
    deleted: int = 0
    lost: list[Lost] = field(default_factory=list)
    generation: int | None = None

    @property
    def is_sound(self) -> bool:
        """Whether the index is as it should be, or is now."""
        return not self.lost and (not self.damage or self.generation is not None)

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return asdict(self)


def verify(index: str, progress: Progress | None = None) -> VerifyReport:
    """Compare all of an index with its checksums, its ledger and its files; nothing is changed.

    `progress` is told how many articles are done, of how many. Raises `IndexUnavailableError` where there is no index,
    or one of another version.
    """
    report = VerifyReport()
    try:
        holdings = open_examination(index)
    except IndexCorruptError as error:
        return _beyond_repair(report, error)
    with holdings.ledger as ledger:
        diagnosis = diagnose(holdings, progress)
        _note(report, diagnosis)
        report.leftovers = list(holdings.leftovers)
        _look_at_files(ledger, report)
    return report


def repair(
    index: str,
    progress: Progress | None = None,
    *,
    on_read: Reading | None = None,
    workers: int | None = None,
    memory_mb: int = 512,
) -> VerifyReport:
    """Compare an index as `verify` does, and mend what is wrong, in one commit; nothing is changed where nothing is.

    `on_read` is told how far the reading of files is. A script that calls this has its own code below `if __name__ ==
    "__main__"`, as for all of `multiprocessing`. Raises `IndexLockedError` while a run is at work, and `DatelineError`
    where the index can't be written.
    """
    report = VerifyReport()
    try:
        writer = open_mender(index, memory_mb=memory_mb)
    except IndexCorruptError as error:
        return _beyond_repair(report, error)
    with writer:
        try:
            writer.ledger.check()
        except IndexCorruptError as error:
            return _beyond_repair(report, error)
        diagnosis = diagnose(writer, progress)
        _note(report, diagnosis)
        _look_at_files(writer.ledger, report)
        if report.damage:
            by_mapping = _files_to_read(diagnosis, writer.ledger)
            prescribe(diagnosis, writer)
            report.deleted = len(diagnosis.orphans)
            for mapping, files in by_mapping.items():
                done = read_again(files, writer, mapping, workers or os.cpu_count() or 1, on_read)
                _count(report, done)
            _give_up_the_rest(diagnosis, writer, report)
            report.generation = writer.commit()
    return report


def _beyond_repair(report: VerifyReport, error: IndexCorruptError) -> VerifyReport:
    report.damage.append(str(error))
    report.needs_rebuild = True
    return report


def _note(report: VerifyReport, diagnosis: Diagnosis) -> None:
    report.articles = diagnosis.articles
    report.damage += diagnosis.describe()


def _look_at_files(ledger: Ledger, report: VerifyReport) -> None:
    """Note which files are not as they were: by size and time first, since reading them all takes long."""
    for file in ledger.files().values():
        report.files += 1
        try:
            found = look_at(file.path, file.root)
            if found is None:
                report.vanished.append(file.path)
            elif (found.size, found.mtime_ns) != (file.size, file.mtime_ns) and digest_file(found) != file.digest:
                report.changed.append(file.path)
        except SourceError as error:
            report.unreadable.append(Failure(error.path, error.reason))


def _files_to_read(diagnosis: Diagnosis, ledger: Ledger) -> dict[str, list[tuple[FoundFile, SourceFile]]]:
    """Return the files that are there of those that are to be read again, by the mapping that they were read with."""
    known = ledger.files()
    by_mapping: dict[str, list[tuple[FoundFile, SourceFile]]] = {}
    for path in diagnosis.paths:
        try:
            found = look_at(path, known[path].root)
        except SourceError:
            continue  # noted when all files were looked at
        if found is not None:
            by_mapping.setdefault(known[path].mapping, []).append((found, known[path]))
    return by_mapping


def _count(report: VerifyReport, done: JobReport) -> None:
    report.unreadable += [each for each in done.failed if each not in report.unreadable]
    report.mended += done.added + done.updated
    report.deleted += done.removed


def _give_up_the_rest(diagnosis: Diagnosis, writer: IndexWriter, report: VerifyReport) -> None:
    """Keep what the index has of the articles that could not be read again, and tell those of which it has none."""
    ledger, known = writer.ledger, writer.ledger.files()
    sound = {
        article_id: digest
        for digests in (*diagnosis.doubled.values(), *diagnosis.differing.values())
        for article_id, digest in digests.items()
    }
    rest = ledger.distrusted()
    for article_id, path in rest:
        if article_id in sound:
            ledger.own(path, {article_id: sound[article_id]})
        else:
            report.lost.append(Lost(article_id, path))
    ledger.disown([lost.id for lost in report.lost])
    for path in {path for _, path in rest}:
        ledger.put_file(known[path])
        if not ledger.ids_of(path, most=1):
            ledger.forget_file(path)
