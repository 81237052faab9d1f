"""Packs numbers into words of 64 bits and takes them out again, as `index.codec.packing` says; that is the reference.

Numbers go in and out piece by piece, so that neither side is ever in memory as a whole.
"""

import numpy as np
from numba import int64, njit, types, uint16, uint32, uint64

_U4, _U8 = (types.Array(number, 1, "C", readonly=True) for number in (uint32, uint64))
_NUMBERS = [types.Array(number, 1, "C", readonly=True) for number in (uint16, uint32)]
_U4_OUT, _U8_OUT, _I8_OUT = (types.Array(number, 1, "C") for number in (uint32, uint64, int64))

_NUM_SMALL = 1024  # numbers below this are counted one by one: 97 % of those that there are


@njit(cache=True, nogil=True)
def _length(number):
    """Return how many bits a number has."""
    length = np.int64(0)
    while number:
        number >>= 1
        length += 1
    return length


@njit([types.void(numbers, _I8_OUT) for numbers in _NUMBERS], cache=True, nogil=True)
def count_lengths(numbers, lengths):
    """Add to `lengths` (i8[65]) how many of the numbers (u2 or u4) plus 1 have each length in bits."""
    counts = np.zeros(_NUM_SMALL, np.int64)
    for place in range(len(numbers)):
        number = numbers[place]
        if number < _NUM_SMALL:
            counts[number] += 1
        else:
            lengths[_length(np.int64(number) + 1)] += 1
    for number in range(_NUM_SMALL):
        lengths[_length(number + 1)] += counts[number]


@njit([int64(numbers, int64, int64, _U8_OUT, _I8_OUT, _U4_OUT, int64) for numbers in _NUMBERS], cache=True, nogil=True)
def pack_numbers(numbers, first, width, words, overflow_places, overflow_values, num_overflows):
    """Pack numbers (u2 or u4), the first of which has the place `first`; return how many overflow entries there are.

    words: u8, in and out: the word in which the first one begins, which has what is before it, and zeros for all
    others and one more. overflow_places: i8, overflow_values: u4, out: filled from `num_overflows` on.
    """
    escape = np.uint64((np.uint64(1) << np.uint64(width)) - np.uint64(1))
    word, used = np.uint64(0), np.uint64((first * width) & 63)
    step, full = np.uint64(width), np.uint64(64)
    filling = words[0]
    for place in range(len(numbers)):
        number = np.uint64(numbers[place])
        if number >= escape:
            overflow_places[num_overflows] = first + place
            overflow_values[num_overflows] = number
            num_overflows += 1
            number = escape
        filling |= number << used
        used += step
        if used >= full:
            words[word] = filling
            word += np.uint64(1)
            used -= full
            filling = number >> (step - used)  # by less than 64, for no width is above 32
    words[word] = filling
    return num_overflows


@njit([types.void(_U8, int64, int64, _U4_OUT)], cache=True, nogil=True)
def unpack_numbers(words, first, width, numbers):
    """Take out the numbers from the place `first` on, as many as `numbers` (u4, out) has; escapes stay escapes."""
    escape = np.uint64((np.uint64(1) << np.uint64(width)) - np.uint64(1))
    bit = np.uint64(first * width)
    for place in range(len(numbers)):
        word, shift = bit >> np.uint64(6), bit & np.uint64(63)
        # In two steps: a shift by 64 is undefined.
        high = (words[word + np.uint64(1)] << np.uint64(1)) << (np.uint64(63) - shift)
        numbers[place] = ((words[word] >> shift) | high) & escape
        bit += np.uint64(width)
