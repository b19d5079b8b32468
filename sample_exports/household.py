"""The imagined household: who lives there, which devices they own, and when they talk to them."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate

from dice import Dice

FIRST_DAY, LAST_DAY = date(2023, 11, 6), date(2025, 11, 15)
AWAY = (  # nobody at home, both days included
    (date(2023, 12, 23), date(2024, 1, 2)),
    (date(2024, 7, 27), date(2024, 8, 11)),
    (date(2024, 12, 21), date(2025, 1, 4)),
    (date(2025, 4, 12), date(2025, 4, 21)),
    (date(2025, 7, 19), date(2025, 8, 3)),
)
ZONE = "Europe/Berlin"
CUSTOMER = "A0SYNHOUSEHOLD"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_MS, DAY_MS = 3_600_000, 86_400_000


@dataclass(frozen=True, slots=True)
class Device:
    """Something that listens; *name* is None for an app, *wake* is its wake word."""

    serial: str
    type: str
    name: str | None
    wake: str


@dataclass(frozen=True, slots=True)
class Person:
    """Someone whose voice the maker knows; a child without a voice profile is none of these."""

    id: str
    first_name: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is where at one moment: the start of a scene.

    Attributes:
        time_ms: Epoch milliseconds, UTC.
        person: Who is recognised; None if nobody is.
    """

    time_ms: int
    device: Device
    language: str
    person: Person | None


KITCHEN = Device("G0SYNKITCHEN0001", "A0SYNECHODOT05", "Kitchen Echo Dot", "alexa")
LIVING = Device("G0SYNLIVING00002", "A0SYNESTUDIO02", "Living room Echo Studio", "alexa")
BEDROOM = Device("G0SYNBEDROOM0003", "A0SYNSHOWFIVE3", "Bedroom Echo Show 5", "echo")
KIDS = Device("G0SYNKIDSROOM004", "A0SYNDOTKIDS05", "Mila's Echo Dot Kids", "alexa")
PHONE = Device("G0SYNPHONEAPP005", "A0SYNMOBILEAPP", None, "alexa")
DEVICES = (KITCHEN, LIVING, BEDROOM, KIDS)

TAMSIN = Person("amzn1.actor.person.oid.A0SYNPERSON0001", "Tamsin")
JORUN = Person("amzn1.actor.person.oid.A0SYNPERSON0002", "Jorun")

# The shares of the hours 0 to 23: workdays peak before school and at dinner, weekends start late.
_WORKDAY = (2, 1, 0, 0, 0, 1, 8, 15, 8, 3, 3, 3, 5, 4, 4, 6, 8, 12, 15, 13, 10, 8, 5, 3)
_WEEKEND = (4, 2, 1, 0, 0, 0, 1, 3, 8, 13, 12, 9, 9, 7, 6, 6, 7, 8, 11, 12, 11, 9, 7, 5)
_BY_WEEKDAY = (10, 10, 10, 10, 11, 14, 13)
_WINTER = (11, 12, 1, 2)

# Who is used when, in shares of DEVICES, from that hour on.
_DEVICE_FROM = (
    (0, (0, 30, 70, 0)),
    (5, (55, 5, 30, 10)),
    (10, (35, 45, 5, 15)),
    (16, (45, 30, 5, 20)),
    (20, (10, 60, 30, 0)),
)


def day_weight(day: date) -> int:
    """How much is said on that day, compared with others; 0 while everyone is away."""
    if any(first <= day <= last for first, last in AWAY):
        return 0
    return _BY_WEEKDAY[day.weekday()] * (6 if day.month in _WINTER else 5)


@cache
def _switches(year: int) -> tuple[int, int]:
    """When summer time begins and ends in that year, in epoch milliseconds (European Union: 01:00 UTC)."""
    last_days = (datetime(year, 3, 31, 1, tzinfo=UTC), datetime(year, 10, 31, 1, tzinfo=UTC))
    begin, end = (day - timedelta(days=(day.weekday() + 1) % 7) for day in last_days)
    return _ms(begin), _ms(end)


def _ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def wall_clock(time_ms: int) -> datetime:
    """What the kitchen clock shows at that instant, without a zone.

    The rule is written out because Python brings no time zone data of its own on every system.
    """
    utc = EPOCH + timedelta(milliseconds=time_ms)
    begin, end = _switches(utc.year)
    return (utc + timedelta(hours=2 if begin <= time_ms < end else 1)).replace(tzinfo=None)


def instant(day: date, local_ms: int) -> int:
    """Epoch milliseconds of a moment of that day by the kitchen clock; of a doubled hour the first."""
    wall = _ms(datetime(day.year, day.month, day.day, tzinfo=UTC)) + local_ms
    begin, end = _switches(day.year)
    in_summer = wall - 2 * HOUR_MS
    return in_summer if begin <= in_summer < end else wall - HOUR_MS


def moment(day: date, dice: Dice) -> int:
    """A moment of that day in milliseconds of the kitchen clock, following the household's rhythm."""
    sums = _WEEKEND_SUMS if day.weekday() >= 5 else _WORKDAY_SUMS
    return bisect(sums, dice.roll() * sums[-1]) * HOUR_MS + int(dice.roll() * HOUR_MS)


def cast(day: date, local_ms: int, dice: Dice) -> Cast:
    """Who speaks near which device at that moment."""
    sums = _DEVICE_SUMS[local_ms // HOUR_MS]
    device = DEVICES[bisect(sums, dice.roll() * sums[-1])]
    speaker = dice.roll() * 100
    person: Person | None = TAMSIN
    if speaker < (80 if device is KIDS else 12):
        person = None  # the child
    elif speaker < (85 if device is KIDS else 40):
        person = JORUN
    language = "de-DE" if person is JORUN else "en-GB"
    recognised = person if dice.chance(65) else None
    return Cast(instant(day, local_ms), device, language, recognised)


_WORKDAY_SUMS, _WEEKEND_SUMS = tuple(accumulate(_WORKDAY)), tuple(accumulate(_WEEKEND))
_DEVICE_SUMS = tuple(
    tuple(accumulate(next(shares for start, shares in reversed(_DEVICE_FROM) if start <= hour))) for hour in range(24)
)
