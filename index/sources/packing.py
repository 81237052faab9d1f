"""Compressed files, as streams: gzip, bzip2, xz and Zstandard, known by their first bytes.

Whatever a stream claims of itself, it is unpacked in small pieces that are counted (`limits.py`), so that a bomb costs
neither memory nor time. A stream that is damaged or cut off gives what can be read of it, and then raises; one of many
gzip members, as web archives are, can then be told to go on with the next.
"""

from __future__ import annotations

import bz2
import errno
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Any, BinaryIO, Protocol

import regex
import zstandard

from index.errors import PassingError, SourceError, in_brief
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

# How much of a gzip member is kept to look for the next one in: damage often makes a member run on into those after it.
# A page of the web packs to 20 KB.
_MAX_KEPT = 1 << 20
_GZIP_PIECE = 1 << 16
_SALVAGED_PIECE = 1 << 6
_GZIP_MAGIC = b"\x1f\x8b\x08"
# Of zlib: with the header and the checksums of gzip.
_WITH_HEADER = 31
# A header holds a name at most, and what a member begins with is in the first few bytes after it.
_PROBE_SIZE = 1 << 12

# What is read at a time from a file.
BUFFER_SIZE = 1 << 18

CUT_OFF = "is cut off"
_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, zipfile.BadZipFile)


class _Reads(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _ReadsOnce(Protocol):
    # Not `read`, which throws away what it has when the stream turns out to be cut off.
    def read1(self, size: int, /) -> bytes: ...


def packing_of(head: bytes) -> str | None:
    """Return the suffix of the compression of which a stream has the first bytes."""
    return next((suffix for magic, suffix in _MAGIC if magic.match(head)), None)


def kind_of(damage: Exception) -> type[SourceError]:
    """Return what damage is told as: what the disk says is none of the content.

    Libraries raise an `OSError` without a number, and places before the beginning, which damage names, are invalid.
    """
    is_disk = isinstance(damage, OSError) and damage.errno not in (None, errno.EINVAL)
    return PassingError if is_disk else SourceError


def unpack(stream: IO[bytes], suffix: str, place: str, budget: Budget) -> io.BufferedReader[Any]:
    """Return what a stream unpacks to. Reading it raises `SourceError` where it is damaged, cut off or a bomb."""
    packed = Counted(stream)
    return buffered(packed, _UNPACKERS[suffix](packed), place, budget)


def buffered(packed: Counted, unpacked: _ReadsOnce, place: str, budget: Budget) -> io.BufferedReader[Any]:
    """Return a stream that is being unpacked, with its damage told in our words and its ratio watched."""
    return io.BufferedReader(Unpacked(packed, unpacked, place, budget), BUFFER_SIZE)


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


class Unpacked(io.RawIOBase):
    """What a stream unpacks to, a piece at a time; `damaged_at` is the gzip member in which there was damage last."""

    def __init__(self, packed: Counted, unpacked: _ReadsOnce, place: str, budget: Budget) -> None:
        self._packed = packed
        self._unpacked = unpacked
        self._place = place
        self._budget = budget
        self._size = 0
        self._is_broken = False
        self.damaged_at: int | None = None

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    @property
    def member_at(self) -> int:
        """Where in the packed stream the gzip member begins of which the last bytes came; 0 for other streams."""
        return self._unpacked.member_at if isinstance(self._unpacked, _Gzip) else 0

    def go_on(self, beginning: bytes) -> tuple[int, int] | None:
        """After damage, go on with the next gzip member that unpacks to something which begins so.

        Returns where the damaged one is in the packed stream, and where that one is; `None` where there is none.
        """
        broken_at = self.member_at
        if not (self._is_broken and isinstance(self._unpacked, _Gzip) and self._unpacked.find_member(beginning)):
            return None
        self._is_broken = False
        return broken_at, self.member_at

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # typeshed's has no name
        """Read some bytes; raises `SourceError`."""
        try:
            content = self._unpacked.read1(len(buffer))
        except _DAMAGE as error:
            cut_off = isinstance(error, EOFError) or "ended before" in str(error)
            self._is_broken, self.damaged_at = True, self.member_at
            raise kind_of(error)(self._place, CUT_OFF if cut_off else f"is damaged: {in_brief(error)}") from error
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


class _Gzip:
    """Members of gzip, one after the other; `member_at` is where in the packed stream the present one begins."""

    def __init__(self, packed: Counted) -> None:
        self._packed = packed
        self._inflate = zlib.decompressobj(_WITH_HEADER)
        self._waiting = b""
        # What was read since the member began, as far as it is kept, and where that is in the stream.
        self._kept = bytearray()
        self._kept_at = 0
        self.member_at = 0

    def read1(self, size: int, /) -> bytes:
        # To zlib a size of 0 is any size.
        while size:
            if self._inflate.eof and not self._begin_member():
                return b""
            piece = self._waiting or self._read_more()
            before = self._inflate.copy()
            try:
                content = self._inflate.decompress(piece, size)
            except zlib.error:
                # What is before the damage; the next call raises it again.
                content, self._waiting = _inflate_some(before, piece, size), b""
                if content:
                    return content
                raise
            self._waiting = self._inflate.unconsumed_tail
            if content:
                return content
            if not piece and not self._inflate.eof:
                raise EOFError
        return b""

    def _read_more(self) -> bytes:
        piece = self._packed.read(_GZIP_PIECE)
        self._kept += piece
        if len(self._kept) > 2 * _MAX_KEPT:
            self._kept_at += len(self._kept) - _MAX_KEPT
            del self._kept[:-_MAX_KEPT]
        return piece

    def _begin_member(self) -> bool:
        """Begin what follows a member; there may be zeros between, and at the end."""
        following = self._inflate.unused_data
        self._drop_kept(len(self._kept) - len(following))
        while not (waiting := bytes(self._kept).lstrip(b"\0")):
            self._drop_kept(len(self._kept))
            if not self._read_more():
                return False
        self._drop_kept(len(self._kept) - len(waiting))
        self._start(waiting)
        return True

    def _drop_kept(self, size: int) -> None:
        del self._kept[:size]
        self._kept_at += size

    def _start(self, waiting: bytes) -> None:
        self._waiting, self.member_at = waiting, self._kept_at
        self._inflate = zlib.decompressobj(_WITH_HEADER)

    def find_member(self, beginning: bytes) -> bool:
        """Go to the next member after the beginning of the present one that unpacks to something which begins so."""
        at = 1 if self._kept_at == self.member_at else 0
        while True:
            at = self._kept.find(_GZIP_MAGIC, at)
            if at < 0:
                # Half of the magic may be there already.
                self._drop_kept(max(0, len(self._kept) - len(_GZIP_MAGIC) + 1))
                at = 0
                if not self._read_more():
                    return False
                continue
            self._drop_kept(at)
            while len(self._kept) < _PROBE_SIZE and self._read_more():
                pass
            if _unpacks_to(bytes(self._kept[:_PROBE_SIZE]), beginning):
                self._start(bytes(self._kept))
                return True
            at = 1


def _inflate_some(inflate: zlib._Decompress, piece: bytes, size: int) -> bytes:
    """Return what a damaged piece unpacks to as far as it can be: zlib throws away what it has."""
    content = b""
    for start in range(0, len(piece), _SALVAGED_PIECE):
        if len(content) == size:
            break
        try:
            content += inflate.decompress(piece[start : start + _SALVAGED_PIECE], size - len(content))
        except zlib.error:
            break
    return content


def _unpacks_to(packed: bytes, beginning: bytes) -> bool:
    try:
        return zlib.decompressobj(_WITH_HEADER).decompress(packed, len(beginning)) == beginning
    except zlib.error:
        return False


def _bzip2(packed: Counted) -> _ReadsOnce:
    return bz2.BZ2File(_as_file(packed))


def _xz(packed: Counted) -> _ReadsOnce:
    return lzma.LZMAFile(_as_file(packed))


def _as_file(packed: Counted) -> BinaryIO:
    return packed  # type: ignore[return-value]  # of a file these read and no more


_UNPACKERS: dict[str, Callable[[Counted], _ReadsOnce]] = {
    ".gz": _Gzip,
    ".bz2": _bzip2,
    ".xz": _xz,
    ".zst": _Zstandard,
}
