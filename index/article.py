"""The one record that the whole program passes around: an article.

A source reader makes it, cleaning fills it, an engine stores it and gives it back; the service shows it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import orjson

# Where the date of an article was found: in what its record or page says of it, in the path of its URL, in its text, or
# in the name of its file.
DateOrigin = Literal["metadata", "url", "text", "file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article of the archive.

    What is not known is `None` (or empty, for `authors`): nothing is guessed. `body` is plain text, its
    paragraphs separated by a blank line. `published` is a `datetime` (in UTC) where the time is known too;
    `published_from` says where it was found. `place` is where the article was filed, as its dateline has it.
    `language` is an ISO 639 code, of two letters where there is one.
    """

    id: str
    title: str
    body: str
    url: str | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    published: dt.date | None = None
    published_from: DateOrigin | None = None
    place: str | None = None
    language: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the article as JSON-ready values; `published` in ISO 8601."""
        return {
            "id": self.id,
            "title": self.title,
            "body": self.body,
            "url": self.url,
            "source": self.source,
            "authors": list(self.authors),
            "published": self.published.isoformat() if self.published else None,
            "published_from": self.published_from,
            "place": self.place,
            "language": self.language,
        }

    def digest(self) -> str:
        """Return 32 hex digits that differ where any field differs; tells an update from a repetition."""
        fields = self.to_dict()
        for name in ("published_from", "place"):
            # An index made before there was this field remembers digests without it.
            if fields[name] is None:
                del fields[name]
        return hashlib.blake2b(_canonical(fields), digest_size=16).hexdigest()


def _canonical(fields: Mapping[str, object]) -> bytes:
    """Return what `json.dumps(fields, sort_keys=True, ensure_ascii=False)` does, which takes four times as long."""
    try:
        members = [b'"%b": %b' % (name.encode(), _to_json(value)) for name, value in sorted(fields.items())]
    except orjson.JSONEncodeError:
        # A lone surrogate cannot be encoded strictly, and a digest must exist for any text.
        return json.dumps(fields, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return b"{" + b", ".join(members) + b"}"


def _to_json(value: object) -> bytes:
    if value is None:
        return b"null"
    return b"[" + b", ".join(map(_to_json, value)) + b"]" if isinstance(value, list) else orjson.dumps(value)
