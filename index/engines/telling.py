"""The words that tell an article from others: those that are frequent in it and rare elsewhere."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from itertools import islice

from index import analysis
from index.article import Article
from index.clauses import Bag, Boosted, Clause, Word

# More words find the same articles and take longer.
_MAX_WORDS = 25
# A word of the title tells as much as so many in the body.
_TITLE_WEIGHT = 3
# A longer text has said by then what it is about; to cut so many words takes 3 ms.
_MAX_TOKENS = 3000
_LEAST_LETTERS = 2


def telling_words(
    article: Article, doc_freqs: Callable[[Collection[str]], Mapping[str, int]], num_docs: int
) -> Clause | None:
    """Return the words that tell an article from others, each by how often it is there: tf·idf of their stems.

    `doc_freqs` tells of some stems how many articles have them, of `num_docs`.
    """
    counts: Counter[str] = Counter()
    surfaces: dict[str, str] = {}
    for text, weight in ((article.title, _TITLE_WEIGHT), (article.body, 1)):
        for token in islice(analysis.tokenize(text), _MAX_TOKENS):
            if len(token.surface) >= _LEAST_LETTERS and not analysis.is_stop_word(token.surface):
                stem = analysis.stem(token.surface, article.language)
                counts[stem] += weight
                surfaces.setdefault(stem, token.surface)
    scored, known = [], doc_freqs(counts)
    for stem, count in counts.items():
        # What no other article has finds none.
        if (doc_freq := known[stem]) > 1:
            weight_in_it = 1 + math.log(count)
            scored.append((weight_in_it * math.log(num_docs / doc_freq + 1), stem, weight_in_it))
    best = sorted(scored, reverse=True)[:_MAX_WORDS]
    words = [Boosted(Word(surfaces[stem], surfaces[stem]), round(weight, 4)) for _, stem, weight in best]
    return Bag(tuple(words)) if len(words) > 1 else words[0] if words else None
