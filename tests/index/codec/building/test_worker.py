from __future__ import annotations

import threading
from functools import partial

import pytest

from index.codec.building.worker import Worker


def test_tasks_are_done_in_order_and_their_results_are_taken_here() -> None:
    worker = Worker(2)
    taken: list[tuple[int, int]] = []
    threads: set[int] = set()

    def task(number: int) -> int:
        threads.add(threading.get_ident())
        return number

    for number in range(20):
        worker.submit(partial(task, number), lambda found: taken.append((found, threading.get_ident())))
        assert len(taken) >= number - 1
    worker.finish()
    assert taken == [(number, threading.get_ident()) for number in range(20)]
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    worker.close()


def test_only_so_many_tasks_wait() -> None:
    worker = Worker(3)
    may_go_on = threading.Event()
    started = threading.Semaphore(0)

    def task() -> None:
        started.release()
        may_go_on.wait(10)

    for _ in range(3):
        worker.submit(task, lambda _: None)
    adding = threading.Thread(target=worker.submit, args=(task, lambda _: None))
    adding.start()
    adding.join(0.1)
    assert adding.is_alive()
    may_go_on.set()
    adding.join(10)
    assert not adding.is_alive()
    worker.finish()
    worker.close()
    assert [started.acquire(blocking=False) for _ in range(5)] == [True] * 4 + [False]


def test_an_error_is_raised_until_the_worker_is_closed() -> None:
    worker = Worker(1)
    worker.submit(lambda: 1 // 0, lambda _: None)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            worker.submit(lambda: None, lambda _: None)
        with pytest.raises(ZeroDivisionError):
            worker.finish()
    worker.close()


def test_mapping_keeps_the_order_and_raises_what_is_raised() -> None:
    worker = Worker(1)
    assert worker.map(lambda number: number * 2, []) == []
    assert worker.map(lambda number: number * 2, [1, 2, 3]) == [2, 4, 6]
    with pytest.raises(ZeroDivisionError):
        worker.map(lambda number: 1 // number, [1, 0])
    worker.close()


def test_closing_leaves_out_what_waits() -> None:
    worker = Worker(5)
    started, may_go_on = threading.Event(), threading.Event()
    done: list[int] = []

    def first() -> None:
        started.set()
        may_go_on.wait(10)
        done.append(0)

    worker.submit(first, lambda _: None)
    for number in (1, 2):
        worker.submit(partial(done.append, number), lambda _: None)
    started.wait(10)
    threading.Timer(0.05, may_go_on.set).start()
    worker.close()
    assert done == [0]
    worker.close()
