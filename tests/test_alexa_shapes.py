"""Alexa's other shapes: the 2026 page and its conversations, the activity list of before 2023, exporters' wrappings."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import alexa
import alexa_shapes
import generate
import toolkit
from test_canary import CANARIES, NAME, PLACE, SERIAL, SPOILED, TEXT
from toolkit.limits import Limits
from toolkit.parsers import ROUTES

SAMPLES = Path(generate.__file__).parent
AT = 1_700_000_000_000
KEY = f"A0#{AT}#TYPE#SERIAL"
UTTERANCE = "TYPE:1.0/2023/11/14/22/SERIAL/13:20::TNIH_2V.0a0b0c0d-0000-4000-8000-000000000000ZXV"
WHAT_IT_SAYS = ("maker_id", "time", "status", "transcript", "response", "device_id", "person", "utterance_id")


def named(name: str, value: Any) -> io.BytesIO:
    stream = io.BytesIO(value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode())
    stream.name = name
    return stream


def only(*sources: Any) -> dict[str, Any]:
    export = toolkit.load(*sources)
    assert export.records.height == 1
    return export.records.row(0, named=True)


def truth(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.truth.json").read_text("utf-8"))
    return found


def extra(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row["extra"] or "{}")
    return found


# --- the activity list of before 2023


def activity(summary: str | None = "alexa stop", **keys: Any) -> dict[str, Any]:
    told = {"summary": summary, "firstUtteranceId": UTTERANCE, "firstStreamId": UTTERANCE}
    common = {"activityStatus": "SUCCESS", "creationTimestamp": AT, "id": KEY, "utteranceId": UTTERANCE}
    return common | {"description": json.dumps(told)} | keys


def page(*entries: Any) -> io.BytesIO:
    return named("activities.json", {"activities": entries, "startDate": AT, "endDate": AT})


def test_the_public_activities_are_read_with_their_verdicts(shared: Path) -> None:
    export = toolkit.load(shared / "samples/alexa/activities_legacy_2018-2021_excerpts.json")
    typed, lost = export.records.rows(named=True)

    assert export.problems.is_empty()
    assert (typed["status"], typed["trigger"], typed["status_text"]) == ("typed", "typed", "SUCCESS")
    assert typed["transcript"] == "spiel Mike Oldfield von meine bibliothek"
    assert (lost["status"], lost["status_text"]) == ("duplicate_device", "DEVICE_ARBITRATION")
    assert extra(lost)["activityStatus"] == "DISCARDED_NON_DEVICE_DIRECTED_INTENT"
    assert extra(lost)["firstUtteranceId"] == lost["utterance_id"] + "/0"
    assert (lost["device_type"], lost["device_id"]) == ("A1RABVCI4QCIKC", "G000000000000002")


DISCARDED = "DISCARDED_NON_DEVICE_DIRECTED_INTENT"


@pytest.mark.parametrize(
    ("word", "verdict", "summary", "status"),
    [
        ("SUCCESS", None, "alexa stop", "understood"),
        ("SUCCESS", '{"nBestList":[]}', "alexa stop", "understood"),
        ("SUCCESS", None, "alexa", "wake_word_only"),
        ("FAULT", None, "alexa stop", "failed"),
        ("INVALID", None, "alexa stop", "not_understood"),
        ("FAIL", None, "alexa stop", "unknown"),
        ("SYSTEM_ABANDONED", None, "alexa stop", "unknown"),
        ("OF_THE_FUTURE", None, "alexa stop", "unknown"),
        (None, None, "alexa stop", "unknown"),
        (DISCARDED, None, "", "not_intended"),
        (DISCARDED, None, None, "not_intended"),
        (DISCARDED, None, "hey alexa", "wake_word_only"),
        (DISCARDED, None, "what they said", "not_intended"),
        (DISCARDED, "DEVICE_ARBITRATION", "", "duplicate_device"),
        (DISCARDED, "DEVICE_ARBITRATION", "alexa", "duplicate_device"),
        (DISCARDED, "FALSE_WAKE_WORD_1P", "", "false_wake"),
        ("SUCCESS", "FALSE_WAKE_WORD_2P", "alexa", "false_wake"),
        (DISCARDED, "SOMETHING_ELSE", "", "not_intended"),
    ],
)
def test_every_activity_status_has_its_status(
    word: str | None, verdict: str | None, summary: str | None, status: str
) -> None:
    row = only(page(activity(summary, activityStatus=word, domainAttributes=verdict)))

    assert row["status"] == status
    kept = {row["status_text"], *extra(row).values()}
    assert {word, verdict} - {None} <= kept


def test_typed_activities_are_told_by_their_id_whatever_was_typed() -> None:
    row = only(page(activity("alexa", utteranceId="TextClient:1.0/2018/08/10/20/x")))

    assert (row["status"], row["trigger"]) == ("typed", "typed")


def test_halves_of_an_utterance_share_its_id_and_keep_their_own() -> None:
    halves = [
        activity("alexa", description=json.dumps({"summary": "alexa", "firstUtteranceId": UTTERANCE + "/0"})),
        activity("stop", utteranceId=None, description=json.dumps({"firstUtteranceId": UTTERANCE + "/1"})),
        activity("stop", utteranceId=UTTERANCE + "/1"),
    ]
    rows = toolkit.load(page(*halves)).records.rows(named=True)

    assert {row["utterance_id"] for row in rows} == {UTTERANCE}
    assert extra(rows[0])["firstUtteranceId"] == UTTERANCE + "/0"
    assert extra(rows[2])["utteranceId"] == UTTERANCE + "/1"


@pytest.mark.parametrize("odd", ['a"b\\/0', "ä/1", "\x07/12", "/0", "plain/0"])
def test_an_odd_id_is_kept_as_it_was_written(odd: str) -> None:
    items = [{"recordItemType": "CUSTOMER_TRANSCRIPT", "utteranceId": odd, "transcriptText": "a"}]
    row = only(named("p.json", {"customerHistoryRecords": [{"voiceHistoryRecordItems": items, "utteranceId": 7}]}))

    assert row["utterance_id"] == odd.rpartition("/")[0]
    assert extra(row) == {"utteranceId": odd, "utteranceId (rest)": 7}


@pytest.mark.parametrize(
    ("text", "transcript", "left"),
    [
        ('{"summary":"a","more":[1]}', "a", {"more": [1]}),
        ('{"summary":5}', None, {"summary": 5}),
        ('{"summary":"a","summary":"b"}', "b", None),
        ("bare words", None, "bare words"),
        ('{"summary":"a"', None, '{"summary":"a"'),
        ('["a"]', None, '["a"]'),
        ("null", None, "null"),
        ("[" * 9_000, None, "[" * 9_000),
        ('{"summary":"\\ud800"}', "\ufffd", None),
        (None, None, None),
    ],
)
def test_a_description_that_is_not_what_it_should_be_is_kept(text: str | None, transcript: str, left: Any) -> None:
    row = only(page(activity(description=text)))

    assert row["transcript"] == transcript
    assert extra(row).get("description") == left


def test_every_key_of_an_activity_without_a_column_is_kept() -> None:
    sources = [{"deviceAccountId": "acc", "deviceType": "TYPE", "serialNumber": "SERIAL", "room": "attic"}]
    entry = activity(domainType="d", intentType="i", registeredCustomerId="B1", sourceDeviceIds=sources, new={"a": 1})
    row = only(page(entry))

    assert row["intent"] == "i"
    assert extra(row) == {
        "domainType": "d",
        "registeredCustomerId": "B1",
        "sourceDeviceIds": [{"deviceAccountId": "acc", "deviceType": "TYPE", "serialNumber": "SERIAL"}],
        "sourceDeviceIds (rest)": [{"room": "attic"}],
        "new": {"a": 1},
    }


def test_without_a_key_time_and_device_are_taken_from_the_activity() -> None:
    row = only(page(activity(id=None, sourceDeviceIds=[{"deviceType": "T", "serialNumber": "S"}])))

    assert (row["device_type"], row["device_id"], row["time"].year) == ("T", "S", 2023)


@pytest.mark.parametrize(
    "text",
    [
        b'{"activities":[{"type":"run","distance":5}],"startDate":1}',
        b'{"activities":[]}',
        b'{"steps":[{"activityStatus":"SUCCESS"}]}',
    ],
)
def test_activities_of_other_makers_are_not_ours(text: bytes) -> None:
    with pytest.raises(toolkit.NotAnExport):
        toolkit.load(named("activities.json", text))


@pytest.mark.parametrize("none", [[], None])
def test_an_empty_page_of_activities_is_known_and_said_to_be_empty(none: Any) -> None:
    export = toolkit.load(named("activities.json", {"activities": none, "startDate": AT, "endDate": AT}))

    assert export.records.is_empty()
    assert export.problems["code"].to_list() == ["no_entries"]


def test_an_activity_in_a_file_of_its_own_brings_its_clip_and_pairs_with_the_page() -> None:
    wav = named(f"{AT}.wav", alexa.wav(0.5, 440))
    export = toolkit.load(page(activity()), named(f"{AT}.json", activity()), wav)

    assert export.records["format"].to_list() == ["amazon_legacy_single", "amazon_legacy"]
    assert export.records["audio_files"].to_list() == [[f"{AT}.wav"]] * 2
    assert export.records["audio_seconds"].to_list() == [0.5, 0.5]
    assert export.records["duplicate_of"].count() == 1
    assert only(page(activity()))["audio_files"] == []


def test_a_torn_file_of_one_activity_is_rejected_and_said_so() -> None:
    data = json.dumps(activity()).encode()[:-20]
    export = toolkit.load(named("1.json", data), page(activity()))

    assert export.problems.filter(pl.col("source_file") == "1.json")["code"].unique().to_list() == ["cut_off"]
    assert export.files.filter(path="1.json").select("carved", "understood", "rejected").row(0) == (1, 0, 1)


# --- the 2026 page


def plus(*entries: Any) -> io.BytesIO:
    return named("list.json", {"alexaHistoryRecords": entries})


def header(text: str, at: int = AT, **keys: Any) -> dict[str, Any]:
    told = {"recordType": "conversation", "conversationId": "c1", "timestamp": at, "startTime": at - 9_000}
    return told | {"title": "Date/Time Request", "subTitle": text} | keys


def turn(
    text: str | None, uri: str, *, answers: str | None = None, purpose: str = "USER", **keys: Any
) -> dict[str, Any]:
    related = [{"type": "RELATES_TO", "fragmentURI": answers}] if answers else []
    inside = {"fragmentURI": uri, "metadata": {"purpose": purpose, "relationships": related}}
    told = {"content": {"text": text}, "variants": []}
    return {"utteranceId": uri, "createTime": "2023-11-14T22:13:15.5Z", "fragment": inside | told | keys}


def talk(*turns: Any, name: str = "detail.json") -> io.BytesIO:
    return named(name, {"conversationTurns": turns})


def test_the_public_entries_of_2026_are_read_and_the_header_gives_way_to_its_turn(shared: Path) -> None:
    export = toolkit.load(shared / "samples/alexa/rah_2026_alexa-history-records-v2_testfixture.json")
    rows = export.records.sort("source_row").rows(named=True)

    assert [row["transcript"] for row in rows] == ["What time is it?", "what time is it", None, "play some music"]
    assert [row["status"] for row in rows] == ["understood", "understood", "false_wake", "understood"]
    assert rows[0]["response"] == "It's 1:37 a.m."
    assert (rows[3]["response"], rows[3]["person"]) == ("Home Assistant has started", "Alice")
    assert extra(rows[3])["subTitle"] == "Echo Dot"
    assert rows[1]["device_id"] == "aa4228b15aa44796a0c2c1bdc9eae303"
    assert export.files.select("carved", "understood", "rejected", "left_out").row(0) == (6, 4, 0, 2)
    assert set(export.problems["code"]) == {"time_implausible"}


@pytest.mark.parametrize(
    ("info", "serial", "name"),
    [
        (None, "SERIAL", None),
        ({"deviceSerialNumber": "S2", "deviceName": "Kitchen"}, "S2", "Kitchen"),
        ([{"deviceName": "Kitchen"}], "SERIAL", "Kitchen"),
        ([], "SERIAL", None),
    ],
)
def test_the_device_may_be_an_object_a_list_or_null(info: Any, serial: str, name: str | None) -> None:
    row = only(plus({"recordType": "utterance", "activityKey": KEY, "timestamp": AT, "deviceInfo": info}))

    assert (row["device_id"], row["device_name"], row["device_type"]) == (serial, name, "TYPE")


def test_several_devices_of_a_conversation_are_all_kept() -> None:
    devices = [{"deviceSerialNumber": "S1"}, {"deviceSerialNumber": "S2"}]
    row = only(plus(header("hello", deviceInfo=devices)))

    assert row["device_id"] == "S1"
    assert extra(row)["deviceInfo"] == devices


@pytest.mark.parametrize(
    ("below", "device", "answer"),
    [("It is ten.", "Kitchen", "It is ten."), ("Kitchen", "Kitchen", None), ("Echo Dot", None, None)],
)
def test_what_stands_below_a_request_is_an_answer_only_where_it_cannot_be_the_device(
    below: str, device: str | None, answer: str | None
) -> None:
    row = only(plus({"recordType": "utterance", "title": "a", "subTitle": below, "deviceInfo": {"deviceName": device}}))

    assert row["response"] == answer
    assert extra(row).get("subTitle") == (None if answer else below)


def test_every_key_of_a_2026_entry_without_a_column_is_kept() -> None:
    person = {"personId": "p", "personFirstName": "Ann", "personType": "ADULT"}
    items = [{"recordItemType": "CUSTOMER_TRANSCRIPT", "transcriptText": "alexa stop"}]
    entry = {
        "recordType": "utterance",
        "utteranceType": "GENERAL",
        "customerId": "A0",
        "activityKey": KEY,
        "title": "stop",
    }
    row = only(plus(entry | {"personsInfo": person, "voiceHistoryRecordItems": items, "score": 0.5}))

    assert (row["transcript"], row["person"], row["maker_id"]) == ("stop", "Ann", KEY)
    assert extra(row) == {
        "recordType": "utterance",
        "personsInfo": [person],
        "voiceHistoryRecordItems": [{"transcriptText": "alexa stop"}],
        "score": 0.5,
    }


def test_a_header_stays_where_no_turn_of_its_conversation_is_given() -> None:
    row = only(plus(header("what is the time")))

    assert (row["status"], row["status_text"], row["transcript"]) == ("understood", "conversation", "what is the time")
    assert extra(row)["title"] == "Date/Time Request"


@pytest.mark.parametrize(
    ("entry", "stays"),
    [
        (header("hello"), False),
        (header(" Hello"), False),
        (header("hello", startTime=None), False),
        (header("hello", at=AT + 600_000), True),
        (header("hello", at=AT + 600_000, startTime=AT), False),
        (header("good bye"), True),
        (header("hello", recordType="utterance"), True),
        (header("hello", at=456, startTime=123), False),
    ],
)
def test_a_header_gives_way_to_a_turn_with_its_request_at_its_time(entry: dict[str, Any], stays: bool) -> None:
    for sources in ([plus(entry), talk(turn("hello", "u1"))], [talk(turn("hello", "u1")), plus(entry)]):
        export = toolkit.load(*sources)
        listed = export.files.filter(format="amazon_rah").row(0, named=True)

        assert export.records.height == 1 + stays
        assert (listed["carved"], listed["left_out"]) == (1, 1 - stays)


def test_of_two_turns_with_the_same_words_each_has_its_own_header() -> None:
    later = turn("hello", "u2") | {"createTime": "2023-11-15T22:13:15Z"}
    headers = [header("hello", AT), header("hello", AT + 86_400_000), header("hello", AT + 2 * 86_400_000)]
    export = toolkit.load(plus(*headers), talk(turn("hello", "u1"), name="a.json"), talk(later, name="b.json"))

    assert export.records.filter(format="amazon_rah").height == 1
    assert export.records.filter(format="amazon_rah_turns").height == 2


def test_an_answer_stands_beside_the_request_it_relates_to_in_either_order() -> None:
    asked, told = turn("hello", "u1"), turn("good day", "a1", answers="u1", purpose="AGENT")
    first, second = only(talk(asked, told)), only(talk(told, asked))

    for row in (first, second):
        assert (row["transcript"], row["response"], row["maker_id"]) == ("hello", "good day", "u1")
        assert extra(row)["answers"] == [
            {"fragmentURI": "a1", "utteranceId": "a1", "createTime": "2023-11-14T22:13:15.5Z"}
        ]
    assert (first["time"].isoformat(), first["time_basis"]) == ("2023-11-14T22:13:15.500000+00:00", "utc")


def test_the_text_of_an_answer_may_stand_in_its_variants() -> None:
    variants = [{"content": {"text": "one"}}, {"content": None}, {"content": {"text": "two"}}]
    told = turn(None, "a1", answers="u1", purpose="AGENT", content=None, variants=variants)
    row = only(talk(turn("hello", "u1"), told))

    assert row["response"] == "one"
    assert extra(row)["answers"][0]["variants"] == ["two"]


def test_no_turn_is_lost_that_belongs_to_none() -> None:
    turns = [
        turn("welcome", "a0", purpose="AGENT"),
        turn("hello", "u1"),
        turn("of another day", "a1", answers="elsewhere", purpose="AGENT"),
        turn("a note", "n1", purpose="SYSTEM"),
    ]
    export = toolkit.load(talk(*turns))
    rows = {row["maker_id"]: row for row in export.records.rows(named=True)}

    assert set(rows) == {"u1", "a1", "n1"}
    assert (rows["u1"]["transcript"], rows["u1"]["response"]) == ("hello", "welcome")
    assert (rows["a1"]["status"], rows["a1"]["response"], rows["a1"]["transcript"]) == (
        "unknown",
        "of another day",
        None,
    )
    assert (rows["n1"]["status_text"], extra(rows["n1"])["variants"]) == ("SYSTEM", ["a note"])
    assert export.files["left_out"].item() == 1


def test_what_no_field_of_a_turn_takes_is_kept() -> None:
    row = only(talk(turn("hello", "u1", mood="x") | {"new": 1}, turn("hi", "a1", purpose="AGENT") | {"new": 2}))

    assert (extra(row)["new"], extra(row)["fragment"], extra(row)["answers"][0]["new"]) == (1, {"mood": "x"}, 2)


# --- exporters' wrappings

EVENTS = alexa_shapes.some(alexa.events(1_500), 2)


def plain() -> pl.DataFrame:
    stream = io.BytesIO()
    alexa.write_rvh(EVENTS, stream)
    return toolkit.load(named("plain.json", stream.getvalue())).records.select(WHAT_IT_SAYS).sort("maker_id")


def test_checkmyva_wraps_the_same_entries_whatever_the_order_of_its_keys() -> None:
    saved = alexa_shapes.checkmyva(EVENTS)
    for text in (json.dumps(saved), json.dumps(saved, sort_keys=True), json.dumps(saved, indent=1)):
        records = toolkit.load(named("alexa-sync-data.json", text.encode())).records

        assert records.select(WHAT_IT_SAYS).sort("maker_id").equals(plain())


def test_a_synchronisation_without_entries_is_known_and_said_to_be_empty() -> None:
    export = toolkit.load(named("alexa-sync-data.json", {"requests": [], "history": [], "updatedAt": 1}))

    assert export.problems["code"].to_list() == ["no_entries"]


def test_alexa_remote_wraps_the_same_entries() -> None:
    export = toolkit.load(named("log.json", [alexa_shapes.wrapped(event) for event in EVENTS]))

    assert export.records.select(WHAT_IT_SAYS).sort("maker_id").equals(plain())
    assert export.problems.is_empty()


def test_without_the_entry_itself_the_rest_of_the_wrapping_tells() -> None:
    export = toolkit.load(named("log.json", [alexa_shapes.handed_on(event) for event in EVENTS]))
    same = ["time", "status", "device_id"]

    assert export.records.select(same).rows() == plain().sort("time").select(same).rows()
    assert export.records["maker_id"].null_count() == len(EVENTS)
    texts = [event.transcript for event in EVENTS]
    assert export.records["transcript"].to_list() == texts


def test_without_items_the_texts_the_exporter_made_are_read() -> None:
    entry = {"creationTimestamp": AT, "deviceSerialNumber": "S", "deviceType": "T", "utteranceType": "GENERAL"}
    rest = {"data": {"mystery": 1}, "description": {"summary": "stop"}, "alexaResponse": "ok", "name": "Ann's Echo"}
    row = only(named("log.json", [entry | rest]))

    assert (row["transcript"], row["response"], row["time"].year) == ("stop", "ok", 2023)
    assert (row["device_id"], row["device_type"], row["device_name"]) == ("S", "T", "Ann's Echo")
    assert extra(row) == {"data": {"mystery": 1}}


def test_a_name_that_differs_from_the_entrys_own_is_kept() -> None:
    wrapped = alexa_shapes.wrapped(EVENTS[0])
    row = only(named("log.json", [wrapped | {"name": "other", "new": 1}]))

    assert row["device_name"] == wrapped["data"]["device"]["deviceName"]
    assert (extra(row)["name"], extra(row)["new"]) == ("other", 1)


def lines(*given: Any) -> io.BytesIO:
    return named("data.json", {"takeoutVoiceLines": given})


ADDRESS = "https://www.amazon.de/alexa-privacy/apd/rvh/audio?uid="


@pytest.mark.parametrize(
    ("request_", "response", "uid", "status", "status_text"),
    [
        ("alexa stop", "ok", UTTERANCE + "/0", "understood", None),
        ("alexa", "", UTTERANCE, "wake_word_only", None),
        ("Unbekannter Sprachbefehl", "", "undefined", "unknown", "Unbekannter Sprachbefehl"),
        ("alexa stop", "Ein anderes Gerät wurde angesprochen", UTTERANCE, "duplicate_device", None),
        ("alexa stop", "ok", "TextClient:1.0/x", "typed", None),
    ],
)
def test_a_donated_line_says_what_the_page_said(
    request_: str, response: str, uid: str, status: str, status_text: str | None
) -> None:
    line = {"timestamp": AT, "file": ADDRESS + uid, "request": request_, "response": response, "device": "Kitchen"}
    row = only(lines(line))

    assert (row["status"], row["time_basis"], row["device_name"]) == (status, "utc", "Kitchen")
    assert row["status_text"] == (response if status == "duplicate_device" else status_text)
    assert row["utterance_id"] == (None if uid == "undefined" else uid.removesuffix("/0"))
    assert (row["transcript"] is None) == (status_text is not None)
    assert row["response"] == ("ok" if response == "ok" else None)


def test_donated_lines_of_a_csv_keep_their_clip_and_are_doubted() -> None:
    export = toolkit.load(
        lines(
            {"timestamp": AT, "request": '"alexa stop"', "response": '"ok"', "file": '"Audio/1.wav"'},
            {"timestamp": AT, "request": "Data Not Available", "response": "Data Not Available", "file": "2.wav"},
            {"timestamp": None},
            {"timestamp": None, "new": 1},
        )
    )
    first, second, third = export.records.rows(named=True)

    assert (first["transcript"], first["response"], first["audio_files"]) == ("alexa stop", "ok", ["1.wav"])
    assert (first["time_basis"], third["time_basis"], extra(third)) == ("zone_assumed", "none", {"new": 1})
    assert (second["status"], second["status_text"], second["transcript"]) == ("unknown", "Data Not Available", None)
    assert "cells_may_be_shifted" in export.problems["code"].to_list()
    assert export.files.select("carved", "understood", "left_out").row(0) == (4, 3, 1)


def test_googles_lines_of_the_same_extension_are_not_ours() -> None:
    with pytest.raises(toolkit.NotAnExport):
        toolkit.load(lines({"timestamp": AT, "request": "a", "response": "b"}))


def test_the_tables_of_cift_are_known_and_left_out_with_a_reason(shared: Path) -> None:
    export = toolkit.load(shared / "samples/alexa/cift_2018_timeline_rows.csv")
    assert export.records.is_empty()
    assert export.problems["code"].to_list() == ["cift_tables"]


# --- all of them


def test_one_entry_in_three_shapes_is_one_entry_twice_more() -> None:
    event = next(event for event in EVENTS if event.utterance_type == "GENERAL" and not alexa_shapes.talks(event))
    (old,) = alexa_shapes.activities([event])
    rvh = named("rvh.json", {"customerHistoryRecords": [alexa.rvh_record(event)]})
    records = toolkit.load(rvh, plus(alexa_shapes.history_record(event)), page(old)).records

    assert records["maker_id"].n_unique() == 1
    assert records["duplicate_of"].count() == 2
    assert records["transcript"].n_unique() == 1


def test_the_samples_hold_what_was_counted_before_they_were_written() -> None:
    told = truth("amazon-alexa-plus")
    export = toolkit.load(SAMPLES / "amazon-alexa-plus")
    assert export.records.height == told["records"]
    assert export.records.filter(format="amazon_rah_turns").height == told["turns"]
    assert export.files.filter(format="amazon_rah")["left_out"].sum() == told["saved"]
    assert export.records.filter(status_text="conversation").height == told["conversations"] - told["saved"]

    told = truth("amazon-alexa-activities")
    records = toolkit.load(SAMPLES / "amazon-alexa-activities").records
    assert (records.height, records["duplicate_of"].count()) == (told["rows"] + told["alone"], told["alone"])
    assert records.filter(format="amazon_legacy_single")["audio_found"].to_list() == [1] * told["alone"]
    once = records.filter(pl.col("duplicate_of").is_null())
    deciding = Counter(
        word.rpartition(" ")[2] for word in told["by_activity_status"] for _ in range(told["by_activity_status"][word])
    )
    assert dict(once["status_text"].value_counts().iter_rows()) == deciding

    for name in ("amazon-alexa-checkmyva", "amazon-alexa-remote"):
        told = truth(name)
        kinds = toolkit.load(SAMPLES / name).records["status_text"].value_counts()
        assert sum(kinds["count"]) == told["rows"] + told.get("handed_on", 0)
    assert (
        toolkit.load(SAMPLES / "amazon-alexa-checkmyva-lines").records.height
        == truth("amazon-alexa-checkmyva-lines")["lines"]
    )


@pytest.mark.parametrize("name", ["plus", "activities", "checkmyva", "checkmyva-lines", "remote"])
def test_every_file_of_a_sample_has_one_reader_and_its_account_adds_up(name: str) -> None:
    files = toolkit.load(SAMPLES / f"amazon-alexa-{name}").files.filter(pl.col("format").is_not_null())

    assert (files["carved"] == files["understood"] + files["rejected"] + files["left_out"]).all()
    assert files["rejected"].sum() == 0


def history(*entries: Any) -> io.BytesIO:
    return named("s.json", {"requests": [], "history": entries, "updatedAt": 1})


def log(*entries: Any) -> io.BytesIO:
    return named("l.json", list(entries))


SHAPES: dict[str, Callable[..., io.BytesIO]] = {
    "page": page,
    "list": plus,
    "talk": talk,
    "history": history,
    "log": log,
    "lines": lines,
}


def made(shape: str) -> list[dict[str, Any]]:
    entries: dict[str, list[dict[str, Any]]] = {
        "page": list(alexa_shapes.activities(EVENTS)),
        "list": [alexa_shapes.history_record(event) for event in EVENTS],
        "talk": [
            turn
            for event in EVENTS
            if alexa_shapes.talks(event)
            for turn in alexa_shapes.conversation(event)["conversationTurns"]
        ],
        "history": [alexa.rvh_record(event) for event in EVENTS],
        "log": [alexa_shapes.wrapped(event) for event in EVENTS],
        "lines": alexa_shapes.donated(EVENTS)["takeoutVoiceLines"],
    }
    return entries[shape]


MADE = {shape: made(shape) for shape in SHAPES}
WORD = st.sampled_from(
    ["", "alexa", "hey alexa", "FALSE_WAKE_WORD_9", "GENERAL", "conversation", UTTERANCE + "/1", KEY]
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | WORD | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["text", "summary", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@st.composite
def dirty(draw: st.DrawFn, shape: str) -> list[dict[str, Any]]:
    """Some sound entries, in which any key may hold anything."""
    entries = []
    for entry in draw(st.lists(st.sampled_from(MADE[shape]), max_size=5)):
        keys = draw(st.lists(st.sampled_from([*entry, "another"]), max_size=2))
        entries.append(entry | {key: draw(VALUE) for key in keys})
        if "description" in entry and draw(st.booleans()):
            entries[-1]["description"] = draw(st.just("{}") | VALUE.map(json.dumps) | WORD)
    return entries


def read(shape: str, entries: list[Any], block: int = 1 << 22) -> toolkit.Export:
    return toolkit.load(SHAPES[shape](MADE[shape][0], *entries), limits=Limits(block=block))


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=25)
@given(data=st.data())
def test_a_key_nobody_knows_changes_nothing_but_extra(shape: str, data: st.DataObject) -> None:
    """So the fast path, which takes no entry with such a key, and the slow one read alike."""
    entries = data.draw(dirty(shape), label="entries")
    quick = read(shape, entries).records
    slow = read(shape, [entry | {"nobody": {"knows": [1]}} for entry in entries]).records

    assert quick.drop("extra").equals(slow.drop("extra"))
    for before, after in zip(quick["extra"], slow["extra"], strict=True):
        kept = json.loads(after or "{}")
        assert before == after or kept.pop("nobody", None) or kept["answers"]
        for answer in kept.get("answers", []):
            answer.pop("nobody", None)
        assert kept == json.loads(before or "{}")


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=25)
@given(data=st.data(), block=st.integers(1, 300))
def test_rows_do_not_depend_on_where_a_file_is_cut(shape: str, data: st.DataObject, block: int) -> None:
    text = bytearray(SHAPES[shape](MADE[shape][0], *data.draw(dirty(shape)), 5, {}).getvalue())
    for _ in range(data.draw(st.integers(0, 2), label="damages")):
        at = data.draw(st.integers(len(text) // 2, len(text) - 1), label="where")
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3), label="bytes")
    name = SHAPES[shape]().name
    whole, cut = (toolkit.load(named(name, bytes(text)), limits=Limits(block=size)) for size in (1 << 22, block))

    assert whole.records.equals(cut.records)
    assert whole.problems.equals(cut.problems)
    assert whole.files.equals(cut.files)


def with_canaries(shape: str) -> bytes:
    """Three entries of a shape in which every text is a canary, the keys nobody knows included."""
    key = f"{SERIAL}#1700000000000#T#{SERIAL}"
    person = {"personFirstName": NAME, "personId": SERIAL}
    entries: dict[str, dict[str, Any]] = {
        "page": {"id": key, "activityStatus": TEXT, "description": json.dumps({"summary": TEXT, NAME: TEXT})},
        "list": {
            "recordType": "conversation",
            "subTitle": TEXT,
            "title": PLACE,
            "activityKey": key,
            "personsInfo": person,
        },
        "talk": turn(TEXT, SERIAL) | {"createTime": TEXT},
        "history": {"recordKey": key, "device": {"deviceName": PLACE}, "utteranceType": TEXT},
        "log": {
            "data": {"recordKey": key},
            "name": NAME,
            "deviceSerialNumber": SERIAL,
            "description": {"summary": TEXT},
        },
        "lines": {"file": PLACE, "request": TEXT, "response": TEXT, "device": NAME},
    }
    entry = {
        "timestamp": 1_700_000_000_000,
        "creationTimestamp": 1_700_000_000_000,
        **entries[shape],
        NAME: {NAME: TEXT},
    }
    return SHAPES[shape](entry, entry, entry).getvalue()


@pytest.mark.parametrize("spoiled", SPOILED)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_canary_in_errors_problems_or_the_account_of_files(shape: str, spoiled: str) -> None:
    data = SPOILED[spoiled](with_canaries(shape))
    try:
        export = toolkit.load(named(SHAPES[shape]().name, data))
    except toolkit.ToolkitError as error:
        told = f"{error} {error.args} {error.advice}"
    else:
        told = export.problems.write_csv() + export.files.write_csv() + repr(export)

    assert not [canary for canary in CANARIES if canary in told]


def test_no_two_readers_claim_one_file() -> None:
    heads = [SHAPES[shape](*made(shape)).getvalue()[:65_536] for shape in SHAPES]
    heads += [
        json.dumps(activity()).encode(),
        json.dumps(alexa_shapes.checkmyva(EVENTS), sort_keys=True).encode()[:65_536],
    ]
    for head in heads:
        claims = [route for route in ROUTES if route.columns != "needed" and route.claims("x/file.json", head)]
        assert len(claims) == 1
