"""Inverts texts: from the tokens of each document to the postings of each term, by counting sort.

Tokens come document by document, so that one pass that counts, and one that puts each token where the counts say, give
postings in the order of (term, document, position) without a comparison. What a pass remembers of a term is in one row
of `seen`, which is one line of cache: a field of 8.8 million tokens takes 0.2 s.

`term_of_word` gives for each word the term that it is indexed as. Terms may be numbered in any way; best is the order
in which they were first seen, for the frequent ones are then near each other.
"""

import numpy as np
from numba import boolean, int64, njit, types, uint8, uint16, uint32

# What a row of `seen` has.
LAST_DOC, DOC_FREQ, COUNT, FREQ = 0, 1, 2, 3  # while counting; the document is one more, 0 for none yet
NEXT_POSTING, NEXT_POSITION, LAST_POSITION = 1, 2, 3  # while placing
ROW_SIZE = 4
NO_BITMAP = -(1 << 62)

_U4, _I8 = (types.Array(number, 1, "C", readonly=True) for number in (uint32, int64))
_ROWS = types.Array(uint32, 2, "C")
_B1_OUT, _U1_OUT, _U2_OUT, _U4_OUT = (types.Array(number, 1, "C") for number in (boolean, uint8, uint16, uint32))


@njit([int64(_U4, _I8, int64, int64, int64, _U4, _ROWS, _B1_OUT, _U4_OUT)], cache=True, nogil=True)
def count_postings(word_ids, token_starts, stride, text, first_doc, term_of_word, seen, is_there, lengths):
    """Count documents and tokens of each term in a part of the documents; return the largest number in one document.

    word_ids: u4. token_starts: i8[n * stride + 1]: the texts of document d are those from d * stride on; `text` is the
    one that is taken. first_doc: the number of the first of the n documents.
    seen: u4[T, 4], zeros before the first part; DOC_FREQ and COUNT of it are the result.
    is_there: b1, out: for each word whether it is in any of the texts; False before the first part.
    lengths: u4[n], out: the number of tokens of each document.
    """
    largest = np.uint32(0)
    for doc in range((len(token_starts) - 1) // stride):
        start, stop = token_starts[doc * stride + text], token_starts[doc * stride + text + 1]
        lengths[doc] = stop - start
        mark = np.uint32(first_doc + doc + 1)
        for place in range(start, stop):
            word = word_ids[np.uint64(place)]
            is_there[word] = True
            term = term_of_word[word]
            freq = np.uint32(1)
            if seen[term, LAST_DOC] != mark:
                seen[term, LAST_DOC] = mark
                seen[term, DOC_FREQ] += np.uint32(1)
            else:
                freq += seen[term, FREQ]
            seen[term, COUNT] += np.uint32(1)
            seen[term, FREQ] = freq
            largest = max(largest, freq)
    return np.int64(largest)


_PLACING = [
    types.void(_U4, _I8, int64, int64, int64, _U4, _I8, _ROWS, doc_ids, freqs, gaps, _U1_OUT)
    for doc_ids in (_U2_OUT, _U4_OUT)
    for freqs in (_U1_OUT, _U4_OUT)
    for gaps in (_U2_OUT, _U4_OUT)
]


@njit(_PLACING, cache=True, nogil=True)
def place_postings(
    word_ids, token_starts, stride, text, first_doc, term_of_word, bitmap_bits, seen, doc_ids, freqs, gaps, bitmaps
):
    """Put the tokens of a part of the documents where they belong; the parts come in order.

    The first six as for `count_postings`.
    bitmap_bits: i8, for each word the bit in `bitmaps` that stands for the first of all postings (which may be before
    its own bitmap, even below 0), or `NO_BITMAP`; or i8[0] where no word has a bitmap.
    seen: u4[T, 4], in and out: at first no last document, and the places of each term's first posting and position.
    doc_ids, freqs: out, as long as there are postings. gaps: out, as long as there are tokens: the first position of
    each posting as it is, of each other how far it is from the one before.
    bitmaps: u1, in and out: gets a bit where a word is in an article of its term.
    """
    has_bitmaps = len(bitmap_bits) > 0
    for doc in range((len(token_starts) - 1) // stride):
        start, stop = token_starts[doc * stride + text], token_starts[doc * stride + text + 1]
        mark = np.uint32(first_doc + doc + 1)
        for place in range(start, stop):
            word = word_ids[np.uint64(place)]
            term = term_of_word[word]
            position = np.uint32(place - start)
            gap, posting = position, seen[term, NEXT_POSTING]
            if seen[term, LAST_DOC] != mark:
                seen[term, LAST_DOC] = mark
                seen[term, NEXT_POSTING] = posting + np.uint32(1)
                doc_ids[posting] = mark - np.uint32(1)
                freqs[posting] = 1
            else:
                posting -= np.uint32(1)
                freqs[posting] += 1
                gap -= seen[term, LAST_POSITION]
            gaps[seen[term, NEXT_POSITION]] = gap
            seen[term, NEXT_POSITION] += np.uint32(1)
            seen[term, LAST_POSITION] = position
            if has_bitmaps and bitmap_bits[word] != NO_BITMAP:
                bit = bitmap_bits[word] + np.int64(posting)
                bitmaps[np.uint64(bit >> 3)] |= np.uint8(1 << (bit & 7))
