"""How long a query may take: a moment of each thread, which the engine looks at between its steps.

A step is a kernel, or what is done to a segment or a page; none of them takes long, as what a query costs is bounded
(`QueryTooCostlyError`), but many may, or a few on a machine that is short of processors. To look takes 0.25 µs at most,
and is done six to twenty times for a query.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import QueryTimedOutError


class _Deadline(threading.local):
    """When the query of a thread has to be answered, by `time.perf_counter`, and how long it may take then."""

    moment = math.inf
    seconds = 0.0


_deadline = _Deadline()
_clock = time.perf_counter


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Have what is done in the `with` block end after some seconds; None lets it take any time."""
    if seconds is None:
        yield
        return
    before = _deadline.moment, _deadline.seconds
    _deadline.moment, _deadline.seconds = _clock() + seconds, seconds
    try:
        yield
    finally:
        _deadline.moment, _deadline.seconds = before


def check_time() -> None:
    """Raise `QueryTimedOutError` where the time is over."""
    if _clock() > _deadline.moment:
        raise QueryTimedOutError(_deadline.seconds)
