"""Links to a search with changes: a page has some fifty, each different from the search in an argument or two."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from flask import url_for

from index import SearchRequest
from service.arguments import WRITTEN, query_string, write_argument
from service.settings import Settings

# The argument that says a field of a request.
_ARGUMENTS = {field: name for name, fields in WRITTEN.items() for field in fields}

# Values of facets are in the links of page after page.
_quote = lru_cache(maxsize=1 << 12)(quote_plus)


class Links:
    """Makes links to a search from what is written of it once, and what a change writes anew."""

    def __init__(self, request: SearchRequest, settings: Settings) -> None:
        self._request, self._settings = request, settings
        self._path = url_for("pages.search")
        self._written = {name: self._write(name, {}) for name in WRITTEN}
        self._frames: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}

    def _write(self, name: str, changes: Mapping[str, Any]) -> str:
        values = [changes[field] if field in changes else getattr(self._request, field) for field in WRITTEN[name]]
        return "&".join(f"{name}={_quote(text)}" for text in write_argument(name, values, self._settings))

    def arguments(self, **changes: Any) -> str:
        """Return the query string of the search with other values for some fields of its request."""
        fields = tuple(changes)
        frame = self._frames.get(fields)
        if frame is None:
            frame = self._frames[fields] = self._make_frame({_ARGUMENTS[field] for field in fields})
        names, kept = frame
        pieces = [kept[0]]
        for name, following in zip(names, kept[1:], strict=True):
            pieces += (self._write(name, changes), following)
        return "&".join(filter(None, pieces))

    def _make_frame(self, changed: Container[str]) -> tuple[list[str], list[str]]:
        """Return the arguments that change, in their order, and what stays before, between and after them."""
        names, kept = [], [""]
        for name, written in self._written.items():
            if name in changed:
                names.append(name)
                kept.append("")
            elif written:
                kept[-1] = f"{kept[-1]}&{written}" if kept[-1] else written
        return names, kept

    def url(self, **changes: Any) -> str:
        """Return the link to the page of the search with changes."""
        return join_url(self._path, self.arguments(**changes))


def search_url(request: SearchRequest, settings: Settings, *, external: bool = False) -> str:
    """Return the link to the page of results of a request; an external one has the name of the host."""
    return join_url(url_for("pages.search", _external=external), query_string(request, settings))


def join_url(path: str, query: str) -> str:
    """Return a path with a query string, if there is one."""
    return f"{path}?{query}" if query else path
