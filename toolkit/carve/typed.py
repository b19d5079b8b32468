"""JSON text to typed Python objects, in two ways that agree.

msgspec decodes at several times the speed of the standard library, and refuses whatever a declared type does not
foresee: unknown keys, other types, lone surrogates, NaN. What it refuses, the standard library reads, and `fit` puts
every value either into the declared field or into the *leftover*, so that nothing is lost.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from toolkit.limits import DEFAULT, Limits

# polars keeps whole numbers in 64 bits; a larger one is left over rather than wrapped around.
Int = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
T = TypeVar("T", bound=msgspec.Struct)
_SURROGATE = re.compile("[\ud800-\udfff]")
_REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Record(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Base of the typed shapes: every field is optional, every unknown key sends the record to the slow path."""


class Reject(Exception):
    """This piece of text is no record; *code* says why, in a word a program can use."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Decoder(Generic[T]):
    """Decodes records of one declared shape.

    Args:
        shape: The `Record` subclass that says which keys of which type are understood.
        limits: Bounds on depth and size.
    """

    def __init__(self, shape: type[T], limits: Limits = DEFAULT) -> None:
        self.shape = shape
        self.limits = limits
        self._many: msgspec.json.Decoder[list[T]] = msgspec.json.Decoder(list[shape])  # type: ignore[valid-type]
        self._one: msgspec.json.Decoder[T] = msgspec.json.Decoder(shape)

    def many(self, text: memoryview) -> list[T] | None:
        """All records of a comma-separated run of them, or None if any of them needs the slow path."""
        try:
            return self._many.decode(b"".join((b"[", text, b"]")))
        except _REFUSED:
            return None

    def one(self, text: bytes) -> T | None:
        """The record that is exactly *text*, or None if it needs the slow path."""
        try:
            return self._one.decode(text)
        except _REFUSED:
            return None

    def fit(self, value: Any, faults: list[str]) -> tuple[T, str]:
        """Fit a scanned value to the shape; also the keys no field took, as a JSON object without its braces.

        Raises:
            Reject: *value* is no JSON object, or is nested deeper than the limit.
        """
        if not isinstance(value, dict):
            raise Reject("not_a_record")
        if deeper_than(value, self.limits.json_depth):
            raise Reject("too_deep")
        record, left = fit(value, self.shape, faults)
        return record, json.dumps(left, ensure_ascii=False, separators=(",", ":"))[1:-1] if left else ""


class Scanner:
    """The standard library's decoder, made to report what it usually passes over in silence."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._sound, self._any = (
            json.JSONDecoder(
                object_pairs_hook=hook, parse_constant=self._constant, parse_float=self._float, strict=True
            )
            for hook in (self._object, self._cleaned_object)
        )

    def scan(self, text: str, start: int) -> tuple[Any, int]:
        """The JSON value that begins at *start*, and where it ends.

        Raises:
            json.JSONDecodeError: There is no whole value.
            Reject: It is nested deeper, or holds a longer number, than Python reads.
        """
        self.faults = []
        try:
            return (self._any if _may_hold_surrogates(text) else self._sound).raw_decode(text, start)
        except json.JSONDecodeError:
            raise
        except RecursionError:
            raise Reject("too_deep") from None
        except ValueError:  # whole numbers of more than 4,300 digits
            raise Reject("bad_number") from None

    def faults_in(self, raw: bytes) -> list[str]:
        """What was odd about *raw*, the bytes of the value that was scanned last."""
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:  # these bytes are what the scanner met as lone surrogates
            return ["bad_utf8", *(code for code in self.faults if code != "lone_surrogate")]
        return self.faults

    def _cleaned_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return self._object([(self._clean(key), self._clean(value)) for key, value in pairs])

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            self.faults.append("duplicate_key")
        return found

    def _clean(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._clean(item) for item in value]
        if isinstance(value, str) and not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            self.faults.append("lone_surrogate")
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return value

    def _constant(self, _: str) -> None:
        self.faults.append("not_a_number")

    def _float(self, text: str) -> float | None:
        number = float(text)
        if math.isinf(number):
            self.faults.append("not_a_number")
            return None
        return number


def repeats(text: bytes) -> bool:
    """Whether an object in this JSON has a key twice; False too for what is no JSON."""
    found = False

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        told = dict(pairs)
        found = found or len(told) < len(pairs)
        return told

    with suppress(ValueError, RecursionError):
        json.loads(text, object_pairs_hook=look)
    return found


def _may_hold_surrogates(text: str) -> bool:
    """Whether half a surrogate pair may stand in it: cleaning takes twice the time of everything else."""
    return "\\ud" in text or "\\uD" in text or (not text.isascii() and _SURROGATE.search(text) is not None)


def parsed(text: str, limits: Limits = DEFAULT) -> Any:
    """The JSON value that *text* is, cleaned like a record; None where it is none, or is nested too deep."""
    text = text.strip()
    try:
        value, end = Scanner().scan(text, 0)
    except (json.JSONDecodeError, Reject):
        return None
    return value if end == len(text) and not deeper_than([value], limits.json_depth) else None


def deeper_than(value: Any, limit: int) -> bool:
    """Whether lists and objects are nested more than *limit* levels."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


@cache
def _fields(shape: type[msgspec.Struct]) -> dict[str, Any]:
    return get_type_hints(shape, include_extras=True)


class _Misfit(Exception):
    """A value of another type than declared."""


def fit(value: dict[str, Any], shape: type[T], faults: list[str]) -> tuple[T, dict[str, Any]]:
    """Put each value of *value* into the field of *shape* that is declared for it, or into the leftover."""
    known = _fields(shape)
    fields: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for key, item in value.items():
        if key not in known:
            left[key] = item
            continue
        try:
            fields[key], rest = _fit_value(item, known[key], faults)
        except _Misfit:
            faults.append("field_type")
            left[key] = item
        else:
            if rest:
                left[key] = rest
    return shape(**fields), left


def _fit_value(value: Any, kind: Any, faults: list[str]) -> tuple[Any, Any]:
    """The value as *kind*, and what of it was left over.

    Raises:
        _Misfit: It is of another type.
    """
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        if value is None and NoneType in get_args(kind):
            return None, None
        return _fit_any(value, [k for k in get_args(kind) if k is not NoneType], faults)
    if origin is Annotated:
        if type(value) is int and -(2**63) <= value < 2**63:
            return value, None
        raise _Misfit
    if origin is list:
        return _fit_list(value, get_args(kind)[0], faults)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        return fit(value, kind, faults)
    if type(value) is kind:
        return value, None
    raise _Misfit


def _fit_any(value: Any, kinds: list[Any], faults: list[str]) -> tuple[Any, Any]:
    """The value as the first of *kinds* that takes it, the last of which says why none does."""
    for kind in kinds[:-1]:
        with suppress(_Misfit):
            return _fit_value(value, kind, faults)
    return _fit_value(value, kinds[-1], faults)


def _fit_list(value: Any, kind: Any, faults: list[str]) -> tuple[list[Any], list[Any]]:
    if not isinstance(value, list):
        raise _Misfit
    fitted = [_fit_value(item, kind, faults) for item in value]
    rests = [rest for _, rest in fitted]
    return [item for item, _ in fitted], rests if any(rests) else []


def anchors(shape: type[msgspec.Struct]) -> list[str]:
    """Keys that occur in a record itself but in none of its parts, so that they tell where a record begins."""
    inner = {name for part in _parts(shape) for name in _fields(part)}
    return [name for name in _fields(shape) if name not in inner]


def _parts(shape: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    found: set[type[msgspec.Struct]] = set()
    waiting = list(_fields(shape).values())
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in found:
            found.add(kind)
            waiting += _fields(kind).values()
    return found
