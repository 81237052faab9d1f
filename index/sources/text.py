"""Plain text files, one article each, as a scraper leaves them."""

from __future__ import annotations

from collections.abc import Iterator

from index.article import Article
from index.cleaning import clean
from index.errors import SourceError
from index.sources.decoding import decode


def read(article_id: str, content: bytes) -> Iterator[Article]:
    """Yield the one article of a text file; raises `SourceError` where there is no text in it."""
    cleaned = clean(decode(content))
    if not cleaned.title:
        raise SourceError(article_id, "holds no text")
    yield Article(
        id=article_id,
        title=cleaned.title,
        body=cleaned.body or cleaned.title,
        source=cleaned.agency,
        authors=cleaned.authors,
        published=cleaned.published,
    )
