"""Words as people write them: the index knows "moscow" and "cafe", and its articles "Moscow" and "café"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import regex

from index import analysis
from index.engines.local.snapshot import Snapshot

# So many articles are asked, and in each so many places: 0.1 ms in all.
_ARTICLES, _PLACES = 3, 8
# Of a text so many characters are looked through, and so many cut into words: half a millisecond.
_LOOKED_AT, _CUT = 20_000, 2000
# What begins a sentence has a capital, and so has all of a dateline: such say less of how a word is written.
_LITTLE = 0.25
_SENTENCE_ENDS = ".!?:\n\"'“”‘"
_NOT_ASCII = regex.compile(r"[\p{L}\p{M}\p{N}]*[^\x00-\x7f\P{L}][\p{L}\p{M}\p{N}]*")
_POSSESSIVE = regex.compile(rf"[{analysis.APOSTROPHES}][sS]$")
# Words whose writing is remembered, of a snapshot.
_MAX_KNOWN = 1 << 15


def written_form(snapshot: Snapshot, surface: str) -> str | None:
    """Return how most articles write a surface; `None` for one that no writing is read as."""
    known = snapshot.written_forms
    if surface not in known:
        if len(known) >= _MAX_KNOWN:
            known.clear()
        known[surface] = _find_form(snapshot, surface)
    return known.get(surface, surface)


def _find_form(snapshot: Snapshot, surface: str) -> str | None:
    forms: Counter[str] = Counter()
    if not analysis.is_stop_word(surface):  # AND and OR are words of the query language
        texts = [article.body for article in islice(snapshot.articles_with("body_surface", surface), _ARTICLES)]
        if not texts:
            texts = [article.title for article in islice(snapshot.articles_with("title_surface", surface), _ARTICLES)]
        for text in texts:
            _add_forms(forms, text, islice(_occurrences(text[:_LOOKED_AT], surface), _PLACES))
        if not forms and texts:
            _add_forms(forms, texts[0], _tokens(texts[0][:_CUT], surface))
    for form in (*(form for form, _ in forms.most_common()), surface):
        if [token.surface for token in analysis.tokenize(form)] == [surface]:
            return form
    return None


def _add_forms(forms: Counter[str], text: str, occurrences: Iterable[tuple[int, str]]) -> None:
    for start, form in occurrences:
        before = text[:start].rstrip(" ")[-1:]
        is_telling = before and before not in _SENTENCE_ENDS and not (form.isupper() and len(form) > 1)
        forms[form] += 1 if is_telling else _LITTLE  # type: ignore[assignment]  # a count need not be whole


def _occurrences(text: str, surface: str) -> Iterator[tuple[int, str]]:
    """Yield where a surface stands in a text, and how, but for what only cutting the text into words would tell."""
    lowered = text.lower()
    place = lowered.find(surface) if len(lowered) == len(text) else -1
    while place >= 0:
        end = place + len(surface)
        if not (lowered[place - 1 : place].isalnum() or lowered[end : end + 1].isalnum()):
            yield place, text[place:end]
        place = lowered.find(surface, end)
    if not text.isascii():
        for match in _NOT_ASCII.finditer(text):
            if analysis.fold(match[0]) == surface:
                yield match.start(), match[0]


def _tokens(text: str, surface: str) -> Iterator[tuple[int, str]]:
    """Yield the same by cutting the text into words: U.K. and won't."""
    for token in analysis.tokenize(text):
        if token.surface == surface:
            yield token.start, _POSSESSIVE.sub("", text[token.start : token.end])
