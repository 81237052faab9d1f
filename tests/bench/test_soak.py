"""The soak asks every route, tells the memory of each worker, and fails where a request does."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.queries import BenchQuery
from bench.server import dateline, memory_bytes
from bench.soak import Sample, growth, make_paths, soak, table


def test_everything_is_asked_and_the_memory_told(seed_index: Path, tmp_path: Path) -> None:
    queries = [BenchQuery("term", ("moscow",)), BenchQuery("phrase", ("chemical", "weapons"))]
    paths = make_paths(queries, seed_index)
    told: list[Sample] = []
    with dateline(seed_index, tmp_path / "log") as server:
        workers = server.workers()
        samples, answered = soak(server, paths, 2, 0.5, told.append)
        assert all(0 < pss < rss for pss, rss in map(memory_bytes, workers))
        with pytest.raises(RuntimeError, match="/none: HTTP Error 404"):
            soak(server, ["/none"], 5, 5, told.append)
    assert len(workers) == 2
    assert answered >= len(paths)
    assert samples == told[: len(samples)]
    assert all(set(sample.pss) == set(workers) for sample in samples)


def test_growth_is_of_the_last_quarter_against_the_first_after_the_warming_up() -> None:
    sizes = [10, 20, *([100] * 6), 110, 120]  # the median of the last two quarters of eight
    samples = [Sample(place, {1: size * 10**6, 2: 10**8}, {1: 2 * 10**8, 2: 10**8}) for place, size in enumerate(sizes)]
    assert growth(samples) == {1: pytest.approx(0.15), 2: 0}
    assert table(samples, rows=2).splitlines()[2:] == [
        "| 0 | 10.0 / 200.0 | 100.0 / 100.0 |",
        "| 5 | 100.0 / 200.0 | 100.0 / 100.0 |",
        "",
        "PSS of the last quarter against the first, after the warming up: +15.0%, +0.0%",
    ]
