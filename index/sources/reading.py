"""What is in a file? Its layers are taken off one by one, as streams, down to documents, and those become articles.

    file -> unpack -> open the archive -> unpack … -> the format's splitter -> documents -> articles

Nothing is held but the document at hand. The trouble of a member or a line is told with its place, and the rest goes
on; that of a whole file, which is cut off or more than it may be, is raised after what could be read.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from index.article import Article
from index.errors import SourceError
from index.sources import containers, formats, limits
from index.sources.documents import parse_document
from index.sources.finding import FoundFile, OnError, explain, find_files, raise_error
from index.sources.limits import MAX_LAYERS, Budget, BudgetError
from index.sources.packing import BUFFER_SIZE, packing_of, unpack
from index.sources.parts import BinaryStream, Document, Part
from index.sources.warc import read_warc

NO_MAPPING: Mapping[str, str] = MappingProxyType({})

OnRead = Callable[[int], None]


def _no_matter(_: int) -> None:
    pass


class _Watched(io.FileIO):
    """A file that tells how much of it is read."""

    def __init__(self, path: Path, on_read: OnRead) -> None:
        super().__init__(path)
        self._on_read = on_read

    def readinto(self, buffer: Any, /) -> int:
        size = super().readinto(buffer) or 0
        self._on_read(size)
        return size


def split_file(
    file: FoundFile, file_id: str | None = None, on_read: OnRead = _no_matter, scratch: str | None = None
) -> Iterator[Document | SourceError]:
    """Yield the documents of a file, and the trouble of its parts; `on_read` is told how many bytes were read.

    `file_id` stands in for the file's own id; `scratch` is a folder for what has to be copied to a disk. Raises
    `SourceError` where the file as a whole can't be read to its end.
    """
    try:
        with io.BufferedReader(_Watched(file.path, on_read), BUFFER_SIZE) as stream:
            yield from _split(_part(file, stream, file_id, scratch))
    except OSError as error:
        raise SourceError(file.path, explain(error)) from error


def read_file(
    file: FoundFile,
    *,
    mapping: Mapping[str, str] = NO_MAPPING,
    on_error: OnError = raise_error,
) -> Iterator[Article]:
    """Yield the articles of a file as they come; the trouble of its parts goes to `on_error`.

    Raises `SourceError` where the file as a whole can't be read to its end, after what could be.
    """
    failures = 0
    document: Document | SourceError | None = None
    for document in split_file(file):
        for one in [document] if isinstance(document, SourceError) else parse_document(document, mapping):
            if isinstance(one, Article):
                yield one
            elif isinstance(one, SourceError):
                if one.path == str(file.path):
                    raise one
                failures += 1
                if failures <= limits.MAX_FAILURES:
                    on_error(one)
    if document is None:
        raise SourceError(file.path, "holds no article")
    if failures > limits.MAX_FAILURES:
        on_error(SourceError(file.path, f"has {failures - limits.MAX_FAILURES:,} more failures like these"))


def _part(file: FoundFile, stream: BinaryStream, file_id: str | None, scratch: str | None = None) -> Part:
    place = str(file.path)
    return Part(
        stream=stream,
        name=file.path.name,
        place=place,
        path=file.relative_path,
        file_id=file_id or file.id,
        budget=Budget(place, file.size),
        sidecar=_read_sidecar(file),
        folder=str(file.path.parent),
        scratch=scratch,
    )


def _split(part: Part) -> Iterator[Document | SourceError]:
    """Yield the documents of a part: take off its outermost layer, or split it as its format is."""
    head = _head(part)
    packing = packing_of(head)
    if (packing or containers.is_zip(head) or containers.is_tar(head)) and part.layers >= MAX_LAYERS:
        raise SourceError(part.place, f"is packed more than {MAX_LAYERS} times over")
    if packing:
        with unpack(part.stream, packing, part.place, part.budget) as stream:
            yield from _split(part.unpacked(stream, packing))
    elif containers.is_zip(head):
        yield from _split_members(containers.read_zip(part))
    elif containers.is_tar(head):
        yield from _split_members(containers.read_tar(part))
    else:
        splitter = formats.find_splitter(part.name, head)
        if splitter:
            try:
                yield from splitter(part)
            except SourceError as error:
                raise SourceError(part.place, error.reason) if not error.path else error from error
        elif not part.is_member:
            raise SourceError(part.place, f"is not an article file; Dateline reads {formats.describe_formats()}")
        # A picture in an archive is passed over, as in a folder.


def _head(part: Part) -> bytes:
    """Return the first bytes of a part; none where a web archive, in which there may be more, begins with damage."""
    try:
        return part.head()
    except SourceError:
        if formats.find_splitter(part.name, b"") is not read_warc:
            raise
        return b""


def _split_members(members: Iterator[Part | SourceError]) -> Iterator[Document | SourceError]:
    for member in members:
        if isinstance(member, SourceError):
            yield member
            continue
        try:
            if _is_readable(member):
                yield from _split(member)
        except BudgetError:
            raise
        except SourceError as error:
            # Damage that lies further out than the member ends the archive, too.
            if not error.path.startswith(member.place):
                raise
            yield error


def _is_readable(member: Part) -> bool:
    """Say whether a member is of a format that is read, as of a file in a folder: a book in EPUB is a zip, too."""
    by_name = formats.is_readable_name(member.name)
    return formats.is_readable_head(member.name, _head(member)[: formats.HEAD_SIZE]) if by_name is None else by_name


def read_content(file: FoundFile) -> tuple[bytes, str]:
    """Return the bytes of a file of one article and their digest.

    Raises `SourceError` where it can't be read or is too large.
    """
    content = b""
    if file.size <= limits.MAX_TEXT_SIZE:
        try:
            with file.path.open("rb") as opened:
                # It may have grown since it was found.
                content = opened.read(limits.MAX_TEXT_SIZE + 1)
        except OSError as error:
            raise SourceError(file.path, explain(error)) from error
    if max(file.size, len(content)) > limits.MAX_TEXT_SIZE:
        raise SourceError(file.path, f"is larger than {limits.MAX_TEXT_SIZE >> 20} MB")
    return content, _digest_of(file, hashlib.blake2b(content, digest_size=16))


def digest_file(file: FoundFile) -> str:
    """Return the digest of a file of any size: a gigabyte a second, next to which reading its articles takes long."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        with file.path.open("rb") as opened:
            while content := opened.read(1 << 20):
                digest.update(content)
    except OSError as error:
        raise SourceError(file.path, explain(error)) from error
    return _digest_of(file, digest)


def _digest_of(file: FoundFile, digest: hashlib.blake2b) -> str:
    sidecar = _read_sidecar(file)
    if sidecar is not None:
        # An empty one counts, and so does which of the two has what.
        digest = hashlib.blake2b(digest.digest() + sidecar, digest_size=16)
    return digest.hexdigest()


def _read_sidecar(file: FoundFile) -> bytes | None:
    if not file.sidecar:
        return None
    try:
        with file.sidecar.open("rb") as opened:
            return opened.read(limits.MAX_TEXT_SIZE)
    except OSError as error:
        raise SourceError(file.path, f"has a .json file beside it that can't be read: {explain(error)}") from error


def split_content(file: FoundFile, content: bytes, file_id: str | None = None) -> Iterator[Document | SourceError]:
    """Yield the documents in the bytes of a file, as `split_file` does."""
    return _split(_part(file, io.BufferedReader(io.BytesIO(content)), file_id))


def read_articles(path: str | Path, *, mapping: Mapping[str, str] = NO_MAPPING) -> Iterator[Article]:
    """Yield the clean articles of a file or folder; raises `SourceError` at the first that can't be read."""
    for file in find_files([path]):
        yield from read_file(file, mapping=mapping)
