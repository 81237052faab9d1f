"""One run of the indexing job: compare files with what the index was made from, read what changed, write, commit."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from index.engines import open_rehearsal, open_writer
from index.index_writer import IndexWriter
from index.job.changes import Changes
from index.job.diagnosis import diagnose, prescribe
from index.job.keeping import drop_withdrawn, follow_kept, take_kept
from index.job.parsing import Parser
from index.job.plan import Plan, make_plan
from index.job.reading import Closed, Opened, ToRead, read_items
from index.job.report import Done, Failure, JobReport, Progress
from index.ledger import UNREAD, Ledger, SourceFile
from index.sources import NO_MAPPING, Document, FoundFile, find_files, resolve


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
    written. `workers` processes parse; a script that calls this has its own code below `if __name__ == "__main__"`, as
    for all of `multiprocessing`. `memory_mb` is about how much the articles may take before they are written out;
    `mapping` names the fields of records that are not recognised by themselves. Raises `SourceError` for a path that is
    not there or is suddenly empty, and what `open_writer` raises.
    """
    started = time.perf_counter()
    # The same index whatever the order in which the paths are given.
    roots = sorted({str(resolve(path)) for path in paths})
    report = JobReport(dry_run=dry_run)
    found = list(find_files(roots, lambda error: report.failed.append(Failure(error.path, error.reason))))
    report.files = len(found)
    unseen = [failure.path for failure in report.failed]
    written_mapping = json.dumps(dict(mapping), sort_keys=True) if mapping else ""
    opened = (
        open_rehearsal(index, rebuild=rebuild) if dry_run else open_writer(index, rebuild=rebuild, memory_mb=memory_mb)
    )
    with opened as writer, Parser(workers or os.cpu_count() or 1, mapping) as parser:
        if writer.is_torn:
            prescribe(diagnose(writer), writer)
        if writer.kept:
            # Also a folder that holds the index may be given.
            found = [file for file in found if not writer.kept.holds(file.place)]
            follow_kept(writer)
            drop_withdrawn(writer, report)
        known = {path: file for path, file in writer.ledger.files().items() if not _is_kept(path, writer)}
        plan = make_plan(roots, found, unseen, known, written_mapping)
        report.elsewhere = plan.elsewhere
        if plan.to_read:
            # They start while the first files are read; a run that reads none does without.
            parser.prepare()
            writer.prepare()
        _carry_out(plan, _Run(writer, parser, report, written_mapping, progress))
        if before_commit and not dry_run:
            before_commit()
        generation = writer.commit()
        report.generation = None if dry_run else generation
    report.seconds = round(time.perf_counter() - started, 3)
    report.articles_per_second = round(report.articles / report.seconds, 1)
    return report


def read_again(
    files: list[tuple[FoundFile, SourceFile]],
    writer: IndexWriter,
    written_mapping: str,
    workers: int,
    progress: Progress | None = None,
) -> JobReport:
    """Read files that the index knows once more, whole, into a writer; all of them with one mapping."""
    report = JobReport()
    with Parser(workers, json.loads(written_mapping) if written_mapping else NO_MAPPING) as parser:
        run = _Run(writer, parser, report, written_mapping, progress)
        run.all_files, run.all_size = len(files), sum(file.size for file, _ in files)
        changes = Changes(writer, report, written_mapping, [file.place for file, _ in files])
        _read(changes, [_to_read(file, before._replace(mtime_ns=UNREAD), run) for file, before in files], run)
    return report


def _is_kept(path: str, writer: IndexWriter) -> bool:
    return writer.kept is not None and writer.kept.holds(path)


class _Run:
    """What the parts of a run share, and how far it is."""

    def __init__(
        self, writer: IndexWriter, parser: Parser, report: JobReport, mapping: str, progress: Progress | None
    ) -> None:
        self.writer = writer
        self.ledger: Ledger = writer.ledger
        self.parser = parser
        self.report = report
        self.mapping = mapping
        self._progress = progress
        self.files = self.all_files = 0
        self.size = self.all_size = 0

    def show(self) -> None:
        """Tell how far the run is."""
        if self._progress:
            # An archive is looked at in more than one place.
            size = min(self.size, self.all_size)
            self._progress(Done(self.files, self.all_files, size, self.all_size, self.report.articles))


def _carry_out(plan: Plan, run: _Run) -> None:
    changes = Changes(run.writer, run.report, run.mapping, (file.place for file, _ in plan.to_read))
    # First: what was put is not what a file says that has an article of the same id.
    take_kept(run.writer, changes, run.report)
    for gone in plan.vanished:
        changes.remove(gone)
    for _, kept in plan.unchanged:
        if not kept.num_taken:
            changes.keep(kept)
    # Files whose articles another file had first are at the end: what they wait for may be gone by then.
    contested = [(file, kept) for file, kept in plan.unchanged if kept.num_taken]
    run.files = len(plan.unchanged) - len(contested)
    run.all_files = len(plan.unchanged) + len(plan.to_read)
    run.all_size = sum(file.size for file, _ in plan.to_read)
    run.show()
    _read(changes, [_to_read(file, before, run) for file, before in plan.to_read], run)
    if contested and run.report.removed:
        run.all_size += sum(file.size for file, _ in contested)
        _read(changes, [ToRead(file) for file, _ in contested], run)
    else:
        for _, kept in contested:
            changes.keep(kept)
            run.files += 1
            run.show()
    if run.report.removed:
        # So may files below other paths; the next run that is given those looks.
        found = {str(file.path) for file, _ in contested}
        elsewhere = (file for file in run.ledger.files().values() if file.num_taken)
        run.ledger.read_again({file.path for file in elsewhere if file.path not in found})


def _to_read(file: FoundFile, before: SourceFile | None, run: _Run) -> ToRead:
    if before is None:
        return ToRead(file)
    # Links to an article go on working when a folder is indexed by itself that was indexed as part of another.
    ids = run.ledger.ids_of(before.path, most=2)
    known_id = ids[0] if len(ids) == 1 else None
    may_be_same = before.mapping == run.mapping and before.mtime_ns != UNREAD
    return ToRead(file, before.digest if may_be_same else None, known_id)


def _read(changes: Changes, files: Iterable[ToRead], run: _Run) -> None:
    def on_read(size: int) -> None:
        run.size += size

    for item, outcome in run.parser.parse(read_items(files, on_read, run.writer.scratch)):
        match item:
            case Opened():
                changes.open(item)
            case Document():
                changes.take(outcome)
            case Closed():
                changes.close(item)
                run.files += 1
            case error:
                changes.fail(error)
        run.show()
