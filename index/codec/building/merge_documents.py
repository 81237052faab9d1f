"""Merging what segments keep of each document besides its postings: lengths, columns, stored fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.codec.building.field_arrays import narrowed
from index.codec.building.signatures import no_signatures, write_signatures
from index.codec.building.strings import Strings
from index.codec.format import SIGNATURES, Array, FieldEntry, SegmentFile, SegmentFileWriter
from index.codec.kernels import merge as kernel
from index.codec.stored import StoredReader, StoredWriter

_DOCS_AT_ONCE = 1 << 14


class UnmergeableError(ValueError):
    """These segments cannot be merged by copying arrays."""


@dataclass(frozen=True, slots=True)
class Source:
    """A segment to merge. new_ids: u4[N], what its documents are called in the new one, `kernel.GONE` if deleted."""

    file: SegmentFile
    new_ids: NDArray[np.uint32]
    num_kept: int

    @property
    def is_kept(self) -> NDArray[np.bool_] | None:
        """Return for each document whether it is kept, or None if all are."""
        return None if self.num_kept == self.file.num_docs else self.new_ids != kernel.GONE

    def kept(self, array: Array) -> Array:
        """Return what an array of one entry a document has of those that are kept."""
        is_kept = self.is_kept
        return array if is_kept is None else array[is_kept]


def unmergeable_documents(files: Sequence[SegmentFile]) -> str | None:
    """Return why the documents of these segments cannot be merged here, or None."""
    kinds: dict[str, tuple[object, ...]] = {}
    for file in files:
        if file.meta.get("vectors"):
            return f"{file.name} has vectors."
        if file.num_docs and "stored_offsets" not in file:
            return f"{file.name} has no stored fields."
        for place, entry in enumerate(file.meta.get("columns", ())):
            if entry["kind"] == "other":
                return f"{file.name} has the column {entry['name']!r} in a form that only Whoosh can read."
            of_numbers = (file[f"column:{place}"].dtype.str, entry["default"]) if entry["kind"] == "numbers" else ()
            kind = (entry["kind"], *of_numbers)
            if kinds.setdefault(entry["name"], kind) != kind:
                return f"{file.name} has the column {entry['name']!r} in another way than the others."
    return None


def write_lengths(file_writer: SegmentFileWriter, entries: Sequence[FieldEntry], sources: Sequence[Source]) -> None:
    """Write the lengths of the fields that have any."""
    for place, entry in enumerate(entries):
        if entry.has_lengths:
            parts = [_lengths_of(source, entry.name) for source in sources]
            file_writer.write_chunks(f"lengths:{place}", np.dtype(np.uint8), parts)


def _lengths_of(source: Source, name: str) -> Array:
    entry = source.file.fields.get(name)
    if entry is None or not entry.has_lengths:
        return np.zeros(source.num_kept, np.uint8)
    return source.kept(source.file[f"lengths:{source.file.field_places[name]}"])


def write_columns(file_writer: SegmentFileWriter, sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Write the columns; return what `meta` says of them."""
    places = [
        {entry["name"]: (place, entry) for place, entry in enumerate(source.file.meta.get("columns", ()))}
        for source in sources
    ]
    entries = {name: entry for found in places for name, (_, entry) in found.items()}
    merged = [entries[name] for name in sorted(entries)]
    for place, entry in enumerate(merged):
        having = [
            (source, found[entry["name"]][0] if entry["name"] in found else None)
            for source, found in zip(sources, places, strict=True)
        ]
        if entry["kind"] == "numbers":
            _write_numbers(file_writer, place, entry["default"], having)
        else:
            _write_bytes(file_writer, place, having)
    return merged


def _write_numbers(
    file_writer: SegmentFileWriter, place: int, default: float, having: Sequence[tuple[Source, int | None]]
) -> None:
    dtype = next(source.file[f"column:{its}"].dtype for source, its in having if its is not None)
    parts = (
        np.full(source.num_kept, default, dtype) if its is None else source.kept(source.file[f"column:{its}"])
        for source, its in having
    )
    file_writer.write_chunks(f"column:{place}", dtype, parts)


def _write_bytes(file_writer: SegmentFileWriter, place: int, having: Sequence[tuple[Source, int | None]]) -> None:
    lengths: list[NDArray[np.int64]] = []

    def parts() -> Iterator[Array]:
        for source, its in having:
            if its is None:
                lengths.append(np.zeros(source.num_kept, np.int64))
            else:
                yield from _kept_strings(
                    source, source.file[f"column_bytes:{its}"], source.file[f"column_offsets:{its}"], lengths
                )

    file_writer.write_chunks(f"column_bytes:{place}", np.dtype(np.uint8), parts())
    file_writer.write(f"column_offsets:{place}", _offsets(lengths))


def write_kept_signatures(file_writer: SegmentFileWriter, sources: Sequence[Source]) -> None:
    """Write the signatures, if any segment has them; an article of another has an empty one."""
    if any(SIGNATURES in source.file for source in sources):
        parts = [
            source.kept(source.file[SIGNATURES]) if SIGNATURES in source.file else no_signatures(source.num_kept)
            for source in sources
        ]
        write_signatures(file_writer, parts)


def _kept_strings(source: Source, contents: Array, offsets: Array, lengths: list[NDArray[np.int64]]) -> Iterator[Array]:
    """Yield the bytes of the documents that are kept, some thousands of them at once; note their lengths."""
    for first in range(0, source.file.num_docs, _DOCS_AT_ONCE):
        some = offsets[first : first + _DOCS_AT_ONCE + 1].astype(np.int64)
        strings = Strings(contents[some[0] : some[-1]], some - some[0])
        new_ids = source.new_ids[first : first + _DOCS_AT_ONCE]
        if source.is_kept is not None:
            strings = strings.take(np.flatnonzero(new_ids != kernel.GONE))
        lengths.append(strings.lengths)
        yield strings.contents


def _offsets(lengths: Sequence[NDArray[np.int64]]) -> Array:
    return narrowed(np.concatenate([np.zeros(1, np.int64), *lengths]).cumsum())


def write_stored(file_writer: SegmentFileWriter, sources: Sequence[Source], folder: str | None) -> None:
    """Write the stored fields: as they are compressed if all have the same dictionary, else compressed anew."""
    having = [source for source in sources if source.num_kept]
    dictionaries = {
        source.file["stored_dictionary"].tobytes() if "stored_dictionary" in source.file else b"" for source in having
    }
    if len(dictionaries) == 1:
        lengths: list[NDArray[np.int64]] = []
        parts = (
            part
            for source in having
            for part in _kept_strings(source, source.file["stored_bytes"], source.file["stored_offsets"], lengths)
        )
        file_writer.write_chunks("stored_bytes", np.dtype(np.uint8), parts)
        file_writer.write("stored_offsets", _offsets(lengths))
        (dictionary,) = dictionaries
        if dictionary:
            file_writer.write("stored_dictionary", np.frombuffer(dictionary, np.uint8))
        return
    writer = StoredWriter(folder)
    for source in having:
        reader = StoredReader(source.file)
        for doc_id in np.flatnonzero(source.new_ids != kernel.GONE).tolist():
            writer.add_raw(reader.encoded(doc_id))
    writer.write(file_writer)
    writer.close()
