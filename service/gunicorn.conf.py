# ruff: noqa: N999 -- the name that gunicorn looks for
"""How gunicorn runs the service: `gunicorn --config service/gunicorn.conf.py`, from the environment's settings.

The names in lower case are gunicorn's. What they are for and what they may be is in `service/settings.py`.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import socket
import struct
import sys
import tempfile
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.http import message

from index.errors import DatelineError
from service.logs import logging_config
from service.settings import read_settings

# Where the processes keep what they count, for `service/metrics.py`; whose library asks for it when it is imported.
_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

try:
    _settings = read_settings()
except DatelineError as error:
    # gunicorn prints a traceback for any exception of its configuration, but lets an exit pass.
    sys.exit(f"dateline: {error}")

wsgi_app = "service:create_app()"
# An IPv6 address stands in brackets, to tell its colons from the port's.
bind = f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"

# The application is made once and forked: workers start at once and share its pages of memory, and what is wrong
# with it ends the start rather than a worker, again and again. The engine opens its files after the fork.
preload_app = True
worker_class = "gthread"
workers = _settings.workers
threads = _settings.threads
timeout = _settings.timeout
graceful_timeout = 30


def when_ready(server: Arbiter) -> None:
    """Prepare what the workers are to have from before they are forked.

    A client may keep a thread only so long by not taking its answer, which a large export could for ever: the
    connections have that from the sockets that listen. And what is loaded by now stays: to look for garbage among it,
    time and again, takes a twentieth of the processors' time, and copies the memory that the processes share.
    """
    gc.collect()
    gc.freeze()
    for listener in server.LISTENERS:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _settings.send_timeout, 0))


# A worker says that it is alive by touching a file. On a disk that can block for seconds, and the worker is
# killed for it; in memory it cannot.
if Path("/dev/shm").is_dir():  # noqa: S108 -- gunicorn makes the file itself, under a name nobody can guess
    worker_tmp_dir = "/dev/shm"  # noqa: S108

# A query that is too long deserves an answer that says so. gunicorn's own bound of 8,190 bytes would cut it off
# first, with a page of its own: a character takes up to twelve bytes of a URL. Its setting cannot go beyond that
# bound, except to none at all, which would let one client fill the memory; hence the module's constant.
message.MAX_REQUEST_LINE = limit_request_line = 128 * 1024

# A request's line is written by `service/logs.py`, which knows its route and its id.
accesslog = None
errorlog = "-"
loglevel = _settings.log_level
logconfig_dict = logging_config(_settings)

# A socket for gunicorn's own console, in the home folder of whoever runs it. Nothing here uses it, and a service
# user often has no such folder.
control_socket_disable = True

if _METRICS_FOLDER not in os.environ:
    os.environ[_METRICS_FOLDER] = tempfile.mkdtemp(prefix="dateline-metrics-")
    _maker = os.getpid()

    @atexit.register
    def _remove_metrics() -> None:
        # The workers are forks of the process that has made it, and end as it does.
        if os.getpid() == _maker:
            shutil.rmtree(os.environ[_METRICS_FOLDER], ignore_errors=True)
