"""What repeats: the lines that stand in many articles of one source are the site's, not the articles'.

The job counts the pages of a source in a first pass, or as it goes, and hands the counter to `clean`.
"""

from __future__ import annotations

import hashlib

from index.cleaning.paragraphs import split_paragraphs

# Fewer pages tell nothing: two articles quote the same sentence.
_MIN_PAGES = 5
_MIN_SHARE = 0.05
_MIN_COUNT = 3
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

    def add(self, text: str) -> None:
        """Count the lines of one page, each once."""
        self.pages += 1
        for line in {paragraph.text for paragraph in split_paragraphs(text) if len(paragraph.text) <= _MAX_LENGTH}:
            key = _key(line)
            self._counts[key] = self._counts.get(key, 0) + 1
        if len(self._counts) > self._max_lines:
            self._forget()

    def is_repeated(self, line: str) -> bool:
        """Say whether a line stands in so many pages that it is the site's."""
        if self.pages < _MIN_PAGES or len(line) > _MAX_LENGTH:
            return False
        return self._counts.get(_key(line), 0) >= max(_MIN_COUNT, _MIN_SHARE * self.pages)

    def _forget(self) -> None:
        least = 1
        while len(self._counts) > self._max_lines // 2:
            self._counts = {key: count for key, count in self._counts.items() if count > least}
            least += 1


def _key(line: str) -> bytes:
    return hashlib.blake2b(line.encode("utf-8", "surrogatepass"), digest_size=8).digest()
