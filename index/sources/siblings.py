"""What repeats in the text files of a folder: pages of one site have its menus and pleas in common.

Whoever parses one of them looks at the others, up to a sample. It is the same one whichever file is parsed, and mostly
the same when files come and go.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache

from index.cleaning import Repeats
from index.errors import SourceError
from index.sources.decoding import decode

# Of so many pages, what stands in one of twenty is seen ten times.
_SAMPLE = 200
# A page is smaller, and what is larger would take longer to look at than to clean.
_MAX_SIZE = 1 << 18


def repeats_among(folder: str) -> Repeats | None:
    """Return what repeats in a folder; `None` where there are too few pages to tell."""
    try:
        return _count(folder, os.stat(folder).st_mtime_ns)  # noqa: PTH116 -- a path object takes longer than the call
    except OSError:
        return None


# A job goes through folders one after another, and below one into others.
@lru_cache(maxsize=32)
def _count(folder: str, _mtime_ns: int) -> Repeats | None:
    with os.scandir(folder) as entries:
        # Opening a pipe would wait for ever.
        names = [
            entry.name
            for entry in entries
            if entry.name.lower().endswith(".txt")
            and not entry.name.startswith(".")
            and entry.is_file(follow_symlinks=False)
        ]
    repeats = Repeats()
    for name in sorted(names, key=_chance)[:_SAMPLE]:
        try:
            with open(f"{folder}/{name}", "rb") as opened:  # noqa: PTH123 -- as above
                content = opened.read(_MAX_SIZE + 1)
            if len(content) <= _MAX_SIZE:
                repeats.add(decode(content))
        except (OSError, SourceError):
            # It is told where it is read itself.
            continue
    return repeats if repeats.is_enough else None


def _chance(name: str) -> bytes:
    return hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=8).digest()
