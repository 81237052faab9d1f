"""The stemmers are NLTK's, loaded without the rest of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from index.snowball import make_stemmer
from tests.conftest import ROOT

ALONE = """
import sys
from index.snowball import make_stemmer

assert make_stemmer("german").stem("verträge") == "vertrag"
print([name for name in sys.modules if name.partition(".")[0] in ("nltk", "scipy")])
import nltk
assert nltk.stem.snowball.SnowballStemmer("german").stem("verträge") == "vertrag"
assert nltk.word_tokenize and nltk.corpus.stopwords
"""

BESIDE = """
import nltk
from index.snowball import make_stemmer

assert type(make_stemmer("german")) is nltk.stem.snowball.SnowballStemmer
"""


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_nothing_else_of_nltk_is_loaded_and_all_of_it_can_be_afterwards() -> None:
    assert run(ALONE) == "[]\n"


def test_it_is_the_one_of_nltk_where_that_is_loaded_already() -> None:
    assert run(BESIDE) == ""


def test_a_language_without_a_stemmer_is_an_error() -> None:
    with pytest.raises(ValueError, match="klingon"):
        make_stemmer("klingon")
