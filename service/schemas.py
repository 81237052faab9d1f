"""What the answers in JSON look like, as JSON Schemas: made from the records that they are written from.

A record's `to_dict` has a member for each of its fields; what it leaves out at times is in `_LEFT_OUT`.
"""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from index import Article, SearchResponse, SearchResult
from index.engine import ScorePart, Stats, Suggestions

Schema = dict[str, Any]

_SIMPLE: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    dt.datetime: {"type": "string", "format": "date-time"},
    dt.date: {"type": "string", "format": "date"},
}

# Members that are not always there.
_LEFT_OUT: dict[type, frozenset[str]] = {
    SearchResult: frozenset({"explanation"}),
    ScorePart: frozenset({"frequencies", "rarity", "weight"}),
}
# An article may have a time; with it or not, it is in ISO 8601.
_OTHERWISE: dict[type, dict[str, Schema]] = {
    Article: {
        "published": {
            "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}, {"type": "null"}]
        }
    },
}


def component_schemas() -> dict[str, Schema]:
    """Return the schemas of all answers in JSON and of what they are made of, by name."""
    found: dict[str, Schema] = {}
    for record in (Article, SearchResponse, Stats, Suggestions):
        _schema_of(record, found)
    text, number = _SIMPLE[str], _SIMPLE[int]
    found["SuggestAnswer"] = _closed({"query": text, **found.pop("Suggestions")["properties"]})
    found["RelatedAnswer"] = _closed({"id": text, "results": {"type": "array", "items": _ref("SearchResult")}})
    found["Alive"] = _closed({"status": {"const": "alive"}})
    found["Ready"] = _closed({"status": {"const": "ready"}, "articles": number, "generation": number})
    found["Problem"] = _problem()
    found["ReindexRun"] = _reindex_run()
    found["ArticleRecord"] = _article_record()
    return found


def _problem() -> Schema:
    members: dict[str, Schema] = dict.fromkeys(("title", "detail", "parameter"), _SIMPLE[str])
    members |= {"type": {"type": "string", "format": "uri-reference"}, "status": _SIMPLE[int]}
    return _closed(members, left_out=frozenset({"parameter"}))


def _reindex_run() -> Schema:
    time = {"anyOf": [_SIMPLE[dt.datetime], {"type": "null"}]}
    return _closed(
        {
            "state": {"type": "string", "enum": ["never", "running", "done", "failed"]},
            "started": time,
            "ended": time,
            "detail": {"type": ["string", "null"]},
            "report": {"type": ["object", "null"]},
        }
    )


def _article_record() -> Schema:
    """Return what is put: an article as it is answered will do, and most of it may be left out."""
    text: Schema = {"type": ["string", "null"]}
    members: dict[str, Schema] = dict.fromkeys(("source", "published_from", "place", "language", "id"), text)
    members["title"] = members["body"] = {"type": "string", "pattern": r"\S"}
    members["url"] = text | {"pattern": "^https?://[a-z0-9.-]+(/[A-Za-z0-9/._-]*)?$"}
    members["published"] = {"anyOf": [_SIMPLE[dt.datetime], _SIMPLE[dt.date], {"type": "null"}]}
    members["authors"] = {"type": ["array", "null"], "items": _SIMPLE[str]}
    return _closed(members, left_out=frozenset(members) - {"title", "body"})


def _closed(members: Mapping[str, Schema], left_out: frozenset[str] = frozenset()) -> Schema:
    return {
        "type": "object",
        "properties": dict(members),
        "required": [name for name in members if name not in left_out],
        "additionalProperties": False,
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _schema_of(hint: Any, found: dict[str, Schema]) -> Schema:
    """Return the schema of a type; those of records are put into `found`, and referred to."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if isinstance(hint, type) and (is_dataclass(hint) or hasattr(hint, "_fields")):
        if hint.__name__ not in found:
            found[hint.__name__] = {}  # so that a record may hold its like
            otherwise = _OTHERWISE.get(hint, {})
            hints = get_type_hints(hint)
            names = [field.name for field in fields(hint)] if is_dataclass(hint) else hint._fields
            members = {name: otherwise.get(name) or _schema_of(hints[name], found) for name in names}
            found[hint.__name__] = _closed(members, _LEFT_OUT.get(hint, frozenset()))
        return _ref(hint.__name__)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [{"type": "null"} if part is type(None) else _schema_of(part, found) for part in arguments]}
    if origin is tuple:
        return {"type": "array", "items": _schema_of(arguments[0], found)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        mapping: Schema = {"type": "object", "additionalProperties": _schema_of(arguments[1], found)}
        if get_origin(arguments[0]) is Literal:
            mapping["propertyNames"] = {"enum": list(get_args(arguments[0]))}
        return mapping
    raise TypeError(f"There is no schema for {hint}.")
