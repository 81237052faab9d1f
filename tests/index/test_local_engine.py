from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import orjson
import pytest
from whoosh import query as whoosh_query
from whoosh.index import open_dir

from index import Article, SearchEngine, SearchRequest, open_engine
from index.clauses import Forms, leaves
from index.engine import FACETS, NO_DATE, NOT_KNOWN, FacetCount, Interpretation, Match, SearchResponse, SearchResult
from index.engines import open_writer
from index.engines.local import expanding
from index.engines.local.folder import IndexFolder
from index.engines.local.snapshot import open_snapshot
from index.errors import ArticleNotFoundError, DatelineError, IndexMissingError, RequestError
from index.query_language import parse, write


@pytest.fixture(scope="module")
def seeds(seed_index: Path) -> Iterator[SearchEngine]:
    with open_engine(str(seed_index)) as engine:
        yield engine


def found(engine: SearchEngine, query: str, match: Match = "all", **arguments: object) -> list[str]:
    """Return the first three letters of the ids found: 000 to 004 for the sample articles."""
    request = SearchRequest(query=query, match=match, **arguments)  # type: ignore[arg-type]
    return [result.id[:3] for result in engine.search(request).results]


def test_the_articles_that_speak_of_it_are_found_best_first(seeds: SearchEngine) -> None:
    response = seeds.search(SearchRequest(query="chemical weapons"))
    assert sorted(result.id[:3] for result in response.results) == ["001", "002", "003", "004"]
    scores = [result.score for result in response.results]
    assert scores == sorted(scores, reverse=True)
    assert response.total == 4
    for result in response.results:
        assert any("<mark>chemical</mark>" in snippet.lower() for snippet in result.snippets)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ('"no longer obsolete"', "001"),
        ("tillerson", "000 001 002 003 004"),
        ("tillerson -lavrov", "000"),
        ("tillerson NOT lavrov", "000"),
        ("visits moscow", "000 001 002 003"),
        ("visiting MOSCOW", "000 001 002 003"),
        ('"state department"', "000 001 004"),
        ('"the state department"', "000 004"),
        ("title:moscow", "001 003"),
        ("title:visit OR galeotti", "001 003"),
        ("RFE/RL", "001"),
        ("al-Qaeda", "003"),
        ('"al qaeda"', "003"),
        ("rapproch*", "001 002 004"),
        ("galeotti (mankoff OR daalder)", "001 003"),
        ("59", "001"),
        ("-tillerson", ""),
        ("*", "000 001 002 003 004"),
        ("* -lavrov", "000"),
        ('"', ""),
        ("", "000 001 002 003 004"),
        ("source:cnn", "004"),
    ],
)
def test_a_query_finds(seeds: SearchEngine, query: str, ids: str) -> None:
    assert sorted(found(seeds, query)) == ids.split()


def test_us_and_its_dots_are_the_same(seeds: SearchEngine) -> None:
    assert found(seeds, "U.S.") == found(seeds, "US") != []
    assert found(seeds, "U.S. sanctions") == found(seeds, "US sanctions") != []


def test_any_word_will_do_when_asked(seeds: SearchEngine) -> None:
    assert sorted(found(seeds, "galeotti daalder", "any")) == ["001", "003"]
    assert sorted(found(seeds, "galeotti mankoff -daalder", "any")) == ["001"]


def test_when_no_article_has_all_words_the_closest_come(seeds: SearchEngine) -> None:
    response = seeds.search(SearchRequest(query="galeotti zebra"))
    assert (response.relaxed, response.total) == (True, 2)
    assert response.interpreted.query == "galeotti OR zebra"
    for query in ("galeotti AND zebra", '"galeotti zebra"', "zebra", "zebra quagga"):
        response = seeds.search(SearchRequest(query=query))
        assert (response.relaxed, response.total) == (False, 0)


def test_pages_are_parts_of_one_list(seeds: SearchEngine) -> None:
    whole = found(seeds, "moscow", size=5)
    pages = [found(seeds, "moscow", size=2, page=page) for page in (1, 2, 3, 4)]
    assert pages == [whole[:2], whole[2:4], whole[4:], []]
    response = seeds.search(SearchRequest(query="moscow", size=0))
    assert (response.total, response.results) == (5, ())


def test_what_costs_can_be_left_out(seeds: SearchEngine) -> None:
    response = seeds.search(SearchRequest(query="moscow", snippets=False))
    assert all(result.snippets == () for result in response.results)
    assert response.facets == {}


def test_how_a_query_was_read_is_told(seeds: SearchEngine) -> None:
    told = seeds.search(SearchRequest(query='the visits title:Moscow "no longer" -lavrov vis*')).interpreted
    assert [(term.text, term.terms) for term in told.terms] == [
        ("visits", ("visit",)),
        ("title:Moscow", ("moscow",)),
        ('"no longer"', ("no", "longer")),
        ("vis*", ("vis*", "visit", "visitor", "visits")),
    ]
    assert [term.text for term in told.excluded] == ["lavrov"]
    assert told.dropped == ("the",)


def test_patterns_that_stand_for_too_many_words_are_searched_for_as_the_most_frequent(tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    for segment in range(2):
        with open_writer(index) as writer:
            for number in range(2 * expanding.MAX_WORDS):
                body = f"zebra zword{number % (expanding.MAX_WORDS - 1)} zrare{segment}x{number}"
                writer.put(Article(id=f"{segment}-{number}", title="", body=body, language="de" if segment else "en"))
            writer.commit()
    with open_engine(index) as engine:
        told = engine.search(SearchRequest(query="z*")).interpreted
        assert told.notes == ()
        assert told.terms[0].terms[:2] == ("z*", "zebra")
        assert len(told.terms[0].terms) == 2 + expanding.WORDS_TOLD
    snapshot = open_snapshot(IndexFolder(index))
    query = parse("z*^2 -zword1* (=zebra OR zrare0x*)")
    capped, words_of = expanding.expand(query, snapshot, 500)
    assert write(capped.root) == write(query.root)
    forms, *others = leaves(capped.root)
    assert isinstance(forms, Forms)
    assert (len(forms.surfaces), forms.surfaces[0]) == (expanding.MAX_WORDS, "zebra")
    assert not {word for word in forms.surfaces if word.startswith("zrare")}
    assert others == list(leaves(query.root))[1:]
    assert words_of[forms][-1] == "…"
    assert "100 most frequent" in capped.notes[0]
    doc_ids, _ = snapshot.match(snapshot.read(capped, "all"))
    whole, _ = snapshot.match(snapshot.read(query, "all"))
    assert doc_ids.tolist() == whole.tolist() != []


def test_an_answer_as_a_dictionary_leaves_nothing_out(seeds: SearchEngine) -> None:
    response = seeds.search(SearchRequest(query="tillerson -syria", facets=FACETS))
    answer = orjson.loads(orjson.dumps(response.to_dict()))
    assert set(answer) == {field.name for field in fields(SearchResponse)}
    assert set(answer["interpreted"]) == {field.name for field in fields(Interpretation)}
    assert answer["interpreted"]["excluded"] == [{"text": "syria", "terms": ["syria"]}]
    for written, result in zip(answer["results"], response.results, strict=True):
        # What is as good as said by leaving it out.
        assert set(written) == {*SearchResult._fields} - {"explanation"}
        known = result._asdict() | {"published": result.published.isoformat() if result.published else None}
        assert written == orjson.loads(orjson.dumps({name: known[name] for name in written}))


def test_an_article_is_given_back_as_it_was_put(tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    articles = [
        Article(id="plain", title="Plain", body="Body\n\nwith \udcff a lone surrogate"[:6]),
        Article(
            id="full/ä 1",
            title="Full <b>",
            body="Body.",
            url="https://example.com/1",
            source="CNN",
            authors=("A. Uthor", "Anne Other"),
            published=dt.date(2017, 4, 12),
            published_from="metadata",
            place="Hà Nội",
            language="en",
        ),
        Article(id="timed", title="T", body="B", published=dt.datetime(2017, 4, 12, 13, 30, tzinfo=dt.UTC)),
    ]
    with open_writer(index) as writer:
        for article in articles:
            writer.put(article)
        writer.commit()
    with open_engine(index) as engine:
        assert [engine.article(article.id) for article in articles] == articles
        with pytest.raises(ArticleNotFoundError, match="'nothing'"):
            engine.article("nothing")


@pytest.fixture
def dated(tmp_path: Path) -> Iterator[SearchEngine]:
    """Four articles about zebras, with dates, sources, authors and languages."""
    index = str(tmp_path / "index")
    facts: list[tuple[str, str | None, tuple[str, ...], dt.date | None, str | None]] = [
        ("april", "CNN", ("Anne",), dt.date(2017, 4, 12), "en"),
        ("old", "BBC News", ("Anne", "Bob"), dt.date(1965, 1, 1), "en"),
        ("undated", None, (), None, None),
        ("evening", "CNN", (), dt.datetime(2017, 4, 12, 20, 0, tzinfo=dt.UTC), "de"),
    ]
    with open_writer(index) as writer:
        for name, source, authors, published, language in facts:
            writer.put(
                Article(
                    id=name,
                    title=name,
                    body="A zebra.",
                    source=source,
                    authors=authors,
                    published=published,
                    language=language,
                )
            )
        writer.commit()
    with open_engine(index) as engine:
        yield engine


def ids(engine: SearchEngine, **arguments: object) -> list[str]:
    return [result.id for result in engine.search(SearchRequest(**arguments)).results]  # type: ignore[arg-type]


def test_newest_and_oldest_come_first_and_the_undated_last(dated: SearchEngine) -> None:
    assert ids(dated, query="zebra", sort="newest") == ["evening", "april", "old", "undated"]
    assert ids(dated, query="zebra", sort="oldest") == ["old", "april", "evening", "undated"]
    assert ids(dated, query="zebra", sort="newest", size=1, page=2) == ["april"]


def test_dates_are_filtered_with_both_ends(dated: SearchEngine) -> None:
    day = dt.date(2017, 4, 12)
    assert ids(dated, published_from=day) == ["april", "evening"]
    assert ids(dated, published_to=day) == ["april", "old", "evening"]
    assert ids(dated, published_to=day - dt.timedelta(days=1)) == ["old"]
    assert ids(dated, published_from=day, published_to=day) == ["april", "evening"]
    assert ids(dated, published_from=dt.date.min, published_to=dt.date.max) == ["april", "old", "evening"]


def test_a_filter_that_nothing_passes_finds_nothing(dated: SearchEngine) -> None:
    response = dated.search(SearchRequest(query="zebra", source=("Nobody",)))
    assert (response.total, response.results) == (0, ())


def test_an_exclusion_holds_for_the_first_article_too(make_index: Callable[..., Path]) -> None:
    index = make_index("only quagga here", "zebra and quagga here", "only zebra here")
    with open_engine(str(index)) as engine:
        assert [result.title for result in engine.search(SearchRequest(query="zebra -quagga")).results] == [
            "only zebra here"
        ]


def test_a_word_that_stands_twice_counts_twice(seeds: SearchEngine) -> None:
    once = seeds.search(SearchRequest(query="galeotti moscow", match="any"))
    twice = seeds.search(SearchRequest(query="galeotti moscow galeotti", match="any"))
    assert (once.total, twice.total) == (5, 5)
    gained = {result.id: result.score for result in twice.results}
    assert sum(gained[result.id] > result.score for result in once.results) == 2


def test_a_word_with_a_weight_counts_more(seeds: SearchEngine) -> None:
    def scores(query: str) -> dict[str, float]:
        return {result.id: result.score for result in seeds.search(SearchRequest(query=query)).results}

    once = scores("galeotti")
    for query in ("galeotti^3", "(galeotti)^3", "(galeotti* OR galeotti)^3 -zebra"):
        assert scores(query) == pytest.approx(
            {name: 3 * score for name, score in scores(query.replace("^3", "")).items()}, abs=0.001
        )
    assert scores('"mark galeotti"~9^2') == pytest.approx(
        {name: 2 * score for name, score in scores('"mark galeotti"~9').items()}, abs=0.001
    )
    assert scores("=galeotti") == once
    assert seeds.search(SearchRequest(query="(galeotti zebra)^2")).relaxed


def test_a_star_beside_a_word_adds_nothing(seeds: SearchEngine) -> None:
    assert found(seeds, "* galeotti") == found(seeds, "galeotti")


def test_filters_and_exclusions_change_no_score(dated: SearchEngine) -> None:
    def scores(**arguments: object) -> set[float]:
        return {result.score for result in dated.search(SearchRequest(**arguments)).results}  # type: ignore[arg-type]

    assert scores(query="zebra", source=("CNN",), published_from=dt.date(2000, 1, 1)) == scores(query="zebra")
    assert scores(query="zebra -title:old -title:april") == scores(query="zebra")


def test_values_are_filtered_exactly(dated: SearchEngine) -> None:
    assert ids(dated, source=("CNN",)) == ["april", "evening"]
    assert ids(dated, source=("CNN", "BBC News")) == ["april", "old", "evening"]
    assert ids(dated, source=("BBC",)) == []
    assert ids(dated, source=("CNN",), language=("de",)) == ["evening"]
    assert ids(dated, author=("Anne",)) == ["april", "old"]


def test_sources_and_authors_are_searched_by_word(dated: SearchEngine) -> None:
    assert ids(dated, query="source:bbc") == ["old"]
    assert ids(dated, query='source:"bbc news" zebra') == ["old"]
    assert ids(dated, query="author:bo*") == ["old"]


def test_facets_count_what_was_found(dated: SearchEngine) -> None:
    response = dated.search(SearchRequest(query="zebra", facets=FACETS, size=1))
    assert response.facets == {
        "source": (FacetCount("CNN", 2), FacetCount("BBC News", 1), FacetCount(NOT_KNOWN, 1)),
        "author": (FacetCount("Anne", 2), FacetCount("Bob", 1), FacetCount(NOT_KNOWN, 2)),
        "language": (FacetCount("en", 2), FacetCount("de", 1), FacetCount(NOT_KNOWN, 1)),
        "published": (FacetCount("1965", 1), FacetCount("2017", 2), FacetCount(NO_DATE, 1)),
    }
    response = dated.search(SearchRequest(query="title:april", facets=FACETS))
    assert NOT_KNOWN not in [count.value for counts in response.facets.values() for count in counts]
    assert dated.search(SearchRequest(query="nothing", facets=("source",))).facets == {"source": ()}


def test_what_is_not_known_can_be_asked_for(dated: SearchEngine) -> None:
    assert ids(dated, source=(NOT_KNOWN,)) == ["undated"]
    assert ids(dated, author=(NOT_KNOWN,)) == ["undated", "evening"]
    assert ids(dated, author=(NOT_KNOWN, "Bob"), language=("de", NOT_KNOWN)) == ["undated", "evening"]
    assert ids(dated, published=(NO_DATE,)) == ["undated"]
    assert ids(dated, query="source:unknown") == []
    (result,) = dated.search(SearchRequest(published=(NO_DATE,))).results
    assert (result.source, result.authors, result.language, result.published) == (None, (), None, None)


def test_stats_say_what_the_archive_covers(dated: SearchEngine) -> None:
    stats = dated.stats()
    assert (stats.articles, stats.undated, stats.generation) == (4, 1, 1)
    assert (stats.earliest, stats.latest) == (dt.date(1965, 1, 1), dt.date(2017, 4, 12))
    assert stats.sources == (FacetCount("CNN", 2), FacetCount("BBC News", 1))
    assert stats.languages == (FacetCount("en", 2), FacetCount("de", 1))
    assert stats.size_bytes > 0
    assert dt.datetime.now(tz=dt.UTC) - stats.committed_at < dt.timedelta(minutes=10)


def test_segments_with_and_without_dates_answer_together(tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    articles = [
        Article(id="undated", title="zebra", body="b"),
        Article(id="dated", title="zebra", body="b", source="CNN", published=dt.date(2017, 4, 12)),
        Article(id="undated too", title="zebra", body="b", source="BBC"),
        Article(id="older", title="zebra", body="b", source="CNN", published=dt.date(1965, 1, 1)),
    ]
    for article in articles:
        with open_writer(index) as writer:
            writer.put(article)
            writer.commit()
    with open_engine(index) as engine:
        assert ids(engine, query="zebra", sort="newest") == ["dated", "older", "undated", "undated too"]
        assert ids(engine, published_from=dt.date(2000, 1, 1)) == ["dated"]
        facets = engine.search(SearchRequest(query="zebra", facets=FACETS)).facets
        assert facets["source"] == (FacetCount("CNN", 2), FacetCount("BBC", 1), FacetCount(NOT_KNOWN, 1))
        assert facets["published"] == (FacetCount("1965", 1), FacetCount("2017", 1), FacetCount(NO_DATE, 2))
        assert ids(engine, published=(NO_DATE,)) == ["undated", "undated too"]
        assert (engine.stats().articles, engine.stats().undated) == (4, 2)


def test_many_small_commits_stay_few_segments_and_lose_nothing(tmp_path: Path) -> None:
    index = tmp_path / "index"
    for number in range(20):
        with open_writer(str(index)) as writer:
            writer.put(Article(id=f"a{number}", title=f"zebra {number}", body="visits", source=f"s{number % 3}"))
            writer.delete(f"a{number - 5}")
            writer.commit()
    with open_engine(str(index)) as engine:
        assert sorted(ids(engine, query="zebra", size=50)) == sorted(f"a{number}" for number in range(15, 20))
        assert engine.article("a17").title == "zebra 17"
        assert engine.search(SearchRequest(query="visiting", facets=("source",))).facets["source"][0].count == 2
        assert engine.stats().generation == 20
    assert len(list(index.glob("build-*/*.segment"))) <= 6


def test_the_memory_limit_makes_segments_and_changes_no_answer(tmp_path: Path) -> None:
    answers = []
    for memory_mb in (1, 512):
        index = tmp_path / f"index{memory_mb}"
        with open_writer(str(index), memory_mb=memory_mb) as writer:
            for number in range(600):
                body = f"zebra {number} " + " ".join(f"word{(number * place) % 997}" for place in range(300))
                writer.put(Article(id=f"a{number}", title=f"title {number % 7}", body=body))
            writer.commit()
        with open_engine(str(index)) as engine:
            response = engine.search(SearchRequest(query="zebra word5 title", match="any", size=50))
            answers.append((response.total, [(result.id, result.score) for result in response.results]))
    assert answers[0] == answers[1]


def test_a_word_in_the_title_counts_more(make_index: Callable[..., Path]) -> None:
    index = make_index(
        "A Headline about Something Else\n\nA zebra was here.", "A Headline about Zebra Here\n\nSomething was here."
    )
    with open_engine(str(index)) as engine:
        assert engine.search(SearchRequest(query="zebra")).results[0].title == "A Headline about Zebra Here"


def test_an_index_is_an_ordinary_index_of_whoosh(seed_index: Path) -> None:
    (build,) = seed_index.glob("build-*")
    with open_dir(str(build)).searcher() as searcher:
        found = searcher.search(whoosh_query.Phrase("body", ["no", "longer", "obsolet"]), limit=None)
        assert [hit["title"] for hit in found] == [
            "Tillerson's Visit To Moscow Does Little To Heal Rift, Clear Confusion"
        ]
        assert "universe" not in searcher.lexicon("body_surface")


def test_marking_an_article(make_index: Callable[..., Path]) -> None:
    index = make_index("A Headline about <b>Zebras</b> Here\n\nFirst zebra & co.\n\nSecond one.")
    with open_engine(str(index)) as engine:
        (result,) = engine.search(SearchRequest(query="zebra")).results
        marked = engine.mark(engine.article(result.id), "zebra")
        assert marked.title == "A Headline about &lt;b&gt;<mark>Zebras</mark>&lt;/b&gt; Here"
        assert marked.paragraphs == ("First <mark>zebra</mark> &amp; co.", "Second one.")
        assert "<mark>" not in "".join(engine.mark(engine.article(result.id), "").paragraphs)


def test_an_empty_index_answers(make_index: Callable[..., Path]) -> None:
    index = make_index()
    with open_engine(str(index)) as engine:
        response = engine.search(SearchRequest(query="zebra", facets=FACETS, sort="newest"))
        assert (response.total, response.results) == (0, ())
        stats = engine.stats()
        assert (stats.articles, stats.earliest, stats.latest) == (0, None, None)


def test_an_engine_can_be_opened_before_there_is_an_index(
    tmp_path: Path, seed_folder: Path, make_index: Callable[..., Path]
) -> None:
    with open_engine(str(tmp_path / "index")) as engine:
        with pytest.raises(IndexMissingError, match="Make one with: reindex"):
            engine.search(SearchRequest(query="zebra"))
        make_index("A zebra.")
        assert engine.search(SearchRequest(query="zebra")).total == 1


def test_no_engine_for_an_unknown_url() -> None:
    with pytest.raises(DatelineError, match="No engine serves ftp://"):
        open_engine("ftp://host/index")


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        ({"match": "some"}, "match"),
        ({"sort": "random"}, "sort"),
        ({"facets": ("colour",)}, "facets"),
        ({"page": 0}, "page"),
        ({"size": -1}, "size"),
        ({"published_from": dt.date(2018, 1, 1), "published_to": dt.date(2017, 1, 1)}, "from"),
        ({"published": ("2018-13",)}, "published"),
        ({"not_published": ("unknown",)}, "published"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(arguments: dict[str, object], parameter: str) -> None:
    with pytest.raises(RequestError) as error:
        SearchRequest(**arguments)  # type: ignore[arg-type]
    assert error.value.parameter == parameter


def test_threads_share_an_engine_while_the_index_changes(tmp_path: Path) -> None:
    index = str(tmp_path / "index")

    def put(count: int) -> None:
        with open_writer(index) as writer:
            for number in range(count):
                writer.put(Article(id=f"a{number}", title="t", body=f"zebra number {number}"))
            writer.commit()

    put(5)
    wrong: list[object] = []
    stop = threading.Event()

    def ask(engine: SearchEngine) -> None:
        while not stop.is_set():
            try:
                total = engine.search(SearchRequest(query="zebra", match="any")).total
            except DatelineError as error:
                total = error  # type: ignore[assignment]
            if total not in (5, 10, 15):
                wrong.append(total)

    with open_engine(index) as engine:
        threads = [threading.Thread(target=ask, args=(engine,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        put(10)
        put(15)
        stop.set()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert engine.search(SearchRequest(query="zebra")).total == 15


def test_filters_in_a_query_change_no_score_and_are_not_relaxed(dated: SearchEngine) -> None:
    (plain,) = {result.score for result in dated.search(SearchRequest(query="zebra")).results}
    for typed in ("published:[* TO *]", "language:en", "(language:en OR after:1965)", "-language:de"):
        assert {result.score for result in dated.search(SearchRequest(query=f"zebra {typed}")).results} == {plain}
    response = dated.search(SearchRequest(query="zebra quagga published:2017"))
    assert response.relaxed
    assert [result.id for result in response.results] == ["april", "evening"]
    assert not dated.search(SearchRequest(query="zebra published:2016")).relaxed


def test_dates_are_told_as_absolute_ranges(dated: SearchEngine) -> None:
    told = dated.search(SearchRequest(query="after:2016 language:DE -published:2017-05")).interpreted
    assert told.query == "published:[2017-01-01 TO *] AND language:de AND NOT published:[2017-05-01 TO 2017-05-31]"
    assert [term.terms for term in told.terms] == [("2017-01-01", "*"), ("de",)]
    assert [term.terms for term in told.excluded] == [("2017-05-01", "2017-05-31")]
