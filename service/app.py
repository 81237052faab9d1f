"""The application factory: settings, engine, routes and headers put together.

The engine is named here and opened by its first question, so that the service can start before there is an index
and gunicorn can make the application before it forks.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider
from flask_compress import Compress
from flask_cors import CORS

from index import SearchEngine, open_engine
from service import (
    api,
    caching,
    errors,
    exports,
    feeds,
    formatting,
    health,
    limits,
    logs,
    metrics,
    openapi,
    pages,
    turns,
)
from service.context import EXTENSION, Service
from service.settings import read_settings

# Nothing but our own style sheet, pictures and script, which asks us alone; what an article holds is none of them.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # A link to an original article must not tell its publisher what was searched for.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # The same as `frame-ancestors`, for what does not know that.
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}

# What is text and not small; the level is that at which a page of results takes less than a millisecond.
COMPRESSION = {
    "COMPRESS_ALGORITHM": ["br", "gzip"],
    "COMPRESS_BR_LEVEL": 4,
    "COMPRESS_LEVEL": 5,
    "COMPRESS_MIN_SIZE": 1024,
    # What is sent as it is read, a file, would be left open until Python finds it.
    "COMPRESS_STREAMS": False,
    "COMPRESS_MIMETYPES": [
        "application/atom+xml", "application/json", "application/problem+json", "application/x-ndjson",
        "image/svg+xml", "text/css", "text/csv", "text/html", "text/javascript", "text/plain",
    ],
}  # fmt: skip

# What a page of another site may ask, if its address is allowed to, and which headers of the answer it may see.
CROSS_ORIGIN_PATHS = r"/(api/.*|openapi\.json)"
CROSS_ORIGIN_HEADERS = ["ETag", "Retry-After", logs.REQUEST_ID]


class JSONProvider(DefaultJSONProvider):
    """JSON as the contract has it: UTF-8 as it is, keys in the order given."""

    ensure_ascii = False
    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Return `obj` as JSON that UTF-8 can carry."""
        # A lone surrogate in an article cannot be encoded; Python's escape for it is also JSON's.
        return super().dumps(obj, **kwargs).encode("utf-8", "backslashreplace").decode()

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Return a response of the given value, or of the given names and values, as JSON."""
        value = self._prepare_response_obj(args, kwargs)
        try:
            body = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
        except orjson.JSONEncodeError:  # lone surrogates
            body = f"{self.dumps(value, separators=(',', ':'))}\n".encode()
        return Response(body, mimetype=self.mimetype)


def create_app(config: Mapping[str, object] | None = None, *, engine: SearchEngine | None = None) -> Flask:
    """Return the WSGI application.

    Keys of `config` that begin with `DATELINE_` are settings and win over the environment; the rest are Flask's.
    `engine` stands in for the one that `DATELINE_INDEX` names. Raises `DatelineError` for a setting that cannot
    be used.
    """
    settings = read_settings(config)
    app = Flask(__name__)
    app.config.from_mapping(COMPRESSION)
    app.config.from_mapping(config)
    app.json = JSONProvider(app)
    engine = engine or open_engine(
        settings.index,
        max_cost=settings.max_query_cost or None,
        max_seconds=settings.max_query_seconds or None,
    )
    # Before gunicorn forks and listens: no request waits for a compiler, and the processes share what is loaded.
    engine.warm()
    app.extensions[EXTENSION] = Service(
        settings=settings, engine=engine, metrics=metrics.Metrics(), version=caching.version_of(settings)
    )
    logging.getLogger(app.name).setLevel(settings.log_level.upper())

    # What is registered first sees a request first and its answer last, as it is sent.
    metrics.register(app)
    logs.register(app)
    limits.register(app, settings)
    caching.register(app)
    Compress(app)
    if settings.cors_origins:
        origins = settings.cors_origins.replace(",", " ").split()
        CORS(app, resources={CROSS_ORIGIN_PATHS: {"origins": origins}}, expose_headers=CROSS_ORIGIN_HEADERS)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(feeds.blueprint)
    app.register_blueprint(exports.blueprint)
    app.register_blueprint(openapi.blueprint)
    if settings.admin_token:
        # It takes the job with it, for which most services have no use.
        from service.admin import blueprint  # noqa: PLC0415

        app.register_blueprint(blueprint)
    errors.register(app)
    formatting.register(app)

    @app.after_request
    def add_security_headers(response: Response) -> Response:
        response.headers.update(SECURITY_HEADERS)
        return response

    # What waits for a cluster stops no other thread.
    patience = 0.0 if engine.is_elsewhere else turns.PATIENCE
    app.wsgi_app = turns.OneAtATime(app.wsgi_app, patience)  # type: ignore[method-assign]  # as Flask has it
    return app
