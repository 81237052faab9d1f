"""Files into articles: which files of a folder hold some, and what is in them; one module a format."""

from __future__ import annotations

import hashlib
import os
import stat
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

# More than any article: War and Peace has 3 MB. A file beyond that is something else, and several have to fit into
# memory at a time.
MAX_FILE_SIZE = 8 << 20


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
        # Six bytes: among a million files of one name, two get the same once in five hundred archives.
        return f"{name}-{hashlib.blake2b(relative.encode(), digest_size=6).hexdigest()}"


OnError = Callable[[SourceError], None]


def _raise(error: SourceError) -> None:
    raise error


def find_files(paths: Iterable[str | Path], on_error: OnError = _raise) -> Iterator[FoundFile]:
    """Yield the article files at and below the given paths, each once, in order of path.

    Below a folder, hidden files, files of other formats and links that lead out of it are passed over; what can't
    be looked into, a file or a folder with all that is below it, goes to `on_error`. Raises `SourceError` for a given
    path that is not there or is no article file.
    """
    seen: set[str] = set()
    for given in paths:
        path = resolve(given)
        if path.is_dir():
            root = path
        elif path.suffix.lower() in READERS:
            root = path.parent
        else:
            raise SourceError(given, f"is not an article file; Dateline reads {', '.join(READERS)}")
        for file, status in _walk(path, on_error):
            # What several links lead to is one file.
            real_path = os.path.realpath(file) if file.is_symlink() else str(file)
            if real_path not in seen:
                seen.add(real_path)
                yield FoundFile(file, root, status.st_size, status.st_mtime_ns)


def resolve(given: str | Path) -> Path:
    """Return a given path as it is written in the index; raises `SourceError` where there is nothing."""
    try:
        path = Path(given).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = "there is no such file or folder" if isinstance(error, FileNotFoundError) else _reason(error)
        raise SourceError(given, reason) from error
    _require_utf8(path)
    return path


def _walk(root: Path, on_error: OnError) -> Iterator[tuple[Path, os.stat_result]]:
    # Not by recursion: folders can be nested deeper than Python's stack.
    waiting = [root]
    while waiting:
        path = waiting.pop()
        try:
            if path.is_symlink() and not _leads_to_more(path, root):
                continue
            status = path.stat()
            if stat.S_ISDIR(status.st_mode):
                _require_utf8(path)
                waiting += sorted(_list_folder(path), reverse=True)
            elif stat.S_ISREG(status.st_mode) and path.suffix.lower() in READERS:
                _require_utf8(path)
                yield path, status
        except SourceError as error:
            on_error(error)
        except OSError as error:
            on_error(SourceError(path, _reason(error)))


def _list_folder(folder: Path) -> list[Path]:
    # A folder that can be listed but not entered is told once, and not for each file in it.
    os.stat(f"{folder}/.")  # noqa: PTH116 -- pathlib takes the dot away
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def _leads_to_more(link: Path, root: Path) -> bool:
    """Say whether a link leads to a file in the folder that is not found without it."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):  # It leads nowhere, or in a circle.
        return False
    if not (target.is_relative_to(root) and target.is_file()):
        return False
    inside = target.relative_to(root)
    return target.suffix.lower() not in READERS or any(part.startswith(".") for part in inside.parts)


def _require_utf8(path: Path) -> None:
    # Python reads the bytes of such a name as lone surrogates, which neither a database nor a report can hold.
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise SourceError(path, "its name is not UTF-8; rename it") from None


def _reason(error: OSError | RuntimeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def read_content(file: FoundFile) -> tuple[bytes, str]:
    """Return the bytes of a file and their digest; raises `SourceError` where it can't be read or is too large."""
    content = b""
    if file.size <= MAX_FILE_SIZE:
        try:
            with file.path.open("rb") as opened:
                # It may have grown since it was found.
                content = opened.read(MAX_FILE_SIZE + 1)
        except OSError as error:
            raise SourceError(file.path, _reason(error)) from error
    if max(file.size, len(content)) > MAX_FILE_SIZE:
        raise SourceError(file.path, f"is larger than {MAX_FILE_SIZE >> 20} MB")
    return content, hashlib.blake2b(content, digest_size=16).hexdigest()


def parse_content(file: FoundFile, content: bytes, file_id: str | None = None) -> list[Article]:
    """Return the articles in the bytes of a file; `file_id` stands in for its own id. Raises `SourceError`."""
    try:
        return list(READERS[file.path.suffix.lower()](file_id or file.id, content))
    except SourceError as error:
        raise SourceError(file.path, error.reason) from error


def read_articles(path: str | Path) -> Iterator[Article]:
    """Yield the clean articles of a file or folder; raises `SourceError` at the first file that can't be read."""
    for file in find_files([path]):
        yield from parse_content(file, read_content(file)[0])
