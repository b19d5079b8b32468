"""The reading process: same result as in-process, its death costs one file, its limits hold."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

import alexa
import toolkit
from hostile import zip_of
from toolkit import standby, worker
from toolkit.limits import MIB

SAMPLES = Path(__file__).parent.parent / "sample_exports"
TABLE = b"Timestamp,Transcript,Audio File,Alexa Response\r\n2024-01-01 10:00:00,alexa stop,a.wav,ok\r\n"


def test_the_worker_gives_what_load_gives() -> None:
    parts = alexa.zip_parts(SAMPLES / "amazon-alexa-csv")
    there = worker.load(*parts.items(), timezone="Europe/Berlin")
    streams = [io.BytesIO(data) for data in parts.values()]
    for stream, name in zip(streams, parts, strict=True):
        stream.name = name
    here = toolkit.load(*streams, timezone="Europe/Berlin")

    assert_frame_equal(there.records, here.records)
    assert_frame_equal(there.problems, here.problems)
    assert_frame_equal(there.files, here.files)
    assert (there.column_maps, there.timezone) == (here.column_maps, here.timezone)


def test_paths_and_column_mappings_reach_the_worker(tmp_path: Path) -> None:
    file = tmp_path / "Transcriptions.csv"
    file.write_bytes(TABLE)
    export = worker.load(file, columns={"time": 0, "transcript": "Alexa Response"})

    assert export.records["transcript"].to_list() == ["ok"]
    assert export.column_maps[0].confirmed


def test_a_clip_can_still_be_read_after_the_worker_is_gone() -> None:
    export = worker.load(*alexa.zip_parts(SAMPLES / "amazon-alexa-csv").items())
    name = export.records.explode("audio_files").filter(audio_found=1)["audio_files"][0]

    assert export.clip(name).startswith(b"RIFF")


def test_progress_names_the_files_as_they_are_read() -> None:
    seen: list[tuple[str, int]] = []
    worker.load(SAMPLES / "amazon-alexa-csv-b", progress=lambda path, count: seen.append((path, count)))

    paths = {path for path, _ in seen}
    assert any(path.endswith("recognitionData-1-1.csv") for path in paths)
    assert max(count for _, count in seen) == 39


def test_errors_come_back_as_what_they_were() -> None:
    with pytest.raises(toolkit.NotAnExport) as refused:
        worker.load(("photo.jpg", b"\xff\xd8\xff\xe0"))

    assert "photo" in refused.value.message
    assert refused.value.advice


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot limit a process's memory this way")
def test_a_file_over_which_the_reader_dies_becomes_a_problem_row_and_the_rest_is_read() -> None:
    limits = toolkit.Limits(worker_cpu_seconds=1, worker_cpu_per_mb=0)
    page = json.dumps({"customerHistoryRecords": [alexa.rvh_record(e, n) for n, e in enumerate(alexa.events(200))]})
    heavy = b"Timestamp,Transcript\n" + b'x"y,1\n' * 1_500_000
    export = worker.load(("Transcriptions.csv", heavy), ("light.json", page.encode()), limits=limits)

    assert export.records.height == 200
    [row] = export.problems.filter(code="reader_stopped").iter_rows(named=True)
    assert (row["source_file"], row["severity"]) == ("Transcriptions.csv", "error")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot limit a process's memory this way")
def test_a_file_over_which_the_reader_dies_takes_no_namesake_with_it() -> None:
    limits = toolkit.Limits(worker_cpu_seconds=1, worker_cpu_per_mb=0)
    heavy = b"Timestamp,Transcript\n" + b'x"y,1\n' * 1_500_000
    with pytest.raises(toolkit.Damaged, match="stopped"):
        worker.load(("Transcriptions.csv", heavy), limits=limits)
    export = worker.load(
        ("a.zip", zip_of({"Transcriptions.csv": heavy})),
        ("b.zip", zip_of({"Transcriptions.csv": TABLE})),
        limits=limits,
    )

    assert (export.records.height, export.problems["code"].to_list().count("reader_stopped")) == (1, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot limit a process's memory this way")
def test_too_little_memory_is_a_clear_error_not_a_crash() -> None:
    with pytest.raises(toolkit.ToolkitError) as refused:
        worker.load(("Transcriptions.csv", TABLE), limits=toolkit.Limits(worker_memory=64 * MIB))

    assert refused.value.advice


def test_the_reader_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    worker.load(("Transcriptions.csv", TABLE))

    assert list(tmp_path.iterdir()) == []


def test_the_reader_kept_ready_reads_the_next_export_and_none_after_it() -> None:
    standby.prepare()
    [ready] = standby._ready
    standby.prepare()
    assert standby._ready == [ready], "one is enough"

    parts = alexa.zip_parts(SAMPLES / "amazon-alexa-csv")
    first = worker.load(*parts.items())
    assert ready.returncode is not None, "it has read this one, and is gone"
    assert standby._ready == []
    assert_frame_equal(worker.load(*parts.items()).records, first.records)


def test_a_reader_that_died_while_it_waited_is_not_asked() -> None:
    standby.prepare()
    [ready] = standby._ready
    ready.kill()
    ready.wait()

    assert worker.load(*alexa.zip_parts(SAMPLES / "amazon-alexa-csv").items()).records.height


def test_the_reader_that_waits_ends_with_whom_it_waits_for() -> None:
    standby.prepare()
    [ready] = standby._ready
    assert ready.stdin is not None
    ready.stdin.close()

    assert ready.wait(60) == 0
    standby.dismiss()
