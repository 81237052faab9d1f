"""Does the service stay as it is while it is asked for a long time? The memory of its workers, minute by minute."""

from __future__ import annotations

import itertools
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.queries import BenchQuery
from bench.server import Server, memory_bytes
from bench.serving import DATELINE, LIFE, typed
from index import SearchRequest, open_engine

# What a worker makes once, such as the list of words for suggestions, is made within this part of the time.
_WARM_PART = 0.2
_ASKING = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """The memory of each worker, by its number: its share of what is common (PSS) and all of it (RSS), in bytes."""

    seconds: float
    pss: dict[int, int]
    rss: dict[int, int]


def make_paths(queries: Sequence[BenchQuery], index: Path) -> list[str]:
    """Return what is asked: every route that people and programs use, with queries of all classes, sorts and depths."""
    with open_engine(str(index)) as engine:
        some = engine.search(SearchRequest(size=len(queries), snippets=False)).results
    ids = [quote(result.id) for result in some]
    paths = [LIFE, "/readyz", "/metrics", "/api/stats", "/", "/opensearch.xml"]
    for query, article_id, page in zip(queries, itertools.cycle(ids), itertools.cycle(range(1, 6)), strict=False):
        paths += [way.to_path(query) for way in DATELINE[1:]]
        paths += [
            f"/api/search?{typed(query, sort='newest', page=str(page))}",
            f"/api/search?{typed(query, recency='30', duplicates='show')}",
            f"/api/suggest?{typed(query).split('&')[0]}",
            f"/feed.atom?{typed(query)}",
            f"/api/articles/{article_id}",
            f"/articles/{article_id}?{typed(query)}",
        ]
    return paths


def soak(
    server: Server, paths: Sequence[str], seconds: float, every: float, progress: Callable[[Sample], None]
) -> tuple[list[Sample], int]:
    """Ask for everything in turn, by some at a time; return the memory every few seconds, and how many were answered.

    Raises `RuntimeError` where a request fails, or a worker is another than at the beginning.
    """
    failures: list[str] = []
    asked, end = itertools.count(), time.monotonic() + seconds
    turns = itertools.cycle(paths)

    def ask() -> None:
        while time.monotonic() < end and not failures:
            path = next(turns)
            try:
                with urllib.request.urlopen(server.address + path, timeout=60) as answer:  # noqa: S310 -- made above
                    answer.read()
            except OSError as error:
                failures.append(f"{path}: {error}")
            next(asked)

    threads = [threading.Thread(target=ask) for _ in range(_ASKING)]
    for thread in threads:
        thread.start()
    samples = []
    for sample in _samples(server, end, every):
        samples.append(sample)
        progress(sample)
    for thread in threads:
        thread.join()
    if failures or len({tuple(sample.pss) for sample in samples}) != 1:
        raise RuntimeError(f"not all went well: {failures[:3] or 'a worker was replaced'}")
    return samples, next(asked)


def _samples(server: Server, end: float, every: float) -> Iterator[Sample]:
    started = time.monotonic()
    while True:
        time.sleep(max(0.0, min(every, end - time.monotonic())))
        memory = {pid: memory_bytes(pid) for pid in server.workers()}
        pss, rss = ({pid: each[place] for pid, each in memory.items()} for place in (0, 1))
        yield Sample(time.monotonic() - started, pss, rss)
        if time.monotonic() >= end:
            return


def growth(samples: Sequence[Sample]) -> dict[int, float]:
    """Return by how much the PSS of each worker has grown: the last quarter against the first after the warming up."""
    warm = samples[int(len(samples) * _WARM_PART) :]
    quarter = max(1, len(warm) // 4)
    return {
        pid: statistics.median(each.pss[pid] for each in warm[-quarter:])
        / statistics.median(each.pss[pid] for each in warm[:quarter])
        - 1
        for pid in warm[0].pss
    }


def table(samples: Sequence[Sample], rows: int = 12) -> str:
    """Return the memory as a table in Markdown, at some of the times."""
    pids = list(samples[0].pss)
    lines = [
        "| s | " + " | ".join(f"worker {number}: PSS / RSS, MB" for number in range(1, len(pids) + 1)) + " |",
        "|--:|" + "--:|" * len(pids),
    ]
    for sample in samples[:: max(1, len(samples) // rows)]:
        cells = (f"{sample.pss[pid] / 1e6:.1f} / {sample.rss[pid] / 1e6:.1f}" for pid in pids)
        lines.append(f"| {sample.seconds:.0f} | {' | '.join(cells)} |")
    grown = ", ".join(f"{each:+.1%}" for each in growth(samples).values())
    return "\n".join(lines) + f"\n\nPSS of the last quarter against the first, after the warming up: {grown}"
