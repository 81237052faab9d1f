"""Stored fields: what a document gives back as it was, compressed.

Each document is JSON (`index.codec.field_values`), compressed by itself with a dictionary that was trained on the first
of them. For 39,976 articles (62.9 MB of JSON) that is 26.4 MB, and reading one takes 12 microseconds; in blocks of
16 KB without a dictionary they are 28.4 MB and 31 microseconds, one by one without a dictionary 34.0 MB and 13.

| array | shape | what it holds |
|---|---|---|
| `stored_bytes` | | the documents, compressed with zstd, one after another |
| `stored_offsets` | N+1 | document d is `stored_bytes[stored_offsets[d]:stored_offsets[d+1]]`, empty for nothing |
| `stored_dictionary` | | zstd's dictionary; missing where there is too little to train it on |
"""

from __future__ import annotations

import io
import tempfile
import threading
from array import array
from collections.abc import Iterator, Mapping
from typing import IO, Any

import numpy as np
import zstandard

from index.codec.field_values import decode_fields, encode_fields
from index.codec.format import Array, SegmentFile, SegmentFileWriter, narrowest
from index.errors import IndexCorruptError

LEVEL = 3
SAMPLE_SIZE = 1 << 20  # the dictionary is trained on so much: twice as much makes the whole 2 % smaller
SMALLEST_SAMPLE = 1 << 16  # zstd wants some ten times the size of a dictionary
DICTIONARY_SIZE = 1 << 16
SPOOL_SIZE = 1 << 25  # compressed documents beyond this wait in a temporary file
_CHUNK_SIZE = 1 << 20


class StoredWriter:
    """Takes the stored fields of one document after another and compresses them.

    `folder` is where a temporary file may be made when there is more than `SPOOL_SIZE` of them.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._spool: IO[bytes] = io.BytesIO()
        self._offsets = array("Q", [0])
        self._sample: list[bytes] = []  # the first documents, until the dictionary is made
        self._sample_size = 0
        self._compressor: zstandard.ZstdCompressor | None = None
        self._dictionary = b""

    @property
    def num_docs(self) -> int:
        """Return how many documents were added."""
        return len(self._offsets) - 1 + len(self._sample)

    def add(self, fields: Mapping[str, object]) -> None:
        """Add the fields of the next document; raises `UnstorableError`, and nothing is added then."""
        self.add_raw(encode_fields(fields))

    def add_raw(self, encoded: bytes) -> None:
        """Add the fields of the next document as `encode_fields` or `StoredReader.encoded` returned them."""
        if self._compressor is not None:
            self._compress(self._compressor, encoded)
            return
        self._sample.append(encoded)
        self._sample_size += len(encoded)
        if self._sample_size >= SAMPLE_SIZE:
            self._end_sample()

    def _compress(self, compressor: zstandard.ZstdCompressor, encoded: bytes) -> None:
        compressed = compressor.compress(encoded) if encoded else b""
        self._spool.write(compressed)
        self._offsets.append(self._offsets[-1] + len(compressed))
        if isinstance(self._spool, io.BytesIO) and self._offsets[-1] > SPOOL_SIZE:
            in_memory = self._spool
            self._spool = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  # closed in `close`
            self._spool.write(in_memory.getbuffer())

    def _end_sample(self) -> None:
        """Train the dictionary, if there is enough to train it on, and compress what has waited for it."""
        dictionary = _train(self._sample) if self._sample_size >= SMALLEST_SAMPLE else None
        if dictionary is None:
            self._compressor = zstandard.ZstdCompressor(level=LEVEL)
        else:
            self._dictionary = dictionary.as_bytes()
            self._compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary, write_dict_id=False)
        for encoded in self._sample:
            self._compress(self._compressor, encoded)
        self._sample = []

    def write(self, file_writer: SegmentFileWriter) -> None:
        """Write the arrays; can be called again, since a segment may be looked at before it is complete."""
        if self._compressor is None:
            self._end_sample()
        file_writer.write_chunks("stored_bytes", np.dtype(np.uint8), self._read_spool())
        file_writer.write("stored_offsets", np.asarray(self._offsets).astype(narrowest(self._offsets[-1])))
        if self._dictionary:
            file_writer.write("stored_dictionary", np.frombuffer(self._dictionary, np.uint8))

    def _read_spool(self) -> Iterator[Array]:
        self._spool.seek(0)
        while chunk := self._spool.read(_CHUNK_SIZE):
            yield np.frombuffer(chunk, np.uint8)

    def close(self) -> None:
        """Let go of the temporary file."""
        self._spool.close()


def _train(sample: list[bytes]) -> zstandard.ZstdCompressionDict | None:
    size = min(DICTIONARY_SIZE, sum(map(len, sample)) // 16)
    try:
        dictionary: zstandard.ZstdCompressionDict = zstandard.train_dictionary(size, [each for each in sample if each])
    except zstandard.ZstdError:  # too few documents, or nothing in them that repeats
        return None
    dictionary.precompute_compress(level=LEVEL)
    return dictionary


class StoredReader:
    """Reads the stored fields of a segment; safe to share between threads."""

    def __init__(self, segment_file: SegmentFile) -> None:
        self._name = segment_file.name
        # A memoryview gives a number out of an array in a third of the time that the array itself needs.
        self._bytes = segment_file["stored_bytes"].data
        self._offsets = segment_file["stored_offsets"].data
        self._dictionary = (
            zstandard.ZstdCompressionDict(segment_file["stored_dictionary"].tobytes())
            if "stored_dictionary" in segment_file
            else None
        )
        self._local = threading.local()  # a decompressor serves one thread at a time

    def fields(self, doc_id: int) -> dict[str, Any]:
        """Return the stored fields of a document, in a new dict."""
        return decode_fields(self.encoded(doc_id))

    def encoded(self, doc_id: int) -> bytes:
        """Return the stored fields of a document as JSON, empty for none; raises `IndexCorruptError`."""
        start, end = self._offsets[doc_id], self._offsets[doc_id + 1]
        if start == end:
            return b""
        try:
            encoded: bytes = self._decompressor().decompress(self._bytes[start:end])
        except zstandard.ZstdError as error:
            raise IndexCorruptError(
                f"{self._name} is damaged in the stored fields of document {doc_id}: {error}. "
                "Make the index anew with: reindex --rebuild"
            ) from error
        return encoded

    def _decompressor(self) -> zstandard.ZstdDecompressor:
        decompressor: zstandard.ZstdDecompressor | None = getattr(self._local, "decompressor", None)
        if decompressor is None:
            decompressor = self._local.decompressor = (
                zstandard.ZstdDecompressor(dict_data=self._dictionary)
                if self._dictionary
                else zstandard.ZstdDecompressor()
            )
        return decompressor
