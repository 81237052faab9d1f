"""Writing a segment as Whoosh's writer does it: documents first, then all postings in order, then one file."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from whoosh.codec import base
from whoosh.codec.base import OutOfOrderError

from index.codec.documents import Document, DocumentsBuilder
from index.codec.field_values import encode_value, join_fields
from index.codec.format import EXTENSION, FREQ_OVERFLOW, Array, FieldEntry, SegmentFileWriter, narrowest, to_meta
from index.codec.packing import pack
from index.codec.postings import FieldBuilder, FieldPostings
from index.codec.segment import ColumnarSegment

Posting = tuple[str, bytes, int, float, bytes | None]  # field, term, document, weight, value


class ColumnarDocumentWriter(base.PerDocumentWriter):  # type: ignore[misc]  # Whoosh is untyped here
    """Takes one document after another and leaves them with the segment, for the field writer to write."""

    def __init__(self, storage: Any, segment: ColumnarSegment) -> None:
        self.is_closed = False
        self._segment = segment
        self._builder = DocumentsBuilder(storage.folder or None if hasattr(storage, "folder") else None)
        self._document: Document | None = None
        self._stored: dict[str, str] = {}

    def start_doc(self, docnum: int) -> None:
        """Start the next document."""
        if self._document is not None:
            raise ValueError("The document before is not finished.")
        if docnum != self._builder.num_docs:
            raise ValueError(f"Document {self._builder.num_docs} is the next, not {docnum}.")
        self._document = Document()
        self._stored = {}

    def _current(self) -> Document:
        if self._document is None:
            raise ValueError("No document is started.")
        return self._document

    def add_field(self, fieldname: str, _fieldobj: Any, value: Any, length: int | None) -> None:
        """Add a field: what to store of it, None for nothing, and how many words it has."""
        document = self._current()
        if value is not None:
            # As bytes at once: the caller may change the value, and must hear now if it is none that can be stored.
            self._stored[fieldname] = encode_value(value)
        if length:
            document.lengths[fieldname] = length

    def add_column_value(self, fieldname: str, columnobj: Any, value: Any) -> None:
        """Add the value of a column."""
        self._current().columns.append((fieldname, columnobj, value))

    def add_vector_items(self, fieldname: str, _fieldobj: Any, items: Iterable[tuple[str, float, bytes]]) -> None:
        """Add the vector of a field."""
        self._current().vectors.append((fieldname, list(items)))

    def finish_doc(self) -> None:
        """Finish the document."""
        document = self._current()
        document.stored = join_fields(self._stored)
        self._builder.add(document)
        self._document = None

    def cancel_doc(self) -> None:
        """Give the document up: Whoosh does so when one of its values makes no sense."""
        self._document = None

    def close(self) -> None:
        """Leave the documents with the segment."""
        if self._document is not None:
            self.finish_doc()
        self._builder.finish()
        self._segment.pending = self._builder
        self.is_closed = True


class ColumnarFieldWriter(base.FieldWriter):  # type: ignore[misc]  # Whoosh is untyped here
    """Takes the postings, field by field and term by term, and writes the segment when it is closed."""

    def __init__(self, storage: Any, segment: ColumnarSegment) -> None:
        self.is_closed = False
        self._storage = storage
        self._segment = segment
        self._fields: dict[str, FieldPostings] = {}
        self._lengths: dict[str, dict[int, int]] = {}
        self._builder: FieldBuilder | None = None

    def add_postings(self, schema: Any, lengths: Any, items: Iterable[Posting]) -> None:
        """Add all postings of the segment, in order.

        The base class calls five methods a posting; this loop is what takes the place of them. `lengths` is needed
        only where no documents were written before.
        """
        last_name: str | None = None
        last_term: bytes | None = None
        builder: FieldBuilder | None = None
        for name, term, doc_id, weight, value in items:
            if name != last_name:
                if last_name is not None and name < last_name:
                    raise OutOfOrderError(f"Field {last_name!r} .. {name!r}")
                if builder is not None:
                    self._finish(builder, lengths)
                last_name, last_term = name, None
                builder = FieldBuilder(name, schema[name])
                add_doc_id, add_weight, add_value = (
                    builder.doc_ids.append,
                    builder.weights.append,
                    builder.values.append,
                )
            if doc_id == -1:  # a word for a spelling graph, which Whoosh once had
                continue
            if term != last_term:
                builder.start_term(term)  # type: ignore[union-attr]  # there is one from the first posting on
                last_term = term
            add_doc_id(doc_id)
            add_weight(weight)
            add_value(value or b"")
        if builder is not None:
            self._finish(builder, lengths)

    def _finish(self, builder: FieldBuilder, lengths: Any = None) -> None:
        if builder.name in self._fields:
            raise OutOfOrderError(f"Field {builder.name!r} comes twice.")
        pending = self._segment.pending
        postings = builder.finish(pending.num_docs if pending is not None else None)
        self._fields[builder.name] = postings
        if pending is None and lengths:
            length_of = lengths.doc_field_length
            builder.lengths = {doc_id: length_of(doc_id, builder.name) for doc_id in set(postings.doc_ids.tolist())}
        self._lengths[builder.name] = {doc_id: length for doc_id, length in builder.lengths.items() if length}

    def start_field(self, fieldname: str, fieldobj: Any) -> None:
        """Start a field."""
        self._builder = FieldBuilder(fieldname, fieldobj)

    def _current(self) -> FieldBuilder:
        if self._builder is None:
            raise ValueError("No field is started.")
        return self._builder

    def start_term(self, text: bytes) -> None:
        """Start a term; terms come in the order of their bytes."""
        self._current().start_term(text)

    def add(self, docnum: int, weight: float, vbytes: bytes | None, length: int | None) -> None:
        """Add a posting to the term."""
        builder = self._current()
        builder.doc_ids.append(docnum)
        builder.weights.append(weight)
        builder.values.append(vbytes or b"")
        if length:
            builder.lengths[docnum] = length

    def finish_term(self) -> None:
        """Do nothing: the next term, or the end of the field, ends a term."""
        self._current()

    def finish_field(self) -> None:
        """Finish the field."""
        self._finish(self._current())
        self._builder = None

    def close(self) -> None:
        """Write the segment. Whoosh closes this last of all, even where there are no postings."""
        self.is_closed = True
        segment = self._segment
        documents = segment.pending or self._documents_of_postings()
        with segment.create_file(self._storage, f".{EXTENSION}", excl=True) as file:
            sink = file.raw_file()
            write_segment(sink, documents, self._fields)
            if documents.num_docs:
                _make_durable(sink)
        documents.close()
        segment.set_doc_count(documents.num_docs)
        segment.pending = None

    def _documents_of_postings(self) -> DocumentsBuilder:
        """Return documents that have no more than the lengths that came with the postings: nobody wrote any."""
        documents = DocumentsBuilder()
        last_docs = [int(postings.doc_ids.max()) for postings in self._fields.values() if len(postings.doc_ids)]
        num_docs = max(max(last_docs, default=-1) + 1, self._segment.doc_count_all())
        for doc_id in range(num_docs):
            lengths = {name: found[doc_id] for name, found in self._lengths.items() if doc_id in found}
            documents.add(Document(lengths=lengths))
        documents.finish()
        return documents


def _make_durable(sink: Any) -> None:
    """Wait until the disk has it all: the table of contents must not be there before what it names."""
    sink.flush()
    try:
        descriptor = sink.fileno()
    except io.UnsupportedOperation:  # in memory
        return
    os.fsync(descriptor)


def write_segment(sink: Any, documents: DocumentsBuilder, postings: dict[str, FieldPostings]) -> None:
    """Write a segment: documents, and the postings of each field by its name."""
    names = sorted(postings.keys() | documents.lengths.keys())
    fields = [postings[name] for name in names if name in postings]
    entries = _make_entries(names, documents, postings)
    file_writer = SegmentFileWriter(sink)
    terms = [term for field in fields for term in field.terms]
    file_writer.write("term_bytes", np.frombuffer(b"".join(terms), np.uint8))
    file_writer.write("term_offsets", _offsets(np.fromiter(map(len, terms), np.int64, len(terms))))
    file_writer.write("posting_starts", _offsets(_concatenate(field.doc_freqs for field in fields)))
    _write_doc_ids(file_writer, fields)
    _write_freqs(file_writer, fields)
    position_width = _write_positions(file_writer, fields)
    for place, name in enumerate(names):
        if name in postings:
            _write_rest(file_writer, place, postings[name])
    meta = documents.write(file_writer, entries)
    file_writer.finish(to_meta(documents.num_docs, entries, position_width=position_width, **meta))


def _make_entries(
    names: list[str], documents: DocumentsBuilder, postings: dict[str, FieldPostings]
) -> list[FieldEntry]:
    entries: list[FieldEntry] = []
    first_term = 0
    for name in names:
        field = postings.get(name)
        entry = FieldEntry(
            name=name,
            first_term=first_term,
            num_terms=len(field.terms) if field else 0,
            has_freqs=bool(field and field.has_freqs),
            has_positions=bool(field and field.positions is not None),
            has_lengths=name in documents.lengths,
            has_weights=bool(field and field.weights is not None),
            has_values=bool(field and field.values is not None),
            total_length=documents.total_lengths.get(name, 0),
            boost=field.boost if field else 1.0,
        )
        entries.append(entry)
        first_term = entry.end_term
    return entries


def _offsets(counts: Array) -> Array:
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
    return offsets.astype(narrowest(int(offsets[-1])))


def _concatenate(arrays: Iterable[Array]) -> Array:
    return np.concatenate([np.empty(0, np.uint32), *arrays])


def _write_doc_ids(file_writer: SegmentFileWriter, fields: list[FieldPostings]) -> None:
    dtype = narrowest(max((int(field.doc_ids.max(initial=0)) for field in fields), default=0))
    file_writer.write_chunks("doc_ids", dtype, (field.doc_ids.astype(dtype) for field in fields))


def _write_freqs(file_writer: SegmentFileWriter, fields: list[FieldPostings]) -> None:
    freqs = _concatenate(field.freqs for field in fields)
    file_writer.write("freqs", np.minimum(freqs, FREQ_OVERFLOW).astype(np.uint8))
    places = np.flatnonzero(freqs >= FREQ_OVERFLOW)
    values = freqs[places]
    dtypes = narrowest(len(freqs)), narrowest(int(values.max(initial=0)))
    _write_overflow(file_writer, "freq", places.astype(dtypes[0]), values.astype(dtypes[1]))


def _write_overflow(file_writer: SegmentFileWriter, name: str, places: Array, values: Array) -> None:
    if len(places):
        file_writer.write(f"{name}_overflow_places", places)
        file_writer.write(f"{name}_overflow_values", values)


def _write_positions(file_writer: SegmentFileWriter, fields: list[FieldPostings]) -> int:
    """Write the positions and return the width in which they are packed."""
    num_with_positions = max((place for place, field in enumerate(fields, 1) if field.positions is not None), default=0)
    counts = (field.position_counts() for field in fields[:num_with_positions])
    file_writer.write("position_starts", _offsets(_concatenate(counts)))
    packed = pack(_concatenate(field.gaps() for field in fields))
    file_writer.write("positions", packed.words)
    _write_overflow(file_writer, "position", packed.overflow_places, packed.overflow_values)
    return packed.width


def _write_rest(file_writer: SegmentFileWriter, place: int, field: FieldPostings) -> None:
    if field.weights is not None:
        file_writer.write(f"weights:{place}", field.weights)
    if field.values is not None:
        file_writer.write(f"value_bytes:{place}", np.frombuffer(b"".join(field.values), np.uint8))
        sizes = np.fromiter(map(len, field.values), np.int64, len(field.values))
        file_writer.write(f"value_offsets:{place}", _offsets(sizes))
