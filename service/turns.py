"""One request at a time in a process: the others wait for their turn, and not in the middle of each other.

Python runs one thread at a time. Every kernel, and every article that is decompressed, lets the other threads run
meanwhile; each of them takes microseconds, and of four threads that search at once each is stopped and woken a hundred
times. That is a tenth to a fourth of the processor's time. Reading from and writing to clients, who may be slow, are no
part of a turn, so that threads are still of use; processes are what uses more processors.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# A search may take a second, and what comes after it shall not: from here on it runs beside it. Seconds.
PATIENCE = 0.1

# Where the environment of a request has when it came, by `time.perf_counter`: before it waited.
CAME_AT = "dateline.came_at"


class OneAtATime:
    """A WSGI application that answers one request at a time, but lets none wait longer than `patience` seconds."""

    def __init__(self, application: WSGIApplication, patience: float = PATIENCE) -> None:
        self._application = application
        self._patience = patience
        self._turn = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; what is streamed is made as it is sent, after its turn."""
        environ[CAME_AT] = time.perf_counter()
        is_its_turn = self._turn.acquire(timeout=self._patience)
        try:
            return self._application(environ, start_response)
        finally:
            if is_its_turn:
                self._turn.release()
