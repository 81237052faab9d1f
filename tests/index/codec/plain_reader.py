"""Reads a whole segment as `index.codec.format` describes it, in plain Python; an oracle for whoever writes segments.

It holds a segment to what the description leaves no choice in, too: the order of numbers, the form of parts, zeros.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from index.codec.format import FieldEntry, SegmentFile
from index.codec.stored import StoredReader

Posting = tuple[int, int, list[int]]  # document, freq, positions; of parts the document alone counts


@dataclass
class PlainField:
    """What a segment says of a field."""

    kind: tuple[object, ...]  # has_freqs, has_positions, boost, parts_of
    total_length: int
    lengths: list[int] | None
    terms: dict[bytes, list[Posting]]
    parents: dict[bytes, bytes]

    def doc_ids(self) -> dict[bytes, list[int]]:
        """Return the documents of each term."""
        return {term: [doc_id for doc_id, _, _ in postings] for term, postings in self.terms.items()}


@dataclass
class PlainSegment:
    """What a segment says."""

    num_docs: int
    fields: dict[str, PlainField]
    columns: dict[str, Any]
    stored: list[dict[str, Any]]


def read_plainly(file: SegmentFile) -> PlainSegment:
    """Read all that there is."""
    assert not any(name.startswith("lexicon") for name in file)
    freqs = [int(freq) for freq in file["freqs"]]
    assert file["freqs"].dtype.itemsize == 1
    overflow = _overflow(file, "freq")
    assert sorted(overflow) == [place for place, freq in enumerate(freqs) if freq == 255]
    assert all(value >= 255 for value in overflow.values())
    for place, value in overflow.items():
        freqs[place] = value
    gaps = _gaps(file)
    fields: dict[str, PlainField] = {}
    for name, entry in sorted(file.fields.items(), key=lambda item: item[1].parts_of != ""):
        read = _parts if entry.parts_of else _postings
        terms, parents = read(file, entry, freqs, gaps, fields)
        assert list(terms) == sorted(terms)
        assert len(terms) == entry.num_terms
        lengths = f"lengths:{file.field_places[name]}"
        assert (lengths in file) == entry.has_lengths
        fields[name] = PlainField(
            kind=(entry.has_freqs, entry.has_positions, entry.boost, entry.parts_of),
            total_length=entry.total_length,
            lengths=file[lengths].tolist() if entry.has_lengths else None,
            terms=terms,
            parents=parents,
        )
    columns = {
        entry["name"]: (entry, file[f"column:{place}"].tolist())
        for place, entry in enumerate(file.meta["columns"])
        if entry["kind"] == "numbers"
    }
    reader = StoredReader(file)
    return PlainSegment(file.num_docs, fields, columns, [reader.fields(doc_id) for doc_id in range(file.num_docs)])


def _overflow(file: SegmentFile, name: str) -> dict[int, int]:
    if f"{name}_overflow_places" not in file:
        return {}
    places = file[f"{name}_overflow_places"].tolist()
    assert places == sorted(set(places))
    return dict(zip(places, file[f"{name}_overflow_values"].tolist(), strict=True))


def _gaps(file: SegmentFile) -> list[int]:
    count = max(file["position_starts"].tolist())
    width, words = file.meta["position_width"], file["positions"].tolist()
    assert file["positions"].dtype.itemsize == 8
    assert len(words) == math.ceil(count * width / 64) + 1
    whole = sum(word << (64 * place) for place, word in enumerate(words)) if count < 5_000 else None
    gaps: list[int] = []
    for place in range(count):
        first, shift = divmod(place * width, 64)
        two = words[first] | words[first + 1] << 64
        gaps.append(two >> shift & ((1 << width) - 1))
    assert whole is None or whole >> (count * width) == 0
    overflow = _overflow(file, "position")
    escape = (1 << width) - 1
    assert sorted(overflow) == [place for place, gap in enumerate(gaps) if gap == escape]
    for place, value in overflow.items():
        assert value >= escape
        gaps[place] = value
    return gaps


def _term(file: SegmentFile, term_id: int) -> bytes:
    start, end = (int(offset) for offset in file["term_offsets"][term_id : term_id + 2])
    return file["term_bytes"][start:end].tobytes()


def _postings(
    file: SegmentFile, entry: FieldEntry, freqs: list[int], gaps: list[int], _: dict[str, PlainField]
) -> tuple[dict[bytes, list[Posting]], dict[bytes, bytes]]:
    terms: dict[bytes, list[Posting]] = {}
    for term_id in range(entry.first_term, entry.end_term):
        start, end = (int(each) for each in file["posting_starts"][term_id : term_id + 2])
        place = int(file["position_starts"][term_id]) if entry.has_positions else 0
        postings: list[Posting] = []
        for posting in range(start, end):
            positions: list[int] = []
            for gap in gaps[place : place + freqs[posting]] if entry.has_positions else ():
                positions.append(gap + positions[-1] if positions else gap)
            place += freqs[posting]
            postings.append((int(file["doc_ids"][posting]), freqs[posting], positions))
        assert not entry.has_positions or place == file["position_starts"][term_id + 1]
        _assert_ascending(doc_id for doc_id, _, _ in postings)
        terms[_term(file, term_id)] = postings
    return terms, {}


def _parts(
    file: SegmentFile, entry: FieldEntry, _: list[int], __: list[int], fields: dict[str, PlainField]
) -> tuple[dict[bytes, list[Posting]], dict[bytes, bytes]]:
    place = file.field_places[entry.name]
    terms: dict[bytes, list[Posting]] = {}
    parents: dict[bytes, bytes] = {}
    starts = file[f"part_starts:{place}"].tolist()
    contents = file[f"part_bytes:{place}"].tobytes()
    assert len(starts) == entry.num_terms + 1
    assert starts[0] == 0
    assert starts[-1] == len(contents)
    for i in range(entry.num_terms):
        parent = _term(file, int(file[f"part_parents:{place}"][i]))
        postings = fields[entry.parts_of].terms[parent]
        doc_freq = int(file[f"part_doc_freqs:{place}"][i])
        ordinals = _ordinals(contents[starts[i] : starts[i + 1]], doc_freq, len(postings))
        term = _term(file, entry.first_term + i)
        terms[term] = [(postings[ordinal][0], 1, []) for ordinal in ordinals]
        parents[term] = parent
    return terms, parents


def _ordinals(kept: bytes, doc_freq: int, num_postings: int) -> list[int]:
    assert 1 <= doc_freq <= num_postings
    size = 2 if num_postings <= 65_536 else 4
    if doc_freq == num_postings:
        assert not kept
        return list(range(num_postings))
    if size * doc_freq < (num_postings + 7) // 8:
        assert len(kept) == size * doc_freq
        ordinals = [int.from_bytes(kept[at : at + size], "little") for at in range(0, len(kept), size)]
    else:
        assert len(kept) == (num_postings + 7) // 8
        ordinals = [bit for bit in range(8 * len(kept)) if kept[bit // 8] >> (bit % 8) & 1]
    _assert_ascending(ordinals)
    assert len(ordinals) == doc_freq
    assert ordinals[-1] < num_postings
    return ordinals


def _assert_ascending(numbers: Iterable[int]) -> None:
    numbers = list(numbers)
    assert numbers == sorted(set(numbers))
