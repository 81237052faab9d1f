"""The one record that the whole program passes around: an article.

A source reader makes it, cleaning fills it, an engine stores it and gives it back; the service shows it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
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

    def to_json(self) -> bytes:
        """Return what is known of the article as JSON in UTF-8: what an engine stores, and what tells two apart.

        What is not known is left out, so that a field more changes nothing for articles that lack it.
        """
        known: dict[str, object] = {"id": self.id, "title": self.title, "body": self.body}
        if self.url:
            known["url"] = self.url
        if self.source:
            known["source"] = self.source
        if self.authors:
            known["authors"] = self.authors
        if self.published:
            known["published"] = self.published.isoformat()
        if self.published_from:
            known["published_from"] = self.published_from
        if self.place:
            known["place"] = self.place
        if self.language:
            known["language"] = self.language
        try:
            return orjson.dumps(known)
        except orjson.JSONEncodeError:  # lone surrogates, from files with a broken encoding
            return json.dumps(known, ensure_ascii=False).encode("utf-8", "surrogatepass")

    def digest(self) -> str:
        """Return 32 hex digits that differ where any field differs; tells an update from a repetition."""
        return digest_of(self.to_json())


def digest_of(encoded: bytes) -> str:
    """Return the digest of the article that `to_json` gave."""
    return hashlib.blake2b(encoded, digest_size=16).hexdigest()
