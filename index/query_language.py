"""What a person types, as a tree of clauses; and the tree back into words.

The language: words, `"phrases"`, `AND OR NOT` (in capitals), `-word`, parentheses, `field:word`, `word*`, and `*`
for every article. NOT binds tightest, then AND and plain neighbourhood, then OR. Words without an operator between
them make a `Bag`, which `match` reads as all or any of them.

In Chinese, Japanese and Korean a run of characters is the phrase of its words of two (`index.analysis`); a character by
itself, which begins words and is seldom one, is a prefix.

Nothing is an error. What is not a well-formed part of the language (a quote or a parenthesis without its partner,
an operator without an operand, a field that does not exist) is searched for as the words that it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import regex

from index import analysis, stopwords

FIELDS = ("title", "body", "author", "source")

# A query is bounded so that its cost is: more than enough for a person, too little for an attack.
MAX_WORDS = 64
MAX_CHARACTERS = 4096
MAX_DEPTH = 16

OPERATORS = ("AND", "OR", "NOT")

# So many stop words make a sentence of a query: "THE WHO AND ABBA" has one.
_STOP_WORDS_OF_A_SENTENCE = 2


@dataclass(frozen=True, slots=True)
class Word:
    """One word, looked up by its stem; `field` is `None` where any text will do."""

    text: str
    surface: str
    field: str | None = None
    is_stop_word: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand next to each other, in order; `is_quoted` tells `"al qaeda"` from `al-Qaeda`."""

    text: str
    surfaces: tuple[str, ...]
    field: str | None = None
    is_quoted: bool = True


@dataclass(frozen=True, slots=True)
class Prefix:
    """Every word that begins with these letters, as written."""

    text: str
    surface: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    """Every article: `*`."""


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be there."""

    clause: Clause


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


Leaf = Word | Phrase | Prefix | Everything
Clause = Leaf | Not | And | Or | Bag


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was read; `root` is `None` where there is nothing to search for."""

    root: Clause | None
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def parse(text: str) -> Query:
    """Read what a person typed. Never fails, and takes time in proportion to the length of the text."""
    notes: list[str] = []
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS]
        notes.append(f"Only the first {MAX_CHARACTERS:,} characters of the query were used.")
    parser = _Parser(_pair_parentheses(list(_lex(text))))
    root = parser.parse()
    if parser.words_left_out:
        notes.append(f"Only the first {MAX_WORDS} words of the query were used.")
    dropped: tuple[str, ...] = ()
    if root is not None:
        root, dropped = _drop_stop_words(root)
    elif text.strip():
        notes.append("The query holds no word to search for.")
    return Query(root, dropped, tuple(notes))


def leaves(clause: Clause | None, *, excluded: bool = False) -> Iterator[Leaf]:
    """Yield the leaves that must or may match, in order; with `excluded` those that must not."""
    match clause:
        case None:
            return
        case Not(inner):
            yield from leaves(inner, excluded=not excluded)
        case And(clauses) | Or(clauses) | Bag(clauses):
            for inner in clauses:
                yield from leaves(inner, excluded=excluded)
        case leaf:
            if not excluded:
                yield leaf


def write(clause: Clause | None, bag_operator: str = "AND") -> str:
    """Write a query out with every operator visible, so that it reads the same again.

    `bag_operator` is what a `Bag` means.
    """
    return "" if clause is None else _write(clause, bag_operator, is_outermost=True)


def _write(clause: Clause, bag_operator: str, *, is_outermost: bool) -> str:
    match clause:
        case Not(inner):
            return "NOT " + _write(inner, bag_operator, is_outermost=False)
        case And(clauses):
            operator = "AND"
        case Or(clauses):
            operator = "OR"
        case Bag(clauses):
            wanted = tuple(inner for inner in clauses if not isinstance(inner, Not))
            excluded = tuple(inner for inner in clauses if isinstance(inner, Not))
            # An exclusion narrows a bag whatever else it means: `a -b` is never "a, or all that lacks b".
            operator = bag_operator if wanted else "AND"
            if operator == "OR" and excluded:
                any_wanted = Or(wanted) if len(wanted) > 1 else wanted[0]
                return _write(And((any_wanted, *excluded)), bag_operator, is_outermost=is_outermost)
        case leaf:
            return _write_leaf(leaf)
    written = f" {operator} ".join(_write(inner, bag_operator, is_outermost=False) for inner in clauses)
    return written if is_outermost else f"({written})"


def _write_leaf(leaf: Leaf) -> str:
    """Write a leaf as typed, or in quotes where it would be read as something else beside other words."""
    match leaf:
        case Everything():
            return "*"
        case Word(text, surface):
            is_plain = text.startswith('"') or not (
                leaf.is_stop_word or (analysis.is_stop_word(surface) and surface not in stopwords.ACRONYMS)
            )
            written = text if is_plain else f'"{text}"'
        case Phrase(text):
            # `http:b`, cut out of `a,http:b`, begins like a field.
            is_plain = leaf.is_quoted or list(_lex(text)) == [_Lexeme("chunk", text)]
            written = text if is_plain else f'"{text}"'
        case Prefix(text):
            written = text
    return f"{leaf.field}:{written}" if leaf.field else written


# Lexing ---------------------------------------------------------------------------------------------------------


class _Lexeme(NamedTuple):
    """A piece of the query: `kind` is word, phrase, field, minus, star, `(` or `)`."""

    kind: str
    text: str


_LEXEME = regex.compile(
    r"""
      "(?P<phrase>[^"]*)"
    | (?P<open>\()
    | (?P<close>\))
    | (?P<star>(?<![^\s(])\*+(?![^\s)]))
    | (?P<minus>(?<![^\s(])-(?=[^\s\-]))
    | (?P<field>(?<![^\s(\-])[a-z]+:(?=[^\s):]))
    | (?P<chunk>[^\s()"]+)
    """,
    regex.VERBOSE,
)
_CURLY_DOUBLE_QUOTES = str.maketrans(dict.fromkeys("“”„«»＂", '"'))
# One of these alone between two words makes them one compound: al-Qaeda, RFE/RL, 3.5, 12:30, AT&T; in Persian it is the
# zero-width non-joiner.
_COMPOUND_JOINT = regex.compile(r"[-\u200c\u2010\u2011\u2013/._:&@+'\u2019]")


def _lex(text: str) -> Iterator[_Lexeme]:
    for match in _LEXEME.finditer(text.translate(_CURLY_DOUBLE_QUOTES)):
        kind = match.lastgroup
        content = match.group(kind) if kind else ""
        if kind == "field":
            name = content[:-1]
            if name in FIELDS:
                yield _Lexeme("field", name)
            else:  # Not a field of ours: a word like any other, with whatever stands behind the colon.
                yield _Lexeme("chunk", name)
        elif kind:
            yield _Lexeme(kind, content)


def _pair_parentheses(lexemes: list[_Lexeme]) -> list[_Lexeme]:
    """Drop every parenthesis that has no partner or is nested too deep."""
    opened: list[int] = []
    partner: dict[int, int] = {}
    for place, lexeme in enumerate(lexemes):
        if lexeme.kind == "open":
            opened.append(place)
        elif lexeme.kind == "close" and opened:
            partner[opened.pop()] = place
    kept: set[int] = set()
    open_ends: list[int] = []
    for start in sorted(partner):
        while open_ends and open_ends[-1] < start:
            open_ends.pop()
        if len(open_ends) < MAX_DEPTH:
            kept |= {start, partner[start]}
            open_ends.append(partner[start])
    return [lexeme for place, lexeme in enumerate(lexemes) if lexeme.kind not in ("open", "close") or place in kept]


# Parsing --------------------------------------------------------------------------------------------------------


class _Parser:
    """Recursive descent over lexemes whose parentheses are paired and whose nesting is bounded."""

    def __init__(self, lexemes: list[_Lexeme]) -> None:
        self._lexemes = lexemes
        self._place = 0
        self._words = 0
        self.words_left_out = 0
        words = [lexeme.text for lexeme in lexemes if lexeme.kind in ("chunk", "phrase")]
        # Where all is in capitals, capitals say nothing, except for the few that are better known as acronyms.
        self._all_capitals = "".join(words).isupper()
        # A sentence in capitals is told by its stop words. Its AND is no operator, and its NOT excludes nothing.
        stop_words = [word for word in words if _is_plain_stop_word(word)]
        self._has_operators = not self._all_capitals or len(stop_words) < _STOP_WORDS_OF_A_SENTENCE

    def parse(self) -> Clause | None:
        return self._either(field=None)

    def _peek(self, ahead: int = 0) -> _Lexeme | None:
        place = self._place + ahead
        return self._lexemes[place] if place < len(self._lexemes) else None

    def _is_operator(self, text: str, ahead: int = 0) -> bool:
        return self._has_operators and self._peek(ahead) == _Lexeme("chunk", text)

    def _has_operand(self, ahead: int) -> bool:
        lexeme = self._peek(ahead)
        return lexeme is not None and lexeme.kind != "close"

    def _either(self, field: str | None) -> Clause | None:
        """Clauses between OR."""
        clauses = [self._neighbours(field)]
        while self._is_operator("OR"):
            self._place += 1
            clauses.append(self._neighbours(field))
        return _group(Or, clauses)

    def _neighbours(self, field: str | None) -> Clause | None:
        """Clauses side by side, or between AND, which holds tighter."""
        bag: list[Clause | None] = []
        while (lexeme := self._peek()) is not None and lexeme.kind != "close":
            if bag and self._is_operator("OR") and self._has_operand(1):
                break
            joined = [self._clause(field)]
            while self._is_operator("AND") and self._has_operand(1):
                self._place += 1
                joined.append(self._clause(field))
            bag.append(_group(And, joined))
        return _group(Bag, bag)

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
                clause = self._star()
            case _:
                clause = self._chunk(lexeme.text, field)
        return Not(clause) if clause is not None and negations % 2 else clause

    def _fielded(self, field: str) -> Clause | None:
        lexeme = self._peek()
        if lexeme is not None and lexeme.kind in ("open", "phrase", "chunk"):
            return self._clause(field)
        return self._chunk(field, None)  # `title:` before nothing is the word

    def _tokenize(self, text: str) -> list[analysis.Token]:
        """Cut a piece of the query into words, no more than the query as a whole may have."""
        tokens = list(analysis.tokenize(text))
        room = MAX_WORDS - self._words
        self.words_left_out += max(0, len(tokens) - room)
        self._words += min(room, len(tokens))
        return tokens[:room]

    def _star(self) -> Clause | None:
        # It counts as a word, or a query could hold thousands of them.
        if self._words >= MAX_WORDS:
            self.words_left_out += 1
            return None
        self._words += 1
        return Everything()

    def _phrase(self, text: str, field: str | None) -> Clause | None:
        tokens = self._tokenize(text)
        prefixes: list[Clause | None] = []
        while tokens and _ends_in_one_cjk(text, tokens):
            last = tokens.pop()
            if not (tokens and tokens[-1].end > last.start):
                prefixes.append(Prefix(text[last.start : last.end], last.surface, field))
                text = text[: last.start]
        if len(tokens) == 1:
            # Quotes make a stop word count: "who" is asked for, not dropped.
            return _group(And, [Word(f'"{text.strip()}"', tokens[0].surface, field), *reversed(prefixes)])
        if not tokens:
            return _group(And, prefixes[::-1])
        surfaces = tuple(token.surface for token in tokens)
        return _group(And, [Phrase(f'"{" ".join(text.split())}"', surfaces, field), *reversed(prefixes)])

    def _chunk(self, text: str, field: str | None) -> Clause | None:
        """Read what stands between two spaces: a word, a compound, a prefix, or several of them."""
        groups: list[list[analysis.Token]] = []
        for token in self._tokenize(text):
            if groups and _is_joined(text, groups[-1][-1], token):
                groups[-1].append(token)
            else:
                groups.append([token])
        return _group(Bag, [self._compound(text, group, field) for group in groups])

    def _compound(self, text: str, group: list[analysis.Token], field: str | None) -> Clause:
        last = group[-1]
        star = "*" if text.startswith("*", last.end) else ""
        is_prefix = star == "*"
        if _ends_in_one_cjk(text, group):
            # What ends a run stands in the word before it, too, and goes on without a star.
            is_prefix = len(group) == 1 or group[-2].end <= last.start
            if not is_prefix:
                group, last = group[:-1], group[-2]
        if is_prefix:
            prefix = Prefix(text[last.start : last.end] + star, last.surface, field)
            rest = self._compound(text, group[:-1], field) if len(group) > 1 else None
            return _group(And, [rest, prefix]) or prefix
        written = text[group[0].start : last.end]
        if len(group) > 1:
            return Phrase(written, tuple(token.surface for token in group), field, is_quoted=False)
        return Word(
            written,
            last.surface,
            field,
            analysis.is_stop_word(last.surface) and not self._means_acronym(last, written),
        )

    def _means_acronym(self, token: analysis.Token, written: str) -> bool:
        """Say whether a stop word in capitals is not the stop word: US, WHO; but not a stray AND."""
        if not token.is_acronym or written in OPERATORS:
            return False
        return not self._all_capitals or token.surface in stopwords.ACRONYMS


def _is_plain_stop_word(text: str) -> bool:
    return text not in OPERATORS and analysis.is_stop_word(text.lower()) and text.lower() not in stopwords.ACRONYMS


def _ends_in_one_cjk(text: str, tokens: list[analysis.Token]) -> bool:
    """Say whether the last word is one character of CJK, and so the end of a run."""
    return analysis.cjk_end(text, tokens[-1].start) == tokens[-1].end


def _is_joined(text: str, before: analysis.Token, token: analysis.Token) -> bool:
    """Say whether a word goes on with the one before it: as a compound, or for CJK puts nothing in between."""
    if token.start <= before.end:
        return analysis.cjk_end(text, before.start) is not None or analysis.cjk_end(text, token.start) is not None
    return _COMPOUND_JOINT.fullmatch(text[before.end : token.start]) is not None


def _group(kind: type[And] | type[Or] | type[Bag], clauses: list[Clause | None]) -> Clause | None:
    """Join clauses; none is nothing, one stands for itself, and a group within one of its kind is part of it."""
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


# Stop words -----------------------------------------------------------------------------------------------------


def _drop_stop_words(root: Clause) -> tuple[Clause, tuple[str, ...]]:
    """Leave out the stop words that are not excluded, unless there is nothing else to search for."""
    wanted = list(leaves(root))
    dropped = tuple(leaf.text for leaf in wanted if isinstance(leaf, Word) and leaf.is_stop_word)
    if len(dropped) == len(wanted):
        return root, ()
    kept = _without_stop_words(root)
    return (root, ()) if kept is None else (kept, dropped)


def _without_stop_words(clause: Clause) -> Clause | None:
    match clause:
        case Word(is_stop_word=True):
            return None
        case And(clauses) | Or(clauses) | Bag(clauses):
            return _group(type(clause), [_without_stop_words(inner) for inner in clauses])
        case _:
            return clause
