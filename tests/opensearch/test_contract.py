"""What the job and the service rely on, asked of both engines; the queries are in `tests/queries`."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from index import Article, SearchEngine, SearchRequest, job, open_engine
from index.engine import FACETS
from index.engines import open_writer
from index.errors import ArticleNotFoundError, CursorExpiredError, IndexLockedError, IndexMissingError, RequestError

WIRE = " ".join(f"word{number} of a wire story that two papers print" for number in range(12))


def write_lines(path: Path, *articles: Article) -> None:
    path.write_bytes(b"\n".join(orjson.dumps(article.to_dict()) for article in articles))


def make(number: int, **facts: object) -> Article:
    values: dict[str, object] = {"id": f"a{number}", "title": f"Harbour {number}", "body": f"The quay of pier{number}."}
    return Article(**values | facts)  # type: ignore[arg-type]


def found(engine: SearchEngine, query: str = "harbour", **arguments: object) -> list[str]:
    response = engine.search(SearchRequest(query=query, size=100, **arguments))  # type: ignore[arg-type]
    assert response.total == len(response.results)
    return sorted(result.id for result in response.results)


def test_there_is_no_index_before_the_first_run(index_name: str) -> None:
    with open_engine(index_name) as engine:
        for ask in (engine.stats, engine.ledger, lambda: engine.article("a1"), lambda: found(engine)):
            with pytest.raises(IndexMissingError, match=r"reindex|There is no index"):
                ask()


def test_a_run_takes_up_what_has_changed(index_name: str, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    write_lines(folder / "one.jsonl", make(1), make(2), make(3))
    write_lines(folder / "two.jsonl", make(4))
    first = job.run([folder], index_name)
    assert (first.added, first.failed, first.generation) == (4, [], 1)
    with open_engine(index_name) as engine:
        assert found(engine) == ["a1", "a2", "a3", "a4"]
        again = job.run([folder], index_name)
        assert (again.added, again.updated, again.unchanged, again.removed, again.generation) == (0, 0, 4, 0, 1)
        write_lines(folder / "one.jsonl", make(1), make(2, body="Cranes."), make(5))
        (folder / "two.jsonl").unlink()
        changed = job.run([folder], index_name)
        assert (changed.added, changed.updated, changed.unchanged, changed.removed) == (1, 1, 1, 2)
        assert found(engine) == ["a1", "a2", "a5"]
        assert (found(engine, "crane"), found(engine, "pier2")) == (["a2"], [])
        assert engine.article("a2").body == "Cranes."
        with pytest.raises(ArticleNotFoundError):
            engine.article("a4")
        stats = engine.stats()
        assert (stats.articles, stats.generation, stats.undated) == (3, 2, 3)
        with engine.ledger() as ledger:
            assert [Path(path).name for path in ledger.files()] == ["one.jsonl"]
    report = job.verify(index_name)
    assert (report.articles, report.damage, report.leftovers) == (3, [], [])
    assert job.repair(index_name).generation is None


def test_a_dry_run_writes_nothing(index_name: str, tmp_path: Path) -> None:
    write_lines(tmp_path / "one.jsonl", make(1))
    assert job.run([tmp_path / "one.jsonl"], index_name, dry_run=True).added == 1
    with open_engine(index_name) as engine, pytest.raises(IndexMissingError):
        engine.stats()


def test_what_is_not_committed_is_not_there(index_name: str) -> None:
    with open_writer(index_name) as writer:
        writer.put(make(1))
        writer.commit()
    with open_engine(index_name) as engine:
        with open_writer(index_name) as writer:
            writer.put(make(2))
            writer.put(make(1, title="Airport"))
            assert found(engine) == ["a1"]
        assert (found(engine), found(engine, "airport")) == (["a1"], [])
        with open_writer(index_name) as writer:
            writer.put(make(3))
            assert writer.commit() == 2
        assert (found(engine), found(engine, "airport")) == (["a1", "a3"], [])


def test_a_rebuild_replaces_all_in_one_step(index_name: str) -> None:
    with open_writer(index_name) as writer:
        writer.put(make(1))
        writer.commit()
    with open_engine(index_name) as engine:
        with open_writer(index_name, rebuild=True) as writer:
            writer.put(make(2))
            assert found(engine) == ["a1"]
        assert found(engine) == ["a1"]
        with open_writer(index_name, rebuild=True) as writer:
            writer.put(make(3))
            assert (writer.commit(), found(engine)) == (2, ["a3"])


def test_there_is_one_writer_at_a_time(index_name: str) -> None:
    with open_writer(index_name) as writer:
        with pytest.raises(IndexLockedError, match="reindex"):
            open_writer(index_name)
        writer.put(make(1))
        with pytest.raises(ValueError, match="twice"):
            writer.put(make(1))
        writer.commit()
    with open_writer(index_name) as writer:
        assert writer.num_articles() == 1
        assert list(writer.articles()) == [("a1", make(1).digest())]


def test_every_result_is_walked_once(index_name: str) -> None:
    with open_writer(index_name) as writer:
        for number in range(25):
            writer.put(make(number, published=dt.date(2017, 4, 1 + number % 7) if number % 5 else None))
        writer.commit()
    everything = sorted(make(number).id for number in range(25))
    with open_engine(index_name) as engine:
        for sort in ("relevance", "newest", "oldest"):
            request = SearchRequest(query="harbour", size=7, sort=sort)
            pages = [engine.search(replace(request, page=page)) for page in range(1, 5)]
            by_page = [result.id for page in pages for result in page.results]
            walked, response = [], engine.search(request)
            while True:
                walked += [result.id for result in response.results]
                if response.cursor is None:
                    break
                response = engine.search(replace(request, cursor=response.cursor))
            assert by_page == walked
            assert sorted(walked) == everything
            assert [article.id for _, articles in engine.walk(request) for article in articles] == walked
        cursor = engine.search(request).cursor
        with pytest.raises(RequestError):
            engine.search(SearchRequest(query="quay", cursor=cursor))
        with open_writer(index_name) as writer:
            writer.put(make(30))
            writer.commit()
        with pytest.raises(CursorExpiredError):
            engine.search(replace(request, cursor=cursor))


def test_a_walk_is_of_one_state(index_name: str) -> None:
    with open_writer(index_name) as writer:
        for number in range(9):
            writer.put(make(number))
        writer.commit()
    with open_engine(index_name) as engine:
        walk = engine.walk(SearchRequest(query="harbour", size=4))
        _, first = next(walk)
        with open_writer(index_name) as writer:
            writer.delete("a7")
            writer.put(make(8, body="Changed."))
            writer.commit()
        rest = [article for _, articles in walk for article in articles]
        assert sorted(article.id for article in (*first, *rest)) == sorted(make(number).id for number in range(9))
        assert "Changed." not in {article.body for article in rest}


def test_near_duplicates_are_folded_and_change_with_the_index(index_name: str) -> None:
    """A story's leader is told by time, whichever run it came with."""
    later = make(1, body=WIRE, source="Courier", published=dt.date(2017, 4, 12))
    earlier = make(2, body=f"{WIRE} Reuters", source="Gazette", published=dt.date(2017, 4, 11))
    with open_writer(index_name) as writer:
        writer.put(later)
        writer.put(make(3))
        writer.commit()
    with open_engine(index_name) as engine:
        request = SearchRequest(query="harbour", facets=FACETS, sort="newest")
        assert [result.id for result in engine.search(request).results] == ["a1", "a3"]
        with open_writer(index_name) as writer:
            writer.put(earlier)
            writer.commit()
        response = engine.search(request)
        assert (response.total, response.folded, response.total_is_exact) == (2, 1, True)
        assert [(result.id, [each.id for each in result.duplicates]) for result in response.results] == [
            ("a2", ["a1"]), ("a3", []),
        ]  # fmt: skip
        counts = {name: {each.value: each.count for each in values} for name, values in response.facets.items()}
        assert counts["source"] == {"Courier": 1, "Gazette": 1, "unknown": 1}
        assert counts["published"] == {"2017-04-11": 1, "2017-04-12": 1, "undated": 1}
        assert found(engine, source=("Courier",)) == ["a1"]
        assert found(engine, duplicates="show") == ["a1", "a2", "a3"]
        with open_writer(index_name) as writer:
            writer.delete("a2")
            writer.commit()
        assert [(each.id, each.duplicates) for each in engine.search(request).results] == [("a1", ()), ("a3", ())]


def test_whatever_a_text_holds_is_taken(index_name: str) -> None:
    """Half characters, words and values without end, and dates of long ago."""
    hostile = [
        make(1, body="half \udc80 a character, and the quay"),
        make(2, title="Harbour \x01 \n zero\x00", body="x" * 40_000),
        make(3, source="s" * 40_000, authors=("Ada\nByron", "b" * 40_000), url="https://example.org/" + "u" * 40_000),
        make(4, published=dt.date(1, 1, 1)),
        make(5, published=dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)),
        make(6, body=""),
    ]
    with open_writer(index_name) as writer:
        for article in hostile:
            writer.put(article)
        writer.commit()
    with open_engine(index_name) as engine:
        assert found(engine) == sorted(article.id for article in hostile)
        assert [engine.article(article.id) for article in hostile] == hostile
        assert found(engine, "quay character") == ["a1"]
        stats = engine.stats()
        assert (stats.earliest, stats.latest) == (dt.date(1, 1, 1), dt.date(9999, 12, 31))
        counts = engine.search(SearchRequest(query="harbour", facets=FACETS)).facets["published"]
        assert [(each.value, each.count) for each in counts] == [("0001", 1), ("9999", 1), ("undated", 4)]
        assert found(engine, "published:9999") == ["a5"]
        assert found(engine, "quay \udc80", source=("\udc80", "unknown")) == ["a1", "a4", "a5"]


def test_newer_articles_come_first_if_asked(index_name: str) -> None:
    with open_writer(index_name) as writer:
        for number, day in enumerate((1, 20, 30)):
            writer.put(make(number, title="Harbour", body="The quay.", published=dt.date(2017, 4, day)))
        writer.commit()
    with open_engine(index_name) as engine:
        plain = engine.search(SearchRequest(query="harbour"))
        newer = engine.search(SearchRequest(query="harbour", recency=10))
        assert [result.id for result in plain.results] == ["a0", "a1", "a2"]
        assert [result.id for result in newer.results] == ["a2", "a1", "a0"]
        gains = [newer.results[2 - n].score / plain.results[n].score for n in range(3)]
        assert gains == pytest.approx([1 + 0.5**2.9, 1.5, 2.0], rel=1e-3)


def test_articles_like_another_are_found(index_name: str) -> None:
    with open_writer(index_name) as writer:
        writer.put(make(1, title="Tunnel under the strait", body="Engineers bore a tunnel under the strait."))
        writer.put(make(2, title="Strait tunnel opens", body="The tunnel under the strait has opened."))
        writer.put(make(3, title="Bakers strike", body="Bakers want more money."))
        for number in range(4, 9):
            writer.put(make(number))
        writer.commit()
    with open_engine(index_name) as engine:
        assert engine.related("a1")[0].id == "a2"
        assert "a1" not in {result.id for result in engine.related("a1", size=20)}
        with pytest.raises(ArticleNotFoundError):
            engine.related("none")


def test_near_duplicates_are_not_like_each_other(index_name: str) -> None:
    with open_writer(index_name) as writer:
        writer.put(make(1, body=WIRE))
        writer.put(make(2, body=f"{WIRE} Reuters"))
        writer.put(make(3, body="A wire story that one paper prints about word4."))
        writer.commit()
    with open_engine(index_name) as engine:
        assert [result.id for result in engine.related("a1")] == ["a3"]


def test_feedback_changes_the_order_and_nothing_else(index_name: str) -> None:
    with open_writer(index_name) as writer:
        writer.put(make(1, title="Harbour harbour", body="The tunnel is bored under the strait."))
        writer.put(make(2, title="Bakers", body="Bakers are on strike again in a harbour town."))
        writer.put(make(3, title="Bridge", body="Tunnel is bored under the strait near harbour town."))
        writer.put(make(4, title="Bored", body="The strait has a tunnel."))
        writer.commit()
    with open_engine(index_name) as engine:
        plain = engine.search(SearchRequest(query="harbour", explain=True))
        fed = engine.search(SearchRequest(query="harbour", feedback=True, explain=True))
        assert sorted(result.id for result in plain.results) == sorted(result.id for result in fed.results)
        assert [result.id for result in fed.results] == ["a1", "a3", "a2"]
        assert plain.total == fed.total == 3
        told = {part.text for result in fed.results for part in result.explanation if part.part == "feedback"}
        assert "tunnel" in told
        assert "feedback" not in {part.part for result in plain.results for part in result.explanation}


def test_the_parts_of_a_score_add_up_to_it(index_name: str) -> None:
    with open_writer(index_name) as writer:
        for number in range(5):
            writer.put(make(number, title="Old harbour", published=dt.date(2017, 4, 1 + number)))
        writer.commit()
    queries = {
        "harbour": {"word"},
        "old harbour": {"word"},
        '"old harbour"': {"phrase"},
        "harb*": {"pattern"},
        "*": {"everything"},
    }
    with open_engine(index_name) as engine:
        for query, kinds in queries.items():
            for recency in (None, 3.0):
                response = engine.search(SearchRequest(query=query, explain=True, recency=recency))
                assert response.results
                for result in response.results:
                    parts = result.explanation
                    assert {part.part for part in parts} - {"nearness", "recency"} == kinds, query
                    assert any(part.part == "recency" for part in parts) == (recency is not None)
                    assert round(sum(part.score for part in parts), 4) == result.score
                    assert all(part.text in {"harbour", "old"} for part in parts if part.part == "word")
        assert not engine.search(SearchRequest(query="harbour")).results[0].explanation
