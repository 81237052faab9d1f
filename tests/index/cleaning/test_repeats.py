"""What stands in many articles of a source, and what stands twice in one."""

from __future__ import annotations

from index.cleaning import Repeats, clean

NOTICE = "The Herald is published every weekday in the old town hall of Seaport by the Seaport Press Company."


def article(number: int) -> str:
    return (
        f"The council voted on day {number} to close bridge number {number} of the harbour for repairs until spring.\n"
        f"Ferry number {number} will carry commuters across the river, said the mayor, who had opposed the plan."
    )


def test_a_line_of_many_articles_is_the_sites() -> None:
    repeats = Repeats()
    for number in range(10):
        repeats.add(f"{article(number)}\n{NOTICE}")
    text = f"{article(3)}\n{NOTICE}"
    assert clean(text).body.endswith(NOTICE)
    assert clean(text, repeats).body == article(3).replace("\n", "\n\n")


def test_few_pages_tell_nothing() -> None:
    repeats = Repeats()
    for number in range(4):
        repeats.add(f"{article(number)}\n{NOTICE}")
    assert not repeats.is_repeated(NOTICE)


def test_an_article_that_was_saved_often_is_left_whole() -> None:
    repeats = Repeats()
    for _ in range(10):
        repeats.add(article(1))
    assert clean(article(1), repeats).body == clean(article(1)).body


def test_a_line_counts_once_a_page() -> None:
    repeats = Repeats()
    for number in range(10):
        repeats.add(f"{article(number)}\n" + "\n".join(["Only here."] * 5 if number == 0 else []))
    assert not repeats.is_repeated("Only here.")


def test_memory_is_bounded_and_what_is_frequent_is_kept() -> None:
    repeats = Repeats(max_lines=100)
    for number in range(500):
        repeats.add(f"{article(number)}\n{NOTICE}")
        assert repeats.size <= 110
    assert repeats.is_repeated(NOTICE)
    assert not repeats.is_repeated(article(7).split("\n")[0])


def test_a_caption_that_stands_twice_and_a_pull_quote_are_kept_once() -> None:
    caption = "The foreign ministers of both countries arrive for a news conference in the harbour on Monday."
    said = "Nobody has ever closed this bridge before, and nobody will ever close it again while I live here."
    text = (
        f'{caption}\n{caption}\n\n{article(1)}\n\n{said[:-1]}\n\n"{said}" the mayor said, to applause from all sides.'
    )
    assert clean(text).body.split("\n\n")[0] == caption
    assert clean(text).body.count(caption) == 1
    assert clean(text).body.count(said[:-1]) == 1
    assert "to applause" in clean(text).body


def test_a_refrain_is_kept() -> None:
    verse = "Row, row, row your boat."
    assert clean(f"{article(1)}\n{verse}\n{verse}\n{verse}").body.count(verse) == 3
