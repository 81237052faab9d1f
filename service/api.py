"""The JSON API: searches, articles and figures for programs, and two checks for whoever keeps it running."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from service.arguments import ARGUMENTS, read_request, require_known
from service.context import current_service

blueprint = Blueprint("api", __name__)


@blueprint.get("/api/search")
def search() -> Response:
    """Answer a search request."""
    require_known(request.args, ARGUMENTS)
    service = current_service()
    return jsonify(service.engine.search(read_request(request.args, service.settings)).to_dict())


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


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process is alive, whether or not there is an index: a restart would not make one."""
    return jsonify({"status": "alive"})


@blueprint.get("/readyz")
def readyz() -> Response:
    """Say that the index can be asked, by asking it; while it cannot, the error's handler says why."""
    figures = current_service().engine.stats()
    return jsonify({"status": "ready", "articles": figures.articles, "generation": figures.generation})
