"""Near-duplicates, folded by the embedded engine: held to what plain Python makes of the answers without folding."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import Article, SearchEngine, SearchRequest, open_engine
from index.engine import FACETS, MAX_DUPLICATES, SearchResponse, SearchResult
from index.engines import open_writer
from index.engines.local import writer as local_writer
from index.errors import DatelineError, IndexCorruptError

SOURCES = ("CNN", "BBC News", "Der Bote", None)
AUTHORS = ((), ("Ada",), ("Ada", "Karl"), ("Karl",))


def text(story: int, take: int) -> str:
    """Return the text of one take of a story: a word in fifty is its own, and a few are in other stories, too."""
    words = [f"w{story}x{place}" for place in range(50)]
    words[7] = f"take{take}"
    words[20:20] = ["zebra"] * (story % 2) + ["moscow"] * (take % 2) + ["quagga"] * (story % 5 == 0)
    return " ".join(words)


def make_articles() -> dict[str, Article]:
    rng = random.Random(5)
    takes = [(story, take) for story in range(30) for take in range((1, 1, 2, 3, 7)[story % 5])]
    takes += [(35, take) for take in range(30)]
    rng.shuffle(takes)
    return {
        f"{story}-{take}": Article(
            id=f"{story}-{take}",
            title=f"Zebra {take}" if take % 3 == 0 else "Headline",
            body=text(story, take),
            url=f"https://example.org/{story}/{take}",
            source=rng.choice(SOURCES),
            authors=rng.choice(AUTHORS),
            published=None if rng.random() < 0.2 else dt.date(2017, 1, 1) + dt.timedelta(days=rng.randrange(0, 90, 10)),
            language=rng.choice(("en", "de")),
        )
        for story, take in takes
    }


ARTICLES = make_articles()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    """An index in several segments, with articles that were deleted and replaced."""
    index = str(tmp_path_factory.mktemp("folding") / "index")
    names = sorted(ARTICLES, key=hash_of)
    for first in range(0, len(names), 30):
        with open_writer(index) as writer:
            writer.put(Article(id=f"gone-{first}", title="Zebra", body=text(first % 30, 0)))
            writer.put(replace(ARTICLES[names[(first + 40) % len(names)]], title="Not yet"))
            writer.commit()
        with open_writer(index) as writer:
            for name in names[first : first + 30]:
                writer.put(ARTICLES[name])
            writer.delete(f"gone-{first}")
            writer.commit()
    with open_engine(index) as opened:
        assert opened.stats().articles == len(ARTICLES)
        yield opened


def hash_of(name: str) -> int:
    return random.Random(name).randrange(1 << 30)


def story_of(result: SearchResult) -> str:
    return result.id.partition("-")[0]


Story = tuple[float, list[SearchResult]]


def fold_plainly(shown: SearchResponse, oldest_first: SearchResponse, sort: str) -> list[Story]:
    """Return the stories of an answer in which every article has a place, each with its score, the earliest first."""
    ages = {result.id: age for age, result in enumerate(oldest_first.results)}
    places = {result.id: place for place, result in enumerate(shown.results)}
    members: dict[str, list[SearchResult]] = {}
    for result in shown.results:
        members.setdefault(story_of(result), []).append(result)
    stories = []
    for found in members.values():
        by_age = sorted(found, key=lambda result: ages[result.id])
        stories.append((places[(found if sort == "relevance" else by_age)[0].id], by_age))
    return [(max(result.score for result in found), found) for _, found in sorted(stories, key=lambda story: story[0])]


QUERIES = (
    *("", "*", "zebra", "zebra OR moscow", "moscow -zebra", "w35x3", "w4x1 OR w35x9", "tak*", "title:zebra quagga"),
    *('"zebra moscow"', "take1 OR take2 OR take8", "quagga w3x3", "nothing", "title:headline", "w1x2 quagga"),
)
requests = st.builds(
    SearchRequest,
    query=st.sampled_from(QUERIES),
    match=st.sampled_from(["all", "any"]),
    sort=st.sampled_from(["relevance", "newest", "oldest"]),
    page=st.integers(1, 4),
    size=st.integers(0, 12),
    source=st.sampled_from([(), (), ("CNN",), ("CNN", "BBC News")]),
    author=st.sampled_from([(), (), (), ("Ada",)]),
    language=st.sampled_from([(), (), ("de",)]),
    published_from=st.sampled_from([None, None, dt.date(2017, 1, 21)]),
    published_to=st.sampled_from([None, None, dt.date(2017, 2, 20)]),
    facets=st.sampled_from([(), FACETS]),  # counted right: see test_requests.py
    snippets=st.just(False),
)


@settings(max_examples=300, deadline=None)
@given(requests)
def test_folding_is_what_plain_python_makes_of_all_that_matches(engine: SearchEngine, request: SearchRequest) -> None:
    found = engine.search(request)
    everything = replace(request, duplicates="show", size=1000, page=1)
    shown, oldest_first = engine.search(everything), engine.search(replace(everything, sort="oldest"))
    assert shown.folded == 0
    assert all(result.num_duplicates == 0 for result in shown.results)
    stories = fold_plainly(shown, oldest_first, request.sort)
    assert (found.total, found.folded) == (len(stories), shown.total - len(stories))
    page = stories[(request.page - 1) * request.size : request.page * request.size]
    assert [(result.id, result.score) for result in found.results] == [(each[0].id, score) for score, each in page]
    for result, (_, members) in zip(found.results, page, strict=True):
        listed = [member.id for member in members[1 : MAX_DUPLICATES + 1]]
        assert [duplicate.id for duplicate in result.duplicates] == listed
        assert result.num_duplicates == len(members) - 1


@settings(max_examples=40, deadline=None)
@given(requests)
def test_pages_are_parts_of_one_list_and_facets_lead_to_what_they_count(
    engine: SearchEngine, request: SearchRequest
) -> None:
    request = replace(request, page=1, size=1000, facets=FACETS)
    whole = engine.search(request)
    pages = [engine.search(replace(request, size=7, page=page)).results for page in range(1, whole.total // 7 + 2)]
    assert [result for page in pages for result in page] == list(whole.results)
    for name in ("source", "author", "language"):
        for count in whole.facets[name] if not getattr(request, name) and not whole.relaxed else ():
            narrowed = engine.search(replace(request, **{name: (count.value,)}))  # type: ignore[arg-type]
            assert narrowed.total == count.count


def put(index: Path, *articles: Article) -> None:
    with open_writer(str(index)) as writer:
        for article in articles:
            writer.put(article)
        writer.commit()


def take(name: str, story: int, day: int | None = None, **more: Any) -> Article:
    published = dt.date(2017, 1, day) if day else None
    return Article(id=name, title=name, body=text(story, len(name)), published=published, **more)


def search(index: Path, **arguments: Any) -> SearchResponse:
    with open_engine(str(index)) as engine:
        return engine.search(SearchRequest(**arguments))


def test_the_earliest_stands_for_its_story_and_lists_the_others(tmp_path: Path) -> None:
    index = tmp_path / "index"
    put(index, take("undated", 1), take("later", 1, 9, source="CNN", url="https://cnn.com"), take("other", 3, 5))
    put(index, take("earlier", 1, 3))
    response = search(index, query="zebra", facets=("source",))
    assert (response.total, response.folded) == (2, 2)
    story = next(result for result in response.results if result.duplicates)
    assert (story.id, story.num_duplicates) == ("earlier", 2)
    assert [duplicate.to_dict() for duplicate in story.duplicates] == [
        {"id": "later", "title": "later", "source": "CNN", "published": "2017-01-09", "url": "https://cnn.com"},
        {"id": "undated", "title": "undated", "source": None, "published": None, "url": None},
    ]
    # Of those that match, whichever else the story has.
    (alone,) = search(index, query="title:later").results
    assert (alone.id, alone.num_duplicates) == ("later", 0)
    (narrowed,) = search(index, published_from=dt.date(2017, 1, 6)).results
    assert narrowed.id == "later"


def test_a_change_of_articles_changes_their_stories(tmp_path: Path) -> None:
    index = tmp_path / "index"
    put(index, take("one", 1, 1), take("two", 1, 2))
    assert search(index).total == 1
    put(index, take("one", 3, 1))
    assert search(index).total == 2
    put(index, take("three", 3, 2))
    assert (search(index).total, search(index).folded) == (2, 1)
    with open_writer(str(index)) as writer:
        writer.delete("one")
        writer.commit()
    assert (search(index).total, search(index).folded) == (2, 0)
    assert len(list(index.glob("build-*/stories-*"))) == 1


def test_nothing_changed_leaves_the_stories_as_they_were(tmp_path: Path) -> None:
    put(tmp_path / "index", take("one", 1, 1), take("two", 1, 2))
    (stories,) = (tmp_path / "index").glob("build-*/stories-*")
    before = stories.stat()
    put(tmp_path / "index")
    assert (stories.stat().st_ino, stories.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("step", ["write_stories", "SegmentSet.commit"])
def test_a_commit_that_fails_leaves_the_stories_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    index = tmp_path / "index"
    put(index, take("one", 1, 1), take("two", 1, 2))
    before = sorted(path.name for path in index.rglob("*"))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(f"{local_writer.__name__}.{step}", fail)
        with pytest.raises(DatelineError, match="No space"):
            put(index, take("three", 1, 3))
    assert sorted(path.name for path in index.rglob("*")) == before
    assert (search(index).total, search(index).folded) == (1, 1)
    put(index, take("three", 1, 3))
    assert (search(index).total, search(index).folded) == (1, 2)


def test_stories_left_by_a_killed_writer_go(tmp_path: Path) -> None:
    index = tmp_path / "index"
    put(index, take("one", 1, 1))
    (build,) = index.glob("build-*")
    (build / "stories-2").write_text("half")
    (build / "stories-9").write_text("half")
    put(index, take("two", 1, 2))
    assert [path.name for path in build.glob("stories-*")] == ["stories-2"]
    assert search(index).folded == 1


@pytest.mark.parametrize("damage", ["missing", "cut off", "of another index"])
def test_stories_that_are_damaged_are_told(tmp_path: Path, damage: str) -> None:
    index = tmp_path / "index"
    put(index, take("one", 1, 1), take("two", 1, 2))
    (stories,) = index.glob("build-*/stories-*")
    if damage == "missing":
        stories.unlink()
    elif damage == "cut off":
        stories.write_bytes(stories.read_bytes()[:-9])
    else:
        put(tmp_path / "other", take("one", 1, 1))
        (other,) = (tmp_path / "other").glob("build-*/stories-*")
        stories.write_bytes(other.read_bytes())
    with pytest.raises(IndexCorruptError, match=stories.name):
        search(index)


def test_stories_are_verified(tmp_path: Path) -> None:
    index = tmp_path / "index"
    put(index, take("one", 1, 1), take("two", 1, 2))
    (stories,) = index.glob("build-*/stories-*")
    content = bytearray(stories.read_bytes())
    content[64] ^= 1  # the first array
    stories.write_bytes(content)
    with open_engine(str(index)) as engine, pytest.raises(IndexCorruptError, match="doc_ids"):
        engine.verify()
