"""What a node of a query tree finds in a segment, and what becomes of two such sets.

Either a list of articles with their scores or, where all have the same score, a bitmap and the score: a filter over a
million articles is 125 KB, and to combine two of them takes microseconds. Deleted articles are in neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.codec.kernels import sets
from index.codec.searching.view import SegmentView, Words


class Listed(NamedTuple):
    """Articles of a segment in ascending order, and their scores."""

    ids: NDArray[np.uint32]
    scores: NDArray[np.float64]


class Constant(NamedTuple):
    """Articles of a segment that all have the same score."""

    words: Words
    score: float


Found = Listed | Constant


def is_empty(found: Found) -> bool:
    """Say whether nothing was found."""
    return not (found.words.any() if isinstance(found, Constant) else found.ids.size)


def count_bits(words: Words) -> int:
    """Return the number of articles in a bitmap."""
    return int(np.bitwise_count(words).sum())


def list_bits(words: Words, count: int) -> NDArray[np.uint32]:
    """Return the first `count` articles of a bitmap, or all if they are fewer."""
    ids = np.empty(count + 64, np.uint32)
    return ids[: min(count, sets.list_bits(words, ids))]


def to_list(found: Found) -> Listed:
    """Return what was found as a list."""
    if isinstance(found, Listed):
        return found
    ids = list_bits(found.words, count_bits(found.words))
    return Listed(ids, np.full(ids.size, found.score))


def to_words(found: Found, view: SegmentView) -> Words:
    """Return what was found as a bitmap."""
    if isinstance(found, Constant):
        return found.words
    words = view.no_bits()
    sets.set_bits(found.ids, 0, found.ids.size, words)
    return words


def keep(found: Found, words: Words, *, is_wanted: bool) -> Found:
    """Return what is in a bitmap too, or is not; the scores stay as they are."""
    if isinstance(found, Constant):
        return Constant(found.words & (words if is_wanted else ~words), found.score)
    ids, scores = np.empty(found.ids.size, np.uint32), np.empty(found.ids.size)
    count = sets.filter_list(*found, words, is_wanted, ids, scores)
    return Listed(ids[:count], scores[:count])


def add_where(found: Listed, other: Found) -> Listed:
    """Return what was found; where an article is in `other` too, its score there is added."""
    scores = found.scores.copy()
    if isinstance(other, Constant):
        sets.add_where(found.ids, other.words, other.score, scores)
    elif other.ids.size:
        sets.add_scores(found.ids, *other, scores)
    return Listed(found.ids, scores)


def intersect(parts: Sequence[Found], boost: float) -> Found:
    """Return what is in all parts; an article's score is the sum of those that it has there, times `boost`."""
    constants = [part for part in parts if isinstance(part, Constant)]
    lists = sorted((part for part in parts if isinstance(part, Listed)), key=_size_of)
    score = sum(part.score for part in constants)
    joined: Found = lists[0] if lists else Constant(constants[0].words, 0.0)
    for constant in constants:
        joined = keep(joined, constant.words, is_wanted=True)
    if isinstance(joined, Constant):
        return Constant(joined.words, score * boost)
    for other in lists[1:]:
        ids, scores = np.empty(joined.ids.size, np.uint32), np.empty(joined.ids.size)
        count = sets.intersect_lists(*joined, *other, ids, scores) if other.ids.size else 0
        joined = Listed(ids[:count], scores[:count])
    return Listed(joined.ids, (joined.scores + score) * boost)


def unite(parts: Sequence[Found], boost: float, view: SegmentView) -> Listed:
    """Return what is in any part; an article's score is the sum of those that it has there, times `boost`."""
    if len(parts) == 1:
        ids, scores = to_list(parts[0])
        return Listed(ids, scores * boost)
    words, sums = view.no_bits(), np.zeros(view.num_docs)
    for part in parts:
        sets.scatter_list(*to_list(part), sums, words)
    ids = list_bits(words, count_bits(words))
    scores = np.empty(ids.size)
    sets.gather_sums(ids, boost, sums, scores)
    return Listed(ids, scores)


def _size_of(found: Listed) -> int:
    return found.ids.size
