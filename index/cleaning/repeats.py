"""What repeats: within an article, captions and pull quotes; among the articles of a source, what is the site's.

Whoever has several pages of a source counts their lines and hands the counter to `clean`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from index.cleaning.paragraphs import split_paragraphs
from index.cleaning.shapes import CHROME, Kind, Shape

# A sentence that stands twice is longer than this; a refrain is shorter.
_MIN_REPEATED = 60
_MIN_SPACES = 5
_AROUND_QUOTES = "\"'“”‘’«»„.,!?… "
# Pull quotes are a sentence or two.
_MAX_PULL_QUOTE = 250
# Every sentence is searched for in all of the article, which takes the square of its length: no books.
_MAX_SEARCHED = 200_000

# Fewer pages tell nothing: two articles quote the same sentence.
_MIN_PAGES = 5
_MIN_SHARE = 0.05
_MIN_COUNT = 3
# Agencies write the background of a story once and put it into each that follows; what a site says below every article
# stands in most of its pages.
_MIN_PROSE_SHARE = 0.5
_MIN_PROSE_COUNT = 5
# A line is remembered by eight bytes; with the dictionary around it that is 100 bytes, 50 MB at most. Chrome is among
# the lines that are seen again soon, so that those seen once can be forgotten when there are too many.
_MAX_LINES = 500_000
# No page's chrome has longer lines, and wire copy that many papers print has.
_MAX_LENGTH = 1_000


class Repeats:
    """A count of the lines of one source's pages."""

    def __init__(self, max_lines: int = _MAX_LINES) -> None:
        self.pages = 0
        self._max_lines = max_lines
        self._counts: dict[bytes, int] = {}

    @property
    def size(self) -> int:
        """How many lines are remembered."""
        return len(self._counts)

    def add(self, text: str) -> None:
        """Count the lines of one page, each once."""
        self.pages += 1
        for line in {line for line in split_paragraphs(text).texts if len(line) <= _MAX_LENGTH}:
            key = _key(line)
            self._counts[key] = self._counts.get(key, 0) + 1
        if len(self._counts) > self._max_lines:
            self._forget()

    @property
    def is_enough(self) -> bool:
        """Whether there were so many pages that they tell something."""
        return self.pages >= _MIN_PAGES

    def is_repeated(self, line: str, *, is_prose: bool = False) -> bool:
        """Say whether a line stands in so many pages that it is the site's."""
        if not self.is_enough or len(line) > _MAX_LENGTH:
            return False
        least = (
            max(_MIN_PROSE_COUNT, _MIN_PROSE_SHARE * self.pages)
            if is_prose
            else max(_MIN_COUNT, _MIN_SHARE * self.pages)
        )
        return self._counts.get(_key(line), 0) >= least

    def _forget(self) -> None:
        least = 1
        while len(self._counts) > self._max_lines // 2:
            self._counts = {key: count for key, count in self._counts.items() if count > least}
            least += 1


def _key(line: str) -> bytes:
    return hashlib.blake2b(line.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def mark_repeated(lines: Sequence[str], shapes: list[Shape], repeats: Repeats) -> list[Shape]:
    """Return the shapes with those of repeated lines replaced; as they are where little else would be left.

    An article that was saved several times repeats all of itself.
    """
    repeated = [
        repeats.is_repeated(line, is_prose=shape.kind is Kind.PROSE) for line, shape in zip(lines, shapes, strict=True)
    ]
    prose = [(shape.gain, is_one) for shape, is_one in zip(shapes, repeated, strict=True) if shape.kind is Kind.PROSE]
    if 2 * sum(gain for gain, is_one in prose if is_one) > sum(gain for gain, _ in prose):
        return shapes
    return [CHROME if is_one else shape for shape, is_one in zip(shapes, repeated, strict=True)]


def drop_repetitions(lines: Sequence[str], kept: Sequence[int]) -> list[int]:
    """Return the places without those of lines that say again what another says: captions twice, pull quotes."""
    first_places: dict[str, int] = {}
    once = [
        place
        for place in kept
        if not _is_sentence(lines[place]) or first_places.setdefault(lines[place], place) == place
    ]
    everything = "\n".join(lines[place] for place in once)
    if len(everything) > _MAX_SEARCHED:
        return once
    return [place for place in once if not _is_pull_quote(lines[place], everything)]


def _is_sentence(line: str) -> bool:
    """Say whether a line is long enough to be told from a refrain, and has the words that encoded files have not."""
    # Its first spaces are found in a tenth of the time that counting all of them takes.
    return len(line) >= _MIN_REPEATED and len(line.split(" ", _MIN_SPACES)) > _MIN_SPACES


def _is_pull_quote(line: str, everything: str) -> bool:
    """Say whether a line stands in a longer one as well, with or without the quotation marks and the full stop."""
    if len(line) > _MAX_PULL_QUOTE or not _is_sentence(line):
        return False
    quoted = line.strip(_AROUND_QUOTES)
    if len(quoted) < _MIN_REPEATED or everything.find(quoted, everything.find(quoted) + 1) < 0:
        return False
    return any(quoted in other and len(other) > len(line) for other in everything.split("\n"))
