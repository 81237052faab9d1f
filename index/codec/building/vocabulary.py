"""The distinct words of many texts: owns the arrays of `index.codec.kernels.text`, lets them grow, folds rare words.

A builder has one for each segment; a word's number (`word_id`) is the order in which it was first seen.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index import analysis, stopwords
from index.codec.building.text_tables import text_tables
from index.codec.kernels import text as kernel

_FEWEST_SLOTS = 1 << 12
# Where most words are one there are few, and room for more would take longer to make than they take to be found.
_FEW_SLOTS = 1 << 9

# The numbers of the acronyms that are told from words.
ACRONYMS = range(len(stopwords.TOLD), 2 * len(stopwords.TOLD))
_ALL_WANTED = np.empty(0, np.bool_)


class Tokens(NamedTuple):
    """The words of n texts in order: those of text i are `word_ids[starts[i]:starts[i + 1]]`.

    word_ids: u4. starts: i8[n + 1]. spans: u4[len(word_ids), 2], the bytes of each token in all the texts together;
    is_acronym: b1; both are empty if they were not asked for.
    """

    word_ids: NDArray[np.uint32]
    starts: NDArray[np.int64]
    spans: NDArray[np.uint32]
    is_acronym: NDArray[np.bool_]


class _FirstWords(NamedTuple):
    """The arrays of a vocabulary that has nothing but the words that each begins with."""

    num_words: int
    slots: NDArray[np.uint64]
    offsets: NDArray[np.uint64]
    is_slow: NDArray[np.bool_]
    word_bytes: NDArray[np.uint8]


@cache
def _first_words(*, has_empty: bool) -> _FirstWords:
    words = [word.encode() for word in (*stopwords.TOLD, *stopwords.TOLD.values(), *([""] if has_empty else []))]
    num_slots = _FEW_SLOTS if has_empty else _FEWEST_SLOTS
    first = _FirstWords(
        len(words),
        np.zeros((num_slots, 2), np.uint64),
        np.zeros(num_slots // 2 + 1, np.uint64),
        np.zeros(num_slots // 2, np.bool_),
        np.frombuffer(bytearray(b"".join(words)), np.uint8),
    )
    end = 0
    for number, word in enumerate(words):
        end += len(word)
        kernel.intern(first.slots, first.offsets, first.word_bytes, first.is_slow, number, end)
    return first


class Vocabulary:
    """Gives each distinct word a number. Not safe to share between threads.

    The first words are `stopwords.LIKE_WORDS`, and the next ones the acronyms that are told from them (`ACRONYMS`).
    """

    def __init__(self, is_wanted: NDArray[np.bool_] = _ALL_WANTED) -> None:
        """With `is_wanted`, b1[BEGINNINGS] of the kernel, all words that begin as is not wanted are one, and empty."""
        self._is_wanted = is_wanted
        # To enter the first words one by one takes 0.3 ms, some times as long as all else that finds words on a page.
        first = _first_words(has_empty=len(is_wanted) > 0)
        self.num_words = first.num_words
        self._slots, self._offsets, self._is_slow = first.slots.copy(), first.offsets.copy(), first.is_slow.copy()
        self._bytes = np.empty(1 << 16, np.uint8)
        self._bytes[: len(first.word_bytes)] = first.word_bytes
        self._folded: dict[int, int] = {}  # a word as it was written to the word that it folds to; -1 for none

    @property
    def word_offsets(self) -> NDArray[np.uint64]:
        """Where words begin in `word_bytes`, and the end: u8[num_words + 1]."""
        return self._offsets[: self.num_words + 1]

    @property
    def word_bytes(self) -> NDArray[np.uint8]:
        """The bytes of all words. Words that were never given to a token are among them: rare ones, as written."""
        return self._bytes[: int(self._offsets[self.num_words])]

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self._slots.nbytes + self._offsets.nbytes + self._is_slow.nbytes + self._bytes.nbytes

    def surface(self, word: int) -> str:
        """Return a surface by its number."""
        return self._bytes[int(self._offsets[word]) : int(self._offsets[word + 1])].tobytes().decode()

    def number(self, surface: str) -> int:
        """Return the number of a surface, which is entered if it is new."""
        return self._intern(surface.encode())

    def cut(self, text: bytes, starts: NDArray[np.int64], *, with_spans: bool = False) -> Tokens:
        """Cut texts (of `index.codec.building.batch.encode`) into words, as `analysis.tokenize` does.

        starts: i8[n + 1]. Text i is `text[starts[i]:starts[i + 1]]`.
        """
        num_texts = len(starts) - 1
        # A token and what parts it from the next are two bytes at least; after the last of a text there is nothing.
        # Where nothing parts them one is of CJK, whose characters have three bytes.
        most = (len(text) + num_texts) // 2 + 1
        tokens = np.empty(most, np.uint32)  # pages that are not written to take no memory
        spans = np.empty((most if with_spans else 0, 2), np.uint32)
        is_acronym = np.empty(len(spans), np.bool_)
        slow_words = np.empty(most, np.uint32)
        token_starts = np.zeros(num_texts + 1, np.int64)
        state = np.zeros(kernel.STATE_SIZE, np.int64)
        state[kernel.NUM_WORDS] = self.num_words
        state[kernel.NUM_ACRONYMS] = len(stopwords.TOLD)
        contents, tables = np.frombuffer(text, np.uint8), text_tables()
        while True:
            status = kernel.cut_texts(
                contents, starts, *tables, self._slots, self._offsets, self._bytes, self._is_slow, slow_words,
                self._is_wanted, tokens, token_starts, spans, is_acronym, state,
            )  # fmt: skip
            self.num_words = int(state[kernel.NUM_WORDS])
            if status == kernel.DONE:
                break
            if status == kernel.NEEDS_SLOTS:
                self._grow_slots()
            else:
                piece = int(state[kernel.PIECE])
                self._reserve(kernel.GROWTH * int(starts[piece + 1] - starts[piece]))
        count = int(state[kernel.NUM_TOKENS])
        found = Tokens(tokens[:count].copy(), token_starts, spans[:count], is_acronym[:count])
        self._fold(slow_words[: int(state[kernel.NUM_SLOW])].tolist())
        return self._replace_slow(found) if self._folded else found

    def _grow_slots(self) -> None:
        slots = np.zeros((4 * len(self._slots), 2), np.uint64)
        kernel.rehash(self._slots, slots, self._offsets, self._bytes)
        self._slots = slots
        self._offsets = _extended(self._offsets, len(slots) // 2 + 1)
        self._is_slow = _extended(self._is_slow, len(slots) // 2)

    def _reserve(self, more: int) -> None:
        needed = int(self._offsets[self.num_words]) + more
        if needed > len(self._bytes):
            self._bytes = _extended(self._bytes, needed + needed // 2)

    def _fold(self, slow_words: list[int]) -> None:
        """Fold new words with rare characters in Python, and number what they fold to."""
        for word in slow_words:
            start, end = int(self._offsets[word]), int(self._offsets[word + 1])
            folded = analysis.fold(self._bytes[start:end].tobytes().decode()).encode()
            self._folded[word] = self._intern(folded) if folded else -1

    def _intern(self, word: bytes) -> int:
        if self.num_words == len(self._is_slow):
            self._grow_slots()
        self._reserve(len(word))
        start = int(self._offsets[self.num_words])
        self._bytes[start : start + len(word)] = np.frombuffer(word, np.uint8)
        number = int(
            kernel.intern(self._slots, self._offsets, self._bytes, self._is_slow, self.num_words, start + len(word))
        )
        self.num_words = max(self.num_words, number + 1)
        return number

    def _replace_slow(self, found: Tokens) -> Tokens:
        """Give tokens of words with rare characters the words that they fold to; without one they are no tokens."""
        is_slow = np.flatnonzero(self._is_slow[found.word_ids])
        if not len(is_slow):
            return found
        words = [self._folded[word] for word in found.word_ids[is_slow].tolist()]
        kept = np.ones(len(found.word_ids), np.bool_)
        kept[is_slow] = np.array(words) >= 0
        found.word_ids[is_slow] = np.maximum(words, 0)
        if kept.all():
            return found
        kept_before = np.zeros(len(kept) + 1, np.int64)
        np.cumsum(kept, out=kept_before[1:])
        has_spans = len(found.spans) > 0
        return Tokens(
            found.word_ids[kept],
            kept_before[found.starts],
            found.spans[kept] if has_spans else found.spans,
            found.is_acronym[kept] if has_spans else found.is_acronym,
        )


def _extended(array: NDArray[Any], length: int) -> NDArray[Any]:
    """Return a longer copy."""
    longer = np.empty(length, array.dtype)
    longer[: len(array)] = array
    return longer
