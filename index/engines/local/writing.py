"""Words as people write them: the index knows "moscow" and "cafe", and its articles "Moscow" and "café"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import regex

from index import analysis
from index.engines.local.snapshot import Snapshot

# So many articles are asked, and in each so many places, or fewer if so many of these say the same: 0.1 to 0.2 ms.
_ARTICLES, _PLACES, _ENOUGH = 3, 8, 3
# Of a text so many characters are looked through, and so many cut into words: half a millisecond.
_LOOKED_AT, _CUT = 20_000, 2000
# What begins a sentence has a capital, and so has all of a dateline: such say less of how a word is written.
_LITTLE = 0.25
_SENTENCE_ENDS = ".!?:\n\"'“”‘"
_NOT_ASCII = regex.compile(r"[^\x00-\x7f]+")
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
        for text in _texts_with(snapshot, surface):
            _add_forms(forms, text, islice(_occurrences(text[:_LOOKED_AT], surface), _PLACES))
            if not forms:
                _add_forms(forms, text, _tokens(text[:_CUT], surface))
            if max(forms.values(), default=0) >= _ENOUGH:
                break
    for form in (*(form for form, _ in forms.most_common()), surface):
        if _is_read_as(form, surface):
            return form
    return None


def _texts_with(snapshot: Snapshot, surface: str) -> Iterator[str]:
    """Yield bodies that have a surface, or titles where none has."""
    bodies = (article.body for article in snapshot.articles_with("body_surface", surface))
    first = next(bodies, None)
    if first is None:
        bodies = (article.title for article in snapshot.articles_with("title_surface", surface))
        first = next(bodies, None)
    if first is not None:
        yield first
        yield from islice(bodies, _ARTICLES - 1)


def _is_read_as(form: str, surface: str) -> bool:
    """Say whether a word is read as a surface; in CJK, where each character begins a word, its first one."""
    surfaces = [token.surface for token in analysis.tokenize(form)]
    return surfaces == [surface] or (surfaces[:1] == [surface] and analysis.has_cjk(surface))


def _add_forms(forms: Counter[str], text: str, occurrences: Iterable[tuple[int, str]]) -> None:
    for start, form in occurrences:
        before = text[:start].rstrip(" ")[-1:]
        is_telling = before and before not in _SENTENCE_ENDS and not (form.isupper() and len(form) > 1)
        forms[form] += 1 if is_telling else _LITTLE  # type: ignore[assignment]  # a count need not be whole


def _occurrences(text: str, surface: str) -> Iterator[tuple[int, str]]:
    """Yield where a surface stands in a text, and how, but for what only cutting the text into words would tell."""
    lowered = text.lower()
    # Nearly all words stand behind a space, and few others begin so.
    for before in (" ", "") if len(lowered) == len(text) else ():
        is_found = False
        place = lowered.find(before + surface)
        while place >= 0:
            start, end = place + len(before), place + len(before) + len(surface)
            if not (lowered[start - 1 : start].isalnum() or lowered[end : end + 1].isalnum()):
                is_found = True
                yield start, text[start:end]
            place = lowered.find(before + surface, end)
        if is_found:
            return
    end = 0
    for match in () if text.isascii() else _NOT_ASCII.finditer(text):
        if match.start() >= end:
            start = match.start()
            while start > end and text[start - 1].isalnum():
                start -= 1
            end = match.end()
            while end < len(text) and text[end].isalnum():
                end += 1
            if analysis.fold(text[start:end]) == surface:
                yield start, text[start:end]


def _tokens(text: str, surface: str) -> Iterator[tuple[int, str]]:
    """Yield the same by cutting the text into words: U.K. and won't."""
    for token in analysis.tokenize(text):
        if token.surface == surface:
            yield token.start, _POSSESSIVE.sub("", text[token.start : token.end])
