"""The benchmark measures what it says, on a small corpus; its figures are for reading, and nothing here is timed."""

from __future__ import annotations

import importlib.util
import itertools
import subprocess
import sys
from pathlib import Path

import pytest
import regex
from click.testing import CliRunner

from bench import chart, report
from bench.__main__ import main
from bench.contenders import Contender, Dateline, Fts5, StockWhoosh, Tantivy
from bench.corpus import Document, make_documents, read_documents, write_documents
from bench.measure import Built, Round, Timed
from bench.queries import CLASSES, make_queries
from index.sources import read_articles

SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hundred articles made of the sentences of the seeds."""
    folder = tmp_path_factory.mktemp("corpus")
    seeds = (Document(article.id, article.title, article.body) for article in read_articles(SEEDS))
    write_documents(seeds, folder / "seeds.jsonl")
    write_documents(make_documents(folder / "seeds.jsonl", 300), folder / "made.jsonl")
    return folder / "made.jsonl"


def test_made_articles_and_queries_are_the_same_each_time(corpus: Path) -> None:
    made = list(read_documents(corpus))
    assert len({document.id for document in made}) == 300
    assert list(make_documents(corpus.parent / "seeds.jsonl", 300)) == made
    queries = make_queries(made, 5)
    assert queries == make_queries(made, 5)
    assert [query.kind for query in queries] == [kind for kind in CLASSES for _ in range(5)]


def _contenders() -> list[type[Contender]]:
    having: dict[str, type[Contender]] = {"tantivy": Tantivy, "apsw": Fts5}
    return [Dateline, StockWhoosh, *(kind for name, kind in having.items() if importlib.util.find_spec(name))]


def test_the_contenders_find_the_same_articles(corpus: Path, tmp_path: Path) -> None:
    documents = list(read_documents(corpus))
    queries = make_queries(documents, 8)
    totals = {}
    for kind in _contenders():
        contender = kind(tmp_path / kind.__name__)
        contender.load()
        contender.clear()
        contender.build(documents)
        contender.open()
        assert contender.size_bytes() > 10_000
        totals[kind.__name__] = [contender.prepare(query)()[0] for query in queries]
    # The words of the classes but the last are English enough for every stemmer; a prefix is one of stems.
    compared = [place for place, query in enumerate(queries) if query.kind != "prefix"]
    for one, other in itertools.combinations(totals, 2):
        equal = sum(totals[one][place] == totals[other][place] for place in compared)
        assert equal >= 0.9 * len(compared), (one, other)
    assert totals["Dateline"] == totals["StockWhoosh"]


@pytest.mark.skipif(
    importlib.util.find_spec("tantivy") is None or importlib.util.find_spec("apsw") is None,
    reason="the extra 'bench' is not installed",
)
def test_the_command_ends_with_the_tables(corpus: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "codec", "--corpus", str(corpus), "--articles", "200", "--queries", "3"]
    done = subprocess.run([*command, "--folder", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for heading in ("### The corpus", "### 200 made articles", "### Growth"):
        assert heading in done.stdout
    assert "| stock Whoosh |" in done.stdout
    assert (tmp_path / "chart.svg").read_text().startswith("<svg")


@pytest.mark.parametrize(
    "arguments",
    [
        ["codec", "--corpus", "none"],
        ["cleaning", "--pages", "none"],
        ["cleaning", "--pages", ".", "--corpus", "none"],
        ["parsing", "--corpus", "none"],
        ["parsing", "--corpus", ".", "--pages", "none"],
    ],
    ids=" ".join,
)
def test_data_that_is_not_there_is_named(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    assert f"none is not there; name another with {arguments[-2]}" in done.output


def test_requests_are_timed_with_snippets_and_facets_and_without(corpus: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "requests", "--corpus", str(corpus), "--folder", str(tmp_path)]
    command += ["--articles", "120", "--queries", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "### The corpus" in done.stdout
    made = done.stdout.partition("### 120 made articles")[2]
    assert [line.split(" | ")[0] for line in made.splitlines() if line][2:] == [
        *(f"| {kind}: {meaning}" for kind, meaning in CLASSES.items()),
        "| all of them",
        "| all of them, on the processor",
    ]
    assert all(float(number) > 0 for number in regex.findall(r"\d+\.\d+", made.rpartition("all of them")[2]))


def _round(articles: int, ours: float, theirs: float) -> Round:
    timed = {kind: {"Dateline": Timed(ours, 2 * ours), "Tantivy": Timed(theirs, 3 * theirs)} for kind in CLASSES}
    builds = {"Dateline": Built(2.0, articles, 10**8, 10**7)}
    return Round(f"{articles} articles", articles, builds, {"Dateline": 1.25, "Tantivy": 2.0}, timed)


def test_the_tables_have_the_ratios() -> None:
    section = report.section(_round(1000, 50.0, 100.0), "Dateline")
    assert "| 0.050 / 0.100 | 0.100 / 0.300 | 0.50 / 0.33 |" in section
    assert "| Dateline | 500 | 100 | 10.0 | 1.2 |" in section
    growth = report.growth_table([_round(10, 1.0, 2.0), _round(1_000, 10.0, 30.0)], ["Dateline", "Tantivy"])
    assert "| term | 0.001 | 0.010 | 0.002 | 0.030 |" in growth


def test_the_chart_has_a_line_for_each_contender_and_class() -> None:
    drawn = chart.draw([_round(10_000, 20.0, 30.0), _round(1_000_000, 200.0, 900.0)], ["Dateline", "Tantivy"])
    assert drawn.count("<polyline") == 4 * len(CLASSES)
    assert all(text in drawn for text in (*CLASSES.values(), "10k", "1M"))
