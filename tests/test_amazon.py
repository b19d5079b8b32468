"""Alexa: what each shape means, on the public shape references and on made-up edge cases."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import toolkit

STATUS = {
    "ASR_TIMEOUT": "silence",
    "CIF": "suggestion",
    "DEVICE_ARBITRATION": "duplicate_device",
    "FALSE_WAKE_WORD_1P": "false_wake",
    "GENERAL": "understood",
    "NO_EXPRESSED_INTENT": "no_intent",
    "NO_EXPRESSED_INTENT_SILENCE": "silence",
    "NO_TEXT_OR_AUDIO_STORED": "no_audio_kept",
    "ROUTINES_OR_TAP_TO_ALEXA": "routine",
    "WAKE_WORD_ONLY": "wake_word_only",
}


def named(name: str, data: bytes) -> io.BytesIO:
    stream = io.BytesIO(data)
    stream.name = name
    return stream


def rvh(*entries: Any) -> toolkit.Export:
    return toolkit.load(named("page.json", json.dumps({"customerHistoryRecords": entries}).encode()))


def table(text: str, name: str = "Transcriptions.csv", **how: Any) -> toolkit.Export:
    return toolkit.load(named(name, text.encode()), **how)


def first(export: toolkit.Export) -> dict[str, Any]:
    return export.records.row(0, named=True)


def test_the_public_records_of_every_kind_load_without_a_rejected_row(shared: Path) -> None:
    export = toolkit.load(shared / "samples/alexa/rvh_small_3_per_utteranceType_anonymised.json")

    assert export.records.height == 29
    assert export.problems.is_empty()
    assert dict(export.records.select("status_text", "status").unique().iter_rows()) == STATUS
    assert export.records["device_id"].null_count() == 0
    assert export.records["time"].dt.epoch("ms").cast(pl.String).to_list() == export.records["time_text"].to_list()


def test_the_records_of_public_issue_threads_load_without_a_rejected_row(shared: Path) -> None:
    export = toolkit.load(shared / "samples/alexa/rvh_2021-2024_issue_excerpts.json")

    assert export.records.height == 4
    assert export.problems.is_empty()
    assert export.records["status"].to_list() == ["understood", "duplicate_device", "understood", "understood"]
    assert export.records["person"].to_list() == [None, None, "Person", None]
    assert export.records["utterance_id"].str.contains("TNIH_2V").all()


@pytest.mark.parametrize(
    ("value", "status"),
    [
        *STATUS.items(),
        ("FALSE_WAKE_WORD_2P", "false_wake"),
        ("FALSE_WAKE_WORD", "false_wake"),
        ("ROUTINES_3P", "routine"),
    ],
)
def test_every_utterance_type_has_its_status(value: str, status: str) -> None:
    assert first(rvh({"utteranceType": value}))["status"] == status


def test_an_unknown_utterance_type_is_unknown_and_its_word_is_kept() -> None:
    row = first(rvh({"utteranceType": "SOMETHING_OF_2027"}))

    assert (row["status"], row["status_text"]) == ("unknown", "SOMETHING_OF_2027")


def item(kind: str, text: str | None, **more: Any) -> dict[str, Any]:
    return {"recordItemType": kind, "transcriptText": text, **more}


def test_items_are_sorted_by_kind_not_by_order() -> None:
    items = [
        item("ALEXA_RESPONSE", "Which one?"),
        item("CUSTOMER_TRANSCRIPT", "the second"),
        item("ALEXA_RESPONSE", "Playing."),
        item("CUSTOMER_TRANSCRIPT", "louder"),
    ]
    row = first(rvh({"utteranceType": "GENERAL", "voiceHistoryRecordItems": items}))

    assert (row["transcript"], row["response"]) == ("the second\nlouder", "Which one?\nPlaying.")


def test_replacement_text_counts_only_where_there_is_no_request_and_is_never_lost() -> None:
    instead, asked = item("ASR_REPLACEMENT_TEXT", "alexa"), item("CUSTOMER_TRANSCRIPT", "stop")
    alone = first(rvh({"voiceHistoryRecordItems": [instead, item("ASR_REPLACEMENT_TEXT", "")]}))
    both = first(rvh({"voiceHistoryRecordItems": [instead, asked]}))

    assert alone["transcript"] == "alexa"
    assert both["transcript"] == "stop"
    assert '"transcriptText":"alexa"' in both["extra"]


def test_profile_items_bring_no_rows_of_1970_and_no_text() -> None:
    profile = {"recordItemKey": None, "recordItemType": "PROFILE", "utteranceId": None, "timestamp": 0}
    person = {"personId": "p", "personFirstName": "Ann", "personType": "ADULT"}
    entry = {"timestamp": 1_700_000_000_000, "voiceHistoryRecordItems": [{**profile, "personsInfo": [person]}]}
    row = first(rvh(entry))

    assert (row["time"].year, row["transcript"], row["person"]) == (2023, None, "Ann")


def test_a_time_of_zero_is_no_time_but_the_key_may_tell_it() -> None:
    assert first(rvh({"timestamp": 0}))["time"] is None
    assert first(rvh({"timestamp": 0, "recordKey": "A#1700000000000#T#S"}))["time"].year == 2023


def test_an_empty_key_is_no_key_that_entries_could_share() -> None:
    export = rvh(*({"recordKey": "", "timestamp": 1_700_000_000_000 + n} for n in range(3)))

    assert export.records["maker_id"].to_list() == [None] * 3
    assert export.records["duplicate_of"].count() == 0


def test_what_differs_between_the_items_of_an_entry_is_kept() -> None:
    ann, bob = ({"personId": n, "personFirstName": n} for n in ("Ann", "Bob"))
    items = [
        item("CUSTOMER_TRANSCRIPT", "a", utteranceId="u1", personsInfo=[ann]),
        item("ALEXA_RESPONSE", "b", utteranceId="u2", personsInfo=[bob]),
        item("FUTURE_KIND", None),
    ]
    row = first(rvh({"voiceHistoryRecordItems": items}))

    assert (row["utterance_id"], row["person"]) == ("u1", "Ann")
    assert json.loads(row["extra"])["voiceHistoryRecordItems"] == [
        {"recordItemType": "ALEXA_RESPONSE", "utteranceId": "u2", "personsInfo": [bob]},
        {"recordItemType": "FUTURE_KIND"},
    ]


def test_a_time_no_calendar_holds_is_impossible_not_wrapped_around() -> None:
    export = rvh({"timestamp": 2**61 + 1_634_190_270_481})

    assert export.records["time"].to_list() == [None]
    assert export.problems["code"].to_list() == ["time_impossible"]


def test_seconds_where_milliseconds_belong_are_kept_and_remarked_on() -> None:
    export = rvh({"timestamp": 1_634_190_270})

    assert export.records["time"].to_list() == [datetime(1970, 1, 19, 21, 56, 30, 270_000, tzinfo=UTC)]
    assert export.problems.select("severity", "code").rows() == [("warning", "time_implausible")]


def test_a_heading_repeated_with_a_byte_order_mark_is_no_entry() -> None:
    part = "\ufeffTimestamp,Transcript\n2024-01-01 10:00:00,a\n"

    assert table(part + part).records["transcript"].to_list() == ["a", "a"]


def test_columns_of_one_name_or_none_keep_their_cells_apart() -> None:
    row = first(table("Timestamp,Transcript,Note,Answer,Note,\n2024-01-01 10:00:00,a,b,c,d,e\n"))

    assert json.loads(row["extra"]) == {"Note": "b", "Note (column 5)": "d", "column 6": "e"}


def test_typed_requests_are_told_by_their_id() -> None:
    items = [item("CUSTOMER_TRANSCRIPT", "play music", utteranceId="TextClient:1.0/2024/01/01/09/x")]
    row = first(rvh({"utteranceType": "GENERAL", "voiceHistoryRecordItems": items}))

    assert (row["status"], row["trigger"]) == ("typed", "typed")


def test_every_key_without_a_column_is_kept_in_extra() -> None:
    entry = {
        "recordKey": "A#1700000000000#T#S",
        "customerId": "A",
        "recordType": "VOICE_HISTORY",
        "device": {"deviceName": "Kitchen", "deviceEntityId": "e1", "room": "attic"},
        "isFeedbackPositive": True,
        "domain": "Music",
        "future": {"a": [1, None]},
        "cardResponse": {"title": "x"},
        "voiceHistoryRecordItems": [item("NEW_KIND", "text", agentVisualName="agent", more=1)],
    }
    row = first(rvh(entry))

    assert (row["device_id"], row["device_type"], row["device_name"]) == ("S", "T", "Kitchen")
    assert json.loads(row["extra"]) == {
        "recordType": "VOICE_HISTORY",
        "isFeedbackPositive": True,
        "domain": "Music",
        "deviceEntityId": "e1",
        "voiceHistoryRecordItems": [
            {"recordItemType": "NEW_KIND", "transcriptText": "text", "agentVisualName": "agent"}
        ],
        "voiceHistoryRecordItems (rest)": [{"more": 1}],
        "device": {"room": "attic"},
        "future": {"a": [1, None]},
        "cardResponse": {"title": "x"},
    }


@pytest.mark.parametrize("wrong", [5, None, "text", [], {}, [1], {"deviceName": 5}])
@pytest.mark.parametrize("key", ["recordKey", "timestamp", "device", "utteranceType", "voiceHistoryRecordItems"])
def test_a_value_of_another_kind_costs_its_field_not_its_row(key: str, wrong: Any) -> None:
    export = rvh({"utteranceType": "GENERAL", key: wrong}, {"utteranceType": "GENERAL"})

    assert export.records.height == 2
    assert set(export.problems["code"]) <= {"field_type", "time_implausible"}


def test_both_variants_of_the_download_are_read_by_position_where_headings_say_nothing() -> None:
    a = table("w,x,y,z\n2024-01-01 10:00:00,alexa stop,Audio/1.wav,ok\n")
    b = table("v,w,x,y,z\nalexa stop,a,b,c, 1.wav \n", "recognitionData-1-1.csv")

    for export in (a, b):
        row = first(export)
        assert (row["transcript"], row["audio_files"], row["status"]) == ("alexa stop", ["1.wav"], "understood")
    assert first(a)["response"] == "ok"
    assert json.loads(first(b)["extra"]) == {"w": "a", "x": "b", "y": "c"}


def test_headings_and_content_win_over_positions() -> None:
    export = table("Antwort,Audiodatei,Zeit,Anfrage,Gerät\nok,1.wav,01.02.2024 10:00:00,alexa stop,Küche\n")
    row = first(export)

    assert (row["transcript"], row["response"], row["device_name"]) == ("alexa stop", "ok", "Küche")
    assert (row["audio_files"], row["time"].isoformat()) == (["1.wav"], "2024-02-01T10:00:00+00:00")
    assert export.column_maps[0].how["time"] == "heading"


def test_a_table_without_headings_loses_no_row() -> None:
    export = table("2024-01-01 10:00:00,alexa stop,1.wav,ok\n2024-01-01 10:00:05,alexa go,2.wav,ok\n")

    assert export.records["transcript"].to_list() == ["alexa stop", "alexa go"]
    assert export.records["source_row"].to_list() == [1, 2]
    assert export.column_maps[0].header == ("column 1", "column 2", "column 3", "column 4")


def test_a_spoken_first_row_with_a_heading_word_in_it_is_no_heading() -> None:
    export = table("play the next serial,a,b,c,\nalexa stop,a,b,c,1.wav\n", "recognitionData-1-1.csv")

    assert export.records["transcript"].to_list() == ["play the next serial", "alexa stop"]


def test_columns_stay_marked_as_assumed_until_the_user_gives_them() -> None:
    text = "a,b\n2024-01-01 10:00:00,alexa stop\n"
    assumed, given = table(text), table(text, columns={"time": "A", "transcript": 1})

    assert assumed.problems["code"].to_list() == ["columns_assumed"]
    assert not assumed.column_maps[0].confirmed
    assert given.problems.is_empty()
    assert given.column_maps[0].confirmed


@pytest.mark.parametrize("columns", [{"nonsense": 0}, {"time": 9}, {"time": "not there"}, {"time": -1}])
def test_a_mapping_that_cannot_be_is_refused(columns: dict[str, str | int]) -> None:
    with pytest.raises(toolkit.ToolkitError, match="column mapping"):
        table("a,b\n1,2\n", columns=columns)


def test_a_mapping_that_fits_only_some_files_costs_only_the_others() -> None:
    page = named("page.json", b'{"customerHistoryRecords":[{}]}')
    export = toolkit.load(named("Transcriptions.csv", b"a,b\n1,2\n"), page, columns={"time": 9})

    assert (export.records.height, export.problems["code"].to_list()) == (1, ["ToolkitError"])


@pytest.mark.parametrize(
    ("cell", "status", "kept"),
    [
        ("Data Not Available", "unknown", "Data Not Available"),
        ("  data not available ", "unknown", "data not available"),
        ("", "unknown", None),
        ("Audio was not intended for Alexa", "not_intended", "Audio was not intended for Alexa"),
        ("Text not available – audio was not intended for Alexa", "not_intended", None),
        ("Text nicht verfügbar – Audio war nicht für Alexa bestimmt", "not_intended", None),
        ("Audio could not be understood", "not_understood", None),
        ("Text not available. Click to play recording.", "unknown", None),
    ],
)
def test_the_makers_own_words_are_no_transcript(cell: str, status: str, kept: str | None) -> None:
    row = first(table(f'Timestamp,Transcript\n2024-01-01 10:00:00,"{cell}"\n'))

    assert (row["transcript"], row["status"]) == (None, status)
    assert row["status_text"] == (kept or cell.strip() or None)


def test_a_request_about_those_words_is_still_a_request() -> None:
    row = first(table("Timestamp,Transcript\n2024-01-01 10:00:00,what does audio was not intended for alexa mean\n"))

    assert (row["status"], row["transcript"]) == ("understood", "what does audio was not intended for alexa mean")


def test_numeric_dates_that_nothing_tells_apart_are_left_empty_and_said_so() -> None:
    export = table("Timestamp,Transcript\n03/04/2024 10:00:00,a\n05/06/2024 10:00:00,b\n")

    assert export.records["time"].to_list() == [None, None]
    assert "date_order_unknown" in export.problems["code"].to_list()
    assert export.records["time_text"].to_list() == ["03/04/2024 10:00:00", "05/06/2024 10:00:00"]


def test_the_order_of_day_and_month_is_looked_for_in_the_whole_file() -> None:
    rows = "".join(f"0{n % 9 + 1}/04/2024 10:00:00,{'x' * 50}\n" for n in range(2_000))
    export = table("Timestamp,Transcript\n" + rows + "31/04/2024 10:00:00,bad\n30/04/2024 10:00:00,last\n")

    assert export.records["time"].null_count() == 1  # April has no 31st
    assert export.records["time"][-1].day == 30
    assert export.problems.filter(code="time_not_read").height == 1


def test_clips_are_joined_by_name_whatever_blanks_and_folders_stand_around_it() -> None:
    row = first(table('Timestamp,Transcript,Audio\n2024-01-01 10:00:00,a,"  Audio\\2024/clip 1.wav "\n'))

    assert row["audio_files"] == ["clip 1.wav"]


def test_semicolons_and_missing_cells_are_read_and_said() -> None:
    export = table("Timestamp;Transcript;Response\n2024-01-01 10:00:00;a, b;ok\n2024-01-01 10:00:01;c\n")

    assert export.records["transcript"].to_list() == ["a, b", "c"]
    assert export.problems.filter(code="ragged")["source_row"].to_list() == [2]
