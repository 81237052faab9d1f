from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "service" / "static"

PAIRS = [
    ("ink", "paper", 4.5),
    ("muted", "paper", 4.5),
    ("accent", "paper", 4.5),
    ("paper", "ink", 4.5),
    ("ink", "field", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-mark", "mark", 4.5),
    # What is drawn rather than read: the edge of a field, and the ring that shows the focus.
    ("edge", "paper", 3.0),
    ("edge", "field", 3.0),
    ("accent", "field", 3.0),
]


def colours(scheme: str) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", (STATIC / "dateline.css").read_text(encoding="utf-8"), re.DOTALL)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks[:2]]
    return found[0] if scheme == "light" else found[0] | found[1]


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast_is_enough_for_wcag_aa(scheme: str, front: str, back: str, least: float) -> None:
    palette = colours(scheme)
    lighter, darker = sorted((luminance(palette[front]), luminance(palette[back])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= least


def test_schemes_differ() -> None:
    assert luminance(colours("light")["paper"]) > 0.8
    assert luminance(colours("dark")["paper"]) < 0.05


def test_style_sheet_names_every_colour_once_and_loads_nothing() -> None:
    css = (STATIC / "dateline.css").read_text(encoding="utf-8")
    after_roots = css[css.index("/* The page") : css.index("@media print")]
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", after_roots)
    assert "url(" not in css
    assert "@import" not in css
