from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import analysis
from index.codec.format import SegmentFile
from index.codec.lexicon import Lexicon
from tests.index.codec.made_parts import add_parts
from tests.index.codec.segments import Documents, by_builder, by_whoosh, documents, documents_in_languages, part_term

# Without the JIT, numpy warns where the hash of a word overflows, as it should.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

FIELDS = {"title": "title_surface", "body": "body_surface"}


def term(segment: SegmentFile, term_id: int) -> bytes:
    start, end = segment["term_offsets"][term_id : term_id + 2].tolist()
    return segment["term_bytes"][start:end].tobytes()


@settings(max_examples=100, deadline=None)
@given(documents)
def test_the_lexicon_has_every_surface(made: Documents) -> None:
    segment = by_builder(made)
    for name, surface_name in FIELDS.items():
        doc_freqs: Counter[str] = Counter()
        for document in made:
            doc_freqs.update({token.surface for token in analysis.tokenize(document.get(name, ""))})
        lexicon = Lexicon(segment, surface_name)
        surfaces = [lexicon.surface(place) for place in range(len(lexicon))]
        assert surfaces == sorted(doc_freqs, key=str.encode)
        assert dict(zip(surfaces, lexicon.doc_freqs.tolist(), strict=True)) == doc_freqs
        for surface, term_id in zip(surfaces, lexicon.stems.tolist(), strict=True):
            assert term(segment, term_id) == analysis.stem(surface).encode()
            assert segment.fields[name].first_term <= term_id < segment.fields[name].end_term


@settings(max_examples=100, deadline=None)
@given(documents_in_languages)
def test_the_lexicon_has_a_surface_once_for_each_of_its_stems(made: Documents) -> None:
    segment = by_builder(made)
    for name, surface_name in FIELDS.items():
        doc_freqs: Counter[str] = Counter()
        parts: dict[str, tuple[str, str]] = {}
        for document in made:
            language = document.get("language")
            surfaces = {token.surface for token in analysis.tokenize(document.get(name, ""))}
            doc_freqs.update(surfaces)
            parts |= {part_term(each, language): (each, analysis.stem(each, language)) for each in surfaces}
        lexicon = Lexicon(segment, surface_name)
        found = [
            (lexicon.surface(place), term(segment, stem).decode()) for place, stem in enumerate(lexicon.stems.tolist())
        ]
        assert found == [parts[part] for part in sorted(parts, key=str.encode)]
        for surface, doc_freq in doc_freqs.items():
            places = lexicon.places(surface)
            assert [found[place][0] for place in places] == [surface] * len(places)
            assert places[0] == lexicon.find(surface)
            assert sum(lexicon.doc_freqs[place] for place in places) == doc_freq
        assert len(lexicon.places("never")) == 0


def make_lexicon(surfaces: set[str]) -> Lexicon:
    """Return one of surfaces that have a stem in common, all in the only article."""
    parts = {surface.encode(): (b"x", [0]) for surface in surfaces}
    made = add_parts(by_whoosh([{"author": "w", "body": "x"}]), "surfaces", "body", parts)
    return Lexicon(SegmentFile(made, "made"), "surfaces")


@settings(max_examples=100, deadline=None)
@given(st.sets(st.text("abé中", min_size=1, max_size=4), min_size=1), st.text("abé中z\ud800", max_size=3))
def test_surfaces_are_found_by_their_beginning(made: set[str], prefix: str) -> None:
    lexicon = make_lexicon(made)
    surfaces = [lexicon.surface(place) for place in range(len(lexicon))]
    assert surfaces == sorted(made, key=str.encode)
    first, end = lexicon.prefix_range(prefix)
    assert surfaces[first:end] == [surface for surface in surfaces if surface.startswith(prefix)]
    assert lexicon.find(prefix) == (surfaces.index(prefix) if prefix in surfaces else -1)


def test_a_field_that_has_no_parts_has_an_empty_lexicon() -> None:
    segment = by_whoosh([{"title": "x"}])
    for name in ("title", "title_surface", "body_surface"):
        lexicon = Lexicon(segment, name)
        assert len(lexicon) == 0
        assert (lexicon.doc_freqs.tolist(), lexicon.stems.tolist()) == ([], [])
        assert lexicon.find("x") == -1
        assert lexicon.prefix_range("") == (0, 0)
