"""Files into a stream of what they hold: where a file begins, its documents, and where it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from index.errors import SourceError
from index.sources import Document, FoundFile, digest_file, read_content, split_content, split_file


@dataclass(frozen=True, slots=True)
class Opened:
    """A file begins. `is_same` says that its bytes are what they were, so that none of its documents follow."""

    file: FoundFile
    digest: str
    is_same: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """A file ends: whole, or with what kept the rest of it from being read."""

    error: SourceError | None = None


# A `SourceError` between the documents is the trouble of a part.
Item = Opened | Document | SourceError | Closed


@dataclass(frozen=True, slots=True)
class ToRead:
    """A file that is to be read: the digest that says it is the same, and the id that its one article is to keep."""

    file: FoundFile
    same_digest: str | None = None
    known_id: str | None = None


def read_items(files: Iterable[ToRead], on_read: Callable[[int], None], scratch: str | None = None) -> Iterator[Item]:
    """Yield the items of files one file after another; `on_read` is told how many bytes were read.

    `scratch` is a folder for what has to be copied to a disk; without it the one of temporary files is.
    """
    for wanted in files:
        yield from _read_file(wanted, on_read, scratch)


def _read_file(wanted: ToRead, on_read: Callable[[int], None], scratch: str | None) -> Iterator[Item]:
    file = wanted.file
    documents: Iterator[Document | SourceError]
    try:
        if file.holds_many:
            digest = digest_file(file)
            documents = split_file(file, wanted.known_id, on_read, scratch)
        else:
            content, digest = read_content(file)
            on_read(len(content))
            documents = split_content(file, content, wanted.known_id)
    except SourceError as error:
        yield Opened(file, "")
        yield Closed(error)
        return
    if digest == wanted.same_digest:
        yield Opened(file, digest, is_same=True)
        yield Closed()
        return
    yield Opened(file, digest)
    try:
        yield from documents
    except SourceError as error:
        yield Closed(error)
    else:
        yield Closed()
