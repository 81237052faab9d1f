"""Committing: which segments an index has, and the one atomic step that changes it.

The segments are on the disk before the table of contents that names them (`index.codec.contents`), and the table before
`commit` returns; Whoosh's own writer sees to neither.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from index.codec.contents import INDEX_NAME, Contents, leftovers, read_contents, write_contents
from index.codec.format import ADVICE, EXTENSION, SegmentFile
from index.codec.segment import ColumnarSegment
from index.codec.stored import StoredReader
from index.codec.terms import TermTable
from index.errors import IndexUnavailableError, IndexVersionError


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

    def live_documents(self, field: str) -> Iterator[tuple[bytes, bytes]]:
        """Yield the documents that are not deleted: a term of a field, and the stored fields of what has it."""
        entry = self.file.fields.get(field)
        stored = StoredReader(self.file)
        for term_id in range(entry.first_term, entry.end_term) if entry else ():
            for doc_id in self._terms.doc_ids(term_id).tolist():
                if not self.segment.is_deleted(doc_id):
                    yield self._terms.term(term_id), stored.encoded(doc_id)

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

    def __init__(self, folder: Path, contents: Contents, segments: list[OpenSegment]) -> None:
        self.folder = folder
        self.schema = contents.schema
        self.generation = contents.generation
        self.committed_docs = contents.num_docs
        self.segments = segments

    @staticmethod
    def open(folder: Path) -> SegmentSet:
        """Open an index; raises what is wrong with the first segment that can't be opened."""
        contents = read_contents(folder)
        segments = [OpenSegment(segment, _open(folder, segment)) for segment in contents.segments]
        return SegmentSet(folder, contents, segments)

    @staticmethod
    def open_sound(folder: Path) -> tuple[SegmentSet, list[str]]:
        """Open an index without the segments that are damaged, each of which is told; a commit drops them.

        Everything is read. Raises an `OSError` for what can't be read now but may be as it was.
        """
        contents = read_contents(folder)
        sound, damage = check_segments(open_each(folder, contents))
        return SegmentSet(folder, contents, sound), damage

    @staticmethod
    def create(folder: Path, schema: Any) -> SegmentSet:
        """Make an index without segments."""
        write_contents(folder, Contents(0, schema, []))
        return SegmentSet.open(folder)

    def write(self, write: Callable[[BinaryIO], int]) -> OpenSegment:
        """Write a segment, which is none of the set before it is added to `segments`; safe to call from any thread.

        `write` writes its file and returns the number of its documents.
        """
        segment = ColumnarSegment(INDEX_NAME)
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
        # What a segment is named by must be there whenever its name is.
        write_contents(self.folder, Contents(self.generation + 1, self.schema, segments))
        self.generation += 1
        self.clean()
        return self.generation

    def clean(self) -> int:
        """Delete the files that belong to no segment of the table: replaced ones, and those of killed writers.

        Returns the generation of the table that is on the disk, whose commit may have failed or been interrupted here.
        """
        contents = read_contents(self.folder)
        for path in leftovers(self.folder, contents):
            path.unlink(missing_ok=True)
        return contents.generation


def open_segments(folder: Path) -> tuple[int, Any, list[tuple[ColumnarSegment, SegmentFile]]]:
    """Return generation, schema and segments of an index as they were committed last.

    Raises `OSError` where a writer deletes what the table names at that moment: open it again then.
    """
    contents = read_contents(folder)
    return contents.generation, contents.schema, [(one, _open(folder, one)) for one in contents.segments]


Opened = tuple[ColumnarSegment, SegmentFile | str]


def open_each(folder: Path, contents: Contents) -> list[Opened]:
    """Return every segment of a table, open, or with what is wrong with it."""
    opened: list[Opened] = []
    for segment in contents.segments:
        try:
            opened.append((segment, _open(folder, segment)))
        except FileNotFoundError:
            opened.append((segment, f"{_path(folder, segment)} is missing."))
        except IndexUnavailableError as error:
            opened.append((segment, _told(error)))
    return opened


def check_segments(opened: Iterable[Opened]) -> tuple[list[OpenSegment], list[str]]:
    """Read segments from beginning to end; return those that are sound, and what is wrong with the others."""
    sound: list[OpenSegment] = []
    damage: list[str] = []
    for segment, file in opened:
        if isinstance(file, str):
            damage.append(file)
            continue
        try:
            file.verify()
        except IndexUnavailableError as error:
            damage.append(_told(error))
        else:
            sound.append(OpenSegment(segment, file))
    return sound, damage


def _open(folder: Path, segment: ColumnarSegment) -> SegmentFile:
    return SegmentFile.open(_path(folder, segment))


def _path(folder: Path, segment: ColumnarSegment) -> Path:
    return folder / str(segment.make_filename(f".{EXTENSION}"))


def _told(error: IndexUnavailableError) -> str:
    if isinstance(error, IndexVersionError):
        # One segment of another version is a flipped bit: the version of an index is in CURRENT.
        return f"{str(error).partition(';')[0]}, as no segment here has."
    return str(error).removesuffix(ADVICE).rstrip()


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
