"""Groups signatures into stories, and finds of each story's articles the one that stands for it among results.

Articles are looked at in a given order. Each is compared with the *leaders* so far that share a band of its signature,
three bins in a row; it joins the one that is most like it, if any is enough so, or else becomes a leader itself. Of
articles that share 0.6 of their shingles, 1 - (1 - 0.6^3)^21 or 99 % share a band (Leskovec, Rajaraman and Ullman 2020,
"Mining of Massive Datasets", 3.4).

Nothing is quadratic: of the leaders in a bucket the last `MAX_CHAIN` are compared, and a copy of a leader is none.

| argument | dtype, shape | what it is |
|---|---|---|
| `signatures` | u1, n x BINS | those of `index.codec.kernels.signatures`, each with a filled bin, in order of time |
| `starts`, `buckets` | i8, n+1; u4 | the buckets of article i: `buckets[starts[i]:starts[i + 1]]` |
| `story_ids`, `ages` | i4, G | of each article that has near-duplicates: its story, and its place in time |
| `places`, `scores` | i8, f8 | which of these match, ascending, and how well |
"""

from __future__ import annotations

import numpy as np
from numba import float64, int32, int64, njit, types, uint8, uint32, uint64

BINS = 64
BANDS = BINS // 3
MAX_CHAIN = 8  # leaders of a bucket that are compared; the last are nearest in time
LEAST_FILLED = 16  # bins: a text of up to some 20 words says too little to tell a copy by
CHANCE = 1 / 255  # that two bins are equal though they hold different shingles

_FIRST_MIX, _SECOND_MIX = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # of splitmix64
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_U1, _U4, _I8, _F8 = (types.Array(number, 1, "C", readonly=True) for number in (uint8, uint32, int64, float64))
_I4 = types.Array(int32, 1, "C", readonly=True)
_ROWS = types.Array(uint8, 2, "C", readonly=True)
_I4_OUT, _U4_OUT, _I8_OUT, _U8_OUT = (types.Array(number, 1, "C") for number in (int32, uint32, int64, uint64))


@njit([types.void(_ROWS, _U8_OUT, _I8_OUT)], cache=True, nogil=True)
def summarise(signatures, hashes, filled):
    """Write a hash of each signature, and how many of its bins are filled."""
    for number in range(signatures.shape[0]):
        mixed, count = np.uint64(0), 0
        for place in range(BINS):
            value = signatures[number, place]
            mixed = (mixed ^ np.uint64(value)) * _FIRST_MIX
            mixed ^= mixed >> np.uint64(29)
            count += value > 0
        hashes[number], filled[number] = mixed, count


@njit(cache=True, nogil=True)
def _value(signature, place):
    """Return the value of a bin; of an empty one that of another, the same one for the same bins (Shrivastava 2017)."""
    step = 2 * ((place * 7 + 3) % 32) + 1  # odd, so that every bin is come to
    at = place
    while not signature[at]:
        at = (at + step) % BINS
    return np.uint64(signature[at])


@njit([int64(_ROWS, int64, _I4_OUT, _U4_OUT, _U4_OUT)], cache=True, nogil=True)
def find_buckets(signatures, bits, slots, members, buckets):
    """Write pairs of an article and a bucket that it shares with others; return how many.

    A bucket has the articles that a band gives the same slot of `slots` (i4, 2**bits), of which some have another band.
    `members`, `buckets`: u4, outputs with BANDS places for each article.
    """
    num_pairs = num_buckets = 0
    shift = np.uint64(64 - bits)
    for band in range(BANDS):
        slots[:] = 0
        for number in range(signatures.shape[0]):
            signature, key = signatures[number], np.uint64(0)
            for place in range(3 * band, 3 * band + 3):
                key = key << np.uint64(8) | _value(signature, place)
            slot = ((key + np.uint64(1)) * _SPREAD) >> shift
            bucket = slots[slot]
            if not bucket:
                slots[slot] = -number - 1  # the only one so far
                continue
            if bucket < 0:
                num_buckets += 1
                members[num_pairs], buckets[num_pairs] = -bucket - 1, num_buckets - 1
                num_pairs += 1
                slots[slot] = bucket = num_buckets
            members[num_pairs], buckets[num_pairs] = number, bucket - 1
            num_pairs += 1
    return num_pairs


@njit([types.void(_U4, _U4, _I8_OUT, _U4_OUT)], cache=True, nogil=True)
def sort_pairs(members, buckets, starts, sorted_buckets):
    """Sort pairs by article, into `starts` (zeros before) and `sorted_buckets`, as `choose_leaders` takes them."""
    for member in members:
        starts[member + np.uint32(1)] += 1
    for number in range(starts.size - 1):
        starts[number + 1] += starts[number]
    ends = starts[:-1].copy()
    for pair in range(members.size):
        sorted_buckets[ends[members[pair]]] = buckets[pair]
        ends[members[pair]] += 1


@njit(cache=True, nogil=True)
def _similarity(one, other):
    """Return which part of their shingles two texts share, by their signatures."""
    equal, filled = np.uint8(0), np.uint8(0)
    for place in range(BINS):
        equal += np.uint8((one[place] == other[place]) & (one[place] != 0))
        filled += np.uint8((one[place] | other[place]) != 0)
    return (equal / filled - CHANCE) / (1 - CHANCE)


@njit([types.void(_ROWS, _I8, _U4, int64, float64, _I4_OUT)], cache=True, nogil=True)
def choose_leaders(signatures, starts, buckets, num_buckets, least, leaders):
    """Write the leader of each article, itself for a leader; `least` is how much of two texts has to be the same."""
    count = signatures.shape[0]
    heads, following = np.full(num_buckets, -1, np.int32), np.empty(buckets.size, np.int32)
    owners, compared_with = np.empty(buckets.size, np.int32), np.full(count, -1, np.int32)
    for number in range(count):
        best, highest = -1, least
        for pair in range(starts[number], starts[number + 1]):
            other, steps = heads[buckets[pair]], 0
            while other >= 0 and steps < MAX_CHAIN:
                leader, steps = owners[other], steps + 1
                if compared_with[leader] != number:
                    compared_with[leader] = number
                    similarity = _similarity(signatures[number], signatures[leader])
                    if similarity > highest or (similarity == highest and (best < 0 or leader < best)):
                        best, highest = leader, similarity
                other = following[other]
        if best >= 0:
            leaders[number] = best
            continue
        leaders[number] = number
        for pair in range(starts[number], starts[number + 1]):
            owners[pair] = number
            following[pair], heads[buckets[pair]] = heads[buckets[pair]], pair


@njit([types.void(_I8, _F8, _I4, _I4, _I4_OUT, _I4_OUT, _I4_OUT)], cache=True, nogil=True)
def choose_representatives(places, scores, story_ids, ages, counts, best, earliest):
    """Write of each story how many of its articles match, which has the highest score, and which is the earliest.

    Of equal scores the first wins. `counts`, zeros before, `best` and `earliest`: i4, one for each story; the latter
    two are numbers among `places`, and not written where none matches.
    """
    for number in range(places.size):
        story = story_ids[places[number]]
        if not counts[story] or scores[number] > scores[best[story]]:
            best[story] = number
        if not counts[story] or ages[places[number]] < ages[places[earliest[story]]]:
            earliest[story] = number
        counts[story] += 1
