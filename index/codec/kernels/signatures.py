"""Signatures of texts, which are alike as far as the texts are: one-permutation minhash over shingles of words.

A *shingle* is `SHINGLE` words in a row. A word is a run of ASCII letters and digits, in lower case, and of bytes of
other alphabets; of Chinese, Japanese and Korean each character is one. Each shingle's hash says which of `BINS` bins it
falls into, and a bin keeps its lowest: where two texts share a part of their shingles, that part of the bins is equal,
give or take 0.05 (Li, Owen and Zhang 2012, "One Permutation Hashing"). A byte is kept of each bin, so that bins are
equal by chance in 1 of 255; 0 is a bin without shingles.

53 MB of news take 0.16 s, 3.0 ns a byte, most of it for the ends of words, which the machine does not see coming.
"""

from __future__ import annotations

import numpy as np
from numba import int64, njit, types, uint8

BINS = 64
SHINGLE = 4  # words: fewer are shared by chance, and more are broken by every change that an editor makes

_SEED = np.uint64(0x9E3779B97F4A7C15)
_OF_BYTE = np.uint64(0x100000001B3)  # FNV's prime
_OF_WORD = np.uint64(0x9FB21C651E98DF25)
_FIRST_MIX, _SECOND_MIX = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # of splitmix64
_BIN_SHIFT = np.uint64(58)
_IN_BIN = np.uint64((1 << 58) - 1)
_VALUES = np.uint64(255)
_NONE = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE, _CJK_SIZE = np.uint64(1), np.uint64(3)
_FIRST_CJK, _LAST_CJK = 0xE3, 0xED  # the first bytes of kana, Chinese characters and hangul


def _make_letters():
    """Return what each byte is as a part of a word of several: 0 for none."""
    letters = np.zeros(256, np.uint8)
    for byte in range(256):
        if (byte >= 0x80 or chr(byte).isalnum()) and not _FIRST_CJK <= byte <= _LAST_CJK:
            letters[byte] = byte
    letters[ord("A") : ord("Z") + 1] += 32
    return letters


_LETTERS = _make_letters()
_U1, _I8 = (types.Array(number, 1, "C", readonly=True) for number in (uint8, int64))


@njit(cache=True, nogil=True)
def _mix(number):
    """Return a number of whose bits each depends on all of the given one (splitmix64)."""
    number = (number ^ (number >> np.uint64(30))) * _FIRST_MIX
    number = (number ^ (number >> np.uint64(27))) * _SECOND_MIX
    return number ^ (number >> np.uint64(31))


@njit([types.void(_U1, _I8, int64, int64, types.Array(uint8, 2, "C"))], cache=True, nogil=True)
def sign_texts(text, starts, stride, offset, signatures):
    """Write the signatures of every `stride`th text from `offset` on.

    Text i is `text[starts[i]:starts[i + 1]]`, in UTF-8. signatures: u1[n, BINS].
    """
    lowest = np.empty(BINS, np.uint64)
    for number in range(len(signatures)):
        its_text = number * stride + offset
        lowest[:] = _NONE
        third = second = first = np.uint64(0)  # the hashes of the three words before, as the shingle has them
        place, end, num_words = np.uint64(starts[its_text]), np.uint64(starts[its_text + 1]), 0
        while place < end:
            byte = text[place]
            letter, word = _LETTERS[byte], _SEED
            if letter:
                while letter:
                    word = (word ^ np.uint64(letter)) * _OF_BYTE
                    place += _ONE
                    letter = _LETTERS[text[place]] if place < end else np.uint8(0)
            elif _FIRST_CJK <= byte <= _LAST_CJK:
                stop = min(place + _CJK_SIZE, end)
                while place < stop:
                    word = (word ^ np.uint64(text[place])) * _OF_BYTE
                    place += _ONE
            else:
                place += _ONE
                continue
            num_words += 1
            if num_words >= SHINGLE:
                shingle = _mix(third + second + first + word)
                number_of_bin = shingle >> _BIN_SHIFT
                lowest[number_of_bin] = min(lowest[number_of_bin], shingle & _IN_BIN)
            third, second, first = second * _OF_WORD, first * _OF_WORD, word * _OF_WORD
        for place in range(BINS):
            empty = lowest[place] == _NONE
            signatures[number, place] = 0 if empty else np.uint8(lowest[place] % _VALUES) + 1
