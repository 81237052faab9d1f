"""The stemming kernel against NLTK's stemmer, which is the reference, letter for letter."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import random
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.stem.snowball import EnglishStemmer
from numpy.typing import NDArray

from index import analysis
from index.codec.building import stemming

ROOT = Path(__file__).parents[4]
ARCHIVES = ROOT.parent / "shared" / "data"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
IS_COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"  # if not, a word takes as long as 1,000

nltk_stemmer = EnglishStemmer()


def known_to_nltk(name: str) -> Iterable[str]:
    known: Iterable[str] = getattr(EnglishStemmer, f"_EnglishStemmer__{name}")
    return known


SPECIAL = sorted(known_to_nltk("special_words"))
SUFFIXES = sorted(
    {
        suffix
        for step in ("step1a", "step1b", "step2", "step3", "step4", "step5")
        for suffix in known_to_nltk(f"{step}_suffixes")
    }
    | {*known_to_nltk("double_consonants"), "at", "bl", "iz", "y", "ly", "ll", "lle", "st", "s"}
)
PREFIXES = ["gener", "commun", "arsen", "gene", "commu", "y", "ay", "re", "un", ""]


def columns(words: Sequence[str], dtype: str = "u4") -> tuple[NDArray[np.uint8], NDArray[Any]]:
    encoded = [word.encode() for word in words]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(dtype)
    return np.frombuffer(b"".join(encoded), np.uint8), offsets


def texts(word_bytes: NDArray[np.uint8], offsets: NDArray[Any]) -> list[str]:
    joined, places = word_bytes.tobytes(), offsets.tolist()
    return [joined[start:end].decode() for start, end in itertools.pairwise(places)]


def stems(words: Sequence[str]) -> list[str]:
    return texts(*stemming.stem_all(*columns(words)))


def nltk_stems(words: Sequence[str]) -> list[str]:
    return [nltk_stemmer.stem(word) for word in words]


def differences(words: Sequence[str]) -> list[tuple[str, str, str]]:
    """The words whose stems are not NLTK's, each with both."""
    both = zip(words, stems(words), nltk_stems(words), strict=True)
    return [(word, ours, theirs) for word, ours, theirs in both if ours != theirs]


def made_words(count: int) -> list[str]:
    """Words of prefixes, a few letters and up to four of the endings that the rules know."""
    rng = random.Random(1980)
    letters = LETTERS + "aeiouy" * 3
    words = []
    for _ in range(count):
        middle = rng.choices(letters, k=rng.choice((0, 1, 2, 2, 3, 3, 4, 5, 8)))
        endings = rng.choices(SUFFIXES, k=rng.choice((0, 1, 1, 2, 2, 3, 4)))
        words.append("".join([rng.choice(PREFIXES), *middle, *endings]))
    return words


def archive_words(paths: Iterable[Path]) -> list[str]:
    """The distinct words of the letters a to z in some files of JSON lines or text."""
    words: set[bytes] = set()
    word = regex.compile(rb"[a-z]+")
    for path in paths:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for line in content.splitlines():
            text = " ".join(map(str, json.loads(line).values())).encode() if "json" in path.name else line
            words.update(word.findall(text.lower()))
    return sorted(found.decode() for found in words)


made = st.builds(
    lambda prefix, middle, suffixes: prefix + middle + "".join(suffixes),
    st.sampled_from([*PREFIXES, *SPECIAL]),
    st.text(st.sampled_from(LETTERS + "aeiouy"), max_size=8),
    st.lists(st.sampled_from(SUFFIXES), max_size=4),
)


@settings(deadline=None)
@given(st.lists(made | st.text(st.sampled_from(LETTERS)) | st.text(st.sampled_from("aey"), max_size=5)))
def test_stems_are_those_of_nltk(words: list[str]) -> None:
    assert stems(words) == nltk_stems(words)


def test_all_short_words_are_stemmed_as_nltk_does() -> None:
    words = [a + b + c for a in LETTERS for b in LETTERS for c in LETTERS]
    assert differences(words if IS_COMPILED else words[::50]) == []


def test_made_words_are_stemmed_as_nltk_does() -> None:
    assert differences(made_words(50_000 if IS_COMPILED else 500)) == []


@pytest.mark.parametrize("ending", ["", "s", "ed", "ing", "ly", "y", "e"])
def test_special_words_and_what_is_made_of_them(ending: str) -> None:
    assert differences([word + ending for word in SPECIAL] + [word[:-1] for word in SPECIAL]) == []


@pytest.mark.parametrize("ending", SUFFIXES)
def test_an_ending_after_every_beginning(ending: str) -> None:
    beginnings = ["", "a", "b", "ab", "ba", "bab", "abab", "babab", "bll", "ball", "yes", "gener", "commun", "arsen"]
    assert differences([start + letter + ending for start in beginnings for letter in ["", *LETTERS]]) == []


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("generously", "generous"),  # R1 of its own
        ("sayings", "say"),  # a consonant y
        ("youth", "youth"),
        ("realization", "realize"),  # where NLTK departs from Snowball
        ("vibrationally", "vibrate"),
        ("strated", "strat"),
        ("sky", "sky"),
        ("succeeding", "succeed"),
    ],
)
def test_what_the_rules_come_to(word: str, stem: str) -> None:
    assert stems([word]) == [stem] == nltk_stems([word])


def test_words_of_any_length() -> None:
    words = [beginning * 1_000 + ending for beginning in ("ab", "y", "ay", "generaliz") for ending in ("", "ations")]
    assert differences(words) == []


def test_all_words_of_the_seeds() -> None:
    words = archive_words(sorted((ROOT / "seeds").glob("*.txt")))
    assert len(words) > 1_000
    assert differences(words) == []


@pytest.mark.skipif(not ARCHIVES.is_dir(), reason=f"there are no archives to take words from in {ARCHIVES}")
def test_words_of_archives() -> None:
    words = archive_words([*ARCHIVES.glob("news.jsonl.gz"), *ARCHIVES.glob("ir/*/corpus.jsonl")])
    assert len(words) > 50_000
    assert differences(random.Random(1980).sample(words, 40_000 if IS_COMPILED else 400)) == []


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8")) | made))
def test_surfaces_are_stemmed_as_the_analysis_does(words: list[str]) -> None:
    surfaces = [analysis.fold(word) for word in words]
    assert stems(surfaces) == [analysis.stem(surface) for surface in surfaces]


@pytest.mark.parametrize(
    "word", ["", "a", "c++", "12000", "2nd", "cafés", "running2", "élections", "йоды", "ﬁshing", "`{"]
)
def test_what_is_no_english_word_is_its_own_stem(word: str) -> None:
    assert stems([word, "elections", word]) == [word, "elect", word]


@pytest.mark.parametrize("dtype", ["u2", "u4", "u8", "i8"])
def test_offsets_keep_their_type(dtype: str) -> None:
    word_bytes, word_offsets = columns(["running", "dogs"], dtype)
    stem_bytes, stem_offsets = stemming.stem_all(word_bytes, word_offsets)
    assert stem_offsets.dtype == word_offsets.dtype
    assert texts(stem_bytes, stem_offsets) == ["run", "dog"]


def test_words_are_not_overwritten_and_may_be_a_part() -> None:
    word_bytes, word_offsets = columns(["running", "dogs", "flies", "elections"])
    writable = word_bytes.copy()
    assert texts(*stemming.stem_all(writable, word_offsets[1:4])) == ["dog", "fli"]
    assert writable.tobytes() == word_bytes.tobytes()
    assert texts(*stemming.stem_all(word_bytes, word_offsets[2:3])) == []


@pytest.mark.skipif(not IS_COMPILED, reason="the kernels are not compiled")
def test_many_words_are_stemmed_in_no_time() -> None:
    word_bytes, word_offsets = columns(made_words(30_000))
    started = time.perf_counter()
    stemming.stem_all(word_bytes, word_offsets)
    assert time.perf_counter() - started < 0.25  # 0.01 s, where nothing else runs; NLTK takes 0.3 s and more
