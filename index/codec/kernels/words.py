"""Lists of words with how frequent each is: making one of many, and finding in it what begins so or is spelt nearly so.

A list is `contents` (u1: the words in UTF-8, one after another, in the order of their bytes), `offsets` (i8, one more
than there are words) and `counts` (i8). A word's *signature* is a bit for each letter that it has, and for each of a to
z another where it has it twice: an edit changes one bit (to put a letter in or leave one out), two (to replace one) or
none (to swap two), so that nearly all words that are far from another are passed over without being compared with it.
"""

import numpy as np
from numba import float64, int64, njit, types, uint8, uint16, uint32, uint64

MAX_LETTERS = 64  # longer words are near to none
_ONE = np.uint64(1)
_U1, _U2, _U4, _U8, _I8 = (types.Array(kind, 1, "C", readonly=True) for kind in (uint8, uint16, uint32, uint64, int64))
_U1_OUT, _U4_OUT, _U8_OUT, _I8_OUT, _F8_OUT = (
    types.Array(kind, 1, "C") for kind in (uint8, uint32, uint64, int64, float64)
)


@njit([types.void(_I8, _I8, _U1, _I8, ids, _U8, _I8_OUT) for ids in (_U2, _U4)], cache=True, nogil=True)
def count_live(parents, starts, part_bytes, posting_starts, doc_ids, deleted, counts):
    """Count the articles of each term that are not deleted.

    `parents`: the term whose articles it is in some of; what `part_bytes` has of it (`index.codec.format`), from
    `starts[i]` to `starts[i + 1]`, says of which: nothing for all, ordinals or a bitmap. `deleted`: a bit for each
    article, lowest first. `counts`: output.
    """
    for term in range(parents.size):
        first, stop = posting_starts[parents[term]], posting_starts[parents[term] + 1]
        kept, size = starts[term], starts[term + 1] - starts[term]
        count = np.int64(0)
        if not size or size == (stop - first + 7) >> 3:
            for place in range(stop - first):
                is_part = np.uint64(1) if not size else np.uint64((part_bytes[kept + (place >> 3)] >> (place & 7)) & 1)
                doc_id = np.uint64(doc_ids[first + place])
                count += np.int64(is_part & ~(deleted[doc_id >> np.uint64(6)] >> (doc_id & np.uint64(63))) & _ONE)
        else:
            width = 2 if stop - first <= 1 << 16 else 4
            for byte in range(kept, kept + size, width):
                ordinal = np.int64(part_bytes[byte]) | np.int64(part_bytes[byte + 1]) << 8
                if width == 4:
                    ordinal |= np.int64(part_bytes[byte + 2]) << 16 | np.int64(part_bytes[byte + 3]) << 24
                doc_id = np.uint64(doc_ids[first + ordinal])
                count += np.int64(~(deleted[doc_id >> np.uint64(6)] >> (doc_id & np.uint64(63))) & _ONE)
        counts[term] = count


@njit([types.int64(_U1, _I8, _I8, _U1_OUT, _I8_OUT, _I8_OUT)], cache=True, nogil=True)
def collect(term_bytes, term_offsets, term_counts, contents, offsets, counts):
    """Make a list of the terms of a field that are in any article; return how many words it has.

    A term ends at a zero byte, and those that are equal then are one word. `contents`, `offsets`, `counts`: output, as
    large as the terms.
    """
    size, end = 0, np.int64(0)
    offsets[0] = 0
    for term in range(term_counts.size):
        if not term_counts[term]:
            continue
        start, stop = term_offsets[term], term_offsets[term]
        while stop < term_offsets[term + 1] and term_bytes[stop]:
            stop += 1
        if size and stop - start == end - offsets[size - 1]:
            is_same = True
            for i in range(stop - start):
                is_same &= term_bytes[start + i] == contents[offsets[size - 1] + i]
            if is_same:
                counts[size - 1] += term_counts[term]
                continue
        if stop == start:
            continue
        for i in range(start, stop):
            contents[end] = term_bytes[i]
            end += 1
        counts[size] = term_counts[term]
        size += 1
        offsets[size] = end
    return size


@njit(cache=True, nogil=True)
def _compare(contents, start, end, others, other_start, other_end):
    for i in range(min(end - start, other_end - other_start)):
        difference = np.int64(contents[start + i]) - np.int64(others[other_start + i])
        if difference:
            return difference
    return (end - start) - (other_end - other_start)


@njit([types.int64(_U1, _I8, _I8, _U1, _I8, _I8, _U1_OUT, _I8_OUT, _I8_OUT)], cache=True, nogil=True)
def merge(contents, offsets, counts, others, other_offsets, other_counts, merged, merged_offsets, merged_counts):
    """Merge two lists, adding up the counts of words that are in both; return how many words there are.

    The last three are the output, with room for all.
    """
    i, j, size, end = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    merged_offsets[0] = 0
    while i < counts.size or j < other_counts.size:
        if i == counts.size:
            order = np.int64(1)
        elif j == other_counts.size:
            order = np.int64(-1)
        else:
            order = _compare(contents, offsets[i], offsets[i + 1], others, other_offsets[j], other_offsets[j + 1])
        merged_counts[size] = 0
        if order >= 0:
            merged_counts[size] += other_counts[j]
            for k in range(other_offsets[j], other_offsets[j + 1]):
                merged[end + k - other_offsets[j]] = others[k]
            length = other_offsets[j + 1] - other_offsets[j]
            j += 1
        if order <= 0:
            merged_counts[size] += counts[i]
            if order:
                for k in range(offsets[i], offsets[i + 1]):
                    merged[end + k - offsets[i]] = contents[k]
            length = offsets[i + 1] - offsets[i]
            i += 1
        end += length
        size += 1
        merged_offsets[size] = end
    return size


@njit([types.int64(_U1, _I8, _U1)], cache=True, nogil=True)
def find(contents, offsets, word):
    """Return the place of the first word that is not below `word`."""
    low, high = np.int64(0), np.int64(offsets.size - 1)
    while low < high:
        middle = (low + high) >> 1
        if _compare(contents, offsets[middle], offsets[middle + 1], word, np.int64(0), np.int64(word.size)) < 0:
            low = middle + 1
        else:
            high = middle
    return low


@njit([types.int64(_U1, _I8, _U1)], cache=True, nogil=True)
def find_end(contents, offsets, prefix):
    """Return the place after that of the last word that is below `prefix` or begins with it."""
    low, high = np.int64(0), np.int64(offsets.size - 1)
    while low < high:
        middle = (low + high) >> 1
        end = min(offsets[middle] + prefix.size, offsets[middle + 1])
        if _compare(contents, offsets[middle], end, prefix, np.int64(0), np.int64(prefix.size)) <= 0:
            low = middle + 1
        else:
            high = middle
    return low


@njit([types.int64(_I8, int64, int64, _I8_OUT)], cache=True, nogil=True)
def select_most_frequent(counts, first, end, places):
    """Write the most frequent words from `first` to `end` to `places`, of equals the first first; return how many."""
    size = 0
    for place in range(first, end):
        count = counts[place]
        if size == places.size and (not size or count <= counts[places[size - 1]]):
            continue
        at = size if size < places.size else size - 1
        while at and counts[places[at - 1]] < count:
            places[at] = places[at - 1]
            at -= 1
        places[at] = place
        size = min(size + 1, places.size)
    return size


@njit(cache=True, nogil=True)
def _decode(contents, start, end, letters):
    """Decode UTF-8; return how many letters there are, `MAX_LETTERS` + 1 for more than that."""
    size, place = 0, start
    while place < end:
        if size == MAX_LETTERS:
            return MAX_LETTERS + 1
        code, more = np.uint32(contents[place]), 0
        if code >= 0xF0:
            code, more = code & np.uint32(0x07), 3
        elif code >= 0xE0:
            code, more = code & np.uint32(0x0F), 2
        elif code >= 0xC0:
            code, more = code & np.uint32(0x1F), 1
        for i in range(1, min(more, end - place - 1) + 1):
            code = (code << np.uint32(6)) | (np.uint32(contents[place + i]) & np.uint32(0x3F))
        letters[size] = code
        size, place = size + 1, place + 1 + more
    return size


@njit(cache=True, nogil=True)
def _sign(letters, size):
    signature = np.uint64(0)
    for i in range(size):
        letter = np.uint64(letters[i])
        if np.uint64(97) <= letter <= np.uint64(122):
            bit = _ONE << (letter - np.uint64(97))
            signature |= bit << np.uint64(26) if signature & bit else bit
        else:
            signature |= _ONE << (np.uint64(52) + letter % np.uint64(12))
    return signature


@njit([types.void(_U1, _I8, _U8_OUT, _I8_OUT)], cache=True, nogil=True)
def sign(contents, offsets, signatures, lengths):
    """Write the signature of each word, and of how many letters it is; `MAX_LETTERS` + 1 for any more."""
    letters = np.empty(MAX_LETTERS, np.uint32)
    for word in range(offsets.size - 1):
        size = _decode(contents, offsets[word], offsets[word + 1], letters)
        lengths[word] = size
        signatures[word] = _sign(letters, min(size, MAX_LETTERS))


@njit(cache=True, nogil=True)
def _count_bits(bits):
    bits = bits - ((bits >> _ONE) & np.uint64(0x5555555555555555))
    bits = (bits & np.uint64(0x3333333333333333)) + ((bits >> np.uint64(2)) & np.uint64(0x3333333333333333))
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, nogil=True)
def _distance(word, size, other, other_size, limit, rows):
    """Return how many edits, with swaps of neighbours, are between two words; more than `limit` is `limit` + 1.

    The restricted Damerau-Levenshtein distance: what was swapped is not edited again. `rows` i8 (3, MAX_LETTERS + 1).
    """
    before, above, row = 0, 1, 2
    for j in range(other_size + 1):
        rows[row, j] = j
    for i in range(1, size + 1):
        before, above, row = above, row, before
        rows[row, 0] = lowest = i
        for j in range(1, other_size + 1):
            best = rows[above, j - 1] + (word[i - 1] != other[j - 1])
            best = min(best, min(rows[above, j], rows[row, j - 1]) + 1)
            if i > 1 and j > 1 and word[i - 1] == other[j - 2] and word[i - 2] == other[j - 1]:
                best = min(best, rows[before, j - 2] + 1)
            rows[row, j] = best
            lowest = min(lowest, best)
        if lowest > limit:
            return limit + 1
    return min(rows[row, other_size], limit + 1)


@njit([types.int64(_U1, _I8, _I8, _I8, _U8, _U4, int64, int64, _I8_OUT, _I8_OUT)], cache=True, nogil=True)
def find_near(contents, offsets, counts, order, signatures, word, limit, least, places, distances):
    """Find words of one length that are 1 to `limit` edits from `word` (u4: letters) and have a count of `least`.

    `order`: their places, the most frequent first, and `signatures` theirs in that order. `places`, `distances`:
    output. Returns how many were found; it stops where there is no room for more.
    """
    letters, rows = np.empty(MAX_LETTERS, np.uint32), np.empty((3, MAX_LETTERS + 1), np.int64)
    signature, found = _sign(word, word.size), 0
    for i in range(order.size):
        if _count_bits(signature ^ signatures[i]) > 2 * limit:
            continue
        place = order[i]
        if counts[place] < least or found == places.size:
            break
        size = _decode(contents, offsets[place], offsets[place + 1], letters)
        distance = _distance(word, word.size, letters, size, limit, rows)
        if 0 < distance <= limit:
            places[found], distances[found] = place, distance
            found += 1
    return found
