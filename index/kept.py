"""Articles that were put into an index by themselves, and those that were withdrawn: what no archivist's file says.

    articles/<digest>.json   an article that was put, as a record; the digest is that of its id
    withdrawn                a JSON array: the ids of articles that stay out, whichever files have them

They lie beside the builds of an index, so that a rebuild reads them as every run does. The writer of an index changes
them: a change is staged, which takes what room it needs on the disk, and is valid with the writer's commit.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from index.codec.contents import sync_folder
from index.errors import DatelineError

_SUFFIX = ".json"
_UNFINISHED = "article.new"


class Kept:
    """What is kept in the folder of an index, as it was when this was made, and one change of it that is staged."""

    def __init__(self, folder: Path) -> None:
        self._base = folder.resolve()
        self.folder = self._base / "articles"
        self._list = self._base / "withdrawn"
        self._names = frozenset(self._read_names())
        listed = self._read_list()
        # What was put since is there.
        self.withdrawn = frozenset(one for one in listed if _name_of(one) not in self._names)
        self._staged: list[tuple[Path, Path]] = []
        self._removed: Path | None = None

    def _read_names(self) -> Iterator[str]:
        with suppress(FileNotFoundError), os.scandir(self.folder) as entries:
            yield from (entry.name for entry in entries if entry.name.endswith(_SUFFIX))

    def _read_list(self) -> list[str]:
        try:
            listed = json.loads(self._list.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DatelineError(f"{self._list} can't be read: {error.strerror}") from error
        except ValueError:
            listed = None
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise DatelineError(
                f"{self._list} is damaged: it is to be a JSON array of the ids of withdrawn articles. Mend it; without "
                "the file the next run takes all of them up again."
            )
        return listed

    @property
    def is_empty(self) -> bool:
        """Whether nothing was put and nothing withdrawn."""
        return not self._names and not self.withdrawn

    def holds(self, path: str) -> bool:
        """Say whether a file is one of an article that was put, there or not."""
        return os.path.dirname(path) == str(self.folder)  # noqa: PTH120 -- asked for every file that is known

    def has(self, article_id: str) -> bool:
        """Say whether an article was put."""
        return _name_of(article_id) in self._names

    def place_now(self, path: str) -> str | None:
        """Return where a file of an article that was put is now, if it was elsewhere: the index may have been moved."""
        name = os.path.basename(path)  # noqa: PTH119 -- as above
        return None if name not in self._names or self.holds(path) else str(self.folder / name)

    def path_of(self, article_id: str) -> Path:
        """Return where an article is that was put."""
        return self.folder / _name_of(article_id)

    def stage_put(self, article_id: str, record: bytes) -> Path:
        """Stage that an article is put; returns where its record is until then. Raises `OSError`."""
        self.folder.mkdir(exist_ok=True)
        staged = self._stage(self.path_of(article_id), record)
        if article_id in self.withdrawn:
            self._stage_list(self.withdrawn - {article_id})
        return staged

    def stage_withdrawal(self, article_id: str) -> None:
        """Stage that an article is withdrawn, whether it was put or comes from elsewhere. Raises `OSError`."""
        # What a writer that was killed was about to put may be of this.
        (self._base / _UNFINISHED).unlink(missing_ok=True)
        self._stage_list(self.withdrawn | {article_id})
        if self.has(article_id):
            self._removed = self.path_of(article_id)

    def _stage_list(self, withdrawn: frozenset[str]) -> None:
        self._stage(self._list, json.dumps(sorted(withdrawn), ensure_ascii=False, indent=0).encode())

    def _stage(self, path: Path, content: bytes) -> Path:
        # There is one writer, so that names which are always the same leave nothing behind.
        unfinished = self._base / (_UNFINISHED if path.parent == self.folder else f"{path.name}.new")
        self._staged.append((unfinished, path))
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return unfinished

    def apply(self) -> None:
        """Make what is staged valid: the writer does it with its commit. Raises `OSError`."""
        if not self._staged:
            return
        for unfinished, path in self._staged:
            unfinished.replace(path)
        if self._removed is not None:
            self._removed.unlink(missing_ok=True)
        self._staged = []
        for folder in (self.folder, self._base):
            with suppress(FileNotFoundError):
                sync_folder(folder)

    def discard(self) -> None:
        """Throw away what is staged and not valid."""
        for unfinished, _ in self._staged:
            with suppress(OSError):
                unfinished.unlink()
        self._staged = []


def _name_of(article_id: str) -> str:
    # Ids are longer than names of files may be, and may differ in case alone.
    return hashlib.blake2b(article_id.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest() + _SUFFIX
