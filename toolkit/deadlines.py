"""Dates by which a request must be answered: calendar months or days from receipt, public holidays, stopped clocks.

Months follow Art. 3 of Regulation (EEC, Euratom) 1182/71: the day of receipt does not count, the period ends on the
same date of the last month or on that month's last day, and an end on a Saturday, Sunday or public holiday moves to the
next working day. Which law applies is the user's choice; its figures and their sources are in ``rules/law.toml``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import islice
from typing import Any

from dateutil.easter import easter
from dateutil.relativedelta import MO, SA, TH, relativedelta

from toolkit.problems import ToolkitError, Unsupported
from toolkit.rules import table

LAWS: dict[str, dict[str, Any]] = table("law")["law"]
_DAY = timedelta(days=1)
_SATURDAY, _FRIDAY = 5, 4  # of date.weekday()
# What is bounded: an end beyond the year 9999 has no date, and a holiday rule is only as good as the law of its day.
_EARLIEST, _LATEST = date(2018, 5, 25), date(2100, 1, 1)

Span = tuple[date, date | None]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The dates of one request; all whole days.

    Attributes:
        law: One of `LAWS`.
        received: Day on which the request arrived.
        confirm_by: Day by which its receipt must be confirmed; None where the law asks for none.
        calendar_end: End of the first period by the calendar alone; None while the clock stands still.
        due: The same after the rule for weekends and holidays.
        latest: End of the longest period, if the controller announced in time that it needs it.
        complain_from: First day on which nobody is accused too early: after *due*, if extended after *latest*.
        holidays: Country whose public holidays moved an end; empty if only weekends, or nothing, was applied.
        extended: Whether the controller announced that it needs longer.
    """

    law: str
    received: date
    confirm_by: date | None
    calendar_end: date | None
    due: date | None
    latest: date | None
    complain_from: date | None
    holidays: str
    extended: bool


def deadline(
    law: str, received: date, seat: str = "", stopped: Sequence[Span] = (), extended: bool = False
) -> Deadline:
    """When an answer to a request is due.

    Args:
        law: One of `LAWS`.
        received: Day on which the request arrived; for e-mail and web forms the day it was sent.
        seat: Country whose public holidays count, as two letters; one of `HOLIDAYS`, any other for weekends only.
        stopped: Spans in which the clock stood still: first day, and the day it ran again or None if it still stands.
        extended: Whether the controller announced within the first period that it needs longer.

    Raises:
        Unsupported: The law is none of those known in full.
        ToolkitError: The day of receipt lies outside any sense, or a span ends before it begins.
    """
    rule = known(law)
    if not _EARLIEST <= received < _LATEST:
        raise ToolkitError(
            "The day of receipt lies before May 2018 or beyond 2100.", "Write it as year-month-day, such as 2026-11-25."
        )
    holidays = _calendar(rule["calendar"], seat)
    pause = _pause(stopped, received)
    confirm = rule.get("confirm_business_days")
    ends = [None, None] if pause is None else [end + pause for end in _ends(rule, received)]
    due, latest = (end if end is None or "days" in rule else working_day(end, holidays) for end in ends)
    last = latest if extended else due
    return Deadline(
        law=law,
        received=received,
        confirm_by=business_days(received, confirm, holidays) if confirm else None,
        calendar_end=ends[0],
        due=due,
        latest=latest,
        complain_from=last and last + _DAY,
        holidays=holidays,
        extended=extended,
    )


def known(law: str) -> dict[str, Any]:
    """The figures of a law.

    Raises:
        Unsupported: It is none of those known in full.
    """
    if law not in LAWS:
        raise Unsupported(
            "That law is not covered: its periods could not be confirmed.",
            f"Covered are: {', '.join(LAWS)}. Ask an advice centre about others.",
        )
    return LAWS[law]


def acknowledged_by(complained: date, law: str = "uk_gdpr") -> date | None:
    """Day by which a controller must acknowledge a complaint made to itself; None where the law asks for none."""
    days = known(law).get("acknowledge_days")
    return working_day(complained + timedelta(days=days)) if days else None


def _ends(rule: dict[str, Any], received: date) -> list[date]:
    """Ends of the first and of the longest period, both from receipt: never one added to the other."""
    if "days" in rule:
        return [received + timedelta(days=rule[name]) for name in ("days", "days_extended")]
    return [received + relativedelta(months=rule[name]) for name in ("months", "months_extended")]


def _calendar(which: str, seat: str) -> str:
    country = seat.lower() if which == "seat" else which
    return country if country in HOLIDAYS else ""


def _pause(stopped: Sequence[Span], received: date) -> timedelta | None:
    """How long the clock stood still; None if it still does."""
    days: set[date] = set()
    for begin, end in stopped:
        if begin < received or (end is not None and end < begin) or (end or begin) >= _LATEST:
            raise ToolkitError(
                "A span in which the clock stood still begins before receipt or ends before it begins.",
                "Give the day the controller asked, and the day you answered.",
            )
        if end is None:
            return None
        days.update(_days(begin, end))
    return len(days) * _DAY  # overlapping spans count once


def _days(begin: date, end: date) -> Iterator[date]:
    while begin < end:
        yield begin
        begin += _DAY


def working_day(day: date, country: str = "") -> date:
    """*day*, or the next one that is neither Saturday, Sunday nor a public holiday of *country*."""
    while not is_working_day(day, country):
        day += _DAY
    return day


def is_working_day(day: date, country: str = "") -> bool:
    """Whether it is neither Saturday, Sunday nor a public holiday of *country*; an unknown one has none."""
    return day.weekday() < _SATURDAY and day not in holidays(country, day.year)


def business_days(start: date, number: int, country: str = "") -> date:
    """The *number*-th working day after *start*, which itself does not count."""
    following = (start + n * _DAY for n in range(1, 10 * number + 30))
    return next(islice((day for day in following if is_working_day(day, country)), number - 1, None))


@cache
def holidays(country: str, year: int) -> frozenset[date]:
    """Public holidays of a year in ``lu``, ``ie``, ``se``, or the federal ones of ``us``; of any other country none."""
    return frozenset(HOLIDAYS[country](year)) if country in HOLIDAYS else frozenset()


def _luxembourg(year: int) -> Iterable[date]:
    fixed = ((1, 1), (5, 1), (5, 9), (6, 23), (8, 15), (11, 1), (12, 25), (12, 26))
    return [*_fixed(year, fixed), *_after_easter(year, 1, 39, 50)]


def _ireland(year: int) -> Iterable[date]:
    february = date(year, 2, 1)
    brigid = february if february.weekday() == _FRIDAY else february + relativedelta(weekday=MO(1))
    mondays = [date(year, month, 1) + relativedelta(weekday=MO(1)) for month in (5, 6, 8)]
    october = date(year, 10, 31) + relativedelta(weekday=MO(-1))
    fixed = _fixed(year, ((1, 1), (3, 17), (12, 25), (12, 26)))
    return [*fixed, brigid, *mondays, october, *_after_easter(year, 1)]


def _sweden(year: int) -> Iterable[date]:
    """Without the eves of midsummer, Christmas and New Year, which are no public holidays by name."""
    midsummer = date(year, 6, 20) + relativedelta(weekday=SA(1))
    saints = date(year, 10, 31) + relativedelta(weekday=SA(1))
    fixed = _fixed(year, ((1, 1), (1, 6), (5, 1), (6, 6), (12, 25), (12, 26)))
    return [*fixed, midsummer, saints, *_after_easter(year, -2, 0, 1, 39, 49)]


def _united_states(year: int) -> Iterable[date]:
    """Federal; a fixed day on a Saturday is kept on the Friday before, on a Sunday on the Monday after."""
    mondays = [
        date(year, month, 1) + relativedelta(weekday=MO(nth)) for month, nth in ((1, 3), (2, 3), (9, 1), (10, 2))
    ]
    memorial = date(year, 5, 31) + relativedelta(weekday=MO(-1))
    thanksgiving = date(year, 11, 1) + relativedelta(weekday=TH(4))
    dates = [*_fixed(year, ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))), date(year + 1, 1, 1)]
    kept = [day + {_SATURDAY: -_DAY, 6: _DAY}.get(day.weekday(), 0 * _DAY) for day in dates]
    return [day for day in [*dates, *kept, *mondays, memorial, thanksgiving] if day.year == year]


def _fixed(year: int, days: Iterable[tuple[int, int]]) -> Iterator[date]:
    return (date(year, month, day) for month, day in days)


def _after_easter(year: int, *days: int) -> Iterator[date]:
    return (easter(year) + timedelta(days=number) for number in days)


HOLIDAYS: dict[str, Callable[[int], Iterable[date]]] = {
    "lu": _luxembourg,
    "ie": _ireland,
    "se": _sweden,
    "us": _united_states,
}
