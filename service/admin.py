"""What changes the index over HTTP, for whoever has the token; without the setting there are no such routes.

Articles are put and withdrawn one by one, each by a commit of its own. A run over the archivist's files is a process of
its own, and is asked for and about.
"""

from __future__ import annotations

import hmac

import orjson
from flask import Blueprint, Response, jsonify, request, url_for
from werkzeug.exceptions import UnsupportedMediaType

from index.editing import put_article, withdraw_article
from index.errors import ArticleInvalidError
from service.arguments import require_known
from service.context import current_service
from service.limits import NotAuthorizedError
from service.reindexing import Reindexing

blueprint = Blueprint("admin", __name__)


@blueprint.before_request
def require_token() -> None:
    """Let nobody pass without the token; to compare it takes the same time whatever is wrong."""
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        raise NotAuthorizedError(is_wrong=False)
    token = current_service().settings.admin_token
    if not hmac.compare_digest(given.token.encode("utf-8", "replace"), token.encode()):
        raise NotAuthorizedError(is_wrong=True)


@blueprint.put("/api/articles/<path:article_id>")
def put(article_id: str) -> Response:
    """Put an article in the place of the one with this id, if there is any."""
    require_known(request.args, ())
    service = current_service()
    is_new = put_article(service.settings.index, article_id, _read_json())
    response = jsonify(service.engine.article(article_id).to_dict())
    if is_new:
        response.status_code = 201
        response.headers["Location"] = url_for("api.article", article_id=article_id)
    return response


@blueprint.delete("/api/articles/<path:article_id>")
def withdraw(article_id: str) -> Response:
    """Take an article out, so that no run brings it back."""
    require_known(request.args, ())
    withdraw_article(current_service().settings.index, article_id)
    return Response(status=204)


@blueprint.post("/api/reindex")
def start_reindex() -> Response:
    """Begin a run over the archivist's files."""
    require_known(request.args, ())
    runs = _runs()
    runs.start()
    response = jsonify(runs.last().to_dict())
    response.status_code = 202
    response.headers["Location"] = url_for("admin.last_reindex")
    return response


@blueprint.get("/api/reindex")
def last_reindex() -> Response:
    """Say how the last run that was asked for here went."""
    require_known(request.args, ())
    return jsonify(_runs().last().to_dict())


def _runs() -> Reindexing:
    settings = current_service().settings
    return Reindexing(settings.index, settings.seeds)


def _read_json() -> object:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("An article is sent as JSON, with “Content-Type: application/json”.")
    try:
        return orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        raise ArticleInvalidError(f"The body of the request is no JSON: {error}.") from error
