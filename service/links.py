"""Links to a search with changes: a page has some fifty, each different from the search in an argument or two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from flask import url_for

from index import SearchRequest
from service.arguments import WRITTEN, query_string, write_argument
from service.settings import Settings

# The argument that says a field of a request.
_ARGUMENTS = {field: name for name, fields in WRITTEN.items() for field in fields}


class Links:
    """Makes links to a search from what is written of it once, and what a change writes anew."""

    def __init__(self, request: SearchRequest, settings: Settings) -> None:
        self._request, self._settings = request, settings
        self._path = url_for("pages.search")
        self._written = {name: self._write(name, {}) for name in WRITTEN}

    def _write(self, name: str, changes: Mapping[str, Any]) -> str:
        values = [changes[field] if field in changes else getattr(self._request, field) for field in WRITTEN[name]]
        return "&".join(f"{name}={quote_plus(text)}" for text in write_argument(name, values, self._settings))

    def arguments(self, **changes: Any) -> str:
        """Return the query string of the search with other values for some fields of its request."""
        anew = {name: self._write(name, changes) for name in {_ARGUMENTS[field] for field in changes}}
        return "&".join(filter(None, (self._written | anew).values()))

    def url(self, **changes: Any) -> str:
        """Return the link to the page of the search with changes."""
        return join_url(self._path, self.arguments(**changes))


def search_url(request: SearchRequest, settings: Settings, *, external: bool = False) -> str:
    """Return the link to the page of results of a request; an external one has the name of the host."""
    return join_url(url_for("pages.search", _external=external), query_string(request, settings))


def join_url(path: str, query: str) -> str:
    """Return a path with a query string, if there is one."""
    return f"{path}?{query}" if query else path
