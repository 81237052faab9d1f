"""What stands between two spaces of a query, or in quotes, as leaves: words, compounds, patterns, dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import regex

from index import analysis, stopwords, urls
from index.clauses import (
    Address,
    And,
    Bag,
    Boosted,
    Clause,
    Everything,
    Exact,
    Filter,
    Fuzzy,
    Language,
    Leaf,
    Phrase,
    Prefix,
    Published,
    Wildcard,
    Word,
    is_narrowing,
    join_clauses,
)
from index.query_dates import read_dates
from index.query_lexer import FIELDS, Lexeme

# A query is bounded so that its cost is: more than enough for a person, too little for an attack. What costs is what is
# looked up: of loose words, those that are no stop words, once each. Of 112 questions about literature, up to 344 words
# long, 62 were cut when there was room for 64 words of any kind.
MAX_WORDS = 128
MAX_WRITTEN = 512
# For each of these the words of the whole index are gone through, some milliseconds for a million.
MAX_PATTERNS = 8
MAX_SLOP = 50
MAX_EDITS = 2
# Words of fewer letters have too many others an edit away; those of more may have two.
_LEAST_FUZZY, _FUZZY_TWICE = 3, 6
_LEAST_BOOST, _GREATEST_BOOST = 0.01, 100.0

# One of these alone between two words makes them one compound: al-Qaeda, RFE/RL, 3.5, 12:30, AT&T; in Persian it is the
# zero-width non-joiner.
_COMPOUND_JOINT = regex.compile(r"[-\u200c\u2010\u2011\u2013/._:&@+'\u2019]")
# As articles have them: ISO 639, of two letters where there is one, seldom with a region.
_LANGUAGE_CODE = regex.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_BOOSTED = regex.compile(r"(.+)\^(\d{1,4}(?:\.\d{1,4})?)")
_FUZZY = regex.compile(r"(.*[\p{L}\p{M}\p{N}])~(\d?)")
# A star at the end alone makes a prefix, and a question mark there ends a question.
_PATTERN = regex.compile(
    r"(?<![\p{L}\p{M}\p{N}*?])(?:\*++[\p{L}\p{M}\p{N}]++(?:[*?]++[\p{L}\p{M}\p{N}]++)*+"
    r"|[\p{L}\p{M}\p{N}]++(?:[*?]++[\p{L}\p{M}\p{N}]++)++)\**+"
)
# What may be malformed: an operator, a field, or a sign of the language that is none where it stands.
_SIGNED = regex.compile(r"\||^(?:AND|OR|NOT)$|:$|^[=~^]|[~^][^~^]*$")
_WILD = regex.compile(r"([*?]+)")

_FIELDS_OF_NAMES = ("author", "source", "language", "url")
_ACRONYMS = frozenset(stopwords.TOLD.values())
_OPERATORS = ("AND", "OR", "NOT", "TO")
_FOLDED_OPERATORS = frozenset(map(str.lower, _OPERATORS))
# So many stop words make a sentence of a query: "THE WHO AND ABBA" has one.
_STOP_WORDS_OF_A_SENTENCE = 2


class WordReader:
    """Reads the leaves of one query, no more than a query may have; `notes` say what was not taken as it stands."""

    def __init__(self, lexemes: list[Lexeme], today: dt.date | None) -> None:
        self._today = today
        self._words = 0
        self.words_used = 0
        self._known: set[str] = set()
        self._patterns = 0
        self.words_left_out = 0
        self.notes: list[str] = []
        words = list(_words_of_text(lexemes))
        # Where all is in capitals, capitals say nothing, except for the few that are better known as acronyms.
        self._all_capitals = "".join(words).isupper()
        self._are_acronyms_told = not self._all_capitals or not _has_other_words(words)
        # A sentence in capitals is told by its stop words. Its AND is no operator, and its NOT excludes nothing.
        self.is_sentence_in_capitals = (
            self._all_capitals and sum(map(_is_plain_stop_word, words)) >= _STOP_WORDS_OF_A_SENTENCE
        )

    def _tokenize(self, text: str, field: str | None) -> list[analysis.Token]:
        """Cut a piece of the query into words, no more than the query as a whole may have."""
        tokens = [
            token
            if token.surface not in _ACRONYMS or self._is_told(text, token, field)
            else token._replace(surface=stopwords.as_word(token.surface))
            for token in analysis.tokenize(text)
        ]
        is_free = len(tokens) == 1 and (tokens[0].surface in self._known or analysis.is_stop_word(tokens[0].surface))
        taken = tokens[: self._room(is_free=is_free)]
        self.words_left_out += len(tokens) - len(taken)
        self.words_used += len(taken)
        if not is_free:
            self._words += len(taken)
            self._known.update([token.surface for token in taken])
        return taken

    def _room(self, *, is_free: bool) -> int:
        """Return how many words there is room for; of those that are free, as many as may be written."""
        if self.words_left_out:
            return 0
        room = MAX_WRITTEN - self.words_used
        return room if is_free else min(room, MAX_WORDS - self._words)

    def _is_told(self, text: str, token: analysis.Token, field: str | None) -> bool:
        """Say whether an acronym is told from the word that it spells; names have none, and full stops tell it."""
        if field in _FIELDS_OF_NAMES:
            return False
        return self._are_acronyms_told or "." in text[token.start : token.end]

    def count(self, clause: Clause) -> Clause | None:
        """Take a clause without words for one word, or a query could hold thousands of them."""
        if not self._room(is_free=False):
            self.words_left_out += 1
            return None
        self._words += 1
        self.words_used += 1
        return clause

    def dates(self, text: str) -> Clause | None:
        """Read a field of dates with what stands behind its colon."""
        name, _, written = text.partition(":")
        dates = read_dates(name, written, self._today)
        if dates is not None:
            return self.count(Published(*dates))
        self.notes.append(f"“{text}” names no dates, and was searched for as words.")
        return join_clauses(Bag, [self._plain(name, None), self._plain(written, None)])

    def boost(self, clause: Clause | None, factor: str) -> Clause | None:
        """Weigh a clause; what has no words has no weight."""
        if clause is None or clause == Everything() or is_narrowing(clause):
            self.notes.append(f"“^{factor}” weighs words, and there are none before it.")
            return clause
        number = float(factor)
        if isinstance(clause, Boosted):
            number *= clause.factor
            clause = clause.clause
        if not _LEAST_BOOST <= number <= _GREATEST_BOOST:
            self.notes.append(f"Weights are from {_LEAST_BOOST:g} to {_GREATEST_BOOST:g}.")
        return Boosted(clause, round(min(max(number, _LEAST_BOOST), _GREATEST_BOOST), 4))

    def phrase(self, text: str, field: str | None, slop: int = 1) -> Clause | None:
        """Read what stands in quotes."""
        if field == "language":
            return self._language(text)
        if field == "url":
            return self._address(text)
        if slop > MAX_SLOP:
            self.notes.append(f"Words of “{text}” may be {MAX_SLOP} places apart, no more.")
            slop = MAX_SLOP
        tokens = self._tokenize(text, field)
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
        phrase = Phrase(f'"{" ".join(text.split())}"', surfaces, field, slop=max(slop, 1))
        return join_clauses(And, [phrase, *reversed(prefixes)])

    def unknown_field(self, name: str, field: str | None) -> Clause | None:
        """Read what stands before a colon and is none of the fields."""
        self.notes.append(f"“{name}:” is no field, and was searched for as a word.")
        return self._plain(name, field)

    def chunk(self, text: str, field: str | None, *, is_exact: bool = False) -> Clause | None:
        """Read what stands between two spaces; with `is_exact` behind an equals sign."""
        factors: list[str] = []
        while "^" in text and (boosted := _BOOSTED.fullmatch(text)):
            text, factor = boosted.groups()
            factors.append(factor)
        clause = self._unweighted(text, field, is_exact=is_exact)
        for factor in reversed(factors):
            clause = self._plain(factor, field) if clause is None else self.boost(clause, factor)
        return clause

    def _unweighted(self, text: str, field: str | None, *, is_exact: bool) -> Clause | None:
        if field == "language":
            return self._language(text)
        if field == "url":
            return self._address(text)
        if is_exact:
            return self.as_written(self._plain(text, field), text)
        if "~" in text and (fuzzy := _FUZZY.fullmatch(text)):
            return self._fuzzy(fuzzy[1], fuzzy[2], field)
        if "*" in text or "?" in text:
            return self._wild(text, field)
        if (text in _OPERATORS or not text.isalnum()) and _SIGNED.search(text):
            self._note_what_is_malformed(text)
        return self._plain(text, field)

    def _note_what_is_malformed(self, text: str) -> None:
        if text in _OPERATORS or text.startswith("|"):
            if text != "TO" and not self.is_sentence_in_capitals:
                self.notes.append(f"“{text}” joins nothing here, and is no operator.")
        elif text[-1] == ":":
            if text[:-1] in FIELDS:
                self.notes.append(f"“{text}” has no word right behind it, and was searched for as a word.")
        elif "/" not in text:
            self.notes.append(f"In “{text}” there is a sign that says nothing there, and was left out.")

    def _plain(self, text: str, field: str | None) -> Clause | None:
        """Read words, compounds and prefixes."""
        groups: list[list[analysis.Token]] = []
        for token in self._tokenize(text, field):
            if groups and _is_joined(text, groups[-1][-1], token):
                groups[-1].append(token)
            else:
                groups.append([token])
        return join_clauses(Bag, [self._compound(text, group, field) for group in groups])

    def _language(self, text: str) -> Clause | None:
        if _LANGUAGE_CODE.fullmatch(text):
            return self.count(Language(text.lower()))
        self.notes.append(f"“{text}” is no code of a language, as “en” is, and was searched for as words.")
        return self._plain(text, None)

    def _address(self, text: str) -> Clause | None:
        words = urls.words_of(text)
        if not words:
            self.notes.append(f"“url:{text}” names no address, and was left out.")
            return None
        return self.count(Address(text, words))

    def as_written(self, clause: Clause | None, text: str) -> Clause | None:
        """Return a clause, read of some text, with its words meant as they are written."""
        match clause:
            case Word(written, surface, field):
                return Exact(f"={written}", surface, field)
            case Phrase():
                return replace(clause, is_exact=True)
            case And(clauses) | Bag(clauses):
                return join_clauses(type(clause), [self.as_written(inner, text) for inner in clauses])
            case _:
                self.notes.append(f"“=” is for words and phrases, and “{text}” was searched for without.")
                return clause

    def _fuzzy(self, text: str, edits: str, field: str | None) -> Clause | None:
        clause = self._plain(text, field)
        length = len(clause.surface) if isinstance(clause, Word) else 0
        if not isinstance(clause, Word) or length < _LEAST_FUZZY or edits == "0":
            self.notes.append(
                f"“~” is for single words of {_LEAST_FUZZY} letters, and “{text}” was searched for without."
            )
            return clause
        if not self._has_room():
            return clause
        if edits and int(edits) > MAX_EDITS:
            self.notes.append(f"Words may differ by {MAX_EDITS} letters, no more.")
        distance = min(int(edits), MAX_EDITS) if edits else 1 if length < _FUZZY_TWICE else 2
        return Fuzzy(f"{clause.text}~{distance}", stopwords.as_word(clause.surface), distance, field)

    def _wild(self, text: str, field: str | None) -> Clause | None:
        """Read what may hold patterns."""
        clauses: list[Clause | None] = []
        place = 0
        for match in _PATTERN.finditer(text):
            # A question mark in an address begins its query.
            if ("?" in match[0] and "/" in text) or analysis.has_cjk(match[0]):
                continue
            pattern = "".join(map(_fold_piece, _WILD.split(match[0])))
            if not pattern.strip("*?") or not self._has_room():
                continue
            clauses.append(self._plain(text[place : match.start()], field))
            clauses.append(self.count(Wildcard(match[0], pattern, field)))
            place = match.end()
        clauses.append(self._plain(text[place:], field))
        return join_clauses(And, clauses)

    def _has_room(self) -> bool:
        self._patterns += 1
        if self._patterns > MAX_PATTERNS:
            self.notes.append(f"Only the first {MAX_PATTERNS} words with “~”, “?” or a “*” within were used as such.")
        return self._patterns <= MAX_PATTERNS

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
            prefix = Prefix(text[last.start : last.end] + star, stopwords.as_word(last.surface), field)
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
        if not token.is_acronym or written in _OPERATORS:
            return False
        return not self._all_capitals or token.surface in stopwords.ACRONYMS


def _words_of_text(lexemes: Sequence[Lexeme]) -> Iterator[str]:
    """Yield what is looked for in texts; in a field of names capitals say nothing of the rest."""
    depth, is_of_names = 0, False
    for lexeme in lexemes:
        if lexeme.kind == "field":
            is_of_names = is_of_names or lexeme.text in _FIELDS_OF_NAMES
            continue
        if is_of_names:
            depth += (lexeme.kind == "open") - (lexeme.kind == "close")
            is_of_names = depth > 0 or lexeme.kind == "exact"
        elif lexeme.kind in ("chunk", "phrase", "unknown") or _is_malformed_date(lexeme):
            yield lexeme.text


def _is_malformed_date(lexeme: Lexeme) -> bool:
    name, _, written = lexeme.text.partition(":")
    return lexeme.kind == "dates" and read_dates(name, written) is None


def tell_acronyms(leaves: Iterable[Leaf]) -> bool:
    """Say whether acronyms are told from words where these leaves are written as a query."""
    texts = [
        leaf.text for leaf in leaves if not isinstance(leaf, Everything | Filter) and leaf.field not in _FIELDS_OF_NAMES
    ]
    return not "".join(texts).isupper() or not _has_other_words(texts)


def _has_other_words(texts: Iterable[str]) -> bool:
    """Say whether there are words besides operators, numbers and acronyms that are told from words."""
    return any(
        not (token.surface in _ACRONYMS or token.surface in _FOLDED_OPERATORS or token.surface.isnumeric())
        for text in texts
        for token in analysis.tokenize(text)
    )


def _is_plain_stop_word(text: str) -> bool:
    return text not in _OPERATORS and analysis.is_stop_word(text.lower()) and text.lower() not in stopwords.ACRONYMS


def _fold_piece(piece: str) -> str:
    """Fold what stands between wild characters, and of these keep no star beside another."""
    if piece.strip("*?"):
        return analysis.fold(piece)
    return "?" * piece.count("?") + "*" * ("*" in piece)


def _ends_in_one_cjk(text: str, tokens: list[analysis.Token]) -> bool:
    """Say whether the last word is one character of CJK, and so the end of a run."""
    return analysis.cjk_end(text, tokens[-1].start) == tokens[-1].end


def _is_joined(text: str, before: analysis.Token, token: analysis.Token) -> bool:
    """Say whether a word goes on with the one before it: as a compound, or for CJK puts nothing in between."""
    if token.start <= before.end:
        return analysis.cjk_end(text, before.start) is not None or analysis.cjk_end(text, token.start) is not None
    return _COMPOUND_JOINT.fullmatch(text[before.end : token.start]) is not None
