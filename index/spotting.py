"""Where the words of a query stand in texts: found by the kernel that cuts words for the index.

The texts of a page of results are cut in one go, and only where a word may be that begins as something that is looked
for. Of each word that does, once, it is asked in Python what it matches: of ten bodies some ten out of a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index import analysis
from index.clauses import Exact, Forms, Fuzzy, Leaf, Phrase, Prefix, Wildcard, Word
from index.codec.building.batch import encode
from index.codec.building.vocabulary import ACRONYMS, Tokens, Vocabulary
from index.codec.kernels.spotting import find_beginning, find_hits, gather, move_back
from index.codec.kernels.text import BEGINNINGS
from index.marking import NearWords, acronyms_of, make_matcher, written_as
from index.stopwords import TOLD, is_acronym

# The parts of a query are told apart by the bits of a number; of more than these some are taken for one.
_MAX_PARTS = 63
# The bit of a word that is asked for by its first character, of CJK, which alone is marked then.
_FIRST_CHARACTER = 1 << 63
# Each beginning that is looked for is looked for by itself; of more than these it is quicker to cut all words.
_MOST_BEGINNINGS = 12

# An English stem differs from its surfaces by its last letter at most, as "abl" does from "ability"; but for those of
# dying, lying and tying. The Arabic stemmer takes off beginnings, and the Russian one goes by way of Latin letters, of
# which "шч" and "щ" are the same.
_OTHER_ENGLISH = frozenset({"die", "lie", "tie"})
_WITHOUT_BEGINNING = frozenset({"arabic", "russian"})


# A tuple of types is asked in a fifth of the time that a union of them takes.
_MARKED = (Word, Prefix, Phrase, Exact, Forms, Wildcard, Fuzzy)


class Marks(NamedTuple):
    """What matches in texts; places are of bytes in `text`, all of them one after another.

    Text i is `text[starts[i]:starts[i + 1]]`, and its hits are those from `hit_starts[i]` to `hit_starts[i + 1]`:
    `hits` u4[n, 2], their starts and ends, in order and without overlaps; `masks` u8[n], a bit for each part of the
    query. See `index.codec.kernels.snippets`.
    """

    text: bytes
    starts: NDArray[np.int64]
    hits: NDArray[np.uint32]
    masks: NDArray[np.uint64]
    hit_starts: NDArray[np.int64]


@dataclass(frozen=True)
class Marker:
    """What to mark in texts: the leaves of a query that have to do with one field."""

    leaves: tuple[Leaf, ...] = ()
    _wanted: dict[str, _Wanted] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, leaves: Iterable[Leaf], field: str) -> Marker:
        """Collect what a query looks for in one field."""
        return cls(
            tuple(leaf for leaf in dict.fromkeys(leaves) if isinstance(leaf, _MARKED) and leaf.field in (None, field))
        )

    def find(self, texts: Sequence[bytes], language: str | None) -> Marks:
        """Return what matches in texts (of `encode`): of what overlaps, the longer.

        `language` is that of the articles, in which alone words are stemmed.
        """
        stemmer = analysis.stemmer_of(language)
        wanted = self._wanted.get(stemmer)
        if wanted is None:
            wanted = self._wanted[stemmer] = _Wanted(self.leaves, stemmer)
        text, starts = b"".join(texts), _starts_of(texts)
        if not self.leaves:
            return Marks(text, starts, np.empty((0, 2), np.uint32), np.empty(0, np.uint64), np.zeros_like(starts))
        return wanted.find(text, starts)

    def is_complete(self, marks: Marks, number: int) -> bool:
        """Say whether each part of the query is found in a text, by itself or in what is longer."""
        parts = (1 << min(len(self.leaves), _MAX_PARTS)) - 1
        found = marks.masks[marks.hit_starts[number] : marks.hit_starts[number + 1]]
        return bool(np.bitwise_or.reduce(found) == parts)


@cache
def _acronyms_by(stemmer: str) -> dict[str, list[int]]:
    """Return which acronyms may be meant by a word, as it is stemmed or as it is written."""
    numbers_of: dict[str, list[int]] = {}
    for number, (word, acronym) in zip(ACRONYMS, TOLD.items(), strict=True):
        for each in (acronym, analysis.stem_by(word, stemmer)):
            numbers_of.setdefault(each, []).append(number)
    return numbers_of


class _Wanted:
    """What a query looks for, stemmed as one language is."""

    def __init__(self, leaves: Sequence[Leaf], stemmer: str) -> None:
        self._stemmer = stemmer
        self._stems: dict[str, int] = {}
        self._surfaces: dict[str, int] = {}
        self._prefixes: list[tuple[str, int]] = []
        self._patterns: list[tuple[Callable[[str], bool], int]] = []
        self._numbers: dict[str, int] = {}
        self._near: list[tuple[Phrase, int]] = []
        self._exact: list[tuple[Phrase, int]] = []
        phrases: list[tuple[list[int], int]] = []
        beginnings: set[str] = set()
        for number, leaf in enumerate(leaves):
            bit = 1 << number % _MAX_PARTS
            match leaf:
                case Word() | Phrase():
                    self._add_words(leaf, bit, phrases, beginnings)
                case Exact(surface=surface):
                    for each in written_as(surface):
                        self._add(self._surfaces, each, bit)
                    beginnings.add(surface)
                case Forms(surfaces=surfaces):
                    for surface in surfaces:
                        self._add(self._surfaces, surface, bit)
                    beginnings.update(surfaces)
                case Prefix(surface=surface):
                    self._prefixes.append((surface, bit))
                    for each in acronyms_of(leaf):
                        self._add(self._surfaces, each, bit)
                case Wildcard(pattern=pattern):
                    self._patterns.append((make_matcher([leaf]), bit))
                    beginnings.add(pattern[: min(place for place in map(pattern.find, "*?") if place >= 0)])
                case Fuzzy(surface=surface):
                    self._patterns.append((make_matcher([leaf]), bit))
                    beginnings.add(surface[:1])
        self._set_beginnings(beginnings)
        # How far from each other words may stand that belong together.
        self._reach = max((leaf.slop for leaf in leaves if isinstance(leaf, Phrase)), default=0)
        self._phrases = np.array([number for numbers, _ in phrases for number in numbers], np.uint8)
        self._phrase_starts = _starts_of([numbers for numbers, _ in phrases])
        self._phrase_masks = np.array([bit for _, bit in phrases], np.uint64)
        numbers_of = _acronyms_by(stemmer)
        self._acronyms = (
            set(ACRONYMS)
            if self._patterns
            else {
                number
                for word in (*self._stems, *self._numbers, *self._surfaces)
                for number in numbers_of.get(word, ())
            }
        )

    def _add_words(
        self, leaf: Word | Phrase, bit: int, phrases: list[tuple[list[int], int]], beginnings: set[str]
    ) -> None:
        match leaf:
            case Word(surface=surface) if is_acronym(surface):
                self._add(self._surfaces, surface, bit)
                beginnings.add(surface)
            case Word(surface=surface):
                self._add(self._stems, self._stem(surface, beginnings), bit)
            case Phrase(surfaces=surfaces, is_exact=True):
                self._exact.append((leaf, bit))
                beginnings.update(surfaces)
            case Phrase(surfaces=surfaces):
                stems = [self._stem(surface, beginnings) for surface in surfaces]
                numbers = [self._numbers.setdefault(stem, len(self._numbers) + 1) for stem in stems]
                if leaf.slop == 1:
                    phrases.append((numbers, bit))
                else:
                    self._near.append((leaf, bit))

    def _set_beginnings(self, beginnings: set[str]) -> None:
        # A word that begins as a prefix matches by that alone, but that of CJK the first character is marked.
        masks: dict[str, int] = {}
        asked = set(beginnings)
        for prefix, bit in self._prefixes:
            if analysis.has_cjk(prefix[0]):
                asked.add(prefix)
            else:
                self._add(masks, prefix, bit)
        written = sorted(masks.keys() | asked)
        encoded = [encode(each) for each in written]
        self._beginning_starts = _starts_of(encoded)
        self._beginnings = np.frombuffer(b"".join(encoded), np.uint8)
        self._is_asked = np.array([each in asked for each in written], np.bool_)
        self._beginning_masks = np.array([masks.get(each, 0) for each in written], np.uint64)
        self._is_wanted = np.zeros(BEGINNINGS, np.bool_)
        for each in encoded:
            if len(each) == 1:
                self._is_wanted[each[0] & 31 :: 32] = True
            elif each:
                self._is_wanted[(each[1] & 31) << 5 | (each[0] & 31)] = True
            else:
                self._is_wanted[:] = True
        firsts = {each[:2] for each in encoded}
        self._is_gathering = b"" not in firsts and len(firsts) <= _MOST_BEGINNINGS
        self._firsts = np.frombuffer(b"".join(firsts), np.uint8)
        self._first_starts = _starts_of(list(firsts))

    @staticmethod
    def _add(bits: dict[str, int], word: str, bit: int) -> None:
        bits[word] = bits.get(word, 0) | bit

    def _stem(self, surface: str, beginnings: set[str]) -> str:
        """Return a stem; what all of its surfaces begin with is put among `beginnings`."""
        stem = analysis.stem_by(surface, self._stemmer)
        if self._stemmer == analysis.ENGLISH:
            is_stemmed = stem.isalpha() and stem.isascii()
            beginnings.add(stem[: max(1, len(stem) - (2 if stem in _OTHER_ENGLISH else 1))] if is_stemmed else stem)
        elif self._stemmer == analysis.NO_STEMMER:
            beginnings.add(stem)
        else:
            beginnings.add("" if self._stemmer in _WITHOUT_BEGINNING else stem[:1])
        return stem

    def find(self, text: bytes, starts: NDArray[np.int64]) -> Marks:
        """Return what matches in texts, which are given one after another."""
        vocabulary = Vocabulary(self._is_wanted)
        tokens = self._cut(vocabulary, text, starts)
        word_masks, word_numbers = self._ask(vocabulary)
        most = len(tokens.word_ids) * (1 + len(self._phrase_masks))
        hits, masks = np.empty((most, 2), np.uint32), np.empty(most, np.uint64)
        hit_starts = np.empty(len(starts), np.int64)
        count = find_hits(
            tokens.word_ids, tokens.starts, tokens.spans, word_masks, word_numbers,
            self._phrases, self._phrase_starts, self._phrase_masks, hits, masks, hit_starts,
        )  # fmt: skip
        is_overlapping, count = count < 0, max(count, ~count)
        marks = Marks(text, starts, hits[:count], masks[:count], hit_starts)
        near = [*self._find_near(tokens, word_numbers), *self._find_exact(tokens, vocabulary)]
        if near or is_overlapping or (self._prefixes and (marks.masks >= _FIRST_CHARACTER).any()):
            return _without_overlaps(marks, near)
        return marks

    def _cut(self, vocabulary: Vocabulary, text: bytes, starts: NDArray[np.int64]) -> Tokens:
        """Return the words of texts, as many of them as count."""
        if not self._is_gathering:
            return vocabulary.cut(text, starts, with_spans=True)
        most = len(text) + len(starts)
        gathered, stretch_starts, shifts = np.empty(most, np.uint8), np.empty(most, np.int64), np.empty(most, np.int64)
        count = gather(
            np.frombuffer(text, np.uint8), starts, self._first_starts, self._firsts, self._reach,
            gathered, stretch_starts, shifts,
        )  # fmt: skip
        stretch_starts = stretch_starts[: count + 1]
        # As one text: each other one takes as long as ten words do.
        size = int(stretch_starts[-1])
        tokens = vocabulary.cut(gathered[:size].tobytes(), np.array([0, size]), with_spans=True)
        token_starts = np.empty(len(starts), np.int64)
        move_back(starts, stretch_starts, shifts[:count], tokens.spans, token_starts)
        return Tokens(tokens.word_ids, token_starts, tokens.spans, tokens.is_acronym)

    def _ask(self, vocabulary: Vocabulary) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
        """Return what each word matches by itself, and its number among the words of phrases."""
        word_masks = np.zeros(vocabulary.num_words, np.uint64)
        word_numbers = np.zeros(vocabulary.num_words, np.uint8)
        found = np.empty(vocabulary.num_words, np.int64)
        count = find_beginning(
            self._beginning_starts, self._beginnings, self._is_asked, self._beginning_masks,
            vocabulary.word_offsets, vocabulary.word_bytes, word_masks, found,
        )  # fmt: skip
        # Acronyms do not begin as words do, which are in small letters.
        for word in {*found[:count].tolist(), *self._acronyms}:
            surface = vocabulary.surface(word)
            stem = analysis.stem_by(surface, self._stemmer)
            word_masks[word] = self._match(surface, stem)
            word_numbers[word] = self._numbers.get(stem, 0)
        return word_masks, word_numbers

    def _match(self, surface: str, stem: str) -> int:
        """Return the bits of what a word matches."""
        bits = self._stems.get(stem, 0) | self._surfaces.get(surface, 0)
        for fits, bit in self._patterns:
            if fits(surface):
                bits |= bit
        is_whole = bits != 0
        for prefix, bit in self._prefixes:
            if surface.startswith(prefix):
                bits |= bit
        return bits if is_whole or not bits or not analysis.has_cjk(surface[0]) else bits | _FIRST_CHARACTER

    def _find_near(self, tokens: Tokens, word_numbers: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
        """Return the text, start, end and bit of each word that is near others."""
        found: list[tuple[int, int, int, int]] = []
        if not self._near:
            return found
        stems = {number: stem for stem, number in self._numbers.items()}
        numbers = word_numbers[tokens.word_ids]
        for text in range(len(tokens.starts) - 1):
            first = int(tokens.starts[text])
            places = (np.flatnonzero(numbers[first : tokens.starts[text + 1]]) + first).tolist()
            for leaf, bit in self._near:
                words = NearWords([analysis.stem_by(each, self._stemmer) for each in leaf.surfaces], leaf.slop)
                for place in places:
                    start, end = tokens.spans[place].tolist()
                    found += ((text, *span, bit) for span in words.add(stems[int(numbers[place])], place, start, end))
        return found

    def _find_exact(self, tokens: Tokens, vocabulary: Vocabulary) -> list[tuple[int, int, int, int]]:
        """Return the text, start, end and bit of each phrase, or word near others, as they are written."""
        found: list[tuple[int, int, int, int]] = []
        for leaf, bit in self._exact:
            wanted = {vocabulary.number(each): each for surface in leaf.surfaces for each in written_as(surface)}
            for text in range(len(tokens.starts) - 1):
                words = NearWords(leaf.surfaces, leaf.slop)
                first, end = int(tokens.starts[text]), int(tokens.starts[text + 1])
                for place in (np.flatnonzero(np.isin(tokens.word_ids[first:end], list(wanted))) + first).tolist():
                    surface = words.form_of(wanted[int(tokens.word_ids[place])])
                    start, stop = tokens.spans[place].tolist()
                    found += ((text, *span, bit) for span in words.add(surface, place, start, stop))
        return found


def _starts_of(pieces: Sequence[Sized]) -> NDArray[np.int64]:
    """Return where pieces begin that stand one after another, and the end of the last."""
    return np.array([*accumulate(map(len, pieces), initial=0)], np.int64)


def _without_overlaps(marks: Marks, near: Sequence[tuple[int, int, int, int]]) -> Marks:
    """Return marks of which none overlaps another, with more of them; of those that do, the longer stays."""
    masks = marks.masks.tolist()
    numbers = np.searchsorted(marks.hit_starts, np.arange(len(masks)), side="right") - 1
    spans = [
        (text, start, end, mask)
        for text, (start, end), mask in zip(numbers.tolist(), marks.hits.tolist(), masks, strict=True)
    ]
    kept: list[tuple[int, int, int, int]] = []
    for text, start, end, mask in sorted(
        ((text, start, _marked_end(marks.text, start, end, mask), mask) for text, start, end, mask in (*spans, *near)),
        key=lambda span: (span[1], -span[2]),
    ):
        bits = mask & ~_FIRST_CHARACTER
        if not kept or start >= kept[-1][2]:
            kept.append((text, start, end, bits))
        elif end - start > kept[-1][2] - kept[-1][1]:
            # It begins later, and so leaves alone whatever stands before the one that it displaces.
            kept[-1] = text, start, end, bits | kept[-1][3]
        else:
            kept[-1] = (*kept[-1][:3], kept[-1][3] | bits)
    counts = np.bincount([text for text, *_ in kept], minlength=len(marks.hit_starts) - 1)
    return marks._replace(
        hits=np.array([(start, end) for _, start, end, _ in kept], np.uint32).reshape(-1, 2),
        masks=np.array([mask for *_, mask in kept], np.uint64),
        hit_starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )


def _marked_end(text: bytes, start: int, end: int, mask: int) -> int:
    if mask < _FIRST_CHARACTER:
        return end
    written = text[start:end].decode("utf-8", "surrogatepass")
    return start + len(encode(written[: analysis.cjk_end(written, 0)]))
