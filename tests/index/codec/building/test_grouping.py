from __future__ import annotations

import io
import os
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.codec.building.grouping import LEAST_ALIKE, group_articles
from index.codec.building.signatures import Signatures, sign
from index.codec.format import SIGNATURES, SegmentFile, SegmentFileWriter
from index.codec.kernels.stories import CHANCE
from tests.index.codec.segments import joined

# Without the JIT, numpy warns where a hash overflows, as it should.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


def segment(signatures: Signatures | None, num_docs: int = 0) -> SegmentFile:
    sink = io.BytesIO()
    writer = SegmentFileWriter(sink)
    if signatures is not None:
        writer.write(SIGNATURES, signatures)
        num_docs = len(signatures)
    writer.finish({"num_docs": num_docs})
    return SegmentFile(sink.getvalue(), "made")


def group(
    signatures: Signatures, times: list[int] | None = None, deleted: set[int] | None = None, cut: int = 0
) -> dict[int, int]:
    """Return the leader of each article that is in a story."""
    count = len(signatures)
    is_live = np.array([number not in (deleted or set()) for number in range(count)], np.bool_)
    files = [segment(signatures[:cut]), segment(signatures[cut:])]
    doc_ids, leaders = group_articles(files, is_live, np.array(times or range(count), np.int64))
    assert doc_ids.tolist() == sorted(set(doc_ids.tolist()))
    return dict(zip(doc_ids.tolist(), leaders.tolist(), strict=True))


def similarity(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    equal = np.count_nonzero((one == other) & (one > 0)) / np.count_nonzero(one | other)
    return (equal - CHANCE) / (1 - CHANCE)


def text(seed: int, changed: int = 0, length: int = 60) -> str:
    """Return a text of its own, some of whose words, far from each other, are others."""
    words = [f"w{seed}x{place}" for place in range(length)]
    for number in range(changed):
        words[number * 12 + 5] = f"changed{seed}x{number}"
    return " ".join(words)


def signed(*texts: str) -> Signatures:
    return sign(*joined([each.encode() for each in texts]))


def test_versions_of_a_text_follow_the_earliest() -> None:
    signatures = signed(text(1, 1), text(2), text(1), text(3), text(1, 1), text(2))
    assert group(signatures) == {0: 0, 1: 1, 2: 0, 4: 0, 5: 1}
    assert group(signatures, times=[9, 8, 1, 7, 6, 2], cut=4) == {0: 2, 1: 5, 2: 2, 4: 2, 5: 5}


def test_texts_that_share_less_than_the_most_are_apart() -> None:
    assert group(signed(text(1), text(1, 5))) == {}


def test_short_texts_are_in_no_story_and_neither_are_deleted_ones() -> None:
    assert group(signed(text(1, length=12), text(1, length=12), "", "")) == {}
    assert group(signed(text(1), text(1), text(1)), deleted={0}) == {1: 1, 2: 1}
    assert group(signed(text(1), text(1)), deleted={1}) == {}


def test_a_segment_without_signatures_has_no_stories() -> None:
    files = [segment(None, 3), segment(signed(text(1), text(1)))]
    doc_ids, leaders = group_articles(files, np.ones(5, np.bool_), np.arange(5))
    assert (doc_ids.tolist(), leaders.tolist()) == ([3, 4], [3, 3])
    assert [found.size for found in group_articles([], np.ones(0, np.bool_), np.arange(0))] == [0, 0]


made = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 3)), max_size=25)


@settings(max_examples=150, deadline=None)
@given(made, st.randoms(use_true_random=False), st.integers(0, 25))
def test_stories_do_not_depend_on_the_order_of_indexing(versions: list[tuple[int, int, int]], random, cut: int) -> None:  # type: ignore[no-untyped-def]
    signatures = signed(*(text(seed, changed) for seed, changed, _ in versions))
    times = [time for _, _, time in versions]
    found = group(signatures, times, cut=cut)
    for doc_id, leader in found.items():
        assert found[leader] == leader
        assert times[leader] <= times[doc_id]
        assert doc_id == leader or similarity(signatures[doc_id], signatures[leader]) >= LEAST_ALIKE
    # Whoever stands alone has no leader that it should have joined.
    for doc_id in set(range(len(versions))) - set(found):
        before = [leader for leader in set(found.values()) if times[leader] < times[doc_id]]
        assert all(similarity(signatures[doc_id], signatures[leader]) < LEAST_ALIKE for leader in before)
    shuffled = list(range(len(versions)))
    random.shuffle(shuffled)
    again = group(signatures[shuffled], [times[place] for place in shuffled])

    def partition(leaders: dict[int, int], names: list[int]) -> set[tuple[tuple[int, bytes], ...]]:
        stories: dict[int, list[tuple[int, bytes]]] = {}
        for doc_id, leader in leaders.items():
            article = names[doc_id]
            stories.setdefault(leader, []).append((times[article], signatures[article].tobytes()))
        return {tuple(sorted(story)) for story in stories.values()}

    assert partition(again, shuffled) == partition(found, list(range(len(versions))))


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") != "0", reason="the kernels are not compiled")
@pytest.mark.parametrize("kind", ["copies", "form", "different"])
def test_archives_of_any_kind_are_grouped_quickly(kind: str) -> None:
    rng = np.random.default_rng(1)
    count = 100_000
    signatures = rng.integers(1, 256, (count, 64)).astype(np.uint8)
    if kind == "copies":
        signatures[:] = signatures[0]
    elif kind == "form":  # that is filled in with something else each time: every band of it is shared by all
        signatures[:, :33] = signatures[0, :33]
    group(signatures[:1000])
    started = time.perf_counter()
    found = group(signatures)
    assert time.perf_counter() - started < 5  # 0.1 to 0.3 s
    assert len(found) == (count if kind == "copies" else 0)
    if kind == "copies":
        assert set(found.values()) == {0}
