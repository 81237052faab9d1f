"""The fields of the index: what an article becomes there, and which field answers what.

| field | holds | answers |
|---|---|---|
| `id` | the article's id | one article, replacing, deleting |
| `title`, `body` | stems with positions | words and phrases |
| `title_surface`, `body_surface` | surfaces, parts of the stems | `word*`: a stem can be shorter than what is typed |
| `source`, `author` | surfaces with positions | `source:` and `author:` in a query |
| `source_exact`, `author_exact`, `language` | values as they are | filters and facets |
| `url` | words of the address with positions (`index.urls`) | `url:` in a query |
| `published` | seconds since 1970, with a column | ranges, newest and oldest first, facets |

What an article does not have, it has a term for: `NOT_KNOWN` as its source, author or language in the fields of exact
values, `UNDATED` as its time. Finding and counting such articles is looking up one term.

Stored is what `Article.to_json` gives. The index is an ordinary Whoosh index of this schema;
articles get into it by `index.codec.building.builder`, past Whoosh's analyzers, which are for whoever opens it with
Whoosh. They do not learn the language of an article, and stem as for English.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from whoosh.analysis import Analyzer
from whoosh.analysis.acore import Token as WhooshToken
from whoosh.fields import ID, KEYWORD, NUMERIC, STORED, TEXT, Schema

from index import analysis, stopwords, urls
from index.article import Article
from index.codec.building.fields import KeywordField, NumberField, TextField
from index.engine import NOT_KNOWN, FacetName

# Changes whenever an index made before could give wrong answers with the code as it is now: what is a word, how it
# is folded, what the fields are.
SCHEMA_VERSION = 6

# Stands for "no date"; no article is that old.
UNDATED = -(1 << 62)
EARLIEST = UNDATED + 1


# The fields of exact values, by the facets that count them.
FACET_FIELDS: dict[FacetName, str] = {"source": "source_exact", "author": "author_exact", "language": "language"}


class _WordAnalyzer(Analyzer):  # type: ignore[misc]  # Whoosh is untyped here
    """`index.analysis` as Whoosh calls it; with `stems` off it gives surfaces, which may be `told` in capitals."""

    def __init__(self, *, stems: bool, told: bool = False) -> None:
        self.stems = stems
        self.told = told

    def __call__(self, value: str, **kwargs: Any) -> Iterator[WhooshToken]:
        """Yield one token, changed in place, for each word of `value`, as Whoosh's analyzers do."""
        start_pos: int = kwargs.get("start_pos", 0)
        token = WhooshToken(positions=True, boost=1.0, mode=kwargs.get("mode", ""))
        for position, word in enumerate(analysis.tokenize(value), start_pos):
            surface = word.surface if self.told else stopwords.as_word(word.surface)
            token.text = analysis.stem(surface) if self.stems else surface
            token.pos = position
            yield token


class _AddressAnalyzer(_WordAnalyzer):
    """The same for addresses."""

    def __call__(self, value: str, **kwargs: Any) -> Iterator[WhooshToken]:
        """Yield one token for each word of an address."""
        return super().__call__(urls.to_text(value), **kwargs)


def make_schema() -> Schema:
    """Return the schema of a new index."""
    stems, surfaces = _WordAnalyzer(stems=True), _WordAnalyzer(stems=False)
    told = _WordAnalyzer(stems=False, told=True)
    return Schema(
        id=ID(unique=True, stored=True),
        title=TEXT(analyzer=stems, stored=True),
        body=TEXT(analyzer=stems, stored=True),
        title_surface=ID(analyzer=told),
        body_surface=ID(analyzer=told),
        url=TEXT(analyzer=_AddressAnalyzer(stems=False), stored=True),
        source=TEXT(analyzer=surfaces, stored=True),
        source_exact=KEYWORD(),
        author=TEXT(analyzer=surfaces),
        author_exact=KEYWORD(),
        authors=STORED(),
        language=KEYWORD(stored=True),
        published=NUMERIC(int, bits=64, signed=True, shift_step=0, stored=True, sortable=True, default=UNDATED),
    )


# The same for the builder of segments.
BUILDER_FIELDS = (
    KeywordField("id", has_freqs=False),
    TextField("title", surfaces="title_surface"),
    TextField("body", surfaces="body_surface", signed=True),
    TextField("source", stems=False),
    KeywordField("source_exact"),
    TextField("url", stems=False),
    TextField("author", stems=False),
    KeywordField("author_exact"),
    KeywordField("language"),
    NumberField("published", UNDATED),
)


def to_fields(article: Article) -> dict[str, object]:
    """Return an article as the values of `BUILDER_FIELDS`."""
    return {
        "id": article.id,
        "title": article.title,
        "body": article.body,
        "source": article.source,
        "source_exact": article.source or NOT_KNOWN,
        "author": " ".join(article.authors),
        "author_exact": article.authors or NOT_KNOWN,
        "language": article.language or NOT_KNOWN,
        "url": urls.to_text(article.url) if article.url else "",
        "published": to_seconds(article.published) if article.published else UNDATED,
    }


def to_columns(articles: Sequence[Article]) -> dict[str, list[Any]]:
    """Return articles as the values of `BUILDER_FIELDS`, of each field those of all articles."""
    return {
        "id": [article.id for article in articles],
        "title": [article.title for article in articles],
        "body": [article.body for article in articles],
        "source": [article.source for article in articles],
        "source_exact": [article.source or NOT_KNOWN for article in articles],
        "author": [" ".join(article.authors) for article in articles],
        "author_exact": [article.authors or NOT_KNOWN for article in articles],
        "language": [article.language or NOT_KNOWN for article in articles],
        "url": [urls.to_text(article.url) if article.url else "" for article in articles],
        "published": [to_seconds(article.published) if article.published else UNDATED for article in articles],
    }


def to_stored(article: Article) -> bytes:
    """Return what is stored of an article, as `index.codec.stored` encodes fields."""
    return article.to_json()


def read_stored(encoded: bytes) -> dict[str, Any]:
    """Return what is known of the article that `to_stored` was given, by the names of its fields; lists as lists."""
    try:
        known = orjson.loads(encoded)
    except orjson.JSONDecodeError:
        known = json.loads(encoded.decode("utf-8", "surrogatepass"))
    fields: dict[str, Any] = {"id": "", "title": "", "body": "", **known}
    published: str | None = fields.get("published")
    if published:
        parse = dt.datetime.fromisoformat if "T" in published else dt.date.fromisoformat
        fields["published"] = parse(published)
    return fields


def from_stored(encoded: bytes) -> Article:
    """Return the article that `to_stored` was given."""
    fields = read_stored(encoded)
    authors = tuple(fields.pop("authors", ()))
    return Article(**fields, authors=authors)


def to_seconds(published: dt.date) -> int:
    """Return seconds since 1970-01-01 UTC; a date without a time is its first moment."""
    if not isinstance(published, dt.datetime):
        published = dt.datetime(published.year, published.month, published.day, tzinfo=dt.UTC)
    elif published.tzinfo is None:
        published = published.replace(tzinfo=dt.UTC)
    return int(published.timestamp())
