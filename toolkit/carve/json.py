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
from itertools import accumulate
from operator import attrgetter
from typing import Any, Generic

import polars as pl

from toolkit.carve.batch import Batch, Template, joined
from toolkit.carve.streams import Readable
from toolkit.carve.typed import Decoder, Reject, Scanner, T, anchors, repeats
from toolkit.carve.window import Window, as_texts, gathered
from toolkit.limits import DEFAULT, KIB, Limits

_GAP = rb"[ \t\r\n]{0,200}"
_FIRST_KEY = re.compile(rb'[ \t\r\n]{0,200}\{[ \t\r\n]{0,200}"([^"\\]{1,100})"')
_OVERLAP = KIB  # no key or border is longer; kept when the window slides, so that none is cut in two
_LOOKS = (4 * KIB, 64 * KIB)  # how far to look for the end of a record before the limit itself
_RUNAWAYS = 64  # records without an end that may cost a look of the full limit, in one file
_AT_ONCE = 8_000
_KEYS = 50  # different first keys of records that one file may show
_FEW = 8  # one in so many records may be laid out otherwise before all are decoded
_CLOSELY = 64 * KIB  # of a file, looked at for keys given twice, of which the fast decoder says nothing
_TORN = 16  # characters of the longest token (\uXXXX, -Infinity) that the end of a look can tear


class Cutter(Generic[T]):
    """Walks one JSON file from its first byte to its last.

    Args:
        stream: The file, UTF-8.
        decoder: The shape of one record.
        key: The name under which the array stands, wherever and however often it occurs; None for an array that is
            the whole file.
        limits: Bounds.
        template: Takes apart, column by column, the records of a file that gives each member a line of its own.

    Attributes:
        pages: How many arrays there were, those without entries and those given as ``null`` included.
        notes: Codes of what was odd about the file as a whole.
    """

    def __init__(
        self,
        stream: Readable,
        decoder: Decoder[T],
        key: str | None,
        limits: Limits = DEFAULT,
        template: Template | None = None,
    ) -> None:
        self.pages = 0
        self.notes: list[str] = []
        self._step = min(limits.block, limits.json_record)  # so no record over the limit passes in a whole batch
        self._window = Window(stream, limits.block)
        self._decoder = decoder
        self._template = template
        self._otherwise = 0  # how far into the file records are known to be laid out otherwise
        self._scanner = Scanner()
        self._limits = limits
        self._row = 0
        self._runaways = 0
        self._top_level = key is None
        self._opening = rb"\[" if key is None else rb'"%s"%s:%s(?:\[|null\b)' % (re.escape(key.encode()), _GAP, _GAP)
        self._open = re.compile(self._opening)
        self._know_border_keys([name.encode() for name in anchors(decoder.shape)])

    def _know_border_keys(self, keys: list[bytes]) -> None:
        """Look for borders before any of these keys from now on."""
        self._keys = keys
        names = b"|".join(map(re.escape, keys))
        pattern = rb'\}%s,%s\{%s"(?:%s)"%s:' % (_GAP, _GAP, _GAP, names, _GAP)
        self._borders = re.compile(pattern)
        self._resume = re.compile(pattern if self._top_level else rb"(?:%s)|(?P<opening>%s)" % (pattern, self._opening))
        self._border: bytes | None = None
        self._searched = 0  # how far into the file a border was looked for
        self._next: int | None = None

    def batches(self) -> Iterator[Batch[T]]:
        """Every record of every array, in order, some thousands at once."""
        yield from gathered(self._small_batches(), attrgetter("size"), joined, _AT_ONCE)
        if self._window.failure:
            raise self._window.failure

    def _small_batches(self) -> Iterator[Batch[T]]:
        while self._open_array():
            yield from self._array()
            if self._top_level:
                break
        if self._top_level and self._window.gap(self._window.at) < len(self._window.data):
            self.notes.append("text_after_end")

    def _open_array(self) -> bool:
        """Move to just behind the next opening bracket; False if there is none."""
        window = self._window
        while True:
            found = self._open.search(window.data, window.at)
            if found is None:
                window.advance(max(window.at, len(window.data) - _OVERLAP))
                if not window.more():
                    return False
                continue
            self.pages += 1
            window.advance(found.end())
            if found[0].endswith(b"["):
                self._learn_first_key()
                return True

    def _learn_first_key(self) -> None:
        """A file whose records begin with another key than expected has borders, too."""
        self._window.reach(self._window.at + _OVERLAP)
        first = _FIRST_KEY.match(self._window.data, self._window.at)
        if first and first[1] not in self._keys and len(self._keys) < _KEYS:
            self._know_border_keys([*self._keys, first[1]])

    def _array(self) -> Iterator[Batch[T]]:
        """All records up to the closing bracket; afterwards the window begins behind it."""
        window = self._window
        self._lost = False
        while not self._lost:
            start = window.gap(window.at)
            if start == len(window.data):
                break
            if window.data.startswith(b"]", start):
                window.advance(start + 1)
                return
            window.advance(start)
            yield self._fast() or self._slow()
        self.notes.append("cut_off")

    def _fast(self) -> Batch[T] | None:
        """The records up to the last border in the next step, if all of them decode at once."""
        window, border = self._window, self._known_border(self._window.at)
        if border is None:
            return None
        if self._template and window.passed + window.at >= self._otherwise:
            if batch := self._in_columns(border, self._template):
                return batch
            self._otherwise = window.passed + window.at + self._limits.block
        if self._closely(window.at):
            return None
        cut = self._last(border, self._step)
        records = self._decoder.many(memoryview(window.data)[window.at : cut + 1]) if cut >= 0 else None
        if records is None:
            return None
        window.advance(cut + border.index(b",") + 1)
        return Batch(records, list(self._next_rows(len(records))))

    def _closely(self, start: int) -> bool:
        """Whether keys given twice are looked for there: a maker that writes one does so from the beginning."""
        return self._window.passed + start < _CLOSELY

    def _one(self, text: bytes, start: int) -> T | None:
        """The record that is exactly *text*, or None if it needs the slow path."""
        return None if self._closely(start) and repeats(text) else self._decoder.one(text)

    def _last(self, border: bytes, step: int) -> int:
        """Where the last border in the next step begins; -1 if there is none."""
        window = self._window
        window.reach(window.at + step)
        return window.data.rfind(border, window.at, window.at + step)

    def _next_rows(self, count: int) -> range:
        first = self._row + 1
        self._row += count
        return range(first, first + count)

    def _in_columns(self, border: bytes, template: Template) -> Batch[T] | None:
        """The records of the next block, if nearly all of them fit the template, and the others decode."""
        window, between = self._window, border[: border.index(b'"') + 1]
        opening, cut = between[between.index(b"{") :], self._last(border, self._limits.block)
        if cut < 0 or b"\n" not in opening or not window.data.startswith(opening, window.at):
            return None
        insides = window.data[window.at + len(opening) : cut].split(between)
        if max(map(len, insides)) + len(opening) >= self._limits.json_record:
            return None
        of, columns, around = template(as_texts(insides), opening.replace(b"{", b",", 1).decode())
        odd = of.is_null().arg_true()
        starts = list(accumulate((len(inside) + len(between) for inside in insides), initial=window.at))
        few = odd if len(odd) * _FEW < len(insides) else odd.clear()
        others = [self._one(opening + insides[at] + b"}", starts[at]) for at in few]
        records = [record for record in others if record is not None]
        if len(records) < len(odd):
            return None
        window.advance(cut + border.index(b",") + 1)
        rows = pl.Series("row", self._next_rows(len(insides)), dtype=pl.UInt32)
        columns = columns.with_columns(rows).filter(pl.col("around").is_not_null())
        fit = len(insides) - len(odd)
        return Batch(records, rows.gather(odd).to_list(), columns=columns, in_columns=fit, around=around)

    def _known_border(self, start: int) -> bytes | None:
        """The border of this file, once it turns up within a look from *start*; no byte is searched twice."""
        window = self._window
        if self._border is None and window.passed + start + _LOOKS[-1] > self._searched:
            window.reach(start + _LOOKS[-1])
            begin = max(0, self._searched - window.passed - _OVERLAP, 0)
            found = self._borders.search(window.data, begin, start + _LOOKS[-1])
            self._searched = window.passed + min(len(window.data), start + _LOOKS[-1])
            self._border = found[0] if found else None
        return self._border

    def _slow(self) -> Batch[T]:
        """The records of the next step, each by itself."""
        window, batch = self._window, Batch[T]()
        self._next = None
        position, stop = window.at, window.at + self._step
        closely = self._closely(position)
        while position < stop and self._closely(position) == closely:
            position = window.gap(position)
            if window.data[position : position + 1] in (b"", b"]"):
                break
            self._row += 1
            following = self._element_and_comma(position, batch)
            if following is None:
                return batch
            position = following
        window.advance(position)
        return batch

    def _element_and_comma(self, start: int, batch: Batch[T]) -> int | None:
        try:
            end = self._element(start, batch)
        except Reject as reject:
            return self._reject(reject, start, batch)
        return self._behind(end, batch)

    def _reject(self, reject: Reject, position: int, batch: Batch[T]) -> int | None:
        """Note that there is no record, and go to where reading resumes; None if the window was moved there."""
        batch.rejects.append((self._row, reject.code))
        return self._resync(position)

    def _element(self, start: int, batch: Batch[T]) -> int:
        """Read the record at *start* and give its end.

        Raises:
            Reject: No whole JSON value begins there.
        """
        border = self._next_border(start)
        if border is not None and border - start < _LOOKS[-1]:
            record = self._one(self._window.data[start : border + 1], start)
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

    def _behind(self, end: int, batch: Batch[T]) -> int | None:
        """Pass the comma behind a record; where it is missing, a record may follow all the same."""
        end = self._window.gap(end)
        following = self._window.data[end : end + 1]
        if following == b",":
            return end + 1
        if following in (b"]", b""):
            return end
        if following == b"{":
            batch.faults.append((self._row, "missing_comma"))
            return end
        self._row += 1
        return self._reject(Reject("not_json"), end, batch)

    def _next_border(self, start: int) -> int | None:
        """Where the next border begins, if that is within the size of one record."""
        border = self._known_border(start)
        if border is None:
            return None
        if self._next is not None and self._next >= start:
            return self._next if self._next - start <= self._limits.json_record else None
        window, seen = self._window, start
        stop = start + self._limits.json_record + len(border)
        while True:
            found = window.data.find(border, seen, stop)
            if found >= 0:
                self._next = found
                return found
            seen = max(start, len(window.data) - len(border))
            if len(window.data) >= stop or not window.more():
                return None

    def _scan(self, start: int, border: int | None) -> tuple[Any, int, list[str]]:
        """The JSON value at *start*, where it ends, and what was odd.

        Looks no further than needed, and never further than a record may reach. The outcome depends on the bytes alone,
        not on how they came.

        Raises:
            Reject: There is no whole value.
        """
        for size in self._looks(None if border is None else border + 1 - start):
            whole = not self._window.reach(start + size)
            text = self._window.data[start : start + size].decode("utf-8", "surrogateescape")
            try:
                value, end = self._scanner.scan(text, 0)
            except json.JSONDecodeError as error:
                if error.pos < len(text) - _TORN and not error.msg.startswith("Unterminated"):
                    raise Reject("not_json") from None
                if whole:
                    raise Reject("cut_off") from None
                continue
            if end < len(text) or whole or isinstance(value, dict):
                return value, *self._end_and_faults(start, text[:end])
        self._runaways += 1
        raise Reject("too_large" if border is None else "not_json")

    def _looks(self, to_border: int | None) -> list[int]:
        """How far to look for the end of a value, nearest first; not to the limit after too many that had no end."""
        limit = self._limits.json_record
        looks = {min(size, limit) for size in _LOOKS}
        if to_border is not None:
            looks = {size for size in looks if size < to_border - _LOOKS[-1]} | {to_border}
        if self._runaways < _RUNAWAYS:
            looks |= {size for size in (*_LOOKS, limit) if size <= limit and size > (to_border or 0)}
        return sorted(looks)

    def _end_and_faults(self, start: int, text: str) -> tuple[int, list[str]]:
        raw = text.encode("utf-8", "surrogateescape")
        return start + len(raw), self._scanner.faults_in(raw)

    def _resync(self, start: int) -> int | None:
        """Where reading resumes behind what is broken; None if the window was moved there."""
        window = self._window
        while True:
            found = self._resume.search(window.data, start)
            if found and found.lastgroup == "opening":
                self._lost = True  # the array never closed; another begins here
                window.advance(found.start())
                return None
            if found:
                return found.start() + found[0].index(b",") + 1
            window.advance(max(start, len(window.data) - _OVERLAP))
            start, self._next = window.at, None
            if not window.more():
                window.advance(len(window.data))
                return None
