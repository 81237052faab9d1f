"""Files into articles: which files of a folder hold some, and what is in them; one module a format."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import regex

from index.article import Article
from index.errors import SourceError
from index.sources import text

# A reader turns the bytes of a file into its articles. The first argument is the id of the file: a reader of files
# with one article each uses it as the article's.
Reader = Callable[[str, bytes], Iterator[Article]]

READERS: dict[str, Reader] = {".txt": text.read}

# More than any article; a file that size is something else, and would have to fit into memory.
MAX_FILE_SIZE = 64 << 20


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that holds articles; `root` is the folder that was given, by which ids do not depend on its place."""

    path: Path
    root: Path
    size: int
    mtime_ns: int

    @property
    def id(self) -> str:
        """An id from the file's name, and from its path below the folder that contains the given one.

        It is the same wherever that folder is moved, and whether the folder or the file was given.
        """
        relative = self.path.relative_to(self.root.parent).as_posix()
        name = regex.sub(r"[^\p{L}\p{N}_-]+", "-", self.path.stem)[:60].strip("-") or "article"
        return f"{name}-{hashlib.blake2b(os.fsencode(relative), digest_size=4).hexdigest()}"


OnError = Callable[[SourceError], None]


def _raise(error: SourceError) -> None:
    raise error


def find_files(paths: Iterable[str | Path], on_error: OnError = _raise) -> Iterator[FoundFile]:
    """Yield the article files at and below the given paths, each once, in order of path.

    Below a folder, hidden files, files of other formats and links that lead out of it are passed over; what can't
    be looked into goes to `on_error`. Raises `SourceError` for a given path that is not there or is no article
    file.
    """
    seen: set[Path] = set()
    for given in paths:
        path = _resolve(given)
        if path.is_dir():
            found = _walk(path, path, on_error)
        elif path.suffix.lower() in READERS:
            found = iter([path])
        else:
            raise SourceError(given, f"is not an article file; Dateline reads {', '.join(READERS)}")
        root = path if path.is_dir() else path.parent
        for file in found:
            if file not in seen:
                seen.add(file)
                status = file.stat()
                yield FoundFile(file, root, status.st_size, status.st_mtime_ns)


def _resolve(given: str | Path) -> Path:
    try:
        return Path(given).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = "there is no such file or folder" if isinstance(error, FileNotFoundError) else str(error)
        raise SourceError(given, reason) from error


def _walk(folder: Path, root: Path, on_error: OnError) -> Iterator[Path]:
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        on_error(SourceError(folder, error.strerror or str(error)))
        return
    for path in inside:
        if path.name.startswith("."):
            continue
        if path.is_symlink() and not (path.is_file() and path.resolve().is_relative_to(root)):
            continue
        if path.is_dir():
            yield from _walk(path, root, on_error)
        elif path.suffix.lower() in READERS and path.is_file():
            yield path


def read_file(file: FoundFile) -> tuple[str, list[Article]]:
    """Return the digest of a file's bytes and the articles in it; raises `SourceError` where that can't be."""
    if file.size > MAX_FILE_SIZE:
        raise SourceError(file.path, f"is larger than {MAX_FILE_SIZE >> 20} MB")
    try:
        content = file.path.read_bytes()
    except OSError as error:
        raise SourceError(file.path, error.strerror or str(error)) from error
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    try:
        return digest, list(READERS[file.path.suffix.lower()](file.id, content))
    except SourceError as error:
        raise SourceError(file.path, error.reason) from error


def read_articles(path: str | Path) -> Iterator[Article]:
    """Yield the clean articles of a file or folder; raises `SourceError` at the first file that can't be read."""
    for file in find_files([path]):
        yield from read_file(file)[1]
