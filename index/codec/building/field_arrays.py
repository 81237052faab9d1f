"""The arrays of the fields of a segment that is made from articles, and writing them.

This is how a segment is built without Whoosh's posting pool: nothing here is a Python object for each posting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.codec.building.packed_writer import count_lengths, write_freqs, write_positions
from index.codec.building.part_arrays import PartArrays
from index.codec.building.strings import Strings
from index.codec.format import Array, FieldEntry, SegmentFileWriter, narrowest


@dataclass(slots=True)
class FieldArrays:
    """The postings and lengths of one field, in the terms of `index.codec.format`; arrays of unsigned in any width."""

    name: str
    terms: Strings
    doc_freqs: NDArray[np.int64]
    doc_ids: Array
    freqs: Array
    has_freqs: bool = False
    counts: NDArray[np.int64] | None = None  # of each term: its tokens
    gaps: Array | None = None  # what `positions` has, u2 or u4; None for a field without
    lengths: NDArray[np.uint8] | None = None
    total_length: int = 0


def field_order(name: str, *, has_positions: bool) -> tuple[bool, str]:
    """Return the key by which fields with postings are sorted: those with positions first. Parts come after them."""
    return not has_positions, name


def write_fields(
    file_writer: SegmentFileWriter, fields: Sequence[FieldArrays], parts: Sequence[PartArrays]
) -> tuple[list[FieldEntry], int]:
    """Write the arrays of all fields that have terms; return their entries, and the width of positions."""
    own = sorted(
        (field for field in fields if field.terms.size),
        key=lambda field: field_order(field.name, has_positions=field.gaps is not None),
    )
    parts = sorted((part for part in parts if part.terms.size), key=lambda part: part.name)
    entries: list[FieldEntry] = []
    for place, field in enumerate(own):
        entries.append(
            FieldEntry(
                name=field.name,
                first_term=entries[-1].end_term if entries else 0,
                num_terms=field.terms.size,
                has_freqs=field.has_freqs,
                has_positions=field.gaps is not None,
                has_lengths=field.lengths is not None,
                total_length=field.total_length,
            )
        )
        if field.lengths is not None:
            file_writer.write(f"lengths:{place}", field.lengths)
    first_terms = {entry.name: entry.first_term for entry in entries}
    for part in parts:
        part.write(file_writer, len(entries), first_terms[part.parts_of])
        entries.append(part.entry(entries[-1].end_term))
    write_terms(file_writer, [field.terms for field in own] + [part.terms for part in parts])
    width = _write_postings(file_writer, own)
    return entries, width


def _write_postings(file_writer: SegmentFileWriter, fields: Sequence[FieldArrays]) -> int:
    """Write the postings of all fields that have some of their own; return the width of positions."""
    write_starts(file_writer, "posting_starts", [field.doc_freqs for field in fields])
    write_starts(file_writer, "position_starts", [field.counts for field in fields if field.counts is not None])
    dtype = narrowest(max((int(field.doc_ids.max(initial=0)) for field in fields), default=0))
    file_writer.write_chunks("doc_ids", dtype, _cast([field.doc_ids for field in fields], dtype))
    write_freqs(file_writer, [field.freqs for field in fields])
    gaps = [field.gaps for field in fields if field.gaps is not None]
    lengths = np.zeros(65, np.int64)
    for each in gaps:
        count_lengths(each, lengths)
    return write_positions(file_writer, lengths, gaps)


def write_terms(file_writer: SegmentFileWriter, terms: Sequence[Strings]) -> None:
    """Write the terms of all fields, in the order in which they are numbered."""
    joined = Strings.joined(terms)
    file_writer.write("term_bytes", joined.contents)
    file_writer.write("term_offsets", narrowed(joined.offsets))


def write_starts(file_writer: SegmentFileWriter, name: str, counts: Sequence[NDArray[np.int64]]) -> None:
    """Write where the postings, or positions, of each term begin, and the end of the last; counts: of each field."""
    starts = np.zeros(1 + sum(map(len, counts)), np.int64)
    if counts:
        np.cumsum(np.concatenate(counts), out=starts[1:])
    file_writer.write(name, narrowed(starts))


def narrowed(offsets: NDArray[np.int64]) -> Array:
    """Return ascending numbers in the narrowest type."""
    return offsets.astype(narrowest(int(offsets[-1])))


def _cast(parts: list[Array], dtype: np.dtype[Any]) -> Iterator[Array]:
    return (part.astype(dtype, copy=False) for part in parts)
