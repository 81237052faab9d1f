"""How much is read of one file: what a bomb, a few kilobytes that unpack to terabytes, must not get past."""

from __future__ import annotations

from index.errors import SourceError

# More than any article: War and Peace has 3 MB. A text beyond that is something else, and several have to fit into
# memory at a time.
MAX_TEXT_SIZE = 8 << 20

# News packs to a third or a sixth of its size, pages of one template to a fiftieth, and zeros to a thousandth.
MAX_RATIO = 250
# What may be unpacked whatever the ratio: a page of blanks is no bomb, and this much takes a tenth of a second.
FREE_SIZE = 16 << 20
# Of all members together, so that one that is a bomb does not end an archive in which nothing else is.
FREE_SIZE_IN_ALL = 64 << 20

# Compressions and archives in one another: page.html.gz in day.zip in year.tar.gz is four. A file that holds itself has
# no end to them.
MAX_LAYERS = 4

# In one file. A month of Common Crawl's news, which comes in hundreds of files, has 20 million pages.
MAX_MEMBERS = 5_000_000

# The list of members at the end of a zip archive is read into memory whole, which makes fifteen times of it; this
# much names about 300,000 articles.
MAX_ZIP_DIRECTORY = 32 << 20
# An archive in an archive is copied to the disk of the index if it is a zip, since that is read from its end.
MAX_SPOOLED = 2 << 30
SPOOLED_IN_MEMORY = 8 << 20

# A member's name, or any other header of a tar archive, which is read into memory whole.
MAX_TAR_HEADER = 1 << 20

# Places of one web archive at which the next record is looked for; with more of them it is something else.
MAX_DAMAGED = 1000

# Failures that are told of one file; of the rest the number is.
MAX_FAILURES = 100


class BudgetError(SourceError):
    """A file unpacks to more than it may in all; nothing more of it is read."""


class Budget:
    """What may still be unpacked of one file, through all its layers together."""

    def __init__(self, place: str, size: int) -> None:
        self._place = place
        self._most = max(FREE_SIZE_IN_ALL, MAX_RATIO * size)
        self._unpacked = 0
        self._members = 0

    def spend(self, size: int) -> None:
        """Count what was unpacked; raises `BudgetError`."""
        self._unpacked += size
        if self._unpacked > self._most:
            raise BudgetError(self._place, f"unpacks to more than {MAX_RATIO} times its size; no news does")

    def count_member(self) -> None:
        """Count a member of an archive; raises `BudgetError`."""
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise BudgetError(self._place, f"has more than {MAX_MEMBERS:,} members; split it")
