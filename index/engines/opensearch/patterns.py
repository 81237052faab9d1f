"""Which words the patterns of a query stand for, to be told: by a look at the articles that have some."""

from __future__ import annotations

from collections import Counter

import numpy as np

from index.clauses import Expanding, Leaf, Query, leaves
from index.codec.building.batch import encode
from index.codec.building.vocabulary import Vocabulary
from index.engines.opensearch.commit import Commit, stored_of
from index.engines.opensearch.queries import to_dsl
from index.marking import make_matcher
from index.schema import read_stored

# So many articles are looked at, those that have most of the words; where more have any, the list is open.
_LOOKED_AT = 100
# So many words are told.
_WORDS_TOLD = 10


def tell_patterns(commit: Commit, query: Query) -> dict[Leaf, list[str]]:
    """Return for each pattern of a query the words that it stands for most often."""
    found = dict.fromkeys((*leaves(query.root), *leaves(query.root, excluded=True)))
    return {leaf: _words_of(commit, leaf) for leaf in found if isinstance(leaf, Expanding)}


def _words_of(commit: Commit, leaf: Expanding) -> list[str]:
    body = {
        "query": commit.within(to_dsl(commit.read(Query(leaf), "all"))),
        "size": _LOOKED_AT,
        "_source": ["article"],
        "track_total_hits": _LOOKED_AT + 1,
    }
    found = commit.search(body)["hits"]
    articles = [read_stored(stored_of(hit)) for hit in found["hits"]]
    fits, counts = make_matcher([leaf]), Counter[str]()
    for name in (leaf.field,) if leaf.field else ("body", "title"):
        in_field = Counter[str]()
        for article in articles:
            in_field.update(word for word in _surfaces(_text(article, name)) if fits(word))
        # Nearly all words of titles are in the body, too: in it they are counted, and those of the title come after.
        for word, number in in_field.items():
            counts.setdefault(word, number if name != "title" or leaf.field else 0)
    words = sorted(counts, key=lambda word: (-counts[word], word))
    is_all = found["total"]["value"] <= _LOOKED_AT and len(words) <= _WORDS_TOLD
    return [*words[:_WORDS_TOLD], *([] if is_all else ["…"])]


def _text(article: dict[str, object], field: str) -> str:
    if field == "author":
        return " ".join(map(str, article.get("authors") or ()))  # type: ignore[call-overload]  # a list of texts
    return str(article.get(field) or "")


def _surfaces(text: str) -> set[str]:
    vocabulary, encoded = Vocabulary(), encode(text)
    tokens = vocabulary.cut(encoded, np.array([0, len(encoded)], np.int64))
    return {vocabulary.surface(word) for word in set(tokens.word_ids.tolist())}
