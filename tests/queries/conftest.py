"""The engines that the query table is asked of, each with an index of its articles."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from index import SearchEngine, job, open_engine
from tests.conftest import ROOT
from tests.queries.table import read_articles

# What a run that is killed had put into the index: no query may ever find it.
_KILLED_RUN = """
import os, sys
from index import Article
from index.engines import open_writer
writer = open_writer(sys.argv[1])
writer.put(Article(id="killed", title="Tillerson visits Moscow", body="Half of a run."))
os._exit(9)
"""

# An engine that is added here is asked all.
ENGINES = ("local", "opensearch")


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    """An engine with the articles, which came in two runs and with a run that was killed in between."""
    folder = tmp_path_factory.mktemp("queries")
    with pytest.MonkeyPatch.context() as patched:
        # What two shards answer has to be put together.
        patched.setenv("DATELINE_OPENSEARCH_SHARDS", "2")
        name = _make_index(request, folder)
    with open_engine(name) as opened:
        yield opened


def _make_index(request: pytest.FixtureRequest, folder: Path) -> str:
    name = str(folder / "index")
    if request.param == "opensearch":
        name = f"{request.getfixturevalue('opensearch_nodes').url}/queries"
    articles = read_articles()
    half = len(articles) // 2
    inbox = folder / "articles"
    inbox.mkdir()
    (inbox / "first.jsonl").write_bytes(b"\n".join(map(orjson.dumps, articles[:half])))
    report = job.run([inbox], name)
    assert (report.added, report.failed) == (half, [])
    killed = subprocess.run([sys.executable, "-c", _KILLED_RUN, name], cwd=ROOT, check=False)
    assert killed.returncode == 9
    (inbox / "second.jsonl").write_bytes(b"\n".join(map(orjson.dumps, articles[half:])))
    report = job.run([inbox], name)
    assert (report.added, report.updated, report.unchanged, report.failed) == (len(articles) - half, 0, half, [])
    return name
