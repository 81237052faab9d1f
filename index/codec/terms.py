"""Terms: finding them in a segment, what is known of each, going through them in order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import accumulate
from operator import attrgetter
from typing import Any

import numpy as np
from whoosh.codec import base
from whoosh.reading import TermInfo, TermNotFound
from whoosh.util.numeric import byte_to_length

from index.codec.format import FREQ_OVERFLOW, Array, FieldEntry, SegmentFile
from index.codec.matchers import ColumnarMatcher
from index.codec.packing import PackedReader, packed_gaps, read_freqs
from index.codec.parts import Parts
from index.codec.segment import ColumnarSegment

_MEMO_SIZE = 1 << 14
_CHUNK_SIZE = 1 << 10


class TermTable:
    """The terms of a segment by their numbers, and the arrays of their postings."""

    def __init__(self, segment_file: SegmentFile) -> None:
        self.file = segment_file
        self._bytes = segment_file["term_bytes"].data
        self._offsets = segment_file["term_offsets"].data
        self._starts = segment_file["posting_starts"].data
        self._freqs = segment_file["freqs"].data
        self._parts = [Parts(segment_file, entry) for entry in segment_file.fields.values() if entry.parts_of]
        # One search in Whoosh looks a term up four times.
        self._memo: dict[tuple[str, bytes], int] = {}

    def term(self, term_id: int) -> bytes:
        """Return the bytes of a term."""
        return bytes(self._bytes[self._offsets[term_id] : self._offsets[term_id + 1]])

    def terms(self, first: int, end: int) -> Iterator[bytes]:
        """Yield the terms of a range."""
        contents = self._bytes
        offsets = self.file["term_offsets"]
        for chunk in range(first, end, _CHUNK_SIZE):
            bounds = offsets[chunk : min(chunk + _CHUNK_SIZE, end) + 1].tolist()
            start = bounds[0]
            for bound in bounds[1:]:
                yield bytes(contents[start:bound])
                start = bound

    def lower_bound(self, entry: FieldEntry, term: bytes) -> int:
        """Return the number of the first term of a field that is not below `term`, `entry.end_term` if all are."""
        return entry.first_term + bisect_left(range(entry.first_term, entry.end_term), term, key=self.term)

    def find(self, name: str, term: bytes) -> int | None:
        """Return the number of a term, or None if the field has it not."""
        key = (name, term)
        known = self._memo.get(key)
        if known is not None:
            return known
        entry = self.file.fields.get(name)
        if entry is None:
            return None
        term_id = self.lower_bound(entry, term)
        if term_id == entry.end_term or self.term(term_id) != term:
            return None
        if len(self._memo) >= _MEMO_SIZE:
            self._memo.clear()
        self._memo[key] = term_id
        return term_id

    def _parts_with(self, term_id: int) -> Parts | None:
        """Return the parts that a term is one of, or None if it has postings of its own."""
        for parts in self._parts:
            if parts.first_term <= term_id < parts.end_term:
                return parts
        return None

    def posting_range(self, term_id: int) -> tuple[int, int]:
        """Return where the postings of a term start and end; it must have postings of its own."""
        return self._starts[term_id], self._starts[term_id + 1]

    def doc_freq(self, term_id: int) -> int:
        """Return how many documents a term is in."""
        parts = self._parts_with(term_id)
        if parts is not None:
            return parts.doc_freq(term_id)
        start, end = self.posting_range(term_id)
        return end - start

    def doc_ids(self, term_id: int) -> Array:
        """Return the documents of a term, ascending."""
        parts = self._parts_with(term_id)
        if parts is not None:
            return parts.doc_ids(term_id)
        start, end = self.posting_range(term_id)
        return self.file["doc_ids"][start:end]

    def freq(self, posting: int) -> int:
        """Return the freq of a posting, by its number in the segment."""
        freq: int = self._freqs[posting]
        return freq if freq < FREQ_OVERFLOW else int(read_freqs(self.file, posting, posting + 1)[0])

    def positions(self, start: int, end: int) -> list[int]:
        """Return the positions of one posting, which are those from `start` to `end` of the segment."""
        gaps = self._gaps.read(start, end)
        return list(accumulate(gaps)) if len(gaps) > 1 else gaps

    @cached_property
    def _gaps(self) -> PackedReader:
        return PackedReader(packed_gaps(self.file))

    def weights(self, entry: FieldEntry, term_id: int) -> Array:
        """Return the weights of a term in its documents (f4)."""
        if entry.parts_of:
            return np.full(self.doc_freq(term_id), entry.boost, np.float32)
        start, end = self.posting_range(term_id)
        if not entry.has_weights:
            weights: Array = (read_freqs(self.file, start, end) * entry.boost).astype(np.float32)
            return weights
        first = self._starts[entry.first_term]
        return self.file[f"weights:{self.file.field_places[entry.name]}"][start - first : end - first]

    def lengths(self, entry: FieldEntry) -> Array | None:
        """Return the lengths of a field in all documents, as `length_to_byte` has them, or None if it has none."""
        return self.file[f"lengths:{self.file.field_places[entry.name]}"] if entry.has_lengths else None


class ColumnarTermInfo(TermInfo):  # type: ignore[misc]  # Whoosh is untyped here
    """What is known of a term, worked out of its postings when it is asked for.

    A new one each time: Whoosh changes `_minid` and `_maxid` of those that it gets.
    """

    def __init__(self, table: TermTable, entry: FieldEntry, term_id: int) -> None:
        self._table = table
        self._entry = entry
        self._term_id = term_id
        if entry.parts_of:
            doc_ids = table.doc_ids(term_id)
            start, end = 0, len(doc_ids)
        else:
            doc_ids = table.file["doc_ids"]
            start, end = table.posting_range(term_id)
        self._df = end - start
        self._minid = int(doc_ids[start])
        self._maxid = int(doc_ids[end - 1])

    def weight(self) -> float:
        """Return the sum of the weights."""
        return float(self._table.weights(self._entry, self._term_id).sum(dtype=np.float64))

    def max_weight(self) -> float:
        """Return the largest weight."""
        return float(self._table.weights(self._entry, self._term_id).max())

    def min_length(self) -> int:
        """Return the length of the shortest document, quantised; 0 if that is not known."""
        lengths = self._table.lengths(self._entry)
        return 0 if lengths is None else byte_to_length(int(lengths[self._table.doc_ids(self._term_id)].min()))

    def max_length(self) -> int:
        """Return the length of the longest document, quantised; 0 if that is not known."""
        lengths = self._table.lengths(self._entry)
        return 0 if lengths is None else byte_to_length(int(lengths[self._table.doc_ids(self._term_id)].max()))


class ColumnarTermsReader(base.TermsReader):  # type: ignore[misc]  # Whoosh is untyped here
    """Reads the terms of a segment, as Whoosh asks for them."""

    def __init__(self, segment_file: SegmentFile, segment: ColumnarSegment) -> None:
        self.segment_file = segment_file
        self.table = TermTable(segment_file)
        self._segment = segment
        # Whoosh goes through fields by their names; their terms are numbered in another order.
        self._fields = sorted(segment_file.fields.values(), key=attrgetter("name"))

    def _require(self, fieldname: str, term: bytes) -> tuple[FieldEntry, int]:
        term_id = self.table.find(fieldname, term)
        if term_id is None:
            raise TermNotFound(f"No term {fieldname}:{term!r}")
        return self.segment_file.fields[fieldname], term_id

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return self.table.find(*term) is not None

    def indexed_field_names(self) -> Iterable[str]:
        """Return the names of the fields that have terms."""
        return [entry.name for entry in self._fields if entry.num_terms]

    def terms(self) -> Iterator[tuple[str, bytes]]:
        """Yield all terms with their fields."""
        for entry in self._fields:
            for term in self.table.terms(entry.first_term, entry.end_term):
                yield entry.name, term

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield the terms from one on, those of the fields after it too; none for an unknown field."""
        return (term for term, _, _ in self._from(fieldname, prefix))

    def _from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], FieldEntry, int]]:
        start = self.segment_file.fields.get(fieldname)
        if start is None:
            return
        for entry in self._fields[self._fields.index(start) :]:
            first = self.table.lower_bound(entry, prefix) if entry is start else entry.first_term
            for term_id, term in enumerate(self.table.terms(first, entry.end_term), first):
                yield (entry.name, term), entry, term_id

    def items(self) -> Iterator[tuple[tuple[str, bytes], ColumnarTermInfo]]:
        """Yield all terms and what is known of each."""
        for entry in self._fields:
            for term_id, term in enumerate(self.table.terms(entry.first_term, entry.end_term), entry.first_term):
                yield (entry.name, term), ColumnarTermInfo(self.table, entry, term_id)

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], ColumnarTermInfo]]:
        """Yield the terms from one on, and what is known of each."""
        for term, entry, term_id in self._from(fieldname, prefix):
            yield term, ColumnarTermInfo(self.table, entry, term_id)

    def term_info(self, fieldname: str, text: bytes) -> ColumnarTermInfo:
        """Return what is known of a term; raises `TermNotFound`."""
        return ColumnarTermInfo(self.table, *self._require(fieldname, text))

    def frequency(self, fieldname: str, text: bytes) -> float:
        """Return the sum of a term's weights; raises `KeyError`, as Whoosh expects here."""
        term_id = self.table.find(fieldname, text)
        if term_id is None:
            raise KeyError((fieldname, text))
        return ColumnarTermInfo(self.table, self.segment_file.fields[fieldname], term_id).weight()

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        """Return how many documents a term is in, deleted ones included; raises `KeyError`, as Whoosh expects here."""
        term_id = self.table.find(fieldname, text)
        if term_id is None:
            raise KeyError((fieldname, text))
        return self.table.doc_freq(term_id)

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> ColumnarMatcher:
        """Return the postings of a term, without those of deleted documents; raises `TermNotFound`."""
        entry, term_id = self._require(fieldname, text)
        return ColumnarMatcher(self.table, entry, term_id, format_, scorer=scorer, deleted=self._segment.deleted_mask())

    def cursor(self, fieldname: str, fieldobj: Any) -> base.FieldCursor:
        """Return a cursor over the terms of a field."""
        entry = self.segment_file.fields.get(fieldname)
        return ColumnarCursor(self.table, entry, fieldobj) if entry else base.EmptyCursor()

    def close(self) -> None:
        """Do nothing: another thread may be reading, and the mapping goes with the last that looks into it."""


class ColumnarCursor(base.FieldCursor):  # type: ignore[misc]  # Whoosh is untyped here
    """Goes through the terms of one field, as texts; it starts on the first."""

    def __init__(self, table: TermTable, entry: FieldEntry, field: Any) -> None:
        self._table = table
        self._entry = entry
        self._field = field
        self._term_id = entry.first_term

    def is_valid(self) -> bool:
        """Return whether it is on a term."""
        return self._term_id < self._entry.end_term

    def text(self) -> Any:
        """Return the term that it is on, or None past the end."""
        return self._field.from_bytes(self._table.term(self._term_id)) if self.is_valid() else None

    def term_info(self) -> ColumnarTermInfo | None:
        """Return what is known of the term that it is on."""
        return ColumnarTermInfo(self._table, self._entry, self._term_id) if self.is_valid() else None

    def first(self) -> Any:
        """Go to the first term and return it."""
        self._term_id = self._entry.first_term
        return self.text()

    def find(self, string: Any) -> Any:
        """Go to the first term that is not below a text or bytes, and return it."""
        term = string if isinstance(string, bytes) else self._field.to_bytes(string)
        self._term_id = self._table.lower_bound(self._entry, term)
        return self.text()

    def next(self) -> Any:
        """Go to the next term and return it."""
        self._term_id = min(self._term_id + 1, self._entry.end_term)
        return self.text()
