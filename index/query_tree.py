"""A query as it was read, and a request's filters, as the Whoosh query tree that an engine runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from whoosh import query as whoosh_query

from index import analysis, schema
from index.engine import Match, SearchRequest
from index.query_language import And, Bag, Clause, Everything, Not, Or, Phrase, Prefix, Query, Word

# A word of the title says more about an article than one of the body.
TITLE_BOOST = 2.0

_SECONDS_A_DAY = 24 * 60 * 60

_BuildInField = Callable[[str], Iterable[whoosh_query.Query]]

_TEXT_FIELDS = (("title", TITLE_BOOST), ("body", 1.0))

# Fields whose words are indexed as they are, without stemming.
_UNSTEMMED_FIELDS = frozenset({"author", "source"})


class _Reading(NamedTuple):
    """How a query is read: what its bags mean, and by which stemmers the articles are indexed."""

    match: Match
    stemmers: tuple[str, ...]


def build_tree(query: Query, match: Match, languages: tuple[str | None, ...]) -> whoosh_query.Query:
    """Return the tree of a query; one that holds nothing finds nothing.

    `languages` are those of the index. A query says not which it is in: a word is looked up under its stem in each, and
    a phrase under its stems in each, those of one language at a time.
    """
    if query.root is None:
        return whoosh_query.NullQuery
    return _build(query.root, _Reading(match, analysis.stemmers_of(languages)))


def restrict(tree: whoosh_query.Query, request: SearchRequest) -> whoosh_query.Query:
    """Return the tree with the request's filters in it, which change no score."""
    conditions: list[whoosh_query.Query] = [
        whoosh_query.Or([whoosh_query.Term(field, value) for value in values])
        for field, values in (
            ("source_exact", request.source),
            ("author_exact", request.author),
            ("language", request.language),
        )
        if values
    ]
    if request.undated:
        conditions.append(whoosh_query.NumericRange("published", schema.UNDATED, schema.UNDATED))
    elif request.published_from or request.published_to:
        start = schema.to_seconds(request.published_from) if request.published_from else schema.EARLIEST
        end = schema.to_seconds(request.published_to) + _SECONDS_A_DAY - 1 if request.published_to else None
        conditions.append(whoosh_query.NumericRange("published", start, end))
    return whoosh_query.Require(tree, whoosh_query.And(conditions)) if conditions else tree


def _build(clause: Clause, reading: _Reading, weight: int = 1) -> whoosh_query.Query:
    match clause:
        case Word(surface=surface, field=field):
            return _in_fields(
                field,
                weight,
                lambda name: [whoosh_query.Term(name, term) for (term,) in _terms(name, (surface,), reading.stemmers)],
            )
        case Phrase(surfaces=surfaces, field=field):
            return _in_fields(
                field,
                weight,
                lambda name: [
                    whoosh_query.Phrase(name, list(terms)) for terms in _terms(name, surfaces, reading.stemmers)
                ],
            )
        case Prefix(surface=surface, field=field):
            return _in_fields(field, weight, lambda name: [whoosh_query.Prefix(_surface_field(name), surface)])
        case Everything():
            return whoosh_query.Every()
        case Not():
            return _conjunction([clause], reading)
        case And(clauses):
            return _conjunction(clauses, reading)
        case Or(clauses):
            return whoosh_query.Or(_build_each(clauses, reading))
        case Bag(clauses):
            return _bag(clauses, reading)


def _bag(clauses: Sequence[Clause], reading: _Reading) -> whoosh_query.Query:
    """All or any of the clauses; what is excluded is so in either case."""
    wanted = [clause for clause in clauses if not isinstance(clause, Not)]
    if reading.match == "all" or not wanted:
        return _conjunction(clauses, reading)
    excluded = [clause for clause in clauses if isinstance(clause, Not)]
    return _but_not(whoosh_query.Or(_build_each(wanted, reading)), excluded, reading)


def _build_each(clauses: Sequence[Clause], reading: _Reading) -> list[whoosh_query.Query]:
    """Build clauses that stand side by side; one that stands there twice counts twice and is looked up once."""
    return [_build(clause, reading, weight) for clause, weight in Counter(clauses).items()]


def _conjunction(clauses: Sequence[Clause], reading: _Reading) -> whoosh_query.Query:
    # Whoosh takes "every article, and the word" for every article.
    wanted = _build_each([clause for clause in clauses if not isinstance(clause, Not | Everything)], reading)
    excluded = [clause for clause in clauses if isinstance(clause, Not)]
    return _but_not(whoosh_query.And(wanted) if wanted else whoosh_query.Every(), excluded, reading)


def _but_not(tree: whoosh_query.Query, excluded: Sequence[Not], reading: _Reading) -> whoosh_query.Query:
    # Not Whoosh's AndNot: it lets an excluded article through where it is the first of those that are wanted.
    if not excluded:
        return tree
    return whoosh_query.Require(
        tree, whoosh_query.Not(whoosh_query.Or(_build_each([inner.clause for inner in excluded], reading)))
    )


def _in_fields(field: str | None, weight: int, build: _BuildInField) -> whoosh_query.Query:
    """Build a clause for the field that it names, or for the title and the body."""
    alternatives = []
    for name, boost in ((field, 1.0),) if field else _TEXT_FIELDS:
        for tree in build(name):
            tree.boost = boost * weight
            alternatives.append(tree)
    return whoosh_query.Or(alternatives) if len(alternatives) > 1 else alternatives[0]


def terms_of(leaf: Word | Phrase, languages: tuple[str | None, ...]) -> tuple[str, ...]:
    """Return what a leaf is looked up as, in a text field or in the one that it names: language after language."""
    surfaces = (leaf.surface,) if isinstance(leaf, Word) else leaf.surfaces
    readings = _terms(leaf.field or "body", surfaces, analysis.stemmers_of(languages))
    return tuple(term for terms in readings for term in terms)


def _terms(field: str, surfaces: tuple[str, ...], stemmers: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return (surfaces,) if field in _UNSTEMMED_FIELDS else analysis.stem_each(surfaces, stemmers)


def _surface_field(field: str) -> str:
    return field if field in _UNSTEMMED_FIELDS else f"{field}_surface"
