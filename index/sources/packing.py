"""Compressed files, as streams: gzip, bzip2, xz and Zstandard, known by their first bytes.

Whatever a stream claims of itself, it is unpacked in small pieces that are counted (`limits.py`), so that a bomb costs
neither memory nor time. A stream that is damaged or cut off gives what can be read of it, and then raises.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Any, BinaryIO, Protocol

import regex
import zstandard

from index.errors import SourceError, in_brief
from index.sources.limits import FREE_SIZE, MAX_RATIO, Budget

# The suffixes of names, and how what they name begins.
SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
_MAGIC = (
    (regex.compile(rb"\x1f\x8b\x08"), ".gz"),
    (regex.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), ".bz2"),
    (regex.compile(rb"\xfd7zXZ\x00"), ".xz"),
    # A frame, or one that is to be skipped.
    (regex.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), ".zst"),
)

# A stream can ask for windows of gigabytes; 128 MB is what `zstd --ultra -22` takes, and `zstd --long` by itself.
_MAX_ZSTD_WINDOW = 1 << 27
# Zstandard writes 128 KB of zeros in four bytes and unpacks what it is given at once: this much makes 16 MB of them.
_ZSTD_PIECE = 512

# What is read at a time from a file.
BUFFER_SIZE = 1 << 18

_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, zipfile.BadZipFile)


class _Reads(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _ReadsOnce(Protocol):
    # Not `read`, which throws away what it has when the stream turns out to be cut off.
    def read1(self, size: int, /) -> bytes: ...


def packing_of(head: bytes) -> str | None:
    """Return the suffix of the compression of which a stream has the first bytes."""
    return next((suffix for magic, suffix in _MAGIC if magic.match(head)), None)


def unpack(stream: IO[bytes], suffix: str, place: str, budget: Budget) -> io.BufferedReader[Any]:
    """Return what a stream unpacks to. Reading it raises `SourceError` where it is damaged, cut off or a bomb."""
    packed = Counted(stream)
    return buffered(packed, _UNPACKERS[suffix](packed), place, budget)


def buffered(packed: Counted, unpacked: _ReadsOnce, place: str, budget: Budget) -> io.BufferedReader[Any]:
    """Return a stream that is being unpacked, with its damage told in our words and its ratio watched."""
    return io.BufferedReader(_Unpacked(packed, unpacked, place, budget), BUFFER_SIZE)


class Counted(io.RawIOBase):
    """Counts what is read from a stream; `count` may also be set to what is known to be there."""

    def __init__(self, stream: _Reads, count: int = 0) -> None:
        self._stream = stream
        self.count = count

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read up to so many bytes."""
        content = self._stream.read(size)
        self.count += len(content)
        return content


class ShortReads(io.RawIOBase):
    """A stream that gives what is there: the usual kind throws that away where it finds the rest to be cut off."""

    def __init__(self, stream: _ReadsOnce) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def read(self, size: int = BUFFER_SIZE, /) -> bytes:
        """Read up to so many bytes, and none only at the end."""
        return self._stream.read1(size if size >= 0 else BUFFER_SIZE)


class _Unpacked(io.RawIOBase):
    def __init__(self, packed: Counted, unpacked: _ReadsOnce, place: str, budget: Budget) -> None:
        self._packed = packed
        self._unpacked = unpacked
        self._place = place
        self._budget = budget
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # typeshed's has no name
        try:
            content = self._unpacked.read1(len(buffer))
        except _DAMAGE as error:
            cut_off = isinstance(error, EOFError) or "ended before" in str(error)
            raise SourceError(self._place, "is cut off" if cut_off else f"is damaged: {in_brief(error)}") from error
        self._size += len(content)
        if self._size > max(FREE_SIZE, MAX_RATIO * self._packed.count):
            raise SourceError(self._place, f"unpacks to more than {MAX_RATIO} times its size; no news does")
        self._budget.spend(len(content))
        buffer[: len(content)] = content
        return len(content)


class _Zstandard:
    """Frames of Zstandard, one after the other; the library's own reader takes a cut-off stream for a whole one."""

    def __init__(self, packed: Counted) -> None:
        self._packed = packed
        self._context = zstandard.ZstdDecompressor(max_window_size=_MAX_ZSTD_WINDOW)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._waiting = b""
        self._ready = io.BytesIO()

    def read1(self, size: int, /) -> bytes:
        while True:
            content = self._ready.read(size)
            if content or size == 0:
                return content
            piece = self._waiting[:_ZSTD_PIECE] or self._packed.read(_ZSTD_PIECE)
            self._waiting = self._waiting[len(piece) :]
            if not piece:
                if self._frame:
                    raise EOFError
                return b""
            self._frame = self._frame or self._context.decompressobj()
            self._ready = io.BytesIO(self._frame.decompress(piece))
            if self._frame.eof:
                self._waiting = self._frame.unused_data + self._waiting
                self._frame = None


def _gzip(packed: Counted) -> _ReadsOnce:
    return gzip.GzipFile(fileobj=packed, mode="rb")


def _bzip2(packed: Counted) -> _ReadsOnce:
    return bz2.BZ2File(_as_file(packed))


def _xz(packed: Counted) -> _ReadsOnce:
    return lzma.LZMAFile(_as_file(packed))


def _as_file(packed: Counted) -> BinaryIO:
    return packed  # type: ignore[return-value]  # of a file these read and no more


_UNPACKERS: dict[str, Callable[[Counted], _ReadsOnce]] = {
    ".gz": _gzip,
    ".bz2": _bzip2,
    ".xz": _xz,
    ".zst": _Zstandard,
}
