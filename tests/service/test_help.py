from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from index import Article, SearchEngine, SearchRequest, open_engine
from index.engines import open_writer
from service.help import HELP, HelpExample
from tests.conftest import SEEDS
from tests.service.conftest import make_client
from tests.service.html_page import get, page_total, text_of

EXAMPLES = [example for section in HELP for example in section.examples]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, seed_index: Path) -> Iterator[SearchEngine]:
    """The sample articles, none of which says when, where or by whom, and one that does."""
    index = str(tmp_path_factory.mktemp("help") / "index")
    today = dt.datetime.now(dt.UTC).date()
    with open_engine(str(seed_index)) as seeds, open_writer(index) as writer:
        for result in seeds.search(SearchRequest(size=len(list(SEEDS.glob("*.txt"))))).results:
            writer.put(seeds.article(result.id))
        for number, published in enumerate((dt.date(2017, 4, 10), today)):
            url = f"https://www.bbc.co.uk/news/politics/{number}"
            known = Article(
                id=str(number), title="A take", body=f"It is number {number}.", url=url, published=published
            )
            writer.put(
                known
                if number
                else Article(
                    **{name: getattr(known, name) for name in known.__slots__} | {"authors": ("Zack Beauchamp",)}
                )
            )
        writer.commit()
    with open_engine(index) as opened:
        yield opened


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.query)
def test_every_example_finds_something_and_is_read_without_a_note(engine: SearchEngine, example: HelpExample) -> None:
    response = engine.search(SearchRequest(query=example.query))
    assert response.total > 0
    assert (response.interpreted.notes, response.relaxed) == ((), False)
    if example.query != "*":
        everything = engine.search(SearchRequest(query="*")).total
        assert response.total < everything or example.query in ("visits moscow", "language:en", "before:2018")


def test_page_has_every_example_as_a_link(client: FlaskClient) -> None:
    page = get(client, "/help")
    assert list(page.problems()) == []
    links = page.links()
    for example in EXAMPLES:
        assert links[example.query].startswith("/search?q=")
        assert example.meaning in page.text()
    assert page_total(get(client, links['"no longer obsolete"'])) == 1
    assert [text_of(code) for code in page.all("code")] == [example.query for example in EXAMPLES]


@pytest.mark.parametrize("path", ["/", "/search?q=moscow", "/search?q=nothing+at+all", "/nothing", "/help"])
def test_every_page_leads_to_the_help(client: FlaskClient, path: str) -> None:
    assert 'href="/help"' in client.get(path).text


def test_help_needs_no_index(tmp_path: Path) -> None:
    assert make_client(None, DATELINE_INDEX=tmp_path / "none").get("/help").status_code == 200
