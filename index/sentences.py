"""Where sentences end: for titles that are made from the first one, and for snippets that show whole ones."""

from __future__ import annotations

from collections.abc import Iterator

import regex

# A sentence shorter than this says too little alone and takes the next one along.
MIN_LENGTH = 80

# Lines as long as this, with no blank one between, were broken at some width: the text of wires and mails.
MIN_BROKEN = 40

# A run of spaces is looked at from its first one alone, or a long run would take the square of its length.
_GAP = regex.compile(
    r"""(?<!\s)(?=\s)(?<=[.!?…؟۔]["'”’»)\]]*+)\s++(?=["'“‘«(\[]*+[\p{Lu}\p{Lo}\p{Nd}])"""
    r"|(?<!\s)[^\S\n]*+\n\s*+"
    r"|(?<=[。！？])"
)
# A full stop after one of these, or after a single capital (J. R. Ewing, U.S.), seldom ends a sentence.
ABBREVIATIONS = tuple(
    "Mr Mrs Ms Dr St Gen Sen Rep Gov Lt Col Sgt Prof No vs Jr Sr Rev Hon Capt Maj Adm Pres Messrs".split()
)
_ABBREVIATION = regex.compile(rf"(?:\b(?:{'|'.join(ABBREVIATIONS)})|\b[ap]\.m|(?<!\p{{L}})\p{{Lu}})\.$")
# The longest of them, its full stop, and what stands before it.
_ABBREVIATION_REACH = 10


def ends_in_abbreviation(text: str, start: int, end: int) -> bool:
    """Say whether `text[start:end]` ends in an abbreviation, so that the sentence probably goes on."""
    # Not the whole stretch: in "J. J. J. …" it would be searched for each of its full stops.
    return _ABBREVIATION.search(text, max(start, end - _ABBREVIATION_REACH), end) is not None


_END = regex.compile(r"""[.!?…؟۔]["'”’»)\]]*+(?=\s++(?!\p{Ll})|$)""")


def first_sentence(line: str) -> str:
    """Return the first sentence of a line, however short; all of it where none ends."""
    for match in _END.finditer(line):
        if not ends_in_abbreviation(line, 0, match.end()):
            return line[: match.end()]
    return line


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
