"""The folder of an index: which build in it is the live one, how it is replaced, and who may write.

    CURRENT        names the live build: JSON, replaced by one atomic rename
    lock           held by the writer; says who that is
    articles/, withdrawn  what was put by itself, and what was withdrawn (`index/kept.py`)
    build-0003/    a Whoosh index; `sources.sqlite`: the files that it was made from; `stories-<generation>`: which
                   articles are near-duplicates

A rebuild writes a new build beside the live one and then renames a new CURRENT into place. An incremental run
commits within the live build, which is one atomic rename too, of Whoosh's table of contents. So a reader sees
the old index whole or the new one whole, and a killed writer leaves nothing but files that the next one deletes.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path

import regex

from index.codec.contents import latest_generation, path_of, replace_file, sync_folder
from index.errors import (
    DatelineError,
    IndexCorruptError,
    IndexLockedError,
    IndexMissingError,
    IndexUnavailableError,
    IndexVersionError,
)
from index.schema import SCHEMA_VERSION

# Rises with that of what is below it: the ledger, the table of contents, the segments.
FORMAT = 2
# Whoever only asks whether the lock is held has it for a moment.
_LOCK_ATTEMPTS = 3
_LOCK_PAUSE = 0.05
_BUILD_NAME = regex.compile(r"build-(\d{4,})")


@dataclass(frozen=True, slots=True)
class Current:
    """What CURRENT says: the name of the live build, and the generation that the build before it ended with."""

    build: str
    base_generation: int
    format: int = FORMAT
    schema_version: int = SCHEMA_VERSION

    @property
    def checksum(self) -> int:
        """Return the CRC of what a flipped bit must not change unseen."""
        return zlib.crc32(f"{self.build} {self.base_generation}".encode())


class IndexFolder:
    """The paths in an index's folder, and the steps that change which build is live."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._current_path = self.path / "CURRENT"
        self._unfinished_current = self.path / "CURRENT.new"
        # What told CURRENT from those before when it was read last, and the build that it named: to read it takes four
        # times as long as all else that `state` does, and each request asks for that.
        self._live: tuple[tuple[int, ...], str] = ((), "")

    def read_current(self) -> Current:
        """Return what CURRENT says; raises the `IndexUnavailableError` that fits."""
        try:
            written = self._current_path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            raise IndexMissingError(
                f"There is no index at {self.path}. Make one with: reindex FOLDER --index {self.path}"
            ) from None
        except OSError as error:
            raise IndexUnavailableError(f"{self._current_path} can't be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise self._damaged_current() from error
        return self._parse_current(written)

    def _parse_current(self, written: str) -> Current:
        try:
            fields = json.loads(written)
            version = (fields["format"], fields["schema_version"])
            is_newer, is_older = version > (FORMAT, SCHEMA_VERSION), version < (FORMAT, SCHEMA_VERSION)
        except (ValueError, TypeError, KeyError) as error:
            raise self._damaged_current() from error
        if is_newer:
            raise IndexVersionError(
                f"The index at {self.path} was made by a newer Dateline; use that one, or make it anew with: "
                f"{self.rebuild_command}"
            )
        if is_older:
            raise IndexVersionError(
                f"The index at {self.path} was made by an older Dateline; make it anew with: {self.rebuild_command}"
            )
        build, base_generation = fields.get("build"), fields.get("base_generation")
        if not (isinstance(build, str) and _BUILD_NAME.fullmatch(build) and isinstance(base_generation, int)):
            raise self._damaged_current()
        current = Current(build, base_generation)
        if fields.get("checksum") != current.checksum:
            raise self._damaged_current()
        return current

    @property
    def rebuild_command(self) -> str:
        """Return what to type to make the index anew."""
        return f"reindex FOLDER --rebuild --index {self.path}"

    def _damaged_current(self) -> IndexCorruptError:
        return IndexCorruptError(f"{self._current_path} is damaged. Make the index anew with: {self.rebuild_command}")

    def build_path(self, current: Current) -> Path:
        """Return the folder of the live build."""
        return self.path / current.build

    def ledger_path(self, build: Path) -> Path:
        """Return the file in a build that remembers the files it was made from."""
        return build / "sources.sqlite"

    def state(self) -> tuple[int, ...]:
        """Return numbers that differ after every commit; they cost two system calls.

        They can differ where nothing was committed, since a writer makes files in the build: look at the
        generation then.
        """
        try:
            written = os.stat(self._current_path)  # noqa: PTH116  # half of the time of a path's
            current = written.st_ino, written.st_mtime_ns, written.st_size
            named, path = self._live
            if named != current:
                path = str(self.build_path(self.read_current()))
                self._live = current, path
            build = os.stat(path)  # noqa: PTH116
        except OSError:  # `read_current` has the words for it
            return ()
        return (*current, build.st_ino, build.st_mtime_ns)

    def generation(self, current: Current) -> int:
        """Return the number of commits that led to what is live; raises `IndexCorruptError`."""
        build = self.build_path(current)
        with told_as_damage(build):
            return current.base_generation + latest_generation(build)

    def committed_at(self, build: Path, commits: int) -> dt.datetime:
        """Return when a build got the last of its commits; raises `OSError` where another followed."""
        return dt.datetime.fromtimestamp(path_of(build, commits).stat().st_mtime, tz=dt.UTC)

    def new_build(self) -> Path:
        """Make the folder of a new build."""
        numbers = [int(match[1]) for path in self._builds() if (match := _BUILD_NAME.fullmatch(path.name))]
        build = self.path / f"build-{max(numbers, default=0) + 1:04}"
        build.mkdir()
        return build

    def make_live(self, build: Path, base_generation: int) -> None:
        """Put a finished build, whose files are on the disk, in the place of the live one."""
        sync_folder(build)
        current = Current(build.name, base_generation)
        written = json.dumps(asdict(current) | {"checksum": current.checksum})
        replace_file(self._current_path, written.encode())

    def is_live(self, build: Path) -> bool:
        """Say whether CURRENT names a build."""
        try:
            return self.read_current().build == build.name
        except IndexUnavailableError:
            return False

    def leftovers(self, keep: str | None) -> list[Path]:
        """Return the builds but one, and what else killed writers left beside them, while there is no writer."""
        unfinished = [self._unfinished_current] if self._unfinished_current.exists() else []
        return sorted([*(path for path in self._builds() if path.name != keep), *unfinished])

    def delete_leftovers(self, keep: str | None) -> None:
        """Delete every build but one: replaced ones, and those of writers that were killed.

        A reader that has a deleted build open goes on with it: its files live until they are closed.
        """
        for path in self.leftovers(keep):
            # What stays is tried again by the next writer.
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()

    def _builds(self) -> list[Path]:
        return [path for path in self.path.iterdir() if _BUILD_NAME.fullmatch(path.name)]

    def lock(self) -> FileIO:
        """Take the writer's lock, which is let go when the file is closed or its holder dies.

        Raises `IndexLockedError` with the process id of the holder, `DatelineError` where the folder can't be
        made or written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            file = (self.path / "lock").open("a+b", buffering=0)
        except FileExistsError as error:
            raise DatelineError(f"{self.path} is a file; an index is a folder. Name another place.") from error
        except OSError as error:
            raise DatelineError(f"The index at {self.path} can't be written: {error.strerror}") from error
        try:
            is_ours = _lock(file, fcntl.LOCK_EX)
        except OSError as error:
            file.close()
            reason = f"{error.strerror}. Put it on a disk that has locks, as those of a network may not"
            raise DatelineError(f"The index at {self.path} can't be locked: {reason}.") from error
        if not is_ours:
            file.seek(0)
            holder = (file.read() or b"").decode(errors="replace").strip() or "unknown"
            file.close()
            raise IndexLockedError(
                f"Another reindex (process {holder}) is writing to {self.path}. Wait until it has finished."
            )
        # Where the disk is full it is held by somebody whose name is not known.
        with suppress(OSError):
            file.truncate(0)
            file.write(str(os.getpid()).encode())
        return file

    @property
    def is_being_written(self) -> bool:
        """Whether a writer is at work."""
        try:
            with (self.path / "lock").open("rb", buffering=0) as file:
                return not _lock(file, fcntl.LOCK_SH)
        except OSError:
            return False


def _lock(file: FileIO, kind: int) -> bool:
    for attempt in range(_LOCK_ATTEMPTS):
        if attempt:
            time.sleep(_LOCK_PAUSE)
        with suppress(BlockingIOError):
            fcntl.flock(file, kind | fcntl.LOCK_NB)
            return True
    return False


@contextmanager
def told_as_damage(build: Path) -> Iterator[None]:
    """Turn whatever opening a build raises into `IndexCorruptError`."""
    try:
        yield
    except IndexUnavailableError:
        raise
    except Exception as error:
        raise IndexCorruptError(
            f"The index in {build} can't be opened ({str(error) or type(error).__name__}). "
            f"Make it anew with: {IndexFolder(build.parent).rebuild_command}"
        ) from error
