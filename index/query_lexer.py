"""A query cut into its pieces, by one regular expression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import regex

FIELDS = ("title", "body", "author", "source", "language", "url")

MAX_DEPTH = 16


class Lexeme(NamedTuple):
    """A piece of the query: `kind` is the name of its group in the expression.

    Where that is "dates", `text` has the field with it; of a bar there is always one.
    """

    kind: str
    text: str


_LEXEME = regex.compile(
    r"""
      "(?P<phrase>[^"]*)"
    | (?P<open>\()
    | (?P<close>\))
    | (?P<star>(?<![^\s(])\*+(?![^\s)]))
    | (?P<minus>(?<![^\s(])-(?=[^\s\-]))
    | (?P<dates>(?<![^\s(\-])(?:published|after|before):(?:\[[^\[\]()"]*\](?![^\s)])|[^\s()"|]+))
    | (?P<near>(?<=")~\d{1,4}(?![^\s()^]))
    | (?P<boost>(?<=["\d)])\^\d{1,4}(?:\.\d{1,4})?(?![^\s()]))
    | (?P<exact>(?<![^\s(\-:])=(?=[^\s=()|"]))
    | (?P<bar>\|+)
    | (?P<field>(?<![^\s(\-])[a-z]+:(?=[^\s):|]))
    | (?P<chunk>[^\s()"|]+)
    """,
    regex.VERBOSE,
)
_CURLY_DOUBLE_QUOTES = str.maketrans(dict.fromkeys("“”„«»＂", '"'))


def lex(text: str) -> Iterator[Lexeme]:
    """Cut a query into its pieces, in order."""
    for match in _LEXEME.finditer(text.translate(_CURLY_DOUBLE_QUOTES)):
        kind = match.lastgroup
        content = match.group(kind) if kind else ""
        if kind == "field":
            name = content[:-1]
            if name in FIELDS:
                yield Lexeme("field", name)
            else:  # Not a field of ours: a word like any other, with whatever stands behind the colon.
                yield Lexeme("chunk", name)
        elif kind:
            yield Lexeme(kind, content)


def pair_parentheses(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Drop every parenthesis that has no partner or is nested too deep."""
    opened: list[int] = []
    partner: dict[int, int] = {}
    for place, lexeme in enumerate(lexemes):
        if lexeme.kind == "open":
            opened.append(place)
        elif lexeme.kind == "close" and opened:
            partner[opened.pop()] = place
    kept: set[int] = set()
    open_ends: list[int] = []
    for start in sorted(partner):
        while open_ends and open_ends[-1] < start:
            open_ends.pop()
        if len(open_ends) < MAX_DEPTH:
            kept |= {start, partner[start]}
            open_ends.append(partner[start])
    return [lexeme for place, lexeme in enumerate(lexemes) if lexeme.kind not in ("open", "close") or place in kept]
