from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from index.engine import Stats
from service.app import create_app
from service.turns import PATIENCE, OneAtATime
from tests.service.memory_engine import MemoryEngine

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

WAIT = 10  # seconds, within which all should have happened


class Slow:
    """An application that says when it has begun, and goes on when it is told to."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.begun.release()
        if "fails" in environ:
            raise ValueError("as it should")
        assert self.go_on.wait(WAIT)
        return [b"answer"]


def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
    raise AssertionError("nothing is started here")


def test_requests_to_a_cluster_wait_side_by_side(archive: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.turns.PATIENCE", 2 * WAIT)

    class Elsewhere(MemoryEngine):
        is_elsewhere = True

        def stats(self) -> Stats:
            both.wait(WAIT)  # raises where the other does not come
            return archive.stats()

    both = threading.Barrier(2)
    app = create_app({"TESTING": True}, engine=Elsewhere())
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(app.test_client().get("/api/stats").status_code))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200, 200]


@pytest.fixture
def slow() -> Slow:
    return Slow()


def ask_twice(application: OneAtATime) -> tuple[list[threading.Thread], list[bytes]]:
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.extend(application({}, start_response))) for _ in range(2)]
    for thread in threads:
        thread.start()
    return threads, answers


def test_a_request_begins_when_the_one_before_it_is_answered(slow: Slow) -> None:
    threads, answers = ask_twice(OneAtATime(slow, patience=WAIT))
    assert slow.begun.acquire(timeout=WAIT)
    assert not slow.begun.acquire(timeout=0.2)
    slow.go_on.set()
    assert slow.begun.acquire(timeout=WAIT)
    for thread in threads:
        thread.join()
    assert answers == [b"answer"] * 2


def test_a_request_does_not_wait_for_one_that_takes_long(slow: Slow) -> None:
    threads, _ = ask_twice(OneAtATime(slow, patience=0.05))
    assert slow.begun.acquire(timeout=WAIT)
    assert slow.begun.acquire(timeout=WAIT)
    slow.go_on.set()
    for thread in threads:
        thread.join()


def test_a_request_that_fails_lets_the_next_have_its_turn(slow: Slow) -> None:
    application = OneAtATime(slow, patience=0)
    with pytest.raises(ValueError, match="as it should"):
        application({"fails": True}, start_response)
    slow.go_on.set()
    # Without patience a turn that is still taken is not waited for, and not given back: both must be free.
    assert list(application({}, start_response)) == [b"answer"]
    assert not application._turn.locked()


def test_the_service_answers_so_and_counts_the_waiting(app: Flask) -> None:
    assert isinstance(app.wsgi_app, OneAtATime)
    with app.wsgi_app._turn:
        app.test_client().get("/healthz")
    (seconds,) = re.findall(
        r'^dateline_request_seconds_sum{route="/healthz"} (.*)$', app.test_client().get("/metrics").text, re.MULTILINE
    )
    assert float(seconds) >= PATIENCE
