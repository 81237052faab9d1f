"""The chart: how long a query takes, by the number of articles, a panel for each class of queries."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from bench.measure import Round
from bench.queries import CLASSES, Kind

_COLUMNS = 3
_PANEL_WIDTH, _PANEL_HEIGHT = 300, 220
_LEFT, _TOP, _RIGHT, _BOTTOM = 58, 44, 24, 34  # around the lines, inside a panel
_HEAD = 64
_COLOURS = ("#8b1e1e", "#4a6785")


def draw(rounds: Sequence[Round], names: Sequence[str]) -> str:
    """Return an SVG: p50 as a line and p95 as a thin one, for two contenders, both axes logarithmic."""
    rounds = sorted(rounds, key=lambda measured: measured.articles)
    points = [timed[name] for measured in rounds for timed in measured.timed.values() for name in names]
    lowest, highest = min(point.p50 for point in points), max(point.p95 for point in points)
    scale = _Scale(rounds[0].articles, rounds[-1].articles, lowest, highest)
    panels = []
    for place, kind in enumerate(CLASSES):
        x, y = place % _COLUMNS * _PANEL_WIDTH, _HEAD + place // _COLUMNS * _PANEL_HEIGHT
        panels.append(f'<g transform="translate({x},{y})">{_panel(kind, rounds, names, scale)}</g>')
    height = _HEAD + -(-len(CLASSES) // _COLUMNS) * _PANEL_HEIGHT
    legend = "".join(
        f'<line x1="{16 + 110 * place}" y1="46" x2="{40 + 110 * place}" y2="46" stroke="{colour}" stroke-width="3"/>'
        f'<text x="{46 + 110 * place}" y="50">{html.escape(name)}</text>'
        for place, (name, colour) in enumerate(zip(names, _COLOURS, strict=True))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_COLUMNS * _PANEL_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_COLUMNS * _PANEL_WIDTH} {height}" font-family="sans-serif" font-size="12" fill="#222">'
        '<rect width="100%" height="100%" fill="#fff"/>'
        '<text x="16" y="24" font-size="16">Milliseconds a query, by the number of articles</text>'
        f'{legend}<text x="250" y="50" fill="#666">thick: p50, thin: p95; both axes are logarithmic</text>'
        + "".join(panels)
        + "</svg>\n"
    )


class _Scale:
    """Where numbers of articles and microseconds are in a panel."""

    def __init__(self, fewest: float, most: float, shortest: float, longest: float) -> None:
        self._articles = math.log10(fewest), max(math.log10(most), math.log10(fewest) + 1e-9)
        self._times = math.floor(math.log10(shortest)), math.ceil(math.log10(longest))
        self.ticks = range(self._times[0], self._times[1] + 1)

    def x(self, articles: float) -> float:
        low, high = self._articles
        return _LEFT + (math.log10(articles) - low) / (high - low) * (_PANEL_WIDTH - _LEFT - _RIGHT)

    def y(self, microseconds: float) -> float:
        low, high = self._times
        inner = _PANEL_HEIGHT - _TOP - _BOTTOM
        return _TOP + inner - (math.log10(microseconds) - low) / (high - low) * inner


def _panel(kind: Kind, rounds: Sequence[Round], names: Sequence[str], scale: _Scale) -> str:
    parts = [f'<text x="16" y="26" font-weight="bold">{html.escape(CLASSES[kind])}</text>']
    for tick in scale.ticks:
        y = scale.y(10.0**tick)
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_PANEL_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#666">{10.0 ** (tick - 3):g}</text>'
        )
    for measured in rounds:
        x = scale.x(measured.articles)
        parts.append(
            f'<text x="{x:.1f}" y="{_PANEL_HEIGHT - _BOTTOM + 18}" text-anchor="middle" fill="#666">'
            f"{_short(measured.articles)}</text>"
        )
    for name, colour in zip(names, _COLOURS, strict=True):
        for quantile, width in (("p50", 2.5), ("p95", 1)):
            places = [
                (scale.x(measured.articles), scale.y(getattr(measured.timed[kind][name], quantile)))
                for measured in rounds
            ]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
            if quantile == "p50":
                parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    return "".join(parts)


def _short(articles: int) -> str:
    return f"{articles / 1_000_000:g}M" if articles >= 1_000_000 else f"{round(articles / 1000)}k"
