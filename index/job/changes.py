"""What was read, compared with what the index has, and taken to the writer: the one place that decides and counts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from itertools import starmap

from index.bundle import Bundle
from index.errors import PassingError, SourceError
from index.index_writer import IndexWriter
from index.job.reading import Closed, Opened
from index.job.report import Failure, JobReport
from index.job.worker import Outcome
from index.ledger import UNREAD, Owner, SourceFile
from index.sources import FoundFile, Removed
from index.sources.limits import MAX_FAILURES

# Articles that are compared with the ledger at once.
_BATCH = 256


class Changes:
    """Takes files one after another, each as `open`, `take` for what came of its documents, and `close`.

    `unread` are the paths that are still to be read in this run: what they own may have moved.
    """

    def __init__(self, writer: IndexWriter, report: JobReport, mapping: str, unread: Iterable[str]) -> None:
        self._writer = writer
        self._ledger = writer.ledger
        self._known = writer.ledger.files()
        self._known_failures = writer.ledger.failures()
        self._report = report
        self._mapping = mapping
        self._unread = set(unread)
        self._kept = writer.kept if writer.kept and not writer.kept.is_empty else None
        # How many articles of files that are still to be read have moved to one that was read before.
        self._num_moved: Counter[str] = Counter()

    def keep(self, file: SourceFile) -> None:
        """Count a file that has not changed, and tell what could not be read of it then."""
        self._report.unchanged += file.num_articles - self._num_moved[file.path]
        self._report.failed += starmap(Failure, self._known_failures.get(file.path, ()))

    def remove(self, file: SourceFile) -> None:
        """Delete a file that is gone, with its articles."""
        self._delete(self._ledger.ids_of(file.path))
        self._ledger.forget_file(file.path)

    def open(self, opened: Opened) -> None:
        """Begin a file that is new or may have changed."""
        self._file = opened.file
        self._path = opened.file.place
        self._digest = opened.digest
        self._is_same = opened.is_same
        self._is_kept = self._writer.kept is not None and self._writer.kept.holds(self._path)
        self._unread.discard(self._path)
        self._waiting: list[Bundle] = []
        self._num_waiting = 0
        self._has_content = False
        self._num_claimed = self._num_taken = self._num_failures = 0
        self._whole_failed: SourceError | None = None
        self._may_pass = False
        self._failures: list[tuple[str, str]] = []
        self._report.bytes_read += opened.file.size

    def take(self, outcome: Outcome) -> None:
        """Put the articles of a document."""
        self._has_content = True
        for one in outcome:
            if isinstance(one, SourceError):
                self.fail(one)
            elif isinstance(one, Removed):
                self._report.cleaned_lines += one.lines
                self._report.cleaned_characters += one.characters
            else:
                self._waiting.append(one)
                self._num_waiting += len(one)
        if self._num_waiting >= _BATCH:
            self._put_waiting()

    def fail(self, error: SourceError) -> None:
        """Count what kept a part of the file, or all of it, from being an article."""
        self._has_content = True
        if error.path == self._path:
            self._whole_failed = error
            return
        self._may_pass |= isinstance(error, PassingError)
        self._tell_part(error.path, error.reason)

    def close(self, closed: Closed) -> None:
        """End a file: remember it, and delete the articles that it has no more.

        What could not be read of it keeps what the index has of it, and is tried again.
        """
        self._put_waiting()
        found, before = self._file, self._known.get(self._path)
        if self._is_same and before:
            # It was only touched; with the new time remembered it need not be read again, unless what another file
            # has taken over is free again.
            self.keep(before)
            num_taken = before.num_taken + self._num_moved[self._path]
            self._ledger.put_file(before._replace(mtime_ns=found.mtime_ns, num_taken=num_taken))
            return
        error = closed.error or self._whole_failed
        if error is None and not self._has_content:
            error = SourceError(self._path, "holds no article")
        if self._num_failures > MAX_FAILURES:
            self._tell(self._path, f"has {self._num_failures - MAX_FAILURES:,} more failures like these")
        if error is not None:
            self._tell(error.path, error.reason)
        if error is not None or self._may_pass:
            # What could be read is in the index. The rest of what was known stays.
            if self._num_claimed:
                self._remember(mtime_ns=UNREAD)
            else:
                self._ledger.read_again([self._path])
        elif self._num_claimed or not self._num_failures:
            self._delete(self._ledger.unseen(self._path))
            self._remember(mtime_ns=found.mtime_ns)
            self._ledger.put_failures(self._path, self._failures)

    def _remember(self, *, mtime_ns: int) -> None:
        self._ledger.put_file(
            SourceFile(
                path=self._path,
                size=self._file.size,
                mtime_ns=mtime_ns,
                digest=self._digest,
                mapping="" if self._is_kept else self._mapping,
                num_taken=self._num_taken,
                root=str(self._file.root),
            )
        )

    def _put_waiting(self) -> None:
        owners = self._ledger.owners([article_id for bundle in self._waiting for article_id in bundle.ids])
        claimed: dict[str, str] = {}
        for bundle in self._waiting:
            changed = [
                place
                for place, (article_id, digest) in enumerate(zip(bundle.ids, bundle.digests, strict=True))
                if self._claim(article_id, digest, owners, claimed)
            ]
            if changed:
                self._writer.put_all(bundle.take(changed))
        if claimed:
            # A file of which nothing is there is not one that the index is made from.
            self._ledger.own(self._path, claimed)
        if self._is_kept:
            self._recount({owner.path for article_id, owner in owners.items() if article_id in claimed})
        self._num_claimed += len(claimed)
        self._waiting, self._num_waiting = [], 0

    def _recount(self, paths: set[str]) -> None:
        """Remember of files that articles of theirs are kept ones now; some of these are not read in this run."""
        for path in paths - {self._path}:
            before = self._known[path]
            self._ledger.put_file(before._replace(num_taken=before.num_taken + self._num_moved[path]))

    def _claim(self, article_id: str, digest: str, owners: dict[str, Owner], claimed: dict[str, str]) -> bool:
        """Put an article into `claimed` if it is this file's; say whether it is new or has changed."""
        if article_id in claimed:
            self._tell_taken(article_id, digest, Owner(self._path, claimed[article_id], is_seen=True))
            return False
        if self._kept and not self._is_kept:
            # It was put or withdrawn since the files said what it is.
            is_put = self._kept.has(article_id)
            if is_put or article_id in self._kept.withdrawn:
                self._num_taken += is_put
                return False
        owner = owners.get(article_id)
        if owner is None:
            claimed[article_id] = digest
            self._report.added += 1
            return True
        if not self._may_claim(owner):
            self._tell_taken(article_id, digest, owner)
            return False
        claimed[article_id] = digest
        if owner.path != self._path:
            self._num_moved[owner.path] += 1
        if owner.digest == digest:
            self._report.unchanged += 1
            return False
        self._report.updated += 1
        return True

    def _may_claim(self, owner: Owner) -> bool:
        """Say whether an id is this file's: it had it before, or it has moved here from one that is yet to be read."""
        return not owner.is_seen and (self._is_kept or owner.path == self._path or owner.path in self._unread)

    def _tell_taken(self, article_id: str, digest: str, owner: Owner) -> None:
        self._num_taken += owner.path != self._path
        if owner.digest == digest:
            # The same page captured twice, the same export in two places.
            self._report.repeated += 1
        else:
            # It is of one part, whatever the file is.
            self._tell_part(self._path, _explain(self._file, article_id, owner.path))

    def _tell_part(self, place: str, reason: str) -> None:
        self._num_failures += 1
        if self._num_failures <= MAX_FAILURES:
            self._tell(place, reason)

    def _tell(self, place: str, reason: str) -> None:
        self._failures.append((place, reason))
        self._report.failed.append(Failure(place, reason))

    def _delete(self, article_ids: list[str]) -> None:
        self._report.removed += len(article_ids)
        for article_id in article_ids:
            self._writer.delete(article_id)
        self._ledger.disown(article_ids)


def _explain(found: FoundFile, article_id: str, owner: str) -> str:
    """Return why an article can't have its id."""
    path = str(found.path)
    if owner == path:
        return f"has two articles with the id {article_id!r} that differ; the first is kept"
    if found.holds_many:
        return f"has an article with the id {article_id!r}, which {owner} has; that one is kept"
    # An id is made of the path below the given folder's parent, and two folders can have the same name.
    together = os.path.commonpath([path, owner])
    return (
        f"would get the id {article_id!r}, which {owner} has. Give the folder that holds both, {together}, "
        "in place of the folders within"
    )
