"""From postings to the exact number of matches and the best k of them, for the shape of query that most have.

A *plan* says what to look for: words in *clauses*. An article matches if at least one word of every clause is in it;
its score is the sum over the words that are. One clause is a disjunction, clauses of one word each are a conjunction,
and "every word in the title or the body" is what Dateline asks for. `search_plan` takes one of four ways in a segment:

- one word: nothing is added up, so most postings are passed over by their frequency alone, many at once;
- one clause: a window of articles at a time, whose sums stay in the first-level cache;
- several clauses, all long: the same way;
- a clause with few postings: a list of articles, which each other clause makes shorter.

All take articles in ascending order and keep the best k, from one segment on to the next. One call for all segments.

Every function below has its arguments from these:

| argument | dtype, shape | what it is |
|---|---|---|
| `plan` | f8, 5 a word | address of its table (`addresses`) from the first segment on, row, clause, weight, mate |
| `segments` | i8 | the table of segments; `segment` is a row of it |
| `postings` | u, u1, 3 ints | `doc_ids`, `freqs`, and `overflow`: where the frequencies above 254 are, and how many |
| `words`, `weights` | i8, f4 | a plan in one segment, the shortest clause first |
| `top_scores`, `top_ids` | f8, i8, k | the best so far, of which `filled` are there: a heap if k is large; outputs |
| `last` | bool | says to sort them in the end: score descending, then doc id ascending |
| `aside` | f8, i8, i8 | what is set aside: scores, ids, and in a place how many; outputs, with room for none or all |

A posting adds weight * freq / (s * freq + norm), where the norm is the field's by the article's length byte, and s, the
last of the row, is 1: BM25 (Robertson and Zaragoza 2009, doi:10.1561/1500000019) as Whoosh has it. A field that scores
its frequencies as they are has s = 0. To divide takes as long as to look up a quotient, and fewer cache lines. A
word with a *mate* (1; or 0) is the one before it in the plan, in another field: freq / norm of both is added up to x
before it saturates, as weight * x / (x + 1). Each is scored as if it were alone, so that the loops over postings are
the same for all, and the shorter of the two is gone through again for the articles that are in both.

Articles that a segment has a list of, and that match, are set aside where there is room: they are neither counted nor
among the best, but follow those that `aside` has. A search returns the number of matches and the new `filled`. If k is
above `MAX_SORTED` and the number of matches, and `last` is not set, the outputs are all matches in order of their ids.
"""

from __future__ import annotations

import numpy as np
from numba import carray, njit

from index.codec.kernels import addresses as at
from index.codec.kernels import lists, top_k
from index.codec.kernels.addresses import pointer
from index.codec.kernels.lists import _advance, _pair, _unite
from index.codec.kernels.top_k import MAX_SORTED, _offer, _sort, _threshold

at.check_layout(2)  # to be raised with it, so that numba compiles this anew
lists.check_version(1)  # the same for the kernels of `lists`
top_k.check_version(3)  # and of `top_k`
PLAN_SIZE, PLACES, PLAN_CLAUSE = at.PLAN_SIZE, at.PLAN_PLACES, at.PLAN_CLAUSE
PLAN_ROW, PLAN_WEIGHT, PLAN_MATE = at.PLAN_ROW, at.PLAN_WEIGHT, at.PLAN_MATE
START, STOP, ROW, CLAUSE, MATE = 0, 1, 2, 3, 4  # the rows of `words`; a mate is a column of them, or -1
SATURATION, NUM_NORMS = 256, 257  # the place after the norms of all length bytes, and how many numbers a row has
OVERFLOW = 255  # in `freqs`: the frequency is in the table beside them
LESS = np.float32(0.9999)  # what a lower bound is multiplied with, since it was rounded
BLOCK = 64  # articles or postings that are looked at together; half as many take 15 % longer, twice as many as long
WINDOW = 8192  # articles whose sums and stages fit into a first-level cache of 48 KB
MANY_WORDS = 64  # so many make a window twice as wide, and so on: each has few postings in one
RARITY = 12  # the clauses together are so many times as long as the first: go by its list
FEW_OF_ALL = 8  # the clauses together have at most this part of the articles as postings: by the list as well
FEW_OF_ANY = 64  # the same for one clause: by the list


@njit(cache=True, nogil=True, error_model="numpy")  # no check for a division by 0 before each
def _part(norms, freq, length):
    """Return what a posting adds before it is multiplied by the weight of its word."""
    return freq / (norms[SATURATION] * freq + norms[length])


@njit(cache=True, nogil=True)
def _high_freq(overflow, place):
    """Return the frequency of a posting that is in the table: a caller looks at the byte, and seldom comes here."""
    places, low, high = carray(pointer(overflow[0]), (overflow[2],), np.int64), 0, overflow[2] - 1
    while low < high:
        middle = (low + high) >> 1
        low, high = (middle + 1, high) if places[middle] < np.int64(place) else (low, middle)
    return np.float32(carray(pointer(overflow[1]), (overflow[2],), np.int64)[low])


@njit(cache=True, nogil=True)
def _field(segment, row):
    """Return the norms of a field and the length bytes of a segment's articles in it."""
    norms = carray(pointer(segment[at.NORMS] + row * NUM_NORMS * 4), (NUM_NORMS,), np.float32)
    return norms, carray(pointer(segment[at.LENGTHS + row]), (segment[at.NUM_DOCS],), np.uint8)


@njit(cache=True, nogil=True, error_model="numpy")
def _join_mates(words, weights, word, start, stop, cursor, segment, postings, sums, offset):
    """Make good that the postings of a word from `start` to `stop` were scored without those of its mate.

    `sums[i]` is that of article `offset + i`. `cursor` is where to look in the mate's postings; it is returned.
    """
    (doc_ids, freqs, overflow), mate = postings, words[MATE, word]
    (norms, sizes), (mate_norms, mate_sizes) = _field(segment, words[ROW, word]), _field(segment, words[ROW, mate])
    for place in range(start, stop):
        doc_id = doc_ids[place]
        cursor = _advance(doc_ids, cursor, words[STOP, mate], doc_id)
        if cursor == words[STOP, mate]:
            break
        if doc_ids[cursor] == doc_id:
            freq, mate_freq = np.float32(freqs[place]), np.float32(freqs[cursor])
            freq = _high_freq(overflow, place) if freq == OVERFLOW else freq
            mate_freq = _high_freq(overflow, cursor) if mate_freq == OVERFLOW else mate_freq
            one, other = freq / norms[sizes[doc_id]], mate_freq / mate_norms[mate_sizes[doc_id]]
            both = one + other
            sums[doc_id - offset] += weights[word] * (both / (both + 1) - one / (one + 1) - other / (other + 1))
    return cursor


@njit(cache=True, nogil=True)
def _is_dropped(dropped, doc_id):
    return dropped.size > 0 and (dropped[doc_id >> 6] >> np.uint64(doc_id & 63)) & np.uint64(1)


@njit(cache=True, nogil=True)
def _listed_aside(segment, aside):
    """Return the articles of a segment that are to be set aside: u4, ascending."""
    return carray(pointer(segment[at.ASIDE]), (segment[at.NUM_ASIDE] if aside[0].size else 0,), np.uint32)


@njit(cache=True, nogil=True)
def _set_aside(aside, score, doc_id):
    scores, ids, taken = aside
    scores[taken[0]], ids[taken[0]] = score, doc_id
    taken[0] += 1


@njit(cache=True, nogil=True)
def _set_window_aside(sums, first, width, cursor, segment, aside):
    """Set articles of a window aside whose sum is not 0, and clear it; return where in the list the next window is."""
    listed = _listed_aside(segment, aside)
    cursor = _advance(listed, cursor, listed.size, first)
    while cursor < listed.size and listed[cursor] < first + width:
        place = np.int64(listed[cursor]) - first
        if sums[place] > 0:
            _set_aside(aside, sums[place], segment[at.BASE] + first + place)
            sums[place] = 0
        cursor += 1
    return cursor


@njit(cache=True, nogil=True, error_model="numpy")
def _least_freq(norms, weight, threshold):
    """Return the least frequency with which an article may exceed the threshold if it is short enough."""
    room = weight - threshold * norms[SATURATION]
    freq = LESS * threshold * norms[0] / room if room > 0 else np.float32(OVERFLOW)
    return np.int64(min(freq, np.float32(OVERFLOW - 1))) + 1


@njit(cache=True, nogil=True)
def _clear_dropped(sums, dropped, first, width):
    """Set the sums of dropped articles to 0; `first` is the article of `sums[0]`, a multiple of 64."""
    for block in range((width + 63) >> 6):
        word = dropped[(first >> 6) + block]
        if word == np.uint64(0xFFFFFFFFFFFFFFFF):
            for i in range(block * 64, block * 64 + 64):
                sums[i] = 0
        elif word:
            for i in range(64):
                if (word >> np.uint64(i)) & np.uint64(1):
                    sums[block * 64 + i] = 0


@njit(cache=True, nogil=True)
def _summarise(bits, highest):
    """Write the highest sum of each block, as bits, to `highest`; return how many sums are not 0.

    Floats above 0 compare as integers do, and integers are compared many at a time without `fastmath`. In a function
    of its own, and with slices of a constant size, or the compiler does not see it: 0.06 ns an article against 0.2.
    """
    total = 0
    for number in range(highest.size):
        block = bits[number * BLOCK : number * BLOCK + BLOCK]
        count, high = np.int32(0), np.int32(0)
        for i in range(BLOCK):
            count = np.int32(count + min(block[i], np.int32(1)))
            high = max(high, block[i])
        total += count
        highest[number] = high
    return total


@njit(cache=True, nogil=True)
def _first_threshold(highest, size):
    """Return a number below that of the best `size` sums, from the highest of each block; 0 if there are fewer."""
    best = np.zeros(size, np.int32)
    for number in range(highest.size):
        bits, place = highest[number], size - 1
        if bits > best[place]:
            while place > 0 and best[place - 1] < bits:
                best[place] = best[place - 1]
                place -= 1
            best[place] = bits
    return max(best[size - 1] - 1, 0)


@njit(cache=True, nogil=True)
def _has_room(top_scores, filled, count):
    """Say whether so many articles fit into the heap before it has to be one: each is put behind the last."""
    return top_scores.size > MAX_SORTED and filled + count < top_scores.size


@njit(cache=True, nogil=True)
def _take_window(sums, width, base, top_scores, top_ids, filled):
    """Count the articles of a window whose sum is not 0, put the best into the heap, and clear the sums."""
    bits, size = sums.view(np.int32), top_scores.size
    highest = np.empty((width + BLOCK - 1) // BLOCK, np.int32)
    total = _summarise(bits, highest)
    if _has_room(top_scores, filled, width):
        # No branch that could be guessed wrong.
        for i in range(width):
            top_scores[filled], top_ids[filled] = sums[i], base + i
            filled += bits[i] > 0
        sums[:width] = 0
        return total, filled
    threshold = np.empty(1, np.float32)
    threshold[0] = _threshold(top_scores, filled)
    least = threshold.view(np.int32)
    if not filled and 0 < size < highest.size:
        least[0] = _first_threshold(highest, size)
    for number in range(highest.size):
        if highest[number] > least[0]:
            first = number * BLOCK
            for i in range(first, first + BLOCK):
                if bits[i] > least[0]:
                    filled = _offer(top_scores, top_ids, filled, sums[i], base + i)
                    if filled == size:
                        threshold[0] = _threshold(top_scores, filled)
    sums[:width] = 0
    return total, filled


@njit(cache=True, nogil=True)
def rank_sums(sums, dropped, segment, top_scores, top_ids, filled, last, aside):
    """Rank the articles of a segment by their sums (f4, N rounded up to `BLOCK`; 0 for no match), which are cleared.

    `dropped` u8: a bit for each article to leave out; or none.
    """
    total, cursor = 0, 0
    for first in range(0, segment[at.NUM_DOCS], WINDOW):
        window, width = sums[first : first + WINDOW], min(WINDOW, segment[at.NUM_DOCS] - first)
        if dropped.size:
            _clear_dropped(window, dropped, first, width)
        cursor = _set_window_aside(window, first, width, cursor, segment, aside)
        count, filled = _take_window(window, width, segment[at.BASE] + first, top_scores, top_ids, filled)
        total += count
    if last:
        _sort(top_scores, top_ids, filled, True)
    return total, filled


@njit(cache=True, nogil=True)
def _choose(freqs, least, chosen):
    """Write the places of frequencies that are high enough to `chosen`; return how many.

    That none is can be seen for many at once; where some are, there is no branch that could be guessed wrong.
    """
    highest = freqs[0]
    for i in range(freqs.size):
        highest = max(highest, freqs[i])
    if highest < least:
        return 0
    count = 0
    for i in range(freqs.size):
        chosen[count] = i
        count += freqs[i] >= least
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def _set_word_aside(start, end, row, weight, segment, postings, dropped, aside):
    """Set articles aside that have a word; return how many."""
    (field_norms, sizes), (doc_ids, freqs, overflow), before = _field(segment, row), postings, aside[2][0]
    for doc_id in _listed_aside(segment, aside):
        start = _advance(doc_ids, start, end, doc_id)
        if start == end:
            break
        if doc_ids[start] == doc_id and not _is_dropped(dropped, doc_id):
            freq = np.float32(freqs[start])
            freq = _high_freq(overflow, start) if freq == OVERFLOW else freq
            _set_aside(aside, weight * _part(field_norms, freq, sizes[doc_id]), segment[at.BASE] + np.int64(doc_id))
    return aside[2][0] - before


@njit(cache=True, nogil=True)
def _search_word(start, end, row, weight, segment, postings, dropped, top_scores, top_ids, filled, aside):
    """One word: its postings a block at a time."""
    (field_norms, sizes), total, base = _field(segment, row), end - start, segment[at.BASE]
    doc_ids, freqs, overflow = postings
    if dropped.size:
        total = 0
        for place in range(start, end):
            total += not _is_dropped(dropped, doc_ids[place])
    total -= _set_word_aside(start, end, row, weight, segment, postings, dropped, aside)
    listed, cursor = _listed_aside(segment, aside), 0
    chosen, has_room = np.empty(BLOCK, np.int64), _has_room(top_scores, filled, total)
    threshold = _threshold(top_scores, filled)
    least = _least_freq(field_norms, weight, threshold)
    for first in range(start, end, BLOCK):
        stop = min(first + BLOCK, end)
        for i in range(_choose(freqs[first:stop], least, chosen)):
            place = np.uint64(first + chosen[i])
            doc_id, freq = doc_ids[place], np.float32(freqs[place])
            if freq == OVERFLOW:
                freq = _high_freq(overflow, place)
            score = weight * _part(field_norms, freq, sizes[doc_id])
            if score > threshold and not _is_dropped(dropped, doc_id):
                cursor = _advance(listed, cursor, listed.size, doc_id)
                if cursor < listed.size and listed[cursor] == doc_id:
                    continue
                if has_room:
                    top_scores[filled], top_ids[filled] = score, base + np.int64(doc_id)
                    filled += 1
                    continue
                filled = _offer(top_scores, top_ids, filled, score, base + np.int64(doc_id))
                if filled == top_scores.size:
                    threshold = _threshold(top_scores, filled)
                    least = _least_freq(field_norms, weight, threshold)
    return total, filled


@njit(cache=True, nogil=True)
def _search_any(words, weights, segment, postings, dropped, top_scores, top_ids, filled, aside):
    """One clause, a window of articles at a time."""
    num_docs, total, num_words = segment[at.NUM_DOCS], 0, weights.size
    doc_ids, freqs, overflow = postings
    window = min(WINDOW * (1 + num_words // MANY_WORDS), (num_docs + BLOCK - 1) // BLOCK * BLOCK)
    sums, cursors, mates = np.zeros(window, np.float32), words[START].copy(), words[START].copy()
    cursor = 0
    for first in range(0, num_docs, window):
        width = min(window, num_docs - first)
        end, offset, is_touched = first + width, np.uint64(first), False
        for word in range(num_words):
            place, stop = cursors[word], words[STOP, word]
            if place == stop or doc_ids[place] >= end:
                continue
            stop = _advance(doc_ids, place, stop, end)
            weight, (field_norms, sizes) = weights[word], _field(segment, words[ROW, word])
            for i in range(np.uint64(place), np.uint64(stop)):
                doc_id, freq = doc_ids[i], np.float32(freqs[i])
                if freq == OVERFLOW:
                    freq = _high_freq(overflow, i)
                sums[np.uint64(doc_id) - offset] += weight * _part(field_norms, freq, sizes[doc_id])
            mate = words[MATE, word]
            if mate >= 0:
                rest = (mates[mate], segment, postings, sums, first)
                mates[mate] = _join_mates(words, weights, word, place, stop, *rest)
            cursors[word], is_touched = stop, True
        if is_touched:
            if dropped.size:
                _clear_dropped(sums, dropped, first, width)
            cursor = _set_window_aside(sums, first, width, cursor, segment, aside)
            count, filled = _take_window(sums, width, segment[at.BASE] + first, top_scores, top_ids, filled)
            total += count
    return total, filled


@njit(cache=True, nogil=True)
def _clear_others(sums, stages, num_clauses):
    """Set the sums of articles to 0 that have not passed all clauses."""
    for i in range(sums.size):
        sums[i] = sums[i] if stages[i] == num_clauses else np.float32(0)


@njit(cache=True, nogil=True)
def _search_all(words, weights, segment, postings, dropped, top_scores, top_ids, filled, aside):
    """Several clauses, a window of articles at a time; `stages` is how many clauses an article has passed, in order."""
    num_docs, total, num_words, (doc_ids, freqs, overflow) = segment[at.NUM_DOCS], 0, weights.size, postings
    num_clauses = words[CLAUSE, num_words - 1] + 1
    window = min(WINDOW, (num_docs + BLOCK - 1) // BLOCK * BLOCK)
    sums, stages, cursors = np.zeros(window, np.float32), np.zeros(window, np.uint8), words[START].copy()
    places, mates, cursor = np.empty(window + 1, np.int64), words[START].copy(), 0
    for first in range(0, num_docs, window):
        width, offset, reached = min(window, num_docs - first), np.uint64(first), 0
        for word in range(num_words):
            clause, (field_norms, sizes) = words[CLAUSE, word], _field(segment, words[ROW, word])
            if reached < clause:
                break
            start = _advance(doc_ids, cursors[word], words[STOP, word], first)
            stop = _advance(doc_ids, start, words[STOP, word], first + width)
            cursors[word], count = stop, 0
            # Without a branch that could be guessed wrong: note the postings first, then add.
            for i in range(np.uint64(start), np.uint64(stop)):
                places[count] = i
                count += stages[np.uint64(doc_ids[i]) - offset] >= clause
            for i in range(count):
                posting = np.uint64(places[i])
                doc_id, freq = doc_ids[posting], np.float32(freqs[posting])
                if freq == OVERFLOW:
                    freq = _high_freq(overflow, posting)
                stages[np.uint64(doc_id) - offset] = clause + 1
                sums[np.uint64(doc_id) - offset] += weights[word] * _part(field_norms, freq, sizes[doc_id])
            mate = words[MATE, word]
            if mate >= 0:
                rest = (mates[mate], segment, postings, sums, first)
                mates[mate] = _join_mates(words, weights, word, start, stop, *rest)
            reached = clause + 1 if count else reached
        if reached == num_clauses:
            _clear_others(sums[:width], stages[:width], num_clauses)
            if dropped.size:
                _clear_dropped(sums, dropped, first, width)
            cursor = _set_window_aside(sums, first, width, cursor, segment, aside)
            count, filled = _take_window(sums, width, segment[at.BASE] + first, top_scores, top_ids, filled)
            total += count
        elif reached:
            sums[:width] = 0
        if reached:
            stages[:width] = 0
    return total, filled


@njit(cache=True, nogil=True)
def _list_first(words, num_first, doc_ids):
    """List the articles of the first clause, which has so many words; there is room for one more."""
    room = 1 + (words[STOP, :num_first] - words[START, :num_first]).sum()
    if num_first == 1:
        ids = np.empty(room, np.uint32)
        ids[: room - 1] = doc_ids[words[START, 0] : words[STOP, 0]]
        return ids, room - 1
    ids, spare, count = np.empty(room, np.uint32), np.empty(room, np.uint32), 0
    for word in range(num_first):
        if word:
            ids, spare = spare, ids
        count = _unite(spare, count, doc_ids, words[START, word], words[STOP, word], ids)
    return ids, count


@njit(cache=True, nogil=True)
def _join_listed(words, weights, word, numbers, places, found, segment, postings, sums):
    """Do what `_join_mates` does, if there is a mate, for postings whose articles have these numbers in a list."""
    mate = words[MATE, word]
    cursor = words[START, mate] if mate >= 0 else 0
    for i in range(found if mate >= 0 else 0):
        place, offset = places[i], np.int64(postings[0][places[i]]) - numbers[i]
        cursor = _join_mates(words, weights, word, place, place + 1, cursor, segment, postings, sums, offset)


@njit(cache=True, nogil=True)
def _rank_listed(ids, sums, segment, dropped, top_scores, top_ids, filled, aside):
    """Count articles in a list, and put the best into the heap."""
    total, threshold, base = 0, _threshold(top_scores, filled), segment[at.BASE]
    listed, cursor = _listed_aside(segment, aside), 0
    for i in range(ids.size):
        if _is_dropped(dropped, ids[i]):
            continue
        cursor = _advance(listed, cursor, listed.size, ids[i])
        if cursor < listed.size and listed[cursor] == ids[i]:
            _set_aside(aside, sums[i], base + np.int64(ids[i]))
            continue
        total += 1
        if sums[i] > threshold:
            filled = _offer(top_scores, top_ids, filled, sums[i], base + np.int64(ids[i]))
            threshold = _threshold(top_scores, filled)
    return total, filled


@njit(cache=True, nogil=True)
def _search_rarest(words, weights, segment, postings, dropped, top_scores, top_ids, filled, aside):
    """Several clauses, by a list of articles that each clause makes shorter."""
    num_words, num_first, (doc_ids, freqs, overflow) = weights.size, 1, postings
    while num_first < num_words and words[CLAUSE, num_first] == 0:
        num_first += 1
    ids, count = _list_first(words, num_first, doc_ids)
    numbers, places, hits = np.empty(count + 1, np.int64), np.empty(count + 1, np.int64), np.empty(count, np.uint8)
    sums, origins = np.zeros(count, np.float32), np.arange(count)
    # The first clause comes last, when there are fewest to be scored.
    word = num_first % num_words
    for _ in range(words[CLAUSE, num_words - 1] + 1):
        clause, size = words[CLAUSE, word], count
        hits[:count] = 0
        while word < num_words and words[CLAUSE, word] == clause:
            (field_norms, sizes), start = _field(segment, words[ROW, word]), words[START, word]
            if word == 0 and num_first == 1:  # the list is that of this word
                found = count
                for i in range(count):
                    numbers[i], places[i] = i, start + origins[i]
            else:
                found = _pair(ids, count, doc_ids, start, words[STOP, word], numbers, places)
            for i in range(found):
                number, posting = numbers[i], np.uint64(places[i])
                freq = np.float32(freqs[posting])
                if freq == OVERFLOW:
                    freq = _high_freq(overflow, posting)
                hits[number] = 1
                sums[number] += weights[word] * _part(field_norms, freq, sizes[doc_ids[posting]])
            _join_listed(words, weights, word, numbers, places, found, segment, postings, sums)
            word += 1
        count, word = 0, word % num_words
        for i in range(size):
            ids[count], sums[count], origins[count] = ids[i], sums[i], origins[i]
            count += np.int64(hits[i])
    return _rank_listed(ids[:count], sums, segment, dropped, top_scores, top_ids, filled, aside)


@njit(cache=True, nogil=True)
def _arrange(plan, number, num_clauses, words, weights):
    """Write the words of a plan that segment `number` has to a table, the shortest clause first.

    Returns the number of words, the size of that clause and of all.
    """
    given = plan.size // PLAN_SIZE
    found, sizes = np.empty((2, given), np.int64), np.zeros(num_clauses, np.int64)
    for word in range(given):
        table = carray(pointer(np.int64(plan[word * PLAN_SIZE + PLACES])), (number + 1, at.WORD_COLUMNS), np.int64)
        found[START, word], found[STOP, word] = table[number, at.START], table[number, at.STOP]
        sizes[np.int64(plan[word * PLAN_SIZE + PLAN_CLAUSE])] += found[STOP, word] - found[START, word]
    shortest, size, filled = sizes.min(), sizes.sum(), 0
    if not shortest:
        return 0, shortest, size
    for place in range(num_clauses):
        rarest = sizes.argmin()
        for word in range(given):
            first = word * PLAN_SIZE
            if plan[first + PLAN_CLAUSE] == rarest and found[START, word] < found[STOP, word]:
                words[START, filled], words[STOP, filled] = found[START, word], found[STOP, word]
                words[ROW, filled], words[CLAUSE, filled] = np.int64(plan[first + PLAN_ROW]), place
                has_mate = plan[first + PLAN_MATE] > 0 and found[START, word - 1] < found[STOP, word - 1]
                words[MATE, filled] = filled - 1 if has_mate else -1
                weights[filled] = plan[first + PLAN_WEIGHT]
                filled += 1
        sizes[rarest] = size + 1
    return filled, shortest, size


@njit(cache=True, nogil=True)
def _search_segment(words, weights, shortest, size, segment, doc_ids, top_scores, top_ids, filled, aside):
    """Search a segment for words that `_arrange` has written."""
    num_docs, num_words, num_clauses = segment[at.NUM_DOCS], weights.size, words[CLAUSE, weights.size - 1] + 1
    freqs = carray(pointer(segment[at.FREQS]), doc_ids.shape, np.uint8)
    postings = (doc_ids, freqs, (segment[at.FREQ_PLACES], segment[at.FREQ_VALUES], segment[at.NUM_FREQ_PLACES]))
    dropped = carray(pointer(segment[at.DROPPED]), (segment[at.NUM_DROPPED],), np.uint64)
    rest = (segment, postings, dropped, top_scores, top_ids, filled, aside)
    if num_words == 1:
        return _search_word(words[START, 0], words[STOP, 0], words[ROW, 0], weights[0], *rest)
    if num_clauses == 1 and size * FEW_OF_ANY > num_docs:
        return _search_any(words, weights, *rest)
    if num_clauses == 1 or size > RARITY * shortest or size * FEW_OF_ALL < num_docs:
        return _search_rarest(words, weights, *rest)
    return _search_all(words, weights, *rest)


@njit(cache=True, nogil=True)
def search_plan(plan, num_clauses, segments, first, end, top_scores, top_ids, filled, last, aside):
    """Search the segments from `first` to `end` by a plan with so many clauses, of which some may be without words."""
    total, given = 0, plan.size // PLAN_SIZE
    words, weights = np.empty((MATE + 1, given), np.int64), np.empty(given, np.float32)
    for number in range(end - first if given >= num_clauses else 0):
        num_words, shortest, size = _arrange(plan, number, num_clauses, words, weights)
        if num_words:
            segment = segments[first + number]
            shape, address = (segment[at.NUM_POSTINGS],), pointer(segment[at.DOC_IDS])
            arranged = (words, weights[:num_words], shortest, size, segment)
            if segment[at.DOC_ID_SIZE] == 2:
                doc_ids = carray(address, shape, np.uint16)
                count, filled = _search_segment(*arranged, doc_ids, top_scores, top_ids, filled, aside)
            else:
                wide_ids = carray(address, shape, np.uint32)
                count, filled = _search_segment(*arranged, wide_ids, top_scores, top_ids, filled, aside)
            total += count
    if last:
        _sort(top_scores, top_ids, filled, True)
    return total, filled
