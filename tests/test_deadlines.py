"""Deadlines: the vectors of the reference, public holidays against another library, and laws of calendar arithmetic."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import holidays as published
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from toolkit import deadlines
from toolkit.deadlines import deadline
from toolkit.problems import ToolkitError, Unsupported
from toolkit.rules import table

YEARS = range(2024, 2036)
SEATS = ("lu", "ie", "se")
days = st.dates(date(2018, 5, 25), date(2099, 1, 1))


def rows(shared: Path, heading: str) -> list[list[str]]:
    """The table under a heading of the reference, its cells without emphasis and weekday."""
    text = (shared / "rules" / "deadlines.md").read_text(encoding="utf-8")
    section = text.split(heading, 1)[1].split("\n#", 1)[0]
    table = [line.strip("|").split("|") for line in section.splitlines() if re.match(r"\| \d{4}-", line)]
    assert table, heading
    return [[cell.replace("*", "").strip() for cell in row] for row in table]


def day(cell: str) -> date:
    return date.fromisoformat(cell[:10])


def test_every_vector_of_the_european_table(shared: Path) -> None:
    table = rows(shared, "### 4.1")
    assert len(table) == 23
    for received, month, *ends, longest, rolled, _ in table:
        for seat, end in zip(SEATS, ends, strict=True):
            found = deadline("gdpr", day(received), seat)
            assert found.calendar_end == day(month)
            assert found.due == day(end), (received, seat)
            assert found.complain_from == day(end) + timedelta(days=1)
            assert day(received) + relativedelta(months=3) == day(longest)
            assert found.latest == day(rolled), (received, seat)


def test_thirty_or_thirty_one_days_are_not_a_month(shared: Path) -> None:
    for received, thirty, more, correct in rows(shared, "### 4.2"):
        start = day(received)
        assert (start + timedelta(days=30), start + timedelta(days=31)) == (day(thirty), day(more))
        assert deadline("gdpr", start, "lu").due == day(correct)


def test_every_vector_of_the_californian_table(shared: Path) -> None:
    table = rows(shared, "### 4.3")
    assert len(table) == 8
    for received, confirm, due, latest in table:
        found = deadline("ccpa", day(received), "lu")
        assert (found.confirm_by, found.due, found.latest) == (day(confirm), day(due), day(latest))
        assert (found.calendar_end, found.holidays) == (found.due, "us")


def test_the_other_vectors() -> None:
    assert date(2024, 2, 29) + relativedelta(months=18) == date(2025, 8, 29)
    start = date(2026, 1, 31)
    assert start + relativedelta(months=1) + relativedelta(months=2) == date(2026, 4, 28)
    assert deadline("gdpr", start).latest == date(2026, 4, 30)
    assert deadlines.acknowledged_by(date(2026, 11, 23)) == date(2026, 12, 23)
    assert deadlines.acknowledged_by(date(2026, 11, 20)) == date(2026, 12, 21)  # 30 days end on a Sunday
    assert deadlines.acknowledged_by(date(2026, 11, 23), "gdpr") is None
    assert table("law")["reminder"]["days"] == 14


def test_the_examples_of_the_uk_authority() -> None:
    assert deadline("uk_gdpr", date(2026, 9, 3)).calendar_end == date(2026, 10, 3)
    assert deadline("uk_gdpr", date(2026, 1, 30)).calendar_end == date(2026, 2, 28)


def test_movable_days_are_those_of_the_reference(shared: Path) -> None:
    text = (shared / "rules" / "deadlines.md").read_text(encoding="utf-8")
    table = [
        line.strip("| ").replace("*", "").split(" | ") for line in text.splitlines() if re.match(r"\| 20\d\d \|", line)
    ]
    assert len(table) == 8
    for year, *cells in table:
        _, monday, ascension, whit, feb, may, june, august, october, midsummer, saints = (
            date.fromisoformat(f"{year.strip()}-{cell.strip()}") for cell in cells
        )
        assert {monday, ascension, whit} <= deadlines.holidays("lu", monday.year)
        assert {monday, feb, may, june, august, october} <= deadlines.holidays("ie", monday.year)
        assert {monday, ascension, midsummer, saints} <= deadlines.holidays("se", monday.year)


@pytest.mark.parametrize("country", ["lu", "ie", "us"])
def test_public_holidays_are_those_of_a_maintained_library(country: str) -> None:
    for year in YEARS:
        assert deadlines.holidays(country, year) == set(published.country_holidays(country.upper(), years=year)), year


def test_swedish_holidays_are_those_of_a_maintained_library_but_for_sundays() -> None:
    for year in YEARS:  # the library lists every Sunday, which is no working day anyway
        theirs = {each for each in published.country_holidays("SE", years=year) if each.weekday() != 6}
        assert {each for each in deadlines.holidays("se", year) if each.weekday() != 6} == theirs


@given(days, st.sampled_from([*SEATS, "fr", ""]))
def test_a_month_ends_on_a_working_day_four_to_five_weeks_after_receipt(received: date, seat: str) -> None:
    found = deadline("gdpr", received, seat)
    assert found.calendar_end
    assert found.due
    assert found.latest
    assert received + timedelta(days=28) <= found.calendar_end <= found.due <= found.calendar_end + timedelta(days=6)
    assert deadlines.is_working_day(found.due, seat)
    assert deadlines.is_working_day(found.latest, seat)
    assert found.due < found.latest
    assert found.holidays == (seat if seat in SEATS else "")


@given(days, st.integers(0, 40))
def test_a_stopped_clock_moves_the_end_by_the_days_it_stood(received: date, length: int) -> None:
    begin = received + timedelta(days=3)
    plain = deadline("gdpr", received)
    moved = deadline("gdpr", received, stopped=[(begin, begin + timedelta(days=length))])
    assert plain.calendar_end
    assert moved.calendar_end
    assert moved.calendar_end - plain.calendar_end == timedelta(days=length)


def test_a_clock_that_stands_still_gives_no_date() -> None:
    found = deadline("uk_gdpr", date(2026, 11, 23), stopped=[(date(2026, 12, 1), None)])
    assert (found.calendar_end, found.due, found.latest, found.complain_from) == (None, None, None, None)


def test_spans_that_overlap_count_once() -> None:
    spans = [(date(2026, 12, 1), date(2026, 12, 5)), (date(2026, 12, 3), date(2026, 12, 6))]
    assert deadline("gdpr", date(2026, 11, 23), stopped=spans).calendar_end == date(2026, 12, 28)


def test_an_extension_that_was_announced_moves_the_day_of_complaint() -> None:
    found = deadline("gdpr", date(2026, 11, 25), "lu", extended=True)
    assert (found.due, found.complain_from) == (date(2026, 12, 28), date(2027, 2, 26))


@pytest.mark.parametrize("received", [date(2018, 5, 24), date(2100, 1, 1), date.max])
def test_a_day_of_receipt_beyond_all_sense_is_refused(received: date) -> None:
    with pytest.raises(ToolkitError, match="day of receipt"):
        deadline("gdpr", received)


def test_a_span_that_cannot_be_is_refused() -> None:
    for span in ((date(2026, 11, 1), None), (date(2026, 12, 5), date(2026, 12, 1))):
        with pytest.raises(ToolkitError, match="clock stood still"):
            deadline("gdpr", date(2026, 11, 23), stopped=[span])


def test_a_law_that_is_not_covered_is_named_as_such() -> None:
    with pytest.raises(Unsupported, match="not covered"):
        deadline("lgpd", date(2026, 11, 23))
