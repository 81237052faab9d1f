"""Fixtures of the tests of the sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from index.article import Article
from index.errors import SourceError
from index.sources import NO_MAPPING, find_files, read_file


class Reading(NamedTuple):
    """What came of reading: the articles, and what failed, by places below the folder."""

    articles: list[Article]
    failed: list[str]

    @property
    def titles(self) -> list[str]:
        return [article.title for article in self.articles]


ReadBytes = Callable[..., Reading]


def read_folder(folder: Path, mapping: Mapping[str, str] = NO_MAPPING) -> Reading:
    """Read all that is found below a folder."""
    articles: list[Article] = []
    errors: list[SourceError] = []
    for file in find_files([folder], errors.append):
        try:
            articles += read_file(file, mapping=mapping, on_error=errors.append)
        except SourceError as error:
            errors.append(error)
    return Reading(articles, [str(error).removeprefix(f"{folder}/") for error in errors])


@pytest.fixture
def read_bytes(tmp_path: Path) -> ReadBytes:
    """Read files of the given names and contents, each of the fixture's calls in a folder of its own."""
    calls = 0

    def read(files: Mapping[str, bytes | str], mapping: Mapping[str, str] = NO_MAPPING) -> Reading:
        nonlocal calls
        calls += 1
        folder = tmp_path / str(calls) / "news"
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_folder(folder, mapping)

    return read
