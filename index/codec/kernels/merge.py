"""Merging the postings of several segments: a part of the terms at a time, each source after the other.

What is common to the kernels: posting_starts: i8[n + 1], of n terms of a source, from 0 on. doc_ids, freqs: u4, the
postings of these terms. new_ids: u4[N], what the source's documents are called now, `GONE` for deleted ones.
term_ids: i8[n], which term of the part each is. next_places: i8[terms of the part], in and out: where in `out` the
next posting (or position) of each term goes.
"""

import numpy as np
from numba import int64, njit, types, uint32

GONE = 0xFFFFFFFF

_U4 = types.Array(uint32, 1, "C", readonly=True)
_I8 = types.Array(int64, 1, "C", readonly=True)
_U4_OUT = types.Array(uint32, 1, "C")
_I8_OUT = types.Array(int64, 1, "C")


@njit([types.void(_I8, _U4, _U4, _U4, _I8_OUT, _I8_OUT)], cache=True, nogil=True)
def count_kept(posting_starts, doc_ids, freqs, new_ids, doc_freqs, counts):
    """Count postings and tokens of each term that are kept; doc_freqs, counts: i8[n], out."""
    for term in range(len(posting_starts) - 1):
        doc_freq, count = np.int64(0), np.int64(0)
        for posting in range(posting_starts[term], posting_starts[term + 1]):
            if new_ids[doc_ids[posting]] != GONE:
                doc_freq += 1
                count += freqs[posting]
        doc_freqs[term], counts[term] = doc_freq, count


@njit([types.void(_I8, _U4, _U4, _U4, _I8, _I8_OUT, _U4_OUT)], cache=True, nogil=True)
def copy_postings(posting_starts, doc_ids, column, new_ids, term_ids, next_places, out):
    """Copy one number a posting where the posting is kept."""
    for term in range(len(posting_starts) - 1):
        place = next_places[term_ids[term]]
        for posting in range(posting_starts[term], posting_starts[term + 1]):
            if new_ids[doc_ids[posting]] != GONE:
                out[place] = column[posting]
                place += 1
        next_places[term_ids[term]] = place


@njit([types.void(_I8, _U4, _U4, _U4, _U4, _I8, _I8_OUT, _U4_OUT)], cache=True, nogil=True)
def copy_positions(posting_starts, doc_ids, freqs, gaps, new_ids, term_ids, next_places, out):
    """Copy the positions of the postings that are kept, as gaps (u4): of these terms, one after another."""
    source = np.int64(0)
    for term in range(len(posting_starts) - 1):
        place = next_places[term_ids[term]]
        for posting in range(posting_starts[term], posting_starts[term + 1]):
            freq = np.int64(freqs[posting])
            if new_ids[doc_ids[posting]] != GONE:
                for k in range(freq):
                    out[place + k] = gaps[source + k]
                place += freq
            source += freq
        next_places[term_ids[term]] = place
