"""What each line gains on its page, and which words are a headline's: quickly, and the same as by looking at each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cleaning import headline, selection, shapes
from index.cleaning.shapes import Kind, Shape, kinds_of, shapes_of
from index.stopwords import ENGLISH

SHAPES = st.builds(Shape, st.sampled_from(Kind), st.sampled_from([-1.0, -0.4, -0.25, 0.0, 0.7, 3.0]), st.booleans())
PAGES = st.lists(st.tuples(st.sampled_from("abcdef"), SHAPES), max_size=30)


def gains_one_by_one(lines: Sequence[str], shapes: Sequence[Shape]) -> list[float]:
    none = Shape(Kind.SIGNS, 0.0)
    counts, seen, gains, above = Counter(lines), set(), [], none
    for place, (shape, below) in enumerate(pairwise([*shapes, none])):
        kind, gain, is_entry = shape
        if kind is Kind.PROSE:
            gain *= 1 - selection._DECAY / len(shapes) * place
            if lines[place] in seen:
                gain *= selection._REPEATED
            elif above.kind is not Kind.PROSE and below.kind is not Kind.PROSE:
                gain *= selection._LONE_PROSE
            seen.add(lines[place])
        elif kind is Kind.PLAIN and gain < 0 and counts[lines[place]] >= selection._LABEL_COUNT:
            gain = min(gain, selection._LABEL_GAIN)
        elif is_entry and (above.is_entry or below.is_entry):
            gain = selection._ENTRY_GAIN
        gains.append(gain)
        above = shape
    return gains


@given(PAGES)
def test_gains_are_those_of_each_line_by_itself(page: list[tuple[str, Shape]]) -> None:
    lines, shaped = [line for line, _ in page], [shape for _, shape in page]
    gains = selection._gains(lines, shaped, kinds_of(shaped), Counter(lines))
    assert gains == pytest.approx(gains_one_by_one(lines, shaped))


@given(st.lists(st.integers(-20, 20).map(float), max_size=12))
def test_the_stretch_is_the_one_that_gains_most(gains: list[float]) -> None:
    most, start, end = selection._find_stretch(gains)
    sums = [sum(gains[one:other]) for one in range(len(gains)) for other in range(one, len(gains) + 1)]
    assert most == sum(gains[start:end]) == max(sums, default=0.0)


@given(st.text(st.sampled_from("abcdeé ’“\u00a0_1-日本カナ") | st.characters()))
def test_telling_words_are_found_among_any_signs(text: str) -> None:
    assert headline._telling_words(text) == set(headline._LONG_WORD.findall(text.lower())) - ENGLISH


PLEA = (
    "Would you like to read more about the harbour? Every week our newsletter tells you what the council is up to, " * 2
)
LONG = (
    "The council voted on Monday evening to close the old bridge over the harbour for repairs, which will take until."
)


def test_a_plea_is_found_among_the_long_lines_and_the_others_stay_what_they_are() -> None:
    lines = ["Home", f"{LONG} {LONG}", f"{PLEA}.", "Home", f"{LONG} Then {LONG}"]
    kinds = [shape.kind for shape in shapes_of(lines)]
    assert kinds == [Kind.CONTROL, Kind.PROSE, Kind.CONTROL, Kind.CONTROL, Kind.PROSE]
    assert kinds == [shapes_of([line])[0].kind for line in lines]


def test_lines_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_MAX_SHORT_SHAPES", 10)
    for number in range(100):
        shapes_of([f"Line {number}"])
    assert len(shapes._short_shapes) <= 11
