from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.formatting import (
    format_language,
    join_wrapped_lines,
    machine_time,
    text_attributes,
    with_code,
    without_overrides,
)

WIRE = (
    "Diamond Shamrock Corp said that",
    "effective today it had cut its contract <mark>prices</mark> for crude oil by",
    "1.50 dlrs a barrel.",
    "The reduction brings its posted <mark>price</mark> for West Texas",
    "Intermediate to 16.00 dlrs a barrel, the company said. &amp;&amp;&amp; It",
    "said no more.",
)


def test_lines_that_were_broken_at_a_margin_are_joined() -> None:
    assert join_wrapped_lines("\n".join(WIRE)).split("\n") == [
        WIRE[0], f"{WIRE[1]} {WIRE[2]}", f"{WIRE[3]} {WIRE[4]} {WIRE[5]}"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "One line, as most paragraphs are, however long that line may be in the end, and this one is long enough.",
        "The strike goes on.\nIts line is kept.",
        "O what can ail thee, knight-at-arms,\nAlone and palely loitering?\nThe sedge has withered from the lake,\n"
        "And no birds sing.",
        "The ministers agreed on what to do about oil, gas and coal:\n- less of it\n- later than planned\n- for more",
        "> One cannot argue with the fact that it flies, lands, and is\n> reusable, which is more than can be said of\n"
        "> others.",
        "\n".join(["A paragraph of its own that is as long as no line of a wire or a mail has ever been " * 3] * 3),
    ],
)
def test_other_line_ends_stay(kept: str) -> None:
    assert join_wrapped_lines(kept) == kept


@given(st.text(alphabet="ab \n&;<>mark/", max_size=400))
def test_nothing_but_line_ends_changes(html: str) -> None:
    assert join_wrapped_lines(html).replace("\n", " ") == html.replace("\n", " ")


def test_languages_have_names() -> None:
    assert [format_language(code) for code in ("en", "ar", "zh", "unknown", "xx", "")] == [
        "English", "Arabic", "Chinese", "unknown", "xx", ""
    ]  # fmt: skip


def test_times_are_as_html_has_them() -> None:
    moment = dt.datetime(2017, 4, 12, 9, 5, 7, 123456, tzinfo=dt.UTC)
    assert machine_time(moment) == "2017-04-12T09:05:07+00:00"
    assert machine_time(moment.date()) == "2017-04-12"


def test_overrides_are_left_out_where_nothing_holds_them_in() -> None:
    assert without_overrides("a\u202eb\u2066c\u2069 نفط") == "abc نفط"


@pytest.mark.parametrize(("language", "direction"), [("he", "rtl"), ("fa-IR", "rtl"), ("en", "ltr"), ("hex", "ltr")])
def test_direction_is_that_of_the_language(language: str, direction: str) -> None:
    assert text_attributes(language) == f'lang="{language}" dir="{direction}"'


def test_what_stands_between_backticks_is_code_and_all_is_escaped() -> None:
    assert with_code("`q` & <b>, a ` alone") == "<code>q</code> &amp; &lt;b&gt;, a ` alone"
