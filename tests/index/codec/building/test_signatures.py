from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.codec.building.batch import encode
from index.codec.building.builder import SegmentBuilder, TextField
from index.codec.building.merge import merge_segments
from index.codec.building.signatures import Signatures, sign
from index.codec.format import SIGNATURES, SegmentFile
from index.codec.kernels.signatures import BINS, SHINGLE
from tests.index.codec.segments import by_builder, joined, written

# Without the JIT, numpy warns where a hash overflows, as it should.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

ALL_BITS = (1 << 64) - 1


def words_of(text: str) -> list[bytes]:
    words, word = [], b""
    for letter in text:
        encoded = encode(letter)
        is_cjk = 0xE3 <= encoded[0] <= 0xED
        if not is_cjk and (len(encoded) > 1 or letter.isalnum()):
            word += encoded.lower()
            continue
        words += [word] if word else []
        words += [encoded] if is_cjk else []
        word = b""
    return [*words, word] if word else words


def hash_of(word: bytes) -> int:
    hashed = 0x9E3779B97F4A7C15
    for byte in word:
        hashed = (hashed ^ byte) * 0x100000001B3 & ALL_BITS
    return hashed


def mix(number: int) -> int:
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & ALL_BITS
    number = (number ^ number >> 27) * 0x94D049BB133111EB & ALL_BITS
    return number ^ number >> 31


def sign_slowly(text: str) -> list[int]:
    lowest: dict[int, int] = {}
    words = words_of(text)
    for place in range(len(words) - SHINGLE + 1):
        shingle = 0
        for word in words[place : place + SHINGLE]:
            shingle = (shingle * 0x9FB21C651E98DF25 + hash_of(word)) & ALL_BITS
        shingle = mix(shingle)
        number = shingle >> 58
        lowest[number] = min(lowest.get(number, ALL_BITS), shingle & (1 << 58) - 1)
    return [lowest[number] % 255 + 1 if number in lowest else 0 for number in range(BINS)]


texts = st.lists(
    st.text(st.sampled_from("aBz09 .\n-éßœ漢字かな한😀\ud800\u2019İ"))
    | st.text()
    | st.integers(0, 99).map("word{} ".format)
).map("".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(texts, max_size=5))
@example(["one two three", "one two three four", "One, TWO three-four", "漢字かな", "é漢a字b", ""])
@example([" ".join(map(str, range(3000)))])
def test_a_signature_is_what_plain_python_makes_of_the_text(made: list[str]) -> None:
    assert sign(*joined([encode(text) for text in made])).tolist() == [sign_slowly(text) for text in made]


@given(st.binary(max_size=9))
def test_a_text_that_is_cut_off_is_signed_all_the_same(end: bytes) -> None:
    # The bytes of one text are never read as the next one's.
    first = b"one two three four" + end
    together, alone = (sign(*joined(made)) for made in ([first, b"\xbf five six seven"], [first]))
    assert together[0].tolist() == alone[0].tolist()


def test_case_and_punctuation_make_no_difference_and_order_does() -> None:
    one, same, other = sign(
        *joined([b"He said: 'No longer obsolete!'", b"he SAID no longer, obsolete", b"no he said longer obs"])
    )
    assert one.tolist() == same.tolist() != other.tolist()


def alike(one: Signatures, other: Signatures) -> float:
    return float(np.mean((one == other)[(one | other) > 0]))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_bins_are_equal_as_far_as_shingles_are(share: float) -> None:
    rng = np.random.default_rng(7)
    found = []
    for _ in range(40):
        words = [f"w{number}" for number in rng.integers(0, 1 << 30, 900)]
        # Of so many words the first are the same, and after them each has its own.
        both = int(900 * share / (1 + share)) if share else 0
        one, other = words[:both] + words[450:], words[:both] + words[:450][::-1] + words[450 : 900 - both][::-1]
        shingles = [{tuple(text[n : n + 4]) for n in range(len(text) - 3)} for text in (one, other)]
        true = len(shingles[0] & shingles[1]) / len(shingles[0] | shingles[1])
        pair = sign(*joined([" ".join(text).encode() for text in (one, other)]))
        found.append(alike(pair[0], pair[1]) - true)
    assert abs(np.mean(found)) < 0.03
    assert np.std(found) < 0.09


BODIES = ["one two three four five six", "", "漢字かな" * 3]


def test_a_builder_signs_the_field_that_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.codec.building.builder._BATCH_SIZE", 100)
    made = [{"title": "a title of four words", "body": body} for body in BODIES * 40]
    assert by_builder(made)[SIGNATURES].tolist() == [sign_slowly(body) for body in BODIES * 40]
    plain = SegmentBuilder([TextField("body")])
    plain.add({"body": BODIES[0]})
    assert SIGNATURES not in written(plain)
    assert by_builder([])[SIGNATURES].shape == (0, BINS)


def test_a_builder_signs_one_field() -> None:
    with pytest.raises(ValueError, match="one field"):
        SegmentBuilder([TextField("title", signed=True), TextField("body", signed=True)])


def test_merging_keeps_the_signatures_of_the_articles_that_are_left() -> None:
    signed = [{"body": body} for body in BODIES]
    builder = SegmentBuilder([TextField("body", surfaces="body_surface")])
    builder.add({"body": BODIES[0]})
    without = written(builder)
    sink = io.BytesIO()
    deleted = np.array([False, True, False])
    merge_segments([(by_builder(signed), deleted), (without, None), (by_builder(signed), None)], sink)
    merged = SegmentFile(sink.getvalue(), "merged")
    kept = [BODIES[0], BODIES[2], "", *BODIES]
    assert merged[SIGNATURES].tolist() == [sign_slowly(body) for body in kept]
    sink = io.BytesIO()
    merge_segments([(without, None)], sink)
    assert SIGNATURES not in SegmentFile(sink.getvalue(), "merged")
