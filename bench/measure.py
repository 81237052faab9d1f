"""Timing: builds, each in a process of its own, and queries, all engines side by side in one."""

from __future__ import annotations

import itertools
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.contenders import Ask, Contender
from bench.corpus import read_documents
from bench.queries import CLASSES, BenchQuery, Kind

# Each query is run this often, and its median counts: these machines have other work to do.
_REPEATS = 5
# But for what takes more microseconds than this for its queries of a class: noise of another 1 % changes nothing there.
_LONG_ROUND = 5e6


@dataclass(frozen=True, slots=True)
class Built:
    """What a build took: `peak_bytes` is the largest the process ever was."""

    seconds: float
    articles: int
    peak_bytes: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Timed:
    """The time of one class of queries with one contender, in microseconds."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Round:
    """What was measured on one set of articles, each by the contender's name; no builds where old ones were kept.

    `opened`: milliseconds until a first query was answered.
    """

    label: str
    articles: int
    builds: dict[str, Built]
    opened: dict[str, float]
    timed: dict[Kind, dict[str, Timed]]


def build_here(contender: Contender, jsonl: Path) -> Built:
    """Build an index in this process, from the file to the commit."""
    contender.load()
    contender.clear()
    count = 0

    def counted() -> object:
        nonlocal count
        for document in read_documents(jsonl):
            count += 1
            yield document

    started = time.perf_counter()
    contender.build(counted())  # type: ignore[arg-type]
    seconds = time.perf_counter() - started
    return Built(seconds, count, _peak_bytes(), contender.size_bytes())


def _peak_bytes() -> int:
    """Return the most memory that this process ever had."""
    status = Path("/proc/self/status")
    if status.exists():  # what `getrusage` says begins with the memory of the process that started this one
        peak = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def build_apart(contender: type[Contender], folder: Path, jsonl: Path) -> Built:
    """Build an index in a process of its own."""
    command = [sys.executable, "-m", "bench", "build", contender.__name__, str(folder), str(jsonl)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{contender.name} could not be built:\n{done.stderr}")
    return Built(**json.loads(done.stdout.splitlines()[-1]))


def time_open(contender: Contender, query: BenchQuery) -> float:
    """Return how many milliseconds it takes to open an index and run a first query: a median."""
    contender.load()
    times = []
    for _ in range(_REPEATS):
        started = time.perf_counter_ns()
        contender.open()
        contender.prepare(query)()
        times.append((time.perf_counter_ns() - started) / 1e6)
    return statistics.median(times)


def print_built(built: Built) -> None:
    """Print a build for `build_apart` to read."""
    sys.stdout.write(json.dumps(asdict(built)) + "\n")


def time_queries(
    contenders: Sequence[Contender], queries: Sequence[BenchQuery], progress: Callable[[str], None]
) -> dict[Kind, dict[str, Timed]]:
    """Time every query with every contender.

    A contender runs all queries of a class one after another, as it would if it had the machine for itself, then the
    next one does, and so on in turn: noise hits all of them alike, and none finds the caches full of another's work.
    """
    results: dict[Kind, dict[str, Timed]] = {}
    for kind in CLASSES:
        chosen = [query for query in queries if query.kind == kind]
        asks = {contender.name: [contender.prepare(query) for query in chosen] for contender in contenders}
        for ask in itertools.chain.from_iterable(asks.values()):
            ask()  # what is read from the disk for the first time is not what is compared
        rounds: dict[str, list[list[float]]] = {name: [] for name in asks}
        for _ in range(_REPEATS):
            for name, prepared in asks.items():
                if not rounds[name] or sum(rounds[name][0]) < _LONG_ROUND:
                    rounds[name].append([_time(ask) for ask in prepared])
        results[kind] = {}
        for name, taken in rounds.items():
            medians = [statistics.median(of_query) for of_query in zip(*taken, strict=True)]
            results[kind][name] = Timed(statistics.median(medians), p95(medians))
        progress(f"  {kind}: " + ", ".join(f"{name} {timed.p50:,.0f} us" for name, timed in results[kind].items()))
    return results


def _time(ask: Ask) -> float:
    started = time.perf_counter_ns()
    ask()
    return (time.perf_counter_ns() - started) / 1000


def p95(values: Sequence[float]) -> float:
    """Return what is longer than 95 % of some times."""
    return statistics.quantiles(values, n=20)[-1]
