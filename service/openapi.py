"""What the API is, for programs and for people: `/openapi.json` (OpenAPI 3.1), and `/docs`, a page made from it.

All is made from what the code reads itself: the names of the arguments, the limits of the settings, the records that
are answered, the kinds of problems. A test asks the service whether what stands here is so.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple, get_args

from flask import Blueprint, Response, jsonify, render_template, request

from index.engine import FACETS, MAX_DUPLICATES, MAX_FACET_VALUES, NO_DATE, NOT_KNOWN, Duplicates, Match, Sort
from service.arguments import (
    ARGUMENTS,
    DAYS,
    MAX_PAGE,
    RELATED,
    RELATED_ARGUMENTS,
    SUGGEST_ARGUMENTS,
    SUGGESTIONS,
    require_known,
)
from service.context import current_service
from service.errors import (
    ARTICLE_NOT_FOUND,
    CLUSTER_UNAVAILABLE,
    CURSOR_EXPIRED,
    INDEX_MISSING,
    INDEX_UNAVAILABLE,
    INVALID_PARAMETER,
    PROBLEM_KINDS,
    PROGRAM_PATHS,
    QUERY_TOO_COSTLY,
    REQUEST_TOO_LARGE,
    TOO_MANY_REQUESTS,
    ProblemKind,
)
from service.logs import REQUEST_ID
from service.schemas import Schema, component_schemas
from service.settings import Settings

blueprint = Blueprint("openapi", __name__)

_PROBLEM = "application/problem+json"
_JSON = "application/json"

_NO_INDEX = (INDEX_MISSING, INDEX_UNAVAILABLE, CLUSTER_UNAVAILABLE)
_OF_ALL = (REQUEST_TOO_LARGE, TOO_MANY_REQUESTS)


class Operation(NamedTuple):
    """A question of the API: its path, what it answers, with which arguments, in which form, and what can go wrong.

    `answer` names a schema where the answer is JSON. Where arguments are not checked, names that are not known are
    passed over.
    """

    path: str
    summary: str
    description: str
    arguments: tuple[str, ...] = ()
    answer: str | None = None
    media_type: str = _JSON
    problems: tuple[ProblemKind, ...] = ()
    sizes: int | None = None
    is_tagged: bool = True


_FILE_ARGUMENTS = tuple(name for name in ARGUMENTS if name not in ("page", "size", "cursor"))

OPERATIONS = (
    Operation(
        "/api/search",
        "Search",
        "Ranked articles with snippets and facets. `total` is exact. Without `q` all articles are found.",
        ARGUMENTS,
        "SearchResponse",
        problems=(INVALID_PARAMETER, CURSOR_EXPIRED, QUERY_TOO_COSTLY, *_NO_INDEX),
    ),
    Operation(
        "/api/suggest",
        "Complete what is typed",
        "How the last word of what is typed may go on, and titles that have what is typed.",
        SUGGEST_ARGUMENTS,
        "SuggestAnswer",
        problems=(INVALID_PARAMETER, *_NO_INDEX),
        sizes=SUGGESTIONS,
    ),
    Operation(
        "/api/articles/{id}",
        "An article",
        "One article as it is in the index, with its text.",
        answer="Article",
        problems=(INVALID_PARAMETER, ARTICLE_NOT_FOUND, *_NO_INDEX),
    ),
    Operation(
        "/api/articles/{id}/related",
        "Related articles",
        "The articles most like one, without its near-duplicates.",
        RELATED_ARGUMENTS,
        "RelatedAnswer",
        problems=(INVALID_PARAMETER, ARTICLE_NOT_FOUND, *_NO_INDEX),
        sizes=RELATED,
    ),
    Operation(
        "/api/stats",
        "What is in the index",
        "How many articles there are, of which sources, languages and dates.",
        answer="Stats",
        problems=(INVALID_PARAMETER, *_NO_INDEX),
    ),
    Operation(
        "/export.jsonl",
        "All results as JSON Lines",
        "All that a search finds: an article with its text and what was found of it a line.",
        _FILE_ARGUMENTS,
        media_type="application/x-ndjson",
        problems=(INVALID_PARAMETER, QUERY_TOO_COSTLY, *_NO_INDEX),
    ),
    Operation(
        "/export.csv",
        "All results as a table",
        "All that a search finds: a row an article, for spreadsheets.",
        _FILE_ARGUMENTS,
        media_type="text/csv",
        problems=(INVALID_PARAMETER, QUERY_TOO_COSTLY, *_NO_INDEX),
    ),
    Operation(
        "/feed.atom",
        "A search as a feed",
        "The newest articles that a search finds, to be subscribed to.",
        _FILE_ARGUMENTS,
        media_type="application/atom+xml",
        problems=(INVALID_PARAMETER, QUERY_TOO_COSTLY, *_NO_INDEX),
    ),
    Operation(
        "/opensearch.xml",
        "The search box, for browsers",
        "An OpenSearch description, by which a browser adds the archive to its search bar.",
        media_type="application/opensearchdescription+xml",
        problems=_NO_INDEX,
    ),
    Operation(
        "/healthz",
        "Whether the process answers",
        "200 as long as it does, whether or not there is an index.",
        answer="Alive",
        is_tagged=False,
    ),
    Operation(
        "/readyz",
        "Whether the index can be searched",
        "200 if it can; 503 and the reason otherwise.",
        answer="Ready",
        problems=_NO_INDEX,
        is_tagged=False,
    ),
    Operation(
        "/metrics",
        "Figures for Prometheus",
        "Requests and their times by route, and what is in the index, of all processes together.",
        media_type="text/plain",
        is_tagged=False,
    ),
    Operation(
        "/openapi.json",
        "This description",
        "The API in OpenAPI 3.1.",
        answer="OpenAPI",
        problems=(INVALID_PARAMETER,),
        is_tagged=False,
    ),
)

_WORDS: dict[str, str] = {
    "q": "The query, in the language that the page /help explains; no query is an error. Without it: all articles.",
    "match": "What words without an operator between them mean: all of them, or any.",
    "page": "Which part of the results, counted from 1.",
    "cursor": "In place of `page`, that of the last answer: the results after it.",
    "size": "How many are wanted.",
    "sort": "The order of the results.",
    "from": "The first day on which an article may have been published: 2017-04-12, 2017-04 or 2017.",
    "to": "The last day on which an article may have been published: 2017-04-12, 2017-04 or 2017.",
    "published": f"Years, months or days of publication, or `{NO_DATE}`; several are alternatives. A minus before one "
    "leaves it out.",
    "facets": f"Fields to count, or `all`; of each the {MAX_FACET_VALUES} most frequent values are told.",
    "snippets": "Whether results have snippets.",
    "duplicates": "Whether articles that are nearly the same are one result, which lists the others "
    f"({MAX_DUPLICATES} at most), or each a result of its own.",
    "recency": "The half-life in days of what newer articles have ahead, by relevance.",
    "feedback": "Whether to rank by words of the best articles, too.",
    "explain": "Whether results tell the parts of their scores.",
} | {
    name: f"Articles of this {name}, as it is written; several are alternatives, `{NOT_KNOWN}` is for those that have "
    "none. A minus before a value leaves it out, a backslash says that its minus is meant."
    for name in ("source", "author", "language")
}

# Years, months and days as the calendar has them, leap years too.
_PERIOD = (
    r"(?!0000)([0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?|-(0[13-9]|1[0-2])-(29|30)|-(0[13578]|1[02])-31)?"
    r"|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)"
)
_DATE: Schema = {"type": "string", "pattern": f"^{_PERIOD}$", "title": "a year, a month or a day"}
_PUBLISHED: Schema = _DATE | {"pattern": f"^-?({_PERIOD}|{NO_DATE})$"}
_SWITCH: Schema = {"type": "string", "enum": ["1", "true", "0", "false"]}
# Of a value that is left out more has to be there than the minus.
_VALUE: Schema = {"type": "string", "pattern": r"^(?![\s\x00-\x1f\x7f-\x9f]*-[\s\x00-\x1f\x7f-\x9f]*$)"}


def _argument_schema(name: str, settings: Settings, size: int | None) -> Schema:
    """Return what an argument may be; `size` is how many of something there are by default."""
    default = settings.page_size if size is None else min(size, settings.max_page_size)
    schemas: dict[str, Schema] = {
        "q": {"type": "string", "maxLength": settings.max_query_length},
        "match": {"type": "string", "enum": list(get_args(Match)), "default": "all"},
        "page": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1},
        "cursor": {"type": "string"},
        "size": {"type": "integer", "minimum": 0, "maximum": settings.max_page_size, "default": default},
        "sort": {"type": "string", "enum": list(get_args(Sort)), "default": "relevance"},
        "from": _DATE,
        "to": _DATE,
        "published": {"type": "array", "items": _PUBLISHED},
        "facets": {"type": "array", "items": {"type": "string", "enum": [*FACETS, "all"]}},
        "snippets": _SWITCH | {"default": "1"},
        "duplicates": {"type": "string", "enum": list(get_args(Duplicates)), "default": "fold"},
        "recency": {"type": "string", "pattern": f"^(?=.*[1-9])({DAYS.pattern})$", "title": "a number above 0"},
        "feedback": _SWITCH | {"default": "0"},
        "explain": _SWITCH | {"default": "0"},
    }
    return schemas.get(name) or {"type": "array", "items": _VALUE}


@cache
def describe(settings: Settings, root: str = "") -> dict[str, Any]:
    """Return the description of the API with these settings, mounted at `root`."""
    schemas = component_schemas() | {"OpenAPI": {"type": "object", "required": ["openapi", "info", "paths"]}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings.archive_name} search",
            "version": version("dateline"),
            "description": (
                "Full-text search over an archive of news articles. Errors are problem documents (RFC 9457). Answers "
                "from the index have an ETag, and are 304 to whoever sends it back as If-None-Match until the index, "
                "the service or the day is another. An argument that is blank is one that is not given."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": root or "/"}],
        "paths": {operation.path: {"get": _describe_operation(operation, settings)} for operation in OPERATIONS},
        "components": {
            "schemas": schemas,
            "headers": {
                "RequestID": {
                    "description": "The id of the request, which its line in the log has too.",
                    "schema": {"type": "string"},
                },
                "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
                "ETag": {"description": "What the answer was made from.", "schema": {"type": "string"}},
            },
        },
    }


def _describe_operation(operation: Operation, settings: Settings) -> dict[str, Any]:
    parameters = [_describe_argument(name, settings, operation.sizes) for name in operation.arguments]
    if "{id}" in operation.path:
        about = "The id of the article; signs that an address has for itself are percent-encoded."
        parameters.insert(
            0,
            {"name": "id", "in": "path", "required": True, "description": about, "schema": {"type": "string"}},
        )
    return {
        "operationId": operation.path.strip("/").translate(str.maketrans("/.", "__", "{}")),
        "summary": operation.summary,
        "description": operation.description,
        "parameters": parameters,
        "responses": _describe_responses(operation),
    }


def _describe_argument(name: str, settings: Settings, size: int | None) -> dict[str, Any]:
    parameter: dict[str, Any] = {"name": name, "in": "query", "description": _WORDS[name]}
    schema = _argument_schema(name, settings, size)
    if name == "facets":
        parameter |= {"style": "form", "explode": False}
    return parameter | {"schema": schema}


def _describe_responses(operation: Operation) -> dict[str, Any]:
    headers = {REQUEST_ID: {"$ref": "#/components/headers/RequestID"}}
    tagged = headers | ({"ETag": {"$ref": "#/components/headers/ETag"}} if operation.is_tagged else {})
    schema = {"$ref": f"#/components/schemas/{operation.answer}"} if operation.answer else {"type": "string"}
    responses: dict[str, Any] = {
        "200": {"description": "The answer.", "headers": tagged, "content": {operation.media_type: {"schema": schema}}}
    }
    if operation.is_tagged:
        responses["304"] = {"description": "What the caller has is still so.", "headers": tagged}
    by_status: dict[int, list[ProblemKind]] = {}
    is_for_programs = operation.path.startswith(PROGRAM_PATHS)
    for kind in (*operation.problems, *_OF_ALL):
        by_status.setdefault(kind.status, []).append(kind)
    for status, kinds in sorted(by_status.items()):
        retry = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}} if status in (429, 503) else {}
        # What people open as well answers with a page when something is wrong.
        media_type = _PROBLEM if is_for_programs else "text/html"
        content = {"$ref": "#/components/schemas/Problem"} if is_for_programs else {"type": "string"}
        responses[str(status)] = {
            "description": "; ".join(f"`/problems/{kind.name}`: {kind.title}" for kind in kinds) + ".",
            "headers": headers | retry,
            "content": {media_type: {"schema": content}},
        }
    return responses


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Return the description of the API."""
    require_known(request.args, ())
    return jsonify(describe(current_service().settings, request.script_root))


@blueprint.get("/docs")
def docs() -> Response:
    """Show the description of the API to people."""
    description = describe(current_service().settings, request.script_root)
    html = render_template("docs.html", description=description, kinds=PROBLEM_KINDS.values(), allowed=_in_words)
    return Response(html, mimetype="text/html")


def _in_words(schema: Schema) -> str:
    """Return what an argument may be."""
    if "title" in schema:
        return str(schema["title"])
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if "minimum" in schema:
        return f"{schema['minimum']:,} to {schema['maximum']:,}"
    if "maxLength" in schema:
        return f"text of up to {schema['maxLength']:,} characters"
    if schema.get("type") == "array":
        return f"any number of: {_in_words(schema['items'])}"
    return "text"
