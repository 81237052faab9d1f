"""The JSON API: searches, articles and figures for programs."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from service.arguments import ARGUMENTS, read_request, require_known
from service.caching import keep_by_generation
from service.context import current_service, search_engine

blueprint = Blueprint("api", __name__)
keep_by_generation(blueprint)


@blueprint.get("/api/search")
def search() -> Response:
    """Answer a search request."""
    require_known(request.args, ARGUMENTS)
    return jsonify(search_engine(read_request(request.args, current_service().settings)).to_dict())


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
