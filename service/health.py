"""Two checks for whoever keeps the service running."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from service.context import current_service

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process is alive, whether or not there is an index: a restart would not make one."""
    return jsonify({"status": "alive"})


@blueprint.get("/readyz")
def readyz() -> Response:
    """Say that the index can be asked, by asking it; while it cannot, the error's handler says why.

    `stale` is ready, too, since searches are answered: by the last generation that could be opened.
    """
    engine = current_service().engine
    figures, trouble = engine.stats(), engine.trouble()
    said = {"status": "stale" if trouble else "ready", "articles": figures.articles, "generation": figures.generation}
    return jsonify(said | ({"detail": str(trouble)} if trouble else {}))
