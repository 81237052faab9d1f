"""Errors as answers: problem documents (RFC 9457) for programs, a page with the same words for people.

Every kind of problem that is Dateline's own has a name, and under `/problems/NAME` a page that explains it, which
is what its `type` refers to. What HTTP itself has a word for, such as an unknown path, is `about:blank`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask import Flask, Response, current_app, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound
from werkzeug.http import HTTP_STATUS_CODES

from index.errors import (
    ArticleInvalidError,
    ArticleNotFoundError,
    ClusterUnavailableError,
    CursorExpiredError,
    DatelineError,
    IndexLockedError,
    IndexMissingError,
    IndexNotWritableError,
    IndexUnavailableError,
    QueryTimedOutError,
    QueryTooCostlyError,
    RequestError,
)
from service.arguments import clean_text
from service.context import current_service
from service.limits import NotAuthorizedError, RequestTooLargeError, TooManyRequestsError

# The paths that programs ask, and so are answered in JSON whatever happens.
PROGRAM_PATHS = (
    "/api/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/export.", "/feed.atom", "/opensearch.xml",
)  # fmt: skip

# How long a caller should wait for an index that is not there: about what it takes to build a small one.
RETRY_AFTER_SECONDS = 30
# And for a run that writes to it: it may be one article's, or one over a million.
RETRY_LOCKED_SECONDS = 5

# And for a cluster: about what it takes to notice that a node is lost, and to have another take over.
CLUSTER_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemKind:
    """A kind of problem that has a page of its own; its title is the same each time, as the RFC asks."""

    name: str
    status: int
    title: str
    explanation: str


INVALID_PARAMETER = ProblemKind(
    name="invalid-parameter",
    status=400,
    title="A parameter cannot be used",
    explanation=(
        "A parameter of the request has a value that makes no sense, or there is no parameter of that name. "
        "The detail says which one it is and what it may be; “parameter” names it. The same request will fail "
        "again."
    ),
)
INVALID_ARTICLE = ProblemKind(
    name="invalid-article",
    status=400,
    title="The article cannot be taken",
    explanation=(
        "What was sent is no article: it is no JSON, a field has a value that makes no sense or a name that is not "
        "known, or the id is one that no article can have. The detail says which and what it may be; “parameter” names "
        "the field. Nothing was changed. The same request will fail again."
    ),
)
NOT_AUTHORIZED = ProblemKind(
    name="not-authorized",
    status=401,
    title="This needs the token of the archive",
    explanation=(
        "What changes the archive is for those who have its token, the value of the setting DATELINE_ADMIN_TOKEN, and "
        "send it in the header Authorization after the word Bearer. This request had none, or another."
    ),
)
ARTICLE_NOT_FOUND = ProblemKind(
    name="article-not-found",
    status=404,
    title="There is no such article",
    explanation=(
        "No article of the archive has the id that was asked for. It may have been there before: an article "
        "leaves the archive when its file does, with the next run of ./scripts/reindex."
    ),
)
CURSOR_EXPIRED = ProblemKind(
    name="cursor-expired",
    status=410,
    title="The cursor has expired",
    explanation=(
        "A cursor leads on from one part of the results to the next while the index stays as it was. It has changed "
        "since: to go on might repeat results or miss some. The same request without a cursor begins again."
    ),
)
QUERY_TOO_COSTLY = ProblemKind(
    name="query-too-costly",
    status=429,
    title="The query would take too long",
    explanation=(
        "What a query costs is known before it is run: how many places in the index it would touch. This one would "
        "touch more than the archive allows, so that others need not wait for it. Rarer words, longer prefixes and "
        "shorter phrases take less. The archive may have changed when the time in the header Retry-After has passed."
    ),
)
QUERY_TIMED_OUT = ProblemKind(
    name="query-timed-out",
    status=503,
    title="The query took too long",
    explanation=(
        "The query was broken off, as it took longer than the archive allows, so that others need not wait for it. "
        "Rarer words, longer prefixes and shorter phrases take less. It may be that many ask at the moment: the same "
        "request can be made again when the time in the header Retry-After has passed."
    ),
)
REQUEST_TOO_LARGE = ProblemKind(
    name="request-too-large",
    status=413,
    title="The request is too large",
    explanation=(
        "The body of the request has more bytes than are taken; the detail says how many may be. Nothing of it was "
        "read. Questions need no body at all. The same request will fail again."
    ),
)
TOO_MANY_REQUESTS = ProblemKind(
    name="too-many-requests",
    status=429,
    title="There are too many requests",
    explanation=(
        "So many requests came from one address that others might have to wait; the detail says how many may come. "
        "The same request can be made again when the time in the header Retry-After has passed, which is in seconds."
    ),
)
INDEX_MISSING = ProblemKind(
    name="index-missing",
    status=503,
    title="There is no index yet",
    explanation=(
        "Nothing has been indexed. Running ./scripts/reindex makes an index, and the service picks it up without a "
        "restart. The same request can be made again then; the header Retry-After says when to try."
    ),
)
INDEX_LOCKED = ProblemKind(
    name="index-locked",
    status=503,
    title="The index is being changed",
    explanation=(
        "One run at a time changes an index, and one is at work: that of a single article takes a moment, that of a "
        "large archive minutes. Searches are answered meanwhile. Nothing was changed by this request; the same can be "
        "made again when the time in the header Retry-After has passed."
    ),
)
INDEX_NOT_WRITABLE = ProblemKind(
    name="index-not-writable",
    status=503,
    title="The index cannot be changed now",
    explanation=(
        "The index can be searched as before, but what was to be changed could not be written: the disk is full, or "
        "the service may not write there; the detail says which. Nothing was changed. The same request can be made "
        "again when that is mended."
    ),
)
INDEX_UNAVAILABLE = ProblemKind(
    name="index-unavailable",
    status=503,
    title="The index cannot be used now",
    explanation=(
        "There is an index, but it cannot be read: it is damaged, or of another version of Dateline; the detail "
        "says which. Running ./scripts/reindex --rebuild makes a new one from the articles, and the service picks "
        "it up without a restart. The same request can be made again then; the header Retry-After says when to try."
    ),
)
CLUSTER_UNAVAILABLE = ProblemKind(
    name="cluster-unavailable",
    status=503,
    title="The cluster cannot be asked now",
    explanation=(
        "The index is on a cluster of machines, and these do not answer, or not all that are needed: a machine or the "
        "network may be lost, or they have too much to do; the detail says what is known. Nothing of the index need be "
        "lost. The service asks anew with each request, and the same one can be made again when the time in the header "
        "Retry-After has passed."
    ),
)
PROBLEM_KINDS = {
    kind.name: kind
    for kind in (
        INVALID_PARAMETER,
        INVALID_ARTICLE,
        NOT_AUTHORIZED,
        ARTICLE_NOT_FOUND,
        CURSOR_EXPIRED,
        QUERY_TOO_COSTLY,
        QUERY_TIMED_OUT,
        REQUEST_TOO_LARGE,
        TOO_MANY_REQUESTS,
        INDEX_MISSING,
        INDEX_LOCKED,
        INDEX_NOT_WRITABLE,
        INDEX_UNAVAILABLE,
        CLUSTER_UNAVAILABLE,
    )
}


# What the parameters are to a reader, who sees the page and not its address.
PARAMETER_NAMES = {
    "q": "The query",
    "match": "The choice of all or any words",
    "page": "The number of the page",
    "size": "The number of results on a page",
    "sort": "The order of the results",
    "from": "The first day",
    "to": "The last day",
    "facets": "The list of what to count",
    "snippets": "The choice of snippets",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is to be said about one failed request; `detail_for_people` where they need other words than programs."""

    status: int
    title: str
    detail: str
    detail_for_people: str = ""
    kind: ProblemKind | None = None
    parameter: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Return the members of the problem document."""
        members: dict[str, object] = {
            "type": f"{request.script_root}/problems/{self.kind.name}" if self.kind else "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return members | ({"parameter": self.parameter} if self.parameter else {})


def register(app: Flask) -> None:
    """Have every error of the application answered here."""
    app.register_error_handler(RequestError, _answer_request_error)
    app.register_error_handler(ArticleInvalidError, _answer_article_invalid)
    app.register_error_handler(NotAuthorizedError, _answer_not_authorized)
    app.register_error_handler(ArticleNotFoundError, _answer_article_not_found)
    app.register_error_handler(CursorExpiredError, _answer_cursor_expired)
    app.register_error_handler(QueryTooCostlyError, _answer_query_too_costly)
    app.register_error_handler(QueryTimedOutError, _answer_query_timed_out)
    app.register_error_handler(RequestTooLargeError, _answer_request_too_large)
    app.register_error_handler(TooManyRequestsError, _answer_too_many_requests)
    app.register_error_handler(IndexUnavailableError, _answer_index_unavailable)
    # Flask logs an unexpected exception with its stack trace, then brings it here as a 500.
    app.register_error_handler(HTTPException, _answer_http_error)


def _answer_request_error(error: RequestError) -> Response:
    name = PARAMETER_NAMES.get(error.parameter, f"“{error.parameter}”")
    problem = _problem_of(INVALID_PARAMETER, error, parameter=error.parameter)
    return _answer(replace(problem, detail_for_people=f"{name} cannot be used: {error.reason}."))


def _answer_article_invalid(error: ArticleInvalidError) -> Response:
    return _answer(_problem_of(INVALID_ARTICLE, error, parameter=error.field))


def _answer_not_authorized(error: NotAuthorizedError) -> Response:
    challenge = 'Bearer realm="Dateline"' + (', error="invalid_token"' if error.is_wrong else "")
    return _answer(_problem_of(NOT_AUTHORIZED, error, headers={"WWW-Authenticate": challenge}))


def _answer_article_not_found(error: ArticleNotFoundError) -> Response:
    return _answer(_problem_of(ARTICLE_NOT_FOUND, error))


def _answer_cursor_expired(error: CursorExpiredError) -> Response:
    return _answer(_problem_of(CURSOR_EXPIRED, error))


def _answer_query_too_costly(error: QueryTooCostlyError) -> Response:
    return _answer(_problem_of(QUERY_TOO_COSTLY, error, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}))


def _answer_query_timed_out(error: QueryTimedOutError) -> Response:
    return _answer(_problem_of(QUERY_TIMED_OUT, error, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}))


def _answer_request_too_large(error: RequestTooLargeError) -> Response:
    return _answer(_problem_of(REQUEST_TOO_LARGE, error))


def _answer_too_many_requests(error: TooManyRequestsError) -> Response:
    return _answer(_problem_of(TOO_MANY_REQUESTS, error, headers={"Retry-After": str(error.retry_after)}))


def _answer_index_unavailable(error: IndexUnavailableError) -> Response:
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if isinstance(error, IndexMissingError):
        # The first thing that a new user may see, and no fault.
        return _answer(_problem_of(INDEX_MISSING, error, headers=headers))
    if isinstance(error, IndexLockedError):
        return _answer(_problem_of(INDEX_LOCKED, error, headers={"Retry-After": str(RETRY_LOCKED_SECONDS)}))
    current_app.logger.error("%s: %s", type(error).__name__, error)
    if isinstance(error, ClusterUnavailableError):
        headers = {"Retry-After": str(CLUSTER_RETRY_AFTER_SECONDS)}
        return _answer(_problem_of(CLUSTER_UNAVAILABLE, error, headers=headers))
    kind = INDEX_NOT_WRITABLE if isinstance(error, IndexNotWritableError) else INDEX_UNAVAILABLE
    return _answer(_problem_of(kind, error, headers=headers))


def _problem_of(
    kind: ProblemKind, error: DatelineError, parameter: str | None = None, headers: Mapping[str, str] | None = None
) -> Problem:
    return Problem(
        status=kind.status, title=kind.title, detail=str(error), kind=kind, parameter=parameter, headers=headers or {}
    )


def _answer_http_error(error: HTTPException) -> Response:
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
    title = HTTP_STATUS_CODES.get(status, "Error")
    return _answer(Problem(status=status, title=title, detail=_http_detail(error), headers=headers))


def _http_detail(error: HTTPException) -> str:
    if isinstance(error, InternalServerError):
        return "Something went wrong inside the service. What it was is in its log."
    if isinstance(error, NotFound):
        return f"There is nothing at {clean_text(request.path)}."
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return f"{request.method} is not a method of {clean_text(request.path)}; there are {allowed}."
    return error.description or "The request could not be answered."


def _answer(problem: Problem) -> Response:
    if request.path.startswith(PROGRAM_PATHS) or request.path == "/api":
        body = current_app.json.dumps(problem.to_dict()) + "\n"
        response = Response(body, status=problem.status, mimetype="application/problem+json")
    else:
        # What was typed is shown again, to be put right.
        query = clean_text(request.args.get("q", ""))[: current_service().settings.max_query_length]
        html = render_template("error.html", problem=problem, query=query)
        # The path of an index need not be UTF-8.
        response = Response(html.encode("utf-8", "replace"), status=problem.status, mimetype="text/html")
    response.headers.update(problem.headers)
    return response
