"""What every request needs: the settings, the engine and the figures, kept with the application and typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

from index import SearchEngine, SearchRequest, SearchResponse
from service.settings import Settings

if TYPE_CHECKING:
    from service.metrics import Metrics

EXTENSION = "dateline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The parts that an application was made from; `version` changes with its code and its settings."""

    settings: Settings
    engine: SearchEngine
    metrics: Metrics
    version: str


def current_service() -> Service:
    """Return the parts of the application that answers the current request."""
    service: Service = current_app.extensions[EXTENSION]
    return service


def search_engine(request: SearchRequest) -> SearchResponse:
    """Ask the engine, and count it."""
    service = current_service()
    response = service.engine.search(request)
    service.metrics.count_search(response)
    return response
