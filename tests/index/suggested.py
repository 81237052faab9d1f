"""Indexes of a few made articles, for the tests of suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from index import Article, SearchEngine, open_engine
from index.engines import open_writer


def article(number: int, title: str, body: str, **more: object) -> Article:
    return Article(id=str(number), title=title, body=body, **({"language": "en"} | more))  # type: ignore[arg-type]


def make_engine(folder: Path, articles: Sequence[Article], deleted: Sequence[str] = ()) -> SearchEngine:
    """Index articles in two commits; by a third some are deleted."""
    half = len(articles) // 2
    for put in (articles[:half], articles[half:]):
        with open_writer(str(folder)) as writer:
            for each in put:
                writer.put(each)
            writer.commit()
    if deleted:
        with open_writer(str(folder)) as writer:
            for article_id in deleted:
                writer.delete(article_id)
            writer.commit()
    return open_engine(str(folder))
