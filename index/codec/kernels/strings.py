"""Many byte strings as two arrays: their bytes one after another, and where each begins.

String i of `contents` (u1) and `offsets` (i8[n + 1]) is `contents[offsets[i]:offsets[i + 1]]`.
"""

import numpy as np
from numba import int64, njit, types, uint8, uint64

_U1 = types.Array(uint8, 1, "C", readonly=True)
_I8 = types.Array(int64, 1, "C", readonly=True)
_U1_OUT, _I8_OUT, _U8_OUT = (types.Array(number, 1, "C") for number in (uint8, int64, uint64))


@njit([types.void(_U1, _I8, _I8, int64, _U8_OUT)], cache=True, nogil=True)
def read_keys(contents, offsets, which, skipped, keys):
    """Write eight bytes of each string of `which`, after those skipped, as a number that sorts as they do.

    What a string lacks is zeros. keys: u8[len(which)], out.
    """
    for i in range(len(which)):
        start, end = offsets[which[i]] + skipped, offsets[which[i] + 1]
        key = np.uint64(0)
        for place in range(start, min(start + 8, end)):
            key |= np.uint64(contents[place]) << np.uint64(56 - 8 * (place - start))
        keys[i] = key


@njit([types.void(_U1, _I8, _I8, _I8, _U1_OUT)], cache=True, nogil=True)
def gather(contents, offsets, which, taken_offsets, taken):
    """Write the strings of `which` one after another; taken_offsets: i8[len(which) + 1], where each goes."""
    for i in range(len(which)):
        source, target = offsets[which[i]], taken_offsets[i]
        for k in range(taken_offsets[i + 1] - target):
            taken[target + k] = contents[source + k]
