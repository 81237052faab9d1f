"""Columns: one value a document, for sorting, facets and ranges.

`meta["columns"]` has an entry for each column, in the order of the names: `name`, `kind`, and for numbers the
`default`. In the names of the arrays, `<c>` is the column's place there.

| kind | Whoosh's column | arrays |
|---|---|---|
| `numbers` | `NumericColumn` | `column:<c>` (N): the numbers, in the column's own type |
| `bytes` | `VarBytesColumn`, if it may keep offsets | `column_bytes:<c>`, `column_offsets:<c>` (N+1), as the terms |
| `other` | any other, users' own too | `column_bytes:<c>`: what the column's own writer wrote |

The first two are what NUMERIC, DATETIME, TEXT, ID and KEYWORD have when they are sortable. They are there so that
opening one costs nothing and numbers are at hand for numpy: Whoosh's own reader of bytes goes through all documents
when it is made, and it is made anew for each look at a field of a hit.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Protocol

import numpy as np
from whoosh.columns import ColumnReader, NumericColumn, VarBytesColumn
from whoosh.filedb.structfile import StructFile

from index.codec.format import Array, SegmentFile, SegmentFileWriter, narrowest
from index.codec.mapping import ReadOnlyFile

# Python's letters for a type of number, of the size that `struct` gives them where they have no size of their own.
_DTYPES = {"b": "i1", "B": "u1", "h": "<i2", "H": "<u2", "i": "<i4", "I": "<u4", "l": "<i4", "L": "<u4"}
_DTYPES |= {"q": "<i8", "Q": "<u8", "f": "<f4", "d": "<f8"}


class _Writer(Protocol):
    """Takes the values of a column, in the order of the documents; some documents may have none."""

    def add(self, doc_id: int, value: Any) -> None:
        """Add a value."""

    def finish(self, num_docs: int) -> None:
        """Take note that there are no more."""

    def write(self, file_writer: SegmentFileWriter, place: int) -> dict[str, Any]:
        """Write the arrays and return the entry for `meta`, but for the name."""


class _NumbersWriter:
    def __init__(self, column: Any) -> None:
        self._pack = struct.Struct("<" + column._typecode).pack
        self._dtype = np.dtype(_DTYPES[column._typecode])
        self._default = column.default_value()
        self._packed_default = self._pack(self._default)
        self._packed = bytearray()

    def _fill(self, num_docs: int) -> None:
        self._packed += self._packed_default * (num_docs - len(self._packed) // self._dtype.itemsize)

    def add(self, doc_id: int, value: Any) -> None:
        packed = self._pack(value)
        self._fill(doc_id)
        self._packed += packed

    def finish(self, num_docs: int) -> None:
        self._fill(num_docs)

    def write(self, file_writer: SegmentFileWriter, place: int) -> dict[str, Any]:
        file_writer.write(f"column:{place}", np.frombuffer(self._packed, self._dtype))
        return {"kind": "numbers", "default": self._default}


class _BytesWriter:
    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends: list[int] = [0]

    def _fill(self, num_docs: int) -> None:
        self._ends.extend([self._ends[-1]] * (num_docs + 1 - len(self._ends)))

    def add(self, doc_id: int, value: bytes) -> None:
        self._fill(doc_id)
        self._bytes += value
        self._ends.append(len(self._bytes))

    def finish(self, num_docs: int) -> None:
        self._fill(num_docs)

    def write(self, file_writer: SegmentFileWriter, place: int) -> dict[str, Any]:
        file_writer.write(f"column_bytes:{place}", np.frombuffer(self._bytes, np.uint8))
        file_writer.write(f"column_offsets:{place}", np.array(self._ends, narrowest(self._ends[-1])))
        return {"kind": "bytes"}


class _OtherWriter:
    def __init__(self, column: Any) -> None:
        self._buffer = BytesIO()
        self._writer = column.writer(StructFile(self._buffer))
        self.add = self._writer.add

    def finish(self, num_docs: int) -> None:
        self._writer.finish(num_docs)

    def write(self, file_writer: SegmentFileWriter, place: int) -> dict[str, Any]:
        file_writer.write(f"column_bytes:{place}", np.frombuffer(self._buffer.getvalue(), np.uint8))
        return {"kind": "other"}


def _make_writer(column: Any) -> _Writer:
    if type(column) is NumericColumn and column._typecode in _DTYPES:
        return _NumbersWriter(column)
    if type(column) is VarBytesColumn and column.allow_offsets:
        return _BytesWriter()
    return _OtherWriter(column)


class ColumnsWriter:
    """Takes the values of all columns of a segment."""

    def __init__(self) -> None:
        self._writers: dict[str, _Writer] = {}

    def add(self, name: str, column: Any, doc_id: int, value: Any) -> None:
        """Add the value of a document; `doc_id` must be above those before."""
        writer = self._writers.get(name)
        if writer is None:
            writer = self._writers[name] = _make_writer(column)
        writer.add(doc_id, value)

    def finish(self, num_docs: int) -> None:
        """Take note that there are no more documents."""
        for writer in self._writers.values():
            writer.finish(num_docs)

    def write(self, file_writer: SegmentFileWriter) -> list[dict[str, Any]]:
        """Write the arrays and return `meta["columns"]`; can be called again."""
        names = sorted(self._writers)
        return [{"name": name, **self._writers[name].write(file_writer, place)} for place, name in enumerate(names)]


class ColumnsReader:
    """Reads the columns of a segment."""

    def __init__(self, segment_file: SegmentFile) -> None:
        self._file = segment_file
        self._entries = {
            entry["name"]: (place, entry) for place, entry in enumerate(segment_file.meta.get("columns", ()))
        }

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def numbers(self, name: str) -> Array | None:
        """Return the numbers of a column (N), or None if it has none."""
        place, entry = self._entries.get(name, (0, {}))
        return self._file[f"column:{place}"] if entry.get("kind") == "numbers" else None

    def reader(self, name: str, column: Any) -> Any:
        """Return a new reader of a column, as Whoosh's; `column` is of the type that wrote it."""
        place, entry = self._entries[name]
        if entry["kind"] == "numbers":
            return NumbersReader(self._file[f"column:{place}"], entry["default"])
        contents = self._file[f"column_bytes:{place}"].data
        if entry["kind"] == "bytes":
            return BytesReader(contents, self._file[f"column_offsets:{place}"])
        return open_column(column, contents, f"{self._file.name}, column {name!r}", self._file.num_docs)


def open_column(column: Any, contents: memoryview, name: str, num_docs: int) -> Any:
    """Return a column's own reader over what its own writer wrote."""
    return column.reader(ReadOnlyFile(contents, name), 0, len(contents), num_docs)


class NumbersReader(ColumnReader):  # type: ignore[misc]  # Whoosh is untyped here
    """A column of numbers as Whoosh reads it: Python's ints and floats out."""

    def __init__(self, numbers: Array, default: float) -> None:
        self._numbers = numbers.data
        self._default = default
        self._reverse = False

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, docnum: int) -> Any:
        return self._numbers[docnum] if docnum < len(self._numbers) else self._default

    def __iter__(self) -> Iterator[Any]:
        return iter(self._numbers.tolist())

    def load(self) -> list[Any]:
        """Return all numbers."""
        return self._numbers.tolist()

    def sort_key(self, docnum: int) -> Any:
        """Return what a document is sorted by."""
        return 0 - self[docnum] if self._reverse else self[docnum]

    def set_reverse(self) -> None:
        """Sort the other way round from now on."""
        self._reverse = True


class BytesReader(ColumnReader):  # type: ignore[misc]  # Whoosh is untyped here
    """A column of bytes as Whoosh reads it."""

    had_stored_offsets = True  # as Whoosh's own calls it

    def __init__(self, contents: memoryview, offsets: Array) -> None:
        self._contents = contents
        self._offsets = offsets.data

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, docnum: int) -> bytes:
        return bytes(self._contents[self._offsets[docnum] : self._offsets[docnum + 1]])

    def __iter__(self) -> Iterator[bytes]:
        return (self[docnum] for docnum in range(len(self)))
