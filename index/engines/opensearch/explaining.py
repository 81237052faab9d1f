"""How the score of a result came about, part by part, as the cluster tells it; the parts add up to it exactly."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import regex

from index.engine import ScorePart
from index.engines.opensearch.cluster import Json

# Scores are given with so many digits behind the point.
_DIGITS = 4

_WEIGHT = regex.compile(r"weight\((\w+):(.*) in \d+\)", regex.DOTALL)
_PATTERN = regex.compile(r"ConstantScore\((.*)\)(?:\^[\d.]+)?", regex.DOTALL)
# What is left of "every article, of those that count".
_COMMITTED = "born:["
_PHRASE = regex.compile(r'"(.*)"', regex.DOTALL)


def explain(explanation: Json, score: float, asked: Collection[str] | None) -> tuple[ScorePart, ...]:
    """Return the parts of a score, the greatest first, given the cluster's own tree of it.

    Words that are not `asked` for, as terms, count by feedback; None is where there is none.
    """
    told = _parts_of(explanation)
    if asked is not None:
        is_added = [part.part == "word" and part.text not in asked for part in told]
        told = [replace(part, part="feedback") if added else part for part, added in zip(told, is_added, strict=True)]
    told.sort(key=lambda part: -part.score)
    # The greatest takes what rounding leaves.
    units = 10**_DIGITS
    rounded = [round(part.score * units) for part in told]
    if rounded:
        rounded[0] += round(round(score, _DIGITS) * units) - sum(rounded)
    return tuple(part.with_score(number / units) for part, number in zip(told, rounded, strict=True))


def _parts_of(node: Json) -> list[ScorePart]:
    said, score = node["description"], node["value"]
    details = [each for each in node.get("details", ()) if each["value"]]
    if not score:
        return []
    if weighed := _WEIGHT.match(said):
        return [_weighed(weighed[1], weighed[2], node)]
    if said.startswith("function score, product of"):
        return _with_recency(details, score)
    if said.startswith(("sum of", "max of")) and details:
        # Of a maximum one part counts.
        inner = details if said.startswith("sum of") else [max(details, key=lambda each: each["value"])]
        return [part for each in inner for part in _parts_of(each)]
    if said.startswith("*:*") or _COMMITTED in said:
        return [ScorePart(part="everything", text="*", score=score)]
    return [ScorePart(part="pattern", text=_PATTERN.sub(r"\1", said), score=score)]


def _weighed(field: str, text: str, node: Json) -> ScorePart:
    if phrase := _PHRASE.match(text):
        return ScorePart(part="phrase", text=f"{field}:{' '.join(phrase[1].split())}", score=node["value"])
    numbers = _numbers(node)
    idf = numbers.get("idf", 0.0)
    return ScorePart(
        part="word", text=text, score=node["value"], frequencies={field: round(numbers.get("freq", 0))},
        rarity=round(idf, _DIGITS), weight=round(numbers.get("boost", 1.0) * idf, _DIGITS),
    )  # fmt: skip


def _numbers(node: Json) -> dict[str, float]:
    """Return the numbers that a formula is made of, by what they are called in front of the first comma."""
    numbers = {node["description"].partition(",")[0]: float(node["value"])}
    for each in node.get("details", ()):
        numbers = _numbers(each) | numbers
    return numbers


def _with_recency(details: list[Json], score: float) -> list[ScorePart]:
    relevance, *_ = details
    prior = score / relevance["value"]
    recency = ScorePart(part="recency", text=f"× {prior:.{_DIGITS}f}", score=score - relevance["value"])
    return [*_parts_of(relevance), recency]
