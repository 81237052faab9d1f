"""The table of contents: which segments an index has, and what is deleted in them.

It is Whoosh's own file, `_MAIN_<generation>.toc`, so that `whoosh.index.open_dir` opens the index too. Whoosh keeps no
checksum, and a flipped bit in a pickle can mean anything: after what Whoosh reads there are 12 bytes more, `MAGIC` and
the CRC of all before it (u4, little-endian, that of zlib).
"""

from __future__ import annotations

import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import regex
from whoosh.filedb.filestore import RamStorage
from whoosh.index import TOC

from index.codec.segment import ColumnarSegment
from index.errors import IndexCorruptError

INDEX_NAME = "MAIN"  # Whoosh's default; the names of all files begin with it
MAGIC = b"\x89DLTOC\r\n"

_NAME = regex.compile(rf"_{INDEX_NAME}_(\d+)\.toc")
_SEGMENT_NAME = regex.compile(rf"({INDEX_NAME}_[0-9a-z]+)\..+")
# What Python calls a file that waits to be copied into a segment, on disks that have none without a name.
_SPOOL_NAME = regex.compile(r"tmp[a-z0-9_]{8}")
_END = struct.Struct("<8sI")


class Contents(NamedTuple):
    """What the table says: the commits so far, the schema, and the segments."""

    generation: int
    schema: Any
    segments: list[ColumnarSegment]

    @property
    def num_docs(self) -> int:
        """Return how many documents there are, deleted ones included."""
        return sum(segment.doc_count_all() for segment in self.segments)


def path_of(folder: Path, generation: int) -> Path:
    """Return the file of a generation's table."""
    return folder / f"_{INDEX_NAME}_{generation}.toc"


def latest_generation(folder: Path) -> int:
    """Return the number of commits; raises `IndexCorruptError` where there is no table."""
    with os.scandir(folder) as entries:
        numbers = [int(match[1]) for entry in entries if (match := _NAME.fullmatch(entry.name))]
    if not numbers:
        raise IndexCorruptError(f"{folder} has no table of contents. Make the index anew with: reindex PATHS --rebuild")
    return max(numbers)


def read_contents(folder: Path) -> Contents:
    """Return the latest table; raises `IndexCorruptError`, or an `OSError` where a writer replaces it meanwhile."""
    generation = latest_generation(folder)
    path = path_of(folder, generation)
    content = path.read_bytes()
    magic, crc = _END.unpack(content[-_END.size :]) if len(content) > _END.size else (b"", 0)
    table = content[: -_END.size]
    if magic != MAGIC or zlib.crc32(table) != crc:
        raise IndexCorruptError(f"{path} is damaged. Make the index anew with: reindex PATHS --rebuild")
    storage = RamStorage()
    storage.files[path.name] = table
    toc = TOC.read(storage, INDEX_NAME)
    return Contents(generation, toc.schema, toc.segments)


def leftovers(folder: Path, contents: Contents) -> list[Path]:
    """Return the files that belong to no segment of a table: replaced ones, and those of killed writers."""
    named = {segment.segment_id() for segment in contents.segments}
    current = path_of(folder, contents.generation).name
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    return [
        folder / name
        for name in names
        if ((match := _SEGMENT_NAME.fullmatch(name)) and match[1] not in named)
        or (_NAME.match(name) and name != current)
        or _SPOOL_NAME.fullmatch(name)
    ]


def write_contents(folder: Path, contents: Contents) -> None:
    """Have a table count, in one rename; what it names must be on the disk. It is so itself when this returns."""
    path = path_of(folder, contents.generation)
    storage = RamStorage()
    TOC(contents.schema, contents.segments, contents.generation).write(storage, INDEX_NAME)
    table: bytes = storage.files[path.name]
    replace_file(path, table + _END.pack(MAGIC, zlib.crc32(table)))


def replace_file(path: Path, content: bytes) -> None:
    """Write a file in one rename, on the disk when this returns; where that fails, nothing is left of it."""
    unfinished = path.with_name(f"{path.name}.new")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have what was made, renamed or deleted in a folder be so on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
