from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from index import Article, SearchRequest
from index.engine import FACETS, Interpretation, QueryTerm
from tests.service.conftest import make_client
from tests.service.html_page import HtmlPage, arguments, fields, get, page_total, text_of, titles
from tests.service.memory_engine import MemoryEngine


@pytest.mark.parametrize("url", ["/search", "/search?q=", "/search?q=+&match=any&page=1&source="])
def test_asking_for_nothing_shows_the_front_page(client: FlaskClient, url: str) -> None:
    page = get(client, url)
    assert page.text(page.one("h1")) == "Dateline"
    assert page.all("ol", class_="results") == []


def test_results_show_what_was_found_marked(client: FlaskClient) -> None:
    page = get(client, "/search?q=lovefest")
    assert page.text(page.one("h1")) == "1 article for lovefest"
    assert page.text(page.one("title")) == "1 article for “lovefest” – Dateline"
    (title,) = titles(page)
    assert text_of(title) == "Rex Tillerson’s first visit to Moscow showed that the Trump-Russia lovefest is dead"
    assert [text_of(mark) for mark in title.iter("mark")] == ["lovefest"]
    assert page.all("p", class_="snippet")
    assert page.one("input", name="q").get("value") == "lovefest"


def test_results_are_the_answer_of_the_api(client: FlaskClient) -> None:
    answer = client.get("/api/search?q=russia+sanctions&match=any").get_json()
    page = get(client, "/search?q=russia+sanctions&match=any")
    results = page.one("ol", class_="results")
    assert page_total(page) == answer["total"]
    assert [text_of(item.find("h2")) for item in results] == [result["title"] for result in answer["results"]]
    api_link = page.links()["This page as JSON"]
    assert client.get(api_link).get_json()["results"] == answer["results"]


def test_result_has_its_source_date_and_authors(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=week+26")
    item = page.one("ol", class_="results")[0]
    assert text_of(item.find("p")) == "Der Bote5 June 2018"
    assert next(item.iter("time")).get("datetime") == "2018-06-05"
    assert page.text(page.one("p", class_="byline")) == "By Ada Byron and Karl Kraus"
    page = get(archive_client, "/search?q=week+27")
    assert page.text(page.one("p", class_="byline")) == "By Ada Byron, Karl Kraus and Nellie Bly"


def test_text_says_its_language_and_direction(archive_client: FlaskClient) -> None:
    arabic = get(archive_client, "/articles/arabic")
    assert (arabic.one("h1").get("lang"), arabic.one("h1").get("dir")) == ("ar", "rtl")
    (german,) = titles(get(archive_client, "/search?language=de&size=1"))
    assert (german.get("lang"), german.get("dir")) == ("de", "ltr")
    unknown = get(archive_client, "/articles/javascript").one("h1")
    assert (unknown.get("lang"), unknown.get("dir")) == (None, "auto")


def test_untitled_article_can_be_followed(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=an+id+that")
    link = page.links()["Untitled"]
    assert page.text(get(archive_client, link).one("h1")) == "Untitled"


def test_page_asks_for_the_facets_that_it_shows(archive: MemoryEngine, archive_client: FlaskClient) -> None:
    get(archive_client, "/search?q=strike&facets=source")
    assert archive.requests == [SearchRequest(query="strike", facets=FACETS)]


def choices(page: HtmlPage, section: str) -> dict[str, tuple[int, list[str]]]:
    """Return the choices of a facet: how many articles each is said to have, and where its links lead."""
    for part in page.one("aside").iter("section"):
        if text_of(part.find("h2")) == section:
            items = list(part.iter("li"))
            return {
                text_of(item.find("a")): (
                    int(text_of(item.find("span"))), [link.get("href", "") for link in item.findall("a")]
                )
                for item in items
            }  # fmt: skip
    return {}


def test_facets_narrow_the_search_and_count_right(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=strike&page=2")
    headings = [text_of(heading) for heading in page.one("aside").iter("h2")]
    assert headings == [
        "Source",
        "Author",
        "Language",
        "Published",
        "Between two dates",
        "Export 32 articles",
        "How it was read",
    ]
    months = choices(page, "Published")
    assert len(months) == 8
    assert "February 2018" in months
    for section, name in (("Source", "source"), ("Author", "author"), ("Language", "language"), ("Published", "from")):
        for text, (count, (link, without)) in choices(page, section).items():
            narrowed = get(archive_client, link)
            assert page_total(narrowed) == count
            assert set(arguments(link)) - {"to"} == {"q", name}
            (left_out,) = arguments(without)[section.lower()]
            assert page_total(get(archive_client, without)) == 32 - count
            assert left_out.startswith("-")
            assert text in narrowed.text()


def test_several_values_of_a_facet_are_chosen_and_let_go(archive_client: FlaskClient) -> None:
    one = get(archive_client, "/search?q=strike&source=Der+Bote")
    assert {text: count for text, (count, _) in choices(one, "Source").items()} == {
        "Remove ✓ Der Bote": 10, "The Courier": 11, "The Gazette": 11
    }  # fmt: skip
    _, (more,) = choices(one, "Source")["The Courier"]
    assert arguments(more) == {"q": ["strike"], "source": ["Der Bote", "The Courier"]}
    two = get(archive_client, more)
    assert page_total(two) == 21
    _, (fewer,) = choices(two, "Source")["Remove ✓ Der Bote"]
    assert arguments(fewer) == {"q": ["strike"], "source": ["The Courier"]}
    # What the others are counted over is what the sources let through.
    assert {text: count for text, (count, _) in choices(one, "Language").items()} == {}


def test_values_are_left_out_and_let_in_again(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=strike&source=-Der+Bote&published=-2017-04&published=-undated")
    assert page.text(page.one("ul", class_="filters")) == (
        "Remove the filter Source not Der Bote × Remove the filter Published not April 2017 × "
        "Remove the filter Published not undated ×"
    )
    count, (back,) = choices(page, "Source")["Left out, let in again: Der Bote"]
    assert count == 9
    assert arguments(back) == {"q": ["strike"], "published": ["-2017-04", "-undated"]}
    assert {("source", "-Der Bote"), ("published", "-2017-04")} <= set(fields(page.all("form")[-1]))


def test_years_lead_to_months_and_months_to_days(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=strike")
    _, (link, _) = choices(page, "Published")["January 2017"]
    days = choices(get(archive_client, link), "Published")
    assert list(days) == ["21 January 2017", "1 January 2017"]
    _, (link, _) = days["21 January 2017"]
    day = get(archive_client, link)
    assert (page_total(day), choices(day, "Published")) == (1, {})


def test_what_is_not_known_is_a_choice_that_counts_right(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=a&match=any&sort=newest")
    for section, text in (("Source", "unknown"), ("Author", "unknown"), ("Published", "undated")):
        assert list(choices(page, section))[-1] == text
        count, (link, _) = choices(page, section)[text]
        narrowed = get(archive_client, link)
        assert page_total(narrowed) == count > 0
        assert arguments(link)[section.lower()] == [text]
    assert narrowed.text(narrowed.one("ul", class_="filters")) == "Remove the filter Published undated ×"
    search, dates = narrowed.all("form")
    assert ("published", "undated") in fields(search)
    # A range of dates is chosen in place of it.
    assert "published" not in dict(fields(dates))
    assert arguments(narrowed.links()["Remove the filter Published undated ×"]) == {
        "q": ["a"], "match": ["any"], "sort": ["newest"]
    }  # fmt: skip


@pytest.mark.parametrize(("query", "total"), [("published=undated", 3), ("language=-en", 13), ("source=-unknown", 33)])
def test_a_filter_alone_is_a_search(archive_client: FlaskClient, query: str, total: int) -> None:
    assert page_total(get(archive_client, f"/search?{query}")) == total


def test_months_are_in_the_order_of_time(archive_client: FlaskClient) -> None:
    months = choices(get(archive_client, "/search?q=strike"), "Published").values()
    starts = [arguments(link)["from"][0] for _, (link, _) in months]
    assert starts == sorted(starts, reverse=True)


def test_facet_that_leaves_nothing_out_is_not_offered(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=strike&from=2017-01-01&to=2017-01-01")
    assert not {"Source", "Author", "Published"} & {text_of(heading) for heading in page.one("aside").iter("h2")}


def test_filters_in_force_can_be_removed_one_by_one(archive_client: FlaskClient) -> None:
    url = "/search?q=strike&match=any&source=The+Gazette&source=Der+Bote&author=Ada+Byron&language=en"
    page = get(archive_client, url + "&from=2017&to=2017-06&page=1")
    chips = {text_of(link): arguments(link.get("href")) for link in page.one("ul", class_="filters").iter("a")}
    everything = {"q": ["strike"], "match": ["any"], "source": ["The Gazette", "Der Bote"], "author": ["Ada Byron"]}
    everything |= {"language": ["en"], "from": ["2017-01-01"], "to": ["2017-06-30"]}
    assert chips == {
        "Remove the filter Source The Gazette ×": everything | {"source": ["Der Bote"]},
        "Remove the filter Source Der Bote ×": everything | {"source": ["The Gazette"]},
        "Remove the filter Author Ada Byron ×": {k: v for k, v in everything.items() if k != "author"},
        "Remove the filter Language English ×": {k: v for k, v in everything.items() if k != "language"},
        "Remove the filter Published 1 January – 30 June 2017 ×": {
            k: v for k, v in everything.items() if k not in {"from", "to"}
        },
    }


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        ("from=2017-04", "since 1 April 2017"),
        ("to=2017-04", "until 30 April 2017"),
        ("from=2017-04&to=2017-04", "1–30 April 2017"),
        ("from=2017-04-12&to=2017-04-12", "12 April 2017"),
        ("from=2016&to=2017", "1 January 2016 – 31 December 2017"),
    ],
)
def test_dates_in_force_are_in_words(archive_client: FlaskClient, dates: str, words: str) -> None:
    page = get(archive_client, f"/search?q=strike&{dates}")
    assert page.text(page.one("ul", class_="filters")) == f"Remove the filter Published {words} ×"


def test_new_words_and_new_dates_keep_the_rest(archive_client: FlaskClient) -> None:
    arguments = "match=any&sort=newest&source=The+Gazette&from=2017&size=5&page=2&recency=30&feedback=1&facets=source"
    page = get(archive_client, f"/search?q=strike&{arguments}")
    search, dates = page.all("form")
    before, after = [("match", "any"), ("sort", "newest")], [("source", "The Gazette"), ("size", "5")]
    ranking = [("recency", "30"), ("feedback", "1")]
    assert fields(search) == [("q", "strike"), *before, ("from", "2017-01-01"), *after, *ranking]
    assert fields(dates) == [("q", "strike"), *before, *after, *ranking, ("from", "2017-01-01"), ("to", "")]


def test_match_and_sort_are_links_that_keep_the_rest(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=harbour+strike&source=The+Gazette&page=2&size=5")
    rest = {"q": ["harbour strike"], "source": ["The Gazette"], "size": ["5"]}
    links = page.links()
    assert arguments(links["any word"]) == rest | {"match": ["any"]}
    assert arguments(links["all words"]) == rest
    assert arguments(links["newest"]) == rest | {"sort": ["newest"]}
    current = [text_of(link) for link in page.all("a") if link.get("aria-current") == "true"]
    assert current == ["all words", "relevance", "Remove ✓ The Gazette"]


def test_one_word_leaves_nothing_to_match(archive_client: FlaskClient) -> None:
    assert {"all words", "any word"}.isdisjoint(get(archive_client, "/search?q=strike").links())
    # What is in force can be changed.
    assert {"all words", "any word"} <= get(archive_client, "/search?q=strike&match=any").links().keys()


def test_browsing_has_neither_match_nor_relevance(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?sort=oldest")
    assert page.text(page.one("h1")) == "35 articles"
    assert {"all words", "any word", "relevance"}.isdisjoint(page.links())
    assert "newest" in page.links()


def test_relaxed_answer_says_so_and_shows_any_word_in_force(client: FlaskClient) -> None:
    page = get(client, "/search?q=lovefest+antipathy")
    message = "No article has all of these words; showing those that come closest."
    assert message in page.text(page.one("p", role="status"))
    current = [text_of(link) for link in page.all("a") if link.get("aria-current") == "true"]
    assert current == ["any word", "relevance"]
    assert message not in get(client, "/search?q=lovefest").text()


def test_what_was_left_out_and_how_it_was_read_is_said(client: FlaskClient) -> None:
    page = get(client, "/search?q=the+president+-obama")
    status = page.text(page.one("p", role="status"))
    assert "Too common to search for: the." in status
    assert page.text(page.one("p", class_="reading")) == "president AND NOT obama"


def test_notes_of_the_interpretation_are_said() -> None:
    interpreted = Interpretation(query="x", terms=(QueryTerm("x", ("x",)),), notes=("Only 64 words <were> read.",))
    page = get(make_client(MemoryEngine(interpreted=interpreted)), "/search?q=x")
    assert "Only 64 words <were> read." in page.text(page.one("p", role="status"))


def test_duplicates_are_listed_below_their_article(wire_client: FlaskClient) -> None:
    page = get(wire_client, "/search?q=dam&source=The+Gazette&source=The+Courier")
    assert page.text(page.one("h1")) == "2 articles for dam"
    (also,) = page.all("details", class_="also")
    assert text_of(also[0]) == "Also in The Courier and 15 more"
    items = [text_of(item) for item in also.iter("li")]
    assert items == [f"{'The Courier' if n % 3 else 'The Gazette'}{date} Dam breaks, take {n}" for n, date in TAKES]
    assert page.links()["Dam breaks, take 1"].startswith("/articles/wire-1?q=dam&source=The+Gazette")


TAKES = [(n, f"{n + 1} January 2017") for n in range(1, 25) if n % 3 < 2]


def test_duplicates_can_be_shown_one_by_one_and_folded_again(wire_client: FlaskClient) -> None:
    page = get(wire_client, "/search?q=dam&page=1&size=5")
    assert page.text(page.one("p", class_="folded")) == (
        "24 near-duplicates are listed below other articles. Show all 26 articles"
    )
    assert text_of(page.one("details", class_="also")[1][-1]) == "And 4 more. Show all 26 articles"
    shown = get(wire_client, page.links()["Show all 26 articles"])
    assert shown.text(shown.one("h1")) == "26 articles for dam"
    assert shown.all("details", class_="also") == []
    assert ("duplicates", "show") in fields(shown.all("form")[0])
    again = get(wire_client, shown.links()["Fold them"])
    assert again.text(again.one("h1")) == "2 articles for dam"


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ("Bote Bote", "2 more versions"),
        ("Bote", "1 more version"),
        ("Courier", "Also in Courier"),
        ("Bote Courier", "Also in Courier and 1 more"),
        ("Courier - Mail", "Also in Courier, Mail and 1 more"),
        ("A B C D", "Also in A, B, C and 1 more"),
    ],
)
def test_where_duplicates_stood_is_said_in_a_few_words(sources: str, words: str) -> None:
    names = ["Bote", *sources.split()]
    engine = MemoryEngine(
        [Article(id=str(n), title="t", body="b", source=None if name == "-" else name) for n, name in enumerate(names)]
    )
    page = get(make_client(engine), "/search?q=b")
    assert text_of(page.one("summary")) == words


def test_suggestion_is_a_link_to_the_search_for_it() -> None:
    page = get(make_client(MemoryEngine(suggestion="harbour")), "/search?q=habrour&sort=newest")
    assert "Did you mean harbour?" in page.text()
    assert arguments(page.links()["harbour"]) == {"q": ["harbour"], "sort": ["newest"]}


def test_no_results_give_hints_that_lead_on(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=nothing+here&source=The+Gazette")
    assert page.text(page.one("h1")) == "No articles for nothing here"
    links = page.links()
    assert arguments(links["Search without the filters"]) == {"q": ["nothing here"]}
    assert arguments(links["Look for any of the words"]) == {
        "q": ["nothing here"], "match": ["any"], "source": ["The Gazette"]
    }  # fmt: skip
    assert arguments(links["Browse the whole archive"]) == {"sort": ["newest"]}
    links = get(archive_client, "/search?q=nothing").links()
    assert {"Search without the filters", "Look for any of the words"}.isdisjoint(links)


def removals(page: HtmlPage) -> dict[str, dict[str, list[str]]]:
    (parts,) = page.all("ul", aria_label="Parts of the query")
    return {text_of(link): arguments(link.get("href")) for link in parts.iter("a")}


def test_each_part_of_the_query_can_be_taken_away(client: FlaskClient) -> None:
    page = get(client, '/search?q=the+visits+"no+longer"+-obama+(mosc*+OR+title:russia)&match=any&sort=newest')
    rest = {"match": ["any"], "sort": ["newest"]}
    assert removals(page) == {
        "Search without visits ×": rest | {"q": ['"no longer" NOT obama (mosc* OR title:russia)']},
        'Search without "no longer" ×': rest | {"q": ["visits NOT obama (mosc* OR title:russia)"]},
        "Search without not obama ×": rest | {"q": ['visits "no longer" (mosc* OR title:russia)']},
        "Search without mosc* ×": rest | {"q": ['visits "no longer" NOT obama title:russia']},
        "Search without title:russia ×": rest | {"q": ['visits "no longer" NOT obama mosc*']},
    }


def test_only_part_of_a_query_is_nothing_to_take_away_unless_there_are_filters(archive_client: FlaskClient) -> None:
    assert get(archive_client, "/search?q=strike").all("ul", aria_label="Parts of the query") == []
    page = get(archive_client, "/search?source=Der+Bote&language=de")
    assert page.all("ul", aria_label="Parts of the query") == []
    page = get(archive_client, "/search?q=strike&source=Der+Bote&page=2&size=2")
    assert removals(page) == {"Search without strike ×": {"source": ["Der Bote"], "size": ["2"]}}


def test_words_that_patterns_stand_for_are_told(client: FlaskClient) -> None:
    page = get(client, "/search?q=rapproch*+moscow+tillersen~1+-xyz*")
    readings = [text_of(each) for each in page.all("p", class_="reading")]
    assert readings == [
        "rapproch* AND moscow AND tillersen~1 AND NOT xyz*",
        "rapproch* stands for rapprochement.",
        "tillersen~1 stands for tillerson.",
    ]
    many = get(client, "/search?q=c*").all("p", class_="reading")
    assert text_of(many[1]).startswith("c* stands for campaign, could, ")
    assert text_of(many[1]).endswith(", …")
