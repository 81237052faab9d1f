"""Merging a field that has postings of its own: sorting its terms, copying its postings a few million at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from index.codec.building.field_arrays import write_starts
from index.codec.building.merge_documents import Source
from index.codec.building.packed_writer import count_lengths, write_freqs, write_positions
from index.codec.building.strings import Strings, rank
from index.codec.format import FieldEntry, SegmentFile, SegmentFileWriter, narrowest
from index.codec.kernels import merge as kernel
from index.codec.kernels.packing import unpack_numbers
from index.codec.packing import put_overflow, read_freqs

_PART_SIZE = 1 << 22  # postings, or positions, that are copied at once


class MergedField:
    """One field of the merged segment. Terms: all that the sources have, the ones without documents too at first.

    shares: what each source has of it. doc_freqs, counts: i8, documents and tokens of each of these terms. is_used: b1,
    whether any document has it; `terms` are those that are.
    """

    def __init__(self, name: str, sources: Sequence[Source], gap_lengths: NDArray[np.int64]) -> None:
        self.name = name
        self.shares = [Share(source, source.file.fields[name]) for source in sources if name in source.file.fields]
        strings = Strings.joined([terms_of(share.source.file, share.entry) for share in self.shares])
        ranked = rank(strings)
        num_terms = len(ranked.firsts)
        self.doc_freqs, self.counts = np.zeros(num_terms, np.int64), np.zeros(num_terms, np.int64)
        first = 0
        for share in self.shares:
            share.term_ids = ranked.ranks[first : first + share.entry.num_terms].astype(np.int64)
            first += share.entry.num_terms
            doc_freqs, counts = share.count(gap_lengths)
            self.doc_freqs[share.term_ids] += doc_freqs
            self.counts[share.term_ids] += counts
        self.is_used = self.doc_freqs > 0
        self.terms = strings.take(ranked.firsts[self.is_used])

    def entry(self, first_term: int) -> FieldEntry:
        """Return what the directory says of the field."""
        one = self.shares[0].entry
        has_lengths = any(share.entry.has_lengths for share in self.shares)
        return FieldEntry(
            name=self.name,
            first_term=first_term,
            num_terms=self.terms.size,
            has_freqs=one.has_freqs,
            has_positions=one.has_positions,
            has_lengths=has_lengths,
            total_length=int(self.counts.sum()) if has_lengths else 0,
            boost=one.boost,
        )

    @property
    def has_positions(self) -> bool:
        """Whether there are positions."""
        return self.shares[0].entry.has_positions


class Share:
    """What one source has of a field; term_ids: i8, which of the field's terms each of its terms is, ascending."""

    def __init__(self, source: Source, entry: FieldEntry) -> None:
        self.source = source
        self.entry = entry
        self.term_ids = np.empty(0, np.int64)
        self.posting_starts = self._starts("posting_starts")
        self._position_starts = self._starts("position_starts") if entry.has_positions else self.posting_starts

    def _starts(self, name: str) -> NDArray[np.int64]:
        return self.source.file[name][self.entry.first_term : self.entry.end_term + 1].astype(np.int64)

    def doc_ids(self, first: int, end: int) -> NDArray[np.uint32]:
        """Return the articles of some terms, as they are numbered in the source."""
        starts = self.posting_starts
        return self.source.file["doc_ids"][starts[first] : starts[end]].astype(np.uint32)

    def _freqs(self, first: int, end: int) -> NDArray[np.uint32]:
        starts = self.posting_starts
        return read_freqs(self.source.file, int(starts[first]), int(starts[end])).astype(np.uint32)

    def _gaps(self, first: int, end: int) -> NDArray[np.uint32]:
        start, stop = int(self._position_starts[first]), int(self._position_starts[end])
        file = self.source.file
        gaps = np.empty(stop - start, np.uint32)
        unpack_numbers(file["positions"], start, file.meta["position_width"], gaps)
        if "position_overflow_places" in file:
            put_overflow(gaps, start, file["position_overflow_places"], file["position_overflow_values"])
        return gaps

    def count(self, gap_lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the documents and tokens of each term that are kept; add the lengths of their gaps."""
        doc_freqs, counts = (np.empty(self.entry.num_terms, np.int64) for _ in range(2))
        for first, end in parts_of(self._position_starts):
            doc_ids, freqs = self.doc_ids(first, end), self._freqs(first, end)
            kernel.count_kept(
                self.posting_starts[first : end + 1] - self.posting_starts[first],
                doc_ids,
                freqs,
                self.source.new_ids,
                doc_freqs[first:end],
                counts[first:end],
            )
            if self.entry.has_positions:
                gaps = self._gaps(first, end)
                if self.source.is_kept is not None:
                    gaps = gaps[np.repeat(self.source.new_ids[doc_ids] != kernel.GONE, freqs)]
                count_lengths(gaps, gap_lengths)
        return doc_freqs, counts

    def copy(
        self, name: str, first_term: int, end_term: int, next_places: NDArray[np.int64], out: NDArray[np.uint32]
    ) -> None:
        """Copy what is kept of the field's terms from `first_term` to `end_term`: doc ids, freqs or gaps."""
        first, end = np.searchsorted(self.term_ids, (first_term, end_term)).tolist()
        starts = self.posting_starts[first : end + 1] - self.posting_starts[first]
        doc_ids = self.doc_ids(first, end)
        new_ids = self.source.new_ids
        term_ids = self.term_ids[first:end] - first_term
        if name == "positions":
            freqs, gaps = self._freqs(first, end), self._gaps(first, end)
            kernel.copy_positions(starts, doc_ids, freqs, gaps, new_ids, term_ids, next_places, out)
            return
        column = new_ids[doc_ids] if name == "doc_ids" else self._freqs(first, end)
        kernel.copy_postings(starts, doc_ids, column, new_ids, term_ids, next_places, out)


def terms_of(file: SegmentFile, entry: FieldEntry) -> Strings:
    """Return the terms that a segment has of a field."""
    offsets = file["term_offsets"][entry.first_term : entry.end_term + 1].astype(np.int64)
    return Strings(file["term_bytes"][offsets[0] : offsets[-1]], offsets - offsets[0])


def parts_of(starts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield ranges of terms with up to `_PART_SIZE` postings each, or one term with more."""
    first, num_terms = 0, len(starts) - 1
    while first < num_terms:
        end = int(np.searchsorted(starts, starts[first] + _PART_SIZE, side="right")) - 1
        end = min(max(end, first + 1), num_terms)
        yield first, end
        first = end


def starts_of(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each of some things begins that have so many, and the end of the last."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])


def write_postings(
    file_writer: SegmentFileWriter, fields: Sequence[MergedField], num_docs: int, gap_lengths: NDArray[np.int64]
) -> int:
    """Write the postings of all fields, which are in the order of their terms; return the width of positions."""
    with_positions = [field for field in fields if field.has_positions]
    write_starts(file_writer, "posting_starts", [field.doc_freqs[field.is_used] for field in fields])
    write_starts(file_writer, "position_starts", [field.counts[field.is_used] for field in with_positions])
    dtype = narrowest(num_docs - 1)
    chunks = _copied("doc_ids", fields, lambda field: field.doc_freqs)
    file_writer.write_chunks("doc_ids", dtype, (chunk.astype(dtype) for chunk in chunks))
    write_freqs(file_writer, _copied("freqs", fields, lambda field: field.doc_freqs))
    return write_positions(file_writer, gap_lengths, _copied("positions", with_positions, lambda field: field.counts))


def _copied(
    name: str, fields: Sequence[MergedField], counts_of: Callable[[MergedField], NDArray[np.int64]]
) -> Iterator[NDArray[np.uint32]]:
    """Yield an array of the merged segment in pieces."""
    for field in fields:
        starts = starts_of(counts_of(field))
        for first, end in parts_of(starts):
            out = np.empty(int(starts[end] - starts[first]), np.uint32)
            next_places = starts[first:end] - starts[first]
            for share in field.shares:
                share.copy(name, first, end, next_places, out)
            yield out
