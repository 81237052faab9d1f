"""Stored fields: what a document gives back as it was, compressed.

Each document is JSON (`index.codec.field_values`), compressed by itself with a dictionary that was trained on the first
of them. For 39,976 articles (58.0 MB of JSON) that is 23.7 MB, and reading one takes 4 microseconds; in blocks of
16 KB without a dictionary they are 2 MB more and take twice as long, one by one without a dictionary 8 MB more.

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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

import numpy as np
import zstandard

from index.codec.field_values import decode_fields, encode_fields
from index.codec.format import Array, SegmentFile, SegmentFileWriter, narrowest
from index.errors import IndexCorruptError

LEVEL = 3  # 5 makes the whole 4 % smaller and takes twice as long
SAMPLE_SIZE = 1 << 22  # the dictionary is trained on this much at least, in 0.1 s
SMALLEST_SAMPLE = 1 << 16  # zstd wants some ten times the size of a dictionary
DICTIONARY_SIZE = 1 << 18  # 1 << 16 makes the whole 7 % larger
_SEGMENT_SIZE, _GRAM_SIZE = 200, 8  # it is made of segments of so many bytes, chosen by the grams that they share
SPOOL_SIZE = 1 << 25  # compressed documents beyond this wait in a temporary file
_BATCH_SIZE = 1 << 20  # so much is compressed by one call, during which other threads can run
_CHUNK_SIZE = 1 << 20


class StoredWriter:
    """Takes the stored fields of one document after another and compresses them.

    `folder` is where a temporary file may be made when there is more than `SPOOL_SIZE` of them.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._spool: IO[bytes] = io.BytesIO()
        self._offsets = array("Q", [0])
        self._waiting: list[bytes] = []  # the first documents, until the dictionary is made; then the next batch
        self._waiting_size = 0
        self._compressor: zstandard.ZstdCompressor | None = None
        self._dictionary = b""

    @property
    def num_docs(self) -> int:
        """Return how many documents were added."""
        return len(self._offsets) - 1 + len(self._waiting)

    def add(self, fields: Mapping[str, object]) -> None:
        """Add the fields of the next document; raises `UnstorableError`, and nothing is added then."""
        self.add_raw(encode_fields(fields))

    def add_raw(self, encoded: bytes) -> None:
        """Add the fields of the next document as `encode_fields` or `StoredReader.encoded` returned them."""
        self._waiting.append(encoded)
        self._waiting_size += len(encoded)
        if self._waiting_size >= (SAMPLE_SIZE if self._compressor is None else _BATCH_SIZE):
            self._compress()

    def add_all(self, encoded: Sequence[bytes]) -> None:
        """Add the fields of the next documents, as `add_raw` does; other threads can run meanwhile."""
        self._waiting += encoded
        self._waiting_size += sum(map(len, encoded))
        if self._waiting_size >= (SAMPLE_SIZE if self._compressor is None else _BATCH_SIZE):
            self._compress()

    def _compress(self) -> None:
        """Compress what waits; before, train the dictionary, if there is enough to train it on."""
        if self._compressor is None:
            self._compressor = self._make_compressor()
        sizes = np.zeros(len(self._waiting), np.int64)
        places = [place for place, encoded in enumerate(self._waiting) if encoded]
        if places:
            batch = self._compressor.multi_compress_to_buffer([self._waiting[place] for place in places])
            compressed = [batch[place] for place in range(len(batch))]
            self._spool.write(b"".join([each.tobytes() for each in compressed]))
            sizes[places] = [len(each) for each in compressed]
        self._offsets.extend((self._offsets[-1] + np.cumsum(sizes)).tolist())
        self._waiting, self._waiting_size = [], 0
        if isinstance(self._spool, io.BytesIO) and self._offsets[-1] > SPOOL_SIZE:
            in_memory = self._spool
            self._spool = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  # closed in `close`
            self._spool.write(in_memory.getbuffer())

    def _make_compressor(self) -> zstandard.ZstdCompressor:
        dictionary = _train(self._waiting) if self._waiting_size >= SMALLEST_SAMPLE else None
        if dictionary is None:
            return zstandard.ZstdCompressor(level=LEVEL)
        self._dictionary = dictionary.as_bytes()
        return zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary, write_dict_id=False)

    def write(self, file_writer: SegmentFileWriter) -> None:
        """Write the arrays; can be called again, since a segment may be looked at before it is complete."""
        self._compress()
        file_writer.write_chunks("stored_bytes", np.dtype(np.uint8), self._read_spool())
        file_writer.write("stored_offsets", np.asarray(self._offsets).astype(narrowest(self._offsets[-1])))
        if self._dictionary:
            file_writer.write("stored_dictionary", np.frombuffer(self._dictionary, np.uint8))

    def _read_spool(self) -> Iterator[Array]:
        self._spool.seek(0)
        while chunk := self._spool.read(_CHUNK_SIZE):
            yield np.frombuffer(chunk, np.uint8)

    def close(self) -> None:
        """Let go of the temporary file; where the disk is full it cannot be written to the end, and need not be."""
        with suppress(OSError):
            self._spool.close()


def _train(sample: list[bytes]) -> zstandard.ZstdCompressionDict | None:
    size = min(DICTIONARY_SIZE, sum(map(len, sample)) // 16)
    try:
        # Without parameters zstd looks for the best, which takes four times as long and finds none that are better.
        dictionary: zstandard.ZstdCompressionDict = zstandard.train_dictionary(
            size, [each for each in sample if each], k=_SEGMENT_SIZE, d=_GRAM_SIZE
        )
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
