"""Merges segments into one by copying arrays, without the documents that are deleted.

Terms of a field are sorted together; postings are copied a few million at a time, so that memory does not grow with
the segments. What this cannot merge it refuses before it writes anything (`UnmergeableError`): Whoosh's own merge,
posting by posting, is there for those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.codec.field_arrays import narrowed
from index.codec.format import Array, FieldEntry, SegmentFile, SegmentFileWriter, Sink, narrowest, to_meta
from index.codec.kernels import merge as kernel
from index.codec.lexicon import Counts, LexiconFields, count_surfaces, find_stems, write_lexicon
from index.codec.merge_documents import (
    Source,
    unmergeable_documents,
    write_columns,
    write_lengths,
    write_stored,
)
from index.codec.strings import Strings, rank

_PART_SIZE = 1 << 22  # postings, or positions, that are copied at once


class UnmergeableError(ValueError):
    """These segments cannot be merged by copying arrays."""


class _Field:
    """One field of the merged segment. Terms: all that the sources have, the ones without documents too at first."""

    def __init__(self, name: str, sources: Sequence[Source], largest: NDArray[np.int64]) -> None:
        self.name = name
        self.parts = [_Part(source, source.file.fields[name]) for source in sources if name in source.file.fields]
        strings = Strings.joined([part.terms() for part in self.parts])
        ranked = rank(strings)
        num_terms = len(ranked.firsts)
        self.doc_freqs, self.counts = np.zeros(num_terms, np.int64), np.zeros(num_terms, np.int64)
        first = 0
        for part in self.parts:
            part.term_ids = ranked.ranks[first : first + part.entry.num_terms].astype(np.int64)
            first += part.entry.num_terms
            doc_freqs, counts = part.count(largest)
            self.doc_freqs[part.term_ids] += doc_freqs
            self.counts[part.term_ids] += counts
        self.is_used = self.doc_freqs > 0
        self.terms = strings.take(ranked.firsts[self.is_used])

    def entry(self, first_term: int) -> FieldEntry:
        """Return what the directory says of the field."""
        one = self.parts[0].entry
        has_lengths = any(part.entry.has_lengths for part in self.parts)
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


class _Part:
    """What one source has of a field."""

    def __init__(self, source: Source, entry: FieldEntry) -> None:
        self.source = source
        self.entry = entry
        self.term_ids = np.empty(0, np.int64)  # of the field
        self.posting_starts = self._starts("posting_starts")
        self.position_starts = self._starts("position_starts")

    def _starts(self, name: str) -> NDArray[np.int64]:
        return self.source.file[name][self.entry.first_term : self.entry.end_term + 1].astype(np.int64)

    def terms(self) -> Strings:
        """Return the terms."""
        file = self.source.file
        offsets = file["term_offsets"][self.entry.first_term : self.entry.end_term + 1].astype(np.int64)
        return Strings(file["term_bytes"][offsets[0] : offsets[-1]], offsets - offsets[0])

    def slice(self, name: str, first: int, end: int) -> NDArray[np.uint32]:
        """Return the postings of some terms, of `doc_ids` or `freqs`; or their positions."""
        starts = self.position_starts if name == "positions" else self.posting_starts
        return self.source.file[name][starts[first] : starts[end]].astype(np.uint32)

    def count(self, largest: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the documents and tokens of each term that are kept."""
        doc_freqs, counts = (np.empty(self.entry.num_terms, np.int64) for _ in range(2))
        for first, end in _parts_of(self.posting_starts):
            kernel.count_kept(
                self.posting_starts[first : end + 1] - self.posting_starts[first],
                self.slice("doc_ids", first, end),
                self.slice("freqs", first, end),
                self.source.new_ids,
                doc_freqs[first:end],
                counts[first:end],
                largest,
            )
        return doc_freqs, counts

    def copy(
        self, name: str, first_term: int, end_term: int, next_places: NDArray[np.int64], out: NDArray[np.uint32]
    ) -> None:
        """Copy what is kept of the field's terms from `first_term` to `end_term`."""
        first, end = np.searchsorted(self.term_ids, (first_term, end_term)).tolist()
        starts = self.posting_starts[first : end + 1] - self.posting_starts[first]
        doc_ids = self.slice("doc_ids", first, end)
        new_ids = self.source.new_ids
        term_ids = self.term_ids[first:end] - first_term
        if name == "positions":
            freqs, positions = self.slice("freqs", first, end), self.slice("positions", first, end)
            kernel.copy_positions(starts, doc_ids, freqs, positions, new_ids, term_ids, next_places, out)
            return
        column = new_ids[doc_ids] if name == "doc_ids" else self.slice("freqs", first, end)
        kernel.copy_postings(starts, doc_ids, column, new_ids, term_ids, next_places, out)


def merge_segments(
    segments: Sequence[tuple[SegmentFile, NDArray[np.bool_] | None]], sink: Sink, folder: str | None = None
) -> int:
    """Merge segments into one, their documents one after another; return how many there are.

    With each segment comes which of its documents are deleted (b1[N] or longer), or None. `folder` is where stored
    fields may wait. Raises `UnmergeableError` before anything is written.
    """
    sources, num_docs = _number_documents(segments)
    files = [source.file for source in sources]
    names = _check_fields(files)
    reason = unmergeable_documents(files)
    if reason:
        raise UnmergeableError(reason)
    largest = np.zeros(2, np.int64)
    fields = [field for field in (_Field(name, sources, largest) for name in names) if field.terms.size]
    file_writer = SegmentFileWriter(sink)
    entries: list[FieldEntry] = []
    for field in fields:
        entries.append(field.entry(entries[-1].end_term if entries else 0))
    write_lengths(file_writer, entries, sources)
    _write_terms(file_writer, fields)
    _write_postings(file_writer, fields, largest)
    meta: dict[str, Any] = {"columns": write_columns(file_writer, sources), "vectors": []}
    meta |= _write_lexicon(file_writer, sources, fields, entries)
    write_stored(file_writer, sources, folder)
    file_writer.finish(to_meta(num_docs, entries, **meta))
    return num_docs


def _number_documents(
    segments: Sequence[tuple[SegmentFile, NDArray[np.bool_] | None]],
) -> tuple[list[Source], int]:
    sources: list[Source] = []
    num_docs = 0
    for file, deleted in segments:
        is_kept = np.ones(file.num_docs, np.bool_) if deleted is None else ~deleted[: file.num_docs]
        new_ids = np.full(file.num_docs, kernel.GONE, np.uint32)
        kept = int(np.count_nonzero(is_kept))
        new_ids[is_kept] = np.arange(num_docs, num_docs + kept, dtype=np.uint32)
        sources.append(Source(file, new_ids, kept))
        num_docs += kept
    return sources, num_docs


def _check_fields(files: Sequence[SegmentFile]) -> list[str]:
    """Return the names of the fields in order; raises `UnmergeableError`."""
    kinds: dict[str, tuple[bool, bool, float]] = {}
    for file in files:
        for name, entry in file.fields.items():
            if entry.has_values or entry.has_weights:
                raise UnmergeableError(f"{file.name} has values or weights of its own in the field {name!r}.")
            if not entry.num_terms:
                raise UnmergeableError(f"{file.name} has lengths without terms in the field {name!r}.")
            kind = (entry.has_freqs, entry.has_positions, entry.boost)
            if kinds.setdefault(name, kind) != kind:
                raise UnmergeableError(f"{file.name} has the field {name!r} in another way than the others.")
    return sorted(kinds)


def _write_terms(file_writer: SegmentFileWriter, fields: Sequence[_Field]) -> None:
    terms = Strings.joined([field.terms for field in fields])
    file_writer.write("term_bytes", terms.contents)
    file_writer.write("term_offsets", narrowed(terms.offsets))
    for name, count_of in (
        ("posting_starts", lambda field: field.doc_freqs),
        ("position_starts", _position_counts),
    ):
        starts = np.zeros(terms.size + 1, np.int64)
        if fields:
            np.cumsum(np.concatenate([count_of(field)[field.is_used] for field in fields]), out=starts[1:])
        file_writer.write(name, narrowed(starts))


def _position_counts(field: _Field) -> NDArray[np.int64]:
    return field.counts if field.parts[0].entry.has_positions else np.zeros_like(field.counts)


def _write_postings(file_writer: SegmentFileWriter, fields: Sequence[_Field], largest: NDArray[np.int64]) -> None:
    with_positions = [field for field in fields if field.parts[0].entry.has_positions]
    columns: tuple[tuple[str, Sequence[_Field], int, Callable[[_Field], NDArray[np.int64]]], ...] = (
        ("doc_ids", fields, int(largest[0]), lambda field: field.doc_freqs),
        ("freqs", fields, int(largest[1]), lambda field: field.doc_freqs),
        ("positions", with_positions, _largest_position(with_positions), _position_counts),
    )
    for name, having, most, counts_of in columns:
        dtype = narrowest(most)
        file_writer.write_chunks(name, dtype, _copied(name, having, counts_of, dtype))


def _largest_position(fields: Sequence[_Field]) -> int:
    files = {id(part.source.file): part.source.file for field in fields for part in field.parts}
    return max((int(file["positions"].max(initial=0)) for file in files.values()), default=0)


def _copied(
    name: str, fields: Sequence[_Field], counts_of: Callable[[_Field], NDArray[np.int64]], dtype: np.dtype[Any]
) -> Iterator[Array]:
    """Yield an array of the merged segment in pieces."""
    for field in fields:
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts_of(field))])
        for first, end in _parts_of(starts):
            out = np.empty(int(starts[end] - starts[first]), np.uint32)
            next_places = starts[first:end] - starts[first]
            for part in field.parts:
                part.copy(name, first, end, next_places, out)
            yield out.astype(dtype)


def _parts_of(starts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield ranges of terms with up to `_PART_SIZE` postings each, or one term with more."""
    first, num_terms = 0, len(starts) - 1
    while first < num_terms:
        end = int(np.searchsorted(starts, starts[first] + _PART_SIZE, side="right")) - 1
        end = min(max(end, first + 1), num_terms)
        yield first, end
        first = end


def _write_lexicon(
    file_writer: SegmentFileWriter, sources: Sequence[Source], fields: Sequence[_Field], entries: Sequence[FieldEntry]
) -> dict[str, Any]:
    """Write the lexicon anew if any source has one; return what goes into `meta`."""
    wanted = LexiconFields.united([LexiconFields.of(source.file) for source in sources])
    of_name = {field.name: (field, entry) for field, entry in zip(fields, entries, strict=True)}
    having = [of_name[name][0] for name in wanted.surfaces if name in of_name]
    if not having:
        return {}
    strings = Strings.joined([field.terms for field in having])
    ranked = rank(strings)
    surfaces = strings.take(ranked.firsts)
    counted = Counts(np.zeros(surfaces.size, np.int64), np.zeros(surfaces.size, np.int64))
    places = _places(having, ranked.ranks)
    for source in sources:
        terms = np.full((surfaces.size, len(having)), -1, np.int64)
        for column, (field, place_of) in enumerate(zip(having, places, strict=True)):
            for part in field.parts:
                if part.source is source:
                    found = place_of[part.term_ids]
                    terms[found[found >= 0], column] = part.entry.first_term + np.flatnonzero(found >= 0)
        file = source.file
        if file.num_docs and "doc_ids" in file:
            more = count_surfaces(terms, file["posting_starts"], file["doc_ids"], file["freqs"], source.is_kept)
            counted.counts[:] += more.counts
            counted.doc_freqs[:] += more.doc_freqs
    stems = find_stems(
        surfaces, [(of_name[name][0].terms, of_name[name][1].first_term) for name in wanted.stems if name in of_name]
    )
    write_lexicon(file_writer, surfaces, stems, counted)
    return {"lexicon": wanted.to_meta()}


def _places(fields: Sequence[_Field], ranks: NDArray[np.uint32]) -> list[NDArray[np.int64]]:
    """Return for each field where its terms are in the lexicon, -1 for those that have no documents any more."""
    places: list[NDArray[np.int64]] = []
    first = 0
    for field in fields:
        place_of = np.full(len(field.is_used), -1, np.int64)
        place_of[field.is_used] = ranks[first : first + field.terms.size]
        first += field.terms.size
        places.append(place_of)
    return places
