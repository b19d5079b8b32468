"""Due dates, ages and settings: the published date vectors, the laws, and what is said of five kinds of history."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import toolkit
from toolkit.parsers import ROUTES
from toolkit.problems import PROBLEMS, ToolkitError
from toolkit.retention import (
    FACTS,
    MAKER_STATED,
    RETENTION,
    Likely,
    Rule,
    by_group,
    empty_months,
    held,
    policy_changes,
    reference,
    stale,
    timeline,
)
from toolkit.schema import FILES, RECORDS

MONTHS_3, MONTHS_18 = "amazon_alexa.auto_delete_3_months", "amazon_alexa.auto_delete_18_months"
WORDS = {"transcript": "lights on"}
CLIP = {"audio_files": ["a.wav"]}
PRODUCTS = {"alexa": "amazon", "google_assistant": "google", "google_gemini": "google", "cortana": "microsoft"}


def entry(time: datetime | None, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "vendor": PRODUCTS.get(more.get("product", "alexa"), "openai"), "product": "alexa", "format": "f",
        "source_file": "a.json", "time": time, "time_basis": "utc" if time else "none", "trigger": "unknown",
        "status": "unknown", "audio_files": [], "audio_found": 0,
    }  # fmt: skip
    return row | (more or WORDS)


def export(
    *rows: dict[str, Any], at: datetime | None = None, zone: str | None = None, files: pl.DataFrame | None = None
) -> toolkit.Export:
    numbered = [row | {"record_id": f"r{n}", "source_row": n + 1} for n, row in enumerate(rows)]
    records = pl.DataFrame(numbered, schema=RECORDS)
    empty = pl.DataFrame(schema=FILES)
    return toolkit.Export(records, pl.DataFrame(schema=PROBLEMS), empty if files is None else files, at, zone)


def noon(day: date | str) -> datetime:
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def spread(first: str, last: str, **more: Any) -> list[dict[str, Any]]:
    """An entry every third day."""
    days = pl.date_range(date.fromisoformat(first), date.fromisoformat(last), "3d", eager=True)
    return [entry(noon(day), **(more or WORDS)) for day in days]


def under(rule: str, source: toolkit.Export, **more: Any) -> list[dict[str, Any]]:
    return toolkit.retention(source, **more).filter(pl.col("rule_id") == rule).to_dicts()


# Dates


@pytest.mark.parametrize(
    ("recorded", "months", "due"),
    [
        ("2024-02-29", 18, "2025-08-29"),  # the vector of retention.md and deadlines.md, section 4.4
        ("2024-08-31", 18, "2026-02-28"),
        ("2022-08-31", 18, "2024-02-29"),
        ("2023-11-30", 3, "2024-02-29"),
        ("2025-11-30", 3, "2026-02-28"),
        ("2026-01-31", 3, "2026-04-30"),
        ("2027-02-28", 3, "2027-05-28"),  # the same date, not the month's end
        ("2024-12-31", 3, "2025-03-31"),
        ("2024-02-29", 36, "2027-02-28"),
    ],
)
def test_months_are_counted_in_one_step_and_end_with_a_shorter_month(recorded: str, months: int, due: str) -> None:
    product, rule = ("alexa", MONTHS_18 if months == 18 else MONTHS_3)
    if months == 36:
        product, rule = "google_gemini", "google_gemini.keep_36_months"
    rows = under(rule, export(entry(noon(recorded), product=product, **WORDS)))
    assert [row["due_on"] for row in rows] == [date.fromisoformat(due)]


def test_the_vectors_of_the_published_table_hold(shared: Path) -> None:
    """Every row of deadlines.md, 4.1: receipt plus three months, by the calendar."""
    text = (shared / "rules" / "deadlines.md").read_text("utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| 20") and line.count("|") == 9]
    vectors = [(row[1].split()[0], row[6].split()[0]) for row in rows]
    assert len(vectors) > 20
    for received, due in vectors:
        found = under(MONTHS_3, export(entry(noon(received))))
        assert found[0]["due_on"] == date.fromisoformat(due), received


DAYS = st.dates(date(2012, 1, 1), date(2035, 12, 31))
DATED = [rule for rule in FACTS.rules.values() if rule.shown and rule.months]


@given(DAYS, DAYS)
def test_due_dates_are_monotone_in_the_day_of_recording(one: date, other: date) -> None:
    for rule in DATED:
        first, second = rule.due(min(one, other)), rule.due(max(one, other))
        assert first is not None
        assert second is not None
        assert first <= second


@given(DAYS)
def test_due_dates_are_monotone_in_the_length_of_the_setting(day: date) -> None:
    for product in FACTS.products:
        due = [rule.due(day) for rule in FACTS.of(product) if rule.hours is None and rule.period]
        assert due == sorted(due)  # type: ignore[type-var]
        assert all(FACTS.of(product)[n].period for n in range(len(due)))


@given(st.lists(DAYS, min_size=1, max_size=20))
def test_a_whole_column_agrees_with_polars_own_months(days: list[date]) -> None:
    source = export(*(entry(noon(day)) for day in days))
    found = toolkit.retention(source).filter(pl.col("rule_id") == MONTHS_18)["due_on"]
    assert found.to_list() == pl.Series(days).dt.offset_by("18mo").to_list()


@pytest.mark.parametrize(
    ("zone", "recorded", "age", "due"),
    [
        (None, "2024-03-31T23:30:00Z", 31, "2024-06-30"),
        ("Europe/Berlin", "2024-03-31T23:30:00Z", 30, "2024-07-01"),  # there it is already 1 April
        ("America/Los_Angeles", "2024-04-01T03:00:00Z", 31, "2024-06-30"),  # there it is still 31 March
        ("Pacific/Kiritimati", "2024-03-31T10:00:00Z", 30, "2024-07-01"),
    ],
)
def test_the_day_of_recording_is_that_of_the_accounts_zone(zone: str | None, recorded: str, age: int, due: str) -> None:
    source = export(entry(datetime.fromisoformat(recorded)), zone=zone)
    row = under(MONTHS_3, source, as_of=date(2024, 5, 1))[0]
    assert (row["age_days"], row["due_on"]) == (age, date.fromisoformat(due))


def test_a_time_of_unknown_zone_keeps_its_day_as_written() -> None:
    written = entry(datetime(2024, 3, 31, 23, 30, tzinfo=UTC), time_basis="zone_unknown", **WORDS)
    row = under(MONTHS_3, export(written, zone="Europe/Berlin"), as_of=date(2024, 5, 1))[0]
    assert (row["age_days"], row["due_on"]) == (31, date(2024, 6, 30))


def test_the_day_it_is_due_on_is_still_within_and_the_next_is_past() -> None:
    source = export(entry(noon("2024-01-31")))
    due = [under(MONTHS_3, source, as_of=date(2024, 4, day))[0] for day in (29, 30)]
    after = under(MONTHS_3, source, as_of=date(2024, 5, 1))[0]
    assert [row["status"] for row in (*due, after)] == ["within", "within", "past_due"]
    assert [row["overdue_days"] for row in (*due, after)] == [None, None, 1]


def test_hours_are_counted_to_the_instant_and_from_a_days_beginning_if_only_a_day_is_given() -> None:
    source = export(entry(datetime(2026, 7, 1, 10, tzinfo=UTC), product="google_gemini", **WORDS))
    rule = "google_gemini.off_or_temporary"
    for as_of, status in (
        (datetime(2026, 7, 4, 9, 59, tzinfo=UTC), "within"),
        (datetime(2026, 7, 4, 10, 1, tzinfo=UTC), "past_due"),
        (datetime(2026, 7, 4, 19, 1, tzinfo=timezone(timedelta(hours=9))), "past_due"),
        (date(2026, 7, 4), "within"),
        (date(2026, 7, 5), "past_due"),
    ):
        row = under(rule, source, as_of=as_of)[0]
        assert (row["due_on"], row["status"]) == (date(2026, 7, 4), status)


# What is counted from


def test_it_counts_from_the_exports_date_else_its_latest_entry_and_never_from_today() -> None:
    rows = entry(noon("2024-01-01")), entry(noon("2024-06-01"))
    told = export(*rows, at=datetime(2024, 7, 1, 23, 30, tzinfo=UTC), zone="Europe/Berlin")
    assert (reference(told).day, reference(told).basis) == (date(2024, 7, 2), "exported_at")
    assert (reference(export(*rows)).day, reference(export(*rows)).basis) == (date(2024, 6, 1), "latest")
    assert toolkit.retention(export(*rows))["age_days"].max() == 152
    assert reference(export(*rows), date(2026, 1, 1)).day == date(2026, 1, 1)


def test_without_any_date_everything_is_unknown() -> None:
    rows = toolkit.retention(export(entry(None)))
    assert rows["status"].unique().to_list() == ["unknown"]
    assert rows.select(pl.col("age_days", "due_on", "overdue_days").null_count()).row(0) == (4, 4, 4)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ToolkitError, match="no time zone"):
        toolkit.retention(export(entry(noon("2024-01-01"))), datetime(2024, 5, 1))  # noqa: DTZ001


def test_an_undated_entry_is_unknown_while_the_others_are_dated() -> None:
    rows = toolkit.retention(export(entry(noon("2024-01-01")), entry(None)))
    assert set(rows.filter(pl.col("record_id") == "r1")["status"]) == {"unknown"}
    assert "unknown" not in set(rows.filter(pl.col("record_id") == "r0")["status"])


# What is counted


def test_clip_and_words_have_clocks_of_their_own() -> None:
    source = export(entry(noon("2024-01-01"), **CLIP, **WORDS))
    rows = toolkit.retention(source, date(2024, 1, 20)).filter(pl.col("rule_id").str.contains("dont_save"))
    assert rows.select("data", "due_on", "status").rows() == [
        ("audio", date(2024, 1, 1), "past_due"),
        ("transcript", date(2024, 1, 31), "within"),
    ]


def test_every_entry_has_a_row_and_one_that_was_read_twice_has_none() -> None:
    day = noon("2024-01-01")
    source = export(
        entry(day, **CLIP),
        entry(day, response="ok"),
        entry(day, intent="x"),
        entry(day, duplicate_of="r2"),
        entry(day, product="something_else", **CLIP, **WORDS),
    )
    rows = toolkit.retention(source)
    assert rows.schema == RETENTION
    assert rows.select("record_id", "data").unique(maintain_order=True).rows() == [
        ("r0", "audio"), ("r1", "transcript"), ("r2", "transcript"), ("r4", "audio"), ("r4", "transcript")
    ]  # fmt: skip
    assert rows.filter(pl.col("record_id") == "r4")["status"].to_list() == ["unknown", "unknown"]


def test_voice_models_and_reviewed_copies_are_never_rows() -> None:
    source = export(*(entry(noon("2010-01-01"), product=product, **CLIP, **WORDS) for product in FACTS.products))
    told = {FACTS.rules[rule] for rule in toolkit.retention(source)["rule_id"].drop_nulls()}
    assert all(rule.clock == "recorded" for rule in told)
    assert not {"amazon_alexa.voice_id", "google_gemini.human_review", "amazon_alexa.do_not_send"} & {
        r.id for r in told
    }
    assert {"audio", "transcript"} == {row for rule in told for row in rule.shown}


def test_an_end_date_of_the_maker_stands_before_every_rule() -> None:
    ends = datetime(2025, 2, 1, 12, tzinfo=UTC)
    source = export(entry(noon("2025-01-02"), product="chatgpt_voice", expires=ends, **CLIP, **WORDS))
    rows = toolkit.retention(source, datetime(2025, 2, 1, 13, tzinfo=UTC)).rows()
    assert rows == [
        ("r0", "audio", MAKER_STATED, 30, date(2025, 2, 1), 0, "past_due"),
        ("r0", "transcript", None, 30, None, None, "unknown"),
    ]
    assert toolkit.retention(source, date(2025, 2, 1))["status"][0] == "within"


def test_a_stated_end_date_is_told_and_what_is_there_beyond_it_is_counted() -> None:
    ends = datetime(2025, 2, 1, 12, tzinfo=UTC)
    clips = [
        entry(noon("2025-01-02"), product="chatgpt_voice", expires=ends, **CLIP, **WORDS) | {"audio_found": found}
        for found in (1, 0)
    ]
    told = only(export(*clips, entry(noon("2025-06-01"), product="chatgpt_voice", **WORDS)))
    assert "states an end date" in told.says
    (reason,) = (reason for reason in told.reasons if "states an end date" in reason)
    assert "for 2 entries. For 2 it lies before" in reason
    assert "the clips of 1 of these" in reason


def test_nothing_is_dated_by_a_rule_without_a_source_or_with_sources_that_contradict_each_other() -> None:
    rows = toolkit.retention(
        export(
            entry(noon("2023-01-02"), product="chatgpt_voice", **CLIP),
            entry(noon("2021-01-02"), product="cortana", **CLIP),
        ),
        date(2026, 5, 20),
    ).filter(pl.col("rule_id").is_in([rule.id for rule in FACTS.rules.values() if rule.doubtful]))
    assert set(rows["rule_id"]) == {"openai_chatgpt.voice_chat", "microsoft_speech.contribute"}
    assert set(rows.select("due_on", "overdue_days", "status").rows()) == {(None, None, "unknown")}


def test_a_rule_says_nothing_of_what_was_recorded_when_it_did_not_cover_it() -> None:
    rows = toolkit.retention(
        export(*(entry(noon(day), product="google_assistant", **CLIP) for day in ("2020-08-04", "2020-08-05")))
    ).filter(pl.col("rule_id") == "google_assistant.audio_saving_off")
    assert rows.select("due_on", "status").rows() == [(None, "unknown"), (date(2020, 8, 5), "within")]
    clips = export(*(entry(noon(day), product="cortana", **CLIP) for day in ("2020-10-30", "2020-10-31")))
    told = toolkit.retention(clips).filter(pl.col("rule_id") == "microsoft_speech.before_cutoff")
    assert told["status"].to_list() == ["no_end_date", "unknown"]


def test_what_choosing_a_setting_would_remove_is_counted_by_entry_and_cannot_be_undone() -> None:
    source = export(
        entry(noon("2022-01-01"), **CLIP, **WORDS),
        entry(noon("2024-02-01"), **WORDS),
        entry(noon("2024-05-01"), **CLIP),
        entry(None, **WORDS),
    )
    table = toolkit.what_if(source, date(2024, 5, 20))
    assert table.select("setting", "entries", "removed", "clips_removed", "texts_removed", "undated").rows() == [
        ("dont_save", 4, 3, 2, 2, 1),
        ("auto_delete_3_months", 4, 2, 1, 2, 1),
        ("auto_delete_18_months", 4, 1, 1, 1, 1),
        ("save_until_deleted", 4, 0, 0, 0, 1),
    ]
    assert not table["can_be_undone"].any()


def test_not_saving_removes_every_clip_even_one_of_the_same_day() -> None:
    table = toolkit.what_if(export(entry(noon("2024-05-01"), **CLIP, **WORDS)), date(2024, 5, 1))
    assert table.row(0, named=True)["clips_removed"] == 1
    assert table.row(0, named=True)["removed"] == 0  # its words are kept for 30 days more


INSTANTS = st.datetimes(datetime(2019, 1, 1), datetime(2026, 11, 1)).map(lambda time: time.replace(tzinfo=UTC))  # noqa: DTZ001
ENTRIES = st.builds(
    lambda product, time, zoned, held, expires: (
        entry(time, product=product, expires=expires, **held)
        | ({} if zoned or time is None else {"time_basis": "zone_unknown"})
    ),
    st.sampled_from([*PRODUCTS, "chatgpt_voice", "a product nobody knows"]),
    st.none() | INSTANTS,
    st.booleans(),
    st.sampled_from([CLIP, WORDS, CLIP | WORDS, {}]),
    st.none() | INSTANTS,
)


@given(st.lists(ENTRIES, min_size=1, max_size=20), st.none() | INSTANTS, st.sampled_from([None, "Europe/Berlin"]))
def test_what_is_counted_once_for_all_that_age_alike_is_what_each_entry_says(
    rows: list[dict[str, Any]], as_of: datetime | None, zone: str | None
) -> None:
    source = export(*rows, *rows, zone=zone)
    each = toolkit.retention(source, as_of)
    told = ["product", "data", "rule_id", "age_days", "due_on", "overdue_days", "status"]
    whole = (
        each.join(source.records.select("record_id", "product"), on="record_id").group_by(told).agg(entries=pl.len())
    )
    grouped = by_group(source, as_of).group_by(told).agg(pl.col("entries").sum())
    assert_frame_equal(whole, grouped, check_row_order=False)
    assert each["record_id"].n_unique() == source.records.height
    alone = pl.concat([toolkit.retention(export(row, zone=zone), reference(source, as_of)) for row in rows])
    assert_frame_equal(each.head(alone.height).drop("record_id"), alone.drop("record_id"))


# Which setting was in force


def only(source: toolkit.Export, **more: Any) -> Likely:
    found = toolkit.likely_setting(source, **more)
    assert len(found) == 1
    return found[0]


MADE = datetime(2026, 5, 20, 9, tzinfo=UTC)


def test_a_history_of_seven_years_refutes_every_auto_delete() -> None:
    told = only(export(*spread("2019-05-20", "2026-05-19"), at=MADE))
    assert told.verdict == "no_auto_delete"
    assert told.refuted == (MONTHS_3, MONTHS_18)
    assert told.says == (
        "Likely no auto-delete: auto-delete after 3 or 18 months would have removed entries that were still held on "
        "the export's date, 20 May 2026. The oldest is of 20 May 2019."
    )


def test_a_later_day_to_count_to_refutes_nothing() -> None:
    source = export(*spread("2026-03-02", "2026-05-19"), at=MADE)
    assert toolkit.retention(source, date(2036, 1, 1))["status"].eq("within").sum() == 0
    assert only(source).refuted == ()  # what was held on that day is not known, so it takes no such day


def test_a_wholly_young_history_says_nothing_by_itself() -> None:
    source = export(*spread("2026-03-02", "2026-05-19"), at=MADE)
    told = only(source)
    assert told.verdict == "possible"
    assert told.fits == (MONTHS_3, MONTHS_18)
    assert "cannot be told from none" in told.says
    known = only(source, in_use_since=date(2023, 1, 1))
    assert known.verdict == "likely"
    assert "Likely auto-delete after 3 months" in known.says
    assert "by hand would look the same" in known.says


def test_another_assistant_of_the_maker_does_not_show_that_this_one_was_in_use() -> None:
    """Who used the Assistant for years and tried Gemini last month has not thereby switched auto-delete on."""
    older = spread("2019-01-01", "2026-05-01", product="google_assistant", **WORDS)
    young = spread("2026-04-20", "2026-05-19", product="google_gemini", **WORDS)
    told = {one.product: one.verdict for one in toolkit.likely_setting(export(*older, *young, at=MADE))}
    assert told == {"google_assistant": "no_auto_delete", "google_gemini": "possible"}


def test_eighteen_months_are_likely_only_if_the_history_begins_about_there() -> None:
    known = {"in_use_since": date(2020, 1, 1)}
    at_the_edge = only(export(*spread("2024-11-25", "2026-05-19"), at=MADE), **known)
    assert at_the_edge.verdict == "likely"
    assert "after 18 months" in at_the_edge.says
    in_between = only(export(*spread("2025-06-01", "2026-05-19"), at=MADE), **known)
    assert in_between.verdict == "possible"
    assert in_between.refuted == (MONTHS_3,)


def test_a_week_is_allowed_for_before_a_setting_is_refuted() -> None:
    edge = date(2026, 5, 20) - relativedelta(months=3)
    assert only(export(*spread(str(edge - timedelta(days=7)), "2026-05-19"), at=MADE)).refuted == ()
    assert only(export(*spread(str(edge - timedelta(days=8)), "2026-05-19"), at=MADE)).refuted == (MONTHS_3,)


def test_a_hole_is_a_question_not_a_finding() -> None:
    source = export(*spread("2023-01-02", "2023-08-30"), *spread("2024-03-02", "2026-05-19"), at=MADE)
    assert empty_months(source).rows() == [("alexa", date(2023, 9, 1), date(2024, 2, 1), 6)]
    told = only(source)
    assert told.verdict == "no_auto_delete"
    assert (
        "No entry from September 2023 to February 2024: deleted by hand, not used, or in a part that is not here. The "
        "file cannot tell."
    ) in told.reasons


def test_words_without_clips_are_not_taken_for_deleted_sound() -> None:
    old = only(export(*spread("2024-01-02", "2026-05-19"), at=MADE))
    assert (
        "No entry names a clip: whether the maker still holds sound cannot be told from this kind of file."
        in old.reasons
    )
    young = export(*spread("2026-04-25", "2026-05-19"), at=MADE)
    assert only(young).verdict == "possible"
    known = only(young, in_use_since=date(2024, 1, 1))
    assert known.verdict == "likely"
    assert "Don't save recordings" in known.says


def test_a_history_of_unknown_zone_is_judged_all_the_same_and_says_so() -> None:
    rows = spread("2019-05-20", "2026-05-19", time_basis="zone_unknown", **WORDS)
    told = only(export(*rows))
    assert told.verdict == "no_auto_delete"
    assert "the day of the maker's latest entry" in told.says
    assert any(reason.startswith(f"The zone of {len(rows)} times is not known") for reason in told.reasons)


def test_late_clips_are_pointed_out() -> None:
    google = only(export(*spread("2020-07-01", "2020-09-01", product="google_assistant", **CLIP), at=MADE))
    assert any("5 August 2020" in reason for reason in google.reasons)
    microsoft = only(export(*spread("2020-10-01", "2020-12-01", product="cortana", **CLIP), at=MADE))
    assert microsoft.verdict == "cannot_tell"
    assert any("30 October 2020" in reason for reason in microsoft.reasons)


def test_without_a_date_or_an_entry_nothing_is_concluded() -> None:
    assert only(export(entry(None))).verdict == "cannot_tell"
    assert toolkit.likely_setting(export()) == ()


BANNED = ("deleted on", "was deleted", "were deleted by amazon", "proof", "recordings were", " is gone")


def test_no_conclusion_claims_to_know() -> None:
    kinds: list[Iterable[dict[str, Any]]] = [
        *(spread(first, "2026-05-19") for first in ("2019-05-20", "2024-11-25", "2026-03-02", "2026-05-01")),
        spread("2019-05-20", "2026-05-19", product="google_assistant", **CLIP),
        [entry(None)],
    ]
    for rows in kinds:
        for since in (None, date(2018, 1, 1)):
            told = only(export(*rows, at=MADE), in_use_since=since)
            text = " ".join((told.says, *told.reasons)).lower()
            assert not any(word in text for word in BANNED), text
            assert "likely" in text or "cannot be told" in text


# The facts


def test_the_rules_are_those_of_the_published_table(shared: Path) -> None:
    table = json.loads((shared / "rules" / "retention_rules.json").read_text("utf-8"))
    names = {row.rules: row.id for row in FACTS.products.values()}
    assert set(FACTS.rules) == {rule["id"] for rule in table["rules"]}
    for row in table["rules"]:
        rule = FACTS.rules[row["id"]]
        assert rule.product == names[row["vendor"]]
        assert rule.period == next(iter((row["period"] or {}).items()), None)
        same = ("setting", "clock", "status", "evidence", "default", "region", "valid_from", "valid_to")
        assert [getattr(rule, name) for name in same] == [row[name] for name in same]
        assert (list(rule.data), list(rule.sources)) == (row["data"], row["sources"])
        assert (rule.note, rule.checked.isoformat()) == (row["note"] or "", row["checked"])


def test_every_fact_has_a_source_a_mark_and_the_day_it_was_checked() -> None:
    marks = {"vendor", "quoted", "press", "unverified"}
    for rule in FACTS.rules.values():
        assert rule.sources
        assert rule.evidence in marks
        assert rule.clock in {"recorded", "deleted", "reviewed", "inactive", "account_deleted"}
    for source, mark, checked in (
        *((event.source, event.evidence, event.checked) for event in FACTS.events),
        *((note.source, note.evidence, note.checked) for note in FACTS.unseen),
    ):
        assert source
        assert mark in marks
        assert checked >= date(2026, 11, 23)


def test_facts_that_nobody_looked_at_for_a_year_are_told() -> None:
    checked: Rule = FACTS.rules[MONTHS_3]
    assert checked not in stale(checked.checked + relativedelta(months=12))
    assert checked in stale(checked.checked + relativedelta(months=12, days=1))


def test_the_changes_drawn_are_at_least_those_that_matter() -> None:
    main = {event.when for event in FACTS.events if event.main}
    assert {
        "2019-09", "2020-10", "2025-03-28", "2020-06-24", "2020-08-05", "2019-10-28", "2020-10-30", "2025-04-29",
    } <= main  # fmt: skip
    found = policy_changes(["amazon"], date(2020, 1, 1), date(2025, 3, 28))
    assert [event.when for event in found] == ["2020-10", "2023-07-19", "2025-03-28"]


def test_one_makers_date_says_nothing_of_what_another_held_later() -> None:
    """A Takeout of 2026 read together with an Alexa download of 2024: only the Takeout states its date."""
    alexa = spread("2024-03-01", "2024-05-01")
    google = spread("2025-01-01", "2026-05-19", product="google_assistant", **WORDS)
    manifest = pl.DataFrame([{"path": "a.html", "vendor": "google", "format": "google_manifest"}], schema=FILES)
    source = export(*alexa, *google, at=MADE, files=manifest)
    told = {one.product: one for one in toolkit.likely_setting(source)}
    assert told["alexa"].refuted == ()
    assert "google_assistant.waa_3_months" in told["google_assistant"].refuted
    assert {vendor: day.basis for vendor, day in held(source).items()} == {"amazon": "latest", "google": "exported_at"}


def test_a_file_read_before_others_is_not_taken_for_one_that_states_a_date() -> None:
    """What was said in conversations with Alexa+ is read first, and has no date of the export in it."""
    samples = Path(__file__).parent.parent / "sample_exports"
    source = toolkit.load(samples / "google-takeout-json-en", samples / "amazon-alexa-plus")
    assert {vendor: day.basis for vendor, day in held(source).items()} == {"amazon": "latest", "google": "exported_at"}


def test_the_timeline_leaves_out_products_without_an_auto_delete() -> None:
    """Bars of theirs, named for no setting, would read as if none could have removed them."""
    chats = spread("2023-01-01", "2023-03-01", product="chatgpt_voice", **WORDS)
    assert timeline(export(*chats, at=MADE)).is_empty()
    assert timeline(export(*chats, entry(noon("2026-05-01")), at=MADE))["entries"].sum() == 1


@pytest.mark.parametrize("product", sorted({route.product for route in ROUTES if route.sample}))
def test_of_every_product_that_can_be_read_something_is_said_on_how_long_it_is_kept(product: str) -> None:
    told = FACTS.products[product]
    assert told.name
    assert told.kept.startswith("not known") or told.checked
    assert bool(told.rules) == bool([rule for rule in FACTS.rules.values() if rule.product == product])
    assert all(rule.startswith(f"{told.rules}.") for rule, each in FACTS.rules.items() if each.product == product)
