"""What the cleaner makes of real pages and of clean articles may get better, and may not get worse."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path

import pytest

from bench import cleaning
from bench.pages import WAYS, Figures, Page, average, compare, lines_of_blocks, lines_of_cells, read_pages

DATA = Path(__file__).parents[3] / "shared" / "data"

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the pages to measure on are not beside the checkout")

# F1 of each way to make plain lines of pages. A floor rises with what is measured, and is never lowered: whoever finds
# a rule to be wrong replaces it by one that does as well. What was promised is below them all.
FLOORS = {"blocks": 0.956, "cells": 0.953, "inscriptis": 0.951}
PROMISED = 0.93
# F1 of the source of HTML pages; it must do as well as trafilatura by itself does on the same pages in the same run.
HTML_FLOOR = 0.975
HTML_PROMISED = 0.96
# When a change brings this much more, the floor rises with it.
RATCHET = 0.012

# Of the words of articles that are clean already, at most this share may be lost.
MAX_LOST = {"Reuters-21578": 0.0006, "BBC": 0.0002, "20 Newsgroups": 0.002}


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    return read_pages(DATA / "pages")


@needs_data
@pytest.mark.parametrize("way", WAYS)
def test_articles_are_found_in_plain_lines(way: str, pages: list[Page]) -> None:
    pytest.importorskip("lxml.html" if way != "inscriptis" else "inscriptis", reason=f"{way} needs a package")
    figures = cleaning.measure_lines(pages, way)
    f1 = average(figures).f1
    assert f1 >= FLOORS[way], cleaning.worst_table(pages, figures, 10)
    assert f1 < FLOORS[way] + RATCHET, f"better than the floor: raise it to {f1:.3f}"


@needs_data
def test_articles_are_found_in_pages_as_well_as_by_trafilatura(pages: list[Page]) -> None:
    figures = cleaning.measure_pages(pages, cleaning.html_source_body)
    f1 = average(figures).f1
    assert f1 >= HTML_FLOOR, cleaning.worst_table(pages, figures, 10)
    assert f1 < HTML_FLOOR + RATCHET, f"better than the floor: raise it to {f1:.3f}"
    assert f1 >= average(cleaning.measure_pages(pages, cleaning.trafilatura_body)).f1


def test_floors_are_above_what_was_promised() -> None:
    assert min(FLOORS.values()) >= PROMISED
    assert HTML_FLOOR >= HTML_PROMISED


@needs_data
def test_neither_half_of_the_pages_is_known_better_than_the_other(pages: list[Page]) -> None:
    pytest.importorskip("lxml.html")
    figures = cleaning.measure_lines(pages, "blocks")
    halves = [average(one for one, page in zip(figures, pages, strict=True) if page.half == half).f1 for half in (0, 1)]
    assert min(halves) >= PROMISED
    assert abs(halves[0] - halves[1]) < 0.025


@needs_data
def test_clean_articles_lose_next_to_nothing(tmp_path: Path) -> None:
    sample = tmp_path / "sample.jsonl"
    with gzip.open(DATA / "news.jsonl.gz", "rt", encoding="utf-8") as file:
        sample.write_text("".join(itertools.islice(file, 0, None, 8)), encoding="utf-8")
    for kind, (words, lost) in cleaning.words_lost(sample).items():
        assert lost <= MAX_LOST[kind] * words, kind


def test_the_measure_is_that_of_the_benchmark() -> None:
    assert compare("one two three four five", "one two three four five") == Figures(1.0, 1.0)
    assert compare("", "") == Figures(1.0, 1.0)
    assert compare("one two three four five", "") == Figures(0.0, 0.0)
    # Two shingles of three are in the truth, and two of four of the truth are found.
    assert compare("a b c d e f g", "a b c d e x") == Figures(2 / 3, 2 / 4)
    # Bags: what stands twice in the answer counts twice.
    assert compare("a b c d", "a b c d a b c d") == Figures(1 / 5, 1.0)
    assert average([Figures(1.0, 0.5), Figures(0.5, 0.0)]) == Figures(0.75, 0.25)


def test_a_page_becomes_a_line_a_block() -> None:
    pytest.importorskip("lxml.html")
    html = (
        "<html><head><title>T</title></head><body><p>One <b>bold</b>\nword<br>two</p>tail<ul><li>a<li>b</ul>"
        "<table><tr><td>1<td>2</table><script>x</script></body></html>"
    )
    assert lines_of_blocks(html).split("\n") == ["One bold word", "two", "tail", "a", "b", "1 2"]
    assert lines_of_cells(html).split("\n")[-2:] == ["1", "2"]


def test_figures_are_reported_for_both_halves() -> None:
    pages = [Page(str(number), f"https://example.org/{number}", "<p>a b c d</p>", "a b c d") for number in range(20)]
    table = cleaning.pages_table(pages, {"all": [Figures(1.0, 0.5)] * 20})
    assert table.endswith("| all | 1.000 | 0.500 | 0.667 | 0.667 | 0.667 |")
    assert "example.org/0" in cleaning.worst_table(pages, [Figures(1.0, 0.5)] * 20, 1)


def test_speed_is_that_of_middling_pages() -> None:
    assert cleaning.pages_per_second(["A sentence of five words. " * 200, "too short"]) > 0


def test_words_are_counted_by_where_they_come_from(tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl"
    documents = [{"id": "r1", "title": "", "body": "One two three."}, {"id": "x1", "title": "", "body": "Four."}]
    path.write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    assert cleaning.words_lost(path) == {"Reuters-21578": (3, 0), "others": (1, 0)}
