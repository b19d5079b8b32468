"""Text to instants in UTC, with how each is known; no part of a date is ever made up.

The layout most of a column has is read over the whole column at once. What it leaves is read value by value, and a
result counts only if it is the same whatever day it is read on: python-dateutil fills gaps with today's date.
"""

from __future__ import annotations

import decimal
import re
import warnings
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl
from dateutil import parser, tz

from toolkit.limits import DEFAULT
from toolkit.problems import ToolkitError

# (layout of polars, how the zone is known: None if the text names none)
_LAYOUTS: tuple[tuple[str, str | None], ...] = (
    ("%Y-%m-%d %H:%M:%S", None),
    ("%Y-%m-%dT%H:%M:%S%.fZ", "utc"),
    ("%Y-%m-%d %H:%M:%S UTC", "utc"),
    ("%Y-%m-%dT%H:%M:%S%.f%:z", "offset"),
    ("%Y-%m-%d %H:%M:%S%.f%:z", "offset"),
    ("%Y-%m-%d %H:%M:%S%.f %z", "offset"),
    ("%Y-%m-%dT%H:%M:%S%.f", None),
    ("%Y-%m-%d %H:%M:%S%.f", None),
    ("%Y-%m-%d %H:%M", None),
    ("%b %d, %Y %I:%M:%S %p", None),
    ("%b %d, %Y, %I:%M:%S %p", None),
    ("%d %b %Y %H:%M:%S", None),
)
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
_DATES = {
    "day_first": ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"),
    "month_first": ("%m/%d/%Y", "%m-%d-%Y"),
}
_NUMERIC = re.compile(r"\s*(\d{1,2})([./-])(\d{1,2})\2(\d{4})\b")
# What dateutil may be given: a date that begins with the year, or one month by name and one year in four digits.
_YEAR_FIRST = re.compile(r"\d{4}([-/])\d{1,2}\1\d{1,2}(?=[T ,])")
_MONTH = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b", re.IGNORECASE)
_YEAR = re.compile(r"(?<![\d:.+-])\d{4}(?![\d:])")
_CLOCK = re.compile(r"(?<![+\d:-])\d{1,2}:\d{2}(?!\d)")
_SLASHES = re.compile(r"\d[./-]\d")
_SIGNED_ZONE = re.compile(r"\b(?:GMT|UTC)(?=[+-]\d)")
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")
_GAPS = (" ", ", ")
# Times given as numbers: unit -> microseconds in one.
_UNITS = {"seconds": 1_000_000, "milliseconds": 1_000}
_MOST_MICROSECONDS = 1 << 53  # up to here a 64-bit float tells them apart: the year 2255
# What a pattern given by a user may hold, and what it must, so that no part of a date is made up.
_DIRECTIVES = re.compile(r"%(?:[YymdbBejHIMSpFTRaA%]|\.f|\.?[369]f|:?z)")
_OFFSET = re.compile(r"%:?z")
_DEMANDED = ("%Y|%y|%F", "%m|%b|%B|%F|%j", "%d|%e|%F|%j", "%H|%T|%R|%I.*%p|%p.*%I", "%M|%T|%R")
_ODD_SPACES = "[\u00a0\u2007\u2009\u202f]"
_ONE_DAY, _ANOTHER = datetime(1904, 2, 3), datetime(1973, 11, 28)  # noqa: DTZ001 - only their parts are used


def zone(name: str) -> ZoneInfo:
    """The time zone of that name.

    Raises:
        ToolkitError: There is none. The name is not repeated: it may be anything that was typed.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ToolkitError("There is no time zone of that name.", "Use a name such as Europe/Berlin.") from None


def check_pattern(pattern: str) -> None:
    """Refuse a pattern that does not name every part of a date, or holds what is read in no certain way.

    Raises:
        ToolkitError: It is such a one. It is not repeated: it may be any text.
    """
    plain = pattern.replace("%%", "").replace(".%f", "%.f")
    rest = _DIRECTIVES.sub("", plain)
    if len(pattern) > DEFAULT.date_text or "%" in rest or not all(re.search(part, plain) for part in _DEMANDED):
        raise ToolkitError(
            "The pattern of the time does not name year, month, day, hour and minute in a known way.",
            "Such as: %d.%m.%Y %H:%M:%S, or %m/%d/%Y %I:%M %p, with %z for an offset such as +0200.",
        )


def is_numeric(text: str) -> bool:
    """Whether a date names its day and month by numbers, the year last."""
    return _NUMERIC.match(text) is not None


def votes(texts: Iterable[str]) -> set[str]:
    """What the numbers above twelve say about the order of day and month: ``day_first``, ``month_first``, or both."""
    found = set()
    for text in texts:
        date = _NUMERIC.match(text)
        if date and (date[2] == "." or int(date[1]) > 12):  # with dots, day first in every locale of CLDR
            found.add("day_first")
        elif date and int(date[3]) > 12:
            found.add("month_first")
    return found


def order_of(texts: Iterable[str]) -> str | None:
    """Whether dates such as 03/04/2021 name the day or the month first; None if *texts* do not tell, or disagree."""
    told = votes(texts)
    return told.pop() if len(told) == 1 else None


class Reader:
    """Reads the date column of one file.

    Args:
        sample: Some of its texts, which decide the layout that is tried first.
        order: What `order_of` found in the whole file.
        timezone: The zone to assume where a text has none; None keeps the wall clock.
        form: What the user says of the column: ``seconds`` or ``milliseconds`` since 1970, or a pattern that
            `check_pattern` allows. Then nothing else is tried. Empty if nothing is said.
    """

    def __init__(
        self, sample: Iterable[str], order: str | None = None, timezone: str | None = None, form: str = ""
    ) -> None:
        self._order = order
        self._zone = zone(timezone).key if timezone else None
        self._told = bool(form)
        texts = pl.Series("text", list(sample), dtype=pl.String)
        if form:
            self._layout, self._known = form.replace(".%f", "%.f"), _known_by(form)
        else:
            self._layout, self._known = self._best_layout(texts)
        thousandths = self._layout.replace("%.f", ".%3f")  # the same instants, read four times as fast
        self._first = self._layout if _walls(texts, thousandths).null_count() else thousandths

    def _best_layout(self, texts: pl.Series) -> tuple[str, str | None]:
        numeric = [
            f"{date}{gap}{clock}" for date in _DATES.get(self._order or "", ()) for gap in _GAPS for clock in _CLOCKS
        ]
        best, most = _LAYOUTS[0], 0
        for layout in (*_LAYOUTS, *((layout, None) for layout in numeric)):
            read = _walls(texts, layout[0]).count()
            if read > most:
                best, most = layout, read
            if most == texts.count():
                break
        return best

    def read(self, texts: pl.Series) -> pl.DataFrame:
        """Read a column.

        Returns:
            Columns ``time`` (UTC) and ``time_basis``, null and ``none`` where there is no certain reading, and
            ``twice``: whether the wall clock showed that hour twice, of which the earlier was taken.
        """
        texts = texts.alias("text")
        walls = _walls(texts, self._first)
        if self._first != self._layout and len(others := (walls.is_null() & texts.is_not_null()).arg_true()):
            walls = walls.scatter(others, _walls(texts.gather(others), self._layout))
        frame = pl.DataFrame([texts, walls.alias("wall")]).with_columns(known=pl.lit(self._known, pl.String))
        rest = frame.filter(pl.col("wall").is_null(), pl.col("text").is_not_null())["text"].unique()
        if len(rest) and not self._told:
            frame = self._with_rest(frame, rest)
        read = frame.lazy().select(  # lazy, since only so polars works out once what the three have in common
            self._in_utc().alias("time"), self._basis().alias("time_basis"), self._twice().alias("twice")
        )
        return read.collect()

    def _with_rest(self, frame: pl.DataFrame, rest: pl.Series) -> pl.DataFrame:
        read = [one(text, self._order) for text in rest]
        found = pl.DataFrame(
            {"text": rest, "wall2": [r[0] for r in read], "known2": [r[1] for r in read]},
            schema={"text": pl.String, "wall2": pl.Datetime("us"), "known2": pl.String},
        )
        joined = frame.join(found, on="text", how="left", maintain_order="left")
        first = pl.col("wall").is_not_null()
        return joined.select(
            "text",
            pl.coalesce("wall", "wall2").alias("wall"),
            pl.when(first).then("known").otherwise("known2").alias("known"),
        )

    def _local(self, ambiguous: Literal["earliest", "null"]) -> pl.Expr:
        # An hour that summer time skipped has no instant.
        local = pl.col("wall").dt.replace_time_zone(self._zone, ambiguous=ambiguous, non_existent="null")
        return local.dt.convert_time_zone("UTC")

    def _in_utc(self) -> pl.Expr:
        as_utc = pl.col("wall").dt.replace_time_zone("UTC")
        if self._zone is None:
            return as_utc
        return pl.when(pl.col("known").is_not_null()).then(as_utc).otherwise(self._local("earliest"))

    def _twice(self) -> pl.Expr:
        if self._zone is None:
            return pl.lit(False)
        once = pl.col("known").is_not_null() | self._local("null").is_not_null()
        return ~once & self._local("earliest").is_not_null()

    def _basis(self) -> pl.Expr:
        assumed = pl.lit("zone_assumed" if self._zone else "zone_unknown")
        return pl.when(self._in_utc().is_null()).then(pl.lit("none")).otherwise(pl.coalesce("known", assumed))


def _walls(texts: pl.Series, layout: str) -> pl.Series:
    """Texts as wall clock, or as UTC if the layout has an offset; null where it does not fit."""
    return texts.alias("text").to_frame().select(_wall(layout)).to_series()


def _wall(layout: str) -> pl.Expr:
    text = pl.col("text")
    if layout in _UNITS:
        return _counted(_UNITS[layout])
    read = text.str.to_datetime(layout, strict=False, time_unit="us")
    if _OFFSET.search(layout):
        read = read.dt.replace_time_zone(None)
    # polars reads a sixtieth second as the next minute, and 21 as the year 21
    return pl.when(~text.str.contains(":60", literal=True) & (read.dt.year() > 999)).then(read).alias("text")


def _known_by(form: str) -> str | None:
    if form in _UNITS or form.endswith(("Z", " UTC", " GMT")):
        return "utc"
    return "offset" if _OFFSET.search(form) else None


def _counted(microseconds: int) -> pl.Expr:
    """The column ``text`` as so many times *microseconds* since 1970, the far ends all as one; null for no number."""
    count = pl.col("text").str.strip_chars().cast(pl.Float64, strict=False) * microseconds
    near = count.clip(-_MOST_MICROSECONDS, _MOST_MICROSECONDS)
    return pl.when(count.is_not_nan()).then(near.round()).cast(pl.Int64).cast(pl.Datetime("us")).alias("text")


def one(text: str, order: str | None = None) -> tuple[datetime | None, str | None]:
    """One date text.

    Returns:
        A naive datetime and how its zone is known, ``utc`` or ``offset``: then it is UTC, else the wall clock. None
        for both where any part of the date is missing or could be read in two ways.
    """
    text = _SIGNED_ZONE.sub(
        "", _IN_BRACKETS.sub("", re.sub(_ODD_SPACES, " ", text).strip())
    )  # dateutil reads GMT+1 as west
    if len(text) > DEFAULT.date_text or not text.isascii() or len(_CLOCK.findall(text)) != 1:
        return None, None
    plain = _with_year_first(text, order)
    if plain is None:
        return None, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a zone it does not know would be dropped with a warning
            first, second = (parser.parse(plain, default=day) for day in (_ONE_DAY, _ANOTHER))
        return _settled(first, second)
    except (ValueError, OverflowError, TypeError, decimal.DecimalException, Warning):
        return None, None


def _with_year_first(text: str, order: str | None) -> str | None:
    """The text in a form that dateutil can read in one way only, or None."""
    numeric = _NUMERIC.match(text)
    if numeric:
        if order is None and numeric[2] != ".":
            return None
        swapped = order == "month_first" and numeric[2] != "."
        day, month = (numeric[3], numeric[1]) if swapped else (numeric[1], numeric[3])
        return f"{numeric[4]}-{month:0>2}-{day:0>2}{text[numeric.end() :].replace(',', ' ', 1)}"
    if _YEAR_FIRST.match(text):
        return text
    by_name = (
        len(_MONTH.findall(text)) == 1 and len(_YEAR.findall(text)) == 1 and not _SLASHES.search(text.split(":")[0])
    )
    return text if by_name else None


def _settled(first: datetime, second: datetime) -> tuple[datetime | None, str | None]:
    """The reading, if it does not change with the day that fills gaps nor with the zone of this machine."""
    if first != second or isinstance(first.tzinfo, tz.tzlocal):
        return None, None
    if first.tzinfo is None:
        return first, None
    in_utc = first.astimezone(UTC).replace(tzinfo=None)
    return in_utc, "utc" if isinstance(first.tzinfo, tz.tzutc) else "offset"
