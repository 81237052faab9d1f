"""Writing the embedded engine's index."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from index import schema
from index.article import Article, digest_of
from index.bundle import Bundle
from index.codec.commit import MAX_DOCS, OpenSegment, SegmentSet, choose_merge
from index.engines.local.folder import Current, IndexFolder, told_as_damage
from index.engines.local.stories import check_stories, delete_stories, write_stories
from index.errors import DatelineError, IndexCorruptError, IndexMissingError, IndexUnavailableError
from index.index_writer import IndexWriter
from index.kept import Kept
from index.ledger import Ledger

if TYPE_CHECKING:
    from index.codec.building.builder import SegmentBuilder


class LocalWriter(IndexWriter):
    """The one writer of an index folder: into the live build, or into a new one for a rebuild.

    Articles wait in memory, and become a segment while others take their place; both take about `memory_mb`.
    """

    def __init__(self, path: str, *, rebuild: bool = False, memory_mb: int = 512) -> None:
        self._folder = IndexFolder(path)
        # Articles that wait need a third of what they need while they become a segment, and both happen at once.
        self._memory = (memory_mb << 20) * 3 // 4
        self._lock = self._folder.lock()
        with ExitStack() as undo, _told_as_failure(self._folder):
            undo.callback(self._lock.close)
            self.kept: Kept = Kept(self._folder.path)
            self._open(rebuild, undo)
            undo.pop_all()
        self.scratch = str(self._build)
        self.is_torn = self.ledger.generation != self._segments.generation
        self._committed = list(self._segments.segments)
        self._builder: SegmentBuilder | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="segment")
        self._flushing: Future[OpenSegment] | None = None
        self._put_ids: set[str] = set()
        self._has_changed = self._is_new_build or bool(self.damage)
        self._is_open = True

    def _open(self, rebuild: bool, undo: ExitStack) -> None:
        current = self._live_build(rebuild)
        self._is_new_build = rebuild or current is None
        self._base_generation = 0
        if current and not rebuild:
            self._build = self._folder.build_path(current)
            with told_as_damage(self._build):
                self._segments = self._open_segments(self._build)
            self.ledger = Ledger.open(self._folder.ledger_path(self._build))
            undo.callback(self.ledger.close)
            # Not before the live build has opened: what looks like a leftover may be all that there is.
            self._folder.delete_leftovers(keep=current.build)
            self._clean()
        else:
            if current:
                with suppress(IndexCorruptError):
                    self._base_generation = self._folder.generation(current)
                self._folder.delete_leftovers(keep=current.build)
            self._build = self._folder.new_build()
            undo.callback(shutil.rmtree, self._build, ignore_errors=True)
            self._segments = SegmentSet.create(self._build, schema.make_schema())
            self.ledger = Ledger.create(self._folder.ledger_path(self._build))
            undo.callback(self.ledger.close)

    def _open_segments(self, build: Path) -> SegmentSet:
        return SegmentSet.open(build)

    def _live_build(self, rebuild: bool) -> Current | None:
        """Return what is live, or `None` where there is nothing, or nothing that a rebuild could take over."""
        try:
            return self._folder.read_current()
        except IndexMissingError:
            return None
        except IndexUnavailableError:
            if not rebuild:
                raise
            return None

    def _the_builder(self) -> SegmentBuilder:
        if self._builder is None:
            # Not before there is something to index: loading the kernels takes half a second.
            from index.codec.building.builder import SegmentBuilder  # noqa: PLC0415

            self._builder = SegmentBuilder(schema.BUILDER_FIELDS, folder=str(self._build))
        return self._builder

    def prepare(self) -> None:
        """Load the kernels."""
        self._the_builder()

    def put(self, article: Article) -> None:
        """Add an article; it replaces the committed one with the same id."""
        self._require_open()
        self._require_new([article.id])
        with self._failing_as_one():
            builder = self._the_builder()
            builder.add(schema.to_fields(article), schema.to_stored(article), language=article.language)
            self._has_put([article.id])

    def put_all(self, bundle: Bundle) -> None:
        """Add the articles of a bundle; they replace the committed ones with the same ids."""
        self._require_open()
        self._require_new(bundle.ids)
        with self._failing_as_one():
            start = 0
            while start < len(bundle):
                end = min(len(bundle), start + MAX_DOCS - self._the_builder().num_docs)
                part = bundle.take(range(start, end))
                self._the_builder().extend(part.batch)
                self._has_put(part.ids)
                start = end

    def _require_new(self, article_ids: Sequence[str]) -> None:
        if not self._put_ids.isdisjoint(article_ids) or len(set(article_ids)) < len(article_ids):
            twice = next(one for one, times in Counter([*self._put_ids, *article_ids]).items() if times > 1)
            raise ValueError(f"The article {twice!r} was put twice between two commits.")

    def _has_put(self, article_ids: Sequence[str]) -> None:
        self._put_ids.update(article_ids)
        self._has_changed = True
        # What was put since the last commit has other ids.
        if self._committed:
            for article_id in article_ids:
                self._delete_from(self._committed, article_id)
        builder = self._the_builder()
        if builder.nbytes > self._memory or builder.num_docs == MAX_DOCS:
            self._flush()

    def delete(self, article_id: str) -> None:
        """Delete an article that was committed; one that is not there is no error."""
        self._require_open()
        self._delete_from(self._committed, article_id)

    def _delete_from(self, segments: Iterable[OpenSegment], article_id: str) -> None:
        term = article_id.encode("utf-8", "surrogatepass")
        for opened in segments:
            if opened.delete_by_term("id", term):
                self._has_changed = True

    def articles(self) -> Iterator[tuple[str, str]]:
        """Yield id and digest of all articles that are committed and were not deleted, in no order."""
        return digests_of(self._committed)

    def num_articles(self) -> int:
        """Return how many there are."""
        return sum(opened.num_live for opened in self._committed)

    def _flush(self) -> None:
        """Begin to make a segment of the articles that wait."""
        self._finish_flush()
        builder = self._builder
        if builder is None or not builder.num_docs:
            return
        self._builder = None

        def write(file: BinaryIO) -> int:
            builder.write(file)
            return builder.num_docs

        def flush() -> OpenSegment:
            try:
                return self._segments.write(write)
            finally:
                builder.close()

        self._flushing = self._thread.submit(flush)

    def _finish_flush(self) -> None:
        """Wait for the segment that is being made, and raise what went wrong with it."""
        if self._flushing is not None:
            self._segments.segments.append(self._flushing.result())
            self._flushing = None

    def _merge(self) -> None:
        """Merge segments until there are few of each size."""
        while places := choose_merge([(opened.num_live, opened.num_docs) for opened in self._segments.segments]):
            chosen = [self._segments.segments[place] for place in places]

            def write(file: BinaryIO, chosen: list[OpenSegment] = chosen) -> int:
                from index.codec.building.merge import merge_segments  # noqa: PLC0415 -- as above

                sources = [(opened.file, opened.segment.deleted_mask()) for opened in chosen]
                return merge_segments(sources, file, str(self._build))

            self._segments.replace(chosen, write)

    def commit(self) -> int:
        """Make every change visible in one step; returns the new generation, or the old one if nothing changed.

        Raises `DatelineError` where the disk is full or fails; the index is as it was then.
        """
        self._require_open()
        with self._failing_as_one():
            if self._has_changed:
                self._flush()
                self._finish_flush()
                self._merge()
                self._segments.drop_empty()
                write_stories(self._build, self._segments.generation + 1, self._segments.segments)
                delete_stories(self._build, keep=self._segments.commit())
            self.kept.apply()
            self.ledger.commit(self._segments.generation)
            if self._is_new_build:
                self._folder.make_live(self._build, self._base_generation)
        self._close()
        current = self._folder.read_current()
        self._folder.delete_leftovers(keep=current.build)
        self._lock.close()
        return self._folder.generation(current)

    def cancel(self) -> None:
        """Throw the changes away; after `commit` it does nothing."""
        if not self._is_open:
            return
        try:
            self.kept.discard()
            self._close()
            # A run that is interrupted just after its build went live must not delete it.
            if self._is_new_build and not self._folder.is_live(self._build):
                shutil.rmtree(self._build, ignore_errors=True)
            elif not self._is_new_build:
                # What stays is deleted by the next writer.
                with suppress(OSError, IndexUnavailableError):
                    self._clean()
        finally:
            self._lock.close()

    def _clean(self) -> None:
        """Delete what belongs to no commit, or to one that was replaced."""
        delete_stories(self._build, keep=self._segments.clean())

    def _require_open(self) -> None:
        if not self._is_open:
            raise ValueError("The writer is closed: what it was to write was committed or thrown away.")

    def _close(self) -> None:
        self._is_open = False
        try:
            self._thread.shutdown()  # waits: nothing may be written into a folder that is being cleaned
            if self._builder:
                self._builder.close()
        finally:
            self.ledger.close()

    @contextmanager
    def _failing_as_one(self) -> Iterator[None]:
        """Throw everything away if anything fails or interrupts; say so if that is the disk."""
        try:
            with _told_as_failure(self._folder):
                yield
        except ValueError:  # of the article, not of the index
            raise
        except BaseException:
            self.cancel()
            raise


@contextmanager
def _told_as_failure(folder: IndexFolder) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DatelineError(f"The index at {folder.path} can't be written: {reason}") from error


class LocalMender(LocalWriter):
    """A writer of what is sound in an index: its commit drops the segments that are damaged."""

    def __init__(self, path: str, *, memory_mb: int = 512) -> None:
        # Raises where there is nothing to mend, before a lock is made.
        IndexFolder(path).read_current()
        super().__init__(path, memory_mb=memory_mb)

    def _open_segments(self, build: Path) -> SegmentSet:
        segments, damage = SegmentSet.open_sound(build)
        self.damage = damage + check_stories(build, segments.generation, segments.committed_docs)
        return segments


def digests_of(segments: Iterable[OpenSegment]) -> Iterator[tuple[str, str]]:
    """Yield id and digest of the articles in segments that are not deleted."""
    for opened in segments:
        for term, stored in opened.live_documents("id"):
            yield term.decode("utf-8", "surrogatepass"), digest_of(stored)
