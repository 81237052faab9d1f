"""Where a sentence ends: for titles that are made from the first one. Snippets have a kernel for it."""

from __future__ import annotations

import regex

# A full stop after one of these, or after a single capital (J. R. Ewing, U.S., É. Zola, А. Чехов), seldom ends a
# sentence.
ABBREVIATIONS = tuple(
    "Mr Mrs Ms Dr St Gen Sen Rep Gov Lt Col Sgt Prof No vs Jr Sr Rev Hon Capt Maj Adm Pres Messrs".split()
)
_ABBREVIATION = regex.compile(rf"(?:\b(?:{'|'.join(ABBREVIATIONS)})|\b[ap]\.m|(?<!\p{{L}})[A-ZÀ-ÖØ-ÞЁА-Я])\.$")
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
