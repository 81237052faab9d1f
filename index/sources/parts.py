"""What is passed between the layers of a file: parts, which are streams, and the documents that are found in them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Literal, TypeAlias, cast

from index.sources.fields import make_id
from index.sources.limits import Budget
from index.sources.packing import BUFFER_SIZE

# Any stream of bytes that can be looked at without reading it.
BinaryStream: TypeAlias = "io.BufferedReader[Any]"

# What a document's content is to be read as.
Form = Literal["text", "html", "json", "lines", "record"]


@dataclass(frozen=True, slots=True)
class Part:
    """A stream that holds articles: a file, what it unpacks to, or a member of an archive.

    `name` is what its format is told by, `place` what people are told ("a.zip!b/c.html"), `path` what ids are made of:
    the file below the parent of the given folder, and the member in it. `file_id` is the id of the article if there
    is but one. `scratch` is a folder for copies; that of temporary files may be a part of the memory.
    """

    stream: BinaryStream
    name: str
    place: str
    path: str
    file_id: str | None
    budget: Budget
    is_member: bool = False
    layers: int = 0
    sidecar: bytes | None = None
    folder: str | None = None
    scratch: str | None = None

    def head(self) -> bytes:
        """Return the first bytes, which are still to be read; raises `SourceError` where there is damage."""
        return self.stream.peek(BUFFER_SIZE)[:BUFFER_SIZE]

    def unpacked(self, stream: BinaryStream, suffix: str) -> Part:
        """Return this part without its compression; its name loses the suffix, if it had it."""
        return replace(
            self,
            stream=stream,
            layers=self.layers + 1,
            name=self.name.removesuffix(suffix).removesuffix(suffix.upper()),
        )

    def member(self, stream: BinaryStream, name: str, sidecar: bytes | None = None) -> Part:
        """Return a member of this archive."""
        return replace(
            self,
            stream=stream,
            name=PurePosixPath(name).name,
            place=f"{self.place}!{name}",
            path=f"{self.path}!{name}",
            file_id=make_id(PurePosixPath(name).stem, f"{self.path}!{name}"),
            is_member=True,
            folder=None,
            layers=self.layers + 1,
            sidecar=sidecar,
        )


@dataclass(frozen=True, slots=True)
class Document:
    """What is to become articles, cut out of its file and not looked at yet: mostly one article.

    Making it takes next to no time, and making articles of it (`documents.py`) all of it. It holds plain values alone,
    so that it can be sent to another process. `hints` is what is known of it from elsewhere, as fields of a record.
    `folder` is where it lies among others of its kind. Of lines, each with a record, there are many in one document:
    `first_line` is the number of the first.
    """

    form: Form
    content: bytes | Mapping[str, object]
    place: str
    path: str
    file_id: str | None = None
    hints: Mapping[str, object] = field(default_factory=dict)
    charset: str | None = None
    sidecar: bytes | None = None
    folder: str | None = None
    first_line: int = 1

    @property
    def is_divisible(self) -> bool:
        """Whether it is many documents in one."""
        return self.form == "lines"

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        size, waiting = 0, [cast(object, self.content)]
        while waiting:
            value = waiting.pop()
            if isinstance(value, (str, bytes)):
                size += len(value)
            elif isinstance(value, Mapping):
                waiting += value.values()
            elif isinstance(value, (list, tuple)):
                waiting += value
        return size
