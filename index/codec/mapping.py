"""Files of a Whoosh storage as bytes without a copy: mapped where they are on disk, shared where they are in memory."""

from __future__ import annotations

import mmap
from typing import Any

from whoosh.filedb.structfile import StructFile

from index.codec.format import SegmentFile


def open_segment_file(storage: Any, name: str) -> SegmentFile:
    """Open a segment of a storage; raises `OSError` if it is missing, and what `SegmentFile` raises."""
    file = _open(storage, name)
    try:
        if _is_mappable(storage, file):
            return SegmentFile.map(file.raw_file(), file.raw_file().name)
        return SegmentFile(file.get(0, storage.file_length(name)), name)
    finally:
        file.close()


def open_bytes(storage: Any, name: str) -> memoryview:
    """Return the contents of any file of a storage; raises `OSError` if it is missing."""
    file = _open(storage, name)
    try:
        length = storage.file_length(name)
        if length and _is_mappable(storage, file):
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return memoryview(file.get(0, length))
    finally:
        file.close()


def _open(storage: Any, name: str) -> Any:
    try:
        return storage.open_file(name)
    except NameError as error:  # Whoosh's RamStorage
        raise FileNotFoundError(f"There is no file {name!r} in {storage!r}.") from error


def _is_mappable(storage: Any, file: Any) -> bool:
    return bool(file.is_real and storage.supports_mmap)


class ReadOnlyFile(StructFile):  # type: ignore[misc]  # Whoosh is untyped here
    """Bytes as the file that Whoosh's columns read from; nothing is copied but what is read.

    Whoosh's own `BufferFile` copies the whole when it is made (54 ms for 50 MB). Each reader of a column needs its own
    of these: it has a place in the file.
    """

    def __init__(self, contents: memoryview, name: str) -> None:
        self._contents = contents
        self._place = 0
        self._name = name
        self.onclose = None
        self.is_real = False
        self.is_closed = False

    @property
    def file(self) -> ReadOnlyFile:
        """Return this, for what Whoosh's class reads through its `file`: lines and pickles."""
        return self

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes, all for -1."""
        end = len(self._contents) if size is None or size < 0 else self._place + size
        found = bytes(self._contents[self._place : end])
        self._place += len(found)
        return found

    def readinto(self, target: Any) -> int:
        """Fill a buffer, as unpickling may ask for."""
        found = self.read(len(target))
        target[: len(found)] = found
        return len(found)

    def readline(self, size: int | None = -1) -> bytes:
        """Return what is left of the line, as unpickling asks for."""
        end = self._place
        while end < len(self._contents) and self._contents[end] != ord("\n"):
            end += 1
        available = end + 1 - self._place
        return self.read(available if size is None or size < 0 else min(available, size))

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to an offset."""
        self._place = offset + (0, self._place, len(self._contents))[whence]
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def get(self, position: int, length: int) -> bytes:
        """Return bytes from anywhere, without moving."""
        return bytes(self._contents[position : position + length])

    def subset(self, offset: int, length: int, name: str | None = None) -> ReadOnlyFile:
        """Return a part as a file of its own."""
        return ReadOnlyFile(self._contents[offset : offset + length], name or self._name)

    def close(self) -> None:
        """Do nothing: the mapping goes with the last that looks into it."""
        self.is_closed = True
