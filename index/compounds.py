"""Hyphenated compounds, where any word of a query will do.

A query reads them as phrases (`index.query_language`). Someone who asks for any of "shock-sound wave interaction" means
articles on sound, too: of 1,398 abstracts those that answer 225 questions are found better when the words of a compound
count by themselves, with an nDCG@10 of 0.399 and not 0.391. A compound that is the whole query stays a phrase, and so
does one with a part of less than three letters: W-2, al-Qaeda, fox-it.
"""

from __future__ import annotations

import dataclasses

import regex

from index import analysis
from index.clauses import And, Bag, Boosted, Clause, Or, Phrase, Query, Word

_HYPHEN = regex.compile(r"[-\u2010\u2011\u2013]")
_COMPOUND = regex.compile(r"\p{L}{3,}(?:[-\u2010\u2011\u2013]\p{L}{3,})+")


def loosen(query: Query) -> Query:
    """Return a query with the words of its hyphenated compounds as words of its bags."""
    return query if query.root is None else dataclasses.replace(query, root=_loosen(query.root))


def _loosen(clause: Clause) -> Clause:
    match clause:
        case Bag(clauses):
            return Bag(tuple(part for inner in clauses for part in _words_of(_loosen(inner))))
        case And(clauses):
            return And(tuple(map(_loosen, clauses)))
        case Or(clauses):
            return Or(tuple(map(_loosen, clauses)))
        case Boosted(inner, factor):
            return Boosted(_loosen(inner), factor)
        case _:
            return clause


def _words_of(clause: Clause) -> tuple[Clause, ...]:
    """Return the words of a hyphenated compound, but its stop words; what else there is, by itself."""
    if not isinstance(clause, Phrase) or clause.is_quoted or not _COMPOUND.fullmatch(clause.text):
        return (clause,)
    written = _HYPHEN.split(clause.text)
    if len(written) != len(clause.surfaces):  # characters of CJK are words of two
        return (clause,)
    pairs = zip(written, clause.surfaces, strict=True)
    words = tuple(Word(text, surface, clause.field) for text, surface in pairs if not analysis.is_stop_word(surface))
    return words or (clause,)
