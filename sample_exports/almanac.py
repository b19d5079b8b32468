"""Writes dates as accounts in other languages see them, from the toolkit's own table of locales."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent.parent / "toolkit" / "rules" / "dates.toml"
_TOKEN = re.compile(r"'([^']*)'|([a-zA-Z])(\2*)|(.)", re.DOTALL)
_ZONE = re.compile(r"^z |,? [(\[]?z[)\]]?$")
# Where real files depart from CLDR: there the zone stands behind the clock.
_TIMES = {"zh-CN": "HH:mm:ss z"}


@cache
def table() -> dict[str, dict[str, Any]]:
    """What the table says of each locale."""
    locales: dict[str, dict[str, Any]] = tomllib.loads(TABLE.read_text("utf-8"))["locale"]
    return locales


class Writer:
    """Writes date and clock as CLDR does: medium date, long time.

    Args:
        locale: One of the table's.
        zone: What to write for the zone; None writes none.
        own_digits: Whether to use the locale's own digits, where it has any.
        buddhist: Whether to count years in the Buddhist era.
        narrow: Whether the blanks of CLDR 42 and later, U+202F, stay; files before 2023 have plain ones.
    """

    def __init__(
        self,
        locale: str,
        zone: str | None = None,
        *,
        own_digits: bool = False,
        buddhist: bool = False,
        narrow: bool = True,
    ) -> None:
        row = table()[locale]
        time = _TIMES.get(locale, row["times"][0])
        pattern = row["join"].replace("{1}", row["dates"][0]).replace("{0}", time if zone else _ZONE.sub("", time))
        self._template, self._parts = _compiled(pattern if narrow else pattern.replace("\u202f", " "))
        self._months = [names[0] for names in row["months"]]
        self._zone = zone
        self._years = 543 if buddhist else 0
        self._halves = [_first(row["markers"], 0), _first(row["markers"], 12)]
        self._periods = [_period(row["markers"], hour) for hour in range(24)]
        zero = ord(row["digits"] or "0") if own_digits else ord("0")
        self._digits = {ord("0") + n: zero + n for n in range(10)} if zero != ord("0") else None

    def __call__(self, wall: datetime) -> str:
        """The text for what the clock shows."""
        text = self._template % tuple([part(self, wall) for part in self._parts])
        return text.translate(self._digits) if self._digits else text

    def month(self, wall: datetime) -> str:
        """Name of the month."""
        return str(self._months[wall.month - 1])

    def year(self, wall: datetime) -> int:
        """The year in this writer's era."""
        return wall.year + self._years

    def half(self, wall: datetime) -> str:
        """Word for the half of the day."""
        return self._halves[wall.hour // 12]

    def period(self, wall: datetime) -> str:
        """Word for the part of the day."""
        return self._periods[wall.hour]

    def zone(self, wall: datetime) -> str:
        """The zone."""
        return self._zone or ""


def _first(markers: list[list[Any]], start: int) -> str:
    return next(str(word) for word, first, last in markers if (first, last) == (start, start + 12))


def _period(markers: list[list[Any]], hour: int) -> str:
    """The word for the shortest part of the day that holds the hour, as CLDR's ``B`` writes from its full hour on."""
    spans = [(last - first, str(word)) for word, first, last in markers if first <= hour < last or hour + 24 < last]
    return min(spans, key=lambda span: span[0])[1]


Part = Callable[[Writer, datetime], object]
_PARTS: dict[str, tuple[str, Part]] = {
    "y": ("%d", Writer.year),
    "M": ("%d", lambda _, wall: wall.month),
    "MM": ("%02d", lambda _, wall: wall.month),
    "MMM": ("%s", Writer.month),
    "d": ("%d", lambda _, wall: wall.day),
    "dd": ("%02d", lambda _, wall: wall.day),
    "H": ("%d", lambda _, wall: wall.hour),
    "HH": ("%02d", lambda _, wall: wall.hour),
    "h": ("%d", lambda _, wall: wall.hour % 12 or 12),
    "hh": ("%02d", lambda _, wall: wall.hour % 12 or 12),
    "m": ("%d", lambda _, wall: wall.minute),
    "mm": ("%02d", lambda _, wall: wall.minute),
    "s": ("%d", lambda _, wall: wall.second),
    "ss": ("%02d", lambda _, wall: wall.second),
    "a": ("%s", Writer.half),
    "B": ("%s", Writer.period),
    "z": ("%s", Writer.zone),
}


@cache
def _compiled(pattern: str) -> tuple[str, list[Part]]:
    """A pattern of CLDR as a template for ``%``, and what goes into it."""
    template, parts = "", []
    for quoted, letter, more, other in _TOKEN.findall(pattern):
        if letter:
            form, part = _PARTS[letter + more]
            template += form
            parts.append(part)
        else:
            template += (quoted or other).replace("%", "%%")
    return template, parts
