"""What is left of a record when it is passed on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from toolkit.activations import activations
from toolkit.problems import PROBLEMS, ToolkitError
from toolkit.redact import (
    ACTIONS,
    ACTIVATIONS_PROFILE,
    COUNTS,
    FILES_PROFILE,
    LEVELS,
    PROBLEMS_PROFILE,
    RECORDS_PROFILE,
    Redactor,
    redact,
)
from toolkit.schema import COLUMNS, FILES, RECORDS

CANARY = "Zebulon"
SECRET = b"sixteen bytes or more"
NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


def records(*rows: dict[str, Any]) -> pl.DataFrame:
    """Records with every column filled, and a canary in each that can hold text."""
    full = []
    for number, row in enumerate(rows, 1):
        plain: dict[str, Any] = {
            column.name: f"{CANARY} {column.name} {number}" for column in COLUMNS if column.dtype == pl.String()
        }
        plain |= {"vendor": "amazon", "product": "alexa", "format": "amazon_rvh", "source_row": number}
        plain |= {"time": NOON, "time_basis": "utc", "trigger": "wake_word", "status": "understood"}
        plain |= {"audio_files": [f"{CANARY}.wav"], "audio_found": 1, "audio_seconds": 2.5, "expires": NOON}
        full.append(plain | row)
    return pl.DataFrame(full, schema=RECORDS)


def test_every_column_of_the_schema_has_a_decision_with_a_reason() -> None:
    assert list(RECORDS_PROFILE) == RECORDS.names()
    assert list(FILES_PROFILE) == FILES.names()
    assert list(PROBLEMS_PROFILE) == list(PROBLEMS)
    assert sorted(ACTIVATIONS_PROFILE) == sorted(activations(records({})).columns)
    profiles = (RECORDS_PROFILE, FILES_PROFILE, PROBLEMS_PROFILE, ACTIVATIONS_PROFILE)
    decisions = [decision for profile in profiles for decision in profile.values()]
    assert {action for decision in decisions for action in decision[:2]} == set(ACTIONS)
    assert all(decision.why for decision in decisions)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("secret", [None, SECRET])
def test_no_text_of_a_record_survives_wherever_it_stands(level: str, secret: bytes | None) -> None:
    left = redact(records({}, {"duplicate_of": "Zebulon record_id 1"}), level, secret)
    assert CANARY.casefold() not in left.write_ndjson().casefold()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("secret", [None, SECRET])
def test_no_text_survives_in_activations_and_their_reasons_are_names_of_rules(level: str, secret: bytes | None) -> None:
    before = records({"transcript": f"{CANARY} what time is it"}, {"device_id": None})
    redactor = Redactor(before, level, secret)
    events = activations(before)
    left = redactor.activations(events)
    assert CANARY.casefold() not in left.write_ndjson().casefold()
    assert left["activation_id"].is_in(redactor.records()["record_id"].implode()).all()
    assert left["entries"].to_list() == events["record_ids"].list.len().to_list()
    assert [set(reason) for reasons in left["reasons"] for reason in reasons][:1] == [{"rule", "weight"}]


def test_what_is_dropped_is_gone_and_what_is_kept_is_unchanged() -> None:
    before = records({}, {"time": NOON + timedelta(days=1), "status": "no_intent"})
    after = redact(before)
    left = [name for name, decision in RECORDS_PROFILE.items() if decision.share != "drop"]
    assert after.columns == [COUNTS.get(name, name) for name in left]
    kept = [name for name, decision in RECORDS_PROFILE.items() if decision.share == "keep"]
    assert after.select(kept).equals(before.select(kept))


def test_devices_are_numbered_in_the_order_in_which_they_were_first_heard() -> None:
    before = records(
        {"device_name": "Attic", "time": None},
        {"device_name": "Kitchen", "time": NOON + timedelta(hours=1)},
        {"device_name": "Bedroom", "time": NOON},
        {"device_name": None, "time": NOON},
        {"device_name": "Kitchen", "time": NOON + timedelta(hours=2)},
    )
    assert redact(before)["device_name"].to_list() == ["device 3", "device 2", "device 1", None, "device 2"]


@pytest.mark.parametrize("secret", [None, SECRET])
def test_a_duplicate_still_points_to_its_original(secret: bytes | None) -> None:
    before = records(
        {"record_id": "amazon-1"}, {"record_id": "amazon-2", "duplicate_of": "amazon-1"}, {"duplicate_of": None}
    )
    after = redact(before, secret=secret)
    assert after["duplicate_of"].to_list()[1:] == [after["record_id"][0], None]
    assert after["record_id"].n_unique() == 3


def test_with_a_secret_the_same_device_has_the_same_name_in_another_export() -> None:
    one = redact(records({"device_id": "G1"}, {"device_id": "G2"}), secret=SECRET)["device_id"]
    other = redact(records({"device_id": "G2"}, {"device_id": "G3"}), secret=SECRET)["device_id"]
    assert one[1] == other[0]
    assert len({*one, *other}) == 3


def test_another_secret_gives_other_names() -> None:
    before = records({})
    assert redact(before, secret=SECRET)["device_id"].item() != redact(before, secret=SECRET[::-1])["device_id"].item()


def test_the_same_text_as_name_and_as_serial_gets_two_names_that_cannot_be_matched() -> None:
    after = redact(records({"device_id": "same", "device_name": "same"}), secret=SECRET)
    assert after["device_id"].item().split()[1] != after["device_name"].item().split()[1]


@pytest.mark.parametrize("secret", [b"", b"password"])
def test_a_secret_that_can_be_guessed_is_refused(secret: bytes) -> None:
    with pytest.raises(ToolkitError, match="16 bytes"):
        redact(records({}), secret=secret)


def test_texts_are_counted_in_words_and_a_missing_text_stays_missing() -> None:
    before = records(
        {"transcript": "alexa what\ntime is it", "response": "", "audio_files": ["a.wav", "b.wav"]},
        {"transcript": None, "response": None, "audio_files": []},
    )
    after = redact(before).select(COUNTS[name] for name in COUNTS if name in RECORDS)
    assert after.rows() == [(5, 0, 2), (None, None, 0)]


@pytest.mark.parametrize(
    ("column", "kept", "emptied"),
    [
        ("status_text", ["FALSE_WAKE_WORD_2P", "GENERAL", "CIF"], ["Text not available", "ZEBULON", "wake up"]),
        ("device_type", ["A3S5BH2HU6VAYF"], ["G0911W0793220AB3", "Zebulon's Echo", "echo"]),
        ("language", ["de-DE", "en", "pt_BR", "zh-Hans-CN", "es-419"], ["Zebulon", "German", "turn the lights on"]),
    ],
)
def test_a_code_is_kept_only_where_it_has_the_form_of_one(column: str, kept: list[str], emptied: list[str]) -> None:
    after = redact(records(*({column: value} for value in kept + emptied)))
    assert after[column].to_list() == kept + [None] * len(emptied)


def test_an_export_without_entries_is_redacted_to_the_same_columns() -> None:
    assert redact(records().clear()).schema == redact(records({})).schema


def test_what_is_published_holds_no_exact_time_length_or_trace_of_a_file() -> None:
    before = records({}, {"audio_seconds": None, "time": None})
    after = redact(before, "publish")
    assert after["time"].to_list() == [date(2025, 6, 1), None]
    assert after["audio_seconds"].to_list() == [2.0, None]
    assert "expires" not in after.columns


def test_a_file_is_called_the_same_in_every_table() -> None:
    paths = [f"{CANARY} source_file {number}" for number in (1, 2)]
    files = pl.DataFrame(
        [
            dict.fromkeys(("source", "sha256", "note"), CANARY) | {"path": path}
            for path in (f"{CANARY}/*", *paths[::-1])
        ],
        schema=FILES,
    )
    problems = pl.DataFrame([{"source_file": path, "message": CANARY} for path in (paths[1], None)], schema=PROBLEMS)
    for level in LEVELS:
        redactor = Redactor(records({}, {}), level)
        told = redactor.files(files)
        assert redactor.records()["source_file"].to_list() == ["file 1", "file 2"]
        assert told["path"].to_list() == ["file 3", "file 2", "file 1"]
        assert redactor.problems(problems)["source_file"].to_list() == ["file 2", None]
        assert ("sha256" in told.columns) == (level == "share")
        assert CANARY not in told.drop("sha256", strict=False).write_ndjson()


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(ToolkitError, match="no level"):
        redact(records({}), "secret")
