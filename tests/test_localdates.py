"""Dates of all locales: what an account in any language is shown is read back as the same instant, or not at all."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import almanac
from toolkit import layouts, zones
from toolkit.localdates import LocalReader, Stamp, find_date
from toolkit.problems import ToolkitError

LOCALES = sorted(almanac.table())
PROMISED = """
en-US en-GB en-IN en-AU en-CA de de-AT de-CH fr fr-CA es es-419 es-MX es-US it nl pt-BR pt-PT pl sv da nb fi cs sk hu ro
bg el ru uk tr ar ar-EG fa he hi bn ta th vi id ms ja ko zh-CN zh-TW zh-HK sr hr sl lt lv et ca eu gl is
"""
WALL = st.datetimes(datetime(2012, 1, 1), datetime(2026, 12, 31)).map(lambda t: t.replace(microsecond=0))  # noqa: DTZ001
ZONES = {None: 0, "UTC": 0, "CEST": 120, "PDT": -420, "GMT+05:30": 330, "UTC\u22127": -420, "GMT-3": -180, "NPT": 345}
YEAR = [datetime(2021, month, 13, hour, 5, 7) for month in range(1, 13) for hour in (0, 9, 12, 21)]  # noqa: DTZ001
ALL_DAY = [datetime(2021, 5, 13, hour, 0, 59) for hour in range(24)]  # noqa: DTZ001

Row = tuple[datetime | None, str]


def read(texts: list[str], sample: list[str] | None = None, **how: str | datetime) -> list[Row]:
    reader = LocalReader(texts if sample is None else sample, **how)  # type: ignore[arg-type]
    return list(reader.read(pl.Series(texts, dtype=pl.String)).iter_rows())


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_table_holds_every_promised_locale_and_says_where_it_is_from() -> None:
    assert set(PROMISED.split()) <= set(LOCALES)
    assert zones.rules()["made"]["from"][0].startswith("babel 2.18.0, CLDR 47")


@pytest.mark.parametrize("locale", LOCALES)
@settings(max_examples=2)
@given(
    walls=st.lists(WALL, min_size=1, max_size=40),
    zone=st.sampled_from(sorted(ZONES, key=str)),
    own_digits=st.booleans(),
    narrow=st.booleans(),
)
def test_what_a_locale_writes_is_read_back(
    locale: str, walls: list[datetime], zone: str | None, own_digits: bool, narrow: bool
) -> None:
    write = almanac.Writer(locale, zone, own_digits=own_digits, narrow=narrow)
    reader = LocalReader(map(write, YEAR))
    found = reader.read(pl.Series(list(map(write, walls))))

    assert locale in reader.locale
    assert found["time"].to_list() == [t.replace(tzinfo=UTC) - timedelta(minutes=ZONES[zone]) for t in walls]
    assert set(found["time_basis"]) == {"offset" if zone else "zone_assumed"}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_hour_and_month_of_a_locale_is_one_date_whoever_reads_it(locale: str) -> None:
    write = almanac.Writer(locale, "MESZ")
    for wall in YEAR + ALL_DAY:
        assert find_date(write(wall)) == Stamp(wall, "MESZ")
        assert locale in layouts.readings(write(wall))


@pytest.mark.parametrize("locale", LOCALES)
def test_what_another_program_writes_in_a_locale_is_read_back(locale: str) -> None:
    dates = pytest.importorskip("babel.dates", reason="babel is not installed; only who makes the date rules needs it")
    babels = {"zh-CN": "zh_Hans_CN", "zh-TW": "zh_Hant_TW", "zh-HK": "zh_Hant_HK"}.get(locale, locale.replace("-", "_"))
    for name in ("UTC", "Asia/Tokyo", "Asia/Kolkata"):
        times = [wall.replace(tzinfo=ZoneInfo(name)) for wall in YEAR]
        texts = [
            str(dates.get_datetime_format("medium", locale=babels))
            .replace("{1}", dates.format_date(time, "medium", locale=babels))
            .replace("{0}", dates.format_time(time, "long", tzinfo=time.tzinfo, locale=babels))
            for time in times
        ]
        found = read(texts, timezone=name)
        assert [time for time, _ in found] == [time.astimezone(UTC) for time in times]


def test_thai_years_of_the_buddhist_era_are_read_and_the_reader_says_so() -> None:
    write = almanac.Writer("th", "ICT", buddhist=True)
    reader = LocalReader(map(write, YEAR))

    assert reader.buddhist
    assert "2564" in write(YEAR[0])
    assert reader.read(pl.Series([write(YEAR[0])])).row(0) == (utc("2021-01-12T17:05:07"), "offset")
    assert not LocalReader(map(almanac.Writer("th", "ICT"), YEAR)).buddhist
    assert read(["13 ม.ค. 2021 0 นาฬิกา 05 นาที 07 วินาที ICT"], list(map(write, YEAR))) == [(None, "none")]
    assert find_date("13 Jan 2564, 00:05:07 UTC") is None


EXPECTED = {
    "Jun 23, 2015, 2:43:45 PM": "2015-06-23T14:43:45",
    "Jan 31, 2018, 10:54:50 PM": "2018-01-31T22:54:50",
    "Dec 17, 2018, 8:16:18 AM UTC": "2018-12-17T08:16:18",
    "Jan 22, 2020, 8:34:00 PM UTC": "2020-01-22T20:34:00",
    "Sep 10, 2019, 8:51:45 PM MSK": "2019-09-10T17:51:45",
    "Sep 1, 2020, 9:27:07 PM PDT": "2020-09-02T04:27:07",
    "Jan 15, 2021, 6:54:12 PM BST": "2021-01-15T17:54:12",
    "Jul 25, 2022, 6:11:56 PM PDT": "2022-07-26T01:11:56",
    "Oct 16, 2024, 9:05:40\u202fAM EST": "2024-10-16T14:05:40",
    "Aug 21, 2026, 12:13:55\u202fPM IST": "2026-08-21T06:43:55",
    "6 Oct 2020, 14:32:28 PDT": "2020-10-06T21:32:28",
    "Dec 4, 2025, 9:43:53 PM AEST": "2025-12-04T11:43:53",
    "27.08.2026, 20:04:54 MESZ": "2026-08-27T18:04:54",
    "01.09.2022, 21:08:12": "2022-09-01T21:08:12",
    "15 jun 2026, 20:30:41 CEST": "2026-06-15T18:30:41",
    "2026年7月30日 00:23:06 CEST": "2026-07-29T22:23:06",
    "23\u200f/07\u200f/2026\u060c 4:20:22 م CEST": "2026-07-23T14:20:22",
    "2025/11/13 20:10:22 JST": "2025-11-13T11:10:22",
    "2 sept. 2026, 09:00:00 UTC+02:00": "2026-09-02T07:00:00",
    "16 mai 2022, 00:58:09 UTC\u22127": "2022-05-16T07:58:09",
}
NO_DATE = ("%d.%m.%Y, %H:%M:%S MEZ", "17. Aug. 2026")


@pytest.mark.parametrize("text", EXPECTED)
def test_a_date_seen_in_a_real_file_is_read_by_itself(text: str) -> None:
    [(time, _)] = read([text], timezone="Asia/Kolkata" if "IST" in text else "Europe/London")

    assert time == utc(EXPECTED[text])
    assert find_date(text) is not None


def test_every_date_of_the_collected_vectors_is_among_these(shared: Path) -> None:
    with (shared / "samples/google/html_dates.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter="\t"))[1:]
    texts = [re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), row[1]) for row in rows]

    assert set(texts) == {*EXPECTED, *NO_DATE}
    assert [find_date(text) for text in NO_DATE] == [None, None]


SUMMER, WINTER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "timezone", "exported_at", "minutes", "basis"),
    [
        ("IST", None, None, 0, "zone_unknown"),
        ("IST", "Asia/Kolkata", None, 330, "zone_assumed"),
        ("IST", "Asia/Jerusalem", None, 120, "zone_assumed"),
        ("IST", "Europe/Dublin", SUMMER, 60, "zone_assumed"),
        ("IST", "Europe/Berlin", SUMMER, 0, "zone_unknown"),
        ("IST", None, SUMMER, 0, "zone_unknown"),
        ("CST", None, None, 0, "zone_unknown"),
        ("CST", "America/Chicago", SUMMER, -360, "zone_assumed"),
        ("CST", "Asia/Taipei", None, 480, "zone_assumed"),
        ("AST", "Asia/Riyadh", None, 180, "zone_assumed"),
        ("AST", "America/Halifax", WINTER, -240, "zone_assumed"),
        ("PST", "America/Los_Angeles", WINTER, -480, "zone_assumed"),
        ("PST", "Asia/Manila", None, 480, "zone_assumed"),
        ("BST", None, None, 60, "zone_assumed"),
        ("BST", "Europe/London", WINTER, 60, "zone_assumed"),
        ("BST", "Asia/Dhaka", None, 360, "zone_assumed"),
        ("BST", None, WINTER, 0, "zone_unknown"),
        ("ALMT", None, datetime(2023, 6, 1, tzinfo=UTC), 360, "zone_assumed"),
        ("ALMT", None, datetime(2025, 6, 1, tzinfo=UTC), 300, "zone_assumed"),
        ("ALMT", None, None, 0, "zone_unknown"),
        ("EST", "Europe/Berlin", SUMMER, -300, "offset"),
        ("SEČ", None, None, 60, "offset"),
        ("HNE", None, None, -300, "offset"),
        ("QQT", "Asia/Kolkata", SUMMER, 0, "zone_unknown"),
        ("GMT", None, None, 0, "offset"),
        ("UTC\u22127", None, None, -420, "offset"),
        ("GMT+05:30", None, None, 330, "offset"),
        ("GMT+0530", None, None, 330, "offset"),
        ("GMT-03.00", None, None, -180, "offset"),
        ("UTC+14:00", None, None, 840, "offset"),
        ("غرينتش+3", None, None, 180, "offset"),
        ("(\u200e+3:30 گرینویچ)", None, None, 210, "offset"),
    ],
)
def test_a_zone_is_a_fixed_offset_and_ambiguous_ones_need_help(
    zone: str, timezone: str | None, exported_at: datetime | None, minutes: int, basis: str
) -> None:
    wall = utc("2026-02-03T04:05:06")
    [found] = read([f"3 Feb 2026, 04:05:06 {zone}"], timezone=timezone, exported_at=exported_at)  # type: ignore[arg-type]

    assert found == (wall - timedelta(minutes=minutes), basis)


@pytest.mark.parametrize("zone", ["GMT+15", "GMT+05:60", "UTC+", "GMT+5:3", "Berlin", "now", "+", "12"])
def test_what_is_no_zone_makes_no_date(zone: str) -> None:
    assert find_date(f"3 Feb 2026, 04:05:06 {zone}") is None


@pytest.mark.parametrize("abbreviation", sorted(zones.rules()["zones"]))
def test_a_certain_abbreviation_agrees_with_the_zone_database_where_that_knows_it(abbreviation: str) -> None:
    year = [datetime(2026, month, 15, tzinfo=UTC) for month in (1, 7)]
    names = (
        "Europe/Berlin",
        "America/New_York",
        "America/Los_Angeles",
        "Australia/Sydney",
        "Asia/Seoul",
        "Asia/Jakarta",
    )
    there = {time.astimezone(ZoneInfo(name)) for name in names for time in year}
    offsets = {time.utcoffset() for time in there if time.tzname() == abbreviation}

    assert offsets <= {timedelta(minutes=zones.rules()["zones"][abbreviation])}


def test_an_hour_that_never_was_or_came_twice_is_told_by_the_offset() -> None:
    sample = [
        "31.03.2024, 02:30:00 MEZ",
        "31.03.2024, 02:30:00 MESZ",
        "27.10.2024, 02:30:00 MESZ",
        "27.10.2024, 02:30:00 MEZ",
    ]

    assert [time for time, _ in read(sample, timezone="Europe/Berlin")] == [
        utc("2024-03-31T01:30:00"),
        utc("2024-03-31T00:30:00"),
        utc("2024-10-27T00:30:00"),
        utc("2024-10-27T01:30:00"),
    ]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_date_that_was_cut_off_is_never_completed(locale: str) -> None:
    write = almanac.Writer(locale, "CEST")
    sample = list(map(write, YEAR))
    for wall in (YEAR[1], YEAR[-1]):
        whole = write(wall)
        right = wall.replace(tzinfo=UTC) - timedelta(hours=2)
        cut = [whole[:end] for end in range(len(whole))]
        for text, (time, basis) in zip(cut, read(cut, sample), strict=True):
            assert time in (None, right) or basis == "zone_unknown", text
            assert basis != "zone_unknown" or time == wall.replace(tzinfo=UTC), text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "12:13:55 PM",
        "Aug 21, 2026",
        "Aug 21, 2026, 12:13:55 UTC",
        "Aug 21, 2026, 12:13 PM UTC",
        "Aug 2026, 12:13:55 PM UTC",
        "Feb 30, 2026, 12:13:55 PM UTC",
        "Feb 29, 2026, 12:13:55 PM UTC",
        "Aug 0, 2026, 12:13:55 PM UTC",
        "Aug 21, 2026, 12:13:60 PM UTC",
        "Aug 21, 2026, 12:60:00 PM UTC",
        "27.08.2026, 24:00:00 MESZ",
        "27.13.2026, 20:04:54 MESZ",
        "31.04.2026, 20:04:54 MESZ",
        "27.08.26, 20:04:54 MESZ",
        "Aug 21, 2026, 12:13:55 PM UTC and more",
        "on Aug 21, 2026, 12:13:55 PM UTC",
        "Aug 21, 2026, 12:13:55 PM PM UTC",
        "Aug 21, 2026, 12:13:55 PM UTC UTC",
        "Aug 21, 2026, 12:13:55 PM\x1fUTC",
        "Äug 21, 2026, 12:13:55 PM UTC",
        "３ Feb 2026, 04:05:06 UTC",
        "٣ Feb 2026, 04:05:06 UTC",
        "३ फ़र॰ २०२६, ٤:०५:०६ am UTC",
        "5 مهر 1403،\u200f 14:05:06 (UTC)",
        "08/27/2026, 20:04:54 UTC",
        "9" * 10_000,
    ],
)
def test_what_is_no_whole_date_has_no_instant(text: str) -> None:
    assert find_date(text) is None
    assert read([text]) == [(None, "none")]


def test_february_has_a_29th_day_in_leap_years_only() -> None:
    texts = [f"29.02.{year}, 12:00:00 MEZ" for year in (2000, 2023, 2024, 2100)]

    assert [time is not None for time, _ in read([*texts, "01.01.2024, 00:00:00 MEZ"])[:4]] == [
        True,
        False,
        True,
        False,
    ]


def test_numbers_with_the_month_first_make_the_order_of_the_others_doubtful() -> None:
    unsure = "03/04/2021, 10:00:00 UTC"

    assert read([unsure]) == [(utc("2021-04-03T10:00:00"), "offset")]
    assert read([unsure, "04/13/2021, 10:00:00 UTC"]) == [(None, "none")] * 2
    assert read(["13.04.2021, 10:00:00 UTC", "Apr 13, 2021, 10:00:00 AM UTC"])[1][0] == utc("2021-04-13T10:00:00")


def test_one_word_for_two_months_is_told_by_how_the_file_is_written() -> None:
    assert read(["3. lip 2020. 14:05:06 CEST"])[0][0] == utc("2020-06-03T12:05:06")  # Croatian: lipanj, June
    assert read(["3 lip 2020, 14:05:06 CEST"])[0][0] == utc("2020-07-03T12:05:06")  # Polish: lipiec, July
    assert read(["3. srp 2020. 14:05:06 CEST"])[0][0] == utc("2020-07-03T12:05:06")  # Croatian: srpanj, July
    assert read(["3. srp 2020 14:05:06 CEST"])[0][0] == utc("2020-08-03T12:05:06")  # Czech: srpen, August
    assert read(["3. lip 2020. 14:05:06 CEST"], ["5 sie 2020, 14:05:06 CEST"]) == [(None, "none")]


def test_a_file_written_in_one_locale_has_no_dates_of_another() -> None:
    sample = list(map(almanac.Writer("de", "MESZ"), YEAR))

    assert read(["Aug 21, 2026, 12:13:55 PM MESZ"], sample) == [(None, "none")]
    assert read(["27.08.2026, 20:04:54"], sample) == [(None, "none")]
    assert LocalReader([]).locale == ()
    assert LocalReader([*sample, "Aug 21, 2026, 12:13:55 PM MESZ"]).locale == ()


def test_a_word_for_part_of_the_day_is_no_zone_and_no_zone_is_such_a_word() -> None:
    assert find_date("27 Jul 2014, 5:56:57 PTG") == Stamp(datetime(2014, 7, 27, 17, 56, 57), None)  # noqa: DTZ001
    assert find_date("27 Jul 2014, 5:56:57 QTG") == Stamp(datetime(2014, 7, 27, 5, 56, 57), "QTG")  # noqa: DTZ001


def test_parts_of_the_day_tell_the_hour_only_where_they_can() -> None:
    texts = {
        "2018年7月24日 凌晨12:30:00 [UTC]": 0,
        "2018年7月24日 清晨5:57:30 [UTC]": 5,
        "2018年7月24日 中午12:30:00 [UTC]": 12,
        "2018年7月24日 下午12:30:00 [UTC]": 12,
        "2018年7月24日 晚上11:30:00 [UTC]": 23,
    }
    assert [stamp.wall.hour for text in texts if (stamp := find_date(text))] == list(texts.values())
    assert find_date("2018年7月24日 中午3:30:00 [UTC]") is None
    assert find_date("2018年7月24日 清晨11:30:00 [UTC]") is None


def test_rows_keep_their_places_and_missing_texts_stay_missing() -> None:
    texts = [None, "27.08.2026, 20:04:54 MESZ", "", "x", "27.08.2026, at noon", None]
    reader = LocalReader(["27.08.2026, 20:04:54 MESZ"])
    found = reader.read(pl.Series(texts))

    assert found.schema == {"time": pl.Datetime("us", "UTC"), "time_basis": pl.String}
    assert found["time"].is_not_null().to_list() == [False, True, False, False, False, False]
    assert reader.read(pl.Series([], dtype=pl.String)).height == 0
    assert LocalReader(["no date"]).read(pl.Series(texts))["time_basis"].to_list()[1] == "offset"


ONE_TEXT = st.builds(
    lambda locale, zone, wall, own: almanac.Writer(locale, zone, own_digits=own)(wall),
    st.sampled_from(LOCALES),
    st.sampled_from(sorted(ZONES, key=str)),
    WALL,
    st.booleans(),
)
DAMAGE = st.tuples(
    st.integers(0, 60), st.integers(0, 3), st.text("0123456789:., /-+APMaUTC\u202f\u200f月م٣\x1f", max_size=2)
)


@settings(max_examples=150)
@given(st.lists(ONE_TEXT, min_size=1, max_size=3), st.lists(DAMAGE, max_size=2))
def test_a_column_is_read_as_its_texts_are_one_by_one(texts: list[str], damage: list[tuple[int, int, str]]) -> None:
    damaged = texts[0]
    for at, gone, new in damage:
        damaged = damaged[:at] + new + damaged[at + gone :]
    reader = LocalReader(texts)
    for text, time in zip([*texts, damaged], reader.read(pl.Series([*texts, damaged]))["time"], strict=True):
        stamp = find_date(text)
        if time is not None:
            assert stamp is not None
            assert time == stamp.wall.replace(tzinfo=UTC) - timedelta(minutes=offset(stamp.zone_text))


def offset(zone: str | None) -> int:
    return zones.Zones()(zone).minutes if zone else 0


@given(st.text(max_size=80) | st.text("0123456789:., /-+APMaUTCmay月م\u202f", max_size=70), ONE_TEXT)
def test_any_text_gives_an_instant_or_nothing(text: str, other: str) -> None:
    for sample in ([text], [other], []):
        [(time, basis)] = read([text], sample)
        assert (time is None) == (basis == "none")


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ToolkitError):
        LocalReader([], timezone="Mars/Base")
