"""The tree of a query (`index.query_tree`) as the cluster's query DSL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

from whoosh import query as tree

from index.engine import NOT_KNOWN
from index.engines.opensearch.cluster import Json
from index.engines.opensearch.documents import clip, join
from index.engines.opensearch.mapping import GAP
from index.query_tree import FormsInOrder, Reading
from index.schema import EARLIEST, UNDATED

# Words of a phrase that may stand apart do so in one of some ways; so many are looked for one by one. Beyond, what lies
# between two places of the first words is not looked at again, and few articles may be missed.
_MAX_WAYS = 64

_COMBINED = {"title", "body"}
_NOTHING: Json = {"match_none": {}}


def to_dsl(readings: Sequence[Reading]) -> Json:
    """Return what finds and scores the articles of some readings, each in its languages."""
    alternatives = []
    for reading in readings:
        query = _convert(reading.tree)
        if reading.languages is not None:
            names = [language or NOT_KNOWN for language in reading.languages]
            query = {"bool": {"must": [query], "filter": [{"terms": {"language": names}}]}}
        alternatives.append(query)
    return alternatives[0] if len(alternatives) == 1 else _any_of(alternatives)


def to_filter(query: tree.Query) -> Json:
    """Return what finds the articles of a tree; nothing is scored."""
    return {"bool": {"filter": [_convert(query)]}}


def narrow(query: Json, *filters: Json, without: Iterable[Json] = ()) -> Json:
    """Return a query with filters, which change no score."""
    return {"bool": {"must": [query], "filter": list(filters), "must_not": list(without)}}


def _convert(query: tree.Query) -> Json:
    match query:
        case tree.Require():
            return narrow(_convert(query.a), _convert(query.b))
        case tree.AndMaybe():
            return {"bool": {"must": [_convert(query.a)], "should": [_convert(query.b)]}}
        case tree.And():
            return {"bool": {"must": [_convert(each) for each in query.subqueries]}}
        case tree.Or():
            return _or(query)
        case tree.Not():
            return {"bool": {"filter": [{"match_all": {}}], "must_not": [_convert(query.query)]}}
        case _:
            return _convert_leaf(query)


def _convert_leaf(leaf: tree.Query) -> Json:
    match leaf:
        case FormsInOrder():  # before phrases, of which it is a kind
            return _forms_in_order(leaf.fieldname, leaf.words, leaf.slop)
        case tree.Phrase():
            return _phrase(leaf)
        case tree.Term():
            return _term(leaf.fieldname, leaf.text, leaf.boost)
        case tree.Every():
            return {"match_all": {"boost": leaf.boost}}
        case tree.NumericRange():
            return _range(leaf)
        case tree.Prefix() | tree.Wildcard() | tree.FuzzyTerm() | tree.TermRange():
            return _surfaces(leaf)
    if leaf == tree.NullQuery:
        return _NOTHING
    raise TypeError(f"The cluster is not asked for {leaf!r}.")


def _or(query: tree.Or) -> Json:
    subqueries = query.subqueries
    if len(subqueries) == 2 and all(type(each) is tree.Term for each in subqueries):
        one, other = subqueries
        is_same = one.text == other.text and one.boost == other.boost
        if is_same and {one.fieldname, other.fieldname} == _COMBINED:
            return _term("text", one.text, one.boost)
    return _any_of([_convert(each) for each in subqueries])


def _any_of(queries: list[Json]) -> Json:
    return {"bool": {"should": queries, "minimum_should_match": 1}} if queries else _NOTHING


def _term(field: str, text: str, boost: float) -> Json:
    return {"term": {field: {"value": clip(text), "boost": boost}}}


def _range(query: tree.NumericRange) -> Json:
    if query.start == query.end == UNDATED:
        return {"bool": {"filter": [{"match_all": {}}], "must_not": [{"exists": {"field": "seconds"}}]}}
    bounds = {} if query.start in (None, EARLIEST) else {"gte": query.start}
    if query.end is not None:
        bounds["lte"] = query.end
    return {"range": {"seconds": bounds}} if bounds else {"exists": {"field": "seconds"}}


def _surfaces(query: Any) -> Json:
    """Words as written. All score the same, whichever of them an article has."""
    field, boost = query.fieldname, query.boost
    match query:
        case tree.TermRange():
            return _scored_alike({"term": {field: {"value": clip(query.start)}}}, boost)
        case tree.Wildcard():
            # A backslash is no letter of a word, so that patterns have none to be escaped.
            return _scored_alike({"wildcard": {field: {"value": clip(query.text)}}}, boost)
        case tree.Prefix():
            return _scored_alike({"prefix": {field: {"value": clip(query.text)}}}, boost)
    options = {
        "value": clip(query.text),
        "fuzziness": query.maxdist,
        "prefix_length": query.prefixlength,
        "transpositions": False,
        "rewrite": "constant_score",
    }
    return _scored_alike({"fuzzy": {field: options}}, boost)


def _scored_alike(query: Json, boost: float) -> Json:
    return {"constant_score": {"filter": query, "boost": boost}}


def _phrase(query: tree.Phrase) -> Json:
    words, slop = [clip(word) for word in query.words], query.slop
    num_steps = len(words) - 1
    if slop == 1:
        return _words_in_order(query.fieldname, words, query.boost)
    if slop**num_steps > _MAX_WAYS:
        return _forms_in_order(query.fieldname, [(word,) for word in words], slop)
    ways = []
    for steps in product(range(1, slop + 1), repeat=num_steps):
        spread = words[:1]
        for step, word in zip(steps, words[1:], strict=True):
            spread += [GAP] * (step - 1) + [word]
        ways.append(_words_in_order(query.fieldname, spread, query.boost))
    # The nearest way counts, once.
    return {"dis_max": {"queries": ways}}


def _words_in_order(field: str, words: Sequence[str], boost: float) -> Json:
    return {"match_phrase": {field: {"query": join(words), "boost": boost}}}


def _forms_in_order(field: str, words: Sequence[Sequence[str]], slop: int) -> Json:
    """Words in order, each in one of its forms and at most `slop` places behind the one before it."""
    places: list[Json] = [_place(forms) for forms in words]
    if slop == 1:
        return _intervals(field, _in_order(places, 0))
    joined = places[0]
    for place in places[1:]:
        joined = _in_order([joined, place], slop - 1)
    return _intervals(field, joined)


def _place(forms: Sequence[str]) -> Json:
    matches: list[Json] = [{"match": {"query": clip(form)}} for form in forms]
    return {"any_of": {"intervals": matches}} if len(matches) > 1 else matches[0]


def _in_order(places: Sequence[Json], max_gaps: int) -> Json:
    return {"all_of": {"mode": "ordered", "max_gaps": max_gaps, "intervals": list(places)}}


def _intervals(field: str, rule: Json) -> Json:
    return {"intervals": {field: rule}}
