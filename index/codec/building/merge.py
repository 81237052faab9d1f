"""Merges segments into one by copying arrays, without the documents that are deleted.

Terms of a field are sorted together; postings are copied a few million at a time, so that memory does not grow with
them. What this cannot merge it refuses before it writes anything (`UnmergeableError`): Whoosh's own merge, posting by
posting, is there for those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index.codec.building.field_arrays import field_order, write_terms
from index.codec.building.merge_documents import (
    Source,
    UnmergeableError,
    unmergeable_documents,
    write_columns,
    write_kept_signatures,
    write_lengths,
    write_stored,
)
from index.codec.building.merge_parts import merge_parts
from index.codec.building.merge_postings import MergedField, write_postings
from index.codec.building.part_arrays import PartArrays
from index.codec.format import FieldEntry, SegmentFile, SegmentFileWriter, Sink, to_meta
from index.codec.kernels import merge as kernel

__all__ = ["UnmergeableError", "merge_segments"]


def merge_segments(
    segments: Sequence[tuple[SegmentFile, NDArray[np.bool_] | None]], sink: Sink, folder: str | None = None
) -> int:
    """Merge segments into one, their documents one after another; return how many there are.

    With each segment comes which of its documents are deleted (b1[N] or longer), or None. `folder` is where stored
    fields may wait. Raises `UnmergeableError` before anything is written.
    """
    sources, num_docs = _number_documents(segments)
    files = [source.file for source in sources]
    kinds = _check_fields(files)
    reason = unmergeable_documents(files)
    if reason:
        raise UnmergeableError(reason)
    gap_lengths = np.zeros(65, np.int64)
    fields, parts = _merge_fields(kinds, sources, gap_lengths)
    file_writer = SegmentFileWriter(sink)
    entries: list[FieldEntry] = []
    for field in fields:
        entries.append(field.entry(entries[-1].end_term if entries else 0))
    write_lengths(file_writer, entries, sources)
    first_terms = {entry.name: entry.first_term for entry in entries}
    for part in parts:
        part.write(file_writer, len(entries), first_terms[part.parts_of])
        entries.append(part.entry(entries[-1].end_term))
    write_terms(file_writer, [field.terms for field in fields] + [part.terms for part in parts])
    position_width = write_postings(file_writer, fields, num_docs, gap_lengths)
    columns = write_columns(file_writer, sources)
    write_kept_signatures(file_writer, sources)
    write_stored(file_writer, sources, folder)
    file_writer.finish(to_meta(num_docs, entries, position_width=position_width, columns=columns, vectors=[]))
    return num_docs


def _merge_fields(
    kinds: Mapping[str, FieldEntry], sources: Sequence[Source], gap_lengths: NDArray[np.int64]
) -> tuple[list[MergedField], list[PartArrays]]:
    """Return the fields that have terms, sorted as they are numbered; those with postings, and parts of these."""
    own = sorted(
        (name for name, kind in kinds.items() if not kind.parts_of),
        key=lambda name: field_order(name, has_positions=kinds[name].has_positions),
    )
    fields = {name: MergedField(name, sources, gap_lengths) for name in own}
    parts = [merge_parts(name, fields[kind.parts_of]) for name, kind in sorted(kinds.items()) if kind.parts_of]
    return [field for field in fields.values() if field.terms.size], [part for part in parts if part.terms.size]


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


def _check_fields(files: Sequence[SegmentFile]) -> dict[str, FieldEntry]:
    """Return an entry of each field, from the first segment that has it; raises `UnmergeableError`."""
    kinds: dict[str, FieldEntry] = {}
    for file in files:
        for name, entry in file.fields.items():
            if entry.has_values or entry.has_weights:
                raise UnmergeableError(f"{file.name} has values or weights of its own in the field {name!r}.")
            if not entry.num_terms:
                raise UnmergeableError(f"{file.name} has lengths without terms in the field {name!r}.")
            if _kind(kinds.setdefault(name, entry)) != _kind(entry):
                raise UnmergeableError(f"{file.name} has the field {name!r} in another way than the others.")
    return kinds


def _kind(entry: FieldEntry) -> tuple[object, ...]:
    return entry.has_freqs, entry.has_positions, entry.boost, entry.parts_of
