"""Documents: what a segment keeps of each besides its postings, while it is collected and from a segment's file.

Stored fields, columns and vectors are in modules of their own; lengths are here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from whoosh.codec import base
from whoosh.util.numeric import byte_to_length, length_to_byte

from index.codec.columns import ColumnsReader, ColumnsWriter, open_column
from index.codec.format import FieldEntry, SegmentFile, SegmentFileWriter, to_meta
from index.codec.mapping import open_bytes
from index.codec.stored import StoredReader, StoredWriter
from index.codec.vectors import Items, VectorMatcher, VectorsReader, VectorsWriter

if TYPE_CHECKING:
    from index.codec.segment import ColumnarSegment


@dataclass(slots=True)
class Document:
    """One document, before it is sure that there will be one."""

    stored: bytes = b""
    lengths: dict[str, int] = field(default_factory=dict)
    columns: list[tuple[str, Any, Any]] = field(default_factory=list)  # name, Whoosh's column, value
    vectors: list[tuple[str, Items]] = field(default_factory=list)


class DocumentsBuilder:
    """Collects the documents of a segment."""

    def __init__(self, folder: str | None = None) -> None:
        self.num_docs = 0
        self.lengths: dict[str, bytearray] = {}  # as `length_to_byte` has them
        self.total_lengths: dict[str, int] = {}
        self._stored = StoredWriter(folder)
        self._columns = ColumnsWriter()
        self._vectors = VectorsWriter()
        self._image: SegmentFile | None = None

    def add(self, document: Document) -> None:
        """Add the next document."""
        doc_id = self.num_docs
        for name, column, value in document.columns:  # first, because a value may be one that a column cannot take
            self._columns.add(name, column, doc_id, value)
        for name, items in document.vectors:
            self._vectors.add(name, doc_id, items)
        self._stored.add_raw(document.stored)
        self.add_lengths(doc_id, document.lengths)
        self.num_docs += 1

    def add_lengths(self, doc_id: int, lengths: Mapping[str, int]) -> None:
        """Add the lengths of a document's fields."""
        for name, length in lengths.items():
            quantised = self.lengths.setdefault(name, bytearray())
            quantised.extend(bytes(doc_id + 1 - len(quantised)))
            quantised[doc_id] = length_to_byte(length)
            self.total_lengths[name] = self.total_lengths.get(name, 0) + length

    def finish(self) -> None:
        """Take note that there are no more documents."""
        for quantised in self.lengths.values():
            quantised.extend(bytes(self.num_docs - len(quantised)))
        self._columns.finish(self.num_docs)
        self._vectors.finish(self.num_docs)

    def write(self, file_writer: SegmentFileWriter, fields: Iterable[FieldEntry]) -> dict[str, Any]:
        """Write the arrays and return what goes into `meta`; can be called again."""
        for place, entry in enumerate(fields):
            if entry.has_lengths:
                file_writer.write(f"lengths:{place}", np.frombuffer(bytes(self.lengths[entry.name]), np.uint8))
        self._stored.write(file_writer)
        return {"columns": self._columns.write(file_writer), "vectors": self._vectors.write(file_writer)}

    def image(self) -> SegmentFile:
        """Return the documents as a segment without terms, in memory: some ask for them before there is a file."""
        if self._image is None:
            fields = [
                FieldEntry(name, 0, 0, has_lengths=True, total_length=self.total_lengths[name])
                for name in sorted(self.lengths)
            ]
            buffer = BytesIO()
            file_writer = SegmentFileWriter(buffer)
            meta = self.write(file_writer, fields)
            file_writer.finish(to_meta(self.num_docs, fields, **meta))
            self._image = SegmentFile(buffer.getbuffer(), "a segment that is being written")
        return self._image

    def close(self) -> None:
        """Let go of temporary files."""
        self._stored.close()


class ColumnarDocumentsReader(base.PerDocumentReader):  # type: ignore[misc]  # Whoosh is untyped here
    """Reads the documents of a segment, as Whoosh asks for them."""

    def __init__(self, storage: Any, segment: ColumnarSegment, column_filename: Callable[[str], str]) -> None:
        self._storage = storage
        self._segment = segment
        self._column_filename = column_filename
        self._lengths: dict[str, memoryview | None] = {}
        self._added_columns: dict[str, memoryview] = {}
        # The file is opened now, so that one that is missing is noticed now, and an image not before it is needed.
        self._source: SegmentFile | DocumentsBuilder = segment.pending or segment.open(storage)

    @cached_property
    def segment_file(self) -> SegmentFile:
        """The file, or what will be in it."""
        return self._source.image() if isinstance(self._source, DocumentsBuilder) else self._source

    def close(self) -> None:
        """Do nothing: another thread may be reading, and the mapping goes with the last that looks into it."""

    def doc_count_all(self) -> int:
        """Return how many documents there are, deleted ones included."""
        return self._source.num_docs

    def doc_count(self) -> int:
        """Return how many documents there are."""
        return self.doc_count_all() - self._segment.deleted_count()

    def has_deletions(self) -> bool:
        """Return whether documents are deleted."""
        return self._segment.has_deletions()  # type: ignore[no-any-return]  # of Whoosh's class

    def is_deleted(self, docnum: int) -> bool:
        """Return whether a document is deleted."""
        return self._segment.is_deleted(docnum)

    def deleted_docs(self) -> Iterable[int]:
        """Return the ids of the deleted documents."""
        return self._segment.deleted_docs()

    def all_doc_ids(self) -> Iterable[int]:
        """Return the ids of all documents that are not deleted."""
        count, mask = self.doc_count_all(), self._segment.deleted_mask()
        return iter(range(count) if mask is None else np.flatnonzero(~mask[:count]).tolist())

    # Stored fields

    @cached_property
    def _stored(self) -> StoredReader | None:
        return StoredReader(self.segment_file) if "stored_offsets" in self.segment_file else None

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        """Return the stored fields of a document, in a new dict."""
        return {} if self._stored is None else self._stored.fields(docnum)

    # Columns

    @cached_property
    def _columns(self) -> ColumnsReader:
        return ColumnsReader(self.segment_file)

    def supports_columns(self) -> bool:
        """Return that there can be columns."""
        return True

    def has_column(self, fieldname: str) -> bool:
        """Return whether there is a column, in the file or added later, by `whoosh.sorting.add_sortable`."""
        return fieldname in self._columns or bool(self._storage.file_exists(self._column_filename(fieldname)))

    def column_reader(self, fieldname: str, column: Any) -> Any:
        """Return a new reader of a column: `set_reverse` changes a reader."""
        if fieldname in self._columns:
            return self._columns.reader(fieldname, column)
        contents = self._added_columns.get(fieldname)
        name = self._column_filename(fieldname)
        if contents is None:
            contents = self._added_columns[fieldname] = open_bytes(self._storage, name)
        return open_column(column, contents, name, self.doc_count_all())

    # Lengths

    def _lengths_of(self, fieldname: str) -> memoryview | None:
        try:
            return self._lengths[fieldname]
        except KeyError:
            segment_file = self.segment_file
            entry = segment_file.fields.get(fieldname)
            found = None
            if entry is not None and entry.has_lengths:
                found = segment_file[f"lengths:{segment_file.field_places[fieldname]}"].data
            self._lengths[fieldname] = found
            return found

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        """Return the length of a document's field, quantised; `default` where the field has none in any document."""
        lengths = self._lengths_of(fieldname)
        return default if lengths is None else byte_to_length(lengths[docnum])

    def doc_field_length_reader(self, fieldname: str, default: int = 0) -> Callable[[int], int]:
        """Return `doc_field_length` for one field."""
        lengths = self._lengths_of(fieldname)
        if lengths is None:
            return lambda _docnum: default
        return lambda docnum: byte_to_length(lengths[docnum])

    def field_length(self, fieldname: str) -> int:
        """Return the length of the field in all documents, exactly."""
        entry = self.segment_file.fields.get(fieldname)
        return entry.total_length if entry is not None else 0

    def min_field_length(self, fieldname: str) -> int:
        """Return the smallest length of the field, quantised."""
        lengths = self._lengths_of(fieldname)
        return byte_to_length(int(np.min(lengths))) if lengths else 0

    def max_field_length(self, fieldname: str) -> int:
        """Return the largest length of the field, quantised."""
        lengths = self._lengths_of(fieldname)
        return byte_to_length(int(np.max(lengths))) if lengths else 0

    # Vectors

    @cached_property
    def _vectors(self) -> VectorsReader:
        return VectorsReader(self.segment_file)

    def has_vector(self, docnum: int, fieldname: str) -> bool:
        """Return whether a document has a vector of a field."""
        return self._vectors.has(docnum, fieldname)

    def vector(self, docnum: int, fieldname: str, format_: Any) -> VectorMatcher:
        """Return the vector of a document; raises `KeyError` if it has none."""
        return self._vectors.matcher(docnum, fieldname, format_)
