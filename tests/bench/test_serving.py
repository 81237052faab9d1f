"""The benchmark over HTTP asks what it says, of both servers; its figures are for reading and not tested."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from click.testing import CliRunner

from bench import serving
from bench.__main__ import main
from bench.corpus import Document, make_documents, write_documents
from bench.queries import CLASSES, BenchQuery
from bench.serving import DATELINE, LIFE, Turn, choose_queries, to_datasette
from index.sources import read_articles
from tests.conftest import SEEDS


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    seeds = (Document(article.id, article.title, article.body) for article in read_articles(SEEDS))
    write_documents(seeds, folder / "seeds.jsonl")
    write_documents(make_documents(folder / "seeds.jsonl", 200), folder / "made.jsonl")
    return folder / "made.jsonl"


def test_queries_differ_and_are_of_all_classes(corpus: Path) -> None:
    queries = choose_queries(corpus, 60)
    assert len(set(queries)) == len(queries) == 60
    assert {query.kind for query in queries} == set(CLASSES)
    assert choose_queries(corpus, 60) == queries


def test_a_query_is_the_same_for_both() -> None:
    asked = {
        BenchQuery("phrase", ("red", "lines")): ('"red lines"', None, '{title body} : ("red lines")'),
        BenchQuery("prefix", ("dip",)): ("dip*", None, "{title body} : (dip*)"),
        BenchQuery("and", ("assad", "sarin")): ("assad sarin", None, "{title body} : (assad AND sarin)"),
        BenchQuery("common", ("a", "b", "c")): ("a b c", "any", "{title body} : (a OR b OR c)"),
    }
    for query, (typed, match, written) in asked.items():
        for way in DATELINE[1:]:
            arguments = dict(parse_qsl(urlsplit(way.to_path(query)).query))
            assert (arguments["q"], arguments.get("match")) == (typed, match)
        assert dict(parse_qsl(urlsplit(to_datasette(query)).query))["_search"] == written


def test_ratios_are_to_the_sign_of_life_of_the_same_round() -> None:
    search = DATELINE[1].name
    rounds = [
        {LIFE: Turn(slow, 9, 1000 / slow, 0.5), search: Turn(4 * slow, 20, 1000 / slow / 5, 2)} for slow in (1, 10, 1)
    ]
    row = [cell.strip() for cell in serving.table(rounds).splitlines()[-1].split("|")][1:-1]
    assert row == [search, "4.00", "20.00", "200", "2.00", "4.0 (goal 3)", "5.0 (goal 3)"]


@pytest.mark.skipif(
    shutil.which("wrk") is None or importlib.util.find_spec("datasette") is None,
    reason="wrk or the extra 'bench' is not installed",
)
def test_the_command_asks_both_servers(corpus: Path, tmp_path: Path) -> None:
    short = ["--rounds", "1", "--seconds", "1", "--connections", "2"]
    done = CliRunner().invoke(main, ["http", "--corpus", str(corpus), "--folder", str(tmp_path), *short])
    assert done.exit_code == 0, done.output
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if line.startswith("|")][2:]
    assert rows == [*(way.name for way in DATELINE), serving.DATASETTE.name]
    written = (tmp_path / "http" / "dateline.log").read_text().splitlines()
    log = [json.loads(line) for line in written if '"route"' in line]
    assert {line["status"] for line in log} == {200}
    assert {line["route"] for line in log} == {"/healthz", "/api/search", "/search"}
