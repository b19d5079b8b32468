"""The sample exports are what their generator makes, and what the imagined household really did."""

from __future__ import annotations

import csv
import io
import json
import re
import wave
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import alexa
import generate
import household
from phrases import SPEECH
from scenes import Event

SAMPLES = Path(generate.__file__).parent
EVENTS = list(alexa.events(generate.EVENTS))
KINDS = {
    "GENERAL",
    "WAKE_WORD_ONLY",
    "NO_EXPRESSED_INTENT",
    "NO_EXPRESSED_INTENT_SILENCE",
    "ASR_TIMEOUT",
    "FALSE_WAKE_WORD",
    "FALSE_WAKE_WORD_1P",
    "FALSE_WAKE_WORD_2P",
    "DEVICE_ARBITRATION",
    "NO_TEXT_OR_AUDIO_STORED",
    "ROUTINES_OR_TAP_TO_ALEXA",
    "ROUTINES_3P",
    "CIF",
    "AMBIENT_HANDOFF",
}


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def truth(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.truth.json").read_text("utf-8"))
    return found


def pages() -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted((SAMPLES / "amazon-alexa-privacy-page").glob("*.json"))]


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))[1:]


def transcriptions() -> list[list[str]]:
    return rows(SAMPLES / "amazon-alexa-csv/Alexa_2/Audio and Transcription/Transcriptions.csv")


def by_device(kind: str) -> Iterator[tuple[Event | None, Event, Event | None]]:
    """Every event of a kind with the events before and after it on the same device."""
    for device in {event.device.serial for event in EVENTS}:
        own = [event for event in EVENTS if event.device.serial == device]
        for before, event, after in zip([None, *own], own, [*own[1:], None], strict=False):
            if event.utterance_type == kind:
                yield before, event, after


def written(events: list[Event] | None, layout: str, token: str | None = None) -> bytes:
    stream = io.BytesIO()
    assert alexa.write_rvh(events, stream, layout, token) == len(events or [])
    return stream.getvalue()


@pytest.mark.parametrize("name", generate.SAMPLES)
def test_the_committed_samples_are_byte_for_byte_what_the_generator_writes(name: str, tmp_path: Path) -> None:
    generate.write(name, tmp_path)
    committed = {path: data for path, data in files(SAMPLES / name).items() if path != "README.md"}
    assert committed.keys() == files(tmp_path / name).keys()
    assert committed == files(tmp_path / name)
    assert (tmp_path / f"{name}.truth.json").read_bytes() == (SAMPLES / f"{name}.truth.json").read_bytes()


def test_the_truth_of_the_privacy_page_is_counted_from_the_events() -> None:
    told = truth("amazon-alexa-privacy-page")
    assert told["rows"] == len(EVENTS) == sum(told["pages"]) == 1_500
    assert told["by_utterance_type"] == Counter(event.utterance_type for event in EVENTS)
    assert told["by_device"] == Counter(event.device.name or "(none)" for event in EVENTS)
    assert told["by_language"] == Counter(event.language for event in EVENTS)
    assert told["by_person"] == Counter(event.person.first_name if event.person else "(none)" for event in EVENTS)
    assert told["accidental"] == sum(event.accidental for event in EVENTS)
    assert told["with_transcript"] == sum(event.transcript is not None for event in EVENTS)
    assert told["with_response"] == sum(event.response is not None for event in EVENTS)
    assert datetime.fromisoformat(told["first"]) == EVENTS[0].time
    assert datetime.fromisoformat(told["last"]) == EVENTS[-1].time


def test_the_privacy_pages_hold_the_events_newest_first_and_end_with_a_null_page() -> None:
    found = pages()
    assert [len(page["customerHistoryRecords"] or []) for page in found] == truth("amazon-alexa-privacy-page")["pages"]
    assert found[-1]["customerHistoryRecords"] is None
    records = [record for page in found[:-1] for record in page["customerHistoryRecords"]]
    assert records == [alexa.rvh_record(event) for event in reversed(EVENTS)]
    assert [page["encodedRequestToken"] is None for page in found] == [False] * 5 + [True]
    for page in found[:-1]:
        assert page["lastRecordTimestamp"] == page["customerHistoryRecords"][-1]["timestamp"]


def test_one_page_is_indented_and_one_escaped_and_the_others_minified() -> None:
    first, second, third = (
        (SAMPLES / f"amazon-alexa-privacy-page/customer-history-records-0{n}.json").read_bytes() for n in (1, 2, 3)
    )
    assert first.count(b"\n") > 1_000
    assert b"\n" not in second
    assert b'": ' not in second
    assert "ü".encode() in second
    assert b'": ' in third
    assert third.isascii()


def test_every_kind_of_entry_occurs() -> None:
    assert {event.utterance_type for event in EVENTS} == KINDS
    assert {event.utterance_type for event in alexa.events(600, seed=7)} == KINDS


def test_a_wake_word_alone_is_nearly_always_followed_within_ten_seconds() -> None:
    gaps = [
        after.time_ms - event.time_ms if after else household.DAY_MS
        for _, event, after in by_device("WAKE_WORD_ONLY")
        if not event.accidental
    ]
    assert len(gaps) > 200
    assert max(gaps) <= 10_000
    alone = [event for _, event, _ in by_device("WAKE_WORD_ONLY") if event.accidental]
    assert 0 < len(alone) < 30


def test_a_timeout_follows_its_wake_word_after_five_seconds_unless_it_stands_alone() -> None:
    for before, event, _ in by_device("ASR_TIMEOUT"):
        if not event.accidental:
            assert before is not None
            assert before.utterance_type == "WAKE_WORD_ONLY"
            assert 4_980 <= event.time_ms - before.time_ms <= 5_050


@pytest.mark.parametrize("kind", ["FALSE_WAKE_WORD", "FALSE_WAKE_WORD_1P", "FALSE_WAKE_WORD_2P"])
def test_a_false_wake_has_no_text_and_stands_alone(kind: str) -> None:
    for before, event, after in by_device(kind):
        assert event.accidental
        assert event.transcript is None
        assert before is None or event.time_ms - before.time_ms > 120_000
        assert after is None or after.time_ms - event.time_ms > 120_000


def test_a_device_that_gave_way_mostly_has_a_winner_elsewhere_within_a_second() -> None:
    lost = [event for event in EVENTS if event.utterance_type == "DEVICE_ARBITRATION"]
    asked = [event for event in EVENTS if event.utterance_type == "GENERAL"]
    won = [
        any(abs(one.time_ms - other.time_ms) <= 800 and one.device is not other.device for other in asked)
        for one in lost
    ]
    assert 0.4 < sum(won) / len(won) < 0.9


def test_a_few_percent_of_the_entries_are_overheard_talk() -> None:
    talk = {sentence for speech in SPEECH.values() for sentence in speech.words["overheard"]}
    overheard = [event for event in EVENTS if event.transcript in talk]
    assert 0.02 < len(overheard) / len(EVENTS) < 0.06
    assert all(event.accidental for event in overheard)
    assert {event.language for event in overheard} == {"en-GB", "de-DE"}


def test_days_have_peaks_and_weekends_differ_and_nobody_speaks_while_away() -> None:
    clocks = [household.wall_clock(event.time_ms) for event in EVENTS]
    workdays = Counter(clock.hour for clock in clocks if clock.weekday() < 5)
    weekends = Counter(clock.hour for clock in clocks if clock.weekday() >= 5)
    assert workdays[7] > 3 * workdays[10]
    assert workdays[18] > 3 * workdays[10]
    assert weekends[10] > 3 * weekends[7]
    for first, last in household.AWAY:
        assert not [clock for clock in clocks if first <= clock.date() <= last]


def test_the_awkward_cases_all_occur() -> None:
    records = [record for page in pages()[:-1] for record in page["customerHistoryRecords"]]
    items = [item for record in records for item in record["voiceHistoryRecordItems"]]
    texts = "".join(item["transcriptText"] or "" for item in items)
    typed = [record for record in records if record["device"]["deviceName"] is None]
    assert typed
    assert all(
        item["utteranceId"] is None or item["utteranceId"].startswith("TextClient:")
        for record in typed
        for item in record["voiceHistoryRecordItems"]
    )
    profiles = [item for item in items if item["recordItemType"] == "PROFILE"]
    assert profiles
    assert {(item["recordItemKey"], item["timestamp"], item["transcriptText"]) for item in profiles} == {
        (None, 0, None)
    }
    assert {bool(record["personsInfo"]) for record in records} == {True, False}
    assert any(record["domain"].startswith("amzn1.ask.skill.") for record in records)
    openings = [record["voiceHistoryRecordItems"][0]["recordItemType"] for record in records]
    assert openings.count("ALEXA_RESPONSE") > 10
    assert max(len(record["voiceHistoryRecordItems"]) for record in records) >= 7
    assert set('",\n„ü🌊') <= set(texts)


def test_record_keys_are_unique_and_carry_the_time() -> None:
    keys = [alexa.rvh_record(event)["recordKey"] for event in EVENTS]
    assert len(set(keys)) == len(keys)
    assert [int(key.split("#")[1]) for key in keys] == [event.time_ms for event in EVENTS]
    assert all(len(key.split("#")) == 4 for key in keys)


def test_utterance_ids_carry_a_utc_time_shortly_before_the_record() -> None:
    form = re.compile(r"\w+:1\.0/(\d{4}/\d\d/\d\d/\d\d)/DEVICE_UNSPECIFIED/(\d\d:\d\d)::TNIH_2V\.[0-9a-f-]{36}ZXV/0")
    for event in EVENTS:
        match = form.fullmatch(alexa.rvh_record(event)["voiceHistoryRecordItems"][0]["utteranceId"])
        assert match
        begun = datetime.strptime(f"{match[1]} {match[2]} +0000", "%Y/%m/%d/%H %M:%S %z")
        assert timedelta(milliseconds=300) <= event.time - begun <= timedelta(milliseconds=6_700)


def test_a_copy_of_a_record_differs_only_in_its_utterance_id() -> None:
    event = next(event for event in EVENTS if event.person is None)
    one, other = (json.dumps(alexa.rvh_record(event, n)) for n in (1, 2))
    assert one != other
    assert len({re.sub(r'"utteranceId": "[^"]*"', "", text) for text in (one, other)}) == 1


@pytest.mark.parametrize(
    ("layout", "options"),
    [
        ("min", {"ensure_ascii": False, "separators": (",", ":")}),
        ("pretty", {"ensure_ascii": False, "indent": 2}),
        ("spaced", {}),
    ],
)
@pytest.mark.parametrize("events", [None, [], EVENTS[:1], EVENTS[:60]], ids=["null", "none", "one", "sixty"])
def test_streamed_pages_look_exactly_as_if_written_at_once(
    layout: str, options: dict[str, Any], events: list[Event] | None
) -> None:
    for token in (None, "bm90aGluZw=="):
        page = {
            "customerHistoryRecords": None if events is None else [alexa.rvh_record(event) for event in events],
            "encodedRequestToken": token,
            "noDataFoundWithinTimeLimit": events is None,
            "lastRecordTimestamp": events[-1].time_ms if events and token else None,
            "voiceProfileAssociatedWithPerson": True,
        }
        assert written(events, layout, token) == json.dumps(page, **options).encode()


def test_variant_a_holds_the_spoken_events_of_its_time_by_the_kitchen_clock() -> None:
    kept = [event for event in alexa.spoken(EVENTS) if event.time >= generate.CSV_SINCE]
    found = transcriptions()
    told = truth("amazon-alexa-csv")
    assert len(found) == len(kept) == told["rows"]
    # An independent reading of the zone: polars brings the time zone data that Python may lack.
    clock = pl.Series([event.time for event in kept]).dt.convert_time_zone("Europe/Berlin")
    assert [row[0] for row in found] == clock.dt.strftime("%Y-%m-%d %H:%M:%S").to_list()
    assert [row[1] for row in found] == [event.transcript or "Data Not Available" for event in kept]
    assert [row[3] for row in found] == [event.response or "Data Not Available" for event in kept]
    assert told["with_transcript"] == sum(row[1] != "Data Not Available" for row in found)


def test_variant_a_has_a_byte_order_mark_crlf_and_quoted_commas() -> None:
    raw = (SAMPLES / "amazon-alexa-csv/Alexa_2/Audio and Transcription/Transcriptions.csv").read_bytes()
    assert raw.startswith(b'\xef\xbb\xbf"Timestamp",')
    assert raw.endswith(b'"\r\n')
    assert raw.count(b"\r\n") == truth("amazon-alexa-csv")["rows"] + 1
    assert any("," in row[1] for row in transcriptions())
    assert any("\n" in row[3] for row in transcriptions())
    assert b'""' in raw


def test_the_clips_of_variant_a_are_as_long_as_the_truth_says_and_some_are_missing() -> None:
    told = truth("amazon-alexa-csv")["clips"]
    paths = list((SAMPLES / "amazon-alexa-csv").rglob("*.wav"))
    found = {path.name: path for path in paths}
    named = [row[2] for row in transcriptions() if row[2] != "Data Not Available"]
    assert len(set(named)) == len(named) == told["named"]
    assert len(set(named) & found.keys()) == told["found"]
    assert len(set(named) - found.keys()) == told["missing"] == 7
    assert len(found.keys() - set(named)) == told["orphans"] == 3
    assert {path.parts[-4] for path in paths} == {"Alexa_1", "Alexa_2"}
    assert sum(frames(found[name]) for name in named if name in found) == told["found_ms"] * 8
    assert sum(len(data) for data in files(SAMPLES / "amazon-alexa-csv").values()) < 2_500_000


def frames(path: Path) -> int:
    with wave.open(str(path)) as clip:
        assert (clip.getnchannels(), clip.getframerate()) == (1, 8_000)
        length: int = clip.getnframes()
        return length


def test_variant_b_has_text_first_and_a_padded_file_name_fifth() -> None:
    found = rows(SAMPLES / "amazon-alexa-csv-b/Alexa_2/Audio and Transcription/recognitionData-1-1.csv")
    kept = [event for event in alexa.spoken(EVENTS) if event.time >= generate.B_SINCE]
    assert [row[0] for row in found] == [event.transcript or "Data Not Available" for event in kept]
    assert [datetime.fromisoformat(row[1]) for row in found] == [event.time for event in kept]
    named = [row[4] for row in found if row[4] != "Data Not Available"]
    assert all(name.startswith(" ") and name.endswith(".wav ") for name in named)
    clips = {path.name for path in (SAMPLES / "amazon-alexa-csv-b/Alexa_1").rglob("*.wav")}
    told = truth("amazon-alexa-csv-b")["clips"]
    assert clips < {name.strip() for name in named}
    assert (len(named), len(clips)) == (told["named"], told["found"])


def test_the_zipped_parts_are_the_same_every_time_and_begin_at_the_folder_amazon_uses() -> None:
    folder = SAMPLES / "amazon-alexa-csv"
    parts = alexa.zip_parts(folder)
    assert list(parts) == ["Alexa_1.zip", "Alexa_2.zip"]
    assert parts == alexa.zip_parts(folder)
    contents: dict[str, bytes] = {}
    for name, data in parts.items():
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            contents |= {f"{Path(name).stem}/{member}": archive.read(member) for member in archive.namelist()}
    assert contents == {path: data for path, data in files(folder).items() if path != "README.md"}
    assert all(path.split("/")[1] == "Audio and Transcription" for path in contents)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_tone_is_a_wav_file_of_the_length_asked_for(bits: int) -> None:
    with wave.open(io.BytesIO(alexa.wav(0.333125, 440, bits))) as clip:
        assert clip.getnframes() == 2_665
        assert clip.getsampwidth() == bits // 8
        assert len(set(clip.readframes(2_665))) > 50


@pytest.mark.parametrize(
    ("utc", "clock"),
    [
        ("2025-03-30T00:59:59", "2025-03-30 01:59:59"),
        ("2025-03-30T01:00:00", "2025-03-30 03:00:00"),
        ("2025-10-26T00:59:59", "2025-10-26 02:59:59"),
        ("2025-10-26T01:00:00", "2025-10-26 02:00:00"),
        ("2023-12-31T23:30:00", "2024-01-01 00:30:00"),
    ],
)
def test_the_kitchen_clock_knows_summer_time(utc: str, clock: str) -> None:
    time_ms = int(datetime.fromisoformat(f"{utc}+00:00").timestamp() * 1_000)
    assert str(household.wall_clock(time_ms)) == clock


@given(st.dates(date(2023, 1, 1), date(2026, 12, 31)), st.integers(0, household.DAY_MS - 1))
def test_a_moment_by_the_kitchen_clock_is_shown_by_the_kitchen_clock(day: date, local_ms: int) -> None:
    wall = datetime(day.year, day.month, day.day) + timedelta(milliseconds=local_ms)  # noqa: DTZ001 - a wall clock
    shown = household.wall_clock(household.instant(day, local_ms))
    skipped = day.month == 3 and day.day > 24 and day.weekday() == 6 and wall.hour == 2
    assert shown == (wall + timedelta(hours=1) if skipped else wall)


@given(st.integers(0, 400), st.integers(0, 3))
def test_a_history_has_exactly_as_many_events_as_asked_for_and_no_two_at_once(count: int, seed: int) -> None:
    found = list(alexa.events(count, seed))
    assert len(found) == count
    assert all(one.time_ms < other.time_ms for one, other in pairwise(found))
    assert found == list(alexa.events(count, seed))


def test_another_seed_is_another_history() -> None:
    assert list(alexa.events(50, seed=1)) != list(alexa.events(50, seed=2))


def test_a_history_of_a_million_is_begun_without_being_finished() -> None:
    assert len(list(islice(alexa.events(1_000_000), 10))) == 10


def test_a_scaled_download_has_as_many_times_the_rows_and_a_true_truth(tmp_path: Path) -> None:
    generate.main(["--scale", "4", "--only", "amazon-alexa-csv", "--out", str(tmp_path)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["amazon-alexa-csv", "amazon-alexa-csv.truth.json"]
    told = json.loads((tmp_path / "amazon-alexa-csv.truth.json").read_text("utf-8"))
    found = rows(tmp_path / "amazon-alexa-csv/Alexa_2/Audio and Transcription/Transcriptions.csv")
    assert len(found) == told["rows"]
    assert 3.8 < told["rows"] / truth("amazon-alexa-csv")["rows"] < 4.2
    assert len(list(tmp_path.rglob("*.wav"))) == told["clips"]["found"] + 3


def test_scaled_privacy_pages_stay_newest_first(tmp_path: Path) -> None:
    told = generate.write("amazon-alexa-privacy-page", tmp_path, 2)
    paths = sorted((tmp_path / "amazon-alexa-privacy-page").iterdir())
    times = [
        record["timestamp"]
        for path in paths
        for record in json.loads(path.read_bytes())["customerHistoryRecords"] or []
    ]
    assert len(times) == told["rows"] == 3_000
    assert times == sorted(times, reverse=True)


def test_a_bigger_download_has_at_most_so_many_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "MOST_CLIPS", 5)
    told = generate.write("amazon-alexa-csv-b", tmp_path)["clips"]
    assert (told["named"], told["found"], told["missing"]) == (18, 5, 13)


@pytest.mark.parametrize("arguments", [["--scale", "2"], ["--scale", "0", "--out", "x"], ["--only", "no-such-sample"]])
def test_wrong_use_is_refused_and_leaves_the_committed_samples_alone(arguments: list[str]) -> None:
    before = (SAMPLES / "amazon-alexa-csv.truth.json").read_bytes()
    with pytest.raises(SystemExit) as refused:
        generate.main(arguments)
    assert refused.value.code == 2
    assert (SAMPLES / "amazon-alexa-csv.truth.json").read_bytes() == before


def test_records_have_the_keys_of_a_live_record_in_their_order(shared: Path) -> None:
    live = json.loads((shared / "samples/alexa/rvh_2021-2024_issue_excerpts.json").read_text("utf-8"))
    theirs = live["customerHistoryRecords"][-1]
    ours = alexa.rvh_record(EVENTS[0])
    assert list(ours) == list(theirs)
    assert list(ours["device"]) == list(theirs["device"])
    assert list(ours["voiceHistoryRecordItems"][0]) == list(theirs["voiceHistoryRecordItems"][0])
    assert list(pages()[0]) == [key for key in live if key != "_note"]


PERSONAL = {"customerId", "recordKey", "deviceName", "personId", "personFirstName", "utteranceId", "recordItemKey"}


def personal(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for entry in value:
            yield from personal(entry)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key in PERSONAL and isinstance(entry, str):
                yield entry
                yield from (part for part in entry.split("#") if not part.isdigit())
            else:
                yield from personal(entry)


def test_nothing_personal_of_the_public_material_is_in_the_samples(shared: Path) -> None:
    theirs = {
        value
        for path in (shared / "samples/alexa").glob("*.json")
        for value in personal(json.loads(path.read_text("utf-8")))
    }
    assert len(theirs) > 50
    ours = {value for page in pages() for value in personal(page)}
    assert not theirs & ours
    everything = b"".join(files(SAMPLES).values()).decode("utf-8", "replace")
    assert not [value for value in theirs if len(value) > 11 and not value.startswith("Echo ") and value in everything]
