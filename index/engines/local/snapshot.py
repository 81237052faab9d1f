"""One generation of an index, open for reading, and the figures about it that are worth keeping."""

from __future__ import annotations

import datetime as dt
import functools
import threading
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.query import Every, Or, Term

from index import schema
from index.article import Article
from index.clauses import Expanding, Query
from index.codec.commit import open_segments
from index.codec.format import SegmentFile
from index.codec.lexicon import Lexicon
from index.codec.searching.evaluate import ColumnarSearcher, Hits, Prepared, Ranking
from index.codec.searching.expansion import Frequent
from index.codec.searching.explaining import Part as ScorePart
from index.codec.searching.nearness import DEPTH
from index.codec.searching.view import Words
from index.codec.searching.weighting import DATELINE
from index.codec.segment import ColumnarSegment
from index.codec.stored import StoredReader
from index.codec.terms import TermTable
from index.codec.wordlist import WordList
from index.engine import NOT_KNOWN, FacetCount, FacetName, Match, SearchRequest, Stats
from index.engines.feedback import NUM_ARTICLES, add_feedback, telling_words
from index.engines.local import facets
from index.engines.local.folder import Current, IndexFolder, told_as_damage
from index.engines.local.folding import DocIds, Fold, Places, Scores, Stories
from index.engines.local.ordering import TimeOrder, list_articles
from index.engines.local.stories import open_stories, read_published
from index.engines.recency import make_prior
from index.errors import IndexCorruptError, IndexMissingError
from index.query_tree import Reading, expansions, read_filters, read_query, restrict

_Languages = tuple[str | None, ...]

# How often to look for the live build again when a rebuild or a commit replaced it between two looks.
_OPEN_ATTEMPTS = 20

# Groups of languages of which it is remembered who is in others, and filters: 50 kB each, of 400,000 articles.
_MAX_GROUPS = _MAX_FILTERS = 64

# So many articles are looked at for a word in a microsecond or two, where to run a query for them takes a hundred. Most
# archives have languages that one or two texts are taken for.
_FEW = 64
_MAX_HELD = 1 << 14  # stems of which it is remembered whether these have them
_TEXT_FIELDS = ("title", "body")


class Part:
    """A segment of the snapshot: its articles are `base` to `end` in the numbers of the whole."""

    def __init__(self, segment: ColumnarSegment, file: SegmentFile, base: int) -> None:
        self.segment = segment
        self.file = file
        self.base = base
        self.end = base + file.num_docs
        self.stored = StoredReader(file)
        self.terms = TermTable(file)
        self._lexicons: dict[str, Lexicon] = {}

    def lexicon(self, field: str) -> Lexicon:
        """Return the surfaces of a field."""
        if field not in self._lexicons:
            self._lexicons[field] = Lexicon(self.file, field)
        return self._lexicons[field]

    def live_doc_ids(self) -> DocIds:
        """Return the articles that are not deleted."""
        deleted = self.segment.deleted_mask()
        live = np.arange(self.file.num_docs) if deleted is None else np.flatnonzero(~deleted[: self.file.num_docs])
        return live + self.base


class PreparedReading(NamedTuple):
    """A reading, and its tree made ready for the searcher of a snapshot."""

    reading: Reading
    prepared: Prepared


class Snapshot:
    """The index as one commit left it. It never changes, and is safe to share between threads."""

    def __init__(self, folder: IndexFolder, current: Current) -> None:
        build = folder.build_path(current)
        with told_as_damage(build):
            generation, whoosh_schema, segments = open_segments(build)
            self._stories_file = open_stories(build, generation, sum(file.num_docs for _, file in segments))
            in_stories = self._stories_file["doc_ids"].astype(np.int64)
            self._committed_at = folder.committed_at(build, generation)
        self.generation = current.base_generation + generation
        self._parts: list[Part] = []
        base = 0
        for segment, file in segments:
            self._parts.append(Part(segment, file, base))
            base += file.num_docs
        self._bases = [part.base for part in self._parts]
        self._files = [(file, segment.deletions) for segment, file in segments]
        self._searcher = ColumnarSearcher(self._files, whoosh_schema, DATELINE, in_stories)
        self.num_docs = base
        self._filters: dict[tuple[object, ...], list[Words]] = {}
        self._prior: tuple[float, Scores] | None = None
        self._in_others: dict[_Languages, list[Words]] = {}
        self._few_in: dict[_Languages, DocIds | None] = {}
        self._held: dict[tuple[_Languages, str], bool] = {}
        self._words: dict[tuple[str, ...], WordList] = {}
        self._making_words = threading.Lock()
        self.written_forms: dict[str, str | None] = {}

    def read(self, query: Query, match: Match, request: SearchRequest | None = None) -> list[PreparedReading]:
        """Return what a query is in the languages of the articles, within the dates of a request."""
        readings = read_query(query, match, self.languages, self._may_hold)
        if request is not None:
            readings = [reading._replace(tree=restrict(reading.tree, request)) for reading in readings]
        return self.prepare(readings)

    def cost(self, readings: Iterable[PreparedReading]) -> int:
        """Return how many postings and positions it takes to run a query, roughly and at most."""
        return sum(self._searcher.cost(reading.tree) for reading, _ in readings)

    def prepare(self, readings: Iterable[Reading]) -> list[PreparedReading]:
        """Return readings made ready to be asked more than once."""
        return [PreparedReading(reading, self._searcher.prepare(reading.tree)) for reading in readings]

    def _may_hold(self, languages: _Languages, stem: str) -> bool:
        """Say whether an article in some languages may have a stem: where they are few, by a look at each."""
        known = self._held.get((languages, stem))
        if known is None:
            if len(self._held) >= _MAX_HELD:
                self._held = {}
            known = self._held[languages, stem] = self._look_for(languages, stem)
        return known

    def _look_for(self, languages: _Languages, stem: str) -> bool:
        if languages not in self._few_in:
            doc_ids = self._in_languages(languages)
            if len(self._few_in) >= _MAX_GROUPS:
                self._few_in = {}
            self._few_in[languages] = doc_ids if doc_ids.size <= _FEW else None
        few = self._few_in.get(languages)
        return few is None or any(self._searcher.is_in_any(name, stem, few) for name in _TEXT_FIELDS)

    def _in_languages(self, languages: _Languages) -> DocIds:
        return self._searcher.match(Or([Term("language", language or NOT_KNOWN) for language in languages]))[0]

    def search(
        self,
        readings: Sequence[PreparedReading],
        limit: int,
        left_out: Sequence[Words] | None = None,
        prior: Scores | None = None,
        stories: Stories | None = None,
    ) -> tuple[Hits, Fold | None]:
        """Return the exact total and the best articles: by score, then by id; without those of some bitmaps.

        `prior` is by what the score of each article is multiplied. With `stories` the best article of each is found
        alone; the fold is None where nothing is folded.
        """
        limit = min(limit, self.num_docs)
        rankings = self._rank(readings, limit, left_out, prior, set_aside=stories is not None)
        fold = _fold(rankings, stories) if stories is not None else None
        hits = [
            self._searcher.finish(prepared, ranking, limit, prior)
            for (_, prepared), ranking in zip(readings, rankings, strict=True)
        ]
        if len(hits) == 1:
            return hits[0], fold
        # No article is found in two readings.
        doc_ids = np.concatenate([each.doc_ids for each in hits])
        scores = np.concatenate([each.scores for each in hits])
        best = np.lexsort((doc_ids, -scores))[:limit]
        return Hits(sum(each.total for each in hits), doc_ids[best], scores[best]), fold

    def _rank(
        self,
        readings: Sequence[PreparedReading],
        limit: int,
        left_out: Sequence[Words] | None,
        prior: Scores | None,
        *,
        set_aside: bool,
    ) -> list[Ranking]:
        return [
            self._searcher.rank(prepared, limit, self._but_of(reading.languages, left_out), prior, set_aside=set_aside)
            for reading, prepared in readings
        ]

    def match_stories(
        self,
        readings: Sequence[PreparedReading],
        stories: Stories,
        left_out: Sequence[Words] | None,
        prior: Scores | None,
    ) -> tuple[Places, Scores]:
        """Return which of the stories' articles match, by their places there, and their scores."""
        rankings = self._rank(readings, 0, left_out, prior, set_aside=True)
        doc_ids, scores = _join([ranking.top.set_aside() for ranking in rankings])
        return stories.place_of[doc_ids], scores

    def add_feedback(
        self, readings: Sequence[PreparedReading], left_out: Sequence[Words] | None
    ) -> list[PreparedReading]:
        """Return readings that find the same, and rank it by words of the best articles, too."""
        best, _ = self.search(readings, NUM_ARTICLES, left_out)
        articles = map(self.article_at, best.doc_ids.tolist())
        telling = telling_words(zip(articles, best.scores.tolist(), strict=True), self._find_shared)
        return self.prepare(add_feedback(each.reading, telling) for each in readings)

    def _find_shared(self, stems: Collection[str]) -> set[str]:
        """Return those stems that more than one article has in its body."""
        return {stem for stem in stems if self._searcher.doc_freq("body", stem) > 1}

    def explain(self, reading: Reading, doc_ids: DocIds) -> tuple[dict[int, list[ScorePart]], Scores]:
        """Return the parts of the scores of some articles, ascending, and what nearness would add to each."""
        parts, gains = self._searcher.explain(reading.tree, doc_ids)
        others = self._but_of(reading.languages, None)
        if others is not None:
            is_other = self._are_in(others, doc_ids)
            parts = {doc_id: parts[doc_id] for doc_id in doc_ids[~is_other].tolist() if doc_id in parts}
        return parts, gains

    def _are_in(self, bitmaps: Sequence[Words], doc_ids: DocIds) -> NDArray[np.bool_]:
        """Say of some articles whether their bits are set."""
        is_set = np.zeros(doc_ids.size, np.bool_)
        for part, words in zip(self._parts, bitmaps, strict=True):
            inside = (doc_ids >= part.base) & (doc_ids < part.end)
            bits = doc_ids[inside] - part.base
            is_set[inside] = (words[bits >> 6] >> (bits & 63).astype(np.uint64)) & np.uint64(1)
        return is_set

    def match(
        self, readings: Sequence[PreparedReading], left_out: Sequence[Words] | None = None
    ) -> tuple[DocIds, Scores]:
        """Return all articles that match, ascending, and their scores; without those of some bitmaps."""
        return _join(
            [self._searcher.match(reading.tree, self._but_of(reading.languages, left_out)) for reading, _ in readings]
        )

    def match_as_ranked(
        self, readings: Sequence[PreparedReading], left_out: Sequence[Words] | None, prior: Scores | None
    ) -> tuple[DocIds, Scores]:
        """Return all articles that match, ascending, and the scores that `search` ranks them by."""
        doc_ids, scores = self.match(readings, left_out)
        scores = scores.copy() if prior is None else scores * prior[doc_ids]
        # The best of each reading gain by how near words stand.
        for reading in readings:
            best, _ = self.search([reading], DEPTH, left_out, prior)
            scores[np.searchsorted(doc_ids, best.doc_ids)] = best.scores
        return doc_ids, scores

    def bitmaps(self, readings: Sequence[PreparedReading]) -> list[Words]:
        """Return all articles that match, for each segment a bitmap: in a tenth of the time that `match` takes."""
        found = []
        for reading, prepared in readings:
            bitmaps, others = self._searcher.all_bits(prepared), self._but_of(reading.languages, None)
            found.append(bitmaps if others is None else [w & ~other for w, other in zip(bitmaps, others, strict=True)])
        if len(found) == 1:
            return found[0]
        return [functools.reduce(np.bitwise_or, of_segment) for of_segment in zip(*found, strict=True)]

    def to_bitmaps(self, doc_ids: DocIds) -> list[Words]:
        """Return some articles, ascending, for each segment as a bitmap."""
        return self._searcher.to_bitmaps(doc_ids)

    def filters(self, request: SearchRequest) -> dict[FacetName, list[Words]]:
        """Return what each filter of a request lets through; it is remembered, as filters come again and again."""
        filters = {}
        for name, tree in read_filters(request).items():
            key = (name, request.wanted(name), request.unwanted(name))
            found = self._filters.get(key)
            if found is None:
                found = self._searcher.bitmaps(tree)
                if len(self._filters) >= _MAX_FILTERS:
                    self._filters = {}
                self._filters[key] = found
            filters[name] = found
        return filters

    def most_frequent(self, leaf: Expanding, limit: int) -> Frequent:
        """Return the words that a leaf stands for, the most frequent first, and what all of them cost."""
        found = [self._searcher.most_frequent(tree, limit) for tree in expansions(leaf)]
        if len(found) == 1:
            return found[0]
        # Nearly all words of titles are in the body, too: in it they are counted, and those of the title come after.
        *others, body = found
        surfaces = tuple(dict.fromkeys((*body.surfaces, *(word for each in others for word in each.surfaces))))
        is_all = all(each.is_all for each in found) and len(surfaces) <= limit
        return Frequent(surfaces[:limit], sum(each.postings for each in found), is_all)

    def doc_freq(self, field: str, term: str) -> int:
        """Return in how many articles a term is, deleted ones included."""
        return self._searcher.doc_freq(field, term)

    def words(self, *fields: str) -> WordList:
        """Return the words of some fields, made when they are first asked for: by one thread, as it takes a while."""
        with self._making_words:
            if fields not in self._words:
                self._words[fields] = WordList.of(self._files, fields)
            return self._words[fields]

    def articles_with(self, field: str, surface: str) -> Iterator[Article]:
        """Yield the articles that have a surface in a field of surfaces, in no order."""
        for part in self._parts:
            lexicon = part.lexicon(field)
            for place in lexicon.places(surface):
                for doc_id in part.terms.doc_ids(lexicon.term_id(place)):
                    if not part.segment.is_deleted(int(doc_id)):
                        yield schema.from_stored(part.stored.encoded(int(doc_id)))

    def _but_of(self, languages: _Languages | None, left_out: Sequence[Words] | None) -> Sequence[Words] | None:
        """Return bitmaps of articles to leave out, and of those in other languages."""
        if languages is None:
            return left_out
        others = self._in_others.get(languages)
        if others is None:
            others = [~words for words in self._searcher.to_bitmaps(self._in_languages(languages))]
            if len(self._in_others) >= _MAX_GROUPS:
                self._in_others = {}
            self._in_others[languages] = others
        if left_out is None:
            return others
        return unite(others, left_out)

    @cached_property
    def stories(self) -> Stories | None:
        """Return the articles that have near-duplicates; None if there are none."""
        doc_ids, leaders = (self._stories_file[name].astype(np.int64) for name in ("doc_ids", "leaders"))
        return Stories(doc_ids, leaders, self.published[doc_ids], self.num_docs) if doc_ids.size else None

    def article_at(self, doc_id: int) -> Article:
        """Return an article by its number in this snapshot."""
        part = self._parts[bisect_right(self._bases, doc_id) - 1]
        return schema.from_stored(part.stored.encoded(doc_id - part.base))

    def fields_at(self, doc_ids: Iterable[int]) -> list[dict[str, Any]]:
        """Return what is stored of some articles (`schema.read_stored`), in half the time that `Article`s take."""
        parts, bases = self._parts, self._bases
        fields = []
        for doc_id in doc_ids:
            part = parts[bisect_right(bases, doc_id) - 1]
            fields.append(schema.read_stored(part.stored.encoded(doc_id - part.base)))
        return fields

    def article(self, article_id: str) -> Article | None:
        """Return an article by its id."""
        term = article_id.encode("utf-8", "surrogatepass")
        for part in self._parts:
            term_id = part.terms.find("id", term)
            for doc_id in part.terms.doc_ids(term_id).tolist() if term_id is not None else ():
                if not part.segment.is_deleted(doc_id):
                    return schema.from_stored(part.stored.encoded(doc_id))
        return None

    @cached_property
    def published(self) -> NDArray[np.int64]:
        """Return the time of every article in seconds since 1970; `schema.UNDATED` where it has none."""
        columns = [read_published(part.file) for part in self._parts]
        return np.concatenate(columns) if columns else np.empty(0, np.int64)

    @cached_property
    def newest_first(self) -> TimeOrder:
        """Return the order of articles from the last to the first."""
        return TimeOrder(self.published, self._bases, newest_first=True)

    @cached_property
    def oldest_first(self) -> TimeOrder:
        """Return the order of articles from the first to the last."""
        return TimeOrder(self.published, self._bases, newest_first=False)

    def prior(self, half_life: float) -> Scores:
        """Return by what recency multiplies the score of each article; the last is kept, since pages follow pages."""
        known = self._prior
        if known is None or known[0] != half_life:
            known = self._prior = half_life, make_prior(self.published, half_life)
        return known[1]

    def list_articles(self, matching: Sequence[Words], start: int, end: int) -> DocIds:
        """Return of the articles in bitmaps those of some ranks by their ids."""
        return list_articles(matching, self._bases, start, end)

    def scores(self, readings: Sequence[PreparedReading], doc_ids: DocIds) -> Scores:
        """Return the scores of a few articles that match."""
        if not doc_ids.size:
            return np.empty(0)
        others = [~words for words in self.to_bitmaps(np.sort(doc_ids))]
        found, scores = self.match(readings, others)
        return scores[np.searchsorted(found, doc_ids)]

    @cached_property
    def facet_columns(self) -> facets.FacetColumns:
        """Return what facets are counted by."""
        return facets.FacetColumns(self._parts, self._searcher.bitmaps(Every()), self.stories)

    @cached_property
    def languages(self) -> tuple[str | None, ...]:
        """Return the languages of its articles, `None` among them where that of an article is not known."""
        counts = facets.count_terms(self._parts, schema.FACET_FIELDS["language"])
        known = tuple(facet.value for facet in _known(counts))
        return known if known and NOT_KNOWN not in counts else (*known, None)

    @cached_property
    def stats(self) -> Stats:
        """Count what is in the index."""
        live = [part.live_doc_ids() for part in self._parts]
        doc_ids = np.concatenate(live) if live else np.empty(0, np.int64)
        seconds = self.published[doc_ids]
        dated = seconds[seconds != schema.UNDATED]
        return Stats(
            articles=len(doc_ids),
            generation=self.generation,
            size_bytes=sum(part.file.size for part in self._parts),
            committed_at=self._committed_at,
            earliest=_to_date(dated.min()) if len(dated) else None,
            latest=_to_date(dated.max()) if len(dated) else None,
            undated=len(doc_ids) - len(dated),
            sources=_known(facets.count_terms(self._parts, schema.FACET_FIELDS["source"])),
            languages=_known(facets.count_terms(self._parts, schema.FACET_FIELDS["language"])),
        )

    def verify(self) -> None:
        """Read every byte of the index and compare it with its checksum; raises `IndexCorruptError`."""
        for file in (*(part.file for part in self._parts), self._stories_file):
            file.verify()


def open_snapshot(folder: IndexFolder, known: Snapshot | None = None) -> Snapshot:
    """Open what is live; raises the `IndexUnavailableError` that says why it can't be.

    `known` is a snapshot of the live build, and returned where that has the same generation still.
    """
    for attempt in range(_OPEN_ATTEMPTS):
        state = folder.state()
        current = folder.read_current()
        try:
            if known is not None and folder.generation(current) == known.generation:
                return known
            return Snapshot(folder, current)
        except IndexCorruptError:
            # A commit may have replaced and deleted what was just named; what stays as it is, is damaged.
            if attempt and folder.state() == state:
                raise
    raise IndexMissingError(f"The index at {folder.path} is replaced faster than it can be opened.")


def _fold(rankings: Sequence[Ranking], stories: Stories) -> Fold | None:
    """Add to rankings those of the articles set aside that stand for their stories; None if these are all."""
    doc_ids, scores = _join([ranking.top.set_aside() for ranking in rankings])
    places = stories.place_of[doc_ids]
    fold = stories.fold(places, scores)
    is_result = np.ones(stories.doc_ids.size, np.bool_)
    if fold is not None:
        is_result[places] = fold.stand(by_score=True)
    for ranking in rankings:
        doc_ids, scores = ranking.top.set_aside()
        kept = is_result[stories.place_of[doc_ids]]
        ranking.add(doc_ids[kept], scores[kept])
    return fold


def _join(found: Sequence[tuple[DocIds, Scores]]) -> tuple[DocIds, Scores]:
    """Return articles, ascending, and their scores, of several such lists; no article is in two."""
    if len(found) == 1:
        return found[0]
    doc_ids, scores = (np.concatenate(each) for each in zip(*found, strict=True))
    ascending = np.argsort(doc_ids)
    return doc_ids[ascending], scores[ascending]


def unite(one: Sequence[Words], other: Sequence[Words] | None) -> Sequence[Words]:
    """Return the articles, segment by segment, that are in either of two bitmaps."""
    return one if other is None else [words | more for words, more in zip(one, other, strict=True)]


def _known(counts: Mapping[str, int]) -> tuple[FacetCount, ...]:
    """Return known values with their counts, the most frequent first."""
    found = [FacetCount(value, count) for value, count in counts.items() if value != NOT_KNOWN]
    return tuple(sorted(found, key=lambda facet: (-facet.count, facet.value)))


def _to_date(seconds: np.int64) -> dt.date:
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=int(seconds))).date()
