"""Folders whose clips are the records: Open Voice OS and Home Assistant, and the times of files they live by."""

from __future__ import annotations

import io
import json
import os
import struct
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toolkit
from hostile import Piece, make_tar, make_wav, make_zip
from toolkit import worker
from toolkit.archive import open_source
from toolkit.archive.moments import in_zip, instant, stated
from toolkit.identify import identify
from toolkit.parsers import ROUTES
from toolkit.parsers.open_voice_os import WINDOW

T = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
DEVICE = "0f" * 16
Files = dict[str, tuple[bytes, datetime]]


def at(seconds: float) -> datetime:
    return T + timedelta(seconds=seconds)


def wake(seconds: float, word: str = "hey neighbour", written: float | None = None, base: str = "listener/") -> Files:
    """A wake word heard so many seconds after T; its file may bear another time."""
    meta = {"name": word, "engine": "5" * 32, "time": str(round(at(seconds).timestamp() * 1_000))}
    meta |= {"sessionId": "default", "accountId": "Anon", "model": "0"}
    stem = f"{base}wake_words/" + "_".join(meta[key] for key in sorted(meta))
    moment = at(seconds if written is None else written)
    return {f"{stem}.wav": (make_wav(), moment), f"{stem}.json": (json.dumps(meta).encode(), moment)}


def spoken(seconds: float, text: str = "lights", base: str = "listener/") -> Files:
    stem = f"{base}utterances/{'a' * 32}-{round(seconds):08x}-0000-4000-8000-{'0' * 12}"
    told = json.dumps({"transcriptions": [[text, 0.9]], "lang": "en-us"}).encode()
    return {f"{stem}.wav": (make_wav(), at(seconds)), f"{stem}.json": (told, at(seconds))}


def tar(*parts: Files) -> bytes:
    def info(name: str, moment: datetime) -> tarfile.TarInfo:
        found = tarfile.TarInfo(name)
        found.mtime = int(moment.timestamp())
        return found

    return make_tar((info(name, moment), data) for part in parts for name, (data, moment) in part.items())


def zipped(*parts: Files) -> bytes:
    """As Python's `zipfile` packs: only the wall clock, here that of UTC."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in parts:
            for name, (data, moment) in part.items():
                archive.writestr(zipfile.ZipInfo(name, moment.timetuple()[:6]), data)
    return packed.getvalue()


def wakes(export: toolkit.Export) -> list[str]:
    """What became of each wake word, oldest first."""
    return export.records.filter(pl.col("extra").str.contains('"kind":"wake_words"')).sort("time")["status"].to_list()


def codes(export: toolkit.Export) -> set[str]:
    return set(export.problems["code"])


def run(number: int, *kinds: str, above: str = f"{DEVICE}/Kitchen", seconds: float = 0) -> Files:
    names = {"wake": "00_wake-wake_word.open.wav", "stt": "01_stt-stt.whisper.wav"}
    return {f"{above}/{number}/{names[kind]}": (make_wav(), at(seconds)) for kind in kinds}


def test_a_wake_word_and_the_utterance_behind_it_share_one_utterance() -> None:
    export = toolkit.load(tar(wake(0), spoken(8)))
    records = export.records.sort("time")

    assert records["utterance_id"].n_unique() == 1
    assert records["utterance_id"].null_count() == 0
    assert records["status"].to_list() == ["wake_word_only", "understood"]
    assert records["trigger"].to_list() == ["wake_word", "wake_word"]
    assert records["time"].to_list() == [at(0), at(8)]
    assert records["time_basis"].to_list() == ["utc", "file"]
    assert records["audio_found"].to_list() == [1, 1]


def test_a_wake_word_that_nothing_follows_stands_alone() -> None:
    export = toolkit.load(tar(wake(0), spoken(8), wake(600)))
    alone = export.records.filter(time=at(600)).row(0, named=True)

    assert (alone["status"], alone["utterance_id"]) == ("wake_word_only", None)
    assert "1 were not" in export.files["note"][0]
    assert "following_unknown" not in codes(export)


def test_the_window_is_stated_and_kept() -> None:
    seconds = WINDOW.total_seconds()
    export = toolkit.load(tar(wake(0), spoken(8), wake(600), spoken(600 + seconds), wake(1200), spoken(1201 + seconds)))

    assert export.records.sort("time")["utterance_id"].is_not_null().to_list() == [True] * 4 + [False] * 2
    assert f"within {WINDOW.seconds} s" in export.files["note"][0]


@pytest.mark.parametrize(
    "parts",
    [
        (wake(0), wake(600)),
        (wake(0, written=90_000), spoken(90_000), wake(600, written=90_000)),
        (wake(0, word="stop"), wake(600), spoken(605)),
    ],
    ids=["no utterances are kept", "the times of the files were lost", "another word, which may open nothing"],
)
def test_where_it_cannot_be_told_that_nothing_followed_nothing_is_said(parts: tuple[Files, ...]) -> None:
    export = toolkit.load(tar(*parts))

    assert wakes(export)[0] == "unknown"
    assert "following_unknown" in codes(export)


def test_of_two_wake_words_the_one_nearest_before_the_utterance_has_it() -> None:
    export = toolkit.load(tar(wake(0), wake(10), spoken(18)))

    assert export.records.sort("time")["utterance_id"].is_not_null().to_list() == [False, True, True]


def test_a_clip_without_its_json_and_a_json_without_its_clip_are_entries_as_well() -> None:
    whole = {**wake(0), **spoken(8)}
    bare = {name: kept for name, kept in whole.items() if name.endswith(".wav") or "utterances" in name}
    told = {name: kept for name, kept in whole.items() if name.endswith(".json") or "wake_words" in name}

    assert "sidecar_missing" in codes(toolkit.load(tar(bare)))
    assert "clip_missing" in codes(toolkit.load(tar(told)))
    assert {toolkit.load(tar(files)).records.height for files in (whole, bare, told)} == {2}
    assert toolkit.load(tar(bare)).records["time"].to_list() == toolkit.load(tar(whole)).records["time"].to_list()


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 20_000, b'{"time": 1e999}', b" " * 70_000, b'{"name": "\\ud800"}']
)
def test_a_broken_json_file_is_told_and_its_clip_kept(data: bytes) -> None:
    files = {name: (data if name.endswith(".json") else kept, moment) for name, (kept, moment) in wake(0).items()}
    export = toolkit.load(tar(files))

    assert export.records.select("time", "audio_found").row(0) == (at(0), 1)
    assert ("sidecar_not_read" in codes(export)) == (data[:2] != b'{"')


def test_values_of_the_wrong_kind_do_no_harm() -> None:
    told = {"name": ["x"], "time": {"a": 1}, "transcriptions": [[None]], "lang": 7, "more": "kept", "n": float("nan")}
    files = {
        name: (json.dumps(told).encode() if name.endswith(".json") else data, moment)
        for name, (data, moment) in {**wake(0), **spoken(8)}.items()
    }
    export = toolkit.load(tar(files))

    assert export.records.height == 2
    assert export.records["extra"].str.contains('"more":"kept"').all()
    assert export.records["transcript"].null_count() == 2


def test_a_folder_on_disk_tells_its_times_like_an_archive(tmp_path: Path) -> None:
    for name, (data, moment) in {**wake(0), **spoken(8), **wake(600)}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (moment.timestamp(), moment.timestamp()))
    columns = ("maker_id", "time", "time_basis", "status", "utterance_id")
    in_tar = toolkit.load(tar(wake(0), spoken(8), wake(600))).records.select(columns)

    assert toolkit.load(tmp_path).records.select(columns).equals(in_tar)
    assert toolkit.load(tmp_path / "listener").records.select(columns).equals(in_tar)
    assert toolkit.load(tmp_path / "listener/wake_words").records.height == 2


def test_a_zip_has_only_a_wall_clock_and_still_pairs() -> None:
    export = toolkit.load(zipped(wake(0), spoken(8), wake(600)))
    local = toolkit.load(zipped(wake(0), spoken(8), wake(600)), timezone="Europe/Berlin")

    assert wakes(export) == ["wake_word_only", "wake_word_only"]
    assert export.records["utterance_id"].is_not_null().sum() == 2
    assert "wall clock" in export.problems.filter(code="file_times")["message"][0]
    assert export.records.filter(time_basis="file")["time"].to_list() == [at(8)]
    assert local.records.filter(time_basis="file")["time"].to_list() == [at(8 - 3_600)]
    assert "wall clock" not in local.problems.filter(code="file_times")["message"][0]


def test_a_wall_clock_that_copying_has_set_pairs_nothing() -> None:
    copied = {name: (data, at(90_000 + 2 * n)) for n, (name, (data, _)) in enumerate({**wake(0), **spoken(8)}.items())}
    export = toolkit.load(zipped(copied, wake(700, written=90_100)))

    assert wakes(export) == ["unknown", "unknown"]
    assert export.records["utterance_id"].null_count() == 3
    assert "following_unknown" in codes(export)


def test_two_folders_of_one_name_stay_two(tmp_path: Path) -> None:
    for copy, files in enumerate(({**wake(0), **spoken(8)}, {**wake(60), **run(81_000_000_001, "wake")})):
        for name, (data, moment) in files.items():
            path = tmp_path / str(copy) / "backup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (moment.timestamp(), moment.timestamp()))
    folders = [tmp_path / "0/backup", tmp_path / "1/backup"]
    both = toolkit.load(*folders)

    assert both.records.height == 4
    assert both.records.equals(toolkit.load(*reversed(folders)).records)
    assert toolkit.load(folders[0], folders[0]).records["duplicate_of"].is_not_null().sum() == 2


def test_the_same_folder_given_twice_is_marked_as_duplicate() -> None:
    export = toolkit.load(tar(wake(0), spoken(8)), zipped(wake(0), spoken(8), wake(60)))

    assert export.records.height == 5
    assert export.records["duplicate_of"].is_not_null().sum() == 2


def test_a_run_without_speech_ended_without_a_command() -> None:
    export = toolkit.load(
        tar(run(81_000_000_001, "wake", "stt"), run(81_000_000_002, "wake"), run(81_000_000_003, "stt"))
    )
    told = export.records.select("status", "trigger", "time_basis", "device_id", "audio_found").rows()

    assert told == [
        ("unknown", "wake_word", "file", DEVICE, 2),
        ("wake_word_only", "unknown", "file", DEVICE, 1),
        ("unknown", "unknown", "file", DEVICE, 1),
    ]
    assert export.records["transcript"].null_count() == 3
    assert export.records["time"].to_list() == [T] * 3
    assert "in 1 no command followed" in export.files["note"][0]


def test_clips_of_one_name_in_many_runs_are_told_apart() -> None:
    longer = {name: (make_wav(data=bytes(6_400)), T) for name in run(81_000_000_002, "stt")}
    export = toolkit.load(tar(run(81_000_000_001, "stt"), longer))

    assert export.records["audio_seconds"].to_list() == [0.1, 0.2]
    assert [len(export.clip(names[0])) for names in export.records["audio_files"]] == [len(make_wav()), 6_444]
    assert not codes(export) & {"clip_twice", "clip_without_entry", "clip_missing"}


@pytest.mark.parametrize("above", ["", "Küche", f"backup/{DEVICE}/Küche"])
def test_a_run_is_read_wherever_its_folder_stands(above: str) -> None:
    files = {name.removeprefix("/"): kept for name, kept in run(81_000_000_001, "wake", "stt", above=above).items()}
    export = toolkit.load(tar(files))

    assert export.records.height == 1
    assert export.records["device_id"].to_list() == [DEVICE if DEVICE in above else None]
    assert export.files["path"].to_list() == [f"{above}/*" if above else "*"]


def test_every_clip_of_a_folder_is_in_one_account() -> None:
    files = tar(run(81_000_000_001, "wake", "stt"), wake(0), spoken(8), {"holiday/song.wav": (make_wav(), T)})
    export = toolkit.load(files)
    counted = export.files.filter(pl.col("carved").is_not_null())

    assert export.records.height == counted["understood"].sum() == counted["carved"].sum() == 3
    assert counted["path"].to_list() == [f"{DEVICE}/Kitchen/*", "listener/*"]
    assert export.files.filter(pl.col("carved").is_null())["path"].to_list() == ["holiday/*"]
    assert identify(files).files.select("path", "files", "format").rows() == [
        (f"{DEVICE}/Kitchen/*", 2, "home_assistant_debug"),
        ("holiday/*", 1, None),
        ("listener/*", 4, "ovos_listener"),
    ]


def test_the_child_process_reads_folders_alike() -> None:
    data = tar(wake(0), spoken(8), run(81_000_000_001, "wake"))
    alone = worker.load(("a.tar", data))

    assert alone.records.drop("source_file").equals(toolkit.load(data).records.drop("source_file"))
    assert len(alone.clip(alone.records["audio_files"][0][0])) == len(make_wav())


def test_no_two_routes_that_gather_claim_one_file() -> None:
    gatherers = [route for route in ROUTES if route.gathers]
    paths = [*wake(0), *spoken(8), *run(81_000_000_001, "wake", "stt"), "listener/recordings/1700000000.5.wav"]

    assert all(route.head is None and "folder" in route.path.groupindex for route in gatherers)
    assert [sum(bool(route.path.search(path)) for route in gatherers) for path in paths] == [1] * len(paths)


def test_batches_read_folders_as_well() -> None:
    data = tar(wake(0), spoken(8), run(81_000_000_001, "wake"))
    frames = list(toolkit.batches(data))

    assert sum(frame.height for frame in frames) == toolkit.load(data).records.height == 3


@pytest.mark.parametrize(
    "path",
    [
        "wake_words/yes.wav",
        "utterances/speaker1.wav",
        "dataset/utterances/0001.json",
        "mylistener/utterances/a.wav",
        "a/00_wake-x.wav",
    ],
)
def test_other_folders_of_sound_are_nobodys(path: str) -> None:
    found = identify(tar({path: (make_wav(), T)}))

    assert found.files["format"].to_list() == [None]


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=8, unique_by=lambda one: one[0]))
def test_no_utterance_is_given_to_two_wake_words_and_nothing_is_lost(moments: list[tuple[int, bool]]) -> None:
    parts = [wake(10 * n) if woken else spoken(10 * n) for n, woken in moments]
    if not parts:
        return
    records = toolkit.load(tar(*parts)).records
    shared = records.drop_nulls("utterance_id").group_by("utterance_id").agg(pl.len(), pl.col("transcript").count())

    assert records.height == len(moments)
    assert set(shared["len"]) <= {2}
    assert set(shared["transcript"]) <= {1}


def test_members_say_when_they_were_changed() -> None:
    stamp = struct.pack("<HHBl", 0x5455, 5, 1, int(T.timestamp()))
    with open_source(make_zip(Piece(b"a"))) as source:  # hostile's archives bear the date 1980-01-01
        assert source.members[0].modified is None
    with open_source(tar({"a": (b"", T)})) as source:
        assert source.members[0].modified == T
    with open_source(zipped({"a": (b"", T)})) as source:
        assert source.members[0].modified == T.replace(tzinfo=None)
    assert in_zip(0, 0, stamp) == T
    assert in_zip(0x5AC3, 0, b"\x55\x54\xff\xff") == datetime(2025, 6, 3)  # noqa: DTZ001 - a wall clock


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=20))
def test_no_time_in_an_archive_can_break_it(day: int, clock: int, extra: bytes) -> None:
    found = in_zip(day, clock, extra)

    assert found is None or 1980 <= found.year < 2108


@pytest.mark.parametrize("text", [b"", b"x", b"nan", b"inf", b"-1", b"0", b"1e30", b"9" * 400])
def test_a_time_that_no_file_can_have_is_none(text: bytes) -> None:
    assert stated(text) is None
    assert instant(float("nan")) is None


def test_a_json_file_that_two_readers_claim_is_told_and_its_clip_still_read() -> None:
    files = {
        name: (b'{"customerHistoryRecords": []}' if name.endswith(".json") else data, moment)
        for name, (data, moment) in wake(0).items()
    }
    export = toolkit.load(tar(files))

    assert {"Ambiguous", "sidecar_missing"} <= codes(export)
    assert export.records.select("time", "audio_found").row(0) == (at(0), 1)
