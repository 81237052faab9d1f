"""The sentences of a text by regular expressions: the oracle of those in `index.codec.kernels.snippets`."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from index.codec.kernels.snippets import MIN_BROKEN, MIN_LENGTH
from index.sentences import ends_in_abbreviation

# A run of spaces is looked at from its first one alone, or a long run would take the square of its length.
_GAP = regex.compile(
    r"""(?<!\s)(?=\s)(?<=[.!?…؟۔]["'”’»)\]]*+)\s++(?=["'“‘«(\[]*+[\p{Lu}\p{Lo}\p{Nd}])"""
    r"|(?<!\s)[^\S\n]*+\n\s*+"
    r"|(?<=[。！？])"
)
_ENDED = regex.compile(r"""[.!?…؟۔。！？:]["'”’»)\]]*+$""")
# A sentence's end is seen in so many characters.
_END_REACH = 8


def is_within_paragraph(text: str, start: int, end: int) -> bool:
    """Say whether the white space `text[start:end]` is within a paragraph: at most one broken line ends there."""
    lines = text.count("\n", start, end)
    return lines == 0 or (lines == 1 and start - text.rfind("\n", 0, start) > MIN_BROKEN)


def find_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences of a text as (start, end); a short one takes the next of its paragraph along."""
    start = 0
    for gap in _GAP.finditer(text):
        if is_within_paragraph(text, gap.start(), gap.end()) and (
            gap.start() - start < MIN_LENGTH
            or ends_in_abbreviation(text, start, gap.start())
            or ("\n" in gap.group() and not _ENDED.search(text, gap.start() - _END_REACH, gap.start()))
        ):
            continue
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end()
    if start < len(text):
        yield start, len(text)
