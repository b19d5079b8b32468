"""Dates as HTML exports write them, in the account's language, to instants in UTC; no part is ever made up.

A file is written in one locale. Its first texts show which locales it can be; what these disagree on stays unread.
A text without a zone is in UTC: exports up to 2018 name none and mean that.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar

import polars as pl

from toolkit import layouts
from toolkit.layouts import BUDDHIST, BUDDHIST_AHEAD, FIRST_YEAR, Layout, Reading, Words
from toolkit.limits import DEFAULT
from toolkit.zones import Offset, Zones

T = TypeVar("T")

_SAMPLE = 256
_FEWEST_DIGITS = 8  # 1.1.2026 0:00:00 less the zeros some locales leave out
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_MONTH_FIRST = re.compile(r"\D{0,3}(0?[1-9]|1[0-2])([./-])\s?(1[3-9]|2\d|3[01])\2\s?\d{4}\D.*\d\d")
_NO_ZONE = Offset(0, "zone_assumed")
_FOUND = pl.Schema({"time": pl.Datetime("us", "UTC"), "time_basis": pl.String()})
_GLUE = "\x1f"


@dataclass(frozen=True)
class Stamp:
    """A date with a clock, as written.

    Attributes:
        wall: What the clock shows, without a zone.
        zone_text: The zone as written; None if there is none.
    """

    wall: datetime
    zone_text: str | None


def find_date(line: str) -> Stamp | None:
    """The date a line consists of, in whatever locale.

    Returns:
        None if it is no date, if anything stands beside it, or if two locales take it for different dates.
    """
    found = layouts.readings(line).values() if _may_be_date(line) else ()
    stamps = {Stamp(reading.wall, reading.words.zone) for reading in found}
    return stamps.pop() if len(stamps) == 1 else None


def _may_be_date(text: str) -> bool:
    """A look that spares most other texts the long way through all patterns."""
    return (
        len(text) <= DEFAULT.date_text
        and sum(map(str.isdecimal, text)) >= _FEWEST_DIGITS
        and _YEAR.search(text) is not None
    )


class LocalReader:
    """Reads the dates of one file.

    Args:
        sample: Its first texts. They tell the locale, the era, and whether parts of the day and zones are named.
        timezone: The user's zone; decides what an ambiguous abbreviation such as IST or CST means.
        exported_at: When the export was made; does the same, with less certainty.

    Attributes:
        locale: The locales that read the whole sample, in alphabetical order: several where they write alike, none
            where the sample has no date, or no locale reads all of it. A text is then read if no two locales differ.
        buddhist: Whether the years are those of the Buddhist era.

    Raises:
        ToolkitError: There is no such time zone.
    """

    def __init__(self, sample: Iterable[str], timezone: str | None = None, exported_at: datetime | None = None) -> None:
        self._zones = Zones(timezone, exported_at)
        texts = list(islice(dict.fromkeys(text for text in sample if text), _SAMPLE))
        read = {text: layouts.readings(text) for text in texts if _may_be_date(text)}
        dates = {text: readings for text, readings in read.items() if readings}
        common = set.intersection(*map(set, dates.values())) if dates else set()
        self.locale: tuple[str, ...] = tuple(sorted(common))
        kept = [dates[text][self.locale[0]] for text in dates if common]
        self._shapes = {_shape(reading) for reading in kept}
        self.buddhist = any(reading.buddhist for reading in kept)
        # Numbers as in 04/13/2021: no locale writes so, hence 03/04/2021 beside them cannot be told either.
        self._no_day_first = any(_MONTH_FIRST.match(text) for text in texts if not read.get(text))
        self._layout = _most(reading.layout for reading in kept if not self._refused(reading.layout))
        self._zero = _most(layouts.plain(text)[1] for text in dates) or ""

    def _refused(self, layout: Layout) -> bool:
        return self._no_day_first and layout.day_first

    def read(self, texts: pl.Series) -> pl.DataFrame:
        """Columns ``time`` (UTC) and ``time_basis``, one row per text.

        The basis is ``offset`` where the zone is certain, ``zone_assumed`` where an ambiguous abbreviation was
        resolved or there is none, ``zone_unknown`` where an abbreviation stays open and the time is the wall clock;
        ``none``, with no time, where the text is no date this file can have.
        """
        texts = texts.cast(pl.String).alias("text")
        none = pl.DataFrame(schema=_FOUND).clear(len(texts))
        frame = (self._whole_column(texts, self._layout) if self._layout else none).with_columns(texts)
        rest = frame.filter(pl.col("time").is_null(), pl.col("text").is_not_null())["text"].unique()
        if len(rest):
            values = pl.DataFrame([self._one(text) for text in rest], _FOUND, orient="row")
            frame = frame.join(values.with_columns(rest), on="text", how="left", maintain_order="left", suffix="2")
            frame = frame.select(pl.coalesce("time", "time2"), pl.coalesce("time_basis", "time_basis2"))
        return frame.select("time", pl.col("time_basis").fill_null("none"))

    def _whole_column(self, texts: pl.Series, layout: Layout) -> pl.DataFrame:
        """All that is laid out so, read at once; null where that fails for whatever reason."""
        parts = self._cleaned(texts).str.extract_groups(f"^(?:{layout.pattern})$").struct.unnest()
        wordings = [name for name in ("mon", "lead", "tail") if name in parts.columns]
        key = parts.select(pl.concat_str(wordings, separator=_GLUE)).to_series()
        distinct = key.unique().drop_nulls()
        known = [self._words(layout, wordings, text.split(_GLUE)) for text in distinct]
        which = key.replace_strict(distinct, range(len(distinct)), default=None, return_dtype=pl.UInt32)
        return _instants(parts, which, known, self.buddhist)

    def _cleaned(self, texts: pl.Series) -> pl.Series:
        texts = texts.set(texts.str.len_chars() > DEFAULT.date_text, None).str.strip_chars(layouts.AROUND)
        if texts.str.contains(f"[{layouts.INVISIBLE}]").any():
            texts = texts.str.replace_all(f"[{layouts.INVISIBLE}]", "")
        if self._zero:
            own = [chr(ord(self._zero) + n) for n in range(10)]
            texts = texts.str.replace_many(own, [str(n) for n in range(10)])
        return texts

    def _words(self, layout: Layout, names: Sequence[str], texts: list[str]) -> tuple[Words, Offset] | None:
        """What wordings mean in all of the file's locales; None where these differ or the file has no such ones."""
        parts = {"mon": "", "lead": "", **dict(zip(names, texts, strict=False))}
        meanings = layouts.meanings(layout, parts["mon"], parts["lead"], parts["tail"])
        every = [words for tag, words in meanings if tag in self.locale]
        if (
            not every
            or len(names) != len(texts)
            or len({(words.month, words.zone, words.marked) for words in every}) > 1
        ):
            return None
        first = every[0]
        if (first.marked, first.zone is not None, self.buddhist) not in self._shapes:
            return None
        hours = tuple(of[0] if len(set(of)) == 1 else None for of in zip(*(w.hours for w in every), strict=True))
        return first._replace(hours=hours), self._offset(first.zone)

    def _offset(self, zone: str | None) -> Offset:
        return self._zones(zone) if zone else _NO_ZONE

    def _one(self, text: str) -> tuple[datetime | None, str]:
        """One text, by itself."""
        readings = layouts.readings(text) if _may_be_date(text) else {}
        if self.locale:
            readings = {tag: readings[tag] for tag in self.locale if tag in readings}
        if len({(reading.wall, reading.words.zone) for reading in readings.values()}) != 1:
            return None, "none"
        reading = next(iter(readings.values()))
        if self._refused(reading.layout) or (self.locale and _shape(reading) not in self._shapes):
            return None, "none"
        offset = self._offset(reading.words.zone)
        return reading.wall.replace(tzinfo=UTC) - timedelta(minutes=offset.minutes), offset.basis


def _shape(reading: Reading) -> tuple[bool, bool, bool]:
    """What all dates of a file have in common, so that one that was cut off is noticed."""
    return reading.words.marked, reading.words.zone is not None, reading.buddhist


def _most(values: Iterable[T]) -> T | None:
    return next((value for value, _ in Counter(values).most_common(1)), None)


def _instants(
    parts: pl.DataFrame, which: pl.Series, known: list[tuple[Words, Offset] | None], buddhist: bool
) -> pl.DataFrame:
    """Times from the numbers of each row and the meaning of its wordings, of which *which* holds the place."""
    months = pl.Series([entry[0].month if entry else None for entry in known], dtype=pl.Int32)
    minutes = pl.Series([entry[1].minutes if entry else None for entry in known], dtype=pl.Int64)
    bases = pl.Series([entry[1].basis if entry else None for entry in known], dtype=pl.String)
    hours = pl.Series([h for entry in known for h in (entry[0].hours if entry else [None] * 24)], dtype=pl.Int32)
    numbers = parts.select(pl.col("y", "^mo$", "d", "h", "mi", "s").cast(pl.Int32))
    numbers = numbers.with_columns(
        y=pl.col("y") - BUDDHIST_AHEAD * buddhist,
        mo=pl.col("mo") if "mo" in numbers.columns else months.gather(which),
        h=hours.gather((which * 24 + numbers["h"]).set(numbers["h"] > 23, None)),
        ahead=minutes.gather(which),
        time_basis=bases.gather(which),
    )
    wall = pl.datetime("y", "mo", "d", "h", "mi", "s", time_unit="us", time_zone="UTC")
    valid = numbers.select(_is_valid()).to_series()  # once: an expression would be worked out for each column
    return numbers.select(pl.when(valid).then(pl.all())).select(
        time=wall - pl.duration(minutes="ahead"), time_basis="time_basis"
    )


def _is_valid() -> pl.Expr:
    return (
        pl.col("y").is_between(FIRST_YEAR, BUDDHIST - 1)
        & pl.col("mo").is_between(1, 12)
        & pl.col("d").is_between(1, _last_day())
        & pl.col("h").is_not_null()
        & (pl.col("mi") < 60)
        & (pl.col("s") < 60)
    )


def _last_day() -> pl.Expr:
    year, month = pl.col("y"), pl.col("mo")
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return pl.when(month == 2).then(28 + leap.cast(pl.Int32)).otherwise(30 + (month + month // 8) % 2)
