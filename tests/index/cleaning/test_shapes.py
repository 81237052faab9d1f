"""What single lines are taken for."""

from __future__ import annotations

import pytest

from index.cleaning.shapes import Kind, Shape, shapes_of

PROSE = [
    "The council voted on Monday to close the bridge.",
    "Is there anybody who would have voted against it?",
    "Der Stadtrat hat am Montag beschlossen, die Brücke zu sperren.",
    "市议会星期一决定关闭旧港口大桥直到春天，市长说渡轮将运送乘客。",
    "“It will be closed,” the mayor said on the photo that the Reuters agency sent.",
    "Sharing comments on Facebook is what he did most of the day, and he liked it.",
    "Related problems were found on the other side of the river, where two bridges stand.",
    "By the time that the council voted, most of its members had left for home.",
]
CONTROLS = [
    "Print Email Share Tweet",
    "Accessibility links",
    "Breaking News",
    "clock menu more-arrow no yes mobile",
    "Skip to main content",
    "Advertisement",
    "Sign up for the newsletter Sign up for Vox Recommends",
    "To find out more, click here.",
    "We use cookies to make this site better.",
    "01:27 - Source: CNN",
    "XS SM MD LG",
    "Teilen Drucken Kommentieren",
    "コメント 検索",
]
AFTERMATHS = [
    "Related Articles",
    "Filed under:",
    "Leave a comment",
    "10 thoughts on “The Bridge”",
    "Comments (4)",
    "Most Popular",
    "More from The Herald",
    "© 2019 The Herald. All rights reserved.",
    "About Jane Doe",
    "Tags: bridge, harbour, council",
    "Читайте также",
    "相关阅读",
]
CREDITS = [
    "(Stanislav Krasilnikov/TASS/Getty Images)",
    "Photo: Hau Dinh, AP",
    "Photo by David Dyer-Bennet",
    "The bridge before it was closed (Image: GETTY )",
    "The bridge in winter. Credit: Jane Doe",
]
STAMPS = [
    "By Jane Doe and John Smith",
    "Published 11:11 PM EST Nov 19, 2019",
    "Nov. 19, 2019",
    "3 hours ago",
    "19.11.2019",
    "Posted by Jane Doe on May 3, 2018",
]
PLAIN = [
    "High stakes for Trump-Putin meeting",
    "Council Votes to Close Harbour Bridge",
    "Sports",
    "More than a bridge to the people of the harbour",
    "The US hasn’t reduced its commitment",
]


def shape_of(line: str) -> Shape:
    return shapes_of([line])[0]


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        *((Kind.PROSE, line) for line in PROSE),
        *((Kind.CONTROL, line) for line in CONTROLS),
        *((Kind.AFTERMATH, line) for line in AFTERMATHS),
        *((Kind.CREDIT, line) for line in CREDITS),
        *((Kind.STAMP, line) for line in STAMPS),
        *((Kind.PLAIN, line) for line in PLAIN),
        (Kind.REFERENCE, "READ MORE: Hong Kong protests go on"),
        (Kind.SUMMARY, "Story highlights"),
        (Kind.SIGNS, "* * *"),
        (Kind.SIGNS, "12"),
    ],
)
def test_a_line_is_taken_for_what_it_looks_like(kind: Kind, line: str) -> None:
    assert shape_of(line).kind is kind


def test_prose_gains_by_its_length_up_to_a_bound_and_all_else_costs() -> None:
    sentence = "The council voted on Monday to close the bridge. "
    gains = [shape_of((sentence * times).strip()).gain for times in (1, 2, 4, 40)]
    assert gains == sorted(gains)
    assert gains[-1] == 3.0
    assert all(shape_of(line).gain < 0 for line in [*CONTROLS, *AFTERMATHS, *CREDITS, *STAMPS])


def test_a_quoted_post_is_no_stamp() -> None:
    assert shape_of("— Jane Doe (@janedoe) November 18, 2019").kind is Kind.PLAIN


@pytest.mark.parametrize("line", ["June 9 – West Palm Beach, FL", "VIP : 60,000₩", "3 Kevin Harvick 5033 4 6 15 26"])
def test_entries_of_lists_are_known(line: str) -> None:
    assert shape_of(line).is_entry
