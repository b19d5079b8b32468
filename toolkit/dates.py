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
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl
from dateutil import parser

from toolkit.limits import DEFAULT
from toolkit.problems import ToolkitError

# (layout of polars, whether the text carries its zone)
_ISO = (
    ("%Y-%m-%d %H:%M:%S", False),
    ("%Y-%m-%dT%H:%M:%S%.fZ", True),
    ("%Y-%m-%d %H:%M:%S UTC", True),
    ("%Y-%m-%dT%H:%M:%S", False),
    ("%Y-%m-%d %H:%M:%S%.f", False),
    ("%Y-%m-%dT%H:%M:%S%.f", False),
    ("%Y-%m-%d %H:%M", False),
)
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
_DATES = {
    "day_first": ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"),
    "month_first": ("%m/%d/%Y", "%m-%d-%Y"),
}
_NUMERIC = re.compile(r"\s*(\d{1,2})([./-])(\d{1,2})\2\d{4}\b")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_SIGNED_ZONE = re.compile(r"\b(?:GMT|UTC)(?=[+-]\d)")
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")
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


def is_numeric(text: str) -> bool:
    """Whether a date names its day and month by numbers, the year last."""
    return _NUMERIC.match(text) is not None


def order_of(texts: Iterable[str]) -> str | None:
    """Whether dates such as 03/04/2021 name the day or the month first, told by the numbers above twelve.

    Returns:
        ``day_first``, ``month_first``, or None where the texts do not tell or contradict each other.
    """
    votes = set()
    for text in texts:
        found = _NUMERIC.match(text)
        if (found and found[2] == ".") or (
            found and int(found[1]) > 12
        ):  # dots: day first in every locale of CLDR that writes them
            votes.add("day_first")
        elif found and int(found[3]) > 12:
            votes.add("month_first")
    return votes.pop() if len(votes) == 1 else None


class Reader:
    """Reads the date column of one file.

    Args:
        sample: Some of its texts, which decide the layout that is tried first.
        order: What `order_of` found in the whole file.
        timezone: The zone to assume where a text has none; None keeps the wall clock.
    """

    def __init__(self, sample: Iterable[str], order: str | None = None, timezone: str | None = None) -> None:
        self._order = order
        self._zone = zone(timezone).key if timezone else None
        texts = pl.Series("text", list(sample), dtype=pl.String)
        self._layout, self._zoned = self._best_layout(texts)

    def _best_layout(self, texts: pl.Series) -> tuple[str, bool]:
        numeric = [
            (f"{d}{gap}{c}", False) for d in _DATES.get(self._order or "", ()) for gap in (" ", ", ") for c in _CLOCKS
        ]
        layouts = (*_ISO, *numeric)
        read = [texts.str.to_datetime(layout, strict=False, time_unit="us").count() for layout, _ in layouts]
        return layouts[max(range(len(layouts)), key=read.__getitem__)]

    def read(self, texts: pl.Series) -> pl.DataFrame:
        """Columns ``time`` (UTC) and ``time_basis``, one row per text; null and ``none`` where it cannot be read."""
        frame = (
            texts.alias("text")
            .to_frame()
            .select(
                text="text",
                # polars reads a sixtieth second as the next minute
                wall=pl.when(~pl.col("text").str.contains(":60", literal=True)).then(
                    pl.col("text").str.to_datetime(self._layout, strict=False, time_unit="us")
                ),
                zoned=pl.lit(self._zoned),
            )
        )
        rest = frame.filter(pl.col("wall").is_null(), pl.col("text").is_not_null())["text"].unique()
        if len(rest):
            frame = self._with_rest(frame, rest)
        return frame.select(self._in_utc().alias("time"), self._basis().alias("time_basis"))

    def _with_rest(self, frame: pl.DataFrame, rest: pl.Series) -> pl.DataFrame:
        read = [one(text, self._order) for text in rest]
        found = pl.DataFrame(
            {"text": rest, "wall2": [r[0] for r in read], "zoned2": [r[1] for r in read]},
            schema={"text": pl.String, "wall2": pl.Datetime("us"), "zoned2": pl.Boolean},
        )
        return frame.join(found, on="text", how="left", maintain_order="left").select(
            "text", pl.coalesce("wall", "wall2").alias("wall"), pl.coalesce("zoned2", "zoned").alias("zoned")
        )

    def _in_utc(self) -> pl.Expr:
        wall = pl.col("wall")
        as_utc = wall.dt.replace_time_zone("UTC")
        if self._zone is None:
            return as_utc
        # Of the two instants that an hour at the end of summer time may be, the earlier; an hour that never was: none.
        local = wall.dt.replace_time_zone(self._zone, ambiguous="earliest", non_existent="null")
        return pl.when("zoned").then(as_utc).otherwise(local.dt.convert_time_zone("UTC"))

    def _basis(self) -> pl.Expr:
        assumed = "zone_assumed" if self._zone else "zone_unknown"
        known = pl.when("zoned").then(pl.lit("offset")).otherwise(pl.lit(assumed))
        return pl.when(self._in_utc().is_null()).then(pl.lit("none")).otherwise(known)


def one(text: str, order: str | None = None) -> tuple[datetime | None, bool]:
    """One date text as a naive datetime, and whether that is UTC; (None, False) where any part of it is missing."""
    text = _IN_BRACKETS.sub("", re.sub(_ODD_SPACES, " ", text).strip())
    text = _SIGNED_ZONE.sub("", text)  # dateutil reads GMT+1 as one hour west
    if len(text) > DEFAULT.date_text or not text.isascii() or not _CLOCK.search(text):
        return None, False
    if _NUMERIC.match(text) and order is None:
        return None, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a zone it does not know would be dropped with a warning
            first, second = (
                parser.parse(text, dayfirst=order == "day_first", default=day) for day in (_ONE_DAY, _ANOTHER)
            )
        if first != second:
            return None, False
        zoned = first.tzinfo is not None
        return (first.astimezone(UTC).replace(tzinfo=None) if zoned else first), zoned
    except (ValueError, OverflowError, TypeError, decimal.DecimalException, Warning):
        return None, False
