"""All that a search finds, as a file: JSON Lines for programs, CSV for spreadsheets.

A file is of one state of the index and complete. It is sent as it is made, a few hundred articles at a time, so that
the largest takes no more memory than the smallest; where it breaks off, so does the connection.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

import orjson
from flask import Blueprint, Response, request

from index import Article, SearchRequest, SearchResponse
from index.engine import SearchResult
from service.arguments import read_request
from service.caching import keep_by_generation
from service.context import current_service
from service.links import search_url

blueprint = Blueprint("exports", __name__)
keep_by_generation(blueprint)

# Articles that are found at a time, and bytes that are sent at a time.
PART, BLOCK = 500, 1 << 16

COLUMNS = (
    "id", "title", "source", "published", "authors", "language", "place", "url", "score", "snippets", "duplicates",
    "query", "search", "generation",
)  # fmt: skip

# What a spreadsheet takes for the beginning of a formula, which could send what is in other cells to anybody; tabs and
# line ends before it are passed over by some.
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_TAG = re.compile(r"</?mark>")
_NOT_IN_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 60

Part = tuple[SearchResponse, tuple[Article, ...]]


@blueprint.get("/export.jsonl")
def export_json_lines() -> Response:
    """Return all that a search finds, an article and what was found of it a line; `reindex` reads such a file."""
    asked, link, parts = _begin()
    lines = (_to_line(*found, link) for found in _each(parts))
    return _file(lines, "application/x-ndjson", asked, "jsonl")


@blueprint.get("/export.csv")
def export_table() -> Response:
    """Return all that a search finds as a table, a row an article."""
    asked, link, parts = _begin()
    rows = (_to_row(*found, link) for found in _each(parts))
    return _file(_write_csv(chain([COLUMNS], rows)), "text/csv", asked, "csv")


def _begin() -> tuple[SearchRequest, str, Iterator[Part]]:
    """Return what is asked, the link to its page, and the answers to it, the first of which there is already."""
    service = current_service()
    read = read_request(request.args, service.settings)
    asked = replace(read, page=1, cursor=None, size=PART, facets=(), explain=False)
    link = search_url(replace(asked, size=service.settings.page_size), service.settings, external=True)
    parts = service.engine.walk(asked)
    # What is wrong with the request or the index is told before anything is sent.
    first = next(parts)
    service.metrics.count_search(first[0])
    return asked, link, chain([first], parts)


def _each(parts: Iterable[Part]) -> Iterator[tuple[Article, SearchResult, SearchResponse]]:
    for response, articles in parts:
        for result, article in zip(response.results, articles, strict=True):
            yield article, result, response


def _file(pieces: Iterable[bytes], mimetype: str, asked: SearchRequest, ending: str) -> Response:
    name = _NOT_IN_NAME.sub("-", asked.query.lower()).strip("-")[:_LONGEST_NAME].strip("-") or "articles"
    response = Response(_to_blocks(pieces), mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.{ending}")
    return response


def _to_blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _to_line(article: Article, result: SearchResult, response: SearchResponse, link: str) -> bytes:
    found = result.to_dict()
    more = {name: found[name] for name in ("score", "snippets", "duplicates", "num_duplicates")}
    line = article.to_dict() | more | {"query": response.query, "search": link, "generation": response.generation}
    try:
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        # A lone surrogate, which UTF-8 does not have.
        return orjson.dumps(_without_surrogates(line), option=orjson.OPT_APPEND_NEWLINE)


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {name: _without_surrogates(each) for name, each in value.items()}
    return [_without_surrogates(each) for each in value] if isinstance(value, list) else value


def _to_row(article: Article, result: SearchResult, response: SearchResponse, link: str) -> tuple[str, ...]:
    return (
        article.id,
        article.title,
        article.source or "",
        article.published.isoformat() if article.published else "",
        "; ".join(article.authors),
        article.language or "",
        article.place or "",
        article.url or "",
        str(result.score),
        " … ".join(" ".join(html.unescape(_TAG.sub("", snippet)).split()) for snippet in result.snippets),
        str(result.num_duplicates),
        response.query,
        link,
        str(response.generation),
    )


def _write_csv(rows: Iterable[Iterable[str]]) -> Iterator[bytes]:
    """Write a table as spreadsheets read it without asking: the mark of UTF-8 first, every cell in quotes."""
    written = io.StringIO("\ufeff")
    written.seek(0, io.SEEK_END)
    # A cell without quotes would end at a semicolon where that is what separates cells, and the next begin a formula.
    table = csv.writer(written, quoting=csv.QUOTE_ALL)
    for row in rows:
        table.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in row])
        yield written.getvalue().encode("utf-8", "replace")
        written.seek(0)
        written.truncate()
