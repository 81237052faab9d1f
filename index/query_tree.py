"""A query as it was read, and a request's filters, as the Whoosh query tree that an engine runs."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeGuard

from whoosh import query as whoosh_query

from index import analysis, schema
from index.clauses import (
    Address,
    And,
    Bag,
    Boosted,
    Clause,
    Everything,
    Exact,
    Expanding,
    Filter,
    Forms,
    Fuzzy,
    Language,
    Not,
    Or,
    Phrase,
    Prefix,
    Published,
    Query,
    Wildcard,
    Word,
    is_narrowing,
    leaves,
)
from index.engine import FACETS, NO_DATE, FacetName, Match, SearchRequest
from index.marking import acronyms_of, written_as
from index.periods import first_day, last_day
from index.stopwords import is_acronym

# What a pattern finds in the title says more about an article than in the body; words and phrases are weighed by
# `index.codec.searching.weighting`.
_PATTERN_BOOSTS = {"title": 2.0}

_SECONDS_A_DAY = 24 * 60 * 60

_TextLeaf = Word | Phrase | Exact | Forms | Expanding

_TEXT_FIELDS = ("title", "body")

# Fields whose words are indexed as they are, without stemming.
_UNSTEMMED_FIELDS = frozenset({"author", "source"})


class Reading(NamedTuple):
    """What a query is in the articles of some languages, as a tree; `languages` is `None` for those of all."""

    tree: whoosh_query.Query
    languages: tuple[str | None, ...] | None


_NOTHING = Reading(whoosh_query.NullQuery, None)


class _Way(NamedTuple):
    """How a query is read: what its bags mean, and by which stemmer its words are stemmed."""

    match: Match
    stemmer: str
    surfaces_in_order: bool


class FormsInOrder(whoosh_query.Phrase):  # type: ignore[misc]  # Whoosh is untyped here
    """A phrase over surfaces, of which each place allows some: its words are tuples of them.

    It is for engines that know the positions of surfaces; Whoosh itself can't run it.
    """


# Whether an article in some languages may have a stem.
MayHold = Callable[[tuple[str | None, ...], str], bool]


def read_query(
    query: Query,
    match: Match,
    languages: tuple[str | None, ...],
    may_hold: MayHold,
    *,
    surfaces_in_order: bool = False,
) -> list[Reading]:
    """Return what a query is in the languages of an index, each in one of the readings.

    A query says not which it is in: its words are looked up under their stems in each, and there alone. "news" is
    "new" in Dutch, and a single Dutch article must not make it that in English. Languages with the same stems share a
    reading, and those whose articles `may_hold` none of them have none; a query that holds nothing finds nothing.
    With `surfaces_in_order` phrases that are meant as they are written are `FormsInOrder` besides.
    """
    root = query.root
    if root is None:
        return [_NOTHING]
    groups = analysis.languages_by_stems(tuple(_stemmed_surfaces(root)), languages)
    ways = [(_Way(match, stemmer, surfaces_in_order), alike) for stemmer, alike in groups]
    if len(ways) == 1:
        return [Reading(_build(root, ways[0][0]), None)]
    readings = [Reading(_build(root, way), alike) for way, alike in ways if _may_match(root, way, alike, may_hold)]
    return readings or [_NOTHING]


def _stemmed_surfaces(root: Clause) -> Iterator[str]:
    for leaf in (*leaves(root), *leaves(root, excluded=True)):
        if _is_stemmed(leaf):
            yield from _surfaces_of(leaf)


def _is_stemmed(leaf: Clause) -> TypeGuard[Word | Phrase | Exact]:
    return isinstance(leaf, Word | Phrase | Exact) and leaf.field not in _UNSTEMMED_FIELDS


def _surfaces_of(leaf: Word | Phrase | Exact) -> tuple[str, ...]:
    return leaf.surfaces if isinstance(leaf, Phrase) else (leaf.surface,)


def _may_match(clause: Clause, way: _Way, languages: tuple[str | None, ...], may_hold: MayHold) -> bool:
    """Say whether an article in some languages may match a clause, as far as its words tell."""
    if _is_stemmed(clause):
        return all(may_hold(languages, stem) for stem in _terms("body", _surfaces_of(clause), way.stemmer))
    if isinstance(clause, Boosted):
        return _may_match(clause.clause, way, languages, may_hold)
    if not isinstance(clause, And | Or | Bag):
        return True
    wanted = [inner for inner in clause.clauses if not is_narrowing(inner)]
    if not wanted or (isinstance(clause, Or) and len(wanted) < len(clause.clauses)):
        return True
    may = [_may_match(inner, way, languages, may_hold) for inner in wanted]
    return any(may) if isinstance(clause, Or) or (isinstance(clause, Bag) and way.match == "any") else all(may)


def restrict(tree: whoosh_query.Query, request: SearchRequest) -> whoosh_query.Query:
    """Return the tree with the request's range of dates in it, which changes no score."""
    if not request.published_from and not request.published_to:
        return tree
    return whoosh_query.Require(tree, _published(request.published_from, request.published_to))


def read_filters(request: SearchRequest) -> dict[FacetName, whoosh_query.Query]:
    """Return what each of the request's filters lets through, as trees."""
    filters: dict[FacetName, whoosh_query.Query] = {}
    for name in FACETS:
        wanted, unwanted = request.wanted(name), request.unwanted(name)
        if not wanted and not unwanted:
            continue
        conditions = [whoosh_query.Or([_having(name, value) for value in wanted])] if wanted else []
        if unwanted:
            conditions.append(whoosh_query.Not(whoosh_query.Or([_having(name, value) for value in unwanted])))
        filters[name] = whoosh_query.And(conditions)
    return filters


def _having(name: FacetName, value: str) -> whoosh_query.Query:
    if name != "published":
        return whoosh_query.Term(schema.FACET_FIELDS[name], value)
    if value == NO_DATE:
        return whoosh_query.NumericRange("published", schema.UNDATED, schema.UNDATED)
    return _published(first_day(name, value), last_day(name, value))


def _published(first: dt.date | None, last: dt.date | None) -> whoosh_query.Query:
    """Articles of some days, open where there is none; the undated are of none."""
    start = schema.to_seconds(first) if first else schema.EARLIEST
    end = schema.to_seconds(last) + _SECONDS_A_DAY - 1 if last else None
    return whoosh_query.NumericRange("published", start, end)


def _filter(clause: Filter) -> whoosh_query.Query:
    match clause:
        case Published(start, end):
            return _published(start, end)
        case Language(code):
            # Articles from elsewhere may have a region: "de-AT" is "de" too.
            regions = whoosh_query.Prefix("language", f"{code}-")
            return whoosh_query.Or([whoosh_query.Term("language", code), regions])
        case Address(words=words):
            return whoosh_query.Phrase("url", list(words)) if len(words) > 1 else whoosh_query.Term("url", words[0])


def _build(clause: Clause, way: _Way, weight: float = 1.0) -> whoosh_query.Query:
    match clause:
        case Everything():
            return whoosh_query.Every(boost=weight)
        case Boosted(inner, factor):
            return _build(inner, way, weight * factor)
        case Not() | Published() | Language() | Address():
            return _conjunction([clause], way, weight)
        case And(clauses):
            return _conjunction(clauses, way, weight)
        case Or(clauses):
            return whoosh_query.Or(_build_each(clauses, way, weight))
        case Bag(clauses):
            return _bag(clauses, way, weight)
        case _:
            return _build_leaf(clause, way, weight)


def _build_leaf(leaf: _TextLeaf, way: _Way, weight: float) -> whoosh_query.Query:
    """Build a leaf for the field that it names, or for the title and the body."""
    alternatives = []
    for name in (leaf.field,) if leaf.field else _TEXT_FIELDS:
        tree = _in_field(leaf, name, way)
        # Of what is required it is the first half that scores.
        scored = tree.a if isinstance(tree, whoosh_query.Require) else tree
        is_pattern = leaf.field is None and isinstance(leaf, Forms | Expanding)
        scored.boost = weight * _PATTERN_BOOSTS.get(name, 1.0) if is_pattern else weight
        alternatives.append(tree)
    return whoosh_query.Or(alternatives) if len(alternatives) > 1 else alternatives[0]


def _in_field(leaf: _TextLeaf, name: str, way: _Way) -> whoosh_query.Query:
    stemmer = way.stemmer
    match leaf:
        case Word(surface=surface):
            return _with_acronyms(whoosh_query.Term(name, *_terms(name, (surface,), stemmer)), name, (surface,))
        case Phrase():
            return _phrase(name, leaf, way)
        case Exact(surface=surface):
            return _exact(name, surface, stemmer)
        case Forms(surfaces=surfaces):
            return whoosh_query.Or([_surfaces(name, surface) for surface in surfaces])
        case _:
            alternatives = _expanding(leaf, name)
            return whoosh_query.Or(alternatives) if len(alternatives) > 1 else alternatives[0]


def _expanding(leaf: Expanding, name: str) -> list[whoosh_query.Query]:
    """Return what a leaf that stands for many words is looked up as: as the acronyms too that spell such a word."""
    tree: whoosh_query.Query
    match leaf:
        case Prefix(surface=surface):
            tree = whoosh_query.Prefix(_surface_field(name), surface)
        case Wildcard(pattern=pattern):
            tree = whoosh_query.Wildcard(_surface_field(name), pattern)
        case Fuzzy(surface=surface, distance=distance):
            tree = whoosh_query.FuzzyTerm(_surface_field(name), surface, maxdist=distance, prefixlength=1)
    if name in _UNSTEMMED_FIELDS:
        return [tree]
    return [*(_surfaces(name, acronym) for acronym in acronyms_of(leaf)), tree]


def _phrase(field: str, leaf: Phrase, way: _Way) -> whoosh_query.Query:
    tree = whoosh_query.Phrase(field, _terms(field, leaf.surfaces, way.stemmer), leaf.slop)
    if not leaf.is_exact or field in _UNSTEMMED_FIELDS:
        return _with_acronyms(tree, field, leaf.surfaces)
    if way.surfaces_in_order:
        return whoosh_query.Require(
            tree, FormsInOrder(_surface_field(field), [written_as(each) for each in leaf.surfaces], leaf.slop)
        )
    narrowing = [_forms(field, surface) for surface in dict.fromkeys(leaf.surfaces)]
    if leaf.not_in:
        narrowing.append(whoosh_query.Not(whoosh_query.Or([whoosh_query.Term("id", each) for each in leaf.not_in])))
    return whoosh_query.Require(tree, whoosh_query.And(narrowing))


def _with_acronyms(tree: whoosh_query.Query, field: str, surfaces: tuple[str, ...]) -> whoosh_query.Query:
    """Return what finds words by their stems, in articles that have the acronyms among them as such."""
    acronyms = [_surfaces(field, surface) for surface in surfaces if is_acronym(surface)]
    return whoosh_query.Require(tree, whoosh_query.And(acronyms)) if acronyms else tree


def _exact(field: str, surface: str, stemmer: str) -> whoosh_query.Query:
    """Return what ranks articles by all forms of a word, of those that have this one."""
    if field in _UNSTEMMED_FIELDS:
        return whoosh_query.Term(field, surface)
    return whoosh_query.Require(whoosh_query.Term(field, analysis.stem_by(surface, stemmer)), _forms(field, surface))


def _forms(field: str, surface: str) -> whoosh_query.Query:
    forms = [_surfaces(field, form) for form in written_as(surface)]
    return whoosh_query.Or(forms) if len(forms) > 1 else forms[0]


def _surfaces(field: str, surface: str) -> whoosh_query.Query:
    # A surface of several stems is several terms, in which the stem stands behind a zero byte (`index.codec.format`).
    return whoosh_query.TermRange(_surface_field(field), surface, f"{surface}\0\U0010ffff")


def expansions(leaf: Expanding) -> list[whoosh_query.Query]:
    """Return what a leaf that stands for many words is looked up as, field by field."""
    fields = (leaf.field,) if leaf.field else _TEXT_FIELDS
    return [tree for name in fields for tree in _expanding(leaf, name)]


def _bag(clauses: Sequence[Clause], way: _Way, weight: float) -> whoosh_query.Query:
    """All or any of the clauses; what narrows does so in either case."""
    wanted = [clause for clause in clauses if not is_narrowing(clause)]
    if way.match == "all" or not wanted:
        return _conjunction(clauses, way, weight)
    return _narrow(whoosh_query.Or(_build_each(wanted, way, weight)), clauses, way)


def _build_each(clauses: Sequence[Clause], way: _Way, weight: float = 1.0) -> list[whoosh_query.Query]:
    """Build clauses that stand side by side; one that stands there twice counts twice and is looked up once."""
    return [_build(clause, way, weight * count) for clause, count in Counter(clauses).items()]


def _conjunction(clauses: Sequence[Clause], way: _Way, weight: float) -> whoosh_query.Query:
    # Whoosh takes "every article, and the word" for every article.
    words = [clause for clause in clauses if not (clause == Everything() or is_narrowing(clause))]
    wanted = _build_each(words, way, weight)
    return _narrow(whoosh_query.And(wanted) if wanted else whoosh_query.Every(), clauses, way)


def _narrow(tree: whoosh_query.Query, clauses: Sequence[Clause], way: _Way) -> whoosh_query.Query:
    """Return the tree with those of some clauses in it that narrow, which change no score."""
    filters = [_condition(clause) for clause in clauses if is_narrowing(clause) and not isinstance(clause, Not)]
    if filters:
        tree = whoosh_query.Require(tree, whoosh_query.And(filters))
    excluded = [clause.clause for clause in clauses if isinstance(clause, Not)]
    # Not Whoosh's AndNot: it lets an excluded article through where it is the first of those that are wanted.
    if excluded:
        tree = whoosh_query.Require(tree, whoosh_query.Not(whoosh_query.Or(_build_each(excluded, way))))
    return tree


def _condition(clause: Clause) -> whoosh_query.Query:
    """Build what narrows: filters, and groups of them."""
    match clause:
        case Published() | Language() | Address():
            return _filter(clause)
        case Or(clauses):
            return whoosh_query.Or([_condition(inner) for inner in clauses])
        case And(clauses) | Bag(clauses):
            return whoosh_query.And([_condition(inner) for inner in clauses])
        case _:
            raise TypeError(f"{clause} is no filter.")


def terms_of(leaf: Word | Phrase, languages: tuple[str | None, ...]) -> tuple[str, ...]:
    """Return what a leaf is looked up as, in a text field or in the one that it names: language after language."""
    surfaces = _surfaces_of(leaf)
    if leaf.field in _UNSTEMMED_FIELDS or (len(surfaces) == 1 and is_acronym(surfaces[0])):
        return surfaces
    return tuple(term for terms in analysis.stem_each(surfaces, analysis.stemmers_of(languages)) for term in terms)


def _terms(field: str, surfaces: tuple[str, ...], stemmer: str) -> list[str]:
    if field in _UNSTEMMED_FIELDS:
        return list(surfaces)
    return [analysis.stem_by(surface, stemmer) for surface in surfaces]


def _surface_field(field: str) -> str:
    return field if field in _UNSTEMMED_FIELDS else f"{field}_surface"
