"""The benchmark of suggestions measures what it says; its figures are for reading, and nothing here is timed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import main
from bench.suggesting import made_word, make_articles
from index.analysis import tokenize
from index.sources import read_articles
from tests.conftest import SEEDS


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    articles = [{"id": each.id, "title": each.title, "body": each.body} for each in read_articles(SEEDS)]
    (tmp_path / "seeds.jsonl").write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    return tmp_path / "seeds.jsonl"


def test_the_command_times_all_three_kinds(corpus: Path, tmp_path: Path) -> None:
    arguments = ["--corpus", str(corpus), "--folder", str(tmp_path / "bench")]
    made = ["--articles", "120", "--words", "500", "--calls", "5"]
    for _ in range(2):  # the second finds the index there
        done = CliRunner().invoke(main, ["suggest", *arguments, *made])
        assert done.exit_code == 0, done.output
        rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if line.startswith("|")]
        assert rows == ["", "---", "did you mean", "completions and titles", "related articles"]


def test_made_words_are_many_and_all_are_in_the_articles(corpus: Path) -> None:
    words = {made_word(number) for number in range(100_000)}
    assert len(words) == 100_000
    articles = list(make_articles(corpus, 100, 400))
    found = {token.surface for article in articles for token in tokenize(article.body)}
    assert {made_word(number) for number in range(400)} <= found


def test_a_corpus_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["suggest", "--corpus", str(tmp_path / "none.jsonl")])
    assert done.exit_code == 1
    assert "none.jsonl is not there" in done.output
