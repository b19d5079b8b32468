"""Cuts JSON arrays, pretty or minified, at the top level or under a key, into batches of typed records.

A *border* is the run of bytes between two records of this file, such as ``},\\n  {\\n    "recordKey":``, learned from
the first pair. It only proposes where to cut: a batch counts once it was decoded as a whole, and where that fails each
record is read by itself from where the one before it ended. So a border that turns up inside a record costs time,
never rows; and behind a record that is broken, reading resumes at the next border.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic

from toolkit.carve.streams import Readable
from toolkit.carve.typed import Decoder, Reject, Scanner, T, anchors
from toolkit.carve.window import Window, gathered
from toolkit.limits import DEFAULT, KIB, Limits

_GAP = re.compile(rb"[ \t\r\n]*")
_SPACES = rb"[ \t\r\n]{0,200}"
_OVERLAP = KIB  # no key or border is longer; kept when the window slides, so that none is cut in two
_LOOKS = (4 * KIB, 64 * KIB)  # how far to look for the end of a record before the limit itself
_RUNAWAYS = 64  # records without an end that may cost a look of the full limit, in one file
_AT_ONCE = 4_000
_TORN = 16  # characters of the longest token (\uXXXX, -Infinity) that the end of a look can tear


@dataclass(slots=True)
class Batch(Generic[T]):
    """Some records in the order of the file.

    Attributes:
        records: What was understood.
        rows: Their record numbers, from 1.
        leftovers: Position in *records* -> keys no field took, as a JSON object without its braces.
        faults: (record number, code) of what was odd but kept.
        rejects: (record number, code) of what was no record.
    """

    records: list[T] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    leftovers: dict[int, str] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)


class Cutter(Generic[T]):
    """Walks one JSON file from its first byte to its last.

    Args:
        stream: The file, UTF-8.
        decoder: The shape of one record.
        key: The name under which the array stands, wherever and however often it occurs; None for an array that is
            the whole file.
        limits: Bounds.

    Attributes:
        pages: How many arrays there were, those without entries and those given as ``null`` included.
        notes: Codes of what was odd about the file as a whole.
    """

    def __init__(self, stream: Readable, decoder: Decoder[T], key: str | None, limits: Limits = DEFAULT) -> None:
        self.pages = 0
        self.notes: list[str] = []
        self._step = min(limits.block, limits.json_record)  # so no record over the limit passes in a whole batch
        self._window = Window(stream, limits.block)
        self._decoder = decoder
        self._scanner = Scanner()
        self._limits = limits
        self._row = 0
        self._runaways = 0
        self._top_level = key is None
        self._opening = re.compile(
            rb"\[" if key is None else rb'"%s"%s:%s(?:\[|null\b)' % (re.escape(key.encode()), _SPACES, _SPACES)
        )
        names = b"|".join(re.escape(name.encode()) for name in anchors(decoder.shape))
        self._borders = re.compile(rb'\}%s,%s\{%s"(?:%s)"%s:' % (_SPACES, _SPACES, _SPACES, names, _SPACES))
        self._border: bytes | None = None

    def batches(self) -> Iterator[Batch[T]]:
        """Every record of every array, in order, some thousands at once."""
        yield from gathered(self._small_batches(), _size, _joined, _AT_ONCE)
        if self._window.failure:
            raise self._window.failure

    def _small_batches(self) -> Iterator[Batch[T]]:
        while self._open_array():
            yield from self._array()
            if self._top_level:
                break
        if self._top_level and self._gap(0) < len(self._window.data):
            self.notes.append("text_after_end")

    def _open_array(self) -> bool:
        """Move to just behind the next opening bracket; False if there is none."""
        window = self._window
        while True:
            found = self._opening.search(window.data)
            if found is None:
                window.drop(max(0, len(window.data) - _OVERLAP))
                if not window.more():
                    return False
                continue
            self.pages += 1
            window.drop(found.end())
            if found[0].endswith(b"["):
                return True

    def _array(self) -> Iterator[Batch[T]]:
        """All records up to the closing bracket; afterwards the window begins behind it."""
        window = self._window
        window.reach(self._limits.json_record)
        border = self._borders.search(window.data, 0, self._limits.json_record)
        self._border = border[0] if border else None
        while True:
            start = self._gap(0)
            if start == len(window.data):
                self.notes.append("cut_off")
                return
            if window.data.startswith(b"]", start):
                window.drop(start + 1)
                return
            yield self._fast() or self._slow()

    def _gap(self, start: int) -> int:
        """Where the white space that begins at *start* ends."""
        while True:
            found = _GAP.match(self._window.data, start)
            end = found.end() if found else start
            if end < len(self._window.data) or not self._window.more():
                return end

    def _fast(self) -> Batch[T] | None:
        """The records up to the last border in the next block, if all of them decode at once."""
        window, border = self._window, self._border
        if border is None:
            return None
        window.reach(self._step)
        cut = window.data.rfind(border, 0, self._step)
        records = self._decoder.many(memoryview(window.data)[: cut + 1]) if cut >= 0 else None
        if records is None:
            return None
        window.drop(cut + border.index(b",") + 1)
        first = self._row + 1
        self._row += len(records)
        return Batch(records, list(range(first, self._row + 1)))

    def _slow(self) -> Batch[T]:
        """The records of the next block, each by itself."""
        batch: Batch[T] = Batch()
        position = 0
        while position < self._step:
            position = self._gap(position)
            if self._window.data[position : position + 1] in (b"", b"]"):
                break
            self._row += 1
            try:
                end = self._element(position, batch)
                position = self._behind(end, batch)
            except Reject as reject:
                batch.rejects.append((self._row, reject.code))
                position = self._resync(position)
        self._window.drop(position)
        return batch

    def _element(self, start: int, batch: Batch[T]) -> int:
        """Read the record at *start* and give its end.

        Raises:
            Reject: No whole JSON value begins there.
        """
        border = self._next_border(start)
        if border is not None:
            record = self._decoder.one(self._window.data[start : border + 1])
            if record is not None:
                batch.records.append(record)
                batch.rows.append(self._row)
                return border + 1
        value, end, faults = self._scan(start, border)
        self._add(value, faults, batch)
        return end

    def _add(self, value: Any, faults: list[str], batch: Batch[T]) -> None:
        try:
            record, leftover = self._decoder.fit(value, faults)
        except Reject as reject:
            batch.rejects.append((self._row, reject.code))
            return
        if leftover:
            batch.leftovers[len(batch.records)] = leftover
        batch.records.append(record)
        batch.rows.append(self._row)
        batch.faults += [(self._row, code) for code in dict.fromkeys(faults)]

    def _behind(self, end: int, batch: Batch[T]) -> int:
        """Pass the comma behind a record.

        Raises:
            Reject: Something else stands there; it counts as a record of its own.
        """
        end = self._gap(end)
        following = self._window.data[end : end + 1]
        if following == b",":
            return end + 1
        if following in (b"]", b""):
            return end
        self._row += 1
        raise Reject("not_json")

    def _next_border(self, start: int) -> int | None:
        """Where the next border begins, if that is within the size of one record."""
        if self._border is None:
            return None
        window, seen = self._window, start
        stop = start + self._limits.json_record + len(self._border)
        while True:
            found = window.data.find(self._border, seen, stop)
            if found >= 0:
                return found
            seen = max(start, len(window.data) - len(self._border))
            if len(window.data) >= stop or not window.more():
                return None

    def _scan(self, start: int, border: int | None) -> tuple[Any, int, list[str]]:
        """The JSON value at *start*, where it ends, and what was odd.

        Looks as far as the next border first; further only where the text up to there may be the front of a longer
        value, and at most as far as a record may reach. The outcome depends on the bytes alone, never on how they came.

        Raises:
            Reject: There is no whole value.
        """
        looks = [] if border is None else [border + 1 - start]
        if self._runaways < _RUNAWAYS:
            limit = self._limits.json_record
            looks += [size for size in (*(n for n in _LOOKS if n < limit), limit) if not looks or size > looks[0]]
        for size in looks:
            whole = not self._window.reach(start + size)
            text, faults = decoded(self._window.data[start : start + size])
            try:
                value, end = self._scanner.scan(text, 0)
            except json.JSONDecodeError as error:
                if error.pos < len(text) - _TORN and not error.msg.startswith("Unterminated"):
                    raise Reject("not_json") from None
                if whole:
                    raise Reject("cut_off") from None
                continue
            if end < len(text) or whole or isinstance(value, dict):
                length = len(text[:end].encode("utf-8", "surrogateescape"))
                scanned = self._scanner.faults
                if faults:  # the broken bytes are what the scanner met as lone surrogates
                    scanned = [code for code in scanned if code != "lone_surrogate"]
                return value, start + length, faults + scanned
        self._runaways += 1
        raise Reject("too_large" if border is None else "not_json")

    def _resync(self, start: int) -> int:
        """Where reading resumes behind a record that is broken; the window may move."""
        window = self._window
        while True:
            found = self._borders.search(window.data, start)
            if found:
                return found.start() + found[0].index(b",") + 1
            window.drop(max(start, len(window.data) - _OVERLAP))
            start = 0
            if not window.more():
                return len(window.data)


def _size(batch: Batch[T]) -> int:
    return len(batch.rows) + len(batch.rejects)


def _joined(batches: list[Batch[T]]) -> Batch[T]:
    """Batches that follow each other as one."""
    whole: Batch[T] = Batch()
    for batch in batches:
        whole.leftovers |= {at + len(whole.records): text for at, text in batch.leftovers.items()}
        whole.records += batch.records
        whole.rows += batch.rows
        whole.faults += batch.faults
        whole.rejects += batch.rejects
    return whole


def decoded(raw: bytes) -> tuple[str, list[str]]:
    """Bytes as text; what is not UTF-8 survives as lone surrogates, which the scanner replaces, and is a fault."""
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape"), ["bad_utf8"]
