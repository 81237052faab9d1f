"""What a person types, as a tree of clauses; and the tree back into words.

The language: words, `"phrases"`, `"near ones"~5`, `AND OR NOT` (in capitals), `a | b`, `-word`, parentheses,
`field:word`, `word*`, `w?rd`, `*word`, `colour~`, `=Exact`, dates (`index.query_dates`), weights (`word^2`), and `*`
for every article. NOT binds tightest, then AND and plain neighbourhood, then OR. Words without an operator between
them make a `Bag`, which `match` reads as all or any of them.

In Chinese, Japanese and Korean a run of characters is the phrase of its words of two (`index.analysis`); a character by
itself, which begins words and is seldom one, is a prefix.

Nothing is an error. What is not a well-formed part of the language (a quote or a parenthesis without its partner,
an operator without an operand, a field that does not exist) is searched for as the words that it holds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import regex

from index import analysis, stopwords
from index.clauses import (
    Address,
    And,
    Bag,
    Boosted,
    Clause,
    Everything,
    Exact,
    Forms,
    Fuzzy,
    Language,
    Leaf,
    Not,
    Or,
    Phrase,
    Prefix,
    Published,
    Query,
    Wildcard,
    Word,
    drop_stop_words,
    each_left_out,
    is_narrowing,
    join_clauses,
    leaves,
    replace_leaves,
)
from index.query_dates import write_dates
from index.query_lexer import MAX_DEPTH, Lexeme, lex, pair_parentheses
from index.query_words import WordReader, tell_acronyms
from index.stopwords import is_acronym

MAX_CHARACTERS = 4096

_Written = Word | Phrase | Exact
_CAPITALS = regex.compile(r"(?<![\p{L}\p{N}])[A-Z]{2,}(?![\p{L}\p{N}.])")


def parse(text: str, today: dt.date | None = None) -> Query:
    """Read what a person typed. Never fails, and takes time in proportion to the length of the text.

    `today` is what relative dates count from; where it is left out, the date in UTC.
    """
    notes: list[str] = []
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS]
        notes.append(f"Only the first {MAX_CHARACTERS:,} characters of the query were used.")
    lexed = list(lex(text))
    lexemes = [lexeme for lexeme in lexed if lexeme.kind != "stray"]
    paired = pair_parentheses(lexemes)
    parser = _Parser(paired, today)
    root = parser.parse()
    if root is not None and len(lexemes) < len(lexed):
        notes.append("A quote without its partner was left out.")
    if root is not None and len(paired) < len(lexemes):
        notes.append(f"Parentheses without their partners, or more than {MAX_DEPTH} deep, were left out.")
    if parser.words.words_left_out:
        notes.append(f"Only the first {parser.words.words_used} words of the query were used.")
    notes += dict.fromkeys(parser.words.notes)
    dropped: tuple[str, ...] = ()
    if root is not None:
        root, dropped = drop_stop_words(root)
    elif text.strip():
        notes.append("The query holds no word to search for.")
    return Query(root, dropped, tuple(notes))


class QueryPart(NamedTuple):
    """A word, phrase, pattern or filter of a query, whether it must not be there, and the query without it."""

    text: str
    is_excluded: bool
    rest: str


def take_apart(text: str, today: dt.date | None = None) -> Iterator[QueryPart]:
    """Yield the parts of a query as `parse` reads it; what is left leaves to `match` what the query does.

    Each takes time in proportion to the length of the query.
    """
    for leaf, is_excluded, rest in each_left_out(parse(text, today).root):
        yield QueryPart(write(leaf), is_excluded, write(rest, bag_operator=""))


def write(clause: Clause | None, bag_operator: str = "AND") -> str:
    """Write a query out with every operator visible, so that it reads the same again.

    `bag_operator` is what a `Bag` means; with an empty one its words stand side by side as they were typed.
    """
    if clause is None:
        return ""
    wanted = (*leaves(clause), *leaves(clause, excluded=True))
    acronyms = {leaf: _dotted(leaf) for leaf in wanted if _has_acronyms(leaf)}
    if acronyms and not tell_acronyms(wanted):
        # Beside nothing but capitals, acronyms would be taken for words again; with full stops they are not.
        clause = replace_leaves(clause, acronyms)
    return _write(clause, bag_operator, is_outermost=True)


def _has_acronyms(leaf: Leaf) -> bool:
    if isinstance(leaf, Phrase):
        return any(map(is_acronym, leaf.surfaces))
    return isinstance(leaf, Word | Exact) and is_acronym(leaf.surface)


def _dotted(leaf: Leaf) -> Leaf:
    return replace(leaf, text=_CAPITALS.sub(_with_full_stops, leaf.text)) if isinstance(leaf, _Written) else leaf


def _with_full_stops(capitals: regex.Match[str]) -> str:
    return "".join(f"{letter}." for letter in capitals[0]) if is_acronym(capitals[0]) else capitals[0]


def _write(clause: Clause, bag_operator: str, *, is_outermost: bool) -> str:
    match clause:
        case Not(inner):
            return "NOT " + _write(inner, bag_operator, is_outermost=False)
        case And(clauses):
            operator = "AND"
        case Or(clauses):
            operator = "OR"
        case Bag(clauses):
            wanted = tuple(inner for inner in clauses if not is_narrowing(inner))
            narrowing = tuple(inner for inner in clauses if is_narrowing(inner))
            operator = bag_operator if wanted else "AND"
            if operator == "OR" and narrowing:
                any_wanted = Or(wanted) if len(wanted) > 1 else wanted[0]
                return _write(And((any_wanted, *narrowing)), bag_operator, is_outermost=is_outermost)
        case Boosted(inner, factor):
            written = f"{factor:.4f}".rstrip("0").rstrip(".")
            return f"{_write(inner, bag_operator, is_outermost=False)}^{written}"
        case leaf:
            return _write_leaf(leaf)
    between = f" {operator} " if operator else " "
    written = between.join(_write(inner, bag_operator, is_outermost=False) for inner in clauses)
    return written if is_outermost else f"({written})"


def _write_leaf(leaf: Leaf) -> str:
    """Write a leaf as typed, or in quotes where it would be read as something else beside other words."""
    match leaf:
        case Everything():
            return "*"
        case Published(start, end):
            return f"published:{write_dates(start, end)}"
        case Language(code):
            return f"language:{code}"
        case Address(text):
            is_plain = "^" not in text and list(lex(f"url:{text}"))[1:] == [Lexeme("chunk", text)]
            return f"url:{text}" if is_plain else f'url:"{text}"'
        case Word(text, surface):
            is_plain = text.startswith('"') or not (
                leaf.is_stop_word or (analysis.is_stop_word(surface) and surface not in stopwords.ACRONYMS)
            )
            written = text if is_plain else f'"{text}"'
        case Phrase(text):
            # `http:b`, cut out of `a,http:b`, begins like a field.
            is_plain = leaf.is_quoted or list(lex(text)) == [Lexeme("chunk", text)]
            written = "=" * leaf.is_exact + (text if is_plain else f'"{text}"')
            written += f"~{leaf.slop}" if leaf.slop > 1 else ""
        case Prefix(text) | Exact(text) | Wildcard(text) | Fuzzy(text) | Forms(text):
            written = text
    return f"{leaf.field}:{written}" if leaf.field else written


# Parsing --------------------------------------------------------------------------------------------------------


class _Parser:
    """Recursive descent over lexemes whose parentheses are paired and whose nesting is bounded."""

    def __init__(self, lexemes: list[Lexeme], today: dt.date | None) -> None:
        self._lexemes = lexemes
        self._place = 0
        self.words = WordReader(lexemes, today)

    def parse(self) -> Clause | None:
        return self._either(field=None)

    def _peek(self, ahead: int = 0) -> Lexeme | None:
        place = self._place + ahead
        return self._lexemes[place] if place < len(self._lexemes) else None

    def _take(self, kind: str) -> str | None:
        """Return the text of the next lexeme and go past it if it is of a kind."""
        lexeme = self._peek()
        if lexeme is None or lexeme.kind != kind:
            return None
        self._place += 1
        return lexeme.text

    def _is_operator(self, text: str, ahead: int = 0) -> bool:
        # Whether the text is the same is asked first, being false nearly always: a query is read in less time.
        lexeme = self._peek(ahead)
        return (
            lexeme is not None
            and lexeme.text == text
            and lexeme.kind == "chunk"
            and not self.words.is_sentence_in_capitals
        )

    def _is_or(self) -> bool:
        lexeme = self._peek()
        return lexeme is not None and (lexeme.kind == "bar" or self._is_operator("OR"))

    def _has_operand(self, ahead: int) -> bool:
        lexeme = self._peek(ahead)
        return lexeme is not None and lexeme.kind != "close"

    def _either(self, field: str | None) -> Clause | None:
        """Clauses between OR, or `|`, which is the same."""
        clauses = [self._neighbours(field)]
        while self._is_or():
            self._place += 1
            clauses.append(self._neighbours(field))
        return join_clauses(Or, clauses)

    def _neighbours(self, field: str | None) -> Clause | None:
        """Clauses side by side, or between AND, which holds tighter."""
        bag: list[Clause | None] = []
        while (lexeme := self._peek()) is not None and lexeme.kind != "close":
            if bag and self._is_or() and self._has_operand(1):
                break
            joined = [self._clause(field)]
            while self._is_operator("AND") and self._has_operand(1):
                self._place += 1
                joined.append(self._clause(field))
            bag.append(join_clauses(And, joined))
        return join_clauses(Bag, bag)

    def _clause(self, field: str | None) -> Clause | None:
        lexeme = self._peek()
        # NOT NOT NOT … is read in a loop: nesting by operators must not exhaust the stack.
        negations = 0
        while lexeme is not None and (lexeme.kind == "minus" or (self._is_operator("NOT") and self._has_operand(1))):
            negations += 1
            self._place += 1
            lexeme = self._peek()
        if lexeme is None or lexeme.kind == "close":
            return None
        self._place += 1
        clause: Clause | None
        match lexeme.kind:
            case "field":
                clause = self._fielded(lexeme.text)
            case "open":
                clause = self._either(field)
                self._place += 1
            case "phrase":
                clause = self._phrase(lexeme.text, field)
            case "star":
                clause = self.words.count(Everything())
            case "dates":
                clause = self.words.dates(lexeme.text)
            case "unknown":
                clause = self.words.unknown_field(lexeme.text, field)
            case "exact":
                clause = self._as_written(field)
            case _:
                clause = self.words.chunk(lexeme.text, field)
        if boost := self._take("boost"):
            clause = self.words.boost(clause, boost[1:])
        return Not(clause) if clause is not None and negations % 2 else clause

    def _phrase(self, text: str, field: str | None) -> Clause | None:
        near = self._take("near")
        return self.words.phrase(text, field, int(near[1:]) if near else 1)

    def _as_written(self, field: str | None) -> Clause | None:
        """Read what an equals sign stands before: a word, a compound or a phrase."""
        text = self._take("phrase")
        if text is not None:
            return self.words.as_written(self._phrase(text, field), f'"{text}"')
        return self.words.chunk(self._take("chunk") or "", field, is_exact=True)

    def _fielded(self, field: str) -> Clause | None:
        lexeme = self._peek()
        if lexeme is not None and lexeme.kind in ("open", "phrase", "chunk", "exact"):
            return self._clause(field)
        return self.words.chunk(field, None)  # `title:` before nothing is the word
