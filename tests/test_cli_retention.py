"""The verbs `retention` and `compare`: what they print, and what they never print."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

import toolkit
from test_cli import SAMPLES, in_this_process, objects, rows, run  # noqa: F401 - a fixture every test here uses
from test_compare import google, spoken, without

PAGE, TAKEOUT = SAMPLES / "amazon-alexa-privacy-page", SAMPLES / "google-takeout-json-en"
BANNED = ("deleted on", "was deleted", "proof", "recordings were")


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    left, _ = without(spoken(), 312)
    old, new = tmp_path / "old.zip", tmp_path / "new.zip"
    old.write_bytes(google(spoken(), "json"))
    new.write_bytes(google(left, "html"))
    return old, new


def test_the_overview_says_what_it_counts_to_and_what_is_likely() -> None:
    result = run("retention", TAKEOUT, "--timezone", "Europe/Berlin")
    assert "Counted to 2025-11-20: the export's date." in result.stdout
    assert "Auto-delete after 3 or 18 months was likely not in force" in result.stdout
    assert "it cannot be undone" in result.stdout
    assert "In no export, and so in no figure:" in result.stdout
    assert not any(word in result.stdout.lower() for word in BANNED)


def test_without_a_date_of_the_maker_it_says_what_stands_in_for_it() -> None:
    result = run("retention", PAGE)
    assert (
        "Counted to 2025-11-15: the day of the latest entry; the file does not say when it was made." in result.stdout
    )


@pytest.mark.parametrize("form", ["json", "csv"])
def test_each_entry_under_each_setting(form: str) -> None:
    result = run("retention", PAGE, "--format", form, "--as-of", "2026-05-20")
    found = objects(result) if form == "json" else rows(result)
    whole = toolkit.retention(toolkit.load(PAGE), date(2026, 5, 20))
    assert len(found) == whole.height
    assert list(found[0]) == whole.columns
    assert sum(row["status"] == "past_due" for row in found) == (whole["status"] == "past_due").sum()


def test_counted_to_today_only_when_asked() -> None:
    today = date.today()  # noqa: DTZ011 - the day by this machine's clock is what is meant
    result = run("retention", PAGE, "--as-of", "today")
    assert f"Counted to {today}: the day you gave." in result.stdout or f"{today.year}" in result.stdout
    assert run("retention", PAGE, "--as-of", "20.5.2026").exit_code == 2


def test_the_settings_and_the_exposure_are_tables_of_their_own() -> None:
    settings = objects(run("retention", PAGE, "--settings", "--format", "json"))
    assert [(row["setting"], row["removed"]) for row in settings] == [
        ("dont_save", 1_431),
        ("auto_delete_3_months", 1_298),
        ("auto_delete_18_months", 420),
        ("save_until_deleted", 0),
    ]
    shown = objects(run("retention", PAGE, "--exposure", "--format", "json"))
    assert sum(row["serial"] for row in shown) == 1_500
    assert {row["place"] for row in shown} == {None}


def test_a_day_in_use_makes_the_conclusion_say_more() -> None:
    assert "In use since 1 January 2019" in run("retention", PAGE, "--in-use-since", "2019-01-01").stdout


def test_the_comparison_lists_what_is_not_found_and_nothing_that_was_said(two: tuple[Path, Path]) -> None:
    result = run("compare", *two)
    assert result.exit_code == 0
    assert "One account: yes. Second export complete: cannot be told." in result.stdout
    assert "Not found in your second export (312):" in result.stdout
    assert "... and 262 more; --format csv lists all." in result.stdout
    assert not any(word in result.stdout.lower() for word in BANNED)
    said = {event.transcript for event in spoken() if event.transcript and len(event.transcript) > 12}
    assert not any(text in result.stdout for text in said)


def test_csv_and_json_give_every_entry_and_the_answers_go_to_standard_error(two: tuple[Path, Path]) -> None:
    as_csv, as_json = (run("compare", *two, "--format", form) for form in ("csv", "json"))
    assert len(rows(as_csv)) == len(objects(as_json)) == len(spoken())
    assert [row["change"] for row in rows(as_csv)].count("gone") == 312
    assert "One account: yes" in as_csv.stderr
    assert not {"transcript", "maker_id", "device_id"} & set(rows(as_csv)[0])
    whole = json.loads(run("compare", *two, "--summary", "--format", "json").stdout)
    assert (whole["accounts_match"], whole["complete"]) == (True, None)


def test_further_parts_of_either_side_can_be_given(two: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = two
    rest = tmp_path / "rest.zip"
    rest.write_bytes(google(spoken(), "json"))
    result = run("compare", old, new, "--new-part", rest, "--summary")
    assert "not found" not in result.stdout


def test_a_side_that_cannot_be_read_is_wrong_use(two: tuple[Path, Path], tmp_path: Path) -> None:
    result = run("compare", two[0], tmp_path / "nothing.zip")
    assert result.exit_code == 2
    assert result.stdout == ""
