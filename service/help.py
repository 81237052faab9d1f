"""What the page on the query language says: each thing that can be typed by an example, which a test runs."""

from __future__ import annotations

from typing import NamedTuple


class HelpExample(NamedTuple):
    """A query and what it finds."""

    query: str
    meaning: str


class HelpSection(NamedTuple):
    """Examples of one kind; `name` is what links to them end in."""

    name: str
    title: str
    examples: tuple[HelpExample, ...]
    more: str = ""


def _section(name: str, title: str, *examples: tuple[str, str], more: str = "") -> HelpSection:
    return HelpSection(name, title, tuple(HelpExample(*each) for each in examples), more)


HELP = (
    _section(
        "words",
        "Words and phrases",
        ("visits moscow", "all of the words, in any form: visit, visiting, Moscow’s"),
        ('"no longer obsolete"', "the words in a row"),
        ('"chemical attack"~5', "the words in that order, each at most five places behind the one before"),
        ("=visit", "the word as it is written, and no other form of it"),
        ('="visits Moscow"', "the phrase as it is written"),
        ("al-Qaeda", "what is written, hyphens and other signs or not: W-2, RFE/RL and C++ are found so, too"),
        ("U.S.", "the acronym and not the word that it spells; so are US, WHO and AIDS, in capitals"),
        more=(
            "Accents, capitals and curly quotes make no difference. Very common words, such as “the”, count in phrases "
            "and are left out otherwise. If no article has all of the words, those that come closest are shown; Match "
            "above the results says whether all are needed. Words are found in articles of any language by the forms "
            "that they have there."
        ),
    ),
    _section(
        "operators",
        "And, or, not",
        ("tillerson -lavrov", "articles with the first word and without the second; NOT is the same as the minus"),
        ("lovefest OR antipathy", "either of the words; a | b is the same"),
        ("galeotti (mankoff OR daalder)", "one word, and one of two others; words side by side are joined by AND"),
        ("tillerson^2 moscow", "the first word counts for twice as much as the second"),
        more="AND, OR and NOT are written in capitals. In a query that is all in capitals they are words.",
    ),
    _section(
        "patterns",
        "Parts of words, and slips",
        ("rapproch*", "words that begin so"),
        ("*tions", "words that end so"),
        ("organi?ation", "one letter where the question mark is, whichever it is"),
        ("gov*ment", "any letters where the asterisk is"),
        ("tillersen~", "words that differ by a letter or two, but not in the first; tillersen~1 by one"),
        ("*", "every article"),
        more="Patterns are compared with words as they are written. A query has up to eight of them.",
    ),
    _section(
        "fields",
        "Titles, authors, sources and addresses",
        ("title:moscow", "the word in the title; body: looks in the text alone"),
        ('author:"zack beauchamp"', "articles by that author"),
        ("source:cnn", "articles of sources of that name"),
        ("url:bbc.co.uk", "articles from that host, or from one within it"),
        ("url:/news/politics", "articles with that part of a path in their address"),
        ("language:en", "articles in that language, by its code"),
        ("title:(moscow OR russia)", "either of the words in the title"),
    ),
    _section(
        "dates",
        "Dates",
        ("published:2017-04", "articles of that year, month or day"),
        ("published:[2017-03-01 TO 2017-04-12]", "from one day to another, both of them included; either may be *"),
        ("after:2016", "later than all of that year, month or day"),
        ("before:2018", "earlier than that year, month or day"),
        ("published:-7d", "of the last seven days; d, w, m and y are days, weeks, months and years"),
        more="These can be part of any query. Articles without a date are found by none of them.",
    ),
)
