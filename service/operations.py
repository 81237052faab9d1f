"""Which questions the API answers, and what may come of each: the table that its description is made from."""

from __future__ import annotations

from typing import NamedTuple

from service.arguments import ARGUMENTS, RELATED, RELATED_ARGUMENTS, SUGGEST_ARGUMENTS, SUGGESTIONS
from service.errors import (
    ARTICLE_NOT_FOUND,
    CLUSTER_UNAVAILABLE,
    CURSOR_EXPIRED,
    INDEX_LOCKED,
    INDEX_MISSING,
    INDEX_NOT_WRITABLE,
    INDEX_UNAVAILABLE,
    INVALID_ARTICLE,
    INVALID_PARAMETER,
    NOT_AUTHORIZED,
    QUERY_TIMED_OUT,
    QUERY_TOO_COSTLY,
    REQUEST_TOO_LARGE,
    TOO_MANY_REQUESTS,
    ProblemKind,
)

JSON = "application/json"

_NO_INDEX = (INDEX_MISSING, INDEX_UNAVAILABLE, CLUSTER_UNAVAILABLE)
OF_ALL = (REQUEST_TOO_LARGE, TOO_MANY_REQUESTS)
_CHANGING = (NOT_AUTHORIZED, INVALID_PARAMETER, INDEX_LOCKED, INDEX_NOT_WRITABLE, INDEX_UNAVAILABLE)


class Operation(NamedTuple):
    """A question of the API: its path, what it answers, with which arguments, in which form, and what can go wrong.

    `answer` names a schema where the answer is JSON, and `body` that of the request where it has one. `successes` are
    what it is if all goes well. Where arguments are not checked, names that are not known are passed over.
    """

    path: str
    summary: str
    description: str
    arguments: tuple[str, ...] = ()
    answer: str | None = None
    media_type: str = JSON
    problems: tuple[ProblemKind, ...] = ()
    sizes: int | None = None
    is_tagged: bool = True
    method: str = "get"
    successes: tuple[tuple[int, str], ...] = ((200, "The answer."),)
    body: str | None = None


_FILE_ARGUMENTS = tuple(name for name in ARGUMENTS if name not in ("page", "size", "cursor"))

OPERATIONS = (
    Operation(
        "/api/search",
        "Search",
        "Ranked articles with snippets and facets. `total` is exact. Without `q` all articles are found.",
        ARGUMENTS,
        "SearchResponse",
        problems=(INVALID_PARAMETER, CURSOR_EXPIRED, QUERY_TOO_COSTLY, QUERY_TIMED_OUT, *_NO_INDEX),
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
        problems=(INVALID_PARAMETER, ARTICLE_NOT_FOUND, QUERY_TIMED_OUT, *_NO_INDEX),
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
        problems=(INVALID_PARAMETER, QUERY_TOO_COSTLY, QUERY_TIMED_OUT, *_NO_INDEX),
    ),
    Operation(
        "/export.csv",
        "All results as a table",
        "All that a search finds: a row an article, for spreadsheets.",
        _FILE_ARGUMENTS,
        media_type="text/csv",
        problems=(INVALID_PARAMETER, QUERY_TOO_COSTLY, QUERY_TIMED_OUT, *_NO_INDEX),
    ),
    Operation(
        "/feed.atom",
        "A search as a feed",
        "The newest articles that a search finds, to be subscribed to.",
        _FILE_ARGUMENTS,
        media_type="application/atom+xml",
        problems=(INVALID_PARAMETER, QUERY_TOO_COSTLY, QUERY_TIMED_OUT, *_NO_INDEX),
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

# What there is only where a token is set.
ADMIN_OPERATIONS = (
    Operation(
        "/api/articles/{id}",
        "Put an article",
        "Has the archive hold an article, in the place of the one with this id, if there is any. It can be searched "
        "for when the answer comes, and stays when the index is made anew.",
        answer="Article",
        problems=(INVALID_ARTICLE, *_CHANGING),
        is_tagged=False,
        method="put",
        successes=((200, "It is in the place of another."), (201, "There was none.")),
        body="ArticleRecord",
    ),
    Operation(
        "/api/articles/{id}",
        "Withdraw an article",
        "Takes an article out of the archive. No run brings it back, whichever file has it, until it is put.",
        problems=(ARTICLE_NOT_FOUND, INDEX_MISSING, *_CHANGING),
        is_tagged=False,
        method="delete",
        successes=((204, "It is gone."),),
    ),
    Operation(
        "/api/reindex",
        "Begin a run",
        "Has the archive's files read for what has changed, by a process of its own.",
        answer="ReindexRun",
        problems=_CHANGING,
        is_tagged=False,
        method="post",
        successes=((202, "It has begun."),),
    ),
    Operation(
        "/api/reindex",
        "How the last run went",
        "How the last run went that was asked for here, or how far it is.",
        answer="ReindexRun",
        problems=(NOT_AUTHORIZED, INVALID_PARAMETER),
        is_tagged=False,
    ),
)
