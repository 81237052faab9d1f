"""What the kernel that cuts words must know of each character, asked of `regex`, `unicodedata` and `index.analysis`.

The tables are made once a process (0.1 s) and never stored: what a letter is changes with the versions of Python and
of `regex`, and the kernel must say what `index.analysis` says. They have two stages, as Unicode's own: `pages` gives
for each 256 characters a page of `entries`, and equal pages are there once.

An entry has what a character is in its ten lowest bits (the `LETTER`… of `index.codec.kernels.text`), then four bits
for the number of bytes that it folds to (0: itself), and eighteen for their place in `fold_bytes`.

A character is `SLOW` when what it folds to depends on its neighbours (marks, and what composes with a letter before
it), or is unusually long. Words with such characters are folded by `index.analysis.fold`, once for each distinct word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from index import analysis
from index.codec.kernels import text as kernel

_NUM_CODE_POINTS = 0x110000
_PAGE_SIZE = 256
_LONGEST_FOLD = 15  # bytes; four bits

# Unified ideographs and Hangul syllables fold to themselves (stable by Unicode's policy); there are too many to ask.
_THEMSELVES = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0x20000, 0x2F800), (0x30000, 0x40000))


class TextTables(NamedTuple):
    """What the kernels of `index.codec.kernels.text` take: `pages` u2[4352], `entries` u4[256 n], `fold_bytes` u1."""

    pages: NDArray[np.uint16]
    entries: NDArray[np.uint32]
    fold_bytes: NDArray[np.uint8]


@cache
def text_tables() -> TextTables:
    """Return the tables; made at the first call."""
    points = np.arange(_NUM_CODE_POINTS, dtype="<u4")
    everything = points.tobytes().decode("utf-32-le", "surrogatepass")
    entries = np.zeros(_NUM_CODE_POINTS, np.uint32)
    for flag, pattern in (
        (kernel.LETTER, r"\p{L}+"),
        (kernel.MARK, r"\p{M}+"),
        (kernel.DIGIT, r"\p{Nd}+"),
        (kernel.OTHER_NUMBER, r"[\p{N}--\p{Nd}]+"),
    ):
        for match in regex.finditer(pattern, everything, regex.V1):
            entries[match.start() : match.end()] |= flag
    words = np.flatnonzero(entries).astype("<u4")
    characters = words.view("<U1")
    for match in regex.finditer(rf"{analysis.CJK}+", everything, regex.V1):
        entries[match.start() : match.end()] = kernel.CJK
    for match in regex.finditer(rf"[{analysis.CJK}&&{analysis.CJK_EXTENDING}]+", everything, regex.V1):
        entries[match.start() : match.end()] |= kernel.EXTENDING
    upper = np.char.isupper(characters)
    entries[words[upper]] |= kernel.UPPER
    entries[words[~upper & (np.char.islower(characters) | np.char.istitle(characters))]] |= kernel.NOT_UPPER

    folds = bytearray()
    for point, folded in _folds(everything, entries):
        if not folded:
            entries[point] |= kernel.SLOW
        else:
            entries[point] |= (len(folded) << kernel.LENGTH_SHIFT) | (len(folds) << kernel.OFFSET_SHIFT)
            folds += folded
    for apostrophe in analysis.APOSTROPHES:
        if not entries[ord(apostrophe)]:  # one of them is a letter too
            entries[ord(apostrophe)] = kernel.APOSTROPHE
    if len(folds) >= 1 << (32 - kernel.OFFSET_SHIFT):
        raise ValueError("The folded characters do not fit their table.")

    rows = entries.reshape(-1, _PAGE_SIZE)
    numbers: dict[bytes, int] = {}
    pages = np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in rows], np.uint16)
    distinct = np.frombuffer(b"".join(numbers), np.uint32)
    return TextTables(pages, distinct, np.frombuffer(bytes(folds), np.uint8))


def _folds(everything: str, entries: NDArray[np.uint32]) -> Iterator[tuple[int, bytes]]:
    """Yield characters of words that do not stand for themselves, and what they fold to: nothing for the slow ones."""
    asked = entries != 0
    for start, end in _THEMSELVES:
        asked[start:end] = False
    points = np.flatnonzero(asked).tolist()
    # A line feed composes with nothing, so that all characters can be asked at once.
    lines = "\n".join(map(everything.__getitem__, points))
    compatible = unicodedata.normalize("NFKC", lines)
    caseless = compatible.casefold()
    taken_apart = unicodedata.normalize("NFD", caseless)
    composing = _composing(unicodedata.normalize("NFD", lines))
    rows = zip(
        points,
        lines.split("\n"),
        unicodedata.normalize("NFKD", lines).split("\n"),
        caseless.split("\n"),
        taken_apart.split("\n"),
        strict=True,
    )
    for point, character, decomposed, folded_case, parts in rows:
        first = decomposed[0]
        if entries[point] & kernel.MARK or first in composing or parts[0] in composing or unicodedata.combining(first):
            yield point, b""
        elif folded_case != character or parts != character or character < "\u0400" or point in analysis.ARABIC_FOLDS:
            folded = analysis.fold.__wrapped__(character)
            if folded != character:
                growth = kernel.CJK_GROWTH if entries[point] & kernel.CJK else kernel.GROWTH
                yield point, _checked(character, folded, growth)
            elif character in analysis.APOSTROPHES:
                yield point, b""


def _composing(decomposed: str) -> frozenset[str]:
    """Return the characters that can become one with a character before them, of all canonical decompositions."""
    seconds = "".join(line[1:] for line in decomposed.split("\n"))
    jamo = "".join(map(chr, (*range(0x1160, 0x1200), *range(0xD7B0, 0xD800))))
    return frozenset(seconds + jamo)


def _checked(character: str, folded: str, growth: float) -> bytes:
    """Return the folded character as bytes, or none where it must go the slow way."""
    encoded = folded.encode()
    longest = min(_LONGEST_FOLD, growth * len(character.encode()))
    if len(encoded) > longest or any(apostrophe in folded for apostrophe in analysis.APOSTROPHES):
        return b""
    return encoded
