"""An index as it is on the disk, for the doctor: what is sound of it, and what is wrong with the rest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from index.codec.commit import Opened, check_segments, open_each
from index.codec.contents import Contents, leftovers, read_contents
from index.engines.local.folder import IndexFolder, told_as_damage
from index.engines.local.stories import check_stories, leftover_stories
from index.engines.local.writer import digests_of
from index.errors import IndexCorruptError
from index.index_writer import Holdings
from index.ledger import Ledger

# A writer commits the index and its ledger one right after the other; for so long, in seconds, what does not fit is
# looked at again.
_ATTEMPTS = 20
_PAUSE = 0.05


class _Seen(NamedTuple):
    build: Path
    contents: Contents
    segments: list[Opened]
    ledger: Ledger

    @property
    def is_torn(self) -> bool:
        return self.ledger.generation != self.contents.generation


class LocalExamination(Holdings):
    """What the index in a folder holds; nothing is changed, and a writer can be at work meanwhile.

    Raises the `IndexUnavailableError` that fits where there is nothing to compare: no table of contents, no ledger.
    """

    def __init__(self, path: str) -> None:
        self._folder = IndexFolder(path)
        seen = self._look()
        self.ledger, self.is_torn = seen.ledger, seen.is_torn
        try:
            self.ledger.check()
            self._sound, damage = check_segments(seen.segments)
            self.damage = damage + check_stories(seen.build, seen.contents.generation, seen.contents.num_docs)
            self.leftovers = [] if self._folder.is_being_written else self._find_leftovers(seen)
        except BaseException:
            self.ledger.close()
            raise

    def _look(self) -> _Seen:
        """Open the segments, and copy the ledger: both of the same commit, if there is one that has both."""
        attempts = 0
        while True:
            attempts += 1
            state = self._folder.state()
            build = self._folder.build_path(self._folder.read_current())
            try:
                seen = self._open(build)
            except IndexCorruptError:
                # A rebuild deletes what it replaces, at this moment perhaps.
                if self._folder.state() == state or attempts == _ATTEMPTS:
                    raise
                continue
            is_whole = not any(isinstance(file, str) for _, file in seen.segments)
            is_settled = not self._folder.is_being_written and self._folder.state() == state
            if (is_whole and not seen.is_torn) or is_settled or attempts == _ATTEMPTS:
                return seen
            seen.ledger.close()
            time.sleep(_PAUSE)

    def _open(self, build: Path) -> _Seen:
        with told_as_damage(build):
            contents = read_contents(build)
            segments = open_each(build, contents)
        return _Seen(build, contents, segments, Ledger.rehearse(self._folder.ledger_path(build)))

    def _find_leftovers(self, seen: _Seen) -> list[str]:
        beside = self._folder.leftovers(keep=seen.build.name)
        inside = leftovers(seen.build, seen.contents) + leftover_stories(seen.build, seen.contents.generation)
        return [str(path) for path in sorted(beside + inside)]

    def articles(self) -> Iterator[tuple[str, str]]:
        """Yield id and digest of all articles that are committed and were not deleted, in no order."""
        return digests_of(self._sound)

    def num_articles(self) -> int:
        """Return how many there are."""
        return sum(opened.num_live for opened in self._sound)
