from __future__ import annotations

from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from index import language
from index.language import LANGUAGES, detect_language, detect_languages

SENTENCES = {
    "ar": "تراجعت الأسهم بعد أن أعلن البنك عن خسارة",
    "bg": "Акциите паднаха, след като банката обяви загуба",
    "cs": "Akcie prudce klesly poté, co banka oznámila ztrátu",
    "da": "Aktierne faldt, efter at banken havde meldt om et tab",
    "de": "Die Aktien fielen, nachdem die Bank einen Verlust gemeldet hatte",
    "el": "Οι μετοχές έπεσαν μετά την ανακοίνωση ζημιών από την τράπεζα",
    "en": "Shares fell sharply after the bank reported a loss",
    "es": "Las acciones cayeron después de que el banco anunciara pérdidas",
    "fa": "سهام بانک پس از اعلام زیان به شدت سقوط کرد",
    "fi": "Osakkeet laskivat jyrkästi pankin ilmoitettua tappiosta",
    "fr": "Les actions ont chuté après l'annonce d'une perte par la banque",
    "he": "המניות צנחו לאחר שהבנק דיווח על הפסד",
    "hi": "बैंक के घाटे की घोषणा के बाद शेयर गिर गए",
    "hu": "A részvények zuhantak, miután a bank veszteséget jelentett",
    "id": "Saham anjlok setelah bank melaporkan kerugian",
    "it": "Le azioni sono crollate dopo l'annuncio di una perdita della banca",
    "ja": "銀行が赤字を発表し株価は急落した",
    "ko": "은행이 손실을 발표한 뒤 주가가 급락했다",
    "nl": "De aandelen daalden nadat de bank een verlies had gemeld",
    "no": "Aksjene falt etter at banken meldte om tap",
    "pl": "Akcje spadły po tym, jak bank ogłosił stratę",
    "pt": "As ações caíram depois que o banco anunciou um prejuízo",
    "ro": "Acțiunile au scăzut după ce banca a anunțat o pierdere",
    "ru": "Акции резко упали после того, как банк сообщил об убытках",
    "sv": "Aktierna föll efter att banken redovisat en förlust",
    "tr": "Bankanın zarar açıklamasının ardından hisseler sert düştü",
    "uk": "Акції різко впали після того, як банк повідомив про збитки",
    "vi": "Cổ phiếu giảm mạnh sau khi ngân hàng báo lỗ",
    "zh": "银行公布亏损后股价大跌",
}


@pytest.mark.parametrize(("language", "sentence"), SENTENCES.items())
def test_one_sentence_is_enough(language: str, sentence: str) -> None:
    assert detect_language(sentence) == language
    assert language in LANGUAGES


@pytest.mark.parametrize("text", ["", " ", "OK", "123 456", "a@b.c <x@y.z>", "dfjk sdfkj weoi", "\ud800", "=" * 500])
def test_what_is_not_clear_is_not_told(text: str) -> None:
    assert detect_language(text) is None


def test_numbers_and_addresses_mislead_nobody() -> None:
    prices = "Shr 26 cts vs 21 cts\nNet 5,553,000 vs 4,307,000\nRevs 45.1 mln vs 36.0 mln\n" * 5
    assert detect_language(prices + SENTENCES["de"] * 3) in ("de", "en", None)
    header = "In article <1993Apr23.185931.6509@cs.cornell.edu> tedward@cs.cornell.edu (Edward [Ted] Fischer) writes:\n"
    assert detect_language(header + SENTENCES["en"]) == "en"


def test_the_answer_is_the_same_each_time() -> None:
    assert len({detect_language("Minister Oslo Bank Partner Tower") for _ in range(20)}) == 1


def test_the_words_of_a_language_tell_it_without_the_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_detect", lambda samples: [None] * len(samples))
    for code, words in language._WORDS_OF.items():
        assert detect_language(" ".join(words.split()[:3])) == code
    assert detect_language("the and") is None
    # Words of two languages are for the detector.
    assert detect_language("the and with nicht") is None


def test_no_word_is_of_two_languages() -> None:
    assert len(language._LANGUAGE_OF) == sum(len(words.split()) for words in language._WORDS_OF.values())


@pytest.mark.parametrize(("code", "sentence"), SENTENCES.items())
def test_words_and_detector_agree(code: str, sentence: str) -> None:
    known = {language._LANGUAGE_OF[word] for word in sentence.lower().split() if word in language._LANGUAGE_OF}
    assert known <= {code}
    assert language._detect([sentence]) == [code]


@cache
def identifier() -> LanguageIdentifier:
    made = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    made.set_languages(LANGUAGES)
    return made


def asked(sample: str) -> str | None:
    """Return what py3langid itself says of a sample."""
    found, confidence = identifier().classify(language._NO_WORDS.sub(" ", sample).encode("utf-8", "replace"))
    # Beside the threshold the order of a sum decides.
    return found if confidence >= 0.5 else None if confidence < 0.4999 else "either"


samples = st.text() | st.sampled_from(sorted(SENTENCES.values())) | st.text("aeinrst \0\u0301é", max_size=40)


@settings(deadline=None)
@given(st.lists(st.lists(samples, max_size=4).map(" ".join), max_size=70))
@example(["", "\0", "SHARES FELL SHARPLY", "\ud800", "aaaaaaaaaaaaaaa"])
@example(list(SENTENCES.values()) * 3)
def test_the_detector_says_what_py3langid_says(made: list[str]) -> None:
    for found, sample in zip(language._detect(made) if made else [], made, strict=True):
        assert asked(sample) in (found, "either")


@given(st.lists(st.lists(samples, max_size=40).map(" ".join), max_size=5))
@settings(deadline=None)
def test_many_texts_have_the_languages_that_each_has(made: list[str]) -> None:
    assert detect_languages(made) == [detect_language(text) for text in made]


def test_the_automaton_knows_no_more_bytes_than_are_read() -> None:
    # Each of its states is reached in that many steps.
    model = language._model()
    reached, steps = {0}, 0
    front = [0]
    while front:
        rows = model.next_states.reshape(-1, 256)[model.rows[front] >> 8]
        front = sorted(set(rows.ravel().tolist()) - reached)
        reached |= set(front)
        steps += 1
    assert len(reached) == len(model.rows)
    assert steps - 1 == language._LONGEST
    assert not model.next_states.reshape(-1, 256)[:, 0].any()
