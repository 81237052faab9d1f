"""Completions of what is typed, and titles: most frequent first, as people write them, and none that finds nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import SearchEngine, SearchRequest
from index.analysis import is_stop_word, tokenize
from index.engine import Suggestions
from tests.index.suggested import article, make_engine

ARTICLES = [
    article(0, "Tillerson visits Moscow", "In Moscow the secretary met Lavrov. MOSCOW (AP) - They talked of weapons."),
    article(1, "Chemical weapons destroyed", "Weapons of Syria and the weapons of others; not of Moscow, said Lavrov."),
    article(2, "Visits to a café", "The café has no weather. Zürich has. The U.K. won't: Reuters said so."),
    article(3, "The weapons inspector", "Inspects weapons of NATO and mosaics, in the café.", source="Reuters"),
    article(4, "北京大学", "北京大学在北京。", language="zh"),
    article(5, "The weapons inspector", "The same again: NATO weapons and a weak case.", source="CNN"),
    article(6, "Weather report", "It rains.", authors=("Zack Beauchamp", "Zadie Smith")),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    with make_engine(tmp_path_factory.mktemp("completing") / "index", ARTICLES) as engine:
        yield engine


def texts(suggestions: Suggestions) -> list[str]:
    return [each.text for each in suggestions.completions]


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("wea", ["weapons", "weather", "weak"]),
        ("WEAP", ["weapons"]),
        ("mos", ["Moscow", "mosaics"]),
        ("chemical wea", ["chemical weapons", "chemical weather", "chemical weak"]),
        ("-wea", ["-weapons", "-weather", "-weak"]),
        ('"chemical weap', ['"chemical weapons']),
        ("title:weap", ["title:weapons"]),
        ("(mosc", ["(Moscow"]),
        ("caf", ["café"]),
        ("CAFÉ", ["café"]),
        ("zur", ["Zürich"]),
        ("nat", ["NATO"]),
        ("u.", []),
        ("uk", ["U.K."]),
        ("author:za", ["author:zack", "author:zadie"]),
        ("source:re", ["source:reuters"]),
        ("th", []),
        ("weapons ", []),
        ("wea*", []),
        ("language:e", []),
        ("after:2017", []),
        ("北", ["北京"]),
        ("北京", []),
        ("", []),
        ("zzz", []),
    ],
)
def test_the_last_word_is_completed_as_people_write_it(engine: SearchEngine, typed: str, completed: list[str]) -> None:
    assert texts(engine.suggest(typed)) == completed


@pytest.mark.parametrize(
    ("typed", "titles"),
    [
        ("wea", ["Weather report", "Chemical weapons destroyed", "The weapons inspector"]),
        ("the wea", ["The weapons inspector", "Chemical weapons destroyed", "Weather report"]),
        ("visits ", ["Visits to a café", "Tillerson visits Moscow"]),
        ("visits mosc", ["Tillerson visits Moscow"]),
        ("moscow vis", ["Tillerson visits Moscow"]),
        ("-wea", []),
        ("NOT wea", []),
        ("author:za", []),
        ("-moscow wea", ["Weather report", "Chemical weapons destroyed", "The weapons inspector"]),
        ("title:weat", ["Weather report"]),
        ("北京大", ["北京大学"]),
        ("lavrov", []),
    ],
)
def test_titles_begin_with_the_words_or_have_them(engine: SearchEngine, typed: str, titles: list[str]) -> None:
    found = [each.title for each in engine.suggest(typed).titles]
    assert (found[:1], sorted(found)) == (titles[:1], sorted(titles))


def test_no_more_are_given_than_asked_for(engine: SearchEngine) -> None:
    assert texts(engine.suggest("wea", 1)) == ["weapons"]
    assert len(engine.suggest("wea", 1).titles) == 1
    assert engine.suggest("wea", 0) == Suggestions()


def test_a_title_leads_to_its_article(engine: SearchEngine) -> None:
    (title,) = engine.suggest("visits mosc").titles
    assert engine.article(title.id).title == "Tillerson visits Moscow"


_texts = st.lists(st.sampled_from("Moscow moscow café cafe The the weapons U.S. C++ Über uber a 12,000 книга".split()))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(_texts.map(" ".join), _texts.map(" ".join), st.booleans()), min_size=1, max_size=6),
    st.sampled_from(["", "m", "mos", "ca", "caf", "u", "t", "1", "c", "к"]),
)
def test_completions_equal_a_naive_count_and_each_finds_articles(
    tmp_path_factory: pytest.TempPathFactory, made: Sequence[tuple[str, str, bool]], prefix: str
) -> None:
    articles = [article(number, title, body) for number, (title, body, _) in enumerate(made)]
    deleted = [str(number) for number, (_, _, is_deleted) in enumerate(made) if is_deleted]
    counts: Counter[str] = Counter()
    for each in articles:
        if each.id not in deleted:
            for text in (each.title, each.body):
                counts.update({token.surface for token in tokenize(text)})
    expected = sorted(
        (-count, word.encode(), word)
        for word, count in counts.items()
        if prefix and word.startswith(prefix) and not is_stop_word(word)
    )
    with make_engine(tmp_path_factory.mktemp("naive") / "index", articles, deleted) as engine:
        completions = engine.suggest(prefix).completions
        assert [(each.count, *(token.surface for token in tokenize(each.word))) for each in completions] == [
            (-count, word) for count, _, word in expected
        ]
        for completion in completions:
            assert engine.search(SearchRequest(query=completion.text)).total > 0
        ids = {each.id for each in articles} - set(deleted)
        assert {title.id for title in engine.suggest(prefix).titles} <= ids


_odd = st.text(st.sampled_from("wea mosc\"-:*~^()|=北京éЖ\u0301\ud800.'’&/+12") | st.characters(), max_size=12)


@settings(max_examples=300, deadline=None)
@given(_odd)
def test_whatever_is_typed_is_answered_and_kept(engine: SearchEngine, typed: str) -> None:
    for each in engine.suggest(typed).completions:
        assert each.text.endswith(each.word)
        assert typed.startswith(each.text.removesuffix(each.word))
        assert engine.search(SearchRequest(query=each.word)).total > 0
    meant = engine.search(SearchRequest(query=typed, snippets=False)).suggestion
    assert meant is None or engine.search(SearchRequest(query=meant)).total > 0
