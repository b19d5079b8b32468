"""Cuts CSV into batches of whole records; polars reads the lines that can only mean one thing, `csv` all others.

A record is *sound* if it holds exactly as many fields as the first one, and each is either free of quotes or one
properly quoted piece. A block of nothing but sound records is read at once; in any other block the sound lines are,
and every other record is read by the standard library from where it begins, over as many lines as its quotes span.
A record of several lines must be sound as a whole: where it is not, a quote that never closes has drawn in its
neighbours, and only the line with that quote is rejected.
"""

from __future__ import annotations

import codecs
import csv
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from toolkit.carve.streams import Readable
from toolkit.carve.window import Window, gathered
from toolkit.limits import DEFAULT, KIB, Limits
from toolkit.problems import TooLarge

_RUNAWAYS = 64  # unclosed quotes that may cost a look of the full limit, in one file
_AT_ONCE = 30_000
_SHORT_LOOK = 4 * KIB
_LINE_END = re.compile(rb"\r\n|\n|\r(?!\n)")
_BLANK_LINES = re.compile(rb"[\r\n]+")


@dataclass(slots=True)
class Batch:
    """Some records in the order of the file.

    Attributes:
        frame: Columns ``0``, ``1``, ... of text as written (missing fields are empty), and ``row``, counted from 1.
        more: Record number -> fields beyond the last column.
        faults: (record number, code) of what was odd but kept.
        rejects: (record number, code) of what was no record.
    """

    frame: pl.DataFrame
    more: dict[int, list[str]] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)


def delimiter_of(head: str) -> str:
    """The delimiter of a CSV, told from its first line: comma, semicolon or tab, whichever stands there most."""
    line = re.sub(r'"[^"]*"', "", head.lstrip("\r\n").partition("\n")[0])
    return max(",;\t", key=line.count)


class Cutter:
    """Walks one CSV file from its first byte to its last.

    Args:
        stream: The file, UTF-8 without byte order mark.
        delimiter: One character.
        limits: Bounds.

    Attributes:
        first: The first record, which may be a heading.
    """

    def __init__(self, stream: Readable, delimiter: str = ",", limits: Limits = DEFAULT) -> None:
        self._window = Window(stream, limits.block)
        self._delimiter = delimiter
        self._limits = limits
        self._row = 0
        self._runaways = 0
        end, comma = rb"(?:\r\n|\n|\r|\Z)", re.escape(delimiter.encode())
        piece = rb'(?:"(?:[^"]++|"")*+"[^%s\r\n]*+|[^"%s\r\n][^%s\r\n]*+|)' % (comma, comma, comma)
        self._record = re.compile(rb"%s(?:%s%s)*+%s" % (piece, comma, piece, end))
        csv.field_size_limit(max(csv.field_size_limit(), limits.csv_field))
        self.first = self._first()
        self._schema = {str(n): pl.String for n in range(len(self.first))}
        sound, one_line = (self._sound_record(inside) for inside in ('[^"]', r'[^"\r\n]'))
        self._all_sound = rf"^(?:{sound}\r?\n)+$"
        self._one_line = rf"^{one_line}\r?$"
        self._sound = re.compile(sound.encode() + end)

    def _sound_record(self, inside: str) -> str:
        """What polars and `csv` read alike: as many fields as in the first record, each quoted whole or not at all."""
        comma = re.escape(self._delimiter)
        many = "*" if len(self.first) > 1 else "+"  # a blank line is no record, whatever the width
        piece = rf'(?:[^"{comma}\r\n]{many}|"(?:{inside}|"")*")'
        return rf"{piece}(?:{comma}{piece}){{{max(0, len(self.first) - 1)}}}"

    def _first(self) -> list[str]:
        window = self._window
        while window.reach(window.at + 1):
            found = self._end(window.at)
            if found is None:
                raise TooLarge("The first line is longer than a record may be.", "This does not look like a CSV file.")
            fields, _ = self._fields(window.data[window.at : found])
            window.advance(found)
            if len(fields) > self._limits.csv_columns:
                raise TooLarge(f"The table has more than {self._limits.csv_columns} columns.")
            if fields:
                return fields
        return []

    def batches(self, *, headed: bool = True) -> Iterator[Batch]:
        """Every record in order, without the first one if that is a heading; some ten thousand at once."""
        yield from gathered(self._small_batches(headed), _size, _joined, _AT_ONCE)
        if self._window.failure:
            raise self._window.failure

    def _small_batches(self, headed: bool) -> Iterator[Batch]:
        if not headed:
            slow = _Slow()
            slow.rows.append((*self.first, *self._next_rows(1)))
            yield slow.batch(self._schema)
        step = min(self._limits.block, self._limits.csv_field)  # so no record over the limit passes in a whole block
        window = self._window
        while window.reach(window.at + 1):
            window.reach(window.at + step)
            stop = window.data.rfind(b"\n", window.at, window.at + step) + 1
            yield self._block(stop) if stop else self._slow(window.at + step)

    def _block(self, stop: int) -> Batch:
        """The records up to *stop*, and what the last of them draws in."""
        raw = self._window.data[self._window.at : stop]
        try:
            text = pl.Series([raw], dtype=pl.Binary).cast(pl.String)
        except pl.exceptions.ComputeError:  # not UTF-8
            return self._slow(stop)
        if not text.str.contains(self._all_sound).item():
            lines = text.str.head(-1).str.split("\n").explode()
            return self._mixed(lines, lines.str.contains(self._one_line), stop)
        self._window.advance(stop)
        frame = self._read(raw)
        return Batch(frame.with_columns(pl.Series("row", self._next_rows(frame.height), dtype=pl.UInt32)))

    def _next_rows(self, count: int) -> range:
        first = self._row + 1
        self._row += count
        return range(first, first + count)

    def _read(self, raw: bytes) -> pl.DataFrame:
        """Sound records as a frame."""
        if not raw:
            return pl.DataFrame(schema=self._schema)
        return pl.read_csv(
            codecs.BOM_UTF8 + raw,  # polars drops one; without it, a first character U+FEFF of the data would go
            has_header=False,
            schema=self._schema,
            separator=self._delimiter,
            quote_char='"',
            empty_string_is_null=False,
        )

    def _mixed(self, lines: pl.Series, clean: pl.Series, stop: int) -> Batch:
        """Runs of clean lines at once, every other record by itself, in the order of the file."""
        at = self._window.at
        starts = [at, *((lines.str.len_bytes() + 1).cum_sum() + at).to_list()]
        dirty = (~clean).arg_true().to_list()
        slow, runs, rows = _Slow(), [], array("I")
        line, position = 0, 0
        while line < len(clean):
            following = bisect_left(dirty, line)
            until = dirty[following] if following < len(dirty) else len(clean)
            runs.append(self._window.data[starts[line] : starts[until]])
            rows.extend(self._next_rows(until - line))
            if until == len(clean):
                break
            position = self._record_at(starts[until], slow)
            while (line := bisect_left(starts, position)) < len(starts) and starts[line] != position:
                position = self._record_at(position, slow)  # a bare carriage return ended a record within a line
        frame = self._read(b"".join(runs)).with_columns(pl.Series("row", rows, dtype=pl.UInt32))
        self._window.advance(max(stop, position))
        return slow.batch(self._schema, frame)

    def _slow(self, stop: int) -> Batch:
        """All records that begin before *stop*, each by itself."""
        slow, position = _Slow(), self._window.at
        while position < stop and self._window.reach(position + 1):
            position = self._record_at(position, slow)
        self._window.advance(position)
        return slow.batch(self._schema)

    def _record_at(self, start: int, slow: _Slow) -> int:
        """Read one record with the standard library; where the next one begins."""
        if blank := _BLANK_LINES.match(self._window.data, start):
            return blank.end()
        end = self._end(start)
        if end is None:
            return self._pass_over(start, slow)
        raw = self._window.data[start:end]
        fields, faults = self._fields(raw)
        width = len(self._schema)
        if _LINE_END.search(raw.rstrip(b"\r\n")) and not self._sound.fullmatch(raw):
            return self._pass_over(start, slow)
        if fields:
            self._row += 1
            if len(fields) != width:
                faults.append("ragged")
                slow.more[self._row] = fields[width:]
            slow.rows.append((*fields[:width], *[""] * (width - len(fields)), self._row))
            slow.faults += [(self._row, code) for code in faults]
        return end

    def _pass_over(self, start: int, slow: _Slow) -> int:
        """Reject the line at *start*: its quote never closes, or it is too long."""
        self._row += 1
        line_end = _LINE_END.search(self._window.data, start, start + self._limits.csv_field)
        slow.rejects.append((self._row, "unclosed_quote" if line_end else "too_large"))
        window = self._window
        while line_end is None:
            window.advance(max(start, len(window.data) - 1))
            start = window.at
            if not window.more():
                return len(window.data)
            line_end = _LINE_END.search(window.data, start)
        return line_end.end()

    def _end(self, start: int) -> int | None:
        """Where the record at *start* ends, or None if that is not within the size of one record."""
        most = self._limits.csv_field + 3  # with its line end, and a byte behind it that shows that this is the end
        looks = (min(_SHORT_LOOK, most), most) if self._runaways < _RUNAWAYS else (min(_SHORT_LOOK, most),)
        for look in looks:
            whole = not self._window.reach(start + look + 1)
            stop = len(self._window.data) if whole else start + look
            found = self._record.match(self._window.data, start, stop)
            if found and (whole or found.end() < stop):
                return found.end()
        self._runaways += 1
        return None

    def _fields(self, raw: bytes) -> tuple[list[str], list[str]]:
        faults = []
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("utf-8", "replace")
            faults.append("bad_utf8")
        return next(csv.reader([text], delimiter=self._delimiter), []), faults


def _size(batch: Batch) -> int:
    return batch.frame.height + len(batch.rejects)


def _joined(batches: list[Batch]) -> Batch:
    """Batches that follow each other as one."""
    return Batch(
        pl.concat([batch.frame for batch in batches]),
        {row: cells for batch in batches for row, cells in batch.more.items()},
        [fault for batch in batches for fault in batch.faults],
        [reject for batch in batches for reject in batch.rejects],
    )


class _Slow:
    """What the slow path gathers for one batch."""

    def __init__(self) -> None:
        self.rows: list[tuple[str | int, ...]] = []
        self.more: dict[int, list[str]] = {}
        self.faults: list[tuple[int, str]] = []
        self.rejects: list[tuple[int, str]] = []

    def batch(self, columns: dict[str, type[pl.String]], clean: pl.DataFrame | None = None) -> Batch:
        frame = pl.DataFrame(self.rows, schema={**columns, "row": pl.UInt32}, orient="row")
        if clean is not None:
            frame = pl.concat([clean, frame]).sort("row")
        return Batch(frame, self.more, self.faults, self.rejects)
