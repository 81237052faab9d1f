"""Makes the terms of parts fields: in which of its parent's articles each is, in as few bytes as it takes.

A term is a bitmap at first: of (p + 7) // 8 bytes, with a bit for each of its parent's p postings, lowest first. What
is kept of it, a list of ordinals, that bitmap or nothing, is said in `index.codec.format`.
"""

import numpy as np
from numba import int64, njit, types, uint8, uint32

MAX_SHORT_ORDINALS = 1 << 16  # as in `index.codec.format`; kernels import nothing

_U1, _U4, _I8 = (types.Array(number, 1, "C", readonly=True) for number in (uint8, uint32, int64))
_U1_OUT, _I8_OUT = (types.Array(number, 1, "C") for number in (uint8, int64))


@njit(cache=True, nogil=True)
def _ordinal_size(num_postings):
    return np.int64(2) if num_postings <= MAX_SHORT_ORDINALS else np.int64(4)


@njit([types.void(_U1, _I8, _I8, _I8_OUT, _I8_OUT)], cache=True, nogil=True)
def measure_parts(bitmaps, bitmap_starts, num_postings, doc_freqs, sizes):
    """Count the articles of n terms, and how many bytes are kept of each.

    bitmaps: u1. bitmap_starts: i8[n], where the bitmap of each begins. num_postings: i8[n], of the parent of each.
    doc_freqs, sizes: i8[n], out.
    """
    for term in range(len(bitmap_starts)):
        doc_freq, size = np.int64(0), (num_postings[term] + 7) >> 3
        for place in range(bitmap_starts[term], bitmap_starts[term] + size):
            byte = np.int64(bitmaps[place])
            while byte:
                byte &= byte - 1
                doc_freq += 1
        doc_freqs[term] = doc_freq
        sizes[term] = 0 if doc_freq == num_postings[term] else min(size, doc_freq * _ordinal_size(num_postings[term]))


@njit([types.void(_U1, _I8, _I8, _I8, _I8, _U1_OUT)], cache=True, nogil=True)
def write_parts(bitmaps, bitmap_starts, num_postings, doc_freqs, part_starts, part_bytes):
    """Write what is kept of n terms into `part_bytes` (u1, out).

    The first four as for `measure_parts`, which gives `doc_freqs`. part_starts: i8[n], where each goes.
    """
    for term in range(len(bitmap_starts)):
        doc_freq, place = doc_freqs[term], part_starts[term]
        start, size = bitmap_starts[term], (num_postings[term] + 7) >> 3
        ordinal_size = _ordinal_size(num_postings[term])
        if doc_freq == num_postings[term]:
            continue
        if doc_freq * ordinal_size >= size:
            part_bytes[place : place + size] = bitmaps[start : start + size]
            continue
        for byte in range(size):
            bits = np.int64(bitmaps[start + byte])
            for bit in range(8 if bits else 0):
                if (bits >> bit) & 1:
                    ordinal = 8 * byte + bit
                    for k in range(ordinal_size):
                        part_bytes[place] = (ordinal >> (8 * k)) & 0xFF
                        place += 1


@njit([types.void(_U1, _I8, _I8, _I8, _I8, _U4, _I8, _U1_OUT)], cache=True, nogil=True)
def copy_parts(part_bytes, part_starts, doc_freqs, posting_starts, posting_ends, kept_before, bits, bitmaps):
    """Set the bits of n terms of a segment that is merged, for those of its postings that are kept.

    part_bytes: u1, what the segment has of its parts. part_starts, doc_freqs: i8[n], where each term begins in it, and
    in how many articles it is. posting_starts, posting_ends: i8[n], the postings of its parent. kept_before: u4, how
    many of the postings before each are kept, and of all. bits: i8[n], the place in the bitmaps of the first of the
    parent's postings that is kept. bitmaps: u1, in and out.
    """
    for term in range(len(part_starts)):
        start, end, first = posting_starts[term], posting_ends[term], part_starts[term]
        num_postings, doc_freq = end - start, doc_freqs[term]
        ordinal_size = _ordinal_size(num_postings)
        shift = bits[term] - np.int64(kept_before[start])
        is_all = doc_freq == num_postings
        is_list = not is_all and doc_freq * ordinal_size < (num_postings + 7) >> 3
        for k in range(doc_freq if is_list else num_postings):
            ordinal = np.int64(k)
            if is_list:
                ordinal = np.int64(0)
                for byte in range(ordinal_size):
                    ordinal |= np.int64(part_bytes[first + k * ordinal_size + byte]) << (8 * byte)
            elif not is_all and not (part_bytes[first + (k >> 3)] >> (k & 7)) & 1:
                continue
            posting = start + ordinal
            if kept_before[posting + 1] > kept_before[posting]:
                bit = shift + np.int64(kept_before[posting])
                bitmaps[bit >> 3] |= np.uint8(1 << (bit & 7))
