"""A cluster that goes wrong while it is asked: no wrong answer, and nothing that was committed is lost."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from index import SearchEngine, SearchRequest, job, open_engine
from index.engine import FACETS
from index.engines import open_writer
from index.engines.opensearch.state import commit_state
from index.errors import ClusterUnavailableError
from service.app import create_app
from tests.conftest import ROOT
from tests.opensearch.nodes import Nodes
from tests.opensearch.test_contract import found, make

_NUM_ARTICLES = 3_000

# A run that is killed when half of it has been sent.
_KILLED_RUN = """
import os, sys
from index import Article
from index.engines import open_writer
writer = open_writer(sys.argv[1], rebuild=sys.argv[2] == "rebuild")
for number in range(1500):
    writer.put(Article(id=f"a{number}", title="Harbour", body="Half of a run."))
writer._sender.flush()
writer._refresh()
os._exit(9)
"""


@pytest.fixture(scope="module")
def own_nodes(opensearch_nodes: Nodes) -> Iterator[Nodes]:
    """Nodes of which one may be killed: it comes back for the tests after these."""
    yield opensearch_nodes
    opensearch_nodes.start(1)
    opensearch_nodes.wait_for("/_cluster/health", number_of_nodes=2)


@contextmanager
def asked_all_the_time(engine: SearchEngine, answers: list[object]) -> Iterator[None]:
    """Put the answers to one request into a list, one after another, or the errors, while the block lasts."""
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                response = engine.search(SearchRequest(query="harbour", facets=FACETS, size=5))
                answers.append((response.total, tuple(result.id for result in response.results), response.facets))
            except ClusterUnavailableError as error:
                answers.append(error)
                time.sleep(0.05)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("kind", ["rebuild", "incremental"])
def test_a_killed_run_leaves_the_index_as_it_was(cluster_name: str, tmp_path: Path, kind: str) -> None:
    (tmp_path / "one.jsonl").write_bytes(orjson.dumps(make(1).to_dict()))
    job.run([tmp_path / "one.jsonl"], cluster_name)
    with open_engine(cluster_name) as engine:
        command = [sys.executable, "-c", _KILLED_RUN, cluster_name, kind]
        killed = subprocess.run(command, cwd=ROOT, check=False)
        assert killed.returncode == 9
        assert found(engine) == ["a1"]
        assert (engine.article("a1"), engine.stats().articles) == (make(1), 1)
        assert len(job.verify(cluster_name).leftovers) == (kind == "rebuild")
        report = job.run([tmp_path / "one.jsonl"], cluster_name)
        assert (report.unchanged, report.generation) == (1, 1)
        assert job.verify(cluster_name).leftovers == []
        assert job.run([tmp_path / "one.jsonl"], cluster_name, rebuild=True).generation == 2
        assert found(engine) == ["a1"]


@pytest.mark.parametrize("rebuild", [True, False])
def test_a_commit_whose_answer_is_lost_is_not_undone(
    cluster_name: str, rebuild: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit_and_lose(*arguments: Any) -> None:
        commit_state(*arguments)
        raise ClusterUnavailableError("The answer is lost.")

    with open_writer(cluster_name) as writer:
        writer.put(make(1))
        writer.commit()
    with open_engine(cluster_name) as engine:
        with open_writer(cluster_name, rebuild=rebuild) as writer:
            writer.put(make(2))
            with monkeypatch.context() as patched:
                patched.setattr("index.engines.opensearch.writer.commit_state", commit_and_lose)
                with pytest.raises(ClusterUnavailableError):
                    writer.commit()
        expected = ["a2"] if rebuild else ["a1", "a2"]
        assert (found(engine), engine.stats().generation) == (expected, 2)
        with open_writer(cluster_name) as writer:
            writer.put(make(3))
            assert writer.commit() == 3
        assert found(engine) == [*expected, "a3"]


def test_a_part_without_a_copy_is_missed_until_it_is_back(
    opensearch_nodes: Nodes, cluster_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer is given of the half that is there."""
    monkeypatch.setenv("DATELINE_OPENSEARCH_SHARDS", "2")
    monkeypatch.setenv("DATELINE_OPENSEARCH_REPLICAS", "0")
    with open_writer(cluster_name) as writer:
        for number in range(20):
            writer.put(make(number))
        writer.commit()
    client = create_app({"TESTING": True, "DATELINE_INDEX": cluster_name}).test_client()
    assert client.get("/api/search?q=harbour").get_json()["total"] == 20
    opensearch_nodes.kill(1)
    try:
        opensearch_nodes.wait_for("/_cluster/health", number_of_nodes=1)
        for path in ("/api/search?q=harbour", "/readyz"):
            response = client.get(path)
            assert (response.status_code, response.get_json()["type"]) == (503, "/problems/cluster-unavailable")
            assert int(response.headers["Retry-After"]) > 0
    finally:
        opensearch_nodes.start(1)
        opensearch_nodes.wait_for("/_cluster/health", number_of_nodes=2, unassigned_shards=0)
    assert client.get("/api/search?q=harbour").get_json()["total"] == 20
    assert client.get("/readyz").get_json()["status"] == "ready"


def test_searches_go_on_without_the_node_that_decides(
    opensearch_nodes: Nodes, cluster_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_OPENSEARCH_SHARDS", "2")  # so that the first copy of one is lost
    with open_writer(cluster_name) as writer:
        for number in range(20):
            writer.put(make(number))
        writer.commit()
    opensearch_nodes.wait_for("/_cluster/health", status="green")
    client = create_app({"TESTING": True, "DATELINE_INDEX": cluster_name}).test_client()
    opensearch_nodes.kill(0)
    try:
        for path in ("/api/search?q=harbour", "/api/articles/a1", "/readyz"):
            assert client.get(path).status_code == 200, path
    finally:
        opensearch_nodes.start(0)
        opensearch_nodes.wait_for("/_cluster/health", number_of_nodes=2, unassigned_shards=0)
    assert client.get("/api/search?q=harbour").get_json()["total"] == 20


def test_the_service_answers_on_every_path(cluster_name: str) -> None:
    client = create_app({"TESTING": True, "DATELINE_INDEX": cluster_name}).test_client()
    response = client.get("/api/search?q=harbour")
    assert (response.status_code, response.get_json()["type"]) == (503, "/problems/index-missing")
    with open_writer(cluster_name) as writer:
        for number in range(12):
            writer.put(make(number, source="Gazette"))
        writer.commit()
    for path in (
        "/", "/search?q=harbour", "/articles/a1?q=harbour", "/feed.atom?q=harbour", "/export.csv?q=harbour",
        "/api/articles/a1", "/api/articles/a1/related", "/api/suggest?q=har", "/api/stats", "/readyz",
    ):  # fmt: skip
        assert client.get(path).status_code == 200, path
    assert client.get("/export.csv?q=harbour").text.count("Gazette") == 12


def test_a_node_is_lost_while_articles_are_put_and_asked_for(own_nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_OPENSEARCH_SHARDS", "2")  # so that either node decides for one of them
    name = f"{own_nodes.url}/t{uuid.uuid4().hex[:8]}"
    with open_writer(name) as writer:
        for number in range(_NUM_ARTICLES):
            writer.put(make(number, source=f"Source {number % 7}"))
        writer.commit()
    own_nodes.wait_for("/_cluster/health", status="green")
    answers: list[object] = []
    with open_engine(name) as engine:
        with asked_all_the_time(engine, answers), open_writer(name) as writer:
            for number in range(_NUM_ARTICLES, _NUM_ARTICLES + 1_500):
                writer.put(make(number, title="Airport"))
            own_nodes.kill(1)
            writer.delete("a0")
            generation = writer.commit()
            own_nodes.wait_for("/_cluster/health", number_of_nodes=1)
        # It is back by itself, from one node, with all that was committed before and after.
        assert generation == 2
        assert engine.search(SearchRequest(query="harbour")).total == _NUM_ARTICLES - 1
        assert engine.search(SearchRequest(query="airport")).total == 1_500
    given = [answer for answer in answers if isinstance(answer, tuple)]
    # All are of the one generation or the other, whole.
    assert {total for total, *_ in given} <= {_NUM_ARTICLES, _NUM_ARTICLES - 1}
    assert len({(total, ids, str(facets)) for total, ids, facets in given}) <= 2
    assert len(given) > len(answers) / 2
