"""Archives of files, zip and tar, as streams: one member after the other, none of them on the disk.

Nothing is unpacked to where its name says, so that a name cannot lead anywhere; links, and names with `..` in them,
are passed over all the same. Of a zip archive its own list of members is believed and not what stands between them.
"""

from __future__ import annotations

import io
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import IO, cast

from index.errors import PassingError, SourceError, in_brief
from index.sources.limits import MAX_SPOOLED, MAX_TAR_HEADER, MAX_TEXT_SIZE, MAX_ZIP_DIRECTORY, SPOOLED_IN_MEMORY
from index.sources.packing import BUFFER_SIZE, Counted, ShortReads, buffered, kind_of
from index.sources.parts import BinaryStream, Part

_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257

# The record at the end of a zip archive, and the two by which one of more than 4 GB goes beyond it.
_END, _END_MAGIC, _LONGEST_COMMENT = struct.Struct("<4s4H2LH"), b"PK\x05\x06", (1 << 16) - 1
_LOCATOR, _LOCATOR_MAGIC = struct.Struct("<4sLQL"), b"PK\x06\x07"
_END_64 = struct.Struct("<4sQ2H2L4Q")

# bzip2 and LZMA in a zip are unpacked by the library at once, whatever comes of it.
_ZIP_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 1

# What zipfile raises for archives that are made to break it.
_ZIP_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError),
    *(ValueError, OverflowError, KeyError, IndexError),
)
_TAR_DAMAGE = (tarfile.TarError, EOFError, OSError, ValueError, OverflowError, IndexError)


def is_zip(head: bytes) -> bool:
    """Say whether a stream that begins so is a zip archive."""
    return head.startswith(_ZIP_MAGIC)


def is_tar(head: bytes) -> bool:
    """Say whether a stream that begins so is a tar archive."""
    return head[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC)


def is_hidden(name: str) -> bool:
    """Say whether the name of a member is one that is passed over, as in a folder."""
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or any(part.startswith(".") for part in parts)


def _clean_name(name: str) -> str:
    """Return the name of a member as UTF-8 can hold it, below the archive."""
    readable = name.encode("utf-8", "replace").decode().replace("\0", "")
    return PurePosixPath(readable).as_posix().lstrip("/")


def read_zip(part: Part) -> Iterator[Part | SourceError]:
    """Yield the members of a zip archive."""
    with _seekable(part) as stream, _told(part.place, _ZIP_DAMAGE):
        if _directory_size(stream) > MAX_ZIP_DIRECTORY:
            raise SourceError(part.place, "has too many members for a zip archive; pack it as .tar")
        with zipfile.ZipFile(stream) as archive:
            texts = {info.filename[:-4] for info in archive.infolist() if _may_have_sidecar(info.filename)}
            for info in archive.infolist():
                part.budget.count_member()
                name = _clean_name(info.filename)
                if info.is_dir() or is_hidden(name) or _is_sidecar(info.filename, texts):
                    continue
                try:
                    with _told(f"{part.place}!{name}", _ZIP_DAMAGE):
                        sidecar = _read_sidecar(archive, info, part) if _may_have_sidecar(info.filename) else None
                        member = _open_zipped(archive, info, part, name)
                except SourceError as error:
                    yield error
                    continue
                with member:
                    yield part.member(member, name, sidecar)


def _open_zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, part: Part, name: str) -> BinaryStream:
    place = f"{part.place}!{name}"
    if info.flag_bits & _ENCRYPTED:
        raise SourceError(place, "is encrypted")
    if info.compress_type not in _ZIP_METHODS:
        raise SourceError(place, "is packed in a way that is not read; pack it with deflate, as usual")
    packed = Counted(io.BytesIO(), info.compress_size)
    return buffered(packed, cast(zipfile.ZipExtFile, archive.open(info)), place, part.budget)


def _may_have_sidecar(name: str) -> bool:
    return name.lower().endswith(".txt")


def _is_sidecar(name: str, texts: set[str]) -> bool:
    """Say whether a member is beside one of the texts, whose names are without suffix; capitals as in a folder."""
    return name.endswith(".json") and name[:-5] in texts


def _read_sidecar(archive: zipfile.ZipFile, info: zipfile.ZipInfo, part: Part) -> bytes | None:
    name = f"{info.filename[:-4]}.json"
    if name not in archive.NameToInfo:
        return None
    with _open_zipped(archive, archive.getinfo(name), part, _clean_name(name)) as member:
        return member.read(MAX_TEXT_SIZE)


def _directory_size(stream: IO[bytes]) -> int:
    """Return the size of a zip archive's list of members, as its end tells."""
    size = stream.seek(0, io.SEEK_END)
    start = stream.seek(max(0, size - _END.size - _LONGEST_COMMENT - _LOCATOR.size))
    tail = stream.read()
    stream.seek(0)
    at = tail.rfind(_END_MAGIC)
    if at < 0 or len(tail) < at + _END.size:
        raise SourceError("", "is cut off")
    directory_size = int(_END.unpack_from(tail, at)[5])
    if at >= _LOCATOR.size and tail[at - _LOCATOR.size :].startswith(_LOCATOR_MAGIC):
        # The first size may say anything where there is a second one.
        stream.seek(start + at - _LOCATOR.size - _END_64.size)
        end = stream.read(_END_64.size)
        stream.seek(0)
        if len(end) == _END_64.size:
            directory_size = max(directory_size if directory_size != 0xFFFFFFFF else 0, _END_64.unpack(end)[8])
    return directory_size


@contextmanager
def _seekable(part: Part) -> Iterator[IO[bytes]]:
    """Give a zip archive as a file to seek in: a copy where it is itself in an archive."""
    if part.stream.seekable():
        yield part.stream
        return
    copy = tempfile.SpooledTemporaryFile(max_size=SPOOLED_IN_MEMORY, dir=part.scratch)  # noqa: SIM115 -- see below
    try:
        _copy(part, copy)
        yield copy
    finally:
        # Where there was no room there is none for what is left to be written either.
        with suppress(OSError):
            copy.close()


def _copy(part: Part, copy: IO[bytes]) -> None:
    left = MAX_SPOOLED
    while content := part.stream.read(BUFFER_SIZE):
        left -= len(content)
        if left < 0:
            reason = f"is a zip archive of more than {MAX_SPOOLED >> 30} GB within another archive; unpack that one"
            raise SourceError(part.place, reason)
        try:
            copy.write(content)
        except OSError as error:
            folder = part.scratch or tempfile.gettempdir()
            reason = f"is a zip archive within another, and {folder} can't take a copy of it: {in_brief(error)}"
            raise PassingError(part.place, reason) from error
    copy.seek(0)


class _Member(tarfile.TarInfo):
    """A header of a tar archive, neither believed to be gigabytes long nor taken for the end where it is damaged."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Member:
        try:
            return super().frombuf(buf, encoding, errors)
        except (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError) as error:  # type: ignore[attr-defined]
            raise SourceError("", "is damaged or cut off") from error

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if not (self.isreg() or self.isdir() or self.issym() or self.islnk()) and self.size > MAX_TAR_HEADER:
            raise SourceError("", "has a header that is too large")
        member: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]
        return member


def read_tar(part: Part) -> Iterator[Part | SourceError]:
    """Yield the members of a tar archive, which is read from its start to its end.

    Texts and JSON wait for the member after them: of two that stand side by side, one may be the side-car of the other.
    """
    waiting: tuple[str, bytes] | None = None
    members = _read_members(part)
    while True:
        try:
            name, size, stream = next(members, ("", 0, None))
            is_held = size <= MAX_TEXT_SIZE and name.lower().endswith((".txt", ".json"))
            content = stream.read() if stream and is_held else None
        except SourceError:
            if waiting:
                yield _in_memory(part, *waiting)
            raise
        if waiting:
            pair = _pair(waiting, (name, content)) if content is not None else None
            yield _in_memory(part, *(pair or waiting))
            waiting = None
            if pair:
                continue
        if stream is None:
            return
        if content is None:
            yield part.member(stream, name)
        else:
            waiting = name, content


def _read_members(part: Part) -> Iterator[tuple[str, int, BinaryStream]]:
    with (
        _told(part.place, _TAR_DAMAGE),
        tarfile.open(fileobj=ShortReads(part.stream), mode="r|", tarinfo=_Member, encoding="utf-8") as archive,
    ):
        while (info := archive.next()) is not None:
            # It would remember every member.
            archive.members = []  # type: ignore[attr-defined]
            part.budget.count_member()
            name = _clean_name(info.name)
            member = archive.extractfile(info) if info.isreg() and not is_hidden(name) else None
            if isinstance(member, io.BufferedReader):
                with io.BufferedReader(_Told(member, part.place), BUFFER_SIZE) as stream:
                    yield name, info.size, stream


def _pair(one: tuple[str, bytes], other: tuple[str, bytes]) -> tuple[str, bytes, bytes] | None:
    """Return the name of a text, the text and its side-car, if two members are that."""
    for (name, content), (beside, record) in ((one, other), (other, one)):
        if _may_have_sidecar(name) and _is_sidecar(beside, {name[:-4]}):
            return name, content, record
    return None


def _in_memory(part: Part, name: str, content: bytes, sidecar: bytes | None = None) -> Part:
    return part.member(io.BufferedReader(io.BytesIO(content)), name, sidecar)


class _Told(io.RawIOBase):
    """A member of a tar archive; damage within is the archive's, since nothing after it can be found."""

    def __init__(self, member: BinaryStream, place: str) -> None:
        self._member = member
        self._place = place

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # typeshed's has no name
        with _told(self._place, _TAR_DAMAGE):
            content = self._member.read1(len(buffer))
        buffer[: len(content)] = content
        return len(content)


@contextmanager
def _told(place: str, damage: tuple[type[Exception], ...]) -> Iterator[None]:
    """Tell the damage of an archive in our words, with its place."""
    try:
        yield
    except SourceError as error:
        if error.path:
            raise
        raise SourceError(place, error.reason) from error
    except damage as error:
        cut_off = isinstance(error, EOFError) or "unexpected end" in str(error)
        raise kind_of(error)(place, "is cut off" if cut_off else f"is damaged: {in_brief(error)}") from error
