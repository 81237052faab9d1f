"""What a query is made of: leaves, which are looked for in articles, and the clauses that join them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One word, looked up by its stem; `field` is `None` where any text will do."""

    text: str
    surface: str
    field: str | None = None
    is_stop_word: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in order, each at most `slop` places behind the one before it.

    `is_quoted` tells `"al qaeda"` from `al-Qaeda`. With `is_exact` they are meant as they are written; `not_in` are the
    ids of articles that have these words and the phrase, but in the phrase other forms of them.
    """

    text: str
    surfaces: tuple[str, ...]
    field: str | None = None
    is_quoted: bool = True
    slop: int = 1
    is_exact: bool = False
    not_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prefix:
    """Every word that begins with these letters, as written."""

    text: str
    surface: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Exact:
    """One word as written, but for case and accents: no other form of it."""

    text: str
    surface: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Every word that fits a pattern, as written: in it `*` is any letters and `?` one."""

    text: str
    pattern: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """Every word with the same first letter, as written, that is at most `distance` edits (Levenshtein) away."""

    text: str
    surface: str
    distance: int
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Forms:
    """What a prefix, a pattern or a fuzzy word is searched for as where it stands for too many words: some of them."""

    text: str
    surfaces: tuple[str, ...]
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    """Every article: `*`."""


@dataclass(frozen=True, slots=True)
class Published:
    """Articles with a date in a range, both ends in it; `None` where it is open."""

    start: dt.date | None
    end: dt.date | None


@dataclass(frozen=True, slots=True)
class Language:
    """Articles in a language, by its ISO 639 code."""

    code: str


@dataclass(frozen=True, slots=True)
class Address:
    """Articles whose address has these words in a row (`index.urls`)."""

    text: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be there."""

    clause: Clause


@dataclass(frozen=True, slots=True)
class Boosted:
    """A clause that counts for more, or less."""

    clause: Clause
    factor: float


@dataclass(frozen=True, slots=True)
class And:
    """Clauses joined by AND."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Clauses joined by OR."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Bag:
    """Clauses with no operator between them."""

    clauses: tuple[Clause, ...]


Filter = Published | Language | Address
Expanding = Prefix | Wildcard | Fuzzy
Leaf = Word | Phrase | Exact | Forms | Everything | Expanding | Filter
Clause = Leaf | Not | Boosted | And | Or | Bag


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was read; `root` is `None` where there is nothing to search for."""

    root: Clause | None
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def leaves(clause: Clause | None, *, excluded: bool = False) -> list[Leaf]:
    """Return the leaves that must or may match, in order; with `excluded` those that must not."""
    found: list[Leaf] = []
    if clause is not None:
        _add_leaves(clause, excluded, found)
    return found


def _add_leaves(clause: Clause, excluded: bool, found: list[Leaf]) -> None:
    # By the type rather than by `match`: every query comes here some ten times.
    kind = type(clause)
    if kind is Bag or kind is And or kind is Or:
        for inner in clause.clauses:  # type: ignore[union-attr]
            _add_leaves(inner, excluded, found)
    elif kind is Not:
        _add_leaves(clause.clause, not excluded, found)  # type: ignore[union-attr]
    elif kind is Boosted:
        _add_leaves(clause.clause, excluded, found)  # type: ignore[union-attr]
    elif not excluded:
        found.append(clause)  # type: ignore[arg-type]


def each_left_out(clause: Clause | None) -> Iterator[tuple[Leaf, bool, Clause | None]]:
    """Yield each leaf in order, whether it is excluded, and what is left of the clause without it."""
    match clause:
        case None:
            return
        case Not(inner):
            for leaf, is_excluded, rest in each_left_out(inner):
                yield leaf, not is_excluded, Not(rest) if rest else None
        case Boosted(inner, factor):
            for leaf, is_excluded, rest in each_left_out(inner):
                yield leaf, is_excluded, Boosted(rest, factor) if rest else None
        case And(clauses) | Or(clauses) | Bag(clauses):
            for place, each in enumerate(clauses):
                before, after = clauses[:place], clauses[place + 1 :]
                for leaf, is_excluded, rest in each_left_out(each):
                    yield leaf, is_excluded, join_clauses(type(clause), [*before, rest, *after])
        case leaf:
            yield leaf, False, None


def replace_leaves(clause: Clause, replacements: Mapping[Leaf, Leaf]) -> Clause:
    """Return a clause with other leaves for some of its own."""
    match clause:
        case Not(inner):
            return Not(replace_leaves(inner, replacements))
        case Boosted(inner, factor):
            return Boosted(replace_leaves(inner, replacements), factor)
        case And(clauses) | Or(clauses) | Bag(clauses):
            return type(clause)(tuple(replace_leaves(inner, replacements) for inner in clauses))
        case leaf:
            return replacements.get(leaf, leaf)


def is_narrowing(clause: Clause) -> bool:
    """Say whether a clause narrows a bag whatever the bag means: an exclusion, or filters alone.

    `a -b` is never "a, or all that lacks b", nor is `a language:en` "a, or all that is in English".
    """
    kind = type(clause)
    return kind is Not or (kind is not Word and _is_filter(clause))


def _is_filter(clause: Clause) -> bool:
    match clause:
        case And(clauses) | Or(clauses) | Bag(clauses):
            return all(map(_is_filter, clauses))
        case _:
            return isinstance(clause, Filter)


def join_clauses(kind: type[And] | type[Or] | type[Bag], clauses: list[Clause | None]) -> Clause | None:
    """Join clauses; none is nothing, one stands for itself, and a group within one of its kind is part of it."""
    if len(clauses) == 1:
        return clauses[0]
    present: list[Clause] = []
    for clause in clauses:
        if isinstance(clause, kind):
            present += clause.clauses
        elif clause is not None and not (clause == Everything() and clause in present):
            # However many stars stand side by side, they say the same once.
            present.append(clause)
    if len(present) < 2:
        return present[0] if present else None
    return kind(tuple(present))


def drop_stop_words(root: Clause) -> tuple[Clause, tuple[str, ...]]:
    """Leave out the stop words that are not excluded, unless there is nothing else to search for."""
    wanted = list(leaves(root))
    dropped = tuple(leaf.text for leaf in wanted if isinstance(leaf, Word) and leaf.is_stop_word)
    if not dropped or len(dropped) == len(wanted):
        return root, ()
    kept = _without_stop_words(root)
    return (root, ()) if kept is None else (kept, dropped)


def _without_stop_words(clause: Clause) -> Clause | None:
    match clause:
        case Word(is_stop_word=True):
            return None
        case Boosted(inner, factor):
            kept = _without_stop_words(inner)
            return None if kept is None else Boosted(kept, factor)
        case And(clauses) | Or(clauses) | Bag(clauses):
            return join_clauses(type(clause), [_without_stop_words(inner) for inner in clauses])
        case _:
            return clause
