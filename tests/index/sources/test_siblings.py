from __future__ import annotations

from pathlib import Path

from index.sources import read_articles

PLEA = "Our reporters go to places where nobody else goes, and they do it for readers such as you."
BACKGROUND = "The talks began in March, after both sides had given up what they had asked for at first."


def write_page(folder: Path, number: int, *more: str, suffix: str = ".txt") -> None:
    story = [
        f"The council of town {number} voted on Monday to build {number} new bridges across the river.",
        f"Nobody in town {number} had expected that, said the mayor, who had spoken against it for years.",
        f"It will cost {number} million, which the council of town {number} does not have and will have to borrow.",
    ]
    (folder / f"{number}{suffix}").write_text("\n\n".join([*story, *more, PLEA]))


def test_what_all_pages_of_a_folder_have_is_left_out(tmp_path: Path) -> None:
    for number in range(30):
        write_page(tmp_path, number, *[BACKGROUND] * (number % 8 == 0))
    articles = list(read_articles(tmp_path))
    assert len(articles) == 30
    assert not any(PLEA in article.body for article in articles)
    assert all("had expected that" in article.body and "to borrow" in article.body for article in articles)
    # Four of thirty have it: an agency's, and no site's.
    assert sum(BACKGROUND in article.body for article in articles) == 4


def test_names_in_capitals_are_of_pages_too(tmp_path: Path) -> None:
    for number in range(10):
        write_page(tmp_path, number, suffix=".TXT")
    assert not any(PLEA in article.body for article in read_articles(tmp_path))


def test_a_few_pages_tell_nothing(tmp_path: Path) -> None:
    for number in range(4):
        write_page(tmp_path, number)
    assert all(PLEA in article.body for article in read_articles(tmp_path))


def test_pages_that_come_later_are_looked_at(tmp_path: Path) -> None:
    write_page(tmp_path, 0)
    (article,) = read_articles(tmp_path)
    assert PLEA in article.body
    for number in range(1, 10):
        write_page(tmp_path, number)
    assert not any(PLEA in article.body for article in read_articles(tmp_path))


def test_a_page_that_cannot_be_read_does_not_count(tmp_path: Path) -> None:
    for number in range(5):
        write_page(tmp_path, number)
    (tmp_path / "5.txt").write_bytes(b"\0" * 100)
    (tmp_path / "6.txt").mkdir()
    (article,) = read_articles(tmp_path / "0.txt")
    assert PLEA not in article.body
