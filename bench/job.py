"""How fast a whole run of `reindex` is, beside the codec's own build of the same articles.

The codec is given articles that are read, parsed and in memory already, and has the same fields to index; what the job
takes beyond that is its start, reading, parsing, telling languages, sending articles between processes and the ledger.
"""

from __future__ import annotations

import compileall
import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import index
from index.codec.warm import warm
from index.engines import open_writer
from index.sources import read_articles

# Of prctl(2): whose parent has ended becomes a child of this process.
_SET_CHILD_SUBREAPER = 36


class Taken(NamedTuple):
    """Seconds by the clock, and of all processors together, for so many articles."""

    wall: float
    processor: float
    articles: int


def run_job(jsonl: Path, folder: Path) -> Taken:
    """Run `reindex` on all processors, from its start to its end, the processes that it starts included."""
    _adopt_orphans()
    # As pip does with what it installs; where Python is told to keep nothing, each process would do it anew.
    compileall.compile_dir(Path(index.__file__).parent, quiet=1)
    shutil.rmtree(folder, ignore_errors=True)
    report = folder.with_suffix(".json")
    command = [sys.executable, "-m", "index.cli", str(jsonl), "--index", str(folder), "--report", str(report)]
    before = _processor_of_children()
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{jsonl} could not be indexed:\n{done.stderr}")
    _wait_for_all()
    return Taken(wall, _processor_of_children() - before, json.loads(report.read_bytes())["added"])


def _adopt_orphans() -> None:
    """Have the time counted of processes that end after the one which started them; elsewhere than on Linux it is not.

    Those that parse are forked from a server, for which nobody waits.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_all() -> None:
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def _processor_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def build_codec(jsonl: Path, folder: Path) -> Taken:
    """Index the same articles, which are in memory, with the kernels loaded; from the first of them to the commit."""
    articles = list(read_articles(jsonl))
    warm()
    shutil.rmtree(folder, ignore_errors=True)
    started, own_started = time.perf_counter(), time.process_time()
    with open_writer(str(folder)) as writer:
        for article in articles:
            writer.put(article)
        writer.commit()
    return Taken(time.perf_counter() - started, time.process_time() - own_started, len(articles))


# By their names in the table.
KINDS: Mapping[str, Callable[[Path, Path], Taken]] = {"codec": build_codec, "job": run_job}
_LABELS = {"codec": "the codec's own build", "job": "`reindex`, start to end"}


def measure(jsonl: Path, folder: Path, rounds: int, progress: Callable[[str], None]) -> dict[str, list[Taken]]:
    """Time both in turn, each in a process of its own."""
    measured: dict[str, list[Taken]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind, taken in measured.items():
            taken.append(_time_apart(kind, jsonl, folder / kind))
            progress(f"  {kind}: {taken[-1].wall:.2f} s, {taken[-1].processor:.2f} s of processors")
    return measured


def _time_apart(kind: str, jsonl: Path, folder: Path) -> Taken:
    command = [sys.executable, "-m", "bench", "once", kind, str(jsonl), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{kind} could not be timed:\n{done.stderr}")
    return Taken(*json.loads(done.stdout.splitlines()[-1]))


def table(measured: Mapping[str, Sequence[Taken]]) -> str:
    """Return the medians as a table in Markdown, with what the job reaches of the codec's rates."""
    lines = [
        "| | articles | seconds | of processors | articles/s | articles/s of a core |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    rates: dict[str, tuple[float, float]] = {}
    for kind, taken in measured.items():
        wall, processor = (statistics.median(seconds) for seconds in list(zip(*taken, strict=True))[:2])
        articles = taken[0].articles
        rates[kind] = articles / wall, articles / processor
        of_rates = " | ".join(f"{rate:,.0f}" for rate in rates[kind])
        lines.append(f"| {_LABELS[kind]} | {articles:,} | {wall:.2f} | {processor:.2f} | {of_rates} |")
    shares = (f"{ours / its:.0%}" for ours, its in zip(rates["job"], rates["codec"], strict=True))
    lines.append(f"| share | | | | {' | '.join(shares)} |")
    return "\n".join(lines)
