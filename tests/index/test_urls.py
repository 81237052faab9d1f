"""Addresses as words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.urls import MAX_CHARACTERS, to_text, words_of


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://www.BBC.co.uk/News/world-3958", "www bbc co uk endofhost news world 3958"),
        ("bbc.co.uk", "bbc co uk endofhost"),
        ("bbc.co.uk/", "bbc co uk endofhost"),
        ("http://localhost:8000/a?b=c#d", "localhost endofhost a b c d"),
        ("ftp://me:secret@example.com/a@b.c", "example com endofhost a b c"),
        ("/news/a.html", "news a html"),
        ("news", "news"),
        ("news/a.b", "news a b"),
        ("http://t.co/U.S.", "t co endofhost u s"),
        ("a.b.c.com/12,000/C++", "a b c com endofhost 12 000 c"),
        ("example.com?x=1", "example com endofhost x 1"),
        ("://", ""),
        ("", ""),
    ],
)
def test_an_address_is_the_words_of_its_host_and_of_its_path(url: str, words: str) -> None:
    assert words_of(url) == tuple(words.split())


@given(st.text(alphabet="aB1é'’.,+#:/@?- 京", max_size=40) | st.text())
def test_signs_part_words(url: str) -> None:
    for word in words_of(url):
        assert word.isalnum() or not word.isascii()


def test_of_a_long_address_the_rest_is_left_out() -> None:
    assert len(to_text("http://a.com/" + "b/" * 9999)) < 2 * MAX_CHARACTERS


@given(
    st.from_regex(r"[a-z]{1,9}(\.[a-z]{1,9}){1,3}", fullmatch=True),
    st.from_regex(r"(/[a-z0-9]{1,9}){0,4}", fullmatch=True),
)
def test_a_host_ends_with_each_domain_above_it(host: str, path: str) -> None:
    words = words_of(f"https://{host}{path}")
    labels = host.split(".")
    for first in range(len(labels) - 1):
        domain = words_of(".".join(labels[first:]))
        assert words[first : first + len(domain)] == domain
