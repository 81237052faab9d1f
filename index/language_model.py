"""The model of the detector of languages, as arrays that are mapped from a file.

py3langid has it in an archive that takes half a second to unpack, for each process that detects. So it is unpacked once
on a machine, into files beside Python's own of compiled modules, and mapped from there: of 70 MB a run reads what its
texts need, and processes share it. Where nothing may be written it is unpacked each time.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Sequence
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_FOLDER = Path(cache_from_source(__file__)).parent
# Rises when the files are to hold something else.
_LAYOUT = 1


class Model(NamedTuple):
    """py3langid's model as arrays: an automaton that finds sequences of bytes, and how each speaks for a language.

    The automaton goes from `state` by `byte` to `next_states[rows[state] + byte]`. `features`: what a state says is
    found there; -1 for nothing. `weights`: f4[features, languages]. `priors`: f4[languages]. `aliases`: pairs of
    columns that are one language.
    """

    next_states: NDArray[Any]
    rows: NDArray[np.int64]
    features: NDArray[np.int32]
    weights: NDArray[np.float32]
    priors: NDArray[np.float32]
    languages: list[str]
    aliases: list[tuple[int, int]]


_ARRAYS = Model._fields[:5]


def load_model(languages: Sequence[str], folder: Path = _FOLDER) -> Model:
    """Return the model for some languages, mapped from the files that it was unpacked into, or unpacked now."""
    from py3langid.langid import MODEL_DIR, MODEL_FILE  # noqa: PLC0415 -- for who reads articles

    packed = (MODEL_DIR / MODEL_FILE).stat()
    wanted = json.dumps([_LAYOUT, sys.byteorder, *languages, packed.st_size, packed.st_mtime_ns])
    unpacked = folder / f"language-model-{zlib.crc32(wanted.encode()):08x}"
    try:
        return _read(unpacked)
    except (OSError, EOFError, ValueError):
        model = _unpack(languages)
    _write(model, unpacked)
    return model


def _unpack(languages: Sequence[str]) -> Model:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 -- as above

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(languages)
    return Model(
        np.asarray(identifier.tk_nextmove),
        np.asarray(identifier.tk_row, np.int64) << 8,
        np.asarray(identifier.tk_output, np.int32),
        # They come as f2; widening what is looked up each time takes longer than all of the rest.
        np.ascontiguousarray(identifier.nb_ptc, dtype=np.float32),
        identifier.nb_pc.astype(np.float32),
        list(identifier.nb_classes),
        list(identifier._alias_pairs),
    )


def _read(unpacked: Path) -> Model:
    next_states, rows, features, weights, priors = (
        np.asarray(np.load(unpacked / f"{name}.npy", mmap_mode="r")) for name in _ARRAYS
    )
    languages, aliases = json.loads((unpacked / "languages.json").read_bytes())
    pairs = [(first, alias) for first, alias in aliases]
    return Model(next_states, rows, features, weights, priors, languages, pairs)


def _write(model: Model, unpacked: Path) -> None:
    """Keep a model, whole or not at all, in place of older ones; not where that is not possible."""
    try:
        unpacked.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=unpacked.parent, prefix="language-model-partial-"))
    except OSError:
        return
    try:
        partial.chmod(0o755)
        for name in _ARRAYS:
            with (partial / f"{name}.npy").open("wb") as file:
                np.save(file, getattr(model, name))
                _make_durable(file.fileno())
        with (partial / "languages.json").open("w") as text:
            json.dump([model.languages, model.aliases], text)
            text.flush()
            _make_durable(text.fileno())
        shutil.rmtree(unpacked, ignore_errors=True)
        partial.rename(unpacked)
        for other in unpacked.parent.glob("language-model-*"):
            if other != unpacked and "partial" not in other.name:
                shutil.rmtree(other, ignore_errors=True)
    except OSError:
        # The disk is full, or another process was quicker.
        shutil.rmtree(partial, ignore_errors=True)


def _make_durable(file: int) -> None:
    # After a power cut a file may be there and hold zeros, which would be languages, too.
    os.fsync(file)
