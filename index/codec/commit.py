"""Committing: which segments an index has, and the one atomic step that changes it.

The table of contents is Whoosh's own, `_MAIN_<generation>.toc`, so that `whoosh.index.open_dir` opens the index too.
What Whoosh leaves out is done here: the segments and the table are on the disk before the rename that makes them
count, and the rename before `commit` returns.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, FileIndex, clean_files

from index.codec.format import EXTENSION, SegmentFile
from index.codec.segment import ColumnarSegment
from index.codec.terms import TermTable

_INDEX_NAME = "MAIN"  # Whoosh's default; the names of all files begin with it


class DurableStorage(FileStorage):  # type: ignore[misc]  # Whoosh is untyped here
    """A folder of files in which a rename is on the disk when it returns, and what was renamed is so before."""

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:  # Whoosh's
        """Rename a file for good."""
        folder = Path(self.folder)
        _sync(folder / oldname)
        super().rename_file(oldname, newname, safe=safe)
        _sync(folder)


class OpenSegment:
    """A segment of the table of contents with its file, and the deletions that the next commit will make."""

    def __init__(self, segment: ColumnarSegment, file: SegmentFile) -> None:
        self.segment = segment
        self.file = file
        self._terms = TermTable(file)

    @property
    def num_docs(self) -> int:
        """Return how many documents there are, deleted ones included."""
        count: int = self.segment.doc_count_all()
        return count

    @property
    def num_live(self) -> int:
        """Return how many documents are not deleted."""
        return self.num_docs - self.segment.deleted_count()

    def live_terms(self, field: str) -> Iterator[bytes]:
        """Yield the terms of a field that are in a document which is not deleted."""
        entry = self.file.fields.get(field)
        for term_id in range(entry.first_term, entry.end_term) if entry else ():
            if not all(map(self.segment.is_deleted, self._terms.doc_ids(term_id).tolist())):
                yield self._terms.term(term_id)

    def delete_by_term(self, field: str, term: bytes) -> int:
        """Delete the documents that have a term; returns how many there were."""
        term_id = self._terms.find(field, term)
        if term_id is None:
            return 0
        doc_ids = [doc_id for doc_id in self._terms.doc_ids(term_id).tolist() if not self.segment.is_deleted(doc_id)]
        for doc_id in doc_ids:
            self.segment.delete_document(doc_id)
        return len(doc_ids)


class SegmentSet:
    """The segments of an index while they are being changed; nothing is seen by a reader before `commit`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._storage = DurableStorage(str(folder))
        toc = TOC.read(self._storage, _INDEX_NAME)
        self.schema = toc.schema
        self.generation: int = toc.generation
        self.segments = [OpenSegment(segment, segment.open(self._storage)) for segment in toc.segments]

    @staticmethod
    def create(folder: Path, schema: Any) -> SegmentSet:
        """Make an index without segments."""
        FileIndex.create(DurableStorage(str(folder)), schema, _INDEX_NAME)
        return SegmentSet(folder)

    def write(self, write: Callable[[BinaryIO], int]) -> OpenSegment:
        """Write a segment, which is none of the set before it is added to `segments`; safe to call from any thread.

        `write` writes its file and returns the number of its documents.
        """
        segment = ColumnarSegment(_INDEX_NAME)
        path = self.folder / segment.make_filename(f".{EXTENSION}")
        with path.open("xb") as file:
            segment.set_doc_count(write(file))
            file.flush()
            os.fsync(file.fileno())
        return OpenSegment(segment, SegmentFile.open(path))

    def replace(self, merged: Iterable[OpenSegment], write: Callable[[BinaryIO], int]) -> None:
        """Put one segment in the place of several, which it was merged from."""
        gone = {id(opened) for opened in merged}
        kept = [opened for opened in self.segments if id(opened) not in gone]
        self.segments = [*kept, self.write(write)]

    def drop_empty(self) -> None:
        """Drop the segments without documents, so that `segments` is what `commit` commits."""
        self.segments = [opened for opened in self.segments if opened.num_live]

    def commit(self) -> int:
        """Make the changes count, in one rename; returns the generation. Segments without documents go."""
        self.drop_empty()
        segments = [opened.segment for opened in self.segments]
        self.generation += 1
        TOC(self.schema, segments, self.generation).write(self._storage, _INDEX_NAME)
        self.clean()
        return self.generation

    def clean(self) -> int:
        """Delete the files that belong to no segment of the table: replaced ones, and those of killed writers.

        Returns the generation of the table that is on the disk, whose commit may have failed or been interrupted here.
        """
        toc = TOC.read(self._storage, _INDEX_NAME)
        clean_files(self._storage, _INDEX_NAME, toc.generation, toc.segments)
        generation: int = toc.generation
        return generation


def open_segments(folder: Path) -> tuple[int, Any, list[tuple[ColumnarSegment, SegmentFile]]]:
    """Return generation, schema and segments of an index as they were committed last.

    Raises `OSError` where a writer deletes what the table names at that moment: open it again then.
    """
    storage = FileStorage(str(folder))
    toc = TOC.read(storage, _INDEX_NAME)
    return toc.generation, toc.schema, [(segment, segment.open(storage)) for segment in toc.segments]


# A segment has no more documents than this when Dateline makes it: a doc id takes two bytes then, and nothing large is
# ever written again for the sake of something small.
MAX_DOCS = 1 << 16

# How many segments of about the same size there may be before they are merged, and what "about the same" is. Fewer
# makes queries faster, more makes small commits cheaper; every article is merged once for each level of sizes.
_MERGE_WIDTH = 6
_LEVEL_FACTOR = 8
_SMALLEST_LEVEL = 1_000

# A segment is written anew when more than this part of it is deleted.
_MAX_DELETED = 1 / 3


def choose_merge(sizes: list[tuple[int, int]]) -> list[int]:
    """Return the places of the segments that are best merged now, into one of up to `MAX_DOCS`; or nothing.

    sizes: of each segment how many documents it has that are not deleted, and how many in all. Those of up to half of
    `MAX_DOCS` are sorted into levels by size, each a few times as large as the one below; of the lowest level that is
    full, and those below it, the smallest that fit are merged. Where no level is full, a segment with many deleted
    documents is written anew, whatever its size.
    """
    levels: dict[int, list[int]] = {}
    for place, (num_live, _) in enumerate(sizes):
        if not 0 < num_live <= MAX_DOCS // 2:
            continue
        level, bound = 0, _SMALLEST_LEVEL
        while num_live >= bound:
            level, bound = level + 1, bound * _LEVEL_FACTOR
        levels.setdefault(level, []).append(place)
    below: list[int] = []
    for level in sorted(levels):
        below += levels[level]
        if len(levels[level]) >= _MERGE_WIDTH:
            fitting = _smallest_that_fit(below, [num_live for num_live, _ in sizes])
            if len(fitting) > 1:
                return fitting
    return [place for place, size in enumerate(sizes) if 0 < size[0] < size[1] * (1 - _MAX_DELETED)][:1]


def _smallest_that_fit(places: list[int], sizes: list[int]) -> list[int]:
    """Return as many of some segments as fit into one, in order."""
    chosen: list[int] = []
    total = 0
    for place in sorted(places, key=sizes.__getitem__):
        total += sizes[place]
        if total > MAX_DOCS:
            break
        chosen.append(place)
    return sorted(chosen)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
