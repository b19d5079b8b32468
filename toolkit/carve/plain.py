"""Cuts JSON of any shape into entries as plain dictionaries: an array, a list inside an object, or one object a line.

Every entry takes the slow path of the standard library: without a declared shape there is nothing the fast one could
prove.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from toolkit.carve.batch import Batch
from toolkit.carve.json import Cutter
from toolkit.carve.streams import Readable
from toolkit.carve.typed import Decoder, Record, Reject, Scanner, deeper_than
from toolkit.carve.window import Window
from toolkit.limits import DEFAULT, Limits

ARRAY, OBJECT, LINES = "array", "object", "lines"
_AT_ONCE = 4_000
_MISSING = object()
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|["{}\[\]:,]|[^\s"{}\[\]:,]+', re.DOTALL)


class Entry(Record):
    """One entry; *value* is all of it."""

    value: dict[str, Any]


class _Anything(Decoder[Entry]):
    def __init__(self, limits: Limits) -> None:
        super().__init__(Entry, limits)

    def many(self, text: memoryview) -> None:
        return None

    def one(self, text: bytes) -> None:
        return None

    def fit(self, value: Any, faults: list[str]) -> tuple[Entry, str]:
        if not isinstance(value, dict):
            raise Reject("not_a_record")
        if deeper_than(value, self.limits.json_depth):
            raise Reject("too_deep")
        return Entry(value), ""


def kind_of(head: bytes) -> str:
    """`ARRAY`, `OBJECT` or `LINES`, told from the first bytes; empty for what is no JSON."""
    text = head.lstrip()
    if text.startswith(b"["):
        return ARRAY
    if not text.startswith(b"{"):
        return ""
    line, _, rest = text.partition(b"\n")
    try:
        Scanner().scan(line.decode("utf-8", "replace"), 0)
    except (json.JSONDecodeError, Reject):
        return OBJECT
    return LINES if rest.lstrip().startswith(b"{") else OBJECT


def lists(head: bytes) -> list[str]:
    """Keys under which lists of objects stand in an object, as far as its first bytes show; outermost lists only."""
    found: list[str] = []
    inside: list[bytes] = []
    key = last = b""
    for match in TOKEN.finditer(head):
        token = match[0]
        if token == b'"':  # a text that never ends: nothing behind it can be told apart
            break
        if token == b"{" and last == b"[" and b"[" not in inside[:-1]:
            found.append(text_of(key))
        if token in (b"{", b"["):
            inside.append(token)
        elif token in (b"}", b"]"):
            del inside[-1:]
        elif token == b":" and b"[" not in inside:
            key = last
        last = token
    return [key for key in dict.fromkeys(found) if key]


def text_of(token: bytes) -> str:
    """The text that a token stands for; empty if it is none."""
    try:
        return str(json.loads(token.decode("utf-8", "replace"), strict=False))
    except ValueError:
        return ""


def batches(stream: Readable, kind: str, key: str, limits: Limits = DEFAULT) -> Iterator[Batch[Entry]]:
    """Every entry in order, some thousands at once.

    Args:
        stream: The file, UTF-8.
        kind: As `kind_of` says.
        key: Of the list, in an object.
        limits: Bounds.
    """
    if kind == LINES:
        return _lines(Window(stream, limits.block), _Anything(limits), limits)
    return Cutter(stream, _Anything(limits), key if kind == OBJECT else None, limits).batches()


def taken(
    batch: Batch[Entry], keys: Mapping[str, str]
) -> tuple[pl.DataFrame, list[dict[str, Any]], list[tuple[int, str]]]:
    """The values of some keys as text, and all the rest, so that nothing is dropped.

    Args:
        batch: Some entries; what is taken is taken out of them.
        keys: Name of a column -> key, or the way to an inner one such as ``device.name``.

    Returns:
        ``source_row`` and a column of text for each name (several texts in a list stand in lines); what each entry
        holds besides; and (record number, code) of values that are no text and so were left where they were.
    """
    cells: dict[str, list[str | None]] = {name: [] for name in keys}
    misfits = []
    for row, entry in zip(batch.rows, batch.records, strict=True):
        for name, key in keys.items():
            value = _popped(entry.value, key)
            text = _text(value)
            if text is None and value not in (None, _MISSING):
                entry.value[key] = value
                misfits.append((row, "field_type"))
            cells[name].append(text)
    schema = {"source_row": pl.UInt32, **dict.fromkeys(keys, pl.String)}
    raw = pl.DataFrame({"source_row": batch.rows, **cells}, schema=schema)
    return raw, [entry.value for entry in batch.records], misfits


def _popped(value: dict[str, Any], key: str) -> Any:
    """The value of a key, or of one inside an object such as ``device.name``, taken out."""
    if key in value:
        return value.pop(key)
    outer, dot, inner = key.partition(".")
    while dot:
        if isinstance(within := value.get(outer), dict):
            found = _popped(within, inner)
            if found is not _MISSING:
                if not within:
                    del value[outer]
                return found
        step, dot, inner = inner.partition(".")
        outer = f"{outer}.{step}"
    return _MISSING


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    return None


def as_extra(rests: Sequence[Mapping[str, Any]]) -> pl.Series:
    """What no column took, as ``records.extra`` holds it."""
    texts = [json.dumps(rest, ensure_ascii=False, separators=(",", ":")) if rest else None for rest in rests]
    return pl.Series("extra", texts, dtype=pl.String)


def _lines(window: Window, decoder: _Anything, limits: Limits) -> Iterator[Batch[Entry]]:
    batch: Batch[Entry] = Batch()
    scanner, row = Scanner(), 0
    for line, ended in _cut(window, limits.json_record):
        if line is not None and not line.strip():
            continue
        row += 1
        _add(line, ended, row, batch, decoder, scanner)
        if len(batch.rows) + len(batch.rejects) >= _AT_ONCE:
            yield batch
            batch = Batch()
    yield batch
    if window.failure:
        raise window.failure


def _cut(window: Window, most: int) -> Iterator[tuple[bytes | None, bool]]:
    """Each line, None for one that is too long; and whether a line end follows it."""
    while window.reach(window.at + 1):
        window.reach(window.at + most + 1)
        end = window.data.find(b"\n", window.at, window.at + most + 1)
        if end < 0 and len(window.data) - window.at > most:
            ended = _pass_over(window)
            yield None, ended
            continue
        line = window.data[window.at : len(window.data) if end < 0 else end]
        window.advance(len(window.data) if end < 0 else end + 1)
        yield line, end >= 0


def _pass_over(window: Window) -> bool:
    while (end := window.data.find(b"\n", window.at)) < 0:
        window.advance(len(window.data))
        if not window.more():
            return False
    window.advance(end + 1)
    return True


def _add(line: bytes | None, ended: bool, row: int, batch: Batch[Entry], decoder: _Anything, scanner: Scanner) -> None:
    faults: list[str] = []
    try:
        if line is None:
            raise Reject("too_large")
        text = line.decode("utf-8", "surrogateescape").strip()
        value, end = scanner.scan(text, 0)
        if end < len(text):
            raise Reject("not_json")
        faults = list(scanner.faults)
        entry, _ = decoder.fit(value, faults)
    except json.JSONDecodeError:
        batch.rejects.append((row, "not_json" if ended else "cut_off"))
    except Reject as reject:
        batch.rejects.append((row, reject.code))
    else:
        batch.records.append(entry)
        batch.rows.append(row)
        if not _is_utf8(line or b""):  # these bytes are what the scanner met as lone surrogates
            faults = ["bad_utf8", *(code for code in faults if code != "lone_surrogate")]
        batch.faults += [(row, code) for code in dict.fromkeys(faults)]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
