"""Dateline's service: the search engine's answers over HTTP, as JSON and as plain pages.

It knows the engine by its port alone, `index.engine`; whatever engine is behind it, nothing here changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["create_app"]


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Return the WSGI application; see `service.app.create_app`."""
    # Imported when called: gunicorn's settings and `python -m service.settings` read one module of this package,
    # and should neither wait for Flask nor find themselves imported twice.
    from service.app import create_app as create  # noqa: PLC0415

    return create(config)
