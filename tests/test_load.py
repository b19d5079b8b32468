"""From sources to one export: nothing lost, nothing counted twice, whatever the order."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import alexa
import toolkit
from hostile import Piece, make_zip, zip_of
from toolkit.merge import IDENTITY
from toolkit.problems import PROBLEMS
from toolkit.schema import COLUMNS, FILES, RECORDS

SAMPLES = Path(__file__).parent.parent / "sample_exports"
CSV = "Audio and Transcription/Transcriptions.csv"


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return out.getvalue()


def named(name: str, data: bytes) -> io.BytesIO:
    stream = io.BytesIO(data)
    stream.name = name
    return stream


def codes(export: toolkit.Export) -> dict[str, int]:
    return dict(export.problems.group_by("code").len().iter_rows())


def accounted(export: toolkit.Export) -> bool:
    read = export.files.filter(pl.col("carved").is_not_null())
    sums = read.select(
        (pl.col("carved") == pl.col("understood") + pl.col("rejected") + pl.col("left_out")).all()
    ).item()
    return bool(sums) and export.records.height == (read["understood"].sum() or 0)


@pytest.fixture(scope="module")
def parts() -> dict[str, bytes]:
    return alexa.zip_parts(SAMPLES / "amazon-alexa-csv")


def truth(name: str) -> dict[str, Any]:
    return json.loads((SAMPLES / f"{name}.truth.json").read_text("utf-8"))  # type: ignore[no-any-return]


def test_the_privacy_page_sample_is_what_was_generated() -> None:
    export = toolkit.load(SAMPLES / "amazon-alexa-privacy-page")
    expected = truth("amazon-alexa-privacy-page")

    assert export.records.height == expected["rows"]
    assert dict(export.records.group_by("status_text").len().iter_rows()) == expected["by_utterance_type"]
    assert export.records["transcript"].count() == expected["with_transcript"]
    assert export.records["response"].count() == expected["with_response"]
    assert accounted(export)
    assert export.problems.is_empty()


def test_the_download_sample_is_what_was_generated(parts: dict[str, bytes]) -> None:
    export = toolkit.load(*(named(*part) for part in parts.items()), timezone="Europe/Berlin")
    expected, clips = truth("amazon-alexa-csv"), truth("amazon-alexa-csv")["clips"]

    assert export.records.height == expected["rows"]
    assert export.records["transcript"].count() == expected["with_transcript"]
    assert export.records["audio_found"].sum() == clips["found"]
    assert round(export.records["audio_seconds"].sum() * 1000) == clips["found_ms"]
    assert codes(export) == {
        "columns_assumed": 1,
        "clip_missing": clips["missing"],
        "clip_without_entry": clips["orphans"],
    }
    assert export.records["time"].min() == datetime.fromisoformat(expected["first"]).replace(microsecond=0)
    assert accounted(export)


def test_the_order_of_the_parts_changes_nothing(parts: dict[str, bytes]) -> None:
    streams = [list(map(named, parts, parts.values())) for _ in range(2)]
    one, other = toolkit.load(*streams[0]), toolkit.load(*reversed(streams[1]))

    assert_frame_equal(one.records, other.records)
    assert_frame_equal(one.files, other.files)
    assert_frame_equal(one.problems, other.problems)


def test_every_wrapping_of_the_same_files_gives_the_same_records(parts: dict[str, bytes], tmp_path: Path) -> None:
    for name, data in parts.items():
        zipfile.ZipFile(io.BytesIO(data)).extractall(tmp_path / name.removesuffix(".zip"))
    whole = zipped({path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*")})
    records = [
        toolkit.load(*(named(*part) for part in parts.items())).records,
        toolkit.load(*tmp_path.iterdir()).records,
        toolkit.load(whole).records,
    ]

    for other in records[1:]:
        assert_frame_equal(records[0].drop("source_file"), other.drop("source_file"))


def test_loading_twice_changes_nothing_but_the_marks(parts: dict[str, bytes]) -> None:
    once = toolkit.load(*(named(*part) for part in parts.items()))
    twice = toolkit.load(*(named(*part) for part in [*parts.items(), *parts.items()]))

    marked = twice.records.filter(pl.col("duplicate_of").is_not_null())
    assert (twice.records.height, marked.height) == (2 * once.records.height, once.records.height)
    assert_frame_equal(twice.records.filter(pl.col("duplicate_of").is_null()), once.records)
    assert twice.records["record_id"].is_unique().all()
    assert sum(twice.files["duplicates"].drop_nulls()) == marked.height


def test_overlapping_pages_are_marked_by_the_makers_own_key() -> None:
    entries = [alexa.rvh_record(event, n) for n, event in enumerate(alexa.events(30))]
    pages = [json.dumps({"customerHistoryRecords": page}).encode() for page in (entries[:20], entries[10:])]
    export = toolkit.load(named("a.json", pages[0]), named("b.json", pages[1]))

    assert export.records.height == 40
    assert export.records["duplicate_of"].count() == 10
    originals = export.records.filter(pl.col("record_id").is_in(export.records["duplicate_of"].drop_nulls().implode()))
    assert set(originals["source_file"]) == {"a.json"}


def test_no_mark_points_at_a_marked_record() -> None:
    entries = [alexa.rvh_record(event, n) for n, event in enumerate(alexa.events(20))]
    pages = [json.dumps({"customerHistoryRecords": page}).encode() for page in (entries, entries[5:], entries[5:])]
    export = toolkit.load(*(named(f"{n}.json", page) for n, page in enumerate(pages)))

    marked = export.records.filter(pl.col("duplicate_of").is_not_null())
    assert marked.height == 30
    assert set(export.records.join(marked, left_on="record_id", right_on="duplicate_of")["source_file"]) == {"0.json"}


ROW = st.tuples(
    st.sampled_from(["2024-01-01 10:00:00", "2024-01-01 10:00:01", "2024-01-02 10:00:00", ""]),
    st.sampled_from(["alexa stop", "Data Not Available", "", 'say "hi", please']),
    st.sampled_from(["a.wav", "b.wav", ""]),
    st.sampled_from(["ok", ""]),
)


def table(rows: Sequence[tuple[str, ...]]) -> bytes:
    lines = [("Timestamp", "Transcript", "Audio File", "Alexa Response"), *rows]
    return "\r\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines).encode()


@given(st.lists(st.lists(ROW, max_size=6), min_size=1, max_size=3), st.sampled_from([None, "Europe/Berlin"]))
def test_rows_are_conserved_and_named_apart_in_any_order(tables: list[list[tuple[str, ...]]], zone: str | None) -> None:
    sources = {f"Transcriptions-{n}.csv": table(rows) for n, rows in enumerate(tables)}
    orders = list(itertools.permutations(sources.items()))
    exports = [toolkit.load(*(named(*part) for part in order), timezone=zone) for order in (orders[0], orders[-1])]

    assert_frame_equal(exports[0].records, exports[1].records)
    records = exports[0].records
    assert records.height == sum(map(len, tables))
    assert records["record_id"].is_unique().all()
    assert accounted(exports[0])
    copies = {n for n, rows in enumerate(tables) if rows in tables[:n]}
    if zone is None and not copies:  # an unknown zone never pairs across files
        assert records.filter(pl.col("time").is_not_null())["duplicate_of"].count() == 0
    within = records.join(records, left_on="duplicate_of", right_on="record_id", suffix="_original")
    assert within.filter(pl.col("source_file") == pl.col("source_file_original")).is_empty()


@given(st.lists(ROW, min_size=1, max_size=8))
def test_batches_give_the_same_rows_and_ids_as_load(rows: list[tuple[str, ...]]) -> None:
    source = table(rows)
    streamed = pl.concat(toolkit.batches(named("Transcriptions.csv", source), limits=toolkit.Limits(block=30)))
    loaded = toolkit.load(named("Transcriptions.csv", source)).records

    assert_frame_equal(streamed.drop("duplicate_of"), loaded.drop("duplicate_of"))
    assert streamed.columns == RECORDS.names()


def test_an_id_never_depends_on_what_was_said() -> None:
    said = [("2024-01-01 10:00:00", text, "", "") for text in ("alexa stop", "something else")]
    one, other = (toolkit.load(named("Transcriptions.csv", table([row]))).records for row in said)

    assert one["record_id"].to_list() == other["record_id"].to_list()


def test_ids_are_the_same_in_every_release() -> None:
    rows = [("2024-01-01 10:00:00", "alexa stop", "a.wav", ""), ("2024-01-01 10:00:00", "again", "a.wav", "")]
    export = toolkit.load(named("Transcriptions.csv", table(rows)))

    assert export.records["record_id"].to_list() == ["amazon-3234964448969099829", "amazon-9745851665779475091"]
    assert IDENTITY not in export.records.columns


def test_the_tables_have_exactly_the_promised_columns(parts: dict[str, bytes]) -> None:
    export = toolkit.load(*(named(*part) for part in parts.items()))

    assert export.records.schema == RECORDS
    assert export.files.schema == FILES
    assert export.problems.schema == PROBLEMS
    assert [column.name for column in COLUMNS] == export.records.columns


def test_a_clip_is_read_from_its_source_when_asked_for(parts: dict[str, bytes]) -> None:
    export = toolkit.load(*(named(*part) for part in parts.items()))
    name = export.records.filter(pl.col("audio_found") > 0)["audio_files"][0][0]

    assert export.clip(name).startswith(b"RIFF")
    assert export.clip("some/folder/" + name) == export.clip(name)
    with pytest.raises(toolkit.NotAnExport):
        export.clip("not-there.wav")


def test_a_clip_longer_than_the_limit_is_refused(parts: dict[str, bytes]) -> None:
    limits = toolkit.Limits(clip=1_000)
    export = toolkit.load(*(named(*part) for part in parts.items()), limits=limits)
    name = export.records.filter(pl.col("audio_found") > 0)["audio_files"][0][0]

    with pytest.raises(toolkit.TooLarge):
        export.clip(name)


def test_one_bad_source_among_good_ones_is_a_problem_row() -> None:
    export = toolkit.load(named("Transcriptions.csv", table([])), named("broken.zip", b"PK\x03\x04 cut"))

    assert codes(export) == {"Damaged": 1, "columns_assumed": 1, "no_entries": 1}


def test_an_encrypted_list_is_called_encrypted_not_unknown() -> None:
    locked = make_zip(Piece(CSV.encode(), table([]), flags=1))

    with pytest.raises(toolkit.Encrypted):
        toolkit.load(named("Alexa.zip", locked))


def test_if_nothing_can_be_read_the_error_of_the_source_is_raised() -> None:
    with pytest.raises(toolkit.Damaged):
        toolkit.load(named("broken.zip", b"PK\x03\x04 cut"))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("photo.jpg", b"\xff\xd8\xff\xe0 JFIF", "photo"),
        ("empty.zip", zipped({}), "nothing in it"),
        ("spotify.zip", zipped({"Spotify Account Data/StreamingHistory_music_0.json": b"[]"}), "Spotify"),
        ("songs.zip", zipped({"a.wav": b"RIFF", "b.wav": b"RIFF"}), "sound file"),
        ("notes.txt", b"hello", "text"),
        ("", b"", "empty"),
    ],
)
def test_a_wrong_file_is_told_what_it_is_and_what_to_do(name: str, data: bytes, words: str) -> None:
    with pytest.raises(toolkit.NotAnExport) as refused:
        toolkit.load(named(name, data) if name else data)

    assert words in refused.value.message
    assert refused.value.advice


def test_clips_alone_are_a_known_export_without_entries(parts: dict[str, bytes]) -> None:
    export = toolkit.load(named("Alexa_1.zip", parts["Alexa_1.zip"]))

    assert export.records.height == 0
    assert codes(export)["no_entries"] == 1


def test_a_page_without_entries_is_a_loud_and_explained_state() -> None:
    export = toolkit.load(named("page.json", b'{"customerHistoryRecords": null}'))

    assert (export.records.height, codes(export)) == (0, {"no_entries": 1})


@pytest.mark.parametrize("block", [1 << 14, 1 << 20, 1 << 22])
def test_damage_costs_the_same_whatever_the_block(block: int) -> None:
    rows = [("2024-01-01 10:00:00", f"entry {n}", "", "") for n in range(20_000)]
    stored = bytearray(make_zip(Piece(CSV.encode(), table(rows), method=0)))
    stored[len(stored) - 2_000] ^= 0xFF
    export = toolkit.load(named("Alexa.zip", bytes(stored)), limits=toolkit.Limits(block=block))

    assert export.records.height > 18_000
    assert export.records.height == toolkit.load(named("Alexa.zip", bytes(stored))).records.height


def test_clips_of_one_name_count_once_and_the_same_whatever_the_order() -> None:
    row = ("2024-01-01 10:00:00", "a", "c.wav", "")
    one = zip_of({CSV: table([row]), "Audio and Transcription/c.wav": alexa.wav(1.0, 300)})
    other = zip_of({"Audio and Transcription/c.wav": alexa.wav(3.0, 300)})
    sources = [("Alexa_1.zip", one), ("Alexa_2.zip", other)]
    exports = [toolkit.load(*(named(*source) for source in order)) for order in (sources, sources[::-1])]

    for export in exports:
        assert export.records["audio_seconds"].to_list() == [1.0]
        assert export.clip("c.wav") == alexa.wav(1.0, 300)
        assert "clip_twice" in codes(export)


def test_a_clip_is_found_although_another_source_is_broken() -> None:
    good = zip_of({CSV: table([]), "Audio and Transcription/c.wav": alexa.wav(0.1, 300)})
    export = toolkit.load(named("bad.zip", b"PK\x03\x04 cut"), named("good.zip", good))

    assert export.clip("c.wav").startswith(b"RIFF")


def test_batches_say_when_something_cannot_be_read() -> None:
    with pytest.raises(toolkit.ToolkitError):
        list(toolkit.batches(named("Transcriptions.csv", table([])), timezone="No/Where"))
    with pytest.raises(toolkit.ToolkitError):
        list(toolkit.batches(named("Transcriptions.csv", table([])), columns={"time": 99}))


def test_an_export_shows_no_text_when_it_is_printed() -> None:
    export = toolkit.load(named("Transcriptions.csv", table([("2024-01-01 10:00:00", "a secret", "", "")])))

    assert "a secret" not in repr(export)


def test_a_page_in_utf_16_is_read() -> None:
    page = json.dumps({"customerHistoryRecords": [{"utteranceType": "GENERAL", "intent": "é"}]}).encode("utf-16")

    assert toolkit.load(named("page.json", page)).records["intent"].to_list() == ["é"]


def test_a_broken_byte_does_not_turn_the_other_letters_into_others() -> None:
    entries = [{"intent": "x\udcff"}, {"intent": "grün"}]
    page = json.dumps({"customerHistoryRecords": entries}, ensure_ascii=False).encode("utf-8", "surrogateescape")
    export = toolkit.load(named("page.json", page))

    assert export.records["intent"].to_list() == ["x\ufffd", "grün"]
    assert export.problems.select("code", "source_row").rows() == [("bad_utf8", 1)]


def test_a_damaged_member_keeps_the_rows_before_the_damage() -> None:
    rows = [("2024-01-01 10:00:00", f"entry {n}", "", "") for n in range(20_000)]
    whole = bytearray(zipped({CSV: table(rows)}))
    middle = len(whole) * 3 // 4
    whole[middle : middle + 8] = b"\xff" * 8
    export = toolkit.load(named("Alexa.zip", bytes(whole)), limits=toolkit.Limits(block=1 << 16))

    assert "Damaged" in codes(export)
    assert 0 < export.records.height < 20_000
    assert accounted(export)


def test_repeated_headings_are_left_out_and_counted() -> None:
    rows = [("2024-01-01 10:00:00", "alexa stop", "", "")]
    joined = table(rows) + b"\r\n" + table(rows)
    export = toolkit.load(named("Transcriptions.csv", joined))

    assert export.records.height == 2
    assert export.files["left_out"].to_list() == [1]
    assert accounted(export)


def test_times_in_the_future_or_before_1970_are_emptied_and_said_so() -> None:
    entry = {"recordKey": "A#1#T#S", "utteranceType": "GENERAL"}
    page = {"customerHistoryRecords": [{**entry, "timestamp": t} for t in (-1_000, 32_503_680_000_000, 10**18)]}
    export = toolkit.load(named("page.json", json.dumps(page).encode()))

    assert export.records["time"].to_list() == [None] * 3
    assert codes(export)["time_impossible"] == 3
    assert export.records["time_text"].to_list() == ["-1000", "32503680000000", "1000000000000000000"]


def test_the_earliest_time_allowed_is_1970() -> None:
    page = {"customerHistoryRecords": [{"timestamp": 1, "utteranceType": "GENERAL"}]}
    export = toolkit.load(named("page.json", json.dumps(page).encode()))

    assert export.records["time"].to_list() == [datetime(1970, 1, 1, 0, 0, 0, 1_000, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("files", "what", "advice"),
    [
        ({"facebook_assistant/no-data.txt": b"none"}, "Meta", "Meta AI app"),
        ({"your_posts/no-data.txt": b"none"}, "Meta", "--skeleton"),
        ({"MyData/StreamingHistory0.json": b"[]"}, "Spotify", "privacy@spotify.com"),
        ({"MyData/VoiceInput.json": b"[]"}, "Spotify's list of spoken commands", "--skeleton"),
    ],
)
def test_a_maker_without_a_public_format_is_named_with_what_to_do(
    files: dict[str, bytes], what: str, advice: str
) -> None:
    with pytest.raises(toolkit.NotAnExport) as told:
        toolkit.load(zip_of(files))

    assert what in told.value.message
    assert advice in told.value.advice


def test_batches_of_what_is_no_voice_history_say_so() -> None:
    with pytest.raises(toolkit.problems.NotAnExport):
        list(toolkit.batches(named("notes.txt", b"milk")))
