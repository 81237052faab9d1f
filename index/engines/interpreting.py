"""How a query was read, for whoever typed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from index.clauses import (
    Address,
    Everything,
    Exact,
    Forms,
    Fuzzy,
    Language,
    Leaf,
    Phrase,
    Prefix,
    Published,
    Query,
    Wildcard,
    Word,
    leaves,
)
from index.engine import Interpretation, Match, QueryTerm
from index.query_language import write
from index.query_tree import terms_of


def interpret(
    query: Query, match: Match, languages: tuple[str | None, ...], expanded: Mapping[Leaf, Sequence[str]]
) -> Interpretation:
    """Tell how a query was read; `languages` are those of the index, `expanded` the words of the query's patterns."""

    def describe(leaf: Leaf) -> QueryTerm:
        terms: tuple[str, ...]
        match leaf:
            case Word() | Phrase():
                terms = terms_of(leaf, languages)
            case Exact(surface=surface):
                terms = (surface,)
            case Prefix() | Wildcard() | Fuzzy() | Forms():
                terms = (leaf.text, *expanded[leaf])
            case Everything():
                terms = ("*",)
            case Published(start, end):
                terms = (str(start or "*"), str(end or "*"))
            case Language(code):
                terms = (code,)
            case Address(text):
                terms = (text,)
        return QueryTerm(write(leaf), terms)

    return Interpretation(
        query=write(query.root, "AND" if match == "all" else "OR"),
        terms=tuple(describe(leaf) for leaf in leaves(query.root)),
        excluded=tuple(describe(leaf) for leaf in leaves(query.root, excluded=True)),
        dropped=query.dropped,
        notes=query.notes,
    )
