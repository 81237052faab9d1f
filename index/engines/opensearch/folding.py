"""Folding near-duplicates on a cluster: of a story's articles that match, the earliest is a result.

Those that are in stories, one article in twelve of news, are asked for first, with all that tells which of them stands
for its story and how they count; then the others of each story are left out of the search. So total, order, pages and
facets are the same as in the other engine. Of more than `WINDOW` articles of stories that match, those with the highest
scores are folded, and the answer says that it is not exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from index.engine import FACETS, NO_DATE, FacetName, SearchRequest
from index.engines.opensearch.cluster import Json
from index.engines.opensearch.commit import Commit
from index.engines.opensearch.mapping import WINDOW
from index.engines.opensearch.scanning import COLUMNS_ALONE
from index.periods import first_day, last_day
from index.schema import FACET_FIELDS, to_seconds

_SECONDS_A_DAY = 24 * 60 * 60
_LATER_THAN_ALL = 1 << 62


class Member(NamedTuple):
    """An article of a story that matches; `seconds` and `day` are None where it is undated."""

    number: int
    place: int
    score: float
    story: str
    seconds: int | None
    values: Mapping[FacetName, tuple[str, ...]]

    @property
    def day(self) -> int | None:
        """Return the day, counted from 1970."""
        return None if self.seconds is None else self.seconds // _SECONDS_A_DAY

    @property
    def age(self) -> tuple[int, int]:
        """Return its place in time: the undated last, and of equals the first first."""
        return _LATER_THAN_ALL if self.seconds is None else self.seconds, self.place


class Fold:
    """What becomes of articles that match and are in stories: `left_out` are the numbers of those that are no results.

    `members` are all that match without the filters of the request.
    """

    def __init__(self, members: list[Member], request: SearchRequest, *, is_exact: bool = True) -> None:
        self.members = members
        self.is_exact = is_exact
        self._stories: dict[str, list[Member]] = {}
        for member in let_through(members, request, but=None):
            self._stories.setdefault(member.story, []).append(member)
        self._story_of = {each.number: story for story in self._stories.values() for each in story}
        self.left_out: list[int] = []
        for story in self._stories.values():
            story.sort(key=lambda each: each.age)
            standing = _best(story) if request.sort == "relevance" else story[0]
            self.left_out += [each.number for each in story if each is not standing]

    def story_of(self, number: int) -> tuple[list[int], float] | None:
        """Return the articles of a result's story that match, the earliest first, and the best of their scores."""
        story = self._story_of.get(number)
        return ([each.number for each in story], _best(story).score) if story else None


def find_members(commit: Commit, query: Json, request: SearchRequest) -> Fold:
    """Fold what a query finds, whatever the filters of the request are."""
    if request.duplicates == "show" or not commit.has_stories:
        return Fold([], request)
    fields = ["number", "place", "story", "seconds", *FACET_FIELDS.values()]
    body = COLUMNS_ALONE | {
        "query": commit.within(query, {"exists": {"field": "story"}}),
        "size": WINDOW,
        "sort": [{"_score": "desc"}, {"place": "asc"}],
        "docvalue_fields": fields,
        "track_total_hits": WINDOW + 1,
    }
    found = commit.search(body, request)["hits"]
    return Fold([_read(hit) for hit in found["hits"]], request, is_exact=found["total"]["value"] <= WINDOW)


def _read(hit: Json) -> Member:
    fields = hit["fields"]
    return Member(
        number=fields["number"][0],
        place=fields["place"][0],
        score=hit["_score"],
        story=fields["story"][0],
        seconds=fields["seconds"][0] if "seconds" in fields else None,
        values={name: tuple(fields[field]) for name, field in FACET_FIELDS.items()},
    )


def _best(story: Iterable[Member]) -> Member:
    return min(story, key=lambda each: (-each.score, each.place))


def let_through(members: Iterable[Member], request: SearchRequest, but: FacetName | None) -> Iterator[Member]:
    """Yield those that all filters of a request but one let through."""
    names = [name for name in FACETS if name != but and (request.wanted(name) or request.unwanted(name))]
    for member in members:
        if all(_passes(member, request, name) for name in names):
            yield member


def _passes(member: Member, request: SearchRequest, name: FacetName) -> bool:
    wanted, unwanted = request.wanted(name), request.unwanted(name)
    return (not wanted or _has_any(member, name, wanted)) and not _has_any(member, name, unwanted)


def _has_any(member: Member, name: FacetName, values: tuple[str, ...]) -> bool:
    if name != "published":
        return not set(values).isdisjoint(member.values[name])
    return any(_is_of(member.seconds, period) for period in values)


def _is_of(seconds: int | None, period: str) -> bool:
    if period == NO_DATE or seconds is None:
        return period == NO_DATE and seconds is None
    start, end = to_seconds(first_day("published", period)), to_seconds(last_day("published", period))
    return start <= seconds < end + _SECONDS_A_DAY
