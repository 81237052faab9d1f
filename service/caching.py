"""What need not be sent again: an answer is the same until the index, the service or the day is another.

Each answer that is made from the index carries a tag of all three, and whoever has it may keep it but asks every time
whether it still holds, which costs no search. Days count because "the last seven days" are others tomorrow.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

from flask import Blueprint, Flask, Response, g, request, url_for

from service.context import current_service
from service.settings import Settings

# It may be kept, by proxies too, and must be asked for each time.
_ASK_EACH_TIME = "public, no-cache"
# Links to files name their content, so that what is kept is never out of date.
_FOR_EVER = "public, max-age=31536000, immutable"
_NEVER = "no-store"


def register(app: Flask) -> None:
    """Have answers say how long they may be kept, and files be linked by their content."""
    versions = {path.name: _digest([path])[:12] for path in Path(app.static_folder or "").iterdir() if path.is_file()}

    @app.after_request
    def say_how_long(response: Response) -> Response:
        if "etag" in g and response.status_code in (200, 304):
            response.set_etag(g.etag, weak=True)
            response.headers["Cache-Control"] = _ASK_EACH_TIME
        elif request.endpoint == "static" and response.status_code == 200:
            is_current = request.args.get("v") == versions.get(Path(request.path).name)
            response.headers["Cache-Control"] = _FOR_EVER if is_current else _ASK_EACH_TIME
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = _NEVER
        return response

    @app.template_global()
    def static_url(filename: str) -> str:
        return url_for("static", filename=filename, v=versions[filename])


def keep_by_generation(blueprint: Blueprint, except_for: tuple[str, ...] = ()) -> None:
    """Have the answers of a blueprint carry a tag, and be sent to nobody who has them already."""

    @blueprint.before_request
    def answer_if_unchanged() -> Response | None:
        if request.method not in ("GET", "HEAD") or request.endpoint in except_for:
            return None
        stats = current_service().engine.stats()
        made_by = current_service().version
        # The time tells an index from one that was made anew in its place and has come to the same generation.
        g.etag = f"{made_by}-{stats.generation}-{stats.committed_at.timestamp():.6f}-{_today():%Y%m%d}"
        # "*" would mean any answer at all, also one to a question that makes no sense.
        if not request.if_none_match.star_tag and request.if_none_match.contains_weak(g.etag):
            return Response(status=304)
        return None


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def version_of(settings: Settings) -> str:
    """Return what changes with the code, the pages and the settings: the same for the same on any machine."""
    files = sorted(path for path in Path(__file__).parent.rglob("*") if path.suffix in (".py", ".html", ".xml"))
    return _digest(files, repr(settings))[:12]


def _digest(files: list[Path], more: str = "") -> str:
    digest = hashlib.sha256(more.encode("utf-8", "surrogateescape"))
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()
