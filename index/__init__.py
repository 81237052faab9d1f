"""Dateline's index: from files of articles to an engine that answers questions about them."""

from index.article import Article
from index.engine import SearchEngine, SearchRequest, SearchResponse, SearchResult
from index.engines import open_engine

__all__ = ["Article", "SearchEngine", "SearchRequest", "SearchResponse", "SearchResult", "open_engine"]
