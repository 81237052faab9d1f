"""Newer articles first, where a request asks for it: a prior, by which relevance is multiplied.

An article of the newest day counts `1 + GAIN` times as much as one of long ago; the gain halves with each half-life of
its age. Age is counted from the newest article of the index, so that an archive that ends in 1987 has news, too, but
not from later than today: a date that is wrong must not make all others old.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from index import schema

# However new an article is, one that is twice as relevant stands above it.
GAIN = 1.0

_SECONDS_A_DAY = 24 * 60 * 60
_MAX_HALVINGS = 1000.0  # below the least number that there is


def make_prior(published: NDArray[np.int64], half_life: float, today: dt.date | None = None) -> NDArray[np.float64]:
    """Return by what the score of each article is multiplied; the undated have no gain.

    `half_life` is in days, and `today` where it is left out the date in UTC.
    """
    is_dated = published != schema.UNDATED
    if not is_dated.any():
        return np.ones(published.size)
    end = schema.to_seconds(today or dt.datetime.now(dt.UTC).date()) + _SECONDS_A_DAY
    newest = min(int(published[is_dated].max()), end)
    ages = np.maximum(newest - np.where(is_dated, published, newest).astype(np.float64), 0.0)
    halvings = np.minimum(ages / _SECONDS_A_DAY / half_life, _MAX_HALVINGS)
    prior: NDArray[np.float64] = np.where(is_dated, 1 + GAIN * np.exp2(-halvings), 1.0)
    return prior
