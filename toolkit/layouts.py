"""How each locale writes a date with a clock: patterns two regex engines run alike, and the words in them.

A text is cut by a pattern into numbers and three wordings: the month, what leads up to the clock and what follows it
("at", half of the day, zone). Numbers mean the same everywhere; wordings are looked up locale by locale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import product
from typing import Any, NamedTuple

from toolkit import zones

SPACES = " \u00a0\u2003\u2009\u202f"
AROUND = f"\t\r\n{SPACES}"
INVISIBLE = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
FIRST_YEAR, BUDDHIST = 1900, 2400  # from there on a year is of the Buddhist era, and only in Thai files
BUDDHIST_AHEAD = 543
BUDDHIST_LOCALE = "th"

_SPACE = f"[{SPACES}]"
_LEAD = rf"[^0-9]*(?:[+\-\u2212][0-9]{{1,2}}(?:[:.]?[0-9]{{2}})?[,\u060c)]*{_SPACE}[^0-9]*)?"
_MONTH = "(?P<mon>[^0-9]{1,24}?)"
_FIELDS = {"y": "(?P<y>[0-9]{4})", "M": "(?P<mo>[0-9]{1,2})", "d": "(?P<d>[0-9]{1,2})", "H": "(?P<h>[0-9]{1,2})"}
_TOKEN = re.compile(r"'([^']*)'|([a-zA-Z])(\2*)|(.)", re.DOTALL)
_CLOCK = re.compile(r"[HhKk]+.*?m+.*?s+(?: ?(?:'[^']*'|[^\sa-zA-Z()\[\],']))*")
_UNSEEN = re.compile(f"[.{SPACES}{INVISIBLE}]")
_BRACKETS = " ,\u060c;()[]"


@dataclass(frozen=True, slots=True)
class Locale:
    """The words of one locale.

    Attributes:
        months: Number of the month by name, as `word` spells it.
        hours: For a word for a part of the day, the hour of the day by the hour on the clock; None where it cannot be.
        whole_day: Whether its clock runs to 24, so that it needs no such word.
        zero: Its own digit zero; empty if it has only ours.
    """

    months: dict[str, int]
    hours: dict[str, tuple[int | None, ...]]
    whole_day: bool
    zero: str


@dataclass(frozen=True)
class Layout:
    """One way to write a date: a pattern with groups y, mo or mon, d, h, mi, s, lead and tail, and who writes so."""

    pattern: str
    locales: frozenset[str]

    @property
    def day_first(self) -> bool:
        """Whether it is all numbers, and the day stands before the month."""
        return self.pattern.find("(?P<d>") < self.pattern.find("(?P<mo>")

    def match(self, text: str) -> dict[str, str] | None:
        """The parts of the text, or None if it is not laid out so."""
        found = _compiled(self.pattern).fullmatch(text)
        return {"mon": "", "lead": "", **found.groupdict()} if found else None


class Words(NamedTuple):
    """What the wordings of a text mean in one locale.

    Attributes:
        month: From 1; None where the month is a number.
        hours: As in `Locale`.
        zone: The zone as written.
        marked: Whether a part of the day is named.
    """

    month: int | None
    hours: tuple[int | None, ...]
    zone: str | None
    marked: bool


class Reading(NamedTuple):
    """What one locale reads in a text."""

    wall: datetime
    words: Words
    layout: Layout
    buddhist: bool


_WHOLE_DAY: tuple[int | None, ...] = tuple(range(24))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=4096)
def word(text: str) -> str:
    """A word as it is looked up: without dots, blanks and case, which differ between releases of CLDR."""
    return _UNSEEN.sub("", text).casefold()


@cache
def locales() -> dict[str, Locale]:
    """Every locale of the table."""
    return {tag: _locale(row) for tag, row in zones.rules()["locale"].items()}


def _locale(row: dict[str, Any]) -> Locale:
    spans: dict[str, set[int]] = {}
    for name, start, end in row["markers"]:
        spans.setdefault(word(name), set()).update(hour % 24 for hour in range(start, end))
    return Locale(
        months={word(name): n for n, names in enumerate(row["months"], 1) for name in names},
        hours={name: tuple(_hour(hour, span) for hour in range(24)) for name, span in spans.items()},
        whole_day=any(_is_whole_day(pattern) for pattern in row["times"]),
        zero=row["digits"],
    )


def _is_whole_day(pattern: str) -> bool:
    return not re.search("[aBhK]", re.sub("'[^']*'", "", pattern))


def _hour(shown: int, span: set[int]) -> int | None:
    """The hour of the day in that span for which a clock of twelve or more hours shows that number."""
    possible = {shown} if shown > 12 else {shown % 12, shown % 12 + 12}
    fitting = possible & span
    return fitting.pop() if len(fitting) == 1 else None


@cache
def layouts() -> tuple[Layout, ...]:
    """Every way to write a date that some locale has."""
    writers: dict[str, set[str]] = {}
    for tag, row in zones.rules()["locale"].items():
        for pattern in _patterns(row):
            writers.setdefault(pattern, set()).add(tag)
    return tuple(Layout(pattern, frozenset(tags)) for pattern, tags in writers.items())


def _patterns(row: dict[str, Any]) -> Iterator[str]:
    for date, time in product(row["dates"], row["times"]):
        clock = _CLOCK.search(time)
        if clock is None:
            raise ValueError(f"no clock in {time!r}")
        day, hands = _regex(date), _regex(clock[0])
        if day.endswith(_MONTH):  # no telling where its name ends, so the lead is left to `_words`
            yield rf"{day.removesuffix(_MONTH)}(?P<mon>{_LEAD}){hands}(?P<tail>.*)"
        else:
            yield rf"{day}(?P<lead>{_LEAD}){hands}(?P<tail>.*)"
        if row["time_first"]:
            yield rf"{hands}(?P<tail>{_LEAD}){day}"


def _regex(pattern: str) -> str:
    """A pattern of CLDR as a regular expression of both Python and Rust."""
    parts = []
    for quoted, letter, more, other in _TOKEN.findall(pattern):
        if letter in ("m", "s"):
            parts.append(f"(?P<{'mi' if letter == 'm' else 's'}>[0-9]{{{'' if more else '1,'}2}})")
        elif letter in ("M", "L"):
            parts.append(_MONTH if len(more) > 1 else _FIELDS["M"])
        elif letter:
            parts.append(_FIELDS["H" if letter in "HhKk" else letter])
        else:
            parts.append("".join(_literal(character) for character in quoted or other))
    return "".join(parts)


def _literal(character: str) -> str:
    if character in INVISIBLE:
        return ""
    return _SPACE if character in SPACES else re.escape(character)


def plain(text: str) -> tuple[str, str]:
    """The text with our digits and without invisible marks, and the digit zero it was written with, if foreign."""
    if text.isascii():
        return text.strip(AROUND), ""
    text = text.translate(_GONE).strip(AROUND)
    zeros = {chr(ord(c) - int(c)) for c in text if c.isdecimal() and not c.isascii()}
    if len(zeros) != 1:
        return ("", "") if zeros else (text, "")
    zero = zeros.pop()
    return text.translate({ord(zero) + n: str(n) for n in range(10)}), zero


_GONE = dict.fromkeys(map(ord, INVISIBLE))


@lru_cache(maxsize=256)  # a file's first dates are looked for, and then learned from
def readings(text: str) -> Mapping[str, Reading]:
    """What each locale reads in a text; locales that cannot read it, or read two things, are missing."""
    text, zero = plain(text)
    found: dict[str, Reading] = {}
    torn = set()
    for layout in layouts():
        if parts := layout.match(text):
            for tag, words in meanings(layout, parts["mon"], parts["lead"], parts["tail"]):
                buddhist = tag == BUDDHIST_LOCALE and int(parts["y"]) >= BUDDHIST
                wall = _wall(parts, words, buddhist)
                if wall is None or (zero and locales()[tag].zero != zero):
                    continue
                if found.setdefault(tag, Reading(wall, words, layout, buddhist)).wall != wall:
                    torn.add(tag)
    certain = any(_is_certain(reading) for tag, reading in found.items() if tag not in torn)
    return {t: reading for t, reading in found.items() if t not in torn and (_is_certain(reading) or not certain)}


def _is_certain(reading: Reading) -> bool:
    """Whether its zone is known, if there is one: PG is Malay for the morning rather than a zone nobody knows."""
    return not reading.words.zone or zones.is_known(reading.words.zone)


def _wall(parts: dict[str, str], words: Words, buddhist: bool) -> datetime | None:
    year, hour = int(parts["y"]) - BUDDHIST_AHEAD * buddhist, int(parts["h"])
    if not FIRST_YEAR <= year < BUDDHIST or hour > 23:
        return None
    hour_of_day = words.hours[hour]
    if hour_of_day is None:
        return None
    month = words.month or int(parts["mo"])
    try:
        return datetime(year, month, int(parts["d"]), hour_of_day, int(parts["mi"]), int(parts["s"]))  # noqa: DTZ001
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def meanings(layout: Layout, month: str, lead: str, tail: str) -> tuple[tuple[str, Words], ...]:
    """What the wordings mean in each locale that writes so and knows them."""
    found = ((tag, _words(locales()[tag], month, lead, tail)) for tag in sorted(layout.locales))
    return tuple((tag, words) for tag, words in found if words)


def _words(locale: Locale, month: str, lead: str, tail: str) -> Words | None:
    if month and not lead:
        month, lead = _parted(month, locale)
    number = locale.months.get(word(month)) if month else None
    before, after = _marker_and_zone(_without_at(lead), locale), _marker_and_zone(tail, locale)
    if (month and number is None) or before is None or after is None:
        return None
    if (before[0] and after[0]) or (before[1] and after[1]):
        return None
    marker, zone = before[0] or after[0], before[1] or after[1]
    if not marker and not locale.whole_day:
        return None
    return Words(number, locale.hours[marker] if marker else _WHOLE_DAY, zone or None, bool(marker))


def _parted(text: str, locale: Locale) -> tuple[str, str]:
    """The name of a month, and what follows it."""
    words = text.split(" ")
    for cut in range(len(words), 0, -1):
        month = " ".join(words[:cut]).strip(_BRACKETS)
        if word(month) in locale.months:
            return month, " ".join(words[cut:])
    return text, ""


def _marker_and_zone(text: str, locale: Locale) -> tuple[str, str] | None:
    """Word for a part of the day and zone, each empty where it is missing; None where anything else stands there."""
    return next(((marker, zone) for marker, zone in _splits(text) if not marker or marker in locale.hours), None)


@lru_cache(maxsize=4096)
def _splits(text: str) -> tuple[tuple[str, str], ...]:
    """Every way to take the text for a word and a zone, in either order, the longest word first."""
    words = re.sub(rf"[{SPACES}]+", " ", text).strip(_BRACKETS).split(" ")
    found = []
    for cut in range(len(words), -1, -1):
        one, other = (" ".join(part).strip(_BRACKETS) for part in (words[:cut], words[cut:]))
        for name, zone in ((one, other), (other, one)):
            if bool(name) == bool(word(name)) and (not zone or zones.is_zone(zone)):
                found.append((word(name), zone))
    return tuple(found)


@lru_cache(maxsize=4096)
def _without_at(lead: str) -> str:
    return _at().sub("", lead, count=1)


@cache
def _at() -> re.Pattern[str]:
    words = "|".join(re.escape(at) for at in sorted(zones.rules()["words"]["at"], key=len, reverse=True))
    around = f"[{re.escape(_BRACKETS)}{SPACES}]"
    return re.compile(rf"^{around}*(?:{words})(?={around}|$)")
