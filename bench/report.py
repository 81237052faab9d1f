"""The figures as tables in Markdown."""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.measure import Round, Timed
from bench.queries import CLASSES, Kind


def machine() -> str:
    """Return the machine and the date, for the head of a table."""
    model = next(
        (line.partition(":")[2].strip() for line in _cpu_lines() if line.startswith("model name")), platform.machine()
    )
    cores = sum(line.startswith("processor") for line in _cpu_lines())
    return f"{model}, {cores} cores, Python {platform.python_version()}, {dt.datetime.now(tz=dt.UTC):%Y-%m-%d}"


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def section(measured: Round, ours: str) -> str:
    """Return the tables of one set of articles."""
    tables = [queries_table(measured.timed, ours), builds_table(measured)]
    return f"### {measured.label}\n\n" + "\n\n".join(tables)


def builds_table(measured: Round) -> str:
    """Return the builds, and how long it takes to open what was built, as a table."""
    lines = ["| | articles/s | peak memory, MB | index, MB | to open, ms |", "|---|--:|--:|--:|--:|"]
    for name in measured.builds or measured.opened:
        built, opened = measured.builds.get(name), measured.opened.get(name)
        cells = ["", "", ""]
        if built:
            cells = [
                f"{built.articles / built.seconds:,.0f}",
                f"{built.peak_bytes / 1e6:,.0f}",
                f"{built.size_bytes / 1e6:,.1f}",
            ]
        lines.append(f"| {name} | {' | '.join(cells)} | {'' if opened is None else f'{opened:.1f}'} |")
    return "\n".join(lines)


def queries_table(timed_by_kind: Mapping[Kind, Mapping[str, Timed]], ours: str) -> str:
    """Return the queries as a table: p50 / p95 in ms, and the ratio of ours to each of the others'."""
    names = list(next(iter(timed_by_kind.values())))
    others = [name for name in names if name != ours]
    head = ["p50 / p95, ms", *names, *(f"against {name}" for name in others)]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    for kind, timed in timed_by_kind.items():
        cells = [f"{kind}: {CLASSES[kind]}"]
        cells += [f"{timed[name].p50 / 1000:.3f} / {timed[name].p95 / 1000:.3f}" for name in names]
        cells += [
            f"{timed[ours].p50 / timed[name].p50:.2f} / {timed[ours].p95 / timed[name].p95:.2f}" for name in others
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def growth_table(rounds: Sequence[Round], names: Sequence[str]) -> str:
    """Return how the median time of a query grows with the number of articles."""
    head = ["p50, ms", *(f"{name}, {measured.articles:,}" for name in names for measured in rounds)]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    for kind in CLASSES:
        cells = [f"{measured.timed[kind][name].p50 / 1000:.3f}" for name in names for measured in rounds]
        lines.append("| " + " | ".join([kind, *cells]) + " |")
    return "### Growth\n\n" + "\n".join(lines)
