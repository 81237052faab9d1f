"""What every request needs: the settings and the engine, kept with the application and typed."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from index import SearchEngine
from service.settings import Settings

EXTENSION = "dateline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The parts that an application was made from."""

    settings: Settings
    engine: SearchEngine


def current_service() -> Service:
    """Return the parts of the application that answers the current request."""
    service: Service = current_app.extensions[EXTENSION]
    return service
