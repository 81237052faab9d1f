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

import datetime as dt

import regex

from index import analysis, stopwords
from index.clauses import (
    And,
    Bag,
    Clause,
    Everything,
    Language,
    Leaf,
    Not,
    Or,
    Phrase,
    Prefix,
    Published,
    Query,
    Word,
    drop_stop_words,
    is_narrowing,
    join_clauses,
)
from index.query_dates import read_dates, write_dates
from index.query_lexer import Lexeme, lex, pair_parentheses

# A query is bounded so that its cost is: more than enough for a person, too little for an attack.
MAX_WORDS = 64
MAX_CHARACTERS = 4096

# As articles have them: ISO 639, of two letters where there is one, seldom with a region.
_LANGUAGE_CODE = regex.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")

OPERATORS = ("AND", "OR", "NOT", "TO")

# One of these alone between two words makes them one compound: al-Qaeda, RFE/RL, 3.5, 12:30, AT&T; in Persian it is the
# zero-width non-joiner.
_COMPOUND_JOINT = regex.compile(r"[-\u200c\u2010\u2011\u2013/._:&@+'\u2019]")


def parse(text: str, today: dt.date | None = None) -> Query:
    """Read what a person typed. Never fails, and takes time in proportion to the length of the text.

    `today` is what relative dates count from; where it is left out, the date in UTC.
    """
    notes: list[str] = []
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS]
        notes.append(f"Only the first {MAX_CHARACTERS:,} characters of the query were used.")
    parser = _Parser(pair_parentheses(list(lex(text))), today)
    root = parser.parse()
    if parser.words_left_out:
        notes.append(f"Only the first {MAX_WORDS} words of the query were used.")
    notes += dict.fromkeys(parser.notes)
    dropped: tuple[str, ...] = ()
    if root is not None:
        root, dropped = drop_stop_words(root)
    elif text.strip():
        notes.append("The query holds no word to search for.")
    return Query(root, dropped, tuple(notes))


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
            wanted = tuple(inner for inner in clauses if not is_narrowing(inner))
            narrowing = tuple(inner for inner in clauses if is_narrowing(inner))
            operator = bag_operator if wanted else "AND"
            if operator == "OR" and narrowing:
                any_wanted = Or(wanted) if len(wanted) > 1 else wanted[0]
                return _write(And((any_wanted, *narrowing)), bag_operator, is_outermost=is_outermost)
        case leaf:
            return _write_leaf(leaf)
    written = f" {operator} ".join(_write(inner, bag_operator, is_outermost=False) for inner in clauses)
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
        case Word(text, surface):
            is_plain = text.startswith('"') or not (
                leaf.is_stop_word or (analysis.is_stop_word(surface) and surface not in stopwords.ACRONYMS)
            )
            written = text if is_plain else f'"{text}"'
        case Phrase(text):
            # `http:b`, cut out of `a,http:b`, begins like a field.
            is_plain = leaf.is_quoted or list(lex(text)) == [Lexeme("chunk", text)]
            written = text if is_plain else f'"{text}"'
        case Prefix(text):
            written = text
    return f"{leaf.field}:{written}" if leaf.field else written


# Parsing --------------------------------------------------------------------------------------------------------


class _Parser:
    """Recursive descent over lexemes whose parentheses are paired and whose nesting is bounded."""

    def __init__(self, lexemes: list[Lexeme], today: dt.date | None) -> None:
        self._lexemes = lexemes
        self._today = today
        self.notes: list[str] = []
        self._place = 0
        self._words = 0
        self.words_left_out = 0
        words = [lexeme.text for lexeme in lexemes if lexeme.kind in ("chunk", "phrase")]
        # Where all is in capitals, capitals say nothing, except for the few that are better known as acronyms.
        self._all_capitals = "".join(words).isupper()

    def parse(self) -> Clause | None:
        return self._either(field=None)

    def _peek(self, ahead: int = 0) -> Lexeme | None:
        place = self._place + ahead
        return self._lexemes[place] if place < len(self._lexemes) else None

    def _is_operator(self, text: str, ahead: int = 0) -> bool:
        return self._peek(ahead) == Lexeme("chunk", text)

    def _is_or(self) -> bool:
        lexeme = self._peek()
        return lexeme is not None and (lexeme.kind == "bar" or lexeme == Lexeme("chunk", "OR"))

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
        while lexeme is not None and (
            lexeme.kind == "minus" or (lexeme == Lexeme("chunk", "NOT") and self._has_operand(1))
        ):
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
                clause = self._count(Everything())
            case "dates":
                clause = self._dates(lexeme.text)
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

    def _count(self, clause: Clause) -> Clause | None:
        # What has no words counts as one, or a query could hold thousands of them.
        if self._words >= MAX_WORDS:
            self.words_left_out += 1
            return None
        self._words += 1
        return clause

    def _dates(self, text: str) -> Clause | None:
        name, _, written = text.partition(":")
        dates = read_dates(name, written, self._today)
        if dates is not None:
            return self._count(Published(*dates))
        self.notes.append(f"“{text}” names no dates, and was searched for as words.")
        return join_clauses(Bag, [self._chunk(name, None), self._chunk(written, None)])

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
            return join_clauses(And, [Word(f'"{text.strip()}"', tokens[0].surface, field), *reversed(prefixes)])
        if not tokens:
            return join_clauses(And, prefixes[::-1])
        surfaces = tuple(token.surface for token in tokens)
        return join_clauses(And, [Phrase(f'"{" ".join(text.split())}"', surfaces, field), *reversed(prefixes)])

    def _chunk(self, text: str, field: str | None) -> Clause | None:
        """Read what stands between two spaces: a word, a compound, a prefix, or several of them."""
        if field == "language":
            return self._language(text)
        groups: list[list[analysis.Token]] = []
        for token in self._tokenize(text):
            if groups and _is_joined(text, groups[-1][-1], token):
                groups[-1].append(token)
            else:
                groups.append([token])
        return join_clauses(Bag, [self._compound(text, group, field) for group in groups])

    def _language(self, text: str) -> Clause | None:
        if _LANGUAGE_CODE.fullmatch(text):
            return self._count(Language(text.lower()))
        self.notes.append(f"“{text}” is no code of a language, as “en” is, and was searched for as words.")
        return self._chunk(text, None)

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
            return join_clauses(And, [rest, prefix]) or prefix
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


def _ends_in_one_cjk(text: str, tokens: list[analysis.Token]) -> bool:
    """Say whether the last word is one character of CJK, and so the end of a run."""
    return analysis.cjk_end(text, tokens[-1].start) == tokens[-1].end


def _is_joined(text: str, before: analysis.Token, token: analysis.Token) -> bool:
    """Say whether a word goes on with the one before it: as a compound, or for CJK puts nothing in between."""
    if token.start <= before.end:
        return analysis.cjk_end(text, before.start) is not None or analysis.cjk_end(text, token.start) is not None
    return _COMPOUND_JOINT.fullmatch(text[before.end : token.start]) is not None
