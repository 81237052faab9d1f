"""Files into articles: which files of a folder hold some, and what is in them."""

from __future__ import annotations

from index.sources.documents import Removed, parse_document, parse_documents
from index.sources.finding import FoundFile, OnError, find_files, look_at, resolve
from index.sources.formats import describe_formats
from index.sources.json_files import divide
from index.sources.parts import Document
from index.sources.reading import (
    NO_MAPPING,
    digest_file,
    read_articles,
    read_content,
    read_file,
    split_content,
    split_file,
)
from index.sources.records import NAMES

__all__ = [
    "NAMES",
    "NO_MAPPING",
    "Document",
    "FoundFile",
    "OnError",
    "Removed",
    "describe_formats",
    "digest_file",
    "divide",
    "find_files",
    "look_at",
    "parse_document",
    "parse_documents",
    "read_articles",
    "read_content",
    "read_file",
    "resolve",
    "split_content",
    "split_file",
]
