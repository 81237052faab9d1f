"""How fast answers come over HTTP: wrk asks Dateline, and Datasette with the same articles in SQLite's FTS5.

What an answer takes depends on the machine and on what else it does; what it takes beside the least that the same
server can answer, its sign of life, does so much less. All are asked in short turns, one after another, many times.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bench.corpus import read_documents
from bench.queries import CLASSES, BenchQuery, make_queries
from bench.server import Server, running

# So many different queries are asked in turn.
NUM_QUERIES = 200
_SEED = 13
_SCRIPT = Path(__file__).with_name("turns.lua")
LIFE = "/healthz"


@dataclass(frozen=True, slots=True)
class Way:
    """Something that is asked for: its name, its paths, and how many times what a sign of life takes it may take.

    `times` is of the median time, and of the requests that are answered in a second.
    """

    name: str
    to_path: Callable[[BenchQuery], str]
    times: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn of wrk found: milliseconds, requests a second, and milliseconds of the processor for each."""

    p50: float
    p99: float
    a_second: float
    processor: float


def typed(query: BenchQuery, **arguments: str) -> str:
    """Return a query as arguments of Dateline."""
    words = " ".join(query.words)
    written = {"phrase": f'"{words}"', "prefix": f"{words}*"}.get(query.kind, words)
    match = {"match": "any"} if query.kind in {"or", "common"} else {}
    return urlencode({"q": written, **match, **arguments})


def to_datasette(query: BenchQuery) -> str:
    """Return a query as a path of Datasette: ten rows as JSON, by FTS5's own query language."""
    words = query.words
    written = {"phrase": f'"{" ".join(words)}"', "prefix": f"{words[0]}*", "and": " AND ".join(words)}
    search = f"{{title body}} : ({written.get(query.kind, ' OR '.join(words))})"
    return "/articles/article.json?" + urlencode({"_search": search, "_searchmode": "raw", "_size": 10})


DATELINE = (
    Way(LIFE, lambda _: LIFE, (1, 1)),
    Way("/api/search, three snippets", lambda query: f"/api/search?{typed(query)}", (3, 3)),
    Way("/api/search, and all facets", lambda query: f"/api/search?{typed(query, facets='all')}", (5, 5)),
    Way("/search, the page", lambda query: f"/search?{typed(query)}", (6, 6)),
)
DATASETTE = Way("Datasette, rows as JSON", to_datasette)


def choose_queries(corpus: Path, count: int = NUM_QUERIES) -> list[BenchQuery]:
    """Return different queries of all classes, in an order that mixes them."""
    made = make_queries(read_documents(corpus), -(-2 * count // len(CLASSES)))
    different = list(dict.fromkeys(made))
    random.Random(_SEED).shuffle(different)
    return different[:count]


def build_datasette(corpus: Path, path: Path) -> None:
    """Put the articles into a table of SQLite with an index by FTS5, as Datasette finds it; the file appears whole."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    connection = sqlite3.connect(partial)
    with connection:
        connection.execute("CREATE TABLE article (id TEXT PRIMARY KEY, title TEXT, body TEXT)")
        connection.executemany("INSERT OR IGNORE INTO article VALUES (?, ?, ?)", read_documents(corpus))
        connection.execute(
            "CREATE VIRTUAL TABLE article_fts USING fts5(title, body, content='article', tokenize='porter unicode61')"
        )
        connection.execute("INSERT INTO article_fts(article_fts) VALUES ('rebuild')")
    connection.close()
    partial.replace(path)


def datasette(path: Path, log: Path) -> AbstractContextManager[Server]:
    """Serve the table by Datasette, which is one process; it is not to look for what else could be counted."""
    command = [sys.executable, "-m", "datasette", "serve", str(path), "--port", "{port}"]
    command += ["--setting", "suggest_facets", "off", "--setting", "num_sql_threads", "4"]
    return running(command, log, "/articles/article.json?_size=1", {})


def measure(
    servers: Mapping[str, tuple[Server, Sequence[Way]]],
    queries: Sequence[BenchQuery],
    folder: Path,
    rounds: int,
    seconds: int,
    connections: int,
) -> Iterator[dict[str, Turn]]:
    """Yield, round by round, what each way took; before the first each is asked as long, for what is made once."""
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not there; Debian: apt install wrk")
    asked: list[tuple[Way, Server, Path]] = []
    for server, ways in servers.values():
        for way in ways:
            paths = folder / f"paths-{len(asked)}.txt"
            paths.write_text("".join(f"{way.to_path(query)}\n" for query in queries), encoding="ascii")
            asked.append((way, server, paths))
    for number in range(rounds + 1):
        turns = {way.name: _turn(server, paths, seconds, connections) for way, server, paths in asked}
        if number:
            yield turns


def _turn(server: Server, paths: Path, seconds: int, connections: int) -> Turn:
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    command += ["--timeout", "30s", "--script", str(_SCRIPT), server.address, "--", str(paths)]
    before = server.processor_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"wrk: {done.stderr or done.stdout}")
    found = json.loads(done.stdout.splitlines()[-1])
    if found["failed"]:
        raise RuntimeError(f"{found['failed']} requests of {paths.read_text().splitlines()[0]} and others failed")
    answered = found["a_second"] * seconds
    if not answered:
        raise RuntimeError(f"nothing was answered within {seconds} s")
    processor = (server.processor_seconds() - before) / answered * 1000
    return Turn(found["p50"], found["p99"], found["a_second"], processor)


def table(rounds: Sequence[Mapping[str, Turn]]) -> str:
    """Return medians as a table in Markdown; how often a sign of life goes into each is told round by round, too."""
    head = ["", "p50, ms", "p99, ms", "requests/s", "processor, ms", "p50 / that of /healthz", "requests/s: one …-th"]
    lines = [f"| {' | '.join(head)} |", "|---|" + "--:|" * (len(head) - 1)]
    bounds = {way.name: way.times for way in DATELINE}
    for name in rounds[0]:
        turns = [each[name] for each in rounds]
        times = statistics.median(each[name].p50 / each[LIFE].p50 for each in rounds)
        share = statistics.median(each[LIFE].a_second / each[name].a_second for each in rounds)
        bound = bounds.get(name)
        cells = [
            f"{statistics.median(turn.p50 for turn in turns):.2f}",
            f"{statistics.median(turn.p99 for turn in turns):.2f}",
            f"{statistics.median(turn.a_second for turn in turns):,.0f}",
            f"{statistics.median(turn.processor for turn in turns):.2f}",
            f"{times:.1f}" + (f" (goal {bound[0]})" if bound and name != LIFE else ""),
            f"{share:.1f}" + (f" (goal {bound[1]})" if bound and name != LIFE else ""),
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
