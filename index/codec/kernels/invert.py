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
NEXT_POSTING, NEXT_POSITION = 1, 2  # while placing
ROW_SIZE = 4

_U4 = types.Array(uint32, 1, "C", readonly=True)
_I8 = types.Array(int64, 1, "C", readonly=True)
_ROWS = types.Array(uint32, 2, "C")
_U1_OUT, _U2_OUT, _U4_OUT, _I8_OUT = (types.Array(number, 1, "C") for number in (uint8, uint16, uint32, int64))
_DOC_IDS = [types.Array(number, 1, "C", readonly=True) for number in (uint16, uint32)]
_FREQS = [types.Array(number, 1, "C", readonly=True) for number in (uint8, uint32)]
_KEPT = types.Array(boolean, 1, "C", readonly=True)


@njit([int64(_U4, _I8, int64, int64, int64, int64, _U4, _ROWS, _U4_OUT)], cache=True, nogil=True)
def count_postings(word_ids, token_starts, stride, first, end, first_doc, term_of_word, seen, lengths):
    """Count documents and tokens of each term in a part of the documents; return the largest number in one document.

    word_ids: u4. token_starts: i8[n * stride + 1]: the texts of document d are those from d * stride on; the tokens
    of its texts from `first` to `end` are counted. first_doc: the number of the first of the n documents.
    seen: u4[T, 4], zeros before the first part; DOC_FREQ and COUNT of it are the result.
    lengths: u4[n], out: the number of tokens of each document.
    """
    largest = np.int64(0)
    for doc in range((len(token_starts) - 1) // stride):
        start, stop = token_starts[doc * stride + first], token_starts[doc * stride + end]
        lengths[doc] = stop - start
        mark = first_doc + doc + 1
        for place in range(start, stop):
            term = term_of_word[word_ids[np.uint64(place)]]
            if seen[term, LAST_DOC] != mark:
                seen[term, LAST_DOC] = mark
                seen[term, DOC_FREQ] += 1
                seen[term, FREQ] = 0
            seen[term, COUNT] += 1
            seen[term, FREQ] += 1
            largest = max(largest, seen[term, FREQ])
    return largest


_PLACING = [
    types.void(_U4, _I8, int64, int64, int64, _U4, _ROWS, doc_ids, freqs, positions, boolean)
    for doc_ids in (_U2_OUT, _U4_OUT)
    for freqs in (_U1_OUT, _U4_OUT)
    for positions in (_U2_OUT, _U4_OUT)
]


@njit(_PLACING, cache=True, nogil=True)
def place_postings(
    word_ids, token_starts, stride, text, first_doc, term_of_word, seen, doc_ids, freqs, positions, has_positions
):
    """Put the tokens of a part of the documents where they belong; the parts come in order.

    The first six as for `count_postings`; `text` is the one of a document's texts that is taken.
    seen: u4[T, 4], in and out: at first no last document, and the places of each term's first posting and position.
    doc_ids, freqs: out, as long as there are postings. positions: out, as long as there are tokens, or empty without
    `has_positions`.
    """
    for doc in range((len(token_starts) - 1) // stride):
        start, stop = token_starts[doc * stride + text], token_starts[doc * stride + text + 1]
        mark = first_doc + doc + 1
        for place in range(start, stop):
            term = term_of_word[word_ids[np.uint64(place)]]
            posting = np.uint64(seen[term, NEXT_POSTING])
            if seen[term, LAST_DOC] != mark:
                seen[term, LAST_DOC] = mark
                seen[term, NEXT_POSTING] += 1
                doc_ids[posting] = mark - 1
                freqs[posting] = 1
            else:
                freqs[posting - np.uint64(1)] += 1
            if has_positions:
                positions[np.uint64(seen[term, NEXT_POSITION])] = place - start
                seen[term, NEXT_POSITION] += 1


_UNITED = [
    types.void(types.Array(int64, 2, "C", readonly=True), _I8, doc_ids, freqs, _KEPT, _I8_OUT, _I8_OUT)
    for doc_ids in _DOC_IDS
    for freqs in _FREQS
]


@njit(cache=True, nogil=True)
def _has(doc_ids, low, high, doc):
    """Say whether a document is in an ascending list, from `low` to `high`."""
    end = high
    while low < high:
        middle = (low + high) >> 1
        if doc_ids[middle] < doc:
            low = middle + 1
        else:
            high = middle
    return low < end and doc_ids[low] == doc


@njit(_UNITED, cache=True, nogil=True)
def count_united(terms, posting_starts, doc_ids, freqs, is_kept, counts, doc_freqs):
    """Count tokens and documents of words that are terms of several fields; a document with several counts once.

    terms: i8[n, fields], the term of each word in each field, -1 for none. posting_starts, doc_ids, freqs: those of
    the fields. is_kept: b1[N], the documents that count, or b1[0] for all. counts, doc_freqs: i8[n], out.

    The longest list is counted; what shorter ones have besides is looked up in it.
    """
    for word in range(len(terms)):
        count, found, longest, length = np.int64(0), np.int64(0), np.int64(0), np.int64(-1)
        for field in range(terms.shape[1]):
            term = terms[word, field]
            if term >= 0 and posting_starts[term + 1] - posting_starts[term] > length:
                longest, length = field, posting_starts[term + 1] - posting_starts[term]
        for field in range(terms.shape[1]):
            term = terms[word, field]
            if term < 0:
                continue
            for posting in range(posting_starts[term], posting_starts[term + 1]):
                doc = doc_ids[posting]
                if len(is_kept) and not is_kept[doc]:
                    continue
                count += freqs[posting]
                is_new = True
                if field != longest:
                    other = terms[word, longest]
                    is_new = not _has(doc_ids, posting_starts[other], posting_starts[other + 1], doc)
                    for before in range(field):
                        other = terms[word, before]
                        if is_new and before != longest and other >= 0:
                            is_new = not _has(doc_ids, posting_starts[other], posting_starts[other + 1], doc)
                found += is_new
        counts[word], doc_freqs[word] = count, found
