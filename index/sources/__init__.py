"""Files into articles: which files of a folder hold some, and what is in them."""

from __future__ import annotations

from index.sources.finding import FoundFile, OnError, find_files, resolve
from index.sources.formats import describe_formats
from index.sources.reading import (
    NO_MAPPING,
    digest_file,
    parse_content,
    read_articles,
    read_content,
    read_file,
    split_file,
)
from index.sources.records import NAMES

__all__ = [
    "NAMES",
    "NO_MAPPING",
    "FoundFile",
    "OnError",
    "describe_formats",
    "digest_file",
    "find_files",
    "parse_content",
    "read_articles",
    "read_content",
    "read_file",
    "resolve",
    "split_file",
]
