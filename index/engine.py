"""The engine port: what the service and the job know of a search engine, whichever it is.

`SearchEngine` reads, and the `IndexWriter` of `index.index_writer` writes; the adapters are in `index/engines/`.
Nothing here depends on how an engine keeps its index.
"""

from __future__ import annotations

import datetime as dt
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from types import TracebackType
from typing import TYPE_CHECKING, Literal, NamedTuple, Self, cast, get_args

from index.article import Article
from index.errors import IndexUnavailableError, RequestError
from index.ledger import Ledger
from index.periods import first_day

if TYPE_CHECKING:
    pass

Match = Literal["all", "any"]
Sort = Literal["relevance", "newest", "oldest"]
Duplicates = Literal["fold", "show"]
FacetName = Literal["source", "author", "language", "published"]

FACETS: tuple[FacetName, ...] = get_args(FacetName)

# What stands, in facets and filters, for having no source, author or language, and for having no date. A source that
# calls itself "unknown" is counted with those of which nothing is known.
NOT_KNOWN, NO_DATE = "unknown", "undated"

# Values of a facet that are told, the most frequent ones: of authors there may be 100,000. Periods are fewer.
MAX_FACET_VALUES = 100

# Those that a result lists; of a text that is in every issue there may be thousands.
MAX_DUPLICATES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What is asked: the words, the filters, and which part of the answer is wanted.

    An empty `query` is every article. `match` says what words without an operator mean. `page` counts from 1; in place
    of it `cursor`, that of the last answer, goes on with the results after it.
    A filter, `source` or another facet, lets through what has one of its values, and its other half (`not_source`)
    what has none of them; `NOT_KNOWN` is the value of articles that name no source, author or language. Those of
    `published` are years, months and days, and `NO_DATE`. `published_from` and `published_to` are both inclusive, and
    leave out the undated. `facets` names the fields to count, each over the articles that all filters but its own let
    through. `snippets=False` leaves out the costly part of a result. Raises `RequestError` where a value is senseless.

    `duplicates="fold"` makes one result of the articles that match and are nearly the same text, a *story*: the
    earliest of them (the undated last), which lists the others. By relevance it stands where the best of them would,
    with that one's score; by time, where it is itself. The total counts stories, and so do facets: how many have an
    article of that value, which is the total with that value as the filter. `"show"` makes each a result of its own.

    `recency` is a half-life in days: by relevance, an article of the index's newest day counts twice as much as one of
    long ago or without a date, and what it has ahead of that halves with each half-life of its age. `feedback` ranks
    by words of the best articles as well as by those of the query; what is found stays the same. `explain` gives each
    result's score by relevance part by part.
    """

    query: str = ""
    match: Match = "all"
    page: int = 1
    cursor: str | None = None
    size: int = 10
    sort: Sort = "relevance"
    published_from: dt.date | None = None
    published_to: dt.date | None = None
    source: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    not_source: tuple[str, ...] = ()
    not_author: tuple[str, ...] = ()
    not_language: tuple[str, ...] = ()
    not_published: tuple[str, ...] = ()
    facets: tuple[FacetName, ...] = ()
    snippets: bool = True
    duplicates: Duplicates = "fold"
    recency: float | None = None
    feedback: bool = False
    explain: bool = False

    def __post_init__(self) -> None:
        _require_one_of("match", self.match, get_args(Match))
        _require_one_of("sort", self.sort, get_args(Sort))
        _require_one_of("duplicates", self.duplicates, get_args(Duplicates))
        for name in self.facets:
            _require_one_of("facets", name, FACETS)
        if self.page < 1:
            raise RequestError("page", "pages are counted from 1")
        if self.cursor is not None and self.page != 1:
            raise RequestError("cursor", "it says where to go on; leave out page")
        if self.size < 0:
            raise RequestError("size", "the number of results cannot be negative")
        if self.recency is not None and not 0 < self.recency < math.inf:
            raise RequestError("recency", "a half-life is a number of days above 0")
        for period in (*self.published, *self.not_published):
            if period != NO_DATE:
                first_day("published", period)
        if self.published_from and self.published_to and self.published_from > self.published_to:
            raise RequestError("from", f"{self.published_from} is after {self.published_to}, the end of the range")

    def wanted(self, name: FacetName) -> tuple[str, ...]:
        """Return the values of a facet of which an article has to have one; none let all through."""
        return cast(tuple[str, ...], getattr(self, name))

    def unwanted(self, name: FacetName) -> tuple[str, ...]:
        """Return the values of a facet of which an article may have none."""
        return cast(tuple[str, ...], getattr(self, f"not_{name}"))


def _require_one_of(parameter: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise RequestError(parameter, f"{value!r} is not one of {', '.join(allowed)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """An article that matches as well, and is folded into a result because it says nearly the same."""

    id: str
    title: str
    source: str | None
    published: dt.date | None
    url: str | None

    def to_dict(self) -> dict[str, object]:
        """Return the article as JSON-ready values."""
        return {
            "id": self.id,
            "title": self.title,
            "source": self.source,
            "published": self.published.isoformat() if self.published else None,
            "url": self.url,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePart:
    """A part of a score: what for (`word`, `feedback`, `phrase`, `pattern`, `everything`, `nearness`, `recency`).

    Of a word `text` is what it is looked up as, `frequencies` how often each field has it, `rarity` its idf, and
    `weight` what its score comes near, the more often it is there.
    """

    part: str
    text: str
    score: float
    frequencies: Mapping[str, int] = field(default_factory=dict)
    rarity: float | None = None
    weight: float | None = None

    def with_score(self, score: float) -> Self:
        """Return the part with another score."""
        return replace(self, score=score)

    def to_dict(self) -> dict[str, object]:
        """Return the part as JSON-ready values; what it has not is left out."""
        known = {"part": self.part, "text": self.text, "score": self.score}
        if self.rarity is None:
            return known
        return known | {"frequencies": dict(self.frequencies), "rarity": self.rarity, "weight": self.weight}


class SearchResult(NamedTuple):
    """One article that was found; a tuple, since a frozen dataclass takes three times as long to make.

    `snippets` and `title_marked` are HTML: the words that matched are inside `<mark>`, all else is escaped.
    `duplicates` are articles that are folded into this one, the first `MAX_DUPLICATES` by time of `num_duplicates`.
    `explanation` is there where it was asked for: the parts of the score, of that article of a story whose it is.
    """

    id: str
    title: str
    title_marked: str
    url: str | None
    source: str | None
    authors: tuple[str, ...]
    published: dt.date | None
    language: str | None
    score: float
    snippets: tuple[str, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    num_duplicates: int = 0
    explanation: tuple[ScorePart, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the result as JSON-ready values; without an explanation if there is none."""
        # Written out: `dataclasses.asdict` copies what it finds, piece by piece, in ten times as long.
        values: dict[str, object] = {
            "id": self.id,
            "title": self.title,
            "title_marked": self.title_marked,
            "url": self.url,
            "source": self.source,
            "authors": list(self.authors),
            "published": self.published.isoformat() if self.published else None,
            "language": self.language,
            "score": self.score,
            "snippets": list(self.snippets),
            "duplicates": [duplicate.to_dict() for duplicate in self.duplicates],
            "num_duplicates": self.num_duplicates,
        }
        if self.explanation:
            values["explanation"] = [part.to_dict() for part in self.explanation]
        return values


# Not frozen: an answer has a hundred of them, and each would take 1.2 µs to make and not 0.3.
@dataclass(slots=True, unsafe_hash=True)
class FacetCount:
    """How many of the results have this value, or a duplicate that has it; those that have none are counted last."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A part of the query as it was read: its text as typed, and the terms that it is looked up as."""

    text: str
    terms: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the part as JSON-ready values."""
        return {"text": self.text, "terms": self.terms}


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """How a query was read.

    `query` is the query written out again with every operator visible; `terms` what is searched for, `excluded`
    what must not be there, `dropped` the stop words that were left out, `notes` sentences for the person who
    typed it.
    """

    query: str = ""
    terms: tuple[QueryTerm, ...] = ()
    excluded: tuple[QueryTerm, ...] = ()
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the reading as JSON-ready values."""
        return {
            "query": self.query,
            "terms": tuple(term.to_dict() for term in self.terms),
            "excluded": tuple(term.to_dict() for term in self.excluded),
            "dropped": self.dropped,
            "notes": self.notes,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResponse:
    """The answer: `total`, one page of `results`, and how the query was read.

    `total_is_exact` says that the total, the facets and `folded` are; the embedded engine's always are. `folded` is how
    many articles match besides, as duplicates of results: with them there are `total + folded`.
    `relaxed` says that no article had all the words, so that those with the most of them are shown. `suggestion` is a
    query of other words that finds more, where few articles or none have those that were typed.
    `generation` counts the commits of the index that was asked. `took_ms` is the engine's own time, `cost` how
    many places of the index the query may have touched, which is known before it is run. `cursor` leads on
    to the results after these, each once as long as the index stays as it is; None where there are no more. `page` is
    by the size asked for, where a cursor was given.
    """

    query: str
    interpreted: Interpretation
    total: int
    took_ms: float
    page: int
    size: int
    relaxed: bool
    suggestion: str | None
    generation: int
    total_is_exact: bool = True
    folded: int = 0
    cursor: str | None = None
    results: tuple[SearchResult, ...] = ()
    facets: Mapping[FacetName, tuple[FacetCount, ...]] = field(default_factory=dict)
    cost: int = 0

    def to_dict(self) -> dict[str, object]:
        """Return the response as JSON-ready values."""
        return {
            "query": self.query,
            "interpreted": self.interpreted.to_dict(),
            "total": self.total,
            "total_is_exact": self.total_is_exact,
            "folded": self.folded,
            "took_ms": self.took_ms,
            "cost": self.cost,
            "page": self.page,
            "size": self.size,
            "relaxed": self.relaxed,
            "suggestion": self.suggestion,
            "generation": self.generation,
            "cursor": self.cursor,
            "results": [result.to_dict() for result in self.results],
            "facets": {
                name: [{"value": count.value, "count": count.count} for count in counts]
                for name, counts in self.facets.items()
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """How what is typed may go on: `text` is all of it with its last word completed to `word`, as people write it.

    `count` is how many titles and bodies of articles have the word as written, but for case and accents.
    """

    text: str
    word: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleMatch:
    """An article by the title that has the words typed."""

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What is offered while somebody types: words, the most frequent first, and titles, those first that begin so."""

    completions: tuple[Completion, ...] = ()
    titles: tuple[TitleMatch, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the suggestions as JSON-ready values."""
        return {name: [asdict(each) for each in getattr(self, name)] for name in ("completions", "titles")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What is in the index: for the operator, and for the reader who asks what the archive covers.

    `sources` and `languages` are those that are known.
    """

    articles: int
    generation: int
    size_bytes: int
    committed_at: dt.datetime
    earliest: dt.date | None
    latest: dt.date | None
    undated: int
    sources: tuple[FacetCount, ...]
    languages: tuple[FacetCount, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the figures as JSON-ready values; dates and times in ISO 8601."""
        return asdict(self) | {
            "committed_at": self.committed_at.isoformat(),
            "earliest": self.earliest.isoformat() if self.earliest else None,
            "latest": self.latest.isoformat() if self.latest else None,
        }


@dataclass(frozen=True, slots=True)
class MarkedArticle:
    """An article as HTML: the words of a query inside `<mark>`, all else escaped; the body by paragraphs."""

    title: str
    paragraphs: tuple[str, ...]


class SearchEngine(ABC):
    """Answers requests from one index; safe to share between threads.

    A newly committed generation is picked up by the next call; the one before goes on where that is damaged. Each
    method raises `IndexUnavailableError`, of
    the kind that says why, where there is no index to ask.

    `is_elsewhere` says that most of an answer is waiting for other machines, so that many may be waited for at once.
    """

    is_elsewhere: bool = False

    @abstractmethod
    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer one request; raises `CursorExpiredError` where its cursor is of an older state of the index."""

    @abstractmethod
    def walk(self, request: SearchRequest) -> Iterator[tuple[SearchResponse, tuple[Article, ...]]]:
        """Yield all that a request finds, `size` results at a time, each with its article.

        All parts are of the state of the index that the first is of, whatever is committed in between.
        """

    @abstractmethod
    def article(self, article_id: str) -> Article:
        """Return one article; raises `ArticleNotFoundError`."""

    @abstractmethod
    def suggest(self, text: str, size: int = 8) -> Suggestions:
        """Return at most `size` completions of the last word of a text that is being typed, and as many titles."""

    @abstractmethod
    def related(self, article_id: str, size: int = 5) -> tuple[SearchResult, ...]:
        """Return the articles most like another, without it and its near-duplicates; raises `ArticleNotFoundError`."""

    @abstractmethod
    def mark(self, article: Article, query: str) -> MarkedArticle:
        """Return the article as HTML with the words of `query` marked; an empty query marks nothing."""

    @abstractmethod
    def stats(self) -> Stats:
        """Return what is in the index."""

    @abstractmethod
    def trouble(self) -> IndexUnavailableError | None:
        """Return why the newest generation cannot be asked, so that an older one answers; None where it can."""

    @abstractmethod
    def ledger(self) -> Ledger:
        """Return what the index remembers of the files that it was made from, to be asked and closed."""

    @abstractmethod
    def verify(self) -> None:
        """Read the whole index and compare it with its checksums; raises `IndexCorruptError`."""

    @abstractmethod
    def warm(self) -> None:
        """Make ready all that the first search would wait for; needs no index, and is best done before a fork."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections; the engine cannot be used after."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
