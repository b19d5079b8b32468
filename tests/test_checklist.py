"""The checklist: only what applies, in order, with figures to count again; letters that ask and state facts."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

import toolkit
from toolkit import schema
from toolkit.checklist import LANGUAGES, Checklist, Scope, rulebook
from toolkit.load import Export
from toolkit.parsers import ROUTES
from toolkit.problems import PROBLEMS, Ambiguous, ToolkitError, Unsupported
from toolkit.rules import table

SAMPLES = Path(__file__).parent.parent / "sample_exports"
NOON = datetime(2024, 3, 5, 12, tzinfo=UTC)
MADE = datetime(2026, 11, 23, 8, tzinfo=UTC)
ALEXA = {"vendor": "amazon", "product": "alexa", "format": "amazon_rvh", "source_file": "f", "source_row": 1}
ARRIVED = {"amazon": date(2026, 11, 25)}


class Progress(NamedTuple):
    done: bool
    on: date | None = None
    note: str = ""


class Tick(NamedTuple):
    verdict: str | None


def export(*rows: dict[str, Any], timezone: str | None = None) -> Export:
    """An export of such entries, as if they had been read."""
    types = {name: dtype for name, dtype in schema.RECORDS.items() if any(name in row for row in rows)}
    loose = [{**ALEXA, "time": NOON, "time_basis": "utc", **row} for row in rows]
    records = schema.conform(pl.DataFrame(loose, schema_overrides={**types, "time": pl.Datetime("us", "UTC")}))[0]
    named = records.with_columns(record_id=pl.format("amazon-{}", pl.int_range(pl.len())))
    return Export(named, PROBLEMS.to_frame(), schema.FILES.to_frame(), None, timezone)


def made(source: Export | None, law: str | None = None, **settings: Any) -> Checklist:
    return toolkit.checklist(source, law, made=MADE, **settings)


def ids(checklist: Checklist) -> list[str]:
    return checklist.steps["step_id"].to_list()


def step(checklist: Checklist, step_id: str) -> dict[str, Any]:
    return checklist.steps.row(by_predicate=pl.col("step_id") == step_id, named=True)


def body(checklist: Checklist, kind: str, maker: str = "amazon") -> str:
    letter = checklist.letter(maker, kind)
    assert letter
    return letter.body


@pytest.fixture(scope="module")
def household() -> Export:
    return toolkit.load(SAMPLES / "amazon-alexa-privacy-page", timezone="Europe/Berlin")


# What is chosen, and in which order


def test_the_sections_come_in_the_order_of_the_two_tracks(household: Export) -> None:
    for track, wait in (("clean_up", []), ("keep_claim", ["wait"])):
        sections = made(household, "gdpr", track=track).steps["section"].cast(pl.String).unique(maintain_order=True)
        assert sections.to_list() == ["keep", "stop", "ask", *wait, "delete", "check", "escalate"]


def test_a_claim_is_kept_by_asking_and_waiting_before_anything_is_deleted(household: Export) -> None:
    steps = ids(made(household, "gdpr", track="keep_claim"))
    wanted = ["all-A2", "alexa-B1", "amazon-Q1", "amazon-Q2", "amazon-W1", "alexa-C9", "amazon-D1"]
    assert [each for each in steps if each in wanted] == wanted
    assert "amazon-Q3" not in steps


def test_no_setting_that_also_erases_stands_under_stop() -> None:
    for rule in rulebook.steps():
        if rule.section == "stop":
            assert not rule.warning, rule.code
            assert not re.search("save recordings|auto-?delete|clear|leave", f"{rule.path} {rule.title}", re.IGNORECASE)
        if rule.section == "delete" and not rule.letter and rule.product and rule.path and rule.product != "alexa":
            assert rule.warning, (rule.product, rule.code)
    erasing = [rule for rule in rulebook.steps() if rule.code in ("C8", "C9")]
    assert [("erases" in rule.warning, rule.section) for rule in erasing] == [(True, "delete")] * 2


def test_each_device_has_its_step_with_count_and_days(household: Export) -> None:
    checklist = made(household)
    devices = checklist.steps.filter(pl.col("step_id").str.starts_with("alexa-C1-"))
    counted = household.records.group_by("device_id").agg(
        entries=pl.len(),
        first=pl.col("time").dt.convert_time_zone("Europe/Berlin").min().dt.date(),
        last=pl.col("time").dt.convert_time_zone("Europe/Berlin").max().dt.date(),
    )
    assert (
        devices.select(pl.col("entries").cast(pl.UInt32), "first", "last").sort("entries").rows()
        == counted.select(pl.col("entries").cast(pl.UInt32), "first", "last").sort("entries").rows()
    )
    assert devices["entries"].sum() == household.records.height
    assert "alexa-C2" not in ids(checklist)


def test_ids_of_steps_are_unique_and_stay_when_the_export_grows() -> None:
    kitchen, hall = {"device_id": "G0SYNKITCHEN1", "device_name": "Kitchen"}, {"device_id": "G0SYNHALL0001"}
    small, large = made(export(kitchen)), made(export(hall, hall, {**kitchen, "device_name": "Cellar"}))
    assert set(ids(small)) <= set(ids(large))
    for checklist in (small, large):
        assert checklist.steps["step_id"].is_unique().all()
        assert not re.search("SYN|Kitchen|Cellar", "".join(ids(checklist)))


def test_serials_are_masked_in_the_list_and_whole_in_the_letter_alone(household: Export) -> None:
    checklist = made(household, "gdpr", country="de", received=ARRIVED)
    listed = checklist.to_markdown() + checklist.to_html() + checklist.to_json() + checklist.to_ics().decode()
    for serial in household.records["device_id"].unique():
        assert serial not in listed
        assert serial in body(checklist, "erasure")
        assert serial in checklist.to_html(letters=True)
    for letter in checklist.letters:
        assert ("G0SYN" in letter.body) == (letter.kind in ("access", "restriction", "erasure")), letter.kind


def test_nothing_that_does_not_apply_is_printed() -> None:
    plain = made(export({}))
    assert {"all-A3", "all-A4", "all-A5", "all-A6", "alexa-B2", "alexa-B3", "alexa-C3"}.isdisjoint(ids(plain))
    assert {"alexa-C5", "alexa-C6", "alexa-C10", "alexa-A7", "alexa-C4"}.isdisjoint(ids(plain))
    assert not any(each.startswith(("google", "siri", "homepod")) for each in ids(plain))
    assert "alexa-C2" in ids(plain)  # no device is named


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"person": "Ada"}, ["all-A5", "alexa-C5"]),
        ({"trigger": "follow_up"}, ["alexa-B4"]),
        ({"extra": '{"domain":"amzn1.ask.skill.1_Live","skillName":"Quiz"}'}, ["alexa-B3", "alexa-C6"]),
        ({"extra": '{"personsInfo":[{"personType":"CHILD"}]}'}, ["alexa-C10"]),
        ({"audio_files": ["a.wav"], "audio_found": 0}, ["all-A6"]),
        ({"time": None, "time_basis": "none"}, ["all-A6"]),
        ({"status": "false_wake", "device_id": "G0SYNHALL0001"}, ["all-A3", "all-A4", "alexa-B2", "alexa-C3"]),
    ],
)
def test_what_the_export_shows_brings_its_steps(row: dict[str, Any], wanted: list[str]) -> None:
    assert set(wanted) <= set(ids(made(export(row))))


def test_entries_without_a_device_are_not_forgotten_beside_those_with_one() -> None:
    checklist = made(export({"device_id": "G0SYNHALL0001"}, {}, {}))
    assert step(checklist, "alexa-C2")["entries"] == 3
    assert step(checklist, "alexa-C2")["notes"] == ["2 entries of these name no device"]
    google = {"vendor": "google", "product": "google_assistant"}
    assert step(made(export(google)), "google_assistant-C1")["notes"] == []


def test_skills_and_people_are_named_with_their_counts() -> None:
    quiz = {"extra": '{"domain":"amzn1.ask.skill.1_Live","skillName":"Quiz"}', "person": "Ada"}
    unnamed = {"extra": '{"domain":"amzn1.ask.skill.2_Live","skillName":""}', "person": "Ben"}
    checklist = made(export(quiz, quiz, unnamed, {"extra": '{"domain":"Music"}'}))
    assert step(checklist, "alexa-C6")["items"] == ["Quiz: 2 entries", "a skill without a name: 1 entry"]
    assert step(checklist, "all-A5")["items"] == ["Ada: 2 entries", "Ben: 1 entry"]


def test_entries_read_twice_count_once() -> None:
    source = export({"device_id": "G0SYNHALL0001"}, {"device_id": "G0SYNHALL0001", "duplicate_of": "amazon-0"})
    devices = made(source).steps.filter(pl.col("step_id").str.starts_with("alexa-C1-"))
    assert devices["entries"].to_list() == [1]


def test_the_settings_that_erase_say_how_much_they_would_take() -> None:
    days = [datetime(2024, 1, 31, tzinfo=UTC), datetime(2025, 7, 31, tzinfo=UTC), datetime(2025, 11, 1, tzinfo=UTC)]
    checklist = made(export(*({"time": day} for day in days)))
    assert step(checklist, "alexa-C8")["notes"] == [
        "3 months, counted to 2025-11-01: 2 entries of your export are older and would go",
        "18 months, counted to 2025-11-01: 1 entry of your export is older and would go",
    ]
    assert step(checklist, "alexa-C9")["notes"] == ["all 3 entries of your export would go"]


@pytest.mark.parametrize("last", ["2025-05-31", "2026-02-28", "2025-11-30", "2024-02-29"])
def test_the_list_and_the_retention_page_count_the_same_at_the_ends_of_months(last: str) -> None:
    end = datetime.fromisoformat(last).replace(hour=12, tzinfo=UTC)
    source = export(*({"time": end - timedelta(days=days), "transcript": "lights on"} for days in range(0, 600)))
    removed = dict(toolkit.what_if(source).select("setting", "removed").iter_rows())
    counts = [int(line.split(": ")[1].split()[0]) for line in step(made(source), "alexa-C8")["notes"]]
    assert counts == [removed["auto_delete_3_months"], removed["auto_delete_18_months"]]


def test_the_day_counted_to_is_that_of_the_zone_and_of_the_makers_own_export() -> None:
    google = {"vendor": "google", "product": "google_assistant", "time": datetime(2025, 6, 30, 23, 30, tzinfo=UTC)}
    source = dataclasses.replace(
        export({}, google, timezone="Europe/Berlin"),
        exported_at=datetime(2025, 7, 31, 22, 30, tzinfo=UTC),
        files=pl.DataFrame([{"vendor": "google", "format": "google_manifest"}], schema=schema.FILES),
    )
    counted = {each.product: each.ref for each in made(source).found}
    assert counted == {"alexa": date(2024, 3, 5), "google_assistant": date(2025, 8, 1)}


def test_progress_is_taken_over_by_id(household: Export) -> None:
    done = {"alexa-B1": Progress(True, date(2026, 11, 24), "screenshot 3"), "no-such-step": Progress(True)}
    checklist = made(household, progress=done)
    assert checklist.steps["done"].sum() == 1
    row = step(checklist, "alexa-B1")
    assert (row["done"], row["done_on"], row["note"]) == (True, date(2026, 11, 24), "screenshot 3")
    assert "- [x] **alexa-B1**" in checklist.to_markdown()


def test_a_comparison_of_two_exports_flows_in() -> None:
    summary = pl.DataFrame(
        {
            "product": ["alexa", "alexa", "google_assistant"],
            "change": ["gone", "stayed", "gone"],
            "entries": [312, 4, 99],
        }
    )
    notes = step(made(export({}), compared=summary), "amazon-E3")["notes"]
    assert notes == ["not found in your second export: 312 entries", "in both: 4 entries"]


# What counts as not meant for the assistant


def activations(*verdicts: tuple[str, str, list[str]]) -> pl.DataFrame:
    return pl.DataFrame(verdicts, schema=["activation_id", "accidental", "record_ids"], orient="row")


def test_only_marked_or_confirmed_ones_are_cited_never_a_score() -> None:
    source = export(*({"maker_id": f"M{n}", "status": "silence"} for n in range(5)))
    events = activations(
        ("a0", "provider_marked", ["amazon-0"]),
        ("a1", "likely", ["amazon-1", "amazon-2"]),
        ("a2", "likely", ["amazon-3"]),
        ("a3", "provider_marked", ["amazon-4"]),
    )
    checklist = made(
        source, "gdpr", activations=events, ticks={"a1": Tick("accidental"), "a2": Tick(None), "a3": Tick("meant")}
    )
    listed = list(csv.DictReader(io.StringIO(checklist.ids_csv().decode())))
    assert {row["recording_id"]: row["reason"] for row in listed} == {
        "M0": "marked by the maker as not intended",
        "M1": "confirmed by me as not intended",
        "M2": "confirmed by me as not intended",
        "M3": "",
        "M4": "",
    }
    assert "not intended for the assistant: 1 entry." in body(checklist, "erasure")
    assert "Reviewed by me, and not meant for the assistant: 2 entries." in body(checklist, "erasure")
    assert "likely" not in body(checklist, "erasure")


def test_without_activations_the_makers_own_status_counts() -> None:
    source = export({"status": "false_wake"}, {"status": "not_intended"}, {"status": "silence"}, {"status": "unknown"})
    assert step(made(source), "all-A4")["entries"] == 2
    assert "Marked in your own data as not intended for the assistant: 2 entries." in body(
        made(source, "gdpr"), "erasure"
    )


def test_accidental_ones_are_grouped_by_day_of_the_clock() -> None:
    times = [datetime(2024, 3, 5, 23, 30, tzinfo=UTC), datetime(2024, 3, 6, 8, tzinfo=UTC), None]
    rows = [{"status": "false_wake", "time": time, "time_basis": "utc" if time else "none"} for time in times]
    rows.append({"status": "false_wake", "time": datetime(2024, 4, 1, 8, tzinfo=UTC)})
    notes = step(made(export(*rows, timezone="Europe/Berlin")), "alexa-C3")["notes"]
    assert notes == ["2024-03-06 (2 entries)", "2024-04-01", "without a day: 1 entry"]


def test_ticks_without_activations_are_refused() -> None:
    with pytest.raises(ToolkitError, match="ticks"):
        made(export({}), ticks={"a": Tick("accidental")})


# Without a file


@pytest.mark.parametrize("product", [*rulebook.products()])
def test_every_product_has_a_list_without_a_file(product: str) -> None:
    for track in rulebook.TRACKS:
        checklist = made(None, "gdpr", makers=[product], track=track)
        assert f"{product}-C1" in ids(checklist) or f"{product}-C2" in ids(checklist)
        assert checklist.steps["entries"].null_count() == checklist.steps.height
        assert {"all-A1", "all-A3", "all-A4"}.isdisjoint(ids(checklist))
        assert "0 entries" not in checklist.to_markdown()
        for letter in checklist.letters:
            assert "contain 0" not in letter.body
            assert "ids-" not in letter.body


def test_a_homepod_without_a_file_gets_doable_steps() -> None:
    checklist = made(None, makers=["HomePod"])
    assert [each for each in ids(checklist) if each.startswith("homepod")] == [
        "homepod-B1",
        "homepod-B2",
        "homepod-C1",
        "homepod-C2",
        "homepod-E4",
    ]
    assert "no Siri requests" in checklist.to_markdown()
    assert not checklist.letters
    assert checklist.to_ics().count(b"VEVENT") == 0


def test_names_people_use_lead_to_the_right_product() -> None:
    for name, product in (
        ("amazon", "alexa"),
        ("Ray-Ban", "meta_ai_glasses"),
        ("microsoft", "cortana"),
        ("openai", "chatgpt_voice"),
        ("Google Assistant", "google_assistant"),
        ("Apple HomePod", "homepod"),
    ):
        assert made(None, makers=[name]).products == (product,)
    with pytest.raises(ToolkitError, match="no assistant of that name"):
        made(None, makers=["toaster"])
    with pytest.raises(ToolkitError, match="nothing to make a list of"):
        made(None)


def test_what_lies_on_the_users_own_disk_needs_no_law_and_has_no_strangers_devices() -> None:
    own = export(
        {"vendor": "home_assistant", "product": "home_assistant", "device_id": "kitchen", "audio_files": ["a"]}
    )
    assert ids(made(own)) == ["home_assistant-C1"]


def test_requests_in_an_apple_intelligence_report_are_not_taken_for_siris_history() -> None:
    checklist = made(export({"vendor": "apple", "product": "apple_intelligence"}), "gdpr", country="de")
    assert "apple_intelligence-C1" in ids(checklist)
    assert not any(each.startswith("siri") for each in ids(checklist))
    assert "no Siri requests" not in checklist.to_markdown()


def test_nobody_who_has_a_file_is_told_that_there_is_none() -> None:
    bixby = export({"vendor": "other", "product": "bixby"})
    assert "No export of Bixby" not in made(bixby).to_markdown()
    assert "No export of Bixby" in made(export({}), makers=["bixby"]).to_markdown()


@pytest.mark.parametrize("route", [route for route in ROUTES if route.sample], ids=lambda route: route.format)
def test_every_product_that_can_be_read_has_steps_of_its_own(route: Any) -> None:
    assert rulebook.product_of_record(route.product) == (route.product if route.format != "mapped" else "other")


def test_more_makers_join_those_of_the_export() -> None:
    checklist = made(export({}), "gdpr", makers=["homepod", "alexa"])
    assert checklist.products == ("alexa", "homepod")
    assert [to.maker for to in checklist.makers] == ["amazon", "apple"]


# Law and dates


def test_there_is_no_law_by_default_and_none_is_guessed(household: Export) -> None:
    checklist = made(household)
    assert checklist.law is None
    assert not checklist.letters
    assert "all-Q0" in ids(checklist)
    assert not any(re.search("-(Q1|Q2|Q3|D1|F1|F2|F3)$", each) for each in ids(checklist))


@pytest.mark.parametrize("law", ["lgpd", "virginia", "iowa", ""])
def test_laws_that_are_not_covered_are_refused_and_listed(law: str) -> None:
    with pytest.raises(Unsupported, match="not covered"):
        made(export({}), law)
    assert "Iowa: sources contradict each other" in made(export({})).to_markdown()


def test_three_dates_are_shown_and_nobody_is_accused_early() -> None:
    checklist = made(export({}), "gdpr", received=ARRIVED)
    text = checklist.to_markdown()
    for day in ("2026-12-25", "2026-12-28", "2027-02-25", "2026-12-29"):
        assert day in text
    assert "public holidays of Luxembourg" in text
    assert "due by 2026-12-28; nobody is late before 2026-12-29" in "".join(step(checklist, "amazon-F1")["notes"])


def test_the_seat_decides_the_holidays_and_the_user_may_override() -> None:
    day = {"amazon": date(2026, 5, 23)}
    due = [
        to.deadline and to.deadline.due
        for seats in ({}, {"amazon": "ie"})
        for to in made(export({}), "gdpr", received=day, seats=seats).makers
    ]
    assert due == [date(2026, 6, 24), date(2026, 6, 23)]


def test_a_stopped_clock_and_an_extension_move_the_dates() -> None:
    stopped = {"amazon": [(date(2026, 12, 1), date(2026, 12, 11))]}
    moved = made(export({}), "gdpr", received=ARRIVED, stopped=stopped).makers[0].deadline
    assert moved
    assert moved.calendar_end == date(2027, 1, 4)
    standing = made(export({}), "gdpr", received=ARRIVED, stopped={"amazon": [(date(2026, 12, 1), None)]})
    assert "The clock stands still" in "".join(step(standing, "amazon-F1")["notes"])
    longer = made(export({}), "gdpr", received=ARRIVED, extended=["amazon"]).makers[0].deadline
    assert longer
    assert longer.complain_from == date(2027, 2, 26)


def test_a_british_complaint_to_the_company_has_a_day_of_its_own() -> None:
    waiting = step(made(export({}), "uk_gdpr"), "amazon-F2")
    assert "once the day your complaint arrived is entered" in waiting["notes"][0]
    checklist = made(export({}), "uk_gdpr", complained={"amazon": date(2026, 11, 20)})
    assert step(checklist, "amazon-F2")["notes"] == ["to be acknowledged by 2026-12-21"]
    assert b"DTSTART;VALUE=DATE:20261222" in checklist.to_ics()


def test_dates_of_a_maker_not_in_the_list_or_before_sending_are_refused() -> None:
    with pytest.raises(ToolkitError, match="not in this list"):
        made(export({}), "gdpr", received={"google": date(2026, 11, 25)})
    with pytest.raises(ToolkitError, match="before it was sent"):
        made(export({}), "gdpr", sent={"amazon": date(2026, 11, 26)}, received=ARRIVED)
    with pytest.raises(ToolkitError, match="no such track"):
        made(export({}), track="fast")


# Letters


def test_every_law_and_language_gives_complete_letters(household: Export) -> None:
    for law in ("gdpr", "uk_gdpr", "ccpa"):
        for language in LANGUAGES:
            letters = made(household, law, language=language, country="de" if law == "gdpr" else None).letters
            assert [letter.kind for letter in letters] == list(table("law")["law"][law]["letters"])
            for letter in letters:
                assert not re.search(r"[{}]|\?\w+$", letter.body, re.MULTILINE), (law, language, letter.kind)
                assert "\n\n\n" not in letter.body
                assert "[" in letter.body
                assert letter.subject in letter.body
                assert letter.status.startswith("Draft; not legal advice.")
                assert letter.origin


def test_every_letter_says_first_that_it_is_a_draft() -> None:
    for language, word in zip(LANGUAGES, ("Draft", "Entwurf", "Projet", "Borrador", "Bozza", "Concept"), strict=True):
        for letter in made(export({}), "gdpr", language=language).letters:
            assert letter.body.startswith(word)
            assert ("needs a native reader" in letter.body) == (language not in ("en", "de"))


def test_a_letter_that_does_not_exist_in_a_language_is_english_and_says_so() -> None:
    letter = made(export({}), "uk_gdpr", language="de").letter("amazon", "complaint_controller")
    assert letter
    assert letter.language == "en"
    assert "this one is in English" in letter.status


def test_what_only_the_user_knows_stays_open_and_nothing_is_invented() -> None:
    text = body(made(export({}), "gdpr"), "reminder")
    for blank in ("[your full name]", "[date sent]", "[date received]", "[place], [date]"):
        assert blank in text
    assert "at the latest on" not in text
    dated = body(made(export({}), "gdpr", sent={"amazon": date(2026, 11, 24)}, received=ARRIVED), "reminder")
    assert "on 24 November 2026 I sent" in dated
    assert "at the latest on 28 December 2026" in dated


def test_letters_ask_and_never_accuse() -> None:
    for path in (Path(rulebook.__file__).parent.parent / "rules" / "letters").glob("*/*.txt"):
        text = path.read_text(encoding="utf-8").lower()
        assert not re.search(
            r"\b(illegal|unlawful|rechtswidrig|illégal|ilegal|illecit|onrechtmatig|you have violated)", text
        )
        assert not re.search(r"probab|wahrscheinlich|likely|score", text)


def test_the_erasure_letter_quotes_the_fingerprint_of_the_very_file(household: Export) -> None:
    checklist = made(household, "gdpr")
    data = checklist.ids_csv()
    assert sha256(data).hexdigest() in body(checklist, "erasure")
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert list(rows[0]) == ["recording_id", "recorded_at_utc", "device_serial", "reason"]
    assert {row["recording_id"] for row in rows} == set(household.records["maker_id"])
    assert "lists 1500 of these entries" in body(checklist, "erasure")


def test_a_request_for_a_part_names_that_part_only(household: Export) -> None:
    scope = Scope(accidental=True, first=date(2024, 1, 1), last=date(2024, 12, 31))
    checklist = made(household, "gdpr", scope=scope)
    marked = household.records.filter(
        pl.col("status") == "false_wake",
        pl.col("time").dt.convert_time_zone("Europe/Berlin").dt.year() == 2024,
    )
    rows = list(csv.DictReader(io.StringIO(checklist.ids_csv().decode())))
    assert {row["recording_id"] for row in rows} == set(marked["maker_id"])
    assert f"these are {marked.height} entries" in body(checklist, "erasure")
    assert "listed in the attachment and no others" in body(checklist, "erasure")
    assert "1500 entries" in body(checklist, "access")
    with pytest.raises(ToolkitError, match="before its first"):
        made(household, "gdpr", scope=dataclasses.replace(scope, last=date(2023, 1, 1)))


def test_a_maker_of_whom_nothing_lies_in_the_part_gets_no_erasure_letter() -> None:
    both = export({"status": "false_wake"}, {"vendor": "google", "product": "google_assistant"})
    part = Scope(accidental=True)
    checklist = made(both, "gdpr", scope=part)
    assert {"amazon-Q3", "amazon-F1"} <= set(ids(checklist))
    assert not {"google-Q3", "google-F1", "google-F3"} & set(ids(checklist))
    assert (checklist.letter("google", "erasure"), checklist.letter("google", "access") is None) == (None, False)
    assert "no erasure letter" in checklist.to_markdown()
    claim = made(both, "ccpa", scope=part, track="keep_claim")
    assert {"google-Q1", "google-F1"} <= set(ids(claim))
    assert "google-D1" not in ids(claim)
    assert claim.letter("google", "ccpa_delete") is None


def test_one_entry_is_not_called_entries() -> None:
    for language in LANGUAGES:
        for letter in made(export({"status": "false_wake", "device_name": "K"}), "gdpr", language=language).letters:
            assert not re.search(r"\b1 (entries|Einträge|entrées|entradas|voci|items)\b", letter.body), letter.kind
    assert "these are 2 entries" in body(made(export({}, {}), "gdpr"), "erasure")


@pytest.mark.parametrize("law", ["gdpr", "uk_gdpr", "ccpa"])
@pytest.mark.parametrize("language", [*LANGUAGES])
def test_no_reminder_denies_an_announcement_that_the_user_entered(law: str, language: str) -> None:
    reminder = "ccpa_reminder" if law == "ccpa" else "reminder"
    plain = body(made(export({}), law, language=language, received=ARRIVED), reminder)
    longer = body(made(export({}), law, language=language, received=ARRIVED, extended=["amazon"]), reminder)
    assert plain != longer
    assert "I am not aware" not in longer
    assert "nicht bekannt" not in longer
    deadline = made(export({}), law, received=ARRIVED).makers[0].deadline
    assert deadline
    assert deadline.latest
    assert table(f"letters/{'en' if law == 'ccpa' else language}/words")["date"].format(deadline.latest) in longer


def test_a_part_can_be_one_device(household: Export) -> None:
    checklist = made(household, "gdpr", scope=Scope(devices=("G0SYNBEDROOM0003",)))
    rows = list(csv.DictReader(io.StringIO(checklist.ids_csv().decode())))
    assert {row["device_serial"] for row in rows} == {"G0SYNBEDROOM0003"}
    assert len(rows) == 231


def test_times_of_unknown_zone_are_never_passed_off_as_utc() -> None:
    checklist = made(
        export({"time_basis": "zone_unknown", "audio_files": ["2018-02-02_02_05_07_765_UTC.mp3"]}, {}), "gdpr"
    )
    first, second = csv.DictReader(io.StringIO(checklist.ids_csv().decode()))
    assert (first["recorded_at_utc"], first["recorded_at_as_written"]) == ("", "2024-03-05 12:00:00")
    assert (second["recorded_at_utc"], second["recorded_at_as_written"]) == ("2024-03-05T12:00:00.000Z", "")
    assert first["recording_id"] == "2018-02-02_02_05_07_765_UTC.mp3"
    assert "recorded_at_as_written" in body(checklist, "erasure")


def test_words_that_stand_where_a_clips_name_should_never_reach_the_list_of_ids() -> None:
    said = "alexa what is quagmire"
    rows = [{"audio_files": [said]}, {"audio_files": [f"{said}.wav"]}, {"audio_files": ["dir/clip-1.wav"]}]
    listed = made(export(*rows), "gdpr").ids_csv().decode()
    assert "quagmire" not in listed
    assert "clip-1.wav" in listed


def test_each_maker_gets_its_own_ids_alone() -> None:
    google = {"vendor": "google", "product": "google_assistant", "maker_id": "GOOGLE1"}
    checklist = made(export({"maker_id": "AMAZON1"}, google), "gdpr")
    with pytest.raises(Ambiguous):
        checklist.ids_csv()
    assert b"GOOGLE1" not in checklist.ids_csv("amazon")
    assert b"AMAZON1" not in checklist.ids_csv("google")
    everything = checklist.to_markdown() + checklist.to_html() + checklist.to_json() + checklist.to_ics().decode()
    assert "AMAZON1" not in everything
    with pytest.raises(ToolkitError):
        checklist.ids_csv("apple")


def test_no_transcript_and_no_answer_is_in_any_output() -> None:
    source = export({"transcript": "quagmire", "response": "flummox", "status_text": "wizened", "intent": "bamboozle"})
    checklist = made(source, "gdpr", country="de", received=ARRIVED)
    outputs = [
        checklist.to_markdown(),
        checklist.to_html(letters=True),
        checklist.to_json(),
        checklist.to_ics().decode(),
        checklist.to_eml().decode(),
        checklist.ids_csv().decode(),
        checklist.steps.write_json(),
        *(letter.body for letter in checklist.letters),
    ]
    for word in ("quagmire", "flummox", "wizened", "bamboozle"):
        assert not any(word in output for output in outputs)


# Where to write


@pytest.mark.parametrize(
    ("maker", "law", "country", "name", "email"),
    [
        ("alexa", "gdpr", "de", "Amazon Europe Core SARL", "eu-privacy@amazon.de"),
        ("alexa", "gdpr", "nl", "Amazon Europe Core SARL", "privacy@amazon.nl"),
        ("alexa", "gdpr", "be", "Amazon Europe Core SARL", ""),
        ("alexa", "uk_gdpr", None, "Amazon Europe Core SARL", "eu-privacy@amazon.co.uk"),
        ("alexa", "ccpa", None, "Amazon.com Services LLC", ""),
        ("google_assistant", "gdpr", "at", "Google Ireland Limited", "data-access-requests@google.com"),
        ("google_assistant", "uk_gdpr", "gb", "Google LLC", "data-access-requests@google.com"),
        ("siri", "gdpr", "fr", "Apple Distribution International Limited", ""),
        ("bixby", "uk_gdpr", "gb", "Samsung Electronics (UK) Limited", "dataprotection@samsung.com"),
        ("chatgpt", "ccpa", "us", "OpenAI OpCo, LLC", "privacy@openai.com"),
        ("spotify", "gdpr", "se", "Spotify AB", "privacy@spotify.com"),
    ],
)
def test_the_letter_goes_to_whoever_answers_where_the_user_lives(
    maker: str, law: str, country: str | None, name: str, email: str
) -> None:
    checklist = made(None, law, makers=[maker], country=country)
    assert name in checklist.letters[0].body
    assert checklist.letters[0].email == email
    assert "checked 2026-11-23" in checklist.to_markdown()


@pytest.mark.parametrize("country", ["zz", "uk", "eea", "germany", "d", "\u202ede"])
def test_a_country_without_rules_is_refused_by_naming_those_that_have_some(country: str) -> None:
    with pytest.raises(toolkit.ToolkitError, match="no address") as refused:
        made(None, "gdpr", makers=["alexa"], country=country)
    assert country not in refused.value.advice.partition(": ")[2].partition(".")[0].split(", ")
    assert {"ch", "de", "gb", "us"} <= set(rulebook.countries())
    assert made(None, "gdpr", makers=["alexa"], country=" DE ").country == "de"


def test_an_address_that_is_not_known_stays_open() -> None:
    checklist = made(None, "ccpa", makers=["meta_ai_glasses"])
    assert "[the company that answers for the data" in checklist.letters[0].body
    assert "not known for your country" in checklist.to_markdown()


def test_the_authority_is_that_of_the_country_and_of_the_land_in_germany() -> None:
    assert "DATA PROTECTION" not in body(made(export({}), "gdpr"), "complaint_authority")
    assert "CNIL" in body(made(export({}), "gdpr", country="fr"), "complaint_authority").upper()
    assert "[the authority" in body(made(export({}), "gdpr", country="de"), "complaint_authority")
    assert "Bonn" not in made(export({}), "gdpr", country="de").to_markdown()
    bavaria = made(export({}), "gdpr", country="de", authority="debaylda")
    assert "91504 Ansbach" in body(bavaria, "complaint_authority")
    assert "Stuttgart" not in bavaria.to_markdown()
    assert "Information Commissioner" in body(made(export({}), "uk_gdpr"), "complaint_authority")
    with pytest.raises(ToolkitError, match="no authority"):
        made(export({}), "gdpr", authority="nowhere")


# The rules themselves


def test_every_rule_names_its_evidence_and_source() -> None:
    for rule in rulebook.steps():
        assert rule.evidence in rulebook.EVIDENCE or ((rule.evidence == "law" and rule.letter) or rule.code == "W1")
        assert rule.source or rule.evidence == "law"
        assert rule.do, rule.code
    for company in rulebook.makers().values():
        for contact in company.contact:
            assert contact.evidence in rulebook.EVIDENCE
            assert contact.source or contact.evidence == "public data"
            assert contact.changed or contact.source
    for product in rulebook.products().values():
        assert product.leaves
        assert product.leaves_evidence in rulebook.EVIDENCE
        assert product.leaves_source
    for law in table("law")["law"].values():
        assert law["evidence"] in rulebook.EVIDENCE
        assert law["source"]
        assert law["checked"]


def test_what_is_not_verified_says_so_in_every_format() -> None:
    checklist = made(None, makers=["homepod"])
    assert not step(checklist, "homepod-C1")["verified"]
    for text in (checklist.to_markdown(), checklist.to_html()):
        assert text.count("Not verified in every part") == checklist.steps.filter(~pl.col("verified")).height


def test_ids_of_rules_are_unique_and_lead_somewhere() -> None:
    codes = [(rule.product, rule.code) for rule in rulebook.steps()]
    assert len(codes) == len(set(codes))
    assert {rule.product for rule in rulebook.steps() if rule.product} == set(rulebook.products())
    assert {product.maker for product in rulebook.products().values() if product.maker} == set(rulebook.makers())


def test_authorities_are_those_of_the_public_records(shared: Path) -> None:
    folder = shared / "rules" / "data" / "supervisory-authorities"
    records: Mapping[str, Any] = {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    assert set(records) - set(rulebook.authorities()) == {"debayldb"}  # for public bodies only
    for slug, authority in rulebook.authorities().items():
        assert list(authority.address) == records[slug]["address"].splitlines()
        assert (authority.email, authority.form) == (records[slug].get("email", ""), records[slug].get("webform", ""))


def test_addresses_of_makers_are_those_of_the_reference(shared: Path) -> None:
    text = (shared / "rules" / "controllers.md").read_text(encoding="utf-8")
    for company in rulebook.makers().values():
        for contact in company.contact:
            if contact.email and contact.email != "privacy@sonos.com":
                assert contact.email in text
            if contact.changed and contact.name != "Sonos":
                assert str(contact.changed) in text
    routes = (shared / "rules" / "deletion.md").read_text(encoding="utf-8")
    for rule in rulebook.steps():
        host_and_path = rule.address.removeprefix("https://").removeprefix("www.").rstrip("/")
        assert host_and_path in routes, rule.address
