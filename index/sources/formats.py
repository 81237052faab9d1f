"""Which formats are there, and which is a file of? The one list of them.

A file is known by its name or, where that says nothing or the wrong thing, by how it begins.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

import regex

from index.errors import SourceError
from index.sources import containers, packing
from index.sources.json_files import read_json, read_json_lines
from index.sources.limits import MAX_TEXT_SIZE
from index.sources.parts import Document, Form, Part
from index.sources.tables import read_csv
from index.sources.warc import read_warc

# What finds the documents in a part.
Splitter = Callable[[Part], Iterator[Document | SourceError]]


def _one(form: Form) -> Splitter:
    def read_one(part: Part) -> Iterator[Document | SourceError]:
        content = part.stream.read(MAX_TEXT_SIZE + 1)
        if len(content) > MAX_TEXT_SIZE:
            raise SourceError(part.place, f"is larger than {MAX_TEXT_SIZE >> 20} MB")
        yield Document(form, content, part.place, part.path, part.file_id, sidecar=part.sidecar, folder=part.folder)

    return read_one


read_text, read_html = _one("text"), _one("html")

SPLITTERS: dict[str, Splitter] = {
    ".txt": read_text,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".warc": read_warc,
    ".wet": read_warc,
}
# Formats of one article a file, of which each is read at once.
ONE_ARTICLE = {".txt", ".html", ".htm", ".xhtml"}
ARCHIVES = {".zip", ".tar", ".tgz", ".tbz2", ".txz"}

# Enough of a file to tell its format: a page may begin with comments.
HEAD_SIZE = 1 << 12

_WARC = regex.compile(rb"WARC/\d|filedesc://")
# Possessive throughout: of many comments in a row there is one way to read them.
_HTML = regex.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml[^>]*+>\s*+|<!--(?>.*?-->)\s*+)*+<(?:!doctype\s+html|html)\b", regex.I | regex.S
)
_JSON = regex.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*\"[^\"\n]{1,100}\"\s*:")

# By the standard library's own tables alone: what a machine adds to them would change what is found.
_TYPES = mimetypes.MimeTypes()


def describe_formats() -> str:
    """Return what is read, for people."""
    return f"{', '.join(SPLITTERS)}, each also packed as {', '.join(packing.SUFFIXES)}, and in .zip and .tar archives"


def suffix_of(name: str) -> str:
    """Return the suffix that tells a format; that of a compression is looked through."""
    path = PurePosixPath(name.lower())
    return PurePosixPath(path.stem).suffix if path.suffix in packing.SUFFIXES else path.suffix


def is_readable_name(name: str) -> bool | None:
    """Say whether a file is of a format that is read, by its name; `None` where that says nothing."""
    suffix = suffix_of(name)
    if suffix in SPLITTERS or suffix in ARCHIVES:
        return True
    return False if suffix and _TYPES.guess_type(f"a{suffix}")[0] else None


def is_readable_head(name: str, head: bytes) -> bool:
    """Say whether a file whose name says nothing is of a format that is read, by how it begins.

    Documents of many programs are zip archives, and their data compressed: those count without any suffix alone. JSON
    does not count, which programs of every kind keep their state in.
    """
    if _WARC.match(head) or _HTML.match(head):
        return True
    if PurePosixPath(name).suffix not in ("", *packing.SUFFIXES):
        return False
    return bool(packing.packing_of(head)) or containers.is_zip(head) or containers.is_tar(head)


def find_splitter(name: str, head: bytes) -> Splitter | None:
    """Return how a part is read; `None` where it is of no format that is."""
    if _WARC.match(head):
        return read_warc
    if _HTML.match(head):
        return read_html
    suffix = suffix_of(name)
    known = SPLITTERS.get(suffix)
    if known in (read_text, None) and _JSON.match(head):
        # A note in braces is text; a record is JSON in its first line or throughout.
        return read_json
    return known
