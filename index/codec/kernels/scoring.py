"""From postings to the exact number of matches and the best k of them, for the shape of query that most have.

A *plan* says what to look for: words in *clauses*. An article matches if at least one word of every clause is in it;
its score is the sum over the words that are. One clause is a disjunction, clauses of one word each are a conjunction,
and "every word in the title or the body" is what Dateline asks for. `search_plan` takes one of four ways:

- one word: nothing is added up, so most postings are passed over by their frequency alone, many at once;
- one clause: a window of articles at a time, whose sums stay in the first-level cache;
- several clauses, all long: the same way;
- a clause with few postings: a list of articles, which each other clause makes shorter.

All take articles in ascending order and keep the best k, from one segment on to the next. One kernel for all, with its
scratch made inside: a call costs 0.1 microseconds for each array that it is given, which is what there is to save in
a query for a rare word.

Every function below has its arguments from these:

| argument | dtype, shape | what it is |
|---|---|---|
| `plan` | f8, 5 a word | its postings from and to, row of `lengths` and `norms`, clause, weight (above 0) |
| `doc_ids`, `freqs` | u, u | as in `index.codec.format` |
| `lengths` | u1, (rows, N) | the length of each article as one byte, a row for each field that is searched |
| `norms` | f4, (rows, 257) | a row for each field as well: see below |
| `base` | int | the number of the segment's first article in the index |
| `dropped` | u8, N/64 rounded up, or none | a bit for each article that is deleted or filtered out, lowest bit first |
| `top_scores`, `top_ids` | f8, i8, k | the best so far, of which `filled` are there: a heap if k is large; outputs |
| `last` | bool | says to sort them in the end: score descending, then doc id ascending |

A posting adds weight * freq / (s * freq + norm), where the norm is the field's by the article's length byte, and s, the
last of the row, is 1: BM25 (Robertson and Zaragoza 2009, doi:10.1561/1500000019) as Whoosh has it. A field that scores
its frequencies as they are has s = 0. To divide takes as long as to look up a quotient, and fewer cache lines.

A search returns the number of matches and the new `filled`. If k is above `MAX_SORTED` and the number of matches, and
`last` is not set, the outputs are all matches in order of their ids.
"""

from __future__ import annotations

import numpy as np
from numba import njit

WORD_SIZE = 5  # numbers a word in a plan
START, STOP, ROW, CLAUSE, WEIGHT = 0, 1, 2, 3, 4  # where each is; a table of words has a row for each but the last
SATURATION = 256  # the place after the norms of all length bytes
MAX_LEAST_FREQ = 64  # how far a lower bound of frequencies is looked for
MAX_SORTED = 128  # so few are kept sorted, which takes a third of the time of a heap; more are a heap
BLOCK = 64  # articles or postings that are looked at together; half as many take 15 % longer, twice as many as long
WINDOW = 8192  # articles whose sums and stages fit into a first-level cache of 48 KB
MANY_WORDS = 64  # so many make a window twice as wide, and so on: each has few postings in one
MAX_SIZE = np.iinfo(np.int64).max
GALLOP = 12  # lists whose lengths differ so much are not gone through side by side
RARITY = 12  # the clauses together are so many times as long as the first: go by its list
FEW_OF_ALL = 8  # the clauses together have at most this part of the articles as postings: by the list as well
FEW_OF_ANY = 64  # the same for one clause: by the list


@njit(cache=True, nogil=True, error_model="numpy")  # no check for a division by 0 before each
def _part(norms, freq, length):
    """Return what a posting adds before it is multiplied by the weight of its word."""
    freq = np.float32(freq)
    return freq / (norms[SATURATION] * freq + norms[length])


@njit(cache=True, nogil=True)
def _is_worse(scores, ids, a, b):
    return scores[a] < scores[b] or (scores[a] == scores[b] and ids[a] > ids[b])


@njit(cache=True, nogil=True)
def _sift_down(scores, ids, place, size):
    """Let the entry at `place` sink until no entry below it is worse."""
    while True:
        child = 2 * place + 1
        if child >= size:
            return
        if child + 1 < size and _is_worse(scores, ids, child + 1, child):
            child += 1
        if not _is_worse(scores, ids, child, place):
            return
        scores[place], scores[child] = scores[child], scores[place]
        ids[place], ids[child] = ids[child], ids[place]
        place = child


@njit(cache=True, nogil=True)
def _heapify(scores, ids, size):
    for place in range(size // 2 - 1, -1, -1):
        _sift_down(scores, ids, place, size)


@njit(cache=True, nogil=True)
def _offer(scores, ids, filled, score, doc_id):
    """Take an article that is better than the worst of a full heap; ids have to come in ascending order."""
    size = scores.size
    if size > MAX_SORTED:
        if filled < size:
            scores[filled] = score
            ids[filled] = doc_id
            if filled == size - 1:
                _heapify(scores, ids, size)
            return filled + 1
        scores[0] = score
        ids[0] = doc_id
        _sift_down(scores, ids, 0, size)
        return filled
    if filled < size:
        filled += 1
    place = filled - 1
    while place > 0 and scores[place - 1] < score:
        scores[place] = scores[place - 1]
        ids[place] = ids[place - 1]
        place -= 1
    scores[place] = score
    ids[place] = doc_id
    return filled


@njit(cache=True, nogil=True)
def _threshold(scores, filled):
    """Return the score that an article has to exceed; every score is above 0."""
    if filled < scores.size:
        return np.float32(0)
    if not filled:
        return np.float32(np.inf)
    return np.float32(scores[0] if filled > MAX_SORTED else scores[filled - 1])


@njit(cache=True, nogil=True)
def _sort(scores, ids, filled):
    """Sort the heap: the best first."""
    if scores.size <= MAX_SORTED:
        return
    if filled < scores.size:
        _heapify(scores, ids, filled)
    for end in range(filled - 1, 0, -1):
        scores[0], scores[end] = scores[end], scores[0]
        ids[0], ids[end] = ids[end], ids[0]
        _sift_down(scores, ids, 0, end)


@njit(cache=True, nogil=True)
def select_top_k(doc_ids, scores, count, base, top_scores, top_ids, filled, last):
    """Put the first `count` articles of `doc_ids` (u4, ascending) with `scores` (f8) into the heap; return `filled`."""
    size = top_scores.size
    worst = 0 if size > MAX_SORTED else size - 1
    for i in range(count):
        if filled < size or (size and scores[i] > top_scores[worst]):
            filled = _offer(top_scores, top_ids, filled, scores[i], base + np.int64(doc_ids[i]))
    if last:
        _sort(top_scores, top_ids, filled)
    return filled


@njit(cache=True, nogil=True)
def _is_dropped(dropped, doc_id):
    return dropped.size > 0 and (dropped[doc_id >> 6] >> np.uint64(doc_id & 63)) & np.uint64(1)


@njit(cache=True, nogil=True)
def _advance(doc_ids, place, stop, target):
    """Return the first place from `place` on, `stop` at most, whose doc id is at least `target`: by galloping."""
    if place >= stop or doc_ids[place] >= target:
        return place
    step = 1
    while place + step < stop and doc_ids[place + step] < target:
        place += step
        step *= 2
    low, high = place + 1, min(place + step, stop)
    while low < high:
        middle = (low + high) >> 1
        if doc_ids[middle] < target:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _least_freq(field_norms, weight, threshold):
    """Return the lowest frequency with which an article can exceed the threshold if it is short enough."""
    for freq in range(1, MAX_LEAST_FREQ):
        if weight * _part(field_norms, freq, 0) > threshold:
            return freq
    return MAX_LEAST_FREQ


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
def _take_window(sums, width, base, top_scores, top_ids, filled):
    """Count the articles of a window whose sum is not 0, put the best into the heap, and clear the sums."""
    bits, size = sums.view(np.int32), top_scores.size
    highest = np.empty((width + BLOCK - 1) // BLOCK, np.int32)
    total = _summarise(bits, highest)
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


@njit(cache=True, nogil=True)
def _search_word(start, end, row, weight, doc_ids, freqs, lengths, norms, base, dropped, top_scores, top_ids, filled):
    """One word: its postings a block at a time."""
    field_norms, sizes, total = norms[row], lengths[row], end - start
    if dropped.size:
        total = 0
        for place in range(start, end):
            total += not _is_dropped(dropped, doc_ids[place])
    chosen = np.empty(BLOCK, np.int64)
    least, threshold = 1, _threshold(top_scores, filled)
    for first in range(start, end, BLOCK):
        stop = min(first + BLOCK, end)
        for i in range(_choose(freqs[first:stop], least, chosen)):
            place = np.uint64(first + chosen[i])
            doc_id = doc_ids[place]
            score = weight * _part(field_norms, freqs[place], sizes[doc_id])
            if score > threshold and not _is_dropped(dropped, doc_id):
                filled = _offer(top_scores, top_ids, filled, score, base + np.int64(doc_id))
                if filled == top_scores.size:
                    threshold = _threshold(top_scores, filled)
                    least = _least_freq(field_norms, weight, threshold)
    return total, filled


@njit(cache=True, nogil=True)
def _search_any(words, weights, doc_ids, freqs, lengths, norms, base, dropped, top_scores, top_ids, filled):
    """One clause, a window of articles at a time."""
    num_docs, total, num_words = lengths.shape[1], 0, weights.size
    window = min(WINDOW * (1 + num_words // MANY_WORDS), (num_docs + BLOCK - 1) // BLOCK * BLOCK)
    sums, cursors = np.zeros(window, np.float32), words[START].copy()
    for first in range(0, num_docs, window):
        width = min(window, num_docs - first)
        end, offset, is_touched = first + width, np.uint64(first), False
        for word in range(num_words):
            place, stop = cursors[word], words[STOP, word]
            if place == stop or doc_ids[place] >= end:
                continue
            stop = _advance(doc_ids, place, stop, end)
            weight, field_norms, sizes = weights[word], norms[words[ROW, word]], lengths[words[ROW, word]]
            for i in range(np.uint64(place), np.uint64(stop)):
                doc_id = doc_ids[i]
                sums[np.uint64(doc_id) - offset] += weight * _part(field_norms, freqs[i], sizes[doc_id])
            cursors[word], is_touched = stop, True
        if is_touched:
            if dropped.size:
                _clear_dropped(sums, dropped, first, width)
            count, filled = _take_window(sums, width, base + first, top_scores, top_ids, filled)
            total += count
    return total, filled


@njit(cache=True, nogil=True)
def _clear_others(sums, stages, num_clauses):
    """Set the sums of articles to 0 that have not passed all clauses."""
    for i in range(sums.size):
        sums[i] = sums[i] if stages[i] == num_clauses else np.float32(0)


@njit(cache=True, nogil=True)
def _add_stage(clause, start, stop, weight, field_norms, sizes, doc_ids, freqs, offset, places, stages, sums):
    """Add a word's postings to the articles of a window that have passed the clauses before; say if there are any."""
    count = 0
    # Without a branch that could be guessed wrong: note the postings first, then add.
    for i in range(np.uint64(start), np.uint64(stop)):
        places[count] = i
        count += stages[np.uint64(doc_ids[i]) - offset] >= clause
    for i in range(count):
        posting = np.uint64(places[i])
        doc_id = doc_ids[posting]
        stages[np.uint64(doc_id) - offset] = clause + 1
        sums[np.uint64(doc_id) - offset] += weight * _part(field_norms, freqs[posting], sizes[doc_id])
    return count > 0


@njit(cache=True, nogil=True)
def _search_all(words, weights, doc_ids, freqs, lengths, norms, base, dropped, top_scores, top_ids, filled):
    """Several clauses, a window of articles at a time; `stages` is how many clauses an article has passed, in order."""
    num_docs, total, num_words = lengths.shape[1], 0, weights.size
    num_clauses = words[CLAUSE, num_words - 1] + 1
    window = min(WINDOW, (num_docs + BLOCK - 1) // BLOCK * BLOCK)
    sums, stages, cursors = np.zeros(window, np.float32), np.zeros(window, np.uint8), words[START].copy()
    places = np.empty(window + 1, np.int64)
    for first in range(0, num_docs, window):
        width = min(window, num_docs - first)
        reached = 0
        for word in range(num_words):
            clause, row = words[CLAUSE, word], words[ROW, word]
            if reached < clause:
                break
            start = _advance(doc_ids, cursors[word], words[STOP, word], first)
            stop = _advance(doc_ids, start, words[STOP, word], first + width)
            cursors[word] = stop
            if _add_stage(
                clause,
                start,
                stop,
                weights[word],
                norms[row],
                lengths[row],
                doc_ids,
                freqs,
                np.uint64(first),
                places,
                stages,
                sums,
            ):
                reached = clause + 1
        if reached == num_clauses:
            _clear_others(sums[:width], stages[:width], num_clauses)
            if dropped.size:
                _clear_dropped(sums, dropped, first, width)
            count, filled = _take_window(sums, width, base + first, top_scores, top_ids, filled)
            total += count
        elif reached:
            sums[:width] = 0
        if reached:
            stages[:width] = 0
    return total, filled


@njit(cache=True, nogil=True)
def _unite(ids, count, doc_ids, start, stop, out):
    """Write the union of `ids` and of some postings' articles to `out`; return how many there are."""
    total, i, place = 0, np.uint64(0), np.uint64(start)
    size, end = np.uint64(count), np.uint64(stop)
    while i < size and place < end:
        one, other = ids[i], np.uint32(doc_ids[place])
        out[total] = min(one, other)
        total += 1
        i += np.uint64(one <= other)
        place += np.uint64(other <= one)
    while i < size:
        out[total] = ids[i]
        total, i = total + 1, i + np.uint64(1)
    while place < end:
        out[total] = doc_ids[place]
        total, place = total + 1, place + np.uint64(1)
    return total


@njit(cache=True, nogil=True)
def _pair(ids, count, doc_ids, start, stop, numbers, places):
    """Find which of `ids` are in some postings: their number in `ids` and their posting; return how many."""
    if stop - start > GALLOP * count:
        return _look_up(ids, count, doc_ids, start, stop, numbers, places)
    if count > GALLOP * (stop - start):
        total, number = 0, 0
        for place in range(start, stop):
            number = _advance(ids, number, count, doc_ids[place])
            if number == count:
                break
            numbers[total], places[total] = number, place
            total += doc_ids[place] == ids[number]
        return total
    return _read_through(ids, count, doc_ids, start, stop, numbers, places)


@njit(cache=True, nogil=True)
def _look_up(ids, count, doc_ids, start, stop, numbers, places):
    """Find `ids` in a much longer list of postings, by galloping."""
    total, place = 0, start
    for number in range(count):
        place = _advance(doc_ids, place, stop, ids[number])
        if place == stop:
            break
        numbers[total], places[total] = number, place
        total += doc_ids[place] == ids[number]
    return total


@njit(cache=True, nogil=True)
def _read_through(ids, count, doc_ids, start, stop, numbers, places):
    """Find `ids` in a list of postings that is about as long, a window of articles at a time.

    There is no branch that could be guessed wrong: 0.9 ns a posting, where going through both lists side by side
    takes 3 and galloping 4 to 15.
    """
    slots = np.zeros(WINDOW, np.uint16)
    total, number, place = 0, 0, start
    while number < count and place < stop:
        first = np.uint64(max(ids[number], doc_ids[place]))
        end = first + np.uint64(WINDOW)
        number, place = _advance(ids, number, count, first), _advance(doc_ids, place, stop, first)
        begin = number
        while number < count and ids[number] < end:
            slots[np.uint64(ids[number]) - first] = number - begin + 1
            number += 1
        last = _advance(doc_ids, place, stop, end)
        for posting in range(np.uint64(place), np.uint64(last)):
            slot = slots[np.uint64(doc_ids[posting]) - first]
            numbers[total], places[total] = begin + np.int64(slot) - 1, posting
            total += slot > 0
        for i in range(begin, number):
            slots[np.uint64(ids[i]) - first] = 0
        place = last
    return total


@njit(cache=True, nogil=True)
def _add_pairs(found, numbers, places, weight, field_norms, sizes, doc_ids, freqs, sums, hits):
    """Add a word's scores to those of the listed articles that have it."""
    for i in range(found):
        number, posting = numbers[i], np.uint64(places[i])
        hits[number] = 1
        sums[number] += weight * _part(field_norms, freqs[posting], sizes[doc_ids[posting]])


@njit(cache=True, nogil=True)
def _list_first(words, num_first, doc_ids):
    """List the articles of the first clause, which has so many words; there is room for one more."""
    room = 1
    for word in range(num_first):
        room += words[STOP, word] - words[START, word]
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
def _search_rarest(words, weights, doc_ids, freqs, lengths, norms, base, dropped, top_scores, top_ids, filled):
    """Several clauses, by a list of articles that each clause makes shorter."""
    num_words, num_first = weights.size, 1
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
            row, start = words[ROW, word], words[START, word]
            if word == 0 and num_first == 1:  # the list is that of this word
                found = count
                for i in range(count):
                    numbers[i], places[i] = i, start + origins[i]
            else:
                found = _pair(ids, count, doc_ids, start, words[STOP, word], numbers, places)
            _add_pairs(found, numbers, places, weights[word], norms[row], lengths[row], doc_ids, freqs, sums, hits)
            word += 1
        count, word = 0, word % num_words
        for i in range(size):
            ids[count], sums[count], origins[count] = ids[i], sums[i], origins[i]
            count += np.int64(hits[i])
    total, threshold = 0, _threshold(top_scores, filled)
    for i in range(count):
        if not _is_dropped(dropped, ids[i]):
            total += 1
            if sums[i] > threshold:
                filled = _offer(top_scores, top_ids, filled, sums[i], base + np.int64(ids[i]))
                threshold = _threshold(top_scores, filled)
    return total, filled


@njit(cache=True, nogil=True)
def _arrange(plan, num_clauses, words, weights):
    """Write the words of a plan to a table, the shortest clause first; return its size and that of all."""
    num_words = weights.size
    sizes = np.zeros(num_clauses, np.int64)
    for first in range(0, plan.size, WORD_SIZE):
        sizes[np.int64(plan[first + CLAUSE])] += np.int64(plan[first + STOP] - plan[first + START])
    shortest, size, filled = sizes.min(), sizes.sum(), 0
    for place in range(num_clauses):
        rarest = sizes.argmin()
        for first in range(0, plan.size, WORD_SIZE):
            if filled < num_words and plan[first + CLAUSE] == rarest:
                for i in range(CLAUSE):
                    words[i, filled] = np.int64(plan[first + i])
                words[CLAUSE, filled], weights[filled] = place, plan[first + WEIGHT]
                filled += 1
        sizes[rarest] = MAX_SIZE
    return shortest, size


@njit(cache=True, nogil=True)
def search_plan(plan, num_clauses, doc_ids, freqs, lengths, norms, base, dropped, top_scores, top_ids, filled, last):
    """Search a segment by a plan with so many clauses, of which some may be without words."""
    num_words, num_docs, total = plan.size // WORD_SIZE, lengths.shape[1], 0
    rest = (doc_ids, freqs, lengths, norms, base, dropped, top_scores, top_ids, filled)
    if num_words == 1 and num_clauses == 1:
        start, stop, row = np.int64(plan[START]), np.int64(plan[STOP]), np.int64(plan[ROW])
        total, filled = _search_word(start, stop, row, np.float32(plan[WEIGHT]), *rest)
    elif num_words >= num_clauses:
        words, weights = np.empty((CLAUSE + 1, num_words), np.int64), np.empty(num_words, np.float32)
        shortest, size = _arrange(plan, num_clauses, words, weights)
        if shortest == 0:
            pass
        elif num_clauses == 1 and size * FEW_OF_ANY > num_docs:
            total, filled = _search_any(words, weights, *rest)
        elif num_clauses == 1 or size > RARITY * shortest or size * FEW_OF_ALL < num_docs:
            total, filled = _search_rarest(words, weights, *rest)
        else:
            total, filled = _search_all(words, weights, *rest)
    if last:
        _sort(top_scores, top_ids, filled)
    return total, filled


@njit(cache=True, nogil=True)
def rank_places(plan, ids, places, count, freqs, lengths, norms, base, top_scores, top_ids, filled, last):
    """Rank `count` of `ids` (u4) by the words of a plan; `places` (i8: words, articles) are its postings."""
    threshold = _threshold(top_scores, filled)
    for i in range(count):
        score = np.float32(0)
        for word in range(plan.size // WORD_SIZE):
            row, weight = np.int64(plan[WORD_SIZE * word + ROW]), np.float32(plan[WORD_SIZE * word + WEIGHT])
            score += weight * _part(norms[row], freqs[places[word, i]], lengths[row, ids[i]])
        if score > threshold:
            filled = _offer(top_scores, top_ids, filled, score, base + np.int64(ids[i]))
            threshold = _threshold(top_scores, filled)
    if last:
        _sort(top_scores, top_ids, filled)
    return filled
