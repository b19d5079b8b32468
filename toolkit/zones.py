"""Zone names behind a clock to offsets: fixed, told by the user's zone or the day of the export, or left open.

An export prints one abbreviation, that of the account's zone on the day it was made, on every row: BST on a row of
January is one hour east all the same. So an abbreviation is a fixed offset, never a region with rules of its own.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from toolkit.dates import zone

_AROUND = re.compile(r"[\[\]]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ABBREVIATION = re.compile(r"[A-Z]{2,6}")
_LONGEST = 20
_FARTHEST = 14 * 60
_HALF_YEARS = [datetime(year, month, 15) for year in range(2018, 2027) for month in (1, 7)]  # noqa: DTZ001


class Offset(NamedTuple):
    """Minutes east of Greenwich, and how that is known: ``offset``, ``zone_assumed`` or ``zone_unknown`` (then 0)."""

    minutes: int
    basis: str


@cache
def rules() -> dict[str, Any]:
    """The table `rules/dates.toml`."""
    return tomllib.loads((files("toolkit") / "rules" / "dates.toml").read_text("utf-8"))


@cache
def _signed() -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in sorted(rules()["words"]["gmt"], key=len, reverse=True))
    return re.compile(rf"(?:(?:{words}) ?)?([+-])(\d\d?)(?:[:.]?(\d\d))?(?: ?(?:{words}))?", re.IGNORECASE)


def _plain(text: str) -> str:
    return _AROUND.sub("", text).replace("\u2212", "-").strip()


def fixed(text: str) -> int | None:
    """Minutes east of Greenwich, where the text alone tells them: ``MESZ``, ``GMT+05:30``, ``UTC-7``."""
    text = _plain(text)
    if len(text) > _LONGEST:
        return None
    known: int | None = 0 if text in rules()["words"]["gmt"] else rules()["zones"].get(text)
    found = _signed().fullmatch(text)
    if known is not None or not found:
        return known
    minutes = 60 * int(found[2]) + int(found[3] or 0)
    if minutes > _FARTHEST or int(found[3] or 0) > 59:
        return None
    return -minutes if found[1] == "-" else minutes


def is_known(text: str) -> bool:
    """Whether the table tells what zone, or what zones, the text names."""
    return fixed(text) is not None or _plain(text) in rules()["ambiguous"]


@lru_cache(maxsize=4096)
def is_zone(text: str) -> bool:
    """Whether the text can name a zone; abbreviations nobody knows are taken for one."""
    return bool(_ABBREVIATION.fullmatch(_plain(text))) or is_known(text)


class Zones:
    """Offsets of the zone names of one file.

    Args:
        timezone: The user's zone: decides which of the zones with an abbreviation is meant.
        exported_at: When the export was made: decides which offset a zone had.

    Raises:
        ToolkitError: There is no such time zone.
    """

    def __init__(self, timezone: str | None = None, exported_at: datetime | None = None) -> None:
        self._own = timezone
        self._at = exported_at
        self._known: dict[str, Offset] = {}
        if timezone:
            zone(timezone)

    def __call__(self, text: str) -> Offset:
        """The offset behind a text for which `is_zone` holds."""
        if text not in self._known:
            self._known[text] = self._look_up(_plain(text))
        return self._known[text]

    def _look_up(self, text: str) -> Offset:
        minutes = fixed(text)
        if minutes is not None:
            return Offset(minutes, "offset")
        meanings = {minutes: name for minutes, name in rules()["ambiguous"].get(text, ())}
        for minutes in (self._by_own_zone(text, set(meanings)), self._by_day(meanings), self._usual(text, meanings)):
            if minutes is not None:
                return Offset(minutes, "zone_assumed")
        return Offset(0, "zone_unknown")

    def _by_own_zone(self, text: str, offsets: set[int]) -> int | None:
        """The offset the user's zone has under that abbreviation, or if it has no abbreviations at all."""
        if not self._own:
            return None
        for days in ([self._at] if self._at else [], _HALF_YEARS):
            using = {_in_zone(self._own, day) for day in days}
            nameless = not any(name.isalpha() for name, _ in using)
            fitting = {minutes for name, minutes in using if name == text or nameless} & offsets
            if len(fitting) == 1:
                return fitting.pop()
        return None

    def _by_day(self, meanings: dict[int, str]) -> int | None:
        fitting = self._in_force(meanings)
        return fitting.pop() if self._at and len(fitting) == 1 else None

    def _usual(self, text: str, meanings: dict[int, str]) -> int | None:
        """What nearly everybody means who writes that, unless it was not so on the day of the export."""
        minutes: int | None = rules()["usual"].get(text)
        return minutes if minutes in self._in_force(meanings) else None

    def _in_force(self, meanings: dict[int, str]) -> set[int]:
        if not self._at:
            return set(meanings)
        return {minutes for minutes, name in meanings.items() if _in_zone(name, self._at)[1] == minutes}


def _in_zone(name: str, day: datetime) -> tuple[str, int]:
    local = day.replace(tzinfo=zone(name)) if day.tzinfo is None else day.astimezone(zone(name))
    return str(local.tzname()), int((local.utcoffset() or timedelta()).total_seconds()) // 60
