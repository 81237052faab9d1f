"""A segment as Whoosh's table of contents keeps it: its name, how many documents it has, which of them are deleted.

Whoosh pickles a list of these with each commit, so they are small, and the place and the attributes of the class are
part of the format on disk. What a segment holds is in its file, `<segment id>.segment`, which never changes.
"""

from __future__ import annotations

import secrets
import string
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from whoosh.codec import base

from index.codec import format as layout
from index.codec.mapping import open_segment_file

if TYPE_CHECKING:
    from index.codec.codec import ColumnarCodec
    from index.codec.documents import DocumentsBuilder

# `clean_files` of Whoosh removes only files whose names are made of these; 20 of them are 103 bits.
_ID_CHARACTERS = string.digits + string.ascii_lowercase
_ID_LENGTH = 20


class ColumnarSegment(base.Segment):  # type: ignore[misc]  # Whoosh is untyped here
    """A segment: `segment_id()` names its file, bit `d % 8` of byte `d // 8` of `deletions` says if d is deleted."""

    def __init__(self, indexname: str) -> None:
        self.indexname = indexname
        # Not by `random`, as Whoosh's are: a program that seeds it would get the id of a segment that it has already.
        self.segid = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH))
        self.compound = False
        self._num_docs = 0
        self._num_deleted = 0
        self._deletions = bytearray()
        self._forget()

    def _forget(self) -> None:
        self.pending: DocumentsBuilder | None = None  # the documents, while the file is not written yet
        self._open: tuple[weakref.ref[Any], weakref.ref[layout.SegmentFile]] | None = None
        self._deleted_mask: NDArray[np.bool_] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {
            "indexname": self.indexname,
            "segid": self.segid,
            "num_docs": self._num_docs,
            "deletions": bytes(self._deletions),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.indexname = state["indexname"]
        self.segid = state["segid"]
        self.compound = False
        self._num_docs = state["num_docs"]
        self._deletions = bytearray(state["deletions"])
        self._num_deleted = int.from_bytes(self._deletions).bit_count()
        self._forget()

    def codec(self) -> ColumnarCodec:
        """Return the codec that reads this segment."""
        from index.codec.codec import ColumnarCodec  # noqa: PLC0415  # the codec makes segments, so it imports this

        return ColumnarCodec()

    def should_assemble(self) -> bool:
        """Return that there is nothing to put together: a segment is one file from the start."""
        return False

    def open(self, storage: Any) -> layout.SegmentFile:
        """Return the file, open; an `OSError` if it is missing, as Whoosh expects where a writer has removed it.

        Whoosh opens a segment twice for each reader, for its terms and for its documents; they share one mapping.
        """
        if self._open is not None:
            opened_in, opened = self._open[0](), self._open[1]()
            if opened_in is storage and opened is not None:
                return opened
        segment_file = open_segment_file(storage, self.make_filename(f".{layout.EXTENSION}"))
        self._open = weakref.ref(storage), weakref.ref(segment_file)
        return segment_file

    def set_doc_count(self, count: int) -> None:
        """Set how many documents there are, as the writer counts them."""
        self._num_docs = count

    def doc_count_all(self) -> int:
        """Return how many documents there are, deleted ones included."""
        return self._num_docs

    def deleted_count(self) -> int:
        """Return how many documents are deleted."""
        return self._num_deleted

    def deleted_docs(self) -> Iterator[int]:
        """Return the ids of the deleted documents, ascending."""
        mask = self.deleted_mask()
        return iter(() if mask is None else np.flatnonzero(mask).tolist())

    def is_deleted(self, docnum: int) -> bool:
        """Return whether a document is deleted."""
        byte = docnum >> 3
        return byte < len(self._deletions) and bool(self._deletions[byte] >> (docnum & 7) & 1)

    def delete_document(self, docnum: int, delete: bool = True) -> None:
        """Delete a document, or take it back."""
        if delete == self.is_deleted(docnum):
            return
        missing = (docnum >> 3) + 1 - len(self._deletions)
        self._deletions.extend(bytes(max(missing, 0)))
        self._deletions[docnum >> 3] ^= 1 << (docnum & 7)
        self._num_deleted += 1 if delete else -1
        self._deleted_mask = None

    @property
    def deletions(self) -> bytes | None:
        """Return the deletions as a bitmap, which may end before the last document, or None if there are none."""
        return bytes(self._deletions) if self._num_deleted else None

    def deleted_mask(self) -> NDArray[np.bool_] | None:
        """Return for each document whether it is deleted, or None if none is."""
        if not self._num_deleted:
            return None
        mask = self._deleted_mask
        if mask is None or len(mask) < self._num_docs:
            bits = np.unpackbits(np.frombuffer(bytes(self._deletions), np.uint8), bitorder="little").view(np.bool_)
            mask = np.zeros(max(self._num_docs, len(bits)), np.bool_)
            mask[: len(bits)] = bits
            mask.flags.writeable = False
            self._deleted_mask = mask
        return mask
