"""What a run tells: how far it is while it works, and what it did when it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import NamedTuple


class Done(NamedTuple):
    """How far a run is: in files, in bytes of those that are read, and how many articles came of them."""

    files: int
    all_files: int
    size: int
    all_size: int
    articles: int


Progress = Callable[[Done], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """A file, or a part of one, that could not be indexed, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class JobReport:
    """What a run did, in articles; `failed` is by file or part of one.

    `repeated` came again, word for word, under an id that is there already; `elsewhere` stay from other paths, and
    `withdrawn` stay out, whichever files have them.
    `cleaned_lines` and `cleaned_characters` are what was taken off the pages of text files.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    repeated: int = 0
    elsewhere: int = 0
    withdrawn: int = 0
    failed: list[Failure] = field(default_factory=list)
    files: int = 0
    bytes_read: int = 0
    cleaned_lines: int = 0
    cleaned_characters: int = 0
    seconds: float = 0.0
    articles_per_second: float = 0.0
    generation: int | None = None
    dry_run: bool = False

    @property
    def articles(self) -> int:
        """How many articles are in the index from the paths that were given."""
        return self.added + self.updated + self.unchanged

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return asdict(self)
