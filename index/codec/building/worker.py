"""A thread that works for whoever builds a segment: the kernels and zstd let go of Python's lock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Worker:
    """Does up to `most_tasks` tasks one after another in a thread, which starts with the first.

    Not safe to share between threads.
    """

    def __init__(self, most_tasks: int) -> None:
        self._most_tasks = most_tasks
        self._thread: ThreadPoolExecutor | None = None
        self._tasks: deque[tuple[Future[Any], Callable[[Any], None]]] = deque()

    def submit(self, function: Callable[[], _Result], then: Callable[[_Result], None]) -> None:
        """Have something done; `then` is called with what it returns, here, by a later call or `finish`.

        Waits while there are too many tasks. Raises what a task before has raised, and goes on raising it: what comes
        after it is not to be relied on.
        """
        while len(self._tasks) >= self._most_tasks:
            self._end_first()
        self._tasks.append((self._executor().submit(function), then))

    def finish(self) -> None:
        """Wait until all is done; raises what a task has raised."""
        while self._tasks:
            self._end_first()

    def map(self, function: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
        """Return the function of each item; the first is done here while the thread does the others."""
        futures = [self._executor().submit(function, item) for item in items[1:]]
        return [*map(function, items[:1]), *(future.result() for future in futures)]

    def close(self) -> None:
        """End the thread, after what it is doing; what waits is not done."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
        self._tasks.clear()

    def _end_first(self) -> None:
        future, then = self._tasks[0]
        then(future.result())  # it stays the first if it has failed
        self._tasks.popleft()

    def _executor(self) -> ThreadPoolExecutor:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="segment-builder")
        return self._thread
