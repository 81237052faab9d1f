from __future__ import annotations

import datetime as dt
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from index import SearchRequest
from index.engine import FACETS
from index.errors import RequestError
from service.arguments import MAX_PAGE, query_string, read_request, require_known
from service.settings import read_settings

SETTINGS = read_settings(environment={})


def read(text: str) -> SearchRequest:
    return read_request(MultiDict(parse_qsl(text, keep_blank_values=True)), SETTINGS)


def test_every_argument_is_read() -> None:
    request = read(
        "q=moscow+talks&match=any&page=3&size=25&sort=newest&from=2017-04-01&to=2017-04-30&source=CNN&source=Vox"
        "&author=Ada&language=en&facets=source,published&snippets=0&duplicates=show"
    )
    assert request == SearchRequest(
        query="moscow talks",
        match="any",
        page=3,
        size=25,
        sort="newest",
        published_from=dt.date(2017, 4, 1),
        published_to=dt.date(2017, 4, 30),
        source=("CNN", "Vox"),
        author=("Ada",),
        language=("en",),
        facets=("source", "published"),
        snippets=False,
        duplicates="show",
    )


def test_nothing_given_and_all_given_blank_are_the_defaults() -> None:
    blank = "&".join(f"{name}=" for name in ("q", "match", "page", "size", "sort", "from", "to", "source", "facets"))
    assert read("") == read(blank) == read("q=+++&page=+") == SearchRequest()


def test_values_are_wanted_or_with_a_minus_left_out() -> None:
    request = read("source=CNN&source=-Fox&source=Vox&source=-+BBC&author=-unknown&language=-de&published=-2017-04")
    assert (request.source, request.not_source) == (("CNN", "Vox"), ("Fox", "BBC"))
    assert (request.not_author, request.not_language, request.not_published) == (("unknown",), ("de",), ("2017-04",))
    assert read("published=undated&published=-undated&published=2017") == SearchRequest(
        published=("undated", "2017"), not_published=("undated",)
    )
    assert query_string(SearchRequest(published=("undated",), source=("unknown",)), SETTINGS) == (
        "source=unknown&published=undated"
    )


@pytest.mark.parametrize(
    ("value", "written"), [("-x", r"\-x"), ("-", r"\-"), (r"\-x", r"\\-x"), ("\\", r"\\"), ("a-b", "a-b")]
)
def test_a_value_that_begins_with_a_sign_has_a_backslash_before_it(value: str, written: str) -> None:
    assert dict(parse_qsl(query_string(SearchRequest(source=(value,)), SETTINGS))) == {"source": written}
    assert read(query_string(SearchRequest(source=(value,)), SETTINGS)) == SearchRequest(source=(value,))
    assert read(f"source=-{value}") == SearchRequest(not_source=(value,))


def test_page_size_of_the_settings_is_used_where_none_is_given() -> None:
    settings = read_settings({"DATELINE_PAGE_SIZE": 7}, {})
    request = read_request(MultiDict(), settings)
    assert request.size == 7
    assert query_string(request, settings) == ""


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2017", "2017-01-01", "2017-12-31"),
        ("2017-04", "2017-04-01", "2017-04-30"),
        ("2016-02", "2016-02-01", "2016-02-29"),
        ("2017-02", "2017-02-01", "2017-02-28"),
        ("2017-04-12", "2017-04-12", "2017-04-12"),
        ("9999", "9999-01-01", "9999-12-31"),
        ("0001-12", "0001-12-01", "0001-12-31"),
    ],
)
def test_partial_date_begins_with_its_first_day_and_ends_with_its_last(text: str, first: str, last: str) -> None:
    request = read(f"from={text}&to={text}")
    assert request.published_from == dt.date.fromisoformat(first)
    assert request.published_to == dt.date.fromisoformat(last)


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("soon", "is not a date; write 2017, 2017-04 or 2017-04-12"),
        ("12.04.2017", "is not a date"),
        ("2017-4-1", "is not a date"),
        ("20170412", "is not a date"),
        ("٢٠١٧", "is not a date"),
        ("2017-04-12T10:00", "is not a date"),
        ("2017-13", "is not in the calendar"),
        ("2017-00", "is not in the calendar"),
        ("2017-02-30", "is not in the calendar"),
        ("0000", "is not in the calendar"),
        ("0000-02", "is not in the calendar"),
    ],
)
def test_what_is_no_date_is_refused(name: str, text: str, reason: str) -> None:
    with pytest.raises(RequestError, match=reason) as caught:
        read(f"{name}={text}")
    assert caught.value.parameter == name


@pytest.mark.parametrize(
    ("text", "parameter", "reason"),
    [
        ("page=0", "page", "'0' is not a whole number from 1 to 1,000,000,000"),
        ("page=-1", "page", "is not a whole number"),
        ("page=two", "page", "is not a whole number"),
        ("page=1.0", "page", "is not a whole number"),
        ("page=%D9%A2", "page", "is not a whole number"),
        ("page=" + "9" * 30, "page", "is not a whole number"),
        ("page=" + "9" * 6000, "page", "9…' is not a whole number"),
        ("size=101", "size", "'101' is not a whole number from 0 to 100"),
        ("match=some", "match", "'some' is not one of all, any"),
        ("sort=best", "sort", "'best' is not one of relevance, newest, oldest"),
        ("duplicates=hide", "duplicates", "'hide' is not one of fold, show"),
        ("facets=source,colour", "facets", "'colour' is not one of source, author, language, published"),
        ("snippets=perhaps", "snippets", "'perhaps' is not one of 1, true, 0, false"),
        ("page=1&page=2", "page", "it is given 2 times"),
        ("q=one&q=two", "q", "it is given 2 times"),
        ("q=" + "x" * 2001, "q", "at most 2,000 characters; this one has 2,001"),
        ("q=x" + "+" * 2000, "q", "at most 2,000 characters; this one has 2,001"),
        ("from=2018&to=2017", "from", "2018-01-01 is after 2017-12-31"),
        ("recency=0", "recency", "'0' is not a number of days, as 7 or 0.5"),
        ("recency=-7", "recency", "'-7' is not a number of days"),
        ("page=1&cursor=x", "cursor", "it says where to go on; leave out page"),
        ("source=-", "source", "a value has to follow the minus"),
        ("published=soon", "published", "'soon' is not a date; write 2017, 2017-04 or 2017-04-12"),
        ("published=-2017-02-30", "published", "'2017-02-30' is not in the calendar"),
    ],
)
def test_value_that_makes_no_sense_is_refused(text: str, parameter: str, reason: str) -> None:
    with pytest.raises(RequestError, match=reason) as caught:
        read(text)
    assert caught.value.parameter == parameter
    assert len(str(caught.value)) < 200


def test_bounds_themselves_are_allowed() -> None:
    request = read(f"page={MAX_PAGE}&size=100&q=" + "x" * 2000)
    assert (request.page, request.size, len(request.query)) == (MAX_PAGE, 100, 2000)
    assert read("size=0").size == 0


def test_said_twice_the_same_way_is_said_once() -> None:
    request = read("q=a&q=a&page=2&page=&source=CNN&source=+CNN+&source=&facets=source,source&facets=source")
    assert (request.query, request.page, request.source, request.facets) == ("a", 2, ("CNN",), ("source",))


def test_facets_are_listed_repeated_or_all() -> None:
    assert read("facets=source, author&facets=language").facets == ("source", "author", "language")
    assert read("facets=all").facets == FACETS
    assert read("facets=,,").facets == ()


def test_switch_understands_numbers_and_words() -> None:
    assert [read(f"snippets={word}").snippets for word in ("1", "true", "TRUE", "0", "false", "")] == [
        True, True, True, False, False, True
    ]  # fmt: skip


def test_control_characters_are_spaces() -> None:
    assert read("q=one%00two%0Athree%C2%85").query == "one two three"


def test_unknown_argument_is_refused_with_the_nearest_that_is_known() -> None:
    require_known(["q", "page"])
    with pytest.raises(RequestError, match="did you mean source") as caught:
        require_known(["q", "souce"])
    assert caught.value.parameter == "souce"
    with pytest.raises(RequestError, match="there are q, match, page"):
        require_known(["xyzzy"])
    with pytest.raises(RequestError, match="there are none here"):
        require_known(["page"], ())


def test_query_string_holds_what_differs_from_the_defaults_alone() -> None:
    assert query_string(SearchRequest(), SETTINGS) == ""
    request = SearchRequest(query="a & b", page=2, source=("CNN", "Vox"), match="any")
    assert query_string(request, SETTINGS) == "q=a+%26+b&match=any&source=CNN&source=Vox&page=2"


_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).map(str.strip).filter(bool)
_TEXTS = st.lists(_TEXT | st.sampled_from(["-", "\\", "--x", "\\-x"]), unique=True, max_size=3).map(tuple)
_DAYS = st.none() | st.dates()
_PERIODS = st.lists(st.sampled_from(["undated", "2017", "2017-04", "0001-12-31", "9999"]), unique=True, max_size=3).map(
    tuple
)


@given(
    days=st.tuples(_DAYS, _DAYS).map(lambda days: tuple(sorted(days)) if None not in days else days),  # type: ignore[type-var]
    request=st.builds(
        SearchRequest,
        query=st.just("") | _TEXT,
        match=st.sampled_from(["all", "any"]),
        page=st.integers(1, MAX_PAGE),
        size=st.integers(0, 100),
        sort=st.sampled_from(["relevance", "newest", "oldest"]),
        source=_TEXTS,
        author=_TEXTS,
        language=_TEXTS,
        published=_PERIODS,
        not_source=_TEXTS,
        not_author=_TEXTS,
        not_language=_TEXTS,
        not_published=_PERIODS,
        facets=st.lists(st.sampled_from(FACETS), unique=True).map(tuple),
        snippets=st.booleans(),
        duplicates=st.sampled_from(["fold", "show"]),
        published_from=st.none(),
        published_to=st.none(),
        feedback=st.booleans(),
        explain=st.booleans(),
        recency=st.none() | st.integers(1, 999_999_000_000).map(lambda millionths: millionths / 1_000_000),
    ),
)
def test_what_is_written_is_read_as_the_same_request(
    days: tuple[dt.date | None, dt.date | None], request: SearchRequest
) -> None:
    request = replace(request, published_from=days[0], published_to=days[1])
    assert read(query_string(request, SETTINGS)) == request


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["q", "page", "size", "from", "to", "facets", "match", "source", "published"]), st.text()
        )
    )
)
def test_any_text_is_read_or_refused_by_name(pairs: list[tuple[str, str]]) -> None:
    blamed = None
    try:
        read_request(MultiDict(pairs), SETTINGS)
    except RequestError as error:
        blamed = error.parameter
    assert blamed is None or blamed in dict(pairs)
