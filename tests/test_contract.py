"""What the design promises to users and to outside checks: every public name, its signature, every column and type."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import toolkit
from toolkit.cli import main
from toolkit.exposure import EXPOSURE
from toolkit.parsers import ROUTES
from toolkit.problems import PROBLEMS
from toolkit.retention import FACTS, RETENTION
from toolkit.schema import COLUMNS, FILES, RECORDS
from toolkit.write import write

SAMPLES = Path(__file__).parent.parent / "sample_exports"
UTC = pl.Datetime("us", "UTC")
VENDORS = ["amazon", "google", "apple", "microsoft", "openai", "ovos", "home_assistant", "other"]
RECORD: dict[str, Any] = {
    "record_id": pl.String(), "maker_id": pl.String(), "vendor": VENDORS, "product": pl.String(),
    "format": pl.String(), "source_file": pl.String(), "source_row": pl.UInt32(), "time": UTC,
    "time_text": pl.String(), "time_basis": ["utc", "offset", "zone_assumed", "zone_unknown", "file", "none"],
    "device_id": pl.String(), "device_name": pl.String(), "device_type": pl.String(), "person": pl.String(),
    "trigger": ["wake_word", "touch", "follow_up", "routine", "typed", "provider", "unknown"],
    "status": [
        "understood", "wake_word_only", "false_wake", "not_intended", "no_intent", "not_understood", "silence", "noise",
        "failed", "duplicate_device", "no_audio_kept", "routine", "suggestion", "typed", "no_request", "unknown",
    ],
    "status_text": pl.String(), "transcript": pl.String(), "response": pl.String(), "language": pl.String(),
    "intent": pl.String(), "utterance_id": pl.String(), "audio_files": pl.List(pl.String()),
    "audio_found": pl.UInt16(), "audio_seconds": pl.Float64(), "expires": UTC, "duplicate_of": pl.String(),
    "extra": pl.String(),
}  # fmt: skip
FILE: dict[str, Any] = {
    "path": pl.String(), "source": pl.String(), "size": pl.UInt64(), "sha256": pl.String(), "vendor": VENDORS,
    "product": pl.String(), "format": pl.String(), "carved": pl.UInt32(), "understood": pl.UInt32(),
    "rejected": pl.UInt32(), "left_out": pl.UInt32(), "duplicates": pl.UInt32(), "note": pl.String(),
}  # fmt: skip
PROBLEM: dict[str, Any] = {
    "severity": ["note", "warning", "error"], "source_file": pl.String(), "source_row": pl.UInt32(),
    "code": pl.String(), "message": pl.String(), "advice": pl.String(),
}  # fmt: skip
KEPT: dict[str, Any] = {
    "record_id": pl.String(), "data": ["audio", "transcript"], "rule_id": pl.String(), "age_days": pl.Int32(),
    "due_on": pl.Date(), "overdue_days": pl.Int32(), "status": ["within", "past_due", "no_end_date", "unknown"],
}  # fmt: skip
CHANGE: dict[str, Any] = {
    "old_id": pl.String(), "new_id": pl.String(), "change": ["gone", "stayed", "new", "changed", "not_comparable"],
    "tier": ["maker_id", "second"],
}  # fmt: skip
REASON = pl.Struct({"rule": pl.String(), "weight": pl.Float64(), "says": pl.String(), "source": pl.String()})
ACTIVATION: dict[str, Any] = {
    "activation_id": pl.String(), "record_ids": pl.List(pl.String()), "time": UTC, "vendor": VENDORS,
    "product": pl.String(), "device_name": pl.String(), "device_id": pl.String(), "person": pl.String(),
    "transcript": pl.String(), "audio_files": pl.List(pl.String()), "audio_seconds": pl.Float64(),
    "kind": ["voice", "not_voice", "duplicate"],
    "accidental": ["provider_marked", "likely", "possible", "no_sign", "cannot_tell"], "probability": pl.Float64(),
    "reasons": pl.List(REASON),
}  # fmt: skip


@cache
def household() -> toolkit.Export:
    return toolkit.load(SAMPLES / "amazon-alexa-plus", timezone="Europe/Berlin")


def agree(schema: pl.Schema, promised: dict[str, Any], *, more: bool = False) -> None:
    """Same names, same types; enumerations hold the same words, in whatever order they rank."""
    assert set(promised) <= set(schema) if more else list(schema) == list(promised)
    for name, dtype in promised.items():
        if isinstance(dtype, list):
            found = schema[name]
            assert isinstance(found, pl.Enum), name
            assert sorted(found.categories) == sorted(dtype), name
        else:
            assert schema[name] == dtype, name


@pytest.mark.parametrize(
    ("function", "start"),
    [
        (toolkit.load, "*sources, timezone=None"),
        (toolkit.batches, "*sources"),
        (toolkit.activations, "records, prior=0.05, ticks=None"),
        (toolkit.summary, "events, every='1mo', by=None"),
        (toolkit.retention, "export, as_of=None"),
        (toolkit.likely_setting, "export"),
        (toolkit.what_if, "export"),
        (toolkit.compare, "old, new"),
        (toolkit.checklist, "export, law=None, language='en', sent=None, received=None"),
        (toolkit.Export.clip, "self, name"),
        (toolkit.cohort, "manifest, out, executor=None"),
    ],
    ids=lambda each: each if isinstance(each, str) else each.__qualname__,
)
def test_every_function_takes_what_was_promised_in_that_order(function: Callable[..., Any], start: str) -> None:
    bare = [each.replace(annotation=each.empty) for each in inspect.signature(function).parameters.values()]
    told = ", ".join(map(str, bare))
    assert told.startswith(start)
    later = bare[start.count(",") + 1 :]
    assert all(each.default is not each.empty or each.kind is each.VAR_KEYWORD for each in later), "asks for more"


def test_writing_takes_an_export_a_place_forms_and_whether_to_redact() -> None:
    names = list(inspect.signature(write).parameters)
    assert toolkit.write is write
    assert names[0] == "export"
    assert {"formats", "redact"} <= set(names)


def test_an_export_has_its_tables_its_day_and_its_zone() -> None:
    names = {field.name for field in dataclasses.fields(toolkit.Export)}
    assert {"records", "problems", "files", "exported_at", "timezone"} <= names
    export = household()
    agree(export.records.schema, RECORD)
    agree(export.files.schema, FILE)
    agree(export.problems.schema, PROBLEM)
    assert export.exported_at is None or isinstance(export.exported_at, datetime)
    assert isinstance(export.timezone, str)


def test_the_tables_have_the_columns_and_types_of_the_design() -> None:
    agree(RECORDS, RECORD)
    agree(FILES, FILE)
    agree(PROBLEMS, PROBLEM)
    agree(RETENTION, KEPT)
    assert all(column.meaning for column in COLUMNS)
    assert {"vendor", "product", "device", "period"} < set(EXPOSURE)


def test_batches_are_records_as_they_come() -> None:
    batches = list(toolkit.batches(SAMPLES / "amazon-alexa-plus"))
    assert sum(batch.height for batch in batches) == household().records.height
    for batch in batches:
        agree(batch.schema, RECORD)


def test_every_entry_lies_in_exactly_one_activation_of_the_promised_columns() -> None:
    events = toolkit.activations(household().records)
    agree(events.schema, ACTIVATION, more=True)
    assert sorted(events["record_ids"].explode()) == sorted(household().records["record_id"])
    counted = toolkit.summary(events, every="1mo", by="device_name")
    assert {"period", "device_name", "activations", "entries"} <= set(counted.columns)
    assert counted["entries"].sum() == household().records.height


def test_ages_and_changes_come_in_the_promised_columns() -> None:
    export = household()
    agree(toolkit.retention(export).schema, KEPT)
    result = toolkit.compare(export, export)
    agree(result.rows.schema, CHANGE)
    assert result.summary.columns[:3] == ["vendor", "product", "change"]
    assert (result.accounts_match, result.complete) == (True, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.complete = True  # type: ignore[misc]


def test_a_checklist_has_its_steps_letters_and_files() -> None:
    made = toolkit.checklist(household(), law="gdpr", language="en", sent={}, received={"amazon": date(2026, 11, 25)})
    assert made.steps.height
    assert made.letters
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.law = "ccpa"  # type: ignore[misc]
    for text in (made.to_markdown(), made.to_html(), made.to_json()):
        assert isinstance(text, str)
    for data in (made.ids_csv(), made.to_ics(), made.to_eml()):
        assert isinstance(data, bytes)
    assert toolkit.checklist(None, makers=["homepod"]).steps.height


def test_errors_form_the_promised_tree() -> None:
    below = {
        toolkit.NotAnExport, toolkit.NotAnArchive, toolkit.Damaged, toolkit.Encrypted, toolkit.Unsupported,
        toolkit.TooLarge, toolkit.Bomb, toolkit.Ambiguous,
    }  # fmt: skip
    assert all(issubclass(error, toolkit.ToolkitError) for error in below)
    with pytest.raises(toolkit.ToolkitError):
        toolkit.load(SAMPLES / "README.md")


def test_the_command_has_its_verbs() -> None:
    promised = [
        "identify",
        "read",
        "summary",
        "activations",
        "retention",
        "compare",
        "checklist",
        "report",
        "write",
        "cohort",
        "formats",
        "app",
    ]
    assert set(promised) <= set(main.commands)


def test_products_of_the_readers_are_products_of_the_rules() -> None:
    assert {route.product for route in ROUTES if route.sample} <= set(FACTS.products)
    assert {route.vendor for route in ROUTES} <= set(VENDORS)


def test_every_name_that_is_offered_is_there_and_says_what_it_is() -> None:
    for name in toolkit.__all__:
        assert inspect.getdoc(getattr(toolkit, name)), name
