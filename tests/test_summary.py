"""Counts: each entry once, every month and hour there, nothing unknown passed off as known."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toolkit
from toolkit import schema
from toolkit.problems import ToolkitError
from toolkit.summary import NOT_STATED, by_device, by_month, by_status, by_weekday_hour, headline

SAMPLES = Path(__file__).parent.parent / "sample_exports"
REQUIRED = {"vendor": "amazon", "product": "alexa", "format": "amazon_rvh", "source_file": "f", "source_row": 1}
NOON = datetime(2024, 3, 5, 12, tzinfo=UTC)  # a Tuesday


def records(*rows: dict[str, Any]) -> pl.DataFrame:
    frame = pl.DataFrame([{**REQUIRED, **row} for row in rows], schema_overrides={"time": pl.Datetime("us", "UTC")})
    return schema.conform(frame, now=datetime(2026, 1, 1, tzinfo=UTC))[0]


def entry(time: datetime | None = NOON, basis: str = "utc", **row: Any) -> dict[str, Any]:
    return {"time": time, "time_basis": basis, **row}


def devices(*rows: dict[str, Any]) -> list[tuple[str, int]]:
    return by_device(records(*rows)).select("device", "entries").rows()


def test_nothing_gives_zeros_and_no_first_entry() -> None:
    head = headline(schema.RECORDS.to_frame())
    assert (head.entries, head.minutes, head.first, head.last, head.devices) == (0, 0, None, None, 0)
    assert by_month(schema.RECORDS.to_frame()).is_empty()
    assert by_weekday_hour(schema.RECORDS.to_frame())["entries"].to_list() == [0] * 168
    assert by_device(schema.RECORDS.to_frame()).is_empty()
    assert by_status(schema.RECORDS.to_frame()).is_empty()


@pytest.mark.parametrize("sample", ["amazon-alexa-csv", "amazon-alexa-csv-b", "amazon-alexa-privacy-page"])
def test_the_samples_count_as_they_were_made(sample: str) -> None:
    truth = json.loads((SAMPLES / f"{sample}.truth.json").read_text(encoding="utf-8"))
    head = headline(toolkit.load(SAMPLES / sample, timezone="Europe/Berlin").records)
    assert head.entries == truth["rows"]
    assert head.with_text == truth["with_transcript"]
    clips = truth.get("clips", {"named": 0, "found": 0, "found_ms": 0})
    assert (head.clips_named, head.clips_found) == (clips["named"], clips["found"])
    assert head.minutes == pytest.approx(clips["found_ms"] / 60_000, abs=1e-4)
    assert [moment and moment.replace(microsecond=0) for moment in (head.first, head.last)] == [
        datetime.fromisoformat(truth[which]).replace(microsecond=0) for which in ("first", "last")
    ]
    assert (head.duplicates, head.zone_unknown, head.undated) == (0, 0, 0)


def test_an_entry_read_twice_counts_once_everywhere() -> None:
    one = entry(transcript="lights", audio_files=["a.wav"], audio_found=1, audio_seconds=30.0, device_name="Kitchen")
    frame = records(one, {**one, "duplicate_of": "amazon-1"})
    head = headline(frame)
    assert (head.entries, head.duplicates, head.with_text, head.clips_named, head.clips_found) == (1, 1, 1, 1, 1)
    assert head.minutes == 0.5
    tables = (
        by_month(frame),
        by_weekday_hour(frame),
        by_device(frame),
        by_status(frame),
    )
    assert [table["entries"].sum() for table in tables] == [1, 1, 1, 1]


def test_what_is_not_known_is_counted_apart() -> None:
    head = headline(records(entry(), entry(basis="zone_unknown"), entry(None, "none")))
    assert (head.entries, head.zone_unknown, head.undated) == (3, 1, 1)


def test_clips_that_begin_together_are_counted_apart_as_far_as_their_names_tell() -> None:
    pairs = {  # the three pairs of real data; the last two of another are an ordinary gap
        "2019-06-01_01_21_29_973_UTC.mp3": "2019-06-01_01_21_30_005_UTC.mp3",
        "2019-11-05_04_49_54_070_UTC.mp3": "2019-11-05_04_49_54_311_UTC.mp3",
        "2019-06-15_02_41_21_517_UTC.mp3": "2019-06-15_02_41_23_000_UTC.mp3",
        "2019-06-16_02_41_21_517_UTC.mp3": "2019-06-16_02_41_23_018_UTC.mp3",
    }
    named = [entry(audio_files=[name]) for pair in pairs.items() for name in pair]
    head = headline(records(*named, entry(audio_files=["a.mp3", "2019-13-01_99_21_29_973_UTC.mp3"]), entry()))
    assert (head.clips_named, head.clips_close) == (10, 3)


def test_months_without_entries_are_there_with_zero() -> None:
    months = by_month(records(entry(datetime(2023, 11, 30, tzinfo=UTC)), entry(datetime(2024, 2, 1, tzinfo=UTC))))
    assert months.rows() == [
        (date(2023, 11, 1), 1),
        (date(2023, 12, 1), 0),
        (date(2024, 1, 1), 0),
        (date(2024, 2, 1), 1),
    ]


def test_the_clock_of_the_zone_decides_the_month_and_the_hour() -> None:
    late = records(entry(datetime(2024, 3, 31, 22, 30, tzinfo=UTC)))  # 00:30 on Monday, 1 April, in Berlin
    assert by_month(late)["month"].to_list() == [date(2024, 3, 1)]
    assert by_month(late, "Europe/Berlin")["month"].to_list() == [date(2024, 4, 1)]
    assert hours(late) == {(7, 22): 1}
    assert hours(late, "Europe/Berlin") == {(1, 0): 1}


def test_a_wall_clock_of_unknown_zone_is_never_moved() -> None:
    assert hours(records(entry(basis="zone_unknown")), "America/New_York") == {(2, 12): 1}


def hours(frame: pl.DataFrame, timezone: str | None = None) -> dict[tuple[int, int], int]:
    table = by_weekday_hour(frame, timezone).filter(pl.col("entries") > 0)
    return {(weekday, hour): entries for weekday, hour, entries in table.rows()}


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ToolkitError):
        by_weekday_hour(records(entry()), "Mars/Olympus_Mons")


def test_a_device_that_was_renamed_is_one_device_under_its_last_name() -> None:
    old = entry(device_id="G0SYN0001", device_name="Echo")
    new = entry(NOON + timedelta(days=1), device_id="G0SYN0001", device_name="Kitchen")
    assert devices(new, old) == [("Kitchen", 2)]


def test_a_name_alone_belongs_to_the_one_serial_of_that_name() -> None:
    known = entry(device_id="G0SYN0001", device_name="Kitchen")
    assert devices(known, entry(device_name="Kitchen")) == [("Kitchen", 2)]


def test_two_devices_of_one_name_are_told_apart_without_their_whole_serials() -> None:
    one = entry(device_id="G0SYN0001", device_name="Echo")
    two = entry(device_id="G0SYN0002", device_name="Echo")
    named = entry(device_name="Echo")
    assert devices(one, two, two, named) == [
        ("Echo (serial ending 0002)", 2),
        ("Echo", 1),
        ("Echo (serial ending 0001)", 1),
    ]
    assert devices(entry(device_id="G0SYN0001")) == [("no name (serial ending 0001)", 1)]


def test_entries_without_a_device_come_last_and_are_no_device() -> None:
    frame = records(entry(), entry(), entry(device_name="Kitchen"))
    assert by_device(frame)["device"].to_list() == ["Kitchen", NOT_STATED]
    assert headline(frame).devices == 1


def test_statuses_come_with_their_plain_words_most_first() -> None:
    table = by_status(records(entry(status="silence"), entry(status="typed"), entry(status="typed")))
    assert table.rows() == [("typed", schema.STATUSES["typed"], 2), ("silence", schema.STATUSES["silence"], 1)]


TIMES = st.none() | st.datetimes(datetime(1970, 1, 2), datetime(2025, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
ENTRIES = st.builds(
    entry,
    TIMES,
    st.sampled_from(schema.TIME_BASES),
    device_id=st.sampled_from([None, "s1", "s2"]),
    device_name=st.sampled_from([None, "Echo", "Dot"]),
    duplicate_of=st.sampled_from([None, None, "x"]),
)


@given(st.lists(ENTRIES, min_size=1, max_size=30), st.sampled_from([None, "Asia/Kolkata", "America/New_York"]))
def test_every_table_adds_up_to_the_headline(rows: list[dict[str, Any]], timezone: str | None) -> None:
    frame = records(*rows)
    head = headline(frame)
    assert head.entries + head.duplicates == len(rows)
    assert by_device(frame)["entries"].sum() == head.entries
    assert by_status(frame)["entries"].sum() == head.entries
    assert by_weekday_hour(frame, timezone)["entries"].sum() == head.entries - head.undated
    months = by_month(frame, timezone)
    assert months["entries"].sum() == head.entries - head.undated
    assert months["month"].is_sorted()
    assert months["month"].is_unique().all()
