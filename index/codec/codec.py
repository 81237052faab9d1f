"""The codec: what Whoosh asks for when it writes or reads a segment.

    index.writer(codec=ColumnarCodec())

Segments remember their codec, so reading needs nothing more. Old segments of another codec stay readable beside new
ones, and become columnar when they are merged.

This is the generic path: whatever Whoosh can do, it can do on a columnar segment, by its own matchers and merging.
What is built on top for speed takes the arrays from `ColumnarTermsReader.segment_file` (a Whoosh reader's `_terms`) and
the deletions from `ColumnarSegment.deletions`; a bulk merge would take the place of `SegmentWriter.add_reader`, where
both the reader's and the writer's codec are this one.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from whoosh.codec import base

from index.codec.documents import ColumnarDocumentsReader
from index.codec.segment import ColumnarSegment
from index.codec.terms import ColumnarTermsReader
from index.codec.writers import ColumnarDocumentWriter, ColumnarFieldWriter


class ColumnarCodec(base.Codec):  # type: ignore[misc]  # Whoosh is untyped here
    """Keeps a segment as columns of numbers in one file. It has no state and no options."""

    # The writer need not look up the length of each posting's document: terms take them from the lengths' column.
    length_stats = False

    def new_segment(self, _storage: Any, indexname: str) -> ColumnarSegment:
        """Return a new segment."""
        return ColumnarSegment(indexname)

    def per_document_writer(self, storage: Any, segment: ColumnarSegment) -> ColumnarDocumentWriter:
        """Return the writer of a segment's documents."""
        return ColumnarDocumentWriter(storage, segment)

    def field_writer(self, storage: Any, segment: ColumnarSegment) -> ColumnarFieldWriter:
        """Return the writer of a segment's postings."""
        return ColumnarFieldWriter(storage, segment)

    def per_document_reader(self, storage: Any, segment: ColumnarSegment) -> ColumnarDocumentsReader:
        """Return a reader of a segment's documents, even before the segment is complete."""
        return ColumnarDocumentsReader(storage, segment, lambda fieldname: self.column_filename(segment, fieldname))

    def terms_reader(self, storage: Any, segment: ColumnarSegment) -> ColumnarTermsReader:
        """Return a reader of a segment's terms."""
        return ColumnarTermsReader(segment.open(storage), segment)

    def supports_columns(self) -> bool:
        """Return that there can be columns."""
        return True

    @staticmethod
    def column_filename(segment: ColumnarSegment, fieldname: str) -> str:
        """Return the name of the file for a column that `whoosh.sorting.add_sortable` adds to a segment."""
        name: str = segment.make_filename(f".column.{quote(fieldname, safe='')}")
        return name
