"""What an indexing job has to do: the files that were found compared with those that the index was made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from index.errors import SourceError
from index.ledger import SourceFile
from index.sources import FoundFile


@dataclass(frozen=True, slots=True)
class Plan:
    """Files to read with what is known of them, unchanged ones, those that are gone, and articles elsewhere."""

    to_read: list[tuple[FoundFile, SourceFile | None]]
    unchanged: list[tuple[FoundFile, SourceFile]]
    vanished: list[SourceFile]
    elsewhere: int


def make_plan(
    roots: Iterable[str], found: list[FoundFile], unseen: Iterable[str], known: Mapping[str, SourceFile], mapping: str
) -> Plan:
    """Compare what was found below the roots with what is known; what is at or below `unseen` could not be looked at.

    A file of which other fields are to be taken than before is read again. Raises `SourceError` for a root of which
    everything has gone.
    """
    to_read: list[tuple[FoundFile, SourceFile | None]] = []
    unchanged: list[tuple[FoundFile, SourceFile]] = []
    for file in found:
        before = known.get(file.place)
        if before and (before.size, before.mtime_ns, before.mapping) == (file.size, file.mtime_ns, mapping):
            unchanged.append((file, before))
        else:
            to_read.append((file, before))
    given, hidden = set(roots), set(unseen)
    present = {file.place for file in found}
    vanished: list[SourceFile] = []
    elsewhere = 0
    for path, before in known.items():
        if path in present:
            continue
        if not any(_above(path, given)):
            elsewhere += before.num_articles
        elif not any(_above(path, hidden)):
            vanished.append(before)
    _require_something_left(given, present, vanished)
    return Plan(to_read, unchanged, vanished, elsewhere)


def _require_something_left(given: set[str], present: set[str], vanished: list[SourceFile]) -> None:
    # An unmounted disk is an empty folder too, and others may be given beside it.
    gone = Counter(root for file in vanished for root in _above(file.path, given))
    left = {root for path in present for root in _above(path, given)} if gone else set()
    for root, number in gone.items():
        if root not in left:
            raise SourceError(
                root,
                f"holds no article, but the index has {number:,} {'file' if number == 1 else 'files'} from there. If "
                "that is as it should be, make the index anew with --rebuild",
            )


def _above(path: str, folders: set[str]) -> Iterator[str]:
    """Yield those of `folders` that a path is or is below; a look-up a level, however many they are."""
    while path:
        if path in folders:
            yield path
        path = path.rpartition("/")[0]
    if "/" in folders:
        yield "/"
