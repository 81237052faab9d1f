"""What the builder of segments must know of the fields; apart from it, so that naming fields loads no kernels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextField:
    """A text: positions, lengths; terms are stems, or surfaces with `stems` off.

    `surfaces` names a second field, of the surfaces: in which articles each is, as a part of those of its stem.
    `signed` has the segment keep a signature of each article's text, by which near-duplicates are told; of one field.
    """

    name: str
    stems: bool = True
    surfaces: str | None = None
    signed: bool = False

    def __post_init__(self) -> None:
        """Raise `ValueError` for a field of surfaces twice."""
        if self.surfaces and not self.stems:
            raise ValueError(f"The field {self.name!r} is one of surfaces already.")


@dataclass(frozen=True, slots=True)
class KeywordField:
    """Values that are terms as they are; `has_freqs` as Whoosh's KEYWORD has them and its ID has not."""

    name: str
    has_freqs: bool = True


@dataclass(frozen=True, slots=True)
class NumberField:
    """A whole number of 64 bits: Whoosh's `NUMERIC(int, bits=64, shift_step=0, sortable=True, default=default)`."""

    name: str
    default: int


Field = TextField | KeywordField | NumberField
