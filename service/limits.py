"""What one client may ask of the service: how large a request may be, how many in a time, and what needs a token.

How long a query may be and what it may cost is looked at where it is read, and where it is run.
"""

from __future__ import annotations

import time

from flask import Flask, current_app, request
from limits.errors import ConfigurationError
from werkzeug.middleware.proxy_fix import ProxyFix

from index.errors import DatelineError
from service.settings import SettingError, Settings

# Whoever watches the service must not find it dead because somebody asks too much, and a page is more than one request.
_NOT_COUNTED = ("health.healthz", "health.readyz", "metrics.metrics", "static")


class RequestTooLargeError(DatelineError):
    """A request with a body larger than one may be."""

    def __init__(self, max_size: int) -> None:
        super().__init__(f"The body of a request has at most {max_size:,} bytes.")


class NotAuthorizedError(DatelineError):
    """A request without the token, or with another; `is_wrong` tells which."""

    def __init__(self, *, is_wrong: bool) -> None:
        said = "The token is not the right one." if is_wrong else "This needs a token."
        super().__init__(f"{said} Send “Authorization: Bearer TOKEN” with the one of DATELINE_ADMIN_TOKEN.")
        self.is_wrong = is_wrong


class TooManyRequestsError(DatelineError):
    """A client asks more often than it may; `retry_after` is in seconds."""

    def __init__(self, allowed: str, retry_after: int) -> None:
        super().__init__(f"One address may ask {allowed}. Try again in {retry_after:,} seconds.")
        self.retry_after = retry_after


def register(app: Flask, settings: Settings) -> None:
    """Have requests refused that are too large or too many."""
    if app.config["MAX_CONTENT_LENGTH"] is None:
        app.config["MAX_CONTENT_LENGTH"] = settings.max_request_size
    if settings.trusted_proxies:
        # Each trusted proxy has added the address that it was asked from; what stands before these anybody can write.
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]

    @app.before_request
    def refuse_what_is_too_large() -> None:
        # Before it is read, and also where nothing reads it: a server has to take in what is sent.
        largest = current_app.config["MAX_CONTENT_LENGTH"]
        if (request.content_length or 0) > largest:
            raise RequestTooLargeError(largest)

    if settings.rate_limit:
        _limit_rate(app, settings)


def _limit_rate(app: Flask, settings: Settings) -> None:
    # It takes a tenth of a second to load, and most archives do without.
    from flask_limiter import Limiter, RequestLimit  # noqa: PLC0415
    from flask_limiter.util import get_remote_address  # noqa: PLC0415

    def refuse(limit: RequestLimit) -> None:
        retry_after = max(1, int(limit.reset_at - time.time()))
        raise TooManyRequestsError(str(limit.limit), retry_after)

    try:
        limiter = Limiter(
            get_remote_address,
            app=app,
            application_limits=[settings.rate_limit],
            storage_uri=settings.rate_storage,
            strategy="moving-window",
            on_breach=refuse,
        )
    except ConfigurationError as error:
        raise SettingError(
            "DATELINE_RATE_STORAGE", settings.rate_storage, f"a store that is there ({error})"
        ) from error

    @limiter.request_filter
    def is_not_counted() -> bool:
        return request.endpoint in _NOT_COUNTED
