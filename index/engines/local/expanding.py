"""What a query stands for in an index: words that patterns stand for, articles of phrases meant as they are written.

The index has positions of stems alone. So where the words of such a phrase stand in an article, each as it is written,
and somewhere in a row in some form, its text is read for the phrase itself: some 30 µs an article.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from index.clauses import Expanding, Forms, Leaf, Phrase, Query, leaves, replace_leaves
from index.codec.building.batch import encode
from index.codec.building.vocabulary import Vocabulary
from index.deadline import check_time
from index.engines.local.snapshot import Snapshot
from index.marking import NearWords, written_as

# All patterns of a query together may touch so many postings, which takes about a tenth of a second: ten million are a
# sixth of those of 400,000 articles.
MAX_POSTINGS = 10_000_000
# A pattern beyond that is searched for as so many of its words, the most frequent.
MAX_WORDS = 100
# The articles of so many phrases' matches are read; beyond, a phrase's words are found in a row in other forms, too.
MAX_READ = 1_000
# So many are told.
WORDS_TOLD = 10


def expand(query: Query, snapshot: Snapshot, max_postings: int = MAX_POSTINGS) -> tuple[Query, dict[Leaf, list[str]]]:
    """Return the query with a bounded cost, and for each pattern in it the words that it stands for most often."""
    max_read = MAX_READ
    told: dict[Leaf, list[str]] = {}
    replacements: dict[Leaf, Leaf] = {}
    notes = []
    for leaf in dict.fromkeys((*leaves(query.root), *leaves(query.root, excluded=True))):
        check_time()
        if isinstance(leaf, Phrase) and leaf.is_exact and leaf.field in (None, "title", "body"):
            doc_ids = snapshot.match(snapshot.read(Query(leaf), "all"))[0].tolist()
            max_read -= len(doc_ids)
            if max_read < 0:
                notes.append(f"{leaf.text} is in many articles: in some its words may stand in a row in other forms.")
            elif not_in := _without(leaf, doc_ids, snapshot):
                replacements[leaf] = replace(leaf, not_in=not_in)
        if not isinstance(leaf, Expanding):
            continue
        frequent = snapshot.most_frequent(leaf, MAX_WORDS)
        told[leaf] = _first(frequent.surfaces, is_all=frequent.is_all)
        if frequent.postings > max_postings and not frequent.is_all:
            kept = Forms(leaf.text, frequent.surfaces, leaf.field)
            replacements[leaf], told[kept] = kept, told[leaf]
            notes.append(f"“{leaf.text}” stands for too many words: the {MAX_WORDS} most frequent were searched for.")
        else:
            max_postings -= frequent.postings
    if query.root is None or not (replacements or notes):
        return query, told
    root = replace_leaves(query.root, replacements)
    return replace(query, root=root, notes=(*query.notes, *notes)), told


def _without(phrase: Phrase, doc_ids: list[int], snapshot: Snapshot) -> tuple[str, ...]:
    """Return the ids of those articles in which a phrase does not stand as it is written."""
    articles = [snapshot.article_at(doc_id) for doc_id in doc_ids]
    fields = [field for field in ("title", "body") if phrase.field in (None, field)]
    vocabulary = Vocabulary()
    surface_of = {vocabulary.number(form): surface for surface in phrase.surfaces for form in written_as(surface)}
    texts = [encode(article.title if field == "title" else article.body) for article in articles for field in fields]
    starts = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    tokens = vocabulary.cut(b"".join(texts), starts)
    places = np.flatnonzero(np.isin(tokens.word_ids, list(surface_of)))
    bounds = np.searchsorted(places, tokens.starts).tolist()
    positions, words = places.tolist(), tokens.word_ids[places].tolist()
    has_phrase = []
    for start, end in pairwise(bounds):
        near = NearWords(phrase.surfaces, phrase.slop)
        has_phrase.append(any(near.add(surface_of[words[n]], positions[n], 0, 0) for n in range(start, end)))
    return tuple(
        article.id
        for number, article in enumerate(articles)
        if not any(has_phrase[number * len(fields) : (number + 1) * len(fields)])
    )


def _first(surfaces: tuple[str, ...], *, is_all: bool) -> list[str]:
    return [*surfaces[:WORDS_TOLD], *([] if is_all and len(surfaces) <= WORDS_TOLD else ["…"])]
