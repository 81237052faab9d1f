"""Articles in many languages in one index: the first article of the Universal Declaration of Human Rights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import regex

from index import Article, SearchEngine, SearchRequest, job, open_engine
from index.engine import Match, Sort
from index.engines import open_writer
from index.engines.local.folder import IndexFolder
from index.engines.local.snapshot import open_snapshot
from index.query_language import parse

TEXTS = {
    "en": "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience "
    "and should act towards one another in a spirit of brotherhood.",
    "de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt "
    "und sollen einander im Geist der Brüderlichkeit begegnen.",
    "fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de "
    "conscience et doivent agir les uns envers les autres dans un esprit de fraternité.",
    "es": "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y "
    "conciencia, deben comportarse fraternalmente los unos con los otros.",
    "ru": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и "
    "должны поступать в отношении друг друга в духе братства.",
    "ar": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميرًا وعليهم أن يعامل بعضهم "
    "بعضًا بروح الإخاء.",
    "fa": "تمام افراد بشر آزاد به دنیا می‌آیند و از لحاظ حیثیت و حقوق با هم برابرند. همه دارای عقل و وجدان می‌باشند "
    "و باید نسبت به یکدیگر با روح برادری رفتار کنند.",
    "zh": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
    "ja": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを"
    "授けられており、互いに同胞の精神をもって行動しなければならない。",
    "ko": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 "
    "부여받았으며 서로 형제애의 정신으로 행동하여야 한다.",
}


@pytest.fixture(scope="module")
def declaration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    """An index of texts whose languages the job has found by itself."""
    folder = tmp_path_factory.mktemp("declaration")
    (folder / "articles").mkdir()
    for language, text in TEXTS.items():
        (folder / "articles" / f"{language}.txt").write_text(f"{language.upper()} 1948\n\n{text}\n", encoding="utf-8")
    report = job.run([folder / "articles"], str(folder / "index"))
    assert report.failed == []
    with open_engine(str(folder / "index")) as engine:
        assert {facet.value for facet in engine.stats().languages} == set(TEXTS)
        yield engine


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("a right", {"en": "rights"}),
        ("spirits of brotherhood", {"en": "spirit brotherhood"}),
        ("Mensch", {"de": "Menschen"}),
        ("Rechte Menschen", {"de": "Menschen Rechten"}),
        ('"Würden und Recht"', {"de": "Würde und Rechten"}),
        ("droits libre", {"fr": "libres droits"}),
        ("douées", {"fr": "doués"}),
        ("derecho", {"es": "derechos"}),
        # In two languages at once: one is enough, and each marks its own.
        ("consciences", {"en": "conscience", "fr": "conscience"}),
        ("свободный человек OR совестью", {"ru": "свободными совестью"}),
        ("достоинство", {"ru": "достоинстве"}),
        ("الضمير", {"ar": "وضميرًا"}),
        ("كرامة", {"ar": "الكرامة"}),
        ("حر OR احرارا", {"ar": "أحرارًا"}),
        # As typed on an Arabic keyboard.
        ("برادري كنند", {"fa": "برادری کنند"}),
        ("می‌آیند", {"fa": "می‌آیند"}),
        ("尊严和权利", {"zh": "尊严和权利"}),
        ("兄", {"zh": "兄"}),
        ("良心", {"zh": "良心", "ja": "良心"}),
        ("人間", {"ja": "人間 人間"}),
        ("行動しない OR 行動し", {"ja": "行動し"}),
        ("양심", {"ko": "양심"}),
        ("형제애", {"ko": "형제애"}),
    ],
)
def test_a_word_is_found_and_marked_in_its_language(
    declaration: SearchEngine, query: str, marked: dict[str, str]
) -> None:
    response = declaration.search(SearchRequest(query=query))
    assert not response.relaxed
    found = {
        result.language: " ".join(regex.findall("<mark>(.*?)</mark>", " ".join(result.snippets)))
        for result in response.results
    }
    assert found == marked
    for result in response.results:
        paragraphs = declaration.mark(declaration.article(result.id), query).paragraphs
        assert regex.findall("<mark>(.*?)</mark>", " ".join(paragraphs))


def test_all_the_stems_that_a_word_is_looked_up_as_are_told(declaration: SearchEngine) -> None:
    (term,) = declaration.search(SearchRequest(query="universities")).interpreted.terms
    assert term.terms[0] in ("univers", "universiti", "universities")
    assert {"univers", "universiti", "universities"} <= set(term.terms)
    assert len(set(term.terms)) == len(term.terms)


def test_an_index_in_one_language_is_asked_for_its_stems_alone(tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    with open_writer(index) as writer:
        writer.put(Article(id="1", title="Häuser", body="Die Häuser am Markt", language="de"))
        writer.put(Article(id="2", title="Houses", body="universities", language="en"))
        writer.commit()
    with open_engine(index) as engine:
        (term,) = engine.search(SearchRequest(query="universities")).interpreted.terms
        assert set(term.terms) == {"univers", "universiti"}
    with open_writer(index) as writer:
        writer.delete("2")
        writer.commit()
    with open_engine(index) as engine:
        (term,) = engine.search(SearchRequest(query="universities")).interpreted.terms
        assert term.terms == ("universiti",)
        assert engine.search(SearchRequest(query="Haus")).total == 1


NEWS = [
    Article(id="en", title="Old news", body="The news is that the new bridge does not open.", language="en"),
    Article(id="none", title="New", body="A new bridge, and what they do about it."),
    Article(id="nl", title="Nieuws", body="De news van de brug, en de straten.", language="nl"),
    Article(id="de", title="Neues", body="Die news der Woche und die neuen Brücken.", language="de"),
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        # In Dutch it is "new" with an ending.
        ("news", {"en": "news news", "nl": "news", "de": "news"}),
        ("new", {"en": "new", "none": "New new", "nl": "news"}),
        ("straat OR new", {"en": "new", "none": "New new", "nl": "news straten"}),
        ("bridge -news", {"none": "bridge"}),
        ('"the news"', {"en": "The news"}),
        ('"new bridges"', {"en": "new bridge", "none": "new bridge"}),
        ("title:news", {"en": "news"}),
    ],
)
@pytest.mark.parametrize("sort", ["relevance", "newest"])
def test_the_stem_of_one_language_is_not_looked_for_in_another(
    tmp_path: Path, query: str, found: dict[str, str], sort: Sort
) -> None:
    index = str(tmp_path / "index")
    with open_writer(index) as writer:
        for article in NEWS:
            writer.put(article)
        writer.commit()
    with open_engine(index) as engine:
        response = engine.search(SearchRequest(query=query, sort=sort, facets=("language",)))
        shown = {one.id: " ".join((one.title_marked, *one.snippets)) for one in response.results}
        assert {key: " ".join(regex.findall("<mark>(.*?)</mark>", text)) for key, text in shown.items()} == found
        assert response.total == len(found) == sum(facet.count for facet in response.facets["language"])
        scores = [one.score for one in response.results]
        assert sort != "relevance" or scores == sorted(scores, reverse=True)
        # Page by page the same, and each of them once.
        pages = [engine.search(SearchRequest(query=query, sort=sort, size=1, page=1 + page)) for page in range(5)]
        assert [one.id for page in pages for one in page.results] == [one.id for one in response.results]


def test_names_are_found_as_written_whatever_the_language(tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    with open_writer(index) as writer:
        writer.put(Article(id="1", title="", body="x", language="de", authors=("Anna Häuser",), source="Die Zeiten"))
        writer.commit()
    with open_engine(index) as engine:
        for query, total in (("author:hauser", 1), ("source:zeiten", 1), ("source:zeit*", 1), ("source:zeit", 0)):
            assert engine.search(SearchRequest(query=query)).total == total


def test_languages_of_few_articles_are_read_only_where_these_have_the_words(tmp_path: Path) -> None:
    index = tmp_path / "index"
    with open_writer(str(index)) as writer:
        for number in range(3):
            writer.put(Article(id=f"en-{number}", title="", body="The news of cities.", language="en"))
        writer.put(Article(id="nl", title="", body="Het nieuws van steden.", language="nl"))
        writer.commit()
    snapshot = open_snapshot(IndexFolder(str(index)))
    cases: list[tuple[str, Match, list[tuple[str, ...] | None]]] = [
        ("cities", "all", [("en",)]),
        ("steden", "all", [("nl",)]),
        ("cities steden", "all", [None]),
        ("cities steden", "any", [("en",), ("nl",)]),
        ("cities -steden", "all", [("en",)]),
    ]
    for typed, match, languages in cases:
        readings = snapshot.read(parse(typed), match)
        assert [reading.languages for reading, _ in readings] == languages, typed
        assert bool(snapshot.search(readings, 10)[0].total) == (languages != [None]), typed
