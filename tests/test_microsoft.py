"""Microsoft's speech table: its quoting fault undone, its dates, its clips, and the day it ended."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toolkit
from elsewhere import speech_row, wrapped
from hostile import Trickle, make_wav, zip_of
from toolkit.carve import lines
from toolkit.limits import Limits
from toolkit.parsers.microsoft import HEADER, unwrapped
from toolkit.problems import NotAnExport

TABLE = "InkingTypingAndSpeechUtterance.csv"
FOLDER = "InkingTypingAndSpeechUtterance"
MOMENT = datetime(2019, 5, 6, 19, 8, 9, tzinfo=UTC)
STAMP = '"5/6/2019 7:08:09 PM +00:00"'
TICKS = 636_927_664_890_000_000  # that second
TEXTS = st.text(st.sampled_from('",/ ab\t;é\u2028\x85'), max_size=12) | st.text(max_size=40)


def table(*rows: str, ending: str = "\r\n") -> bytes:
    return ending.join([HEADER, *rows, ""]).encode()


def load(*rows: str, **clips: bytes) -> toolkit.Export:
    return toolkit.load(zip_of({TABLE: table(*rows), **clips}))


def codes(export: toolkit.Export) -> list[tuple[int | None, str]]:
    return sorted(export.problems.select("source_row", "code").rows(), key=str)


def undone(text: str) -> str:
    return str(pl.DataFrame({"text": [text]}).select(unwrapped(pl.col("text"))).item())


@given(TEXTS)
def test_what_the_writer_wraps_is_unwrapped_to_the_same_text(text: str) -> None:
    text = text.replace("\r", " ").replace("\n", " ")

    assert undone(wrapped(text)) == text


@given(st.lists(TEXTS, min_size=1, max_size=8))
def test_no_row_is_lost_or_changed_whatever_was_said(said: list[str]) -> None:
    rows = [speech_row(MOMENT, "g:1", "Cortana", "Desktop", text) for text in said]
    export = toolkit.load(zip_of({TABLE: (HEADER + "\r\n" + "".join(rows)).encode("utf-8", "replace")}))
    expected = [text.replace("\r", " ").replace("\n", " ").encode("utf-8", "replace").decode() for text in said]

    assert export.records["transcript"].to_list() == [text if text.strip() else None for text in expected]
    assert export.records["device_id"].to_list() == ["g:1"] * len(said)
    assert export.records["time"].to_list() == [MOMENT] * len(said)


def test_a_csv_reader_breaks_the_row_that_is_repaired_here() -> None:
    row = f'{STAMP},g:1,Cortana,Desktop,""he said ""hi"", ok""'

    assert len(next(csv.reader([row]))) == 6
    assert load(row).records["transcript"].to_list() == ['he said "hi", ok']


def test_a_repaired_row_is_marked_and_keeps_what_stands_in_the_file() -> None:
    export = load(f"{STAMP},,Cortana,,plain", f'{STAMP},,Cortana,,""he said ""hi"", ok""')

    assert (2, "wrapped_twice") in codes(export)
    assert (1, "wrapped_twice") not in codes(export)
    assert '\\"\\"he said' in export.records["extra"][1]


def test_the_derived_edge_cases_lose_no_row(shared: Path) -> None:
    export = toolkit.load(shared / "samples/microsoft/edge_cases_derived.csv")

    assert export.records["transcript"].to_list() == [
        'he said "hi"',
        "play songs, loud",
        'he said "hi", ok',
        "and/or",
        "two lines",
        None,
    ]
    assert export.files.select("carved", "understood", "rejected").row(0) == (6, 6, 0)


@pytest.mark.parametrize(
    ("stamp", "hour"),
    [
        ("5/6/2019 7:08:09 PM +00:00", 19),
        ("5/6/2019 7:08:09\u202fPM +00:00", 19),
        ("5/6/2019 12:08:09 AM +00:00", 0),
        ("5/6/2019 7:08:09 PM +02:00", 17),
        ("05/06/2019 07:08:09 PM -07:30", 2),
    ],
)
def test_the_date_is_read_by_its_one_known_form_and_its_offset(stamp: str, hour: int) -> None:
    export = load(f'"{stamp}",,Cortana,,text')

    assert export.records["time"][0].hour == hour
    assert export.records["time_basis"].to_list() == ["offset"]
    assert export.records["time_text"].to_list() == [stamp]


@pytest.mark.parametrize(
    "stamp",
    [
        "6.5.2019 19:08:09 +00:00",
        "5/6/2019 7:08:09 PM",
        "5/6/19 7:08:09 PM +00:00",
        "5/6/2019 13:08:09 PM +00:00",
        "",
        "x",
    ],
)
def test_a_date_of_any_other_form_is_kept_as_text_and_not_guessed(stamp: str) -> None:
    export = load(f'"{stamp}",,Cortana,,text')

    assert export.records.select("time", "time_basis", "transcript").row(0) == (None, "none", "text")
    assert (1, "time_not_read") in codes(export)


def test_a_day_above_twelve_in_place_of_the_month_makes_every_date_doubtful() -> None:
    export = load('"25/6/2019 7:08:09 PM +00:00",,Cortana,,a', f"{STAMP},,Cortana,,b")

    assert "date_order_doubtful" in export.problems["code"]


def test_that_nothing_is_newer_than_the_end_is_said_to_be_normal() -> None:
    notes = load(f"{STAMP},,Cortana,,text").problems.filter(code="microsoft_ended")

    assert notes["severity"].to_list() == ["note"]
    assert "normal" in notes["advice"][0]


def test_an_entry_after_the_end_is_flagged_and_kept() -> None:
    export = load('"11/5/2020 1:00:00 PM +00:00",,Cortana,,late', f"{STAMP},,Cortana,,text")

    assert export.records.height == 2
    assert (1, "after_the_end") in codes(export)
    assert "microsoft_after_the_end" in export.problems["code"]
    assert "microsoft_ended" not in export.problems["code"]


def test_a_clip_is_joined_by_the_time_in_its_name_and_known_by_its_bytes() -> None:
    name = f"audio-001-5e01,{TICKS}.mp4"
    export = load(f"{STAMP},,Cortana,,text", **{f"{FOLDER}/{name}": make_wav()})

    assert export.records.select("audio_files", "audio_found", "audio_seconds").row(0) == ([name], 1, 0.1)
    assert export.files.filter(path=f"{FOLDER}/*")["note"].to_list() == ["1 clips; 1 named .mp4 but wav"]
    assert export.clip(name) == make_wav()


def test_a_download_given_twice_joins_its_clips_all_the_same() -> None:
    name = f"audio-001-5e01,{TICKS}.mp4"
    data = zip_of({TABLE: table(f"{STAMP},,Cortana,,text"), f"{FOLDER}/{name}": make_wav()})
    export = toolkit.load(data, data)

    assert export.records["audio_files"].to_list() == [[name], [name]]
    assert export.records["duplicate_of"].is_not_null().sum() == 1
    assert "1 clips, 1 rows" in export.files.filter(path=TABLE)["note"][0]


def test_clips_without_a_time_are_only_counted() -> None:
    export = load(f"{STAMP},,Cortana,,text", **{f"{FOLDER}/audio-001-5e01.mp4": make_wav()})

    assert export.records["audio_files"].to_list() == [[]]
    assert "1 clips, 1 rows, no link possible" in export.files.filter(path=TABLE)["note"][0]


@pytest.mark.parametrize("rows", [1, 2])
def test_two_rows_or_two_clips_of_one_second_are_not_joined(rows: int) -> None:
    clips = {f"{FOLDER}/audio-00{n}-5e{n},{TICKS + n}.mp4": make_wav() for n in range(1, 4 - rows)}
    export = load(*[f"{STAMP},,Cortana,,text"] * rows, **clips)

    assert export.records["audio_files"].list.len().sum() == 0


def test_a_line_with_too_few_fields_is_kept_with_what_it_has() -> None:
    export = load(f"{STAMP},g:1", "no date at all", f"{STAMP},,Cortana,,text")

    assert export.records.height == 3
    assert export.records["time"].to_list() == [MOMENT, None, MOMENT]
    assert export.records["extra"].to_list()[:1] == ['{"rest of the line":"g:1"}']
    assert {(1, "ragged"), (2, "ragged")} <= set(codes(export))


def test_a_table_without_rows_is_a_known_export_and_normal() -> None:
    export = load()

    assert export.records.is_empty()
    assert {"microsoft_no_rows", "no_entries"} <= set(export.problems["code"])
    assert not any("Alexa" in text for text in export.problems["advice"])


def test_a_download_without_speech_says_why_and_is_no_error(shared: Path) -> None:
    export = toolkit.load(shared / "samples/microsoft/SearchRequestsAndQuery.csv")

    assert export.records.is_empty()
    assert export.problems.select("severity", "code").rows() == [("note", "microsoft_no_speech")]
    assert export.files.select("vendor", "carved").row(0) == ("microsoft", None)


def test_a_file_of_that_name_with_other_columns_is_not_guessed_at() -> None:
    with pytest.raises(NotAnExport, match="other columns"):
        toolkit.load(zip_of({TABLE: b"Datum,Text\r\n1,2\r\n"}))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_of_the_table_give_the_same(encoding: str) -> None:
    data = table(f"{STAMP},,Cortana,,für alle").decode().encode(encoding)

    assert toolkit.load(zip_of({TABLE: data})).records["transcript"].to_list() == ["für alle"]


def test_a_row_too_long_for_any_honest_one_is_rejected_and_counted() -> None:
    limits = Limits(csv_field=1_000, block=2_000)
    data = table(f"{STAMP},,Cortana,,{'a' * 900}", f"{STAMP},,Cortana,,{'b' * 9_000}", f"{STAMP},,Cortana,,last")
    export = toolkit.load(zip_of({TABLE: data}), limits=limits)

    assert export.files.filter(path=TABLE).select("carved", "understood", "rejected").row(0) == (3, 2, 1)
    assert (2, "too_large") in codes(export)
    assert export.records["source_row"].to_list() == [1, 3]


@given(st.lists(st.text(st.sampled_from('a",é \r'), max_size=9), max_size=9), st.integers(1, 40), st.integers(1, 30))
def test_lines_are_the_same_wherever_the_stream_is_cut(texts: list[str], block: int, most: int) -> None:
    data = "\n".join(texts).encode()
    expected = [text.rstrip("\r") for text in texts if text.strip()]
    found = list(lines.batches(Trickle(data, most), Limits(block=block)))

    assert [line for batch in found for line in batch.frame["line"]] == expected
    assert [row for batch in found for row in batch.frame["row"]] == list(range(1, len(expected) + 1))


def test_broken_bytes_are_shown_as_such_and_marked() -> None:
    found = list(lines.batches(io.BytesIO(b"good\nb\xffd\n")))

    assert [fault for batch in found for fault in batch.faults] == [(2, "bad_utf8")]
