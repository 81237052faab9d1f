"""A query as it was read, and a request's filters, as the Whoosh query tree that an engine runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from whoosh import query as whoosh_query

from index import analysis, schema
from index.engine import Match, SearchRequest
from index.query_language import And, Bag, Clause, Everything, Not, Or, Phrase, Prefix, Query, Word, leaves

# What begins like a word of the title says more about an article than one of the body; words and phrases are weighed by
# `index.codec.searching.weighting`.
_PREFIX_BOOSTS = {"title": 2.0}

_SECONDS_A_DAY = 24 * 60 * 60

_BuildInField = Callable[[str], whoosh_query.Query]

_TEXT_FIELDS = ("title", "body")

# Fields whose words are indexed as they are, without stemming.
_UNSTEMMED_FIELDS = frozenset({"author", "source"})


class Reading(NamedTuple):
    """What a query is in the articles of some languages, as a tree; `languages` is `None` for those of all."""

    tree: whoosh_query.Query
    languages: tuple[str | None, ...] | None


class _Way(NamedTuple):
    """How a query is read: what its bags mean, and by which stemmer its words are stemmed."""

    match: Match
    stemmer: str


def read_query(query: Query, match: Match, languages: tuple[str | None, ...]) -> list[Reading]:
    """Return what a query is in the languages of an index, each in one of the readings.

    A query says not which it is in: its words are looked up under their stems in each, and there alone. "news" is
    "new" in Dutch, and a single Dutch article must not make it that in English. Languages with the same stems share a
    reading; a query that holds nothing finds nothing.
    """
    if query.root is None:
        return [Reading(whoosh_query.NullQuery, None)]
    groups = analysis.languages_by_stems(tuple(_stemmed_surfaces(query.root)), languages)
    return [
        Reading(_build(query.root, _Way(match, stemmer)), alike if len(groups) > 1 else None)
        for stemmer, alike in groups
    ]


def _stemmed_surfaces(root: Clause) -> Iterator[str]:
    for leaf in (*leaves(root), *leaves(root, excluded=True)):
        if isinstance(leaf, Word | Phrase) and leaf.field not in _UNSTEMMED_FIELDS:
            yield from (leaf.surface,) if isinstance(leaf, Word) else leaf.surfaces


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


def _build(clause: Clause, way: _Way, weight: int = 1) -> whoosh_query.Query:
    match clause:
        case Word(surface=surface, field=field):
            return _in_fields(
                field,
                weight,
                lambda name: whoosh_query.Term(name, *_terms(name, (surface,), way.stemmer)),
            )
        case Phrase(surfaces=surfaces, field=field):
            return _in_fields(
                field,
                weight,
                lambda name: whoosh_query.Phrase(name, _terms(name, surfaces, way.stemmer)),
            )
        case Prefix(surface=surface, field=field):
            boosts = {} if field else _PREFIX_BOOSTS
            return _in_fields(
                field,
                weight,
                lambda name: whoosh_query.Prefix(_surface_field(name), surface, boost=boosts.get(name, 1.0)),
            )
        case Everything():
            return whoosh_query.Every()
        case Not():
            return _conjunction([clause], way)
        case And(clauses):
            return _conjunction(clauses, way)
        case Or(clauses):
            return whoosh_query.Or(_build_each(clauses, way))
        case Bag(clauses):
            return _bag(clauses, way)


def _bag(clauses: Sequence[Clause], way: _Way) -> whoosh_query.Query:
    """All or any of the clauses; what is excluded is so in either case."""
    wanted = [clause for clause in clauses if not isinstance(clause, Not)]
    if way.match == "all" or not wanted:
        return _conjunction(clauses, way)
    excluded = [clause for clause in clauses if isinstance(clause, Not)]
    return _but_not(whoosh_query.Or(_build_each(wanted, way)), excluded, way)


def _build_each(clauses: Sequence[Clause], way: _Way) -> list[whoosh_query.Query]:
    """Build clauses that stand side by side; one that stands there twice counts twice and is looked up once."""
    return [_build(clause, way, weight) for clause, weight in Counter(clauses).items()]


def _conjunction(clauses: Sequence[Clause], way: _Way) -> whoosh_query.Query:
    # Whoosh takes "every article, and the word" for every article.
    wanted = _build_each([clause for clause in clauses if not isinstance(clause, Not | Everything)], way)
    excluded = [clause for clause in clauses if isinstance(clause, Not)]
    return _but_not(whoosh_query.And(wanted) if wanted else whoosh_query.Every(), excluded, way)


def _but_not(tree: whoosh_query.Query, excluded: Sequence[Not], way: _Way) -> whoosh_query.Query:
    # Not Whoosh's AndNot: it lets an excluded article through where it is the first of those that are wanted.
    if not excluded:
        return tree
    return whoosh_query.Require(
        tree, whoosh_query.Not(whoosh_query.Or(_build_each([inner.clause for inner in excluded], way)))
    )


def _in_fields(field: str | None, weight: int, build: _BuildInField) -> whoosh_query.Query:
    """Build a clause for the field that it names, or for the title and the body."""
    alternatives = []
    for name in (field,) if field else _TEXT_FIELDS:
        tree = build(name)
        tree.boost *= weight
        alternatives.append(tree)
    return whoosh_query.Or(alternatives) if len(alternatives) > 1 else alternatives[0]


def terms_of(leaf: Word | Phrase, languages: tuple[str | None, ...]) -> tuple[str, ...]:
    """Return what a leaf is looked up as, in a text field or in the one that it names: language after language."""
    surfaces = (leaf.surface,) if isinstance(leaf, Word) else leaf.surfaces
    if leaf.field in _UNSTEMMED_FIELDS:
        return surfaces
    return tuple(term for terms in analysis.stem_each(surfaces, analysis.stemmers_of(languages)) for term in terms)


def _terms(field: str, surfaces: tuple[str, ...], stemmer: str) -> list[str]:
    if field in _UNSTEMMED_FIELDS:
        return list(surfaces)
    return [analysis.stem_by(surface, stemmer) for surface in surfaces]


def _surface_field(field: str) -> str:
    return field if field in _UNSTEMMED_FIELDS else f"{field}_surface"
