"""CSV and TSV: a row an article, the names of its fields in the first."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from index.errors import SourceError, in_brief
from index.sources.limits import MAX_TEXT_SIZE
from index.sources.lines import decode_line, read_lines
from index.sources.parts import Document, Part

_DELIMITERS = ",\t;|"


def read_csv(part: Part) -> Iterator[Document | SourceError]:
    """Yield the rows of a table; which of the usual signs parts its fields is told by the first row."""
    # The library's own limit, 128 KB, is less than a long article. It holds for the whole process.
    csv.field_size_limit(MAX_TEXT_SIZE)
    lines = _read_text(part)
    header = next(lines, None)
    if header is None:
        return
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
    except csv.Error as error:
        raise SourceError(f"{part.place}:1", f"is no row of names: {in_brief(error)}") from error
    rows = csv.reader(lines, delimiter=delimiter)
    while True:
        place = f"{part.place}:{rows.line_num + 2}"
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            # A quote that is never closed takes all that comes after it, up to the limit; what then comes is read.
            yield SourceError(place, f"is no row of a table: {in_brief(error)}")
            continue
        if any(row[len(names) :]):
            yield SourceError(place, f"has {len(row)} fields, but the first row names {len(names)}")
        elif any(row):
            yield Document("record", dict(zip(names, row, strict=False)), place, part.path)


def _read_text(part: Part) -> Iterator[str]:
    for line in read_lines(part):
        if line is None:
            raise SourceError(part.place, f"has a line longer than {MAX_TEXT_SIZE >> 20} MB")
        yield decode_line(line)
