"""Pseudo-relevance feedback: what the best articles talk about counts, too, where a request asks for it.

RM3 (Abdul-Jaleel et al. 2004, TREC): the words of the best articles, by their share of each and by its score, make up
three tenths of the query. They change the order of what is found, never what is found: totals, facets and pages stay
exact. That costs nothing: the measures are the same where articles without any word of the query are found, too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from whoosh.query import AndMaybe, AndNot, Or, Require, Term
from whoosh.query import Query as Tree

from index import analysis
from index.article import Article
from index.codec.searching.nearness import loose_words
from index.query_tree import Reading

NUM_ARTICLES, NUM_WORDS = 10, 20
ORIGINAL_SHARE = 0.7

# Of a long article the beginning says what it is about. To cut so much of ten articles takes 8 ms.
_MAX_CHARACTERS = 2_000

_FIELDS = ("title", "body")


class Telling(NamedTuple):
    """A word of the best articles: its stem there, a surface of it, and its share among such words."""

    stem: str
    surface: str
    share: float


def telling_words(
    best: Iterable[tuple[Article, float]], find_shared: Callable[[Collection[str]], Collection[str]]
) -> list[Telling]:
    """Return the words that the best articles have most of, given with their scores.

    `find_shared` tells which of some stems more than one article has in its body: others tell of no other article.
    Of all languages together: the few articles of one must not be ranked by what they have themselves.
    """
    surfaces: dict[str, str] = {}
    counted: list[tuple[float, Counter[str]]] = []
    for article, score in best:
        counts: Counter[str] = Counter()
        for surface, count in _count_surfaces(article).most_common():
            stem = analysis.stem(surface, article.language)
            counts[stem] += count
            surfaces.setdefault(stem, surface)
        counted.append((score, counts))
    shared = find_shared(surfaces)
    shares: defaultdict[str, float] = defaultdict(float)
    for score, counts in counted:
        kept = {stem: count for stem, count in counts.items() if stem in shared}
        num_words = sum(kept.values())
        for stem, count in kept.items():
            shares[stem] += score * count / num_words
    ordered = sorted(shares.items(), key=lambda share: (-share[1], share[0]))[:NUM_WORDS]
    total = sum(share for _, share in ordered)
    return [Telling(stem, surfaces[stem], share / total) for stem, share in ordered]


def add_feedback(reading: Reading, telling: Sequence[Telling]) -> Reading:
    """Return a reading that finds what it found, and ranks it by other words besides its own."""
    boosts: dict[str, float] = {}
    for (_, text), boost in loose_words(reading.tree, _FIELDS).items():
        boosts[text] = max(boosts.get(text, 0.0), boost)
    if not boosts or not telling:
        return reading
    scale = sum(boosts.values()) * (1 - ORIGINAL_SHARE) / ORIGINAL_SHARE
    added = []
    for word in telling:
        stem = analysis.stem(word.surface, reading.languages[0]) if reading.languages else word.stem
        added.append(Or([Term(name, stem, boost=word.share * scale) for name in _FIELDS]))
    return reading._replace(tree=_add(reading.tree, Or(added) if len(added) > 1 else added[0]))


def _count_surfaces(article: Article) -> Counter[str]:
    """Count the words of an article's title and of the beginning of its body, but stop words and single letters."""
    return Counter(
        token.surface
        for text in (article.title, article.body[:_MAX_CHARACTERS])
        for token in analysis.tokenize(text)
        if len(token.surface) > 1 and not analysis.is_stop_word(token.surface)
    )


def _add(tree: Tree, added: Tree) -> Tree:
    """Return a tree with what it may have besides; filters stay outside, where they cost least."""
    if type(tree) is Require or type(tree) is AndNot:
        return type(tree)(_add(tree.a, added), tree.b)
    return AndMaybe(tree, added)
