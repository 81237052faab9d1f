"""The JSON API: searches, articles and figures for programs."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from index.errors import ArticleNotFoundError
from service.arguments import (
    ARGUMENTS,
    RELATED,
    RELATED_ARGUMENTS,
    SUGGEST_ARGUMENTS,
    SUGGESTIONS,
    read_request,
    read_size,
    read_typed,
    require_known,
)
from service.caching import keep_by_generation
from service.context import current_service, search_engine

blueprint = Blueprint("api", __name__)
keep_by_generation(blueprint)


@blueprint.get("/api/search")
def search() -> Response:
    """Answer a search request."""
    require_known(request.args, ARGUMENTS)
    return jsonify(search_engine(read_request(request.args, current_service().settings)).to_dict())


@blueprint.get("/api/suggest")
def suggest() -> Response:
    """Return how what is typed may go on: its last word completed, and titles."""
    require_known(request.args, SUGGEST_ARGUMENTS)
    service = current_service()
    text = read_typed(request.args, service.settings)
    suggestions = service.engine.suggest(text, read_size(request.args, service.settings, SUGGESTIONS))
    return jsonify({"query": text, **suggestions.to_dict()})


@blueprint.get("/api/articles/<path:article_id>/related")
def related(article_id: str) -> Response:
    """Return the articles most like one."""
    engine, settings = current_service().engine, current_service().settings
    try:
        require_known(request.args, RELATED_ARGUMENTS)
        found = engine.related(article_id, read_size(request.args, settings, RELATED))
    except ArticleNotFoundError as error:
        # An id may be a URL, and end so itself.
        try:
            other = engine.article(f"{article_id}/related")
        except ArticleNotFoundError:
            raise error from None
        require_known(request.args, ())
        return jsonify(other.to_dict())
    return jsonify({"id": article_id, "results": [result.to_dict() for result in found]})


@blueprint.get("/api/articles/<path:article_id>")
def article(article_id: str) -> Response:
    """Return one article as it is in the index."""
    require_known(request.args, ())
    return jsonify(current_service().engine.article(article_id).to_dict())


@blueprint.get("/api/stats")
def stats() -> Response:
    """Return what is in the index."""
    require_known(request.args, ())
    return jsonify(current_service().engine.stats().to_dict())
