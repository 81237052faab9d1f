"""How long a request takes, from the words to the answer as it is sent: with snippets, facets, both or neither."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import orjson

from bench.corpus import make_documents, read_documents, read_lines
from bench.measure import Timed, p95
from bench.queries import CLASSES, BenchQuery, make_queries
from index import SearchEngine, SearchRequest, open_engine
from index.engine import FACETS

# Each request is made this often, and its median counts.
_REPEATS = 5
# What is asked for besides ten articles, by its name in the table.
WAYS: dict[str, Callable[[str, bool], SearchRequest]] = {
    "snippets and facets": lambda query, is_any: _request(query, is_any, snippets=True, facets=True),
    "snippets": lambda query, is_any: _request(query, is_any, snippets=True, facets=False),
    "facets": lambda query, is_any: _request(query, is_any, snippets=False, facets=True),
    "neither": lambda query, is_any: _request(query, is_any, snippets=False, facets=False),
}
_ALL = "all of them"
# On a machine that has other work to do, this tells how much of the time was spent on waiting for it.
_ALL_PROCESSOR = "all of them, on the processor"

_Taken = tuple[float, float]


def _request(query: str, is_any: bool, *, snippets: bool, facets: bool) -> SearchRequest:
    return SearchRequest(
        query=query, match="any" if is_any else "all", snippets=snippets, facets=FACETS if facets else ()
    )


def make_records(base: Path, count: int, seed: int = 7) -> Iterator[bytes]:
    """Yield made articles as lines of JSON; what is known of each but its text is that of one of `base`."""
    generator = random.Random(seed)
    known = [orjson.loads(line) for line in read_lines(base)]
    for document in make_documents(base, count):
        yield orjson.dumps(generator.choice(known) | document._asdict())


def build(jsonl: Path, folder: Path) -> None:
    """Index a JSONL of articles as `reindex` does, in a process of its own."""
    command = [sys.executable, "-m", "index.cli", str(jsonl), "--index", str(folder), "--rebuild"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{jsonl} could not be indexed:\n{done.stderr}")


def measure(folder: Path, jsonl: Path, count: int, progress: Callable[[str], None]) -> dict[str, dict[str, Timed]]:
    """Time requests by the class of their queries, and in each of the ways; all classes together come last."""
    queries = make_queries(read_documents(jsonl), count)
    measured: dict[str, dict[str, Timed]] = {}
    all_taken: dict[str, list[_Taken]] = {way: [] for way in WAYS}
    with open_engine(str(folder)) as engine:
        engine.warm()
        for kind, meaning in CLASSES.items():
            chosen = [_written(query) for query in queries if query.kind == kind]
            measured[f"{kind}: {meaning}"] = of_kind = {}
            for way, make_request in WAYS.items():
                requests = [make_request(*written) for written in chosen]
                taken = _time_each(engine, requests)
                all_taken[way] += taken
                of_kind[way] = _timed([wall for wall, _ in taken])
            progress(f"  {kind}: " + ", ".join(f"{way} {timed.p50:,.0f} us" for way, timed in of_kind.items()))
    measured[_ALL] = {way: _timed([wall for wall, _ in taken]) for way, taken in all_taken.items()}
    measured[_ALL_PROCESSOR] = {way: _timed([own for _, own in taken]) for way, taken in all_taken.items()}
    return measured


def _written(query: BenchQuery) -> tuple[str, bool]:
    """Return a query as it is typed, and whether any of its words will do."""
    words = " ".join(query.words)
    typed = {"phrase": f'"{words}"', "prefix": f"{words}*"}.get(query.kind, words)
    return typed, query.kind in {"or", "common"}


def _time_each(engine: SearchEngine, requests: Sequence[SearchRequest]) -> list[_Taken]:
    """Return the microseconds of each request, by the clock and of the processor: a median of each.

    They are made one after another, and then all of them again.
    """
    rounds = [[_time(engine, request) for request in requests] for _ in range(_REPEATS)]
    return [
        (statistics.median(wall for wall, _ in of_request), statistics.median(own for _, own in of_request))
        for of_request in zip(*rounds, strict=True)
    ]


def _time(engine: SearchEngine, request: SearchRequest) -> _Taken:
    started, own_started = time.perf_counter_ns(), time.thread_time_ns()
    engine.search(request)
    own, wall = time.thread_time_ns() - own_started, time.perf_counter_ns() - started
    return wall / 1000, own / 1000


def _timed(taken: Sequence[float]) -> Timed:
    return Timed(statistics.median(taken), p95(taken))


def table(measured: dict[str, dict[str, Timed]]) -> str:
    """Return the times as a table in Markdown."""
    lines = [f"| p50 / p95, ms | {' | '.join(WAYS)} |", "|---|" + "--:|" * len(WAYS)]
    for name, of_class in measured.items():
        cells = (f"{of_class[way].p50 / 1000:.2f} / {of_class[way].p95 / 1000:.2f}" for way in WAYS)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
