from __future__ import annotations

import sys
import unicodedata
from itertools import pairwise

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from index import analysis
from index.codec.building.batch import encode
from index.codec.building.text_tables import text_tables
from index.codec.building.vocabulary import Tokens, Vocabulary
from tests.index.codec.segments import joined

# Without the JIT, numpy warns where the hash of a word overflows, as it should.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


def words_of(vocabulary: Vocabulary) -> list[str]:
    offsets, contents = vocabulary.word_offsets.tolist(), vocabulary.word_bytes.tobytes()
    return [contents[start:end].decode() for start, end in pairwise(offsets)]


def as_analysis_does(text: str, tokens: Tokens, words: list[str]) -> list[analysis.Token]:
    raw = encode(text)
    return [
        analysis.Token(words[word], characters(raw[:start]), characters(raw[:end]), bool(is_acronym))
        for word, (start, end), is_acronym in zip(
            tokens.word_ids.tolist(), tokens.spans.tolist(), tokens.is_acronym.tolist(), strict=True
        )
    ]


def characters(raw: bytes) -> int:
    return len(raw.decode("utf-8", "surrogatepass"))


def assert_equal(text: str) -> None:
    vocabulary = Vocabulary()
    tokens = vocabulary.cut(*joined([encode(text)]), with_spans=True)
    assert as_analysis_does(text, tokens, words_of(vocabulary)) == list(analysis.tokenize(text))


LETTERS = "aAsSzZłŁßéÉſıİŉʼǅǆａＡσςΣёЁйЙ가각각がｶﾞﾟ中ﬁﬃ𝐀𝟙ªºⅷⅧ½²٣３ﷺ\u0e33"
SIGNS = "'’‘＇.,+#-  \n\u00ad\ud800\U0001f600"
CJK = "中々〇〆㐀京𠀀豈ｶﾞﾟーｰがか\u3099カ가각\u1100\u1161\u11a8ㄱㅏㅤﾡￂ"
ARABIC = "أإآٱىیيکكةهؤئۀۂۓےـ\u064b\u0654\u0653\u0670٣۴ﻻ\u200c"
MARKS = "\u0301\u0308\u0327\ufe0f\u0345\u3099\u09be\u0344"
odd_texts = st.text(alphabet=LETTERS + SIGNS + MARKS + "12", max_size=60)


@settings(max_examples=500, deadline=None)
@given(odd_texts)
def test_words_are_those_of_the_analysis_where_its_rules_meet(text: str) -> None:
    assert_equal(text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_words_are_those_of_the_analysis_for_any_text(text: str) -> None:
    assert_equal(text)


@settings(max_examples=500, deadline=None)
@given(
    st.text(alphabet=CJK + "aS1.,'+#\u0301\ufe00 ", max_size=30)
    | st.text(alphabet=ARABIC + "aا ", max_size=30)
    | st.text(alphabet=CJK + ARABIC + LETTERS + SIGNS + MARKS + "12", max_size=60)
)
def test_words_are_those_of_the_analysis_in_scripts_of_their_own_rules(text: str) -> None:
    assert_equal(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="abSU.'’,+#1 ", max_size=30))
def test_words_are_those_of_the_analysis_for_acronyms_numbers_and_contractions(text: str) -> None:
    assert_equal(text)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["U.S.", "u.s", "’s", "'S", "12", ",000", ",", "C++", "#", "é.", "E\u0301.", "x", " "]))
)
def test_words_are_those_of_the_analysis_for_pieces_of_words(pieces: list[str]) -> None:
    assert_equal("".join(pieces))


def test_every_character_is_folded_as_the_analysis_does() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    alone = regex.findall(
        r"(?![\p{Unified_Ideograph}--[一鿿]])(?![가-\ud7a0--가])[\p{L}\p{M}\p{N}]", everything, regex.V1
    )
    assert len(alone) > 40_000
    for template in ("a%se", "가%s", "x'%s", "か%s京"):
        texts = [template % c for c in alone]
        vocabulary = Vocabulary()
        tokens = vocabulary.cut(*joined([encode(text) for text in texts]))
        words = words_of(vocabulary)
        starts = tokens.starts.tolist()
        for place, text in enumerate(texts):
            found = [words[word] for word in tokens.word_ids[starts[place] : starts[place + 1]].tolist()]
            assert found == [token.surface for token in analysis.tokenize(text)], (text, unicodedata.name(text[-1], ""))


@settings(max_examples=100, deadline=None)
@given(st.lists(odd_texts | st.text(), max_size=8))
def test_texts_do_not_run_into_each_other(texts: list[str]) -> None:
    vocabulary = Vocabulary()
    vocabulary.cut(*joined([encode("a text before, with łódź and cafe\u0301")]))
    tokens = vocabulary.cut(*joined([encode(text) for text in texts]))
    words, starts = words_of(vocabulary), tokens.starts.tolist()
    for place, text in enumerate(texts):
        found = [words[word] for word in tokens.word_ids[starts[place] : starts[place + 1]].tolist()]
        assert found == [token.surface for token in analysis.tokenize(text)]


@pytest.mark.parametrize("text", ["a", "1", "é", "中", "ا"])
def test_there_is_room_for_the_words_of_texts_of_one_letter(text: str) -> None:
    tokens = Vocabulary().cut(*joined([encode(text)] * 1000))
    assert tokens.word_ids.tolist() == [tokens.word_ids[0]] * 1000
    assert tokens.starts.tolist() == list(range(1001))


def test_a_word_has_one_number_however_many_there_are() -> None:
    vocabulary = Vocabulary()
    texts = [" ".join(f"w{n} é{n % 911}\u0301" for n in range(start, start + 20_000)) for start in (0, 10_000)]
    first, again = (vocabulary.cut(*joined([encode(text)])) for text in texts)
    assert first.word_ids[20_000:].tolist() == again.word_ids[:20_000].tolist()
    all_words = words_of(vocabulary)
    words = {all_words[word] for word in {*first.word_ids.tolist(), *again.word_ids.tolist()}}
    assert len(words) == len({*first.word_ids.tolist(), *again.word_ids.tolist()}) == 30_000 + 911


@pytest.mark.parametrize("text", ["", " ", "\u0301", "x" * 100_000, "é" * 70_000, "\u0301" * 1000, "C#" * 5000])
def test_texts_of_any_size_are_cut(text: str) -> None:
    assert_equal(text)


def test_tables_are_small() -> None:
    assert sum(table.nbytes for table in text_tables()) < 1 << 19
