"""Files that hold articles: which of a folder do."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index.errors import SourceError
from index.sources import formats
from index.sources.fields import make_id

OnError = Callable[[SourceError], None]


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that holds articles; `root` is the folder that was given, by which ids do not depend on its place.

    `sidecar` is the file of the same name beside it that says what its article is. `size` and `mtime_ns` are of both.
    """

    path: Path
    root: Path
    size: int
    mtime_ns: int
    sidecar: Path | None = None

    @property
    def relative_path(self) -> str:
        """The path below the folder that contains the given one.

        It is the same wherever that folder is moved, and whether the folder or the file was given.
        """
        return self.path.relative_to(self.root.parent).as_posix()

    @property
    def id(self) -> str:
        """An id for the one article of a file, from its name and its relative path."""
        return make_id(self.path.stem, self.relative_path)

    @property
    def holds_many(self) -> bool:
        """Whether there may be any number of articles in it, by its name."""
        return self.path.suffix.lower() not in formats.ONE_ARTICLE


def raise_error(error: SourceError) -> None:
    """Take an error by raising it."""
    raise error


def find_files(paths: Iterable[str | Path], on_error: OnError = raise_error) -> Iterator[FoundFile]:
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
        elif _is_readable(path):
            root = path.parent
        else:
            raise SourceError(given, f"is not an article file; Dateline reads {formats.describe_formats()}")
        for file, status in _walk(path, on_error):
            # What several links lead to is one file.
            real_path = os.path.realpath(file) if file.is_symlink() else str(file)
            if real_path not in seen:
                seen.add(real_path)
                yield _found(file, root, status)


def _found(file: Path, root: Path, status: os.stat_result) -> FoundFile:
    sidecar = _sidecar(file)
    if sidecar:
        try:
            beside = sidecar.stat()
        except OSError:
            sidecar = None
        else:
            size, mtime_ns = status.st_size + beside.st_size, max(status.st_mtime_ns, beside.st_mtime_ns)
            return FoundFile(file, root, size, mtime_ns, sidecar)
    return FoundFile(file, root, status.st_size, status.st_mtime_ns)


def _sidecar(file: Path) -> Path | None:
    if file.suffix.lower() != ".txt":
        return None
    beside = file.with_suffix(".json")
    return beside if beside.is_file() and not beside.is_symlink() else None


def resolve(given: str | Path) -> Path:
    """Return a given path as it is written in the index; raises `SourceError` where there is nothing."""
    try:
        path = Path(given).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = "there is no such file or folder" if isinstance(error, FileNotFoundError) else explain(error)
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
                inside = _list_folder(path)
                texts = {file.stem for file in inside if file.suffix.lower() == ".txt"}
                files = (file for file in inside if file.suffix != ".json" or file.stem not in texts)
                waiting += sorted(files, reverse=True)
            elif stat.S_ISREG(status.st_mode) and _is_readable(path):
                _require_utf8(path)
                yield path, status
        except SourceError as error:
            on_error(error)
        except OSError as error:
            on_error(SourceError(path, explain(error)))


def _is_readable(path: Path) -> bool:
    """Say whether a file is of a format that is read; it is looked into where its name does not tell."""
    by_name = formats.is_readable_name(path.name)
    if by_name is not None or not path.is_file():
        return bool(by_name)
    try:
        with path.open("rb") as opened:
            return formats.is_readable_head(path.name, opened.read(formats.HEAD_SIZE))
    except OSError:
        # It is nobody's article until it can be seen that it is.
        return False


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
    return not _is_readable(target) or any(part.startswith(".") for part in inside.parts)


def _require_utf8(path: Path) -> None:
    # Python reads the bytes of such a name as lone surrogates, which neither a database nor a report can hold.
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise SourceError(path, "its name is not UTF-8; rename it") from None


def explain(error: OSError | RuntimeError) -> str:
    """Return the reason of an error of the system, for people."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
