"""The figures as a table in Markdown and as a chart."""

from __future__ import annotations

import datetime as dt
import html
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.measure import Built, Timed
from bench.queries import CLASSES, Kind

_BAR, _GAP, _LABEL, _WIDTH = 16, 6, 250, 420
_COLOURS = ("#8b1e1e", "#4a6785", "#8a8a7a", "#c2a14d")


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


def builds_table(builds: Mapping[str, Built]) -> str:
    """Return the builds as a Markdown table."""
    lines = ["| build | articles/s | peak memory, MB | index, MB |", "|---|--:|--:|--:|"]
    lines += [
        f"| {name} | {built.articles / built.seconds:,.0f} | {built.peak_bytes / 2**20:,.0f} "
        f"| {built.size_bytes / 1e6:,.1f} |"
        for name, built in builds.items()
    ]
    return "\n".join(lines)


def queries_table(results: Mapping[Kind, Mapping[str, Timed]], ours: str) -> str:
    """Return the queries as a Markdown table: p50 / p95 in ms, and the ratio of ours to each of the others'."""
    names = list(next(iter(results.values())))
    others = [name for name in names if name != ours]
    head = ["p50 / p95, ms", *names, *(f"against {name}" for name in others)]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    for kind, timed in results.items():
        cells = [f"{kind}: {CLASSES[kind]}"]
        cells += [f"{timed[name].p50 / 1000:.3f} / {timed[name].p95 / 1000:.3f}" for name in names]
        if ours in timed:
            cells += [
                f"{timed[ours].p50 / timed[name].p50:.2f} / {timed[ours].p95 / timed[name].p95:.2f}" for name in others
            ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def growth_table(by_size: Mapping[int, Mapping[Kind, Mapping[str, Timed]]], names: Sequence[str]) -> str:
    """Return how p50 grows with the number of articles, in ms."""
    sizes = list(by_size)
    head = ["p50, ms", *(f"{name}, {size:,}" for name in names for size in sizes)]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    for kind in CLASSES:
        cells = [f"{by_size[size][kind][name].p50 / 1000:.3f}" for name in names for size in sizes]
        lines.append("| " + " | ".join([kind, *cells]) + " |")
    return "\n".join(lines)


def chart(results: Mapping[Kind, Mapping[str, Timed]], title: str) -> str:
    """Return the medians as an SVG of bars on a logarithmic scale."""
    import math

    largest = max(timed.p50 for by_name in results.values() for timed in by_name.values())
    smallest = min(timed.p50 for by_name in results.values() for timed in by_name.values()) / 2
    scale = _WIDTH / math.log(largest / smallest)
    y, parts = 60, []
    for kind, by_name in results.items():
        parts.append(f'<text x="0" y="{y + 12}" font-weight="bold">{html.escape(CLASSES[kind])}</text>')
        y += 20
        for place, (name, timed) in enumerate(by_name.items()):
            length = max(1.0, math.log(timed.p50 / smallest) * scale)
            parts.append(f'<text x="{_LABEL - 8}" y="{y + 12}" text-anchor="end">{html.escape(name)}</text>')
            parts.append(
                f'<rect x="{_LABEL}" y="{y}" width="{length:.1f}" height="{_BAR}" fill="{_COLOURS[place % 4]}"/>'
            )
            parts.append(f'<text x="{_LABEL + length + 6:.1f}" y="{y + 12}">{timed.p50 / 1000:.3f} ms</text>')
            y += _BAR + 3
        y += _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LABEL + _WIDTH + 100}" height="{y + 10}" '
        'font-family="sans-serif" font-size="13" fill="#222"><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="0" y="20" font-size="17">{html.escape(title)}</text>'
        '<text x="0" y="40">median time of a query, logarithmic scale; shorter is better</text>'
        + "".join(parts)
        + "</svg>\n"
    )
