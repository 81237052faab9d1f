"""The fields of the index: what an article becomes there, and which field answers what.

| field | holds | answers |
|---|---|---|
| `id` | the article's id | one article, replacing, deleting |
| `title`, `body` | stems with positions | words and phrases |
| `title_surface`, `body_surface` | surfaces | `word*`: a stem can be shorter than what was typed |
| `source`, `author` | surfaces with positions | `source:` and `author:` in a query |
| `source_exact`, `author_exact`, `language` | values as they are | filters and facets |
| `published` | seconds since 1970, a column | ranges, newest and oldest first, facets |
| `article` | the article as JSON, stored | giving it back |
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from whoosh.analysis import Analyzer
from whoosh.analysis.acore import Token as WhooshToken
from whoosh.fields import ID, KEYWORD, NUMERIC, STORED, TEXT, Schema

from index import analysis
from index.article import Article

# Changes whenever an index made before could give wrong answers with the code as it is now: what is a word, how it
# is folded, what the fields are.
SCHEMA_VERSION = 1

# Stands for "no date" in the column; no article is that old.
UNDATED = -(1 << 62)
EARLIEST = UNDATED + 1


class _WordAnalyzer(Analyzer):  # type: ignore[misc]  # Whoosh is untyped here
    """`index.analysis` as Whoosh calls it; with `stems` off it gives surfaces."""

    def __init__(self, *, stems: bool) -> None:
        self.stems = stems

    def __call__(self, value: str, **kwargs: Any) -> Iterator[WhooshToken]:
        """Yield one token, changed in place, for each word of `value`, as Whoosh's analyzers do."""
        start_pos: int = kwargs.get("start_pos", 0)
        token = WhooshToken(positions=True, boost=1.0, mode=kwargs.get("mode", ""))
        for position, word in enumerate(analysis.tokenize(value), start_pos):
            token.text = analysis.stem(word.surface) if self.stems else word.surface
            token.pos = position
            yield token


def make_schema() -> Schema:
    """Return the schema of a new index."""
    stems, surfaces = _WordAnalyzer(stems=True), _WordAnalyzer(stems=False)
    return Schema(
        id=ID(unique=True),
        title=TEXT(analyzer=stems),
        body=TEXT(analyzer=stems),
        title_surface=KEYWORD(analyzer=surfaces),
        body_surface=KEYWORD(analyzer=surfaces),
        source=TEXT(analyzer=surfaces),
        author=TEXT(analyzer=surfaces),
        source_exact=KEYWORD(),
        author_exact=KEYWORD(),
        language=KEYWORD(),
        published=NUMERIC(int, bits=64, signed=True, sortable=True, default=UNDATED),
        article=STORED(),
    )


def to_fields(article: Article) -> dict[str, object]:
    """Return an article as the values of the schema's fields."""
    fields: dict[str, object] = {
        "id": article.id,
        "title": article.title,
        "body": article.body,
        "title_surface": article.title,
        "body_surface": article.body,
        "article": json.dumps(article.to_dict(), ensure_ascii=False),
    }
    if article.source:
        fields["source"] = article.source
        fields["source_exact"] = [article.source]
    if article.authors:
        fields["author"] = " ".join(article.authors)
        fields["author_exact"] = list(article.authors)
    if article.language:
        fields["language"] = [article.language]
    if article.published:
        fields["published"] = to_seconds(article.published)
    return fields


def from_stored(fields: dict[str, Any]) -> Article:
    """Return the article that was stored."""
    values: dict[str, Any] = json.loads(fields["article"])
    published: str | None = values.pop("published")
    return Article(
        **values | {"authors": tuple(values["authors"])},
        published=_parse_date(published) if published else None,
    )


def _parse_date(text: str) -> dt.date:
    return dt.datetime.fromisoformat(text) if "T" in text else dt.date.fromisoformat(text)


def to_seconds(published: dt.date) -> int:
    """Return seconds since 1970-01-01 UTC; a date without a time is its first moment."""
    if not isinstance(published, dt.datetime):
        published = dt.datetime(published.year, published.month, published.day, tzinfo=dt.UTC)
    elif published.tzinfo is None:
        published = published.replace(tzinfo=dt.UTC)
    return int(published.timestamp())
