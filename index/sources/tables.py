"""CSV and TSV: a row an article, the names of its fields in the first."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import chain

import regex

from index.errors import SourceError, in_brief
from index.sources.limits import MAX_TEXT_SIZE
from index.sources.lines import decode_line, read_lines
from index.sources.parts import Document, Part

_DELIMITERS = ",\t;|"
_NO_DELIMITER = "\x1f"
_SAID = regex.compile(r"sep=([,\t;|])\s*$", regex.IGNORECASE)
_QUOTED = regex.compile(r'"[^"]*"')
# A quote that is never closed must not take the rows for names.
_MAX_HEADER = 1 << 14


def read_csv(part: Part) -> Iterator[Document | SourceError]:
    """Yield the rows of a table; which of the usual signs parts its fields is told by the first row."""
    # The library's own limit, 128 KB, is less than a long article. It holds for the whole process.
    csv.field_size_limit(MAX_TEXT_SIZE)
    header, size, lines = _read_header(_read_text(part))
    # Excel's own way to say it; otherwise a sign counts that is not within a name.
    said = _SAID.match(header)
    if said:
        header, more, lines = _read_header(lines)
        size += more
    if not header.strip():
        return
    unquoted = _QUOTED.sub("", header)
    delimiter = said[1] if said else max(_DELIMITERS, key=unquoted.count)
    if delimiter not in unquoted:
        # A list of texts; the commas in them part nothing.
        delimiter = _NO_DELIMITER
    try:
        names = [name.strip() for name in next(csv.reader(io.StringIO(header, newline="\n"), delimiter=delimiter), [])]
    except csv.Error as error:
        raise SourceError(f"{part.place}:1", f"is no row of names: {in_brief(error)}") from error
    rows = csv.reader(lines, delimiter=delimiter)
    while True:
        place = f"{part.place}:{rows.line_num + size + 1}"
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
            # Of two columns of one name the first that says something.
            values = reversed([(name, value) for name, value in zip(names, row, strict=False) if value.strip()])
            yield Document("record", dict(values), place, part.path)


def _read_header(lines: Iterator[str]) -> tuple[str, int, Iterator[str]]:
    """Return the first row that is not blank, with how many lines that took, and the rest; names may hold line ends."""
    size = 0
    for first in lines:
        size += 1
        if not first.strip():
            continue
        taken, length, quotes = [first], len(first), first.count('"')
        while quotes % 2 and length < _MAX_HEADER and (line := next(lines, None)):
            taken.append(line)
            length, quotes = length + len(line), quotes + line.count('"')
        if quotes % 2:
            # It is never closed, and the names are those of one line.
            return first, size, chain(taken[1:], lines)
        return "".join(taken), size + len(taken) - 1, lines
    return "", size, lines


def _read_text(part: Part) -> Iterator[str]:
    for line in read_lines(part):
        if line is None:
            raise SourceError(part.place, f"has a line longer than {MAX_TEXT_SIZE >> 20} MB")
        yield decode_line(line)
