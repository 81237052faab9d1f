"""Which lines of a page are the article: the stretch of lines that gains most, without what interrupts it.

Articles are lines of prose that follow each other; what stands around them is short lines by the dozen, and prose one
line at a time. So a line's gain (`index.cleaning.shapes`) is corrected by its neighbours and by the page, and the
stretch with the largest sum is taken. It spans an advertisement between two paragraphs, since the second outweighs it;
it ends above the comments, since what parts them from the article costs more than the first of them gains.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from operator import attrgetter

from index.cleaning.shapes import Kind, Shape, ends_sentence, kinds_of
from index.cleaning.vocabulary import DURATION, NOTICE

# A sentence between lines that are none is a teaser or a comment as often as a paragraph. At 0.4 pages that alternate
# headings and paragraphs lose some; up to 0.8 nothing changes; at 1 teasers get in. (Of the 91 pages of the benchmark,
# and of the 990 that trafilatura is tested with, as are the other statements about pages here.)
_LONE_PROSE = 0.7
# Prose gains less the further down it stands, at the very end by this share: comments, teasers and legal notices are
# below the article, menus above it have no prose. Anything from 0.15 to 0.5 does better than nothing.
_DECAY = 0.3
# What has been said already, a caption that stands twice, says little.
_REPEATED = 0.3
# A short line that stands this often on a page is a label, not a heading.
_LABEL_COUNT = 3
_LABEL_GAIN = -0.6
# Lines with digits and signs, "June 9 – West Palm Beach, FL", come in lists that belong to what they follow.
_ENTRY_GAIN = 0.1

# After the label of a list of other articles, at most this many headlines are taken for its own.
_MAX_LISTED = 8
# A heading has seldom more words in capitals alone; a link to another article, made to be clicked on, has.
_MAX_CAPITAL_WORDS = 6
# A page has at least so many different labels and pleas, and at least this share of its lines are such: nine in ten
# pages have, and of 40,000 newsgroup posts and wire stories one. A text with fewer is an article to begin with, of
# which only those lines are taken away.
_MIN_PAGE_LABELS = 6
_MIN_PAGE_SHARE = 0.025
# Small pages have fewer, and then more of their lines are such.
_MIN_SMALL_LABELS = 5
_MIN_SMALL_SHARE = 0.08

# So many short lines without digits above the first paragraph are a menu.
_MIN_MENU = 12
_MAX_MENU_ENTRY = 50
# An article that gains less is none: these are lists, of scores or of things for sale.
_MIN_GAIN = 1.5
_MIN_GAIN_IN_DOUBT = 4.0

# So many lines at most are looked at above and below the prose of a text that is no page: more are a list of its own.
_MAX_EDGE = 12
_MAX_LABEL_WORDS = 4
_MAX_NOTICE = 1_000
# What a video shows is told in at most so many lines above its length.
_MAX_CAPTION_LINES = 2

# A caption is shorter than a paragraph that gains this.
_MAX_GAIN_OF_CAPTION = 3.0

# Tuples: to look into a set takes the hash of an enumeration's member, which is slower than to compare with each.
_LABELS = (Kind.CONTROL, Kind.AFTERMATH, Kind.REFERENCE)
# Which kinds are such, for lines by the hundred.
_IS_LABEL = bytes(kind in _LABELS for kind in range(256))
_IS_PROSE = bytes(kind == Kind.PROSE for kind in range(256))
# What stands above the first line and below the last.
_OUTSIDE = b"\0"
_GAIN, _IS_ENTRY = attrgetter("gain"), attrgetter("is_entry")
_DROPPED = (*_LABELS, Kind.CREDIT, Kind.STAMP, Kind.SIGNS, Kind.SUMMARY)


def find_stretch_of_page(
    lines: Sequence[str], shapes: Sequence[Shape], counts: Mapping[str, int]
) -> tuple[int, int] | None:
    """Return where the article starts and ends in the lines of a whole page, menus and all; `None` if they are none.

    `counts` says how often each line stands on the page.
    """
    kinds = kinds_of(shapes)
    labels = len(set(compress(lines, kinds.translate(_IS_LABEL))))
    if labels >= max(_MIN_PAGE_LABELS, _MIN_PAGE_SHARE * len(lines)):
        least = _MIN_GAIN
    elif labels >= max(_MIN_SMALL_LABELS, _MIN_SMALL_SHARE * len(lines)) or _starts_with_menu(lines, shapes):
        least = _MIN_GAIN_IN_DOUBT
    else:
        return None
    gain, start, end = _find_stretch(_gains(lines, shapes, kinds, counts))
    return (start, end) if gain >= least else None


def _starts_with_menu(lines: Sequence[str], shapes: Sequence[Shape]) -> bool:
    """Say whether a menu stands above the first prose; in a language whose labels are not known, all that tells."""
    run = 0
    for line, (kind, gain, _) in zip(lines, shapes, strict=True):
        if kind is Kind.PROSE and gain >= 1:
            return False
        if kind is Kind.SIGNS:
            continue
        is_entry = len(line) <= _MAX_MENU_ENTRY and (kind is Kind.CONTROL or (kind is Kind.PLAIN and gain < 0))
        run = run + 1 if is_entry and not any(map(str.isdigit, line)) else 0
        if run >= _MIN_MENU:
            return True
    return False


def _find_stretch(gains: Sequence[float]) -> tuple[float, int, int]:
    """Return the stretch of lines that gains most: what it gains, where it starts and ends."""
    best, best_start, best_end = 0.0, 0, 0
    total, start = 0.0, 0
    for place, gain in enumerate(gains):
        total += gain
        if total > best:
            best, best_start, best_end = total, start, place + 1
        elif total <= 0:
            total, start = 0.0, place + 1
    return best, best_start, best_end


def _gains(lines: Sequence[str], shapes: Sequence[Shape], kinds: bytes, counts: Mapping[str, int]) -> list[float]:
    """Return what each line gains, by its shape, its neighbours, and how often it stands on the page."""
    gains = list(map(_GAIN, shapes))
    # Few of a page's lines are prose, or entries, or stand on it many times: the others are not looked at one by one.
    seen: set[str] = set()
    fade = _DECAY / (len(shapes) or 1)
    is_prose = _OUTSIDE + kinds.translate(_IS_PROSE) + _OUTSIDE
    for place in compress(range(len(lines)), is_prose[1:]):
        gains[place] *= 1 - fade * place
        if lines[place] in seen:
            gains[place] *= _REPEATED
        elif not is_prose[place] and not is_prose[place + 2]:
            gains[place] *= _LONE_PROSE
        seen.add(lines[place])
    is_entry = _OUTSIDE + bytes(map(_IS_ENTRY, shapes)) + _OUTSIDE
    for place in compress(range(len(lines)), is_entry[1:]):
        if not is_prose[place + 1] and (is_entry[place] or is_entry[place + 2]):
            gains[place] = _ENTRY_GAIN
    often = {line for line, count in counts.items() if count >= _LABEL_COUNT}
    for place in [place for place, line in enumerate(lines) if line in often] if often else ():
        kind, gain, _ = shapes[place]
        if kind is Kind.PLAIN and gain < 0:
            gains[place] = min(gain, _LABEL_GAIN)
    return gains


def _is_caption(shapes: Sequence[Shape], place: int, count: int) -> bool:
    """Say whether a sentence stands alone above the name of who took the picture."""
    return (
        place + 1 < count
        and shapes[place + 1].kind is Kind.CREDIT
        and shapes[place].gain < _MAX_GAIN_OF_CAPTION
        and (place == 0 or shapes[place - 1].kind is not Kind.PROSE)
    )


def select_from_page(
    lines: Sequence[str], shapes: Sequence[Shape], counts: Mapping[str, int], start: int, end: int
) -> list[int]:
    """Return the places of the article's lines within its stretch of a page."""
    within = Counter(lines[start:end])
    kept: list[int] = []
    listed = 0
    for place in range(start, end):
        line = lines[place]
        kind, gain, _ = shapes[place]
        if kind is Kind.AFTERMATH or kind is Kind.REFERENCE:
            listed = _MAX_LISTED
        elif kind is Kind.PROSE:
            listed = 0
        if kind in _DROPPED:
            continue
        if kind is Kind.PROSE and _is_caption(shapes, place, len(lines)):
            continue
        if kind is Kind.PLAIN:
            if listed and not ends_sentence(line):
                listed -= 1
                continue
            if gain < 0 and (counts[line] > within[line] or counts[line] >= _LABEL_COUNT):
                continue
            if line.count(" ") >= _MAX_CAPITAL_WORDS - 1 and line.isupper():
                continue
        kept.append(place)
    return kept


def select_from_text(lines: Sequence[str], shapes: Sequence[Shape], headline: int | None) -> list[int]:
    """Return the places of the article's lines in a text that is no page: all but what is plainly the site's.

    That is looked for in the few lines above the first prose and below the last alone. Below, what follows a label
    goes with it, and so do the publisher's notices above it.
    """
    start = 0 if headline is None else headline + 1
    above = [place for place in range(start - 1) if shapes[place].kind not in _DROPPED and not _is_label(lines[place])]
    prose = [place for place in range(start, len(lines)) if shapes[place].kind is Kind.PROSE]
    if not prose:
        return above + list(range(start, len(lines)))
    first, last = prose[0], prose[-1]
    end = len(lines)
    tail = next((place for place in range(last + 1, end) if shapes[place].kind in _LABELS), end)
    if end - last - 1 <= _MAX_EDGE and tail < end:
        end = last + 1
        while end - 1 > first and len(lines[end - 1]) <= _MAX_NOTICE and NOTICE.search(lines[end - 1]):
            end -= 1
    is_short = first - start <= _MAX_EDGE
    head = [place for place in range(start, first) if not (is_short and _is_furniture(lines, shapes, place))]
    return above + head + list(range(first, end))


def _is_label(line: str) -> bool:
    """Say whether a line above the headline has too few words to be of the article."""
    return line.count(" ") < _MAX_LABEL_WORDS and not ends_sentence(line)


def _is_furniture(lines: Sequence[str], shapes: Sequence[Shape], place: int) -> bool:
    """Say whether a line above the first prose is the site's: a label, who and when, or what a video shows."""
    if shapes[place].kind in _DROPPED and shapes[place].kind is not Kind.SIGNS:
        return True
    below = place + 1
    while below < len(lines) and below <= place + _MAX_CAPTION_LINES:
        if DURATION.match(lines[below]):
            return True
        below += 1
    return False
