"""Arrays by their addresses, so that one call of a kernel reaches those of all segments.

To pass an array costs 0.1 microseconds, and an index of 16 segments has 200 that a query may need. A *table of
segments* (i8, a row for each) has their addresses instead, and is made once: by `index.codec.searching.segment_table`,
which keeps the arrays alive. The columns are below; a `NUM_` is how many numbers the one before has, a `_SIZE` the
bytes of one. A word that was looked up is a table as well, `WORD_COLUMNS` for each segment.

numba's cache does not see that a kernel uses what is here, and compiled code with other columns would read anywhere:
whoever changes one raises `LAYOUT`, which every module that uses them compares with its own.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numba
from numba.core import cgutils, types
from numba.extending import intrinsic

LAYOUT = 2
BASE, NUM_DOCS, NUM_POSTINGS = 0, 1, 2  # the number of the segment's first article in the index
DOC_IDS, DOC_ID_SIZE, FREQS = 3, 4, 5  # u2 or u4, u1
FREQ_PLACES, NUM_FREQ_PLACES, FREQ_VALUES = 6, 7, 8  # i8: `freq_overflow_places` and `_values`
DROPPED, NUM_DROPPED = 9, 10  # u8: a bit for each article that is deleted or filtered out; or none
TERM_BYTES, TERM_OFFSETS, OFFSET_SIZE = 11, 12, 13  # u1, u4 or u8
POSTING_STARTS, NUM_POSTING_STARTS, POSTING_START_SIZE = 14, 15, 16  # u4 or u8
POSITION_STARTS, NUM_POSITION_STARTS, POSITION_START_SIZE = 17, 18, 19  # u4 or u8
POSITIONS, NUM_POSITIONS, POSITION_WIDTH = 20, 21, 22  # u8, packed in so many bits
POSITION_PLACES, NUM_POSITION_PLACES, POSITION_PLACE_SIZE = 23, 24, 25  # u4 or u8: `position_overflow_places`
POSITION_VALUES, POSITION_VALUE_SIZE = 26, 27  # u2 or u4: `position_overflow_values`
ASIDE, NUM_ASIDE = 28, 29  # u4, ascending: the articles that may be set aside, by their numbers in the segment
NORMS = 30  # f4, (rows, 257): what `scoring` calls `norms`, the same for all segments
LENGTHS = 31  # u1: from here on the length bytes of the articles, a column for each field that is scored
MAX_ROWS = 32
NUM_COLUMNS = LENGTHS + MAX_ROWS

# Of a word: its number among the terms (-1 for none), its postings from and to, where its positions begin.
TERM, START, STOP, POSITION_START = 0, 1, 2, 3
WORD_COLUMNS = 4

# Of a plan (`scoring`): how many numbers a word has, and where each is.
PLAN_SIZE = 5
PLAN_PLACES, PLAN_ROW, PLAN_CLAUSE, PLAN_WEIGHT, PLAN_MATE = 0, 1, 2, 3, 4


def check_layout(expected: int) -> None:
    """Raise `ImportError` if kernels were written for other columns than these."""
    if expected != LAYOUT:
        raise ImportError(f"These kernels are for the layout {expected} of the table of segments, not {LAYOUT}.")


if numba.config.DISABLE_JIT:

    def pointer(address: Any) -> Any:
        """Return an address as a pointer, for `numba.carray` in Python."""
        return ctypes.c_void_p(int(address))
else:

    @intrinsic
    def pointer(typing_context, address):
        """Return an address (i8) as a pointer, for `numba.carray`."""

        def generate(context, builder, signature, arguments):
            return builder.inttoptr(arguments[0], cgutils.voidptr_t)

        return types.voidptr(address), generate
