"""Dates: read with certainty, or not at all."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.dates import Reader, one, order_of, zone
from toolkit.problems import ToolkitError

LAYOUTS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y, %H:%M:%S",
    "%b %d, %Y, %I:%M:%S %p",
    "%b %d, %Y, %I:%M:%S\u202f%p",
    "%d %B %Y %H:%M:%S",
)
WALL = st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1)).map(lambda t: t.replace(microsecond=0))  # noqa: DTZ001


def read(texts: list[str | None], timezone: str | None = None) -> list[tuple[datetime | None, str]]:
    given_texts = [text for text in texts if text]
    reader = Reader(given_texts[:50], order_of(given_texts), timezone)
    return list(reader.read(pl.Series(texts, dtype=pl.String)).select("time", "time_basis").iter_rows())


@given(st.lists(WALL, min_size=1, max_size=5), st.sampled_from(LAYOUTS))
def test_a_date_written_in_any_known_layout_is_read_back(times: list[datetime], layout: str) -> None:
    known = datetime(2021, 1, 31, tzinfo=UTC)  # tells the day from the month
    texts = [when.strftime(layout) for when in [*times, known]]

    assert [when for when, _ in read(list(texts))][:-1] == [when.replace(tzinfo=UTC) for when in times]


@given(WALL, st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]))
def test_a_wall_clock_and_its_zone_give_the_instant(wall: datetime, name: str) -> None:
    local = wall.replace(tzinfo=ZoneInfo(name))
    [(instant, basis)] = read([wall.strftime("%Y-%m-%d %H:%M:%S")], name)

    exists = local.astimezone(UTC).astimezone(ZoneInfo(name)).replace(tzinfo=None) == wall
    assert (instant, basis) == ((local.astimezone(UTC), "zone_assumed") if exists else (None, "none"))


@given(WALL, st.integers(-14 * 60, 14 * 60))
def test_an_offset_in_the_text_wins_over_the_zone_given(wall: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    text = f"{wall:%Y-%m-%dT%H:%M:%S}{sign}{hours:02}:{rest:02}"
    [(instant, basis)] = read([text], "Asia/Tokyo")

    assert (instant, basis) == ((wall - timedelta(minutes=minutes)).replace(tzinfo=UTC), "offset")


@given(st.text(max_size=80) | st.text("0123456789:-+/., TZGMUC\n", max_size=80))
def test_any_text_gives_an_instant_or_nothing(text: str) -> None:
    instant, known = one(text, "day_first")

    assert instant is None or (instant.tzinfo is None and known in (None, "utc", "offset"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "2020",
        "18:54",
        "Jan 2021",
        "01/02/03",
        "Feb 30, 2020 10:00",
        "2020-02-30 10:00:00",
        "2021-01-15T24:00:00",
        "2020-01-01T10:00:60",
        "0000-00-00 00:00:00",
        "2020-01-01 10:00 EST",
        "2020-01-01 10:00 BRST",
        "2020-01-01T10:00:00+99:99",
        "２０２０-０１-０１ １０:００",
        "2147483648",
        "9" * 10_000,
        "1" * 70 + ":" + "2" * 29 + "\n9",
        "AM",
        "inf",
        "10:30 15 2021",
        "03/04/2021 10:00:00",
        "2024-03-08",
        "01/02/03 10:00",
        "03/04/21 10:00",
        "04.03.21 10:00",
        "10:00 03/04/2021",
        "Thu, 03/04/2021 10:00",
        "03 04 2021 10:00",
        "21-03-04 10:00",
        "2021-03-04 10:00 11:00",
        "Mar 4, 21 10:00",
        "Mar 4, 2021 2022 10:00",
    ],
)
def test_a_date_that_lacks_a_part_is_never_completed(text: str) -> None:
    assert read([text]) == [(None, "none")]


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no tzset")
@pytest.mark.parametrize("zone_of_machine", ["America/New_York", "Europe/Berlin"])
def test_the_zone_of_this_machine_never_helps(zone_of_machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone_of_machine)
    time.tzset()
    read_here = [one(f"2021-07-04 10:00:00 {name}")[0] for name in ("EST", "EDT", "CET", "CEST")]
    monkeypatch.undo()
    time.tzset()

    assert read_here == [None] * 4


def test_a_numeric_date_that_contradicts_the_order_of_its_file_is_not_swapped() -> None:
    assert one("01/14/2021 10:00:00", "day_first") == (None, None)
    assert one("14/01/2021 10:00:00", "day_first")[0] == datetime(2021, 1, 14, 10)  # noqa: DTZ001


def test_a_sign_after_gmt_points_the_way_it_says() -> None:
    assert one("Jan 15, 2021, 6:54:12 PM GMT+01:00") == (datetime(2021, 1, 15, 17, 54, 12), "offset")  # noqa: DTZ001
    assert one("Thu Mar 08 2018 17:14:40 GMT+0100 (CET)") == (datetime(2018, 3, 8, 16, 14, 40), "offset")  # noqa: DTZ001


def test_an_hour_that_was_skipped_has_no_instant_and_one_that_came_twice_has_the_earlier() -> None:
    skipped, twice = read(["2024-03-31 02:30:00", "2024-10-27 02:30:00"], "Europe/Berlin")

    reader = Reader(["2024-10-27 02:30:00"], timezone="Europe/Berlin")
    hours = pl.Series(["2024-10-27 01:30:00", "2024-10-27 02:30:00", "2024-03-31 02:30:00"])
    assert reader.read(hours)["twice"].to_list() == [False, True, False]
    assert skipped == (None, "none")
    assert twice == (datetime(2024, 10, 27, 0, 30, tzinfo=UTC), "zone_assumed")


def test_without_a_zone_the_wall_clock_is_kept_and_said_so() -> None:
    assert read(["2024-03-08 17:14:40", None]) == [
        (datetime(2024, 3, 8, 17, 14, 40, tzinfo=UTC), "zone_unknown"),
        (None, "none"),
    ]


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["03/04/2021 10:00", "13/04/2021 10:00"], "day_first"),
        (["03/04/2021 10:00", "04/13/2021 10:00"], "month_first"),
        (["03.04.2021 10:00"], "day_first"),
        (["03/04/2021 10:00"], None),
        (["13/04/2021 10:00", "04/13/2021 10:00"], None),
    ],
)
def test_day_and_month_are_told_apart_only_by_evidence(texts: list[str], order: str | None) -> None:
    assert order_of(texts) == order


def test_an_unknown_zone_is_refused_without_repeating_it() -> None:
    with pytest.raises(ToolkitError) as refused:
        zone("my secret/zone")

    assert "secret" not in f"{refused.value} {refused.value.advice}"
