"""What a query may become while it is typed: words that go on as its last one does, and titles that have its words."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from index import analysis, stopwords
from index.clauses import And, Clause, Exact, Or, Phrase, Query, Word, leaves
from index.engine import Completion, Suggestions, TitleMatch
from index.engines.local.snapshot import Snapshot
from index.engines.local.writing import written_form
from index.query_language import parse

# So many more titles are looked at than asked for, the best by relevance, with one of so many words that go on as the
# last: some are the same, and some begin with the words.
_MORE_TITLES, _WORDS_OF_TITLES = 6, 8
# Words before the last that titles have to have.
_MAX_WORDS = 8
# So many more words are looked at, since some are not read again as they are written.
_SPARE = 8

_NAME_FIELDS = ("author", "source")
_IN_NAMES = regex.compile(r"(?:^|[\s(])[-=]?(author|source):[\"=]?$")
_TEXT_FIELD = regex.compile(r"(?<![\w-])(?:title|body):[\"=(]*$")
_IN_FILTERS = regex.compile(r"(?:^|[\s(])-?(?:language|published|after|before):\S*$")
_EXCLUDED = regex.compile(r"(?:^|[\s(])(?:-|NOT\s+)[\w:]*[\"=(]?$")


def complete(snapshot: Snapshot, text: str, size: int) -> Suggestions:
    """Return how the last word of a text may go on, the most frequent first, and titles with all of its words."""
    tokens = list(analysis.tokenize(text))
    if not tokens or _IN_FILTERS.search(text):
        return Suggestions()
    last = tokens[-1]
    before, is_open = text[: last.start], last.end == len(text)
    in_names = _IN_NAMES.search(before)
    completions: tuple[Completion, ...] = ()
    if is_open and not _is_inside_cjk(text, tokens):
        completions = _completions(snapshot, before, last.surface, size, in_names[1] if in_names else None)
    if in_names or _EXCLUDED.search(before):
        return Suggestions(completions=completions)
    wanted = tuple(_words_before(before))[-_MAX_WORDS:]
    return Suggestions(completions=completions, titles=_titles(snapshot, tokens, wanted, size, is_open=is_open))


def _words_before(text: str) -> Iterator[str]:
    """Yield what titles must have of what stands before the last word."""
    for leaf in leaves(parse(_TEXT_FIELD.sub("", text)).root):
        if isinstance(leaf, Word | Exact | Phrase) and leaf.field not in _NAME_FIELDS:
            surfaces = leaf.surfaces if isinstance(leaf, Phrase) else (leaf.surface,)
            yield from (surface for surface in surfaces if not analysis.is_stop_word(surface))


def _is_inside_cjk(text: str, tokens: list[analysis.Token]) -> bool:
    """Say whether a run of CJK is more than one character: how it goes on no list of words of two can tell."""
    last = tokens[-1]
    return len(tokens) > 1 and tokens[-2].end > last.start and analysis.cjk_end(text, last.start) is not None


def _completions(
    snapshot: Snapshot, before: str, prefix: str, size: int, name_field: str | None
) -> tuple[Completion, ...]:
    words = snapshot.words(name_field) if name_field else snapshot.words("title_surface", "body_surface")
    # A query's loose stop words are left out, so that they complete nothing.
    num_stop_words = sum(word.startswith(prefix) for word in stopwords.ENGLISH)
    completions: list[Completion] = []
    for word, count in words.most_frequent(prefix, size + num_stop_words + _SPARE):
        if len(completions) == size:
            break
        if not analysis.is_stop_word(word):
            written = word if name_field else written_form(snapshot, word)
            if written is not None:
                completions.append(Completion(text=before + written, word=written, count=count))
    return tuple(completions)


def _titles(
    snapshot: Snapshot, tokens: list[analysis.Token], wanted: tuple[str, ...], size: int, *, is_open: bool
) -> tuple[TitleMatch, ...]:
    """Return titles that have the wanted words and the last of the tokens, those first that begin with all tokens.

    Of articles with the same title the best is taken.
    """
    *before, last = (token.surface for token in tokens)
    if is_open:
        frequent = snapshot.words("title_surface").most_frequent(last, _WORDS_OF_TITLES)
        endings: list[Clause] = [Word(word, word, "title") for word, _ in frequent]
    else:
        endings = [Word(last, last, "title")]
    if not endings or not size:
        return ()
    clauses: list[Clause] = [Word(word, word, "title") for word in dict.fromkeys(wanted)]
    clauses.append(Or(tuple(endings)) if len(endings) > 1 else endings[0])
    query = Query(And(tuple(clauses)) if len(clauses) > 1 else clauses[0])
    found, _ = snapshot.search(snapshot.read(query, "all"), size + _MORE_TITLES)
    begin: dict[tuple[str, ...], TitleMatch] = {}
    contain: dict[tuple[str, ...], TitleMatch] = {}
    for doc_id in found.doc_ids.tolist():
        article = snapshot.article_at(doc_id)
        title = tuple(token.surface for token in analysis.tokenize(article.title))
        if _begins(title, (*before, last), is_open=is_open):
            begin.setdefault(title, TitleMatch(id=article.id, title=article.title))
        elif not is_open or any(word.startswith(last) for word in title):
            contain.setdefault(title, TitleMatch(id=article.id, title=article.title))
    return (*begin.values(), *contain.values())[:size]


def _begins(title: tuple[str, ...], words: tuple[str, ...], *, is_open: bool) -> bool:
    *before, last = words
    end = len(before)
    if title[:end] != tuple(before) or len(title) <= end:
        return False
    return title[end].startswith(last) if is_open else title[end] == last
