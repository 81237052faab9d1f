"""Articles that were put by themselves, as one more source of every run; and those that were withdrawn, as of none."""

from __future__ import annotations

from collections.abc import Iterator

from index.index_writer import IndexWriter
from index.job.changes import Changes
from index.job.reading import Closed, Opened, ToRead, read_items
from index.job.report import Failure, JobReport
from index.job.worker import parse
from index.ledger import UNREAD
from index.sources import NO_MAPPING, Document, FoundFile, find_files


def follow_kept(writer: IndexWriter) -> None:
    """Have the ledger know the files of what was put where they are: the index may have been moved with them."""
    kept = writer.kept
    if kept is None or kept.is_empty:
        return
    known = writer.ledger.files()
    for path in known:
        place = kept.place_now(path)
        if place and place not in known:
            writer.ledger.move_file(path, place, str(kept.folder))


def drop_withdrawn(writer: IndexWriter, report: JobReport) -> None:
    """Delete what is withdrawn and still there, and count what stays out."""
    if writer.kept is None:
        return
    report.withdrawn = len(writer.kept.withdrawn)
    report.removed += delete(writer, writer.kept.withdrawn)


def delete(writer: IndexWriter, ids: frozenset[str]) -> int:
    """Delete articles, whichever file has them; returns how many there were."""
    owners = writer.ledger.owners(ids)
    known = writer.ledger.files() if owners else {}
    for article_id in owners:
        writer.delete(article_id)
    writer.ledger.disown(owners)
    for path in {owner.path for owner in owners.values()}:
        if writer.kept is not None and writer.kept.holds(path):
            writer.ledger.forget_file(path)
        else:
            writer.ledger.put_file(known[path])
    return len(owners)


def take_kept(writer: IndexWriter, changes: Changes, report: JobReport) -> None:
    """Make the index hold the articles that were put, whatever the fields of other records are called.

    They are small and few beside an archive's, and cost less here than processes would. Where the folder of them is
    gone as a whole, what is indexed of it stays: nobody withdrew it.
    """
    kept = writer.kept
    if kept is None or not kept.folder.is_dir():
        return
    known = {path: file for path, file in writer.ledger.files().items() if kept.holds(path)}
    found = list(_find(writer, report))
    report.files += len(found)
    for path in known.keys() - {file.place for file in found}:
        changes.remove(known[path])
    to_read = []
    for file in found:
        before = known.get(file.place)
        if before and (before.size, before.mtime_ns) == (file.size, file.mtime_ns):
            changes.keep(before)
        else:
            may_be_same = before is not None and before.mtime_ns != UNREAD
            to_read.append(ToRead(file, before.digest if before and may_be_same else None))
    for item in read_items(to_read, lambda _: None, writer.scratch):
        match item:
            case Opened():
                changes.open(item)
            case Document():
                for outcome in parse([item], NO_MAPPING).outcomes():
                    changes.take(outcome)
            case Closed():
                changes.close(item)
            case error:
                changes.fail(error)


def _find(writer: IndexWriter, report: JobReport) -> Iterator[FoundFile]:
    if writer.kept is not None:
        yield from find_files(
            [writer.kept.folder], lambda error: report.failed.append(Failure(error.path, error.reason))
        )
