"""The English words that are too common to tell one article from another, and acronyms that spell a word.

They are indexed like any other word, so that phrases are exact, and left out of a query's loose words. The list
is Snowball's (public domain), which NLTK has too, but as a download, and Dateline installs without one. It is
folded as `index.analysis` folds words, so that "don't" stands here as "dont" and "they're" not at all; "us" is
added, and single letters other than "a" and "i" are left out: vitamin D is asked for.
"""

from __future__ import annotations

ENGLISH: frozenset[str] = frozenset(
    """
    i me my myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers
    herself it its itself they them their theirs themselves what which who whom this that these those am is are
    was were be been being have has had having do does did doing a an the and but if or because as until while of
    at by for with about against between into through during before after above below to from up down in out on
    off over under again further then once here there when where why how all any both each few more most other
    some such no nor not only own same so than too very can will just should now
    dont arent couldnt didnt doesnt hadnt hasnt havent isnt mightnt mustnt neednt shant shouldnt wasnt werent wont
    wouldnt cant cannot
    """.split()
)

# Stop words that are well known as acronyms too; in a query all in capitals, where capitals say nothing, they are
# taken for the acronym.
ACRONYMS: frozenset[str] = frozenset({"us", "who", "it"})

# Acronyms that spell another word, of English or of a language whose articles stand beside English ones (the UN and
# French "un", MIT and German "mit"). A list and no rule: what is written in capitals is mostly the same word (NATO and
# Nato, NOT and not), and must be found by it. A word is here if its capitals nearly always mean something else.
LIKE_WORDS: tuple[str, ...] = tuple(
    """
    ai aids cat cop dot eu era ice is it la led mit pac pin ram salt sat start stem swat un us vat who
    """.split()
)
# As they are told from these words: in capitals.
TOLD: dict[str, str] = {word: word.upper() for word in LIKE_WORDS}
_WORDS = {acronym: word for word, acronym in TOLD.items()}


def as_word(surface: str) -> str:
    """Return the word that an acronym spells, and any other surface as it is."""
    return _WORDS.get(surface, surface)


def is_acronym(surface: str) -> bool:
    """Say whether a surface is an acronym that is told from a word."""
    return surface in _WORDS
