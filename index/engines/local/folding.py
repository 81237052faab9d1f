"""Folding near-duplicates: of a story's articles that match, the earliest is a result, which lists the others.

Nothing is evaluated twice over: the articles of stories that match are found first, and then all but one of each story
are left out of the search, as deleted articles are; total, order and pages are right by that alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index import schema
from index.codec.kernels.stories import choose_representatives

DocIds = NDArray[np.int64]
Places = NDArray[np.int64]
Scores = NDArray[np.float64]


class Stories:
    """The articles of a snapshot that have near-duplicates; `published` are their times, `num_docs` is of all articles.

    A *place* is one of an article among these; `place_of` has those of all articles, -1 for one that is not.
    """

    def __init__(self, doc_ids: DocIds, leaders: DocIds, published: NDArray[np.int64], num_docs: int) -> None:
        self.doc_ids = doc_ids
        # To look places up takes a tenth of what a binary search does: 0.1 ms for 35,000.
        self.place_of = np.full(num_docs, -1, np.int64)
        self.place_of[doc_ids] = np.arange(doc_ids.size)
        self.published = published
        found, numbers = np.unique(leaders, return_inverse=True)
        self.num_stories = found.size
        self.story_ids = numbers.astype(np.int32)

    @cached_property
    def ages(self) -> NDArray[np.int32]:
        """Return the place in time of each: the undated last, and of equals the first first."""
        order = np.lexsort((self.published, self.published == schema.UNDATED))
        ages = np.empty(order.size, np.int32)
        ages[order] = np.arange(order.size)
        return ages

    @cached_property
    def by_story(self) -> tuple[Places, NDArray[np.int64]]:
        """Return the places story by story, the earliest first, and where those of each story begin."""
        starts = np.zeros(self.num_stories + 1, np.int64)
        np.cumsum(np.bincount(self.story_ids, minlength=self.num_stories), out=starts[1:])
        return np.lexsort((self.ages, self.story_ids)), starts

    def fold(self, places: Places, scores: Scores) -> Fold | None:
        """Return what becomes of those that match, given by place and score; None if nothing is folded."""
        counts = np.zeros(self.num_stories, np.int32)
        best, earliest = np.empty((2, self.num_stories), np.int32)
        choose_representatives(places, scores, self.story_ids, self.ages, counts, best, earliest)
        num_folded = places.size - int(np.count_nonzero(counts))
        if not num_folded:
            return None
        is_matching = np.zeros(self.doc_ids.size, np.bool_)
        is_matching[places] = True
        return Fold(self, places, scores, is_matching, best, earliest, num_folded)


@dataclass(frozen=True, slots=True)
class Fold:
    """The articles of stories that match a query, and which of each story stands for it.

    `places` and `scores` are of those that match, `is_matching` says it of all; `best` and `earliest` have for each
    story that matches a number among the former. `num_folded`: how many articles are no results.
    """

    stories: Stories
    places: Places
    scores: Scores
    is_matching: NDArray[np.bool_]
    best: NDArray[np.int32]
    earliest: NDArray[np.int32]
    num_folded: int

    def stand(self, *, by_score: bool) -> NDArray[np.bool_]:
        """Say of each of `places` whether it stands for its story: the best, or the earliest."""
        standing = (self.best if by_score else self.earliest)[self.stories.story_ids[self.places]]
        is_standing: NDArray[np.bool_] = standing == np.arange(self.places.size)
        return is_standing

    def left_out(self, *, by_score: bool) -> DocIds:
        """Return the articles that are no results, ascending."""
        left_out: DocIds = self.stories.doc_ids[self.places[~self.stand(by_score=by_score)]]
        return left_out

    def story_of(self, doc_id: int) -> tuple[list[int], float] | None:
        """Return the articles of an article's story that match, the earliest first, and the best of their scores.

        None for an article that is in no story. The article must match.
        """
        stories = self.stories
        place = int(stories.place_of[doc_id])
        if place < 0:
            return None
        story = stories.story_ids[place]
        places, starts = stories.by_story
        members = places[starts[story] : starts[story + 1]]
        return stories.doc_ids[members[self.is_matching[members]]].tolist(), float(self.scores[self.best[story]])
