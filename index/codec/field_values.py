"""Stored fields as JSON, with the types that JSON lacks.

What JSON has no word for is an object with the key `$`, which names the type: `{"$": "bytes", "v": "aGk="}`. (The name
of a field that begins with `$` gets one more, so that it is not taken for that.) This keeps what Whoosh's users store,
such as tuples, dates and numbers as keys, without pickles, which run code when they are read.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import json
import math
import uuid
import zoneinfo
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

_to_json = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")).encode
_JSON_TYPES = frozenset((str, int, bool, type(None)))


class UnstorableError(ValueError):
    """A value of a type that stored fields do not have; a `ValueError`, so that Whoosh takes the document back."""


def encode_fields(fields: Mapping[str, object]) -> bytes:
    """Return stored fields as `StoredWriter.add_raw` takes them; raises `UnstorableError`."""
    return join_fields({name: encode_value(value) for name, value in fields.items()})


def encode_value(value: object) -> str:
    """Return the value of one field for `join_fields`; raises `UnstorableError`."""
    return _to_json(_encode(value))


def join_fields(encoded: Mapping[str, str]) -> bytes:
    """Return the same as `encode_fields`, from values that are encoded."""
    if not encoded:
        return b""
    names = (f"${name}" if name.startswith("$") else name for name in encoded)
    members = ",".join(f"{_to_json(name)}:{value}" for name, value in zip(names, encoded.values(), strict=True))
    return f"{{{members}}}".encode("utf-8", "surrogatepass")


def decode_fields(encoded: bytes) -> dict[str, Any]:
    """Return what `encode_fields` was given."""
    if not encoded:
        return {}
    text = encoded.decode("utf-8", "surrogatepass")
    decoded: dict[str, Any]
    if '"$' not in text:
        decoded = json.loads(text)
    else:
        decoded = json.loads(text, object_hook=_decode_tagged)
        decoded = {name.removeprefix("$"): value for name, value in decoded.items()}
    return decoded


def _encode(value: Any) -> Any:
    """Return a value as something that JSON has."""
    kind = type(value)
    if kind in _JSON_TYPES:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$": "float", "v": repr(value)}
    if kind is list:
        return [_encode(item) for item in value]
    if kind is dict:
        if all(type(key) is str and key != "$" for key in value):
            return {key: _encode(item) for key, item in value.items()}
        return {"$": "dict", "v": [[_encode(key), _encode(item)] for key, item in value.items()]}
    for base, tag, encode in _ENCODERS:
        if isinstance(value, base):
            return {"$": tag, "v": encode(value)} if tag else encode(value)
    raise UnstorableError(
        f"A value of the type {kind.__module__}.{kind.__qualname__} cannot be stored. Those that can: str, bytes, int, "
        "float, complex, bool, None, Decimal, UUID, dates and times; and list, tuple, set, frozenset and dict of them."
    )


def _encode_datetime(value: dt.datetime) -> Any:
    zone = getattr(value.tzinfo, "key", None)  # of zoneinfo; any other keeps its offset and no more
    # The local time, not its offset: one that a change of the clocks left out would come back as another.
    return [value.replace(tzinfo=None).isoformat(), zone, value.fold] if isinstance(zone, str) else value.isoformat()


def _decode_datetime(value: Any) -> dt.datetime:
    if isinstance(value, str):
        return dt.datetime.fromisoformat(value)
    text, zone, fold = value
    return dt.datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=fold)


def _encode_set(values: Any) -> list[Any]:
    return sorted((_encode(value) for value in values), key=_to_json)  # so that equal sets are written alike


def _encode_number(value: Any) -> Any:
    number = value.item()
    if type(number) in {bool, int, float, complex, str, bytes}:
        return _encode(number)
    raise UnstorableError(f"A value of the type {type(value).__name__} cannot be stored.")


# Subclasses before their bases; with an empty tag the value is what the function returns.
_ENCODERS: tuple[tuple[type | tuple[type, ...], str, Callable[[Any], Any]], ...] = (
    (np.generic, "", _encode_number),
    (str, "", str.__str__),
    (int, "", int),
    (float, "", lambda value: _encode(float(value))),
    ((bytes, bytearray, memoryview), "bytes", lambda value: base64.b64encode(value).decode("ascii")),
    (tuple, "tuple", lambda values: [_encode(value) for value in values]),
    (list, "", lambda values: _encode(list(values))),
    (dict, "", lambda values: _encode(dict(values))),
    (frozenset, "frozenset", _encode_set),
    (set, "set", _encode_set),
    (dt.datetime, "datetime", _encode_datetime),
    (dt.date, "date", dt.date.isoformat),
    (dt.time, "time", dt.time.isoformat),
    (dt.timedelta, "timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    (decimal.Decimal, "decimal", str),
    (complex, "complex", lambda value: [_encode(value.real), _encode(value.imag)]),
    (uuid.UUID, "uuid", str),
)

_DECODERS: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "bytes": base64.b64decode,
    "dict": dict,
    "tuple": tuple,
    "frozenset": frozenset,
    "set": set,
    "datetime": _decode_datetime,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "timedelta": lambda parts: dt.timedelta(*parts),
    "decimal": decimal.Decimal,
    "complex": lambda parts: complex(*parts),
    "uuid": uuid.UUID,
}


def _decode_tagged(decoded: dict[str, Any]) -> Any:
    tag = decoded.get("$")
    return decoded if tag is None else _DECODERS[tag](decoded["v"])
