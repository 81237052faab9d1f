"""The sample articles, line by line, and what has to hold for any text."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cleaning import CleanText, clean
from tests.conftest import SEEDS

# Everything that is taken from the sample articles; all other lines have to be there, in their order.
REMOVED = {
    "000": [],
    "001": [
        "Accessibility links",
        "Breaking News",
        # The title.
        "Tillerson's Visit To Moscow Does Little To Heal Rift, Clear Confusion",
        # A caption that stands twice, and three pull quotes.
        "Russian Foreign Minister Sergei Lavrov (right) and U.S. Secretary of State Rex Tillerson arrive for a news"
        " conference following their talks in Moscow on April 12.",
        "Tillerson's trip to Moscow on Wednesday was further evidence of how low Russian-American relations have sunk.",
        "They're suddenly now finding themselves in a very reacting role. They honestly don't know what to do.",
        "In the background is the disappointed retreat of Russia's euphoric reception of Donald Trump's election"
        " victory.",
        # The publisher's notice.
        "If you are in Russia or the Russia-controlled parts of Ukraine and hold a Russian passport or are a stateless"
        " person residing permanently in Russia or the Russia-controlled parts of Ukraine, please note that you could"
        " face fines or imprisonment for sharing, liking, commenting on, or saving our content, or for contacting us.",
        "To find out more, click here.",
        "XS",
        "SM",
        "MD",
        "LG",
    ],
    "002": [],
    "003": [
        "clock menu more-arrow no yes mobile",
        "Filed under:",
        "Rex Tillerson’s first visit to Moscow showed that the Trump-Russia lovefest is dead",
        "(Stanislav Krasilnikov/TASS/Getty Images)",
        "Sign up for the newsletter Sign up for Vox Recommends",
        "Get curated picks of the best Vox journalism to read, watch, and listen to every week, from our editors.",
    ],
    "004": [
        "tillerson moscow meeting",
        "Tillerson: US-Russia relations at a low point",
        "01:27 - Source: CNN",
        "Story highlights",
        # The dateline.
        "Washington CNN —",
    ],
}


def lines_of(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


def read_seed(number: str) -> str:
    return next(SEEDS.glob(f"{number}_*.txt")).read_text(encoding="utf-8")


@pytest.mark.parametrize("number", REMOVED)
def test_the_sample_articles_lose_what_is_the_sites_and_nothing_else(number: str) -> None:
    left = lines_of(clean(read_seed(number)).body)
    before = lines_of(read_seed(number))
    removed = []
    for line in before:
        if left and left[0] == line:
            left.pop(0)
        else:
            removed.append(line)
    assert left == []
    assert removed == REMOVED[number]


def test_what_the_sample_articles_tell_of_themselves() -> None:
    found = {number: clean(read_seed(number)) for number in REMOVED}
    assert {number: (one.dateline, one.agency) for number, one in found.items()} == {
        "000": ("WASHINGTON", None),
        "001": (None, None),
        "002": (None, None),
        "003": (None, None),
        "004": ("Washington", "CNN"),
    }
    assert all(one.authors == () and one.published is None for one in found.values())


@pytest.mark.parametrize("number", REMOVED)
def test_what_is_removed_is_counted(number: str) -> None:
    cleaned = clean(read_seed(number))
    before = lines_of(read_seed(number))
    headlines = cleaned.title in before and cleaned.title not in lines_of(cleaned.body)
    assert cleaned.removed_lines == len(before) - len(lines_of(cleaned.body)) - headlines
    characters = sum(map(len, before)) - sum(map(len, lines_of(cleaned.body))) - headlines * len(cleaned.title)
    assert cleaned.removed_characters == characters


@pytest.mark.parametrize("number", REMOVED)
def test_a_clean_body_is_clean(number: str) -> None:
    body = clean(read_seed(number)).body
    again = clean(body)
    # A headline that the article's own lines begin with is taken for the title the second time.
    assert [line for line in lines_of(body) if line != again.title] == lines_of(again.body) or again.body == body


MENU = ["Home", "News", "Search", "Log In", "Subscribe", "Newsletters", "About Us", "Contact", "Share", "Tweet"]
FOOTER = ["Related Articles", "Leave a comment", "Privacy Policy", "Terms of Use", "© 2019 The Herald", "Careers"]

WORDS = st.sampled_from("the council closed an old bridge after rain and nobody saw how trains crossed it".split())
SENTENCES = st.lists(WORDS, min_size=12, max_size=30).map(lambda words: f"{' '.join(words).capitalize()}.")
PARAGRAPHS = st.lists(SENTENCES, min_size=1, max_size=4).map(" ".join)
ARTICLES = st.lists(PARAGRAPHS, min_size=3, max_size=12, unique=True)


@given(ARTICLES)
def test_an_article_within_a_page_comes_out_whole(article: list[str]) -> None:
    page = clean("\n".join([*MENU, *article, *FOOTER]))
    assert lines_of(page.body) == _once(article)


@given(ARTICLES, st.sampled_from(["\n", "\n\n"]))
def test_an_article_without_a_page_comes_out_whole(article: list[str], separator: str) -> None:
    assert lines_of(clean(separator.join(article)).body) == _once(article)


def _once(article: Iterable[str]) -> list[str]:
    """Leave out what stands in another paragraph word for word, as pull quotes do."""
    lines = list(article)
    return [line for line in lines if not any(line.rstrip(".") in other and line != other for other in lines)]


PIECES = st.one_of(st.sampled_from([*MENU, *FOOTER, "", "By Jane Doe", "01:27", "•", "- - -"]), SENTENCES, st.text())


@given(st.lists(PIECES, max_size=40).map("\n".join))
def test_nothing_is_added_and_nothing_changes_places(text: str) -> None:
    cleaned = clean(text)
    words = iter(text.split())
    assert all(word in words for word in cleaned.body.split())


@given(st.lists(PIECES, max_size=40).map("\n".join))
def test_what_had_something_in_it_has_a_title(text: str) -> None:
    cleaned = clean(text)
    assert bool(cleaned.title) == bool(text.split())
    assert "\n" not in cleaned.title
    assert cleaned.body == cleaned.body.strip()
    assert cleaned.removed_lines >= 0


@given(st.lists(SENTENCES, min_size=1, max_size=3), st.lists(st.sampled_from(MENU + FOOTER), max_size=30))
def test_prose_is_never_cleaned_away_to_nothing(sentences: list[str], labels: list[str]) -> None:
    assert clean("\n".join([*labels, *sentences, *labels])).body


@pytest.mark.parametrize(
    "article",
    [
        # German, Russian, Arabic, Persian, Chinese: no list of stop words tells that these are sentences.
        "Der Stadtrat hat am Montag beschlossen, die alte Hafenbrücke bis zum Frühjahr zu sperren. Fähren fahren.",
        "Городской совет в понедельник решил закрыть старый мост в гавани до весны. Пойдут паромы.",
        "قرر مجلس المدينة يوم الاثنين إغلاق جسر الميناء القديم حتى الربيع. فهل تكفي العبارات؟",
        "شورای شهر روز دوشنبه تصمیم گرفت پل قدیمی بندر را تا بهار ببندد. آیا قایق‌ها کافی هستند؟",
        "市议会星期一决定关闭旧港口大桥直到春天。市长说，在此期间渡轮将运送乘客过河。",
    ],
)
def test_articles_in_other_languages_come_out_whole(article: str) -> None:
    paragraphs = [f"{number} {article}" for number in range(1, 8)]
    assert lines_of(clean("\n\n".join(paragraphs)).body) == paragraphs
    page = clean("\n".join([*MENU, *paragraphs, *FOOTER]))
    assert lines_of(page.body) == paragraphs


def test_an_empty_text_is_empty() -> None:
    assert clean(" \n\t\n") == CleanText("", "")


@pytest.mark.parametrize(
    "text",
    [
        "The council voted for the bridge once more on day number seven of this year.\n" * 60_000,
        "".join(f"The council voted for bridge number {number} on day number seven.\n" for number in range(60_000)),
        "you " * 1_000_000 + ".\nSubscribe",
        "1 - " * 1_000_000,
        "( " * 500_000 + "\n" + "Photo " * 500_000,
        "Share this\n" * 300_000,
        "A - B (" * 300_000,
        "By A B, " * 300_000,
    ],
    ids=["one line", "many lines", "notice", "entries", "credits", "labels", "dateline", "byline"],
)
def test_the_largest_files_take_seconds(text: str) -> None:
    started = time.process_time()
    clean(text)
    assert time.process_time() - started < 10
