"""Files that hold articles: which of a folder do."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from index.errors import SourceError
from index.sources import formats
from index.sources.fields import make_id

OnError = Callable[[SourceError], None]

# What a folder holds is asked for its kind without a system call, which a path is not.
_Entry = Path | os.DirEntry[str]

_TEXT, _SIDECAR = ".txt", ".json"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that holds articles; `root` is the folder that was given, by which ids do not depend on its place.

    `sidecar` is the file of the same name beside it that says what its article is. `size` and `mtime_ns` are of both.
    `place` is the path as the index knows it: most files have not changed, and nothing else is asked of those.
    """

    place: str
    root: Path
    size: int
    mtime_ns: int
    sidecar: Path | None = None

    @property
    def path(self) -> Path:
        """Return where it is."""
        return Path(self.place)

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
        for entry, has_sidecar in _walk(path, on_error):
            # What several links lead to is one file.
            real_path = os.path.realpath(entry) if entry.is_symlink() else os.fspath(entry)
            if real_path not in seen:
                seen.add(real_path)
                yield _found(entry, root, has_sidecar=has_sidecar)


def look_at(path: str, root: str) -> FoundFile | None:
    """Return a file that was found before, as it is now, or `None` where it is gone; raises `SourceError`."""
    file = Path(path)
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return None
        return _found(file, Path(root), has_sidecar=_has_sidecar(file))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SourceError(path, explain(error)) from error


def _found(file: _Entry, root: Path, *, has_sidecar: bool) -> FoundFile:
    place, status = os.fspath(file), file.stat()
    if has_sidecar:
        sidecar = _sidecar(place)
        try:
            beside = sidecar.stat()
        except OSError:
            pass
        else:
            size, mtime_ns = status.st_size + beside.st_size, max(status.st_mtime_ns, beside.st_mtime_ns)
            return FoundFile(place, root, size, mtime_ns, sidecar)
    return FoundFile(place, root, status.st_size, status.st_mtime_ns)


def _sidecar(place: str) -> Path:
    return Path(place).with_suffix(_SIDECAR)


def _has_sidecar(file: Path) -> bool:
    beside = _sidecar(str(file))
    return file.suffix.lower() == _TEXT and beside.is_file() and not beside.is_symlink()


def resolve(given: str | Path) -> Path:
    """Return a given path as it is written in the index; raises `SourceError` where there is nothing."""
    try:
        path = Path(given).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = "there is no such file or folder" if isinstance(error, FileNotFoundError) else explain(error)
        raise SourceError(given, reason) from error
    _require_utf8(path)
    return path


def _walk(root: Path, on_error: OnError) -> Iterator[tuple[_Entry, bool]]:
    """Yield files that can be looked at, and whether each has a sidecar; one system call for most."""
    # Not by recursion: folders can be nested deeper than Python's stack.
    waiting: list[tuple[_Entry, bool]] = [(root, _has_sidecar(root))]
    while waiting:
        entry, has_sidecar = waiting.pop()
        try:
            if entry.is_symlink() and not _leads_to_more(Path(entry), root):
                continue
            # Asked once: an entry of a folder remembers it.
            mode = entry.stat().st_mode
            if stat.S_ISDIR(mode):
                _require_utf8(entry)
                waiting += _look_into(os.fspath(entry))
            elif stat.S_ISREG(mode) and _is_readable(entry):
                _require_utf8(entry)
                yield entry, has_sidecar
        except SourceError as error:
            on_error(error)
        except OSError as error:
            on_error(SourceError(os.fspath(entry), explain(error)))


def _look_into(folder: str) -> list[tuple[os.DirEntry[str], bool]]:
    """Return what is in a folder, the last first, with whether it has a sidecar; sidecars are none of it."""
    inside = sorted(_list_folder(folder), key=attrgetter("name"), reverse=True)
    names = [os.path.splitext(entry.name) for entry in inside]  # noqa: PTH122 -- a Path for each takes as long as all
    named = list(zip(names, inside, strict=True))
    # Folders may have such names, too.
    texts = {
        stem
        for (stem, suffix), entry in named
        if suffix.lower() == _TEXT and (entry.is_file(follow_symlinks=False) or entry.is_symlink())
    }
    sidecars = {
        stem
        for (stem, suffix), entry in named
        if suffix == _SIDECAR and stem in texts and entry.is_file(follow_symlinks=False)
    }
    return [
        (entry, suffix.lower() == _TEXT and stem in sidecars)
        for (stem, suffix), entry in named
        if suffix != _SIDECAR or stem not in sidecars
    ]


def _is_readable(entry: _Entry) -> bool:
    """Say whether a file is of a format that is read; it is looked into where its name does not tell."""
    # What nearly all files are; the whole question takes twenty times as long.
    if os.path.splitext(entry.name)[1] in formats.ONE_ARTICLE:  # noqa: PTH122 -- as above
        return True
    by_name = formats.is_readable_name(entry.name)
    if by_name is not None or not entry.is_file():
        return bool(by_name)
    try:
        with Path(entry).open("rb") as opened:
            return formats.is_readable_head(entry.name, opened.read(formats.HEAD_SIZE))
    except OSError:
        # It is nobody's article until it can be seen that it is.
        return False


def _list_folder(folder: str) -> list[os.DirEntry[str]]:
    # A folder that can be listed but not entered is told once, and not for each file in it.
    os.stat(f"{folder}/.")  # noqa: PTH116 -- pathlib takes the dot away
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".")]


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


def _require_utf8(path: _Entry) -> None:
    # Python reads the bytes of such a name as lone surrogates, which neither a database nor a report can hold.
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        raise SourceError(os.fspath(path), "its name is not UTF-8; rename it") from None


def explain(error: OSError | RuntimeError) -> str:
    """Return the reason of an error of the system, for people."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
