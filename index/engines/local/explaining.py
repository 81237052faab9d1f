"""How the score of a result came about, part by part; the parts add up to it exactly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from whoosh.query import Every, Phrase

from index.codec.searching.explaining import Part
from index.engine import ScorePart
from index.engines.local.finding import Found
from index.engines.local.snapshot import Snapshot

# Scores are given with so many digits behind the point.
DIGITS = 4


def explain(snapshot: Snapshot, found: Found) -> Mapping[int, tuple[ScorePart, ...]]:
    """Return for each article of a page the parts of its score, the greatest first; the page is by relevance."""
    doc_ids = np.array(sorted(doc_id for doc_id, _ in found.page), np.int64)
    scores = dict(found.page)
    explained: dict[int, tuple[ScorePart, ...]] = {}
    for reading, _ in found.readings:
        parts_of, gains = snapshot.explain(reading, doc_ids)
        for doc_id, gain in zip(doc_ids.tolist(), gains.tolist(), strict=True):
            if doc_id in parts_of and doc_id not in explained:
                prior = 1.0 if found.prior is None else float(found.prior[doc_id])
                explained[doc_id] = _explain(parts_of[doc_id], gain, prior, scores[doc_id])
    return explained


def _explain(parts: list[Part], gain: float, prior: float, score: float) -> tuple[ScorePart, ...]:
    told = [_tell(part) for part in parts]
    relevance = sum(part.score for part in parts)
    # Nearness is looked at in the best articles alone.
    is_near = abs((relevance + gain) * prior - score) < abs(relevance * prior - score)
    if is_near:
        told.append(ScorePart(part="nearness", text="", score=gain))
        relevance += gain
    if prior != 1.0:
        told.append(ScorePart(part="recency", text=f"× {prior:.{DIGITS}f}", score=relevance * (prior - 1)))
    told.sort(key=lambda part: -part.score)
    # The greatest takes what rounding leaves.
    units = 10**DIGITS
    rounded = [round(part.score * units) for part in told]
    rounded[0] += round(round(score, DIGITS) * units) - sum(rounded)
    return tuple(part.with_score(number / units) for part, number in zip(told, rounded, strict=True))


def _tell(part: Part) -> ScorePart:
    leaf = part.leaf
    if leaf.terms:
        kind = "feedback" if leaf.is_added else "word"
        return ScorePart(
            part=kind, text=leaf.terms[0].text, score=part.score, frequencies=part.freqs,
            rarity=round(part.rarity, DIGITS), weight=round(part.weight, DIGITS),
        )  # fmt: skip
    if isinstance(leaf.tree, Every):
        return ScorePart(part="everything", text="*", score=part.score)
    if isinstance(leaf.tree, Phrase):
        return ScorePart(part="phrase", text=f"{leaf.tree.fieldname}:{' '.join(leaf.tree.words)}", score=part.score)
    return ScorePart(part="pattern", text=str(leaf.tree), score=part.score)
