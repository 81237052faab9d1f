from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from index import Article
from index.engines import open_writer
from tests.service.conftest import make_client
from tests.service.html_page import HtmlPage, get, page_total, text_of
from tests.service.memory_engine import MemoryEngine
from tests.service.test_timeline import drawn


def notice(page: HtmlPage) -> str:
    return page.text(page.one("section", class_="notice"))


def test_nothing_found_shows_what_there_is_by_source_and_by_month(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=volcano")
    coverage = page.one("section", class_="coverage")
    assert page.text(coverage).startswith(
        "What the archive holds 35 articles from 4 sources, 1 January 2017 – 13 September 2018."
    )
    sources = {text_of(item.find("a")): item for item in coverage.iter("li")}
    assert list(sources) == ["The Gazette", "The Courier", "Der Bote", "الأخبار"]
    for text, item in sources.items():
        url = item[0].get("href", "")
        assert page_total(get(archive_client, url)) == int(text_of(item[1])), text
    months = drawn(page)
    assert len(months) == 21
    for title, url in months.items():
        assert page_total(get(archive_client, url)) == int(title.split(": ")[1].split()[0])
    assert page_total(get(archive_client, page.links()["3 without a date"])) == 3


def test_long_archive_is_told_by_month_too() -> None:
    days = [dt.date(1999, 5, 3), dt.date(1999, 5, 20), dt.date(2004, 1, 1), dt.date(2011, 12, 31)]
    articles = [Article(id=str(n), title="t", body=f"b {n}", published=day) for n, day in enumerate(days)]
    page = get(make_client(MemoryEngine([*articles, Article(id="x", title="t", body="b")])), "/search?q=nothing")
    assert [title for title in drawn(page) if "no articles" not in title] == [
        "May 1999: 2 articles", "January 2004: 1 article", "December 2011: 1 article"
    ]  # fmt: skip
    assert "1 without a date" in page.links()


def test_months_of_a_real_index_are_those_of_its_articles(tmp_path: Path) -> None:
    days = [dt.date(1987, 2, 26) + dt.timedelta(days=97 * number) for number in range(70)]
    with open_writer(str(tmp_path / "index")) as writer:
        for number, day in enumerate(days):
            writer.put(Article(id=str(number), title=f"Title {number}", body=f"Body of {number}.", published=day))
        writer.commit()
    page = get(make_client(None, DATELINE_INDEX=tmp_path / "index"), "/search?q=nothing")
    counts = Counter(f"{day:%B %Y}" for day in days)
    assert [title.split(":")[0] for title in drawn(page)] == list(counts)
    assert sum(int(title.split(": ")[1].split()[0]) for title in drawn(page)) == len(days)


@pytest.mark.parametrize(
    ("search", "says"),
    [
        ("q=strike&to=2016", "The archive has nothing so early: you asked for articles until 31 December 2016, and it "
                             "has 1 January 2017 – 13 September 2018."),
        ("q=strike&from=2019-02", "The archive has nothing so late: you asked for articles since 1 February 2019, and"),
        ("from=2019-02&to=2020", "The archive has nothing so late"),
        ("q=volcano&from=2017-02", "The filters are not it alone: they let 30 articles through"),
        ("q=volcano&source=Der+Bote", "The filters are not it alone: they let 10 articles through"),
        ("q=strike&source=Der+Bote&language=en", "It is the filters: no article at all gets through them"),
    ],
)  # fmt: skip
def test_no_hits_is_told_from_not_covered(archive_client: FlaskClient, search: str, says: str) -> None:
    assert notice(get(archive_client, f"/search?{search}")).startswith(says)


def test_dates_within_the_archive_are_not_told_to_be_outside(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=volcano&from=2017-02")
    assert "has nothing so" not in page.text()
    assert page_total(get(archive_client, page.links()["30 articles"])) == 30


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("zebra published:1986", "The archive has nothing so early: you asked for articles until 31 December 1986"),
        ("zebra after:2016", "The archive has nothing so late: you asked for articles since 1 January 2017"),
        ("zebra published:2016", "What may help"),
    ],
)
def test_dates_in_the_query_are_looked_at_too(tmp_path: Path, query: str, says: str) -> None:
    with open_writer(str(tmp_path / "index")) as writer:
        writer.put(Article(id="1", title="Title", body="Body.", published=dt.date(2015, 3, 4)))
        writer.put(Article(id="2", title="Title 2", body="Body 2.", published=dt.date(2016, 3, 4)))
        writer.commit()
    client = make_client(None, DATELINE_INDEX=tmp_path / "index")
    response = client.get("/search", query_string={"q": query})
    assert notice(HtmlPage(response.text)).startswith(says)


def test_archive_without_dates_says_so(client: FlaskClient) -> None:
    page = get(client, "/search?q=moscow&from=2017")
    assert notice(page).startswith("No article of the archive has a date")
    assert "5 articles from 1 source." in page.text()
    assert list(page.problems()) == []
