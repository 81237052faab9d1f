"""Articles like another: those that have most of its telling words, which are frequent in it and rare elsewhere."""

from __future__ import annotations

import math
from collections import Counter
from itertools import islice

from index import analysis
from index.article import Article
from index.clauses import Bag, Boosted, Clause, Query, Word
from index.engine import SearchRequest, SearchResult
from index.engines.local.finding import Found, find
from index.engines.local.results import make_results
from index.engines.local.snapshot import Snapshot

# More words find the same articles and take longer.
_MAX_WORDS = 25
# A word of the title tells as much as so many in the body.
_TITLE_WEIGHT = 3
# A longer text has said by then what it is about; to cut so many words takes 3 ms.
_MAX_TOKENS = 3000
_LEAST_LETTERS = 2


def related(snapshot: Snapshot, article: Article, size: int) -> tuple[SearchResult, ...]:
    """Return the articles that are most like another, without it and its near-duplicates."""
    query = Query(telling_words(snapshot, article))
    if query.root is None:
        return ()
    # Its near-duplicates are folded into one result with it, or it is one by itself.
    request = SearchRequest(size=size + 1, snippets=False)
    found = find(snapshot, query, "any", request, 0)
    page = [hit for hit in found.page if not _is_of(snapshot, found, hit[0], article.id)][:size]
    return make_results(snapshot, Query(None), request, found._replace(page=page))


def _is_of(snapshot: Snapshot, found: Found, doc_id: int, article_id: str) -> bool:
    """Say whether a result is an article, or the story that it belongs to."""
    story = found.fold.story_of(doc_id) if found.fold else None
    return any(snapshot.article_at(each).id == article_id for each in (story[0] if story else (doc_id,)))


def telling_words(snapshot: Snapshot, article: Article) -> Clause | None:
    """Return the words that tell an article from others, each by how often it is there: tf·idf of their stems."""
    counts: Counter[str] = Counter()
    surfaces: dict[str, str] = {}
    for text, weight in ((article.title, _TITLE_WEIGHT), (article.body, 1)):
        for token in islice(analysis.tokenize(text), _MAX_TOKENS):
            if len(token.surface) >= _LEAST_LETTERS and not analysis.is_stop_word(token.surface):
                stem = analysis.stem(token.surface, article.language)
                counts[stem] += weight
                surfaces.setdefault(stem, token.surface)
    scored = []
    for stem, count in counts.items():
        # What no other article has finds none.
        if (doc_freq := max(snapshot.doc_freq("body", stem), snapshot.doc_freq("title", stem))) > 1:
            weight_in_it = 1 + math.log(count)
            scored.append((weight_in_it * math.log(snapshot.num_docs / doc_freq + 1), stem, weight_in_it))
    best = sorted(scored, reverse=True)[:_MAX_WORDS]
    words = [Boosted(Word(surfaces[stem], surfaces[stem]), round(weight, 4)) for _, stem, weight in best]
    return Bag(tuple(words)) if len(words) > 1 else words[0] if words else None
