"""Which words of the index the patterns of a query stand for, and what becomes of those that stand for too many."""

from __future__ import annotations

from dataclasses import replace

from index.clauses import Expanding, Forms, Leaf, Query, leaves, replace_leaves
from index.engines.local.snapshot import Snapshot

# All patterns of a query together may touch so many postings, which takes about a tenth of a second: ten million are a
# sixth of those of 400,000 articles.
MAX_POSTINGS = 10_000_000
# A pattern beyond that is searched for as so many of its words, the most frequent.
MAX_WORDS = 100
# So many are told.
WORDS_TOLD = 10


def expand(query: Query, snapshot: Snapshot, max_postings: int = MAX_POSTINGS) -> tuple[Query, dict[Leaf, list[str]]]:
    """Return the query with a bounded cost, and for each pattern in it the words that it stands for most often."""
    told: dict[Leaf, list[str]] = {}
    replacements: dict[Leaf, Leaf] = {}
    notes = []
    for leaf in dict.fromkeys((*leaves(query.root), *leaves(query.root, excluded=True))):
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
    if not replacements or query.root is None:
        return query, told
    root = replace_leaves(query.root, replacements)
    return replace(query, root=root, notes=(*query.notes, *notes)), told


def _first(surfaces: tuple[str, ...], *, is_all: bool) -> list[str]:
    return [*surfaces[:WORDS_TOLD], *([] if is_all and len(surfaces) <= WORDS_TOLD else ["…"])]
