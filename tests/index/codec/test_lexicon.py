from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import analysis
from index.codec.format import SegmentFile
from index.codec.lexicon import Lexicon
from tests.index.codec.segments import Documents, by_builder, by_whoosh, documents

# Without the JIT, numpy warns where the hash of a word overflows, as it should.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


def term(segment: SegmentFile, term_id: int) -> bytes:
    start, end = segment["term_offsets"][term_id : term_id + 2].tolist()
    return segment["term_bytes"][start:end].tobytes()


@settings(max_examples=100, deadline=None)
@given(documents)
def test_the_lexicon_counts_every_surface(made: Documents) -> None:
    counts: Counter[str] = Counter()
    doc_freqs: Counter[str] = Counter()
    for document in made:
        found = [token.surface for name in ("title", "body") for token in analysis.tokenize(document.get(name, ""))]
        counts.update(found)
        doc_freqs.update(set(found))
    segment = by_builder(made)
    lexicon = Lexicon(segment)
    surfaces = [lexicon.surface(place) for place in range(len(lexicon))]
    assert surfaces == sorted(counts, key=str.encode)
    assert dict(zip(surfaces, lexicon.counts.tolist(), strict=True)) == counts
    assert dict(zip(surfaces, lexicon.doc_freqs.tolist(), strict=True)) == doc_freqs
    for place, surface in enumerate(surfaces):
        term_id = int(lexicon.stems[place])
        assert term(segment, term_id) == analysis.stem(surface).encode()
        assert any(
            segment.fields[name].first_term <= term_id < segment.fields[name].end_term
            for name in ("title", "body")
            if name in segment.fields
        )


@settings(max_examples=100, deadline=None)
@given(st.sets(st.text("abé中", min_size=1, max_size=4)), st.text("abé中z\ud800", max_size=3))
def test_surfaces_are_found_by_their_beginning(made: set[str], prefix: str) -> None:
    lexicon = Lexicon(by_builder([{"body": " ".join(made)}]))
    surfaces = [lexicon.surface(place) for place in range(len(lexicon))]
    first, end = lexicon.prefix_range(prefix)
    assert surfaces[first:end] == [surface for surface in surfaces if surface.startswith(prefix)]
    assert lexicon.find(prefix) == (surfaces.index(prefix) if prefix in surfaces else -1)


def test_a_segment_without_texts_has_an_empty_lexicon() -> None:
    for segment in (by_builder([{"id": "x"}]), by_whoosh([{"body": "x"}])):
        lexicon = Lexicon(segment)
        assert len(lexicon) == 0
        assert lexicon.find("x") == -1
        assert lexicon.prefix_range("") == (0, 0)
