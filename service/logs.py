"""What is logged and how: a line for each request, in JSON for programs or as plain text for a person at a terminal."""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid
from typing import Any

from flask import Flask, Response, g, has_request_context, request

from service.context import current_service
from service.settings import Settings
from service.turns import CAME_AT

REQUEST_ID = "X-Request-ID"

# One that a proxy gave is taken over, so that its log and this one can be laid side by side; anything else could
# write lines of its own into a log.
_USABLE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")

_log = logging.getLogger("dateline.requests")


def register(app: Flask) -> None:
    """Have every request get an id and a line."""

    @app.before_request
    def name_request() -> None:
        given = request.headers.get(REQUEST_ID, "")
        g.request_id = given if _USABLE_ID.fullmatch(given) else uuid.uuid4().hex

    @app.after_request
    def tell_request_id(response: Response) -> Response:
        response.headers[REQUEST_ID] = g.request_id
        if _log.isEnabledFor(logging.INFO):
            # An export goes on after this: its line is written when all of it is sent, or was not wanted any more.
            response.call_on_close(_line_of(response))
        return response


def _line_of(response: Response) -> Any:
    service = current_service()
    came_at: float = request.environ[CAME_AT]
    fields: dict[str, object] = {
        "request_id": g.request_id,
        "method": request.method,
        "path": request.path,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
    }
    if service.settings.log_queries == "on":
        fields["query"] = request.query_string.decode("ascii", "backslashreplace")
    size = response.content_length

    def write() -> None:
        milliseconds = round((time.perf_counter() - came_at) * 1000, 3)
        _log.info("request", extra=fields | {"ms": milliseconds, "bytes": size})

    return write


class _WithRequestId(logging.Filter):
    """Gives what is logged while a request is answered the id of that request."""

    def filter(self, record: logging.LogRecord) -> bool:
        if has_request_context() and "request_id" in g and not hasattr(record, "request_id"):
            record.request_id = g.request_id
        return True


class _TextFormatter(logging.Formatter):
    """A line for a person: of a request what was asked and how it went, of all else the message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's name
        """Return the line."""
        if record.name == _log.name:
            told = vars(record)
            query = f"?{told['query']}" if told.get("query") else ""
            record.message = f"{told['status']} {told['method']} {told['path']}{query} {told['ms']:.1f} ms"
        return super().formatMessage(record)


def logging_config(settings: Settings) -> dict[str, Any]:
    """Return what `logging.config.dictConfig` makes handlers from: requests to stdout, all else to stderr."""
    is_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    as_json = {
        "()": "pythonjsonlogger.json.JsonFormatter",
        "fmt": "{levelname}{name}{message}",
        "style": "{",
        "rename_fields": {"levelname": "level", "name": "logger"},
        "timestamp": "time",
        "json_ensure_ascii": False,
    }
    level = settings.log_level.upper()
    handlers = {
        name: {
            "class": "logging.StreamHandler",
            "stream": f"ext://sys.{name}",
            "formatter": "line",
            "filters": ["request_id"],
        }
        for name in ("stdout", "stderr")
    }
    quiet = {"handlers": ["stderr"], "level": level, "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": as_json if is_json else {"()": _TextFormatter}},
        "filters": {"request_id": {"()": _WithRequestId}},
        "handlers": handlers,
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "gunicorn.error": quiet,
            "service.app": quiet,
            "dateline": quiet,
            _log.name: {"handlers": ["stdout"], "level": level, "propagate": False},
        },
    }
