"""The command: what it prints where, what it returns, and what it refuses."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import polars as pl
import pytest
from click.testing import CliRunner, Result

import toolkit
from toolkit import rules, worker
from toolkit.cli import app as launcher
from toolkit.cli import main
from toolkit.cli.export import HIDDEN
from toolkit.parsers import ROUTES
from toolkit.schema import RECORDS

SAMPLES = Path(__file__).parent.parent / "sample_exports"
PAGE, DOWNLOAD = SAMPLES / "amazon-alexa-privacy-page", SAMPLES / "amazon-alexa-csv"
COMMAND = [sys.executable, "-c", "from toolkit.cli import main; main(prog_name='voice-history')"]
COLUMNS = 'time = 0\ntranscript = "What was said"\naudio = 2\nresponse = 3\n'
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of this kind exist on Linux and macOS")


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read without a child, which takes half a second to start; the tests of a whole process start one."""
    monkeypatch.setattr(worker, "load", toolkit.load)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def truth(folder: Path) -> dict[str, Any]:
    return json.loads(folder.with_name(f"{folder.name}.truth.json").read_text())  # type: ignore[no-any-return]


def rows(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result.stdout, newline="")))


def objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def download(tmp_path: Path) -> Path:
    """A small download with a column no reader could guess, times without a zone, and formulas."""
    text = (
        '"When","What was said","Clip","Answer"\n'
        '"2025-06-01 08:00:00","alexa play music","Data Not Available","Here you are"\n'
        '"2025-06-01 09:00:00","=HYPERLINK(""http://evil.example"")","Data Not Available","\t+1"\n'
    )
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Transcriptions.csv").write_text(text)
    return folder


# identify


def test_identify_names_every_file_and_counts_clips_by_folder() -> None:
    result = run("identify", DOWNLOAD, "--format", "csv")
    seen = {row["path"]: row for row in rows(result)}
    table = "Alexa_2/Audio and Transcription/Transcriptions.csv"
    clips = [row for row in seen.values() if row["what"] == "clips"]
    assert result.exit_code == 0
    assert seen[table]["format"] == "amazon_csv_a"
    assert sum(int(row["files"]) for row in clips) == truth(DOWNLOAD)["clips"]["found"] + 3
    assert seen["README.md"]["what"] == "a text"
    assert seen["README.md"]["format"] == ""


def test_identify_does_not_read_the_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.account.File.frames", lambda *_: pytest.fail("an entry was read"))
    assert len(objects(run("identify", PAGE, "--format", "json"))) == 6


def test_one_source_that_cannot_be_opened_is_a_problem_among_good_ones(tmp_path: Path) -> None:
    result = run("identify", PAGE, tmp_path / "missing.zip")
    assert result.exit_code == 1
    assert "privacy page" in result.stdout
    assert "missing.zip" in result.stderr


def test_identify_tells_the_error_of_a_single_source_once(tmp_path: Path) -> None:
    result = run("identify", tmp_path / "missing.zip")
    assert result.exit_code == 2
    assert result.stderr.count("cannot be opened") == 1
    assert "missing.zip" in result.stderr
    assert run("identify", photo(tmp_path)).exit_code == 2


def photo(folder: Path) -> Path:
    path = folder / "holiday.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(100))
    return path


def empty_zip(folder: Path) -> Path:
    path = folder / "Alexa.zip"
    with zipfile.ZipFile(path, "w"):
        pass
    return path


def spotify(folder: Path) -> Path:
    path = folder / "my_spotify_data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Spotify Account Data/StreamingHistory_music_0.json", '[{"trackName": "x", "msPlayed": 1}]')
        archive.writestr("Spotify Account Data/Userdata.json", '{"country": "DE"}')
    return path


def renamed(folder: Path) -> Path:
    path = folder / "Alexa_1.zip"
    path.write_bytes(b"<!DOCTYPE html><title>Sign in</title>")
    return path


def missing(folder: Path) -> Path:
    return folder / "no-such-file.zip"


@pytest.mark.parametrize("verb", ["identify", "read", "summary"])
@pytest.mark.parametrize(
    ("make", "what"),
    [
        (photo, "photo"),
        (empty_zip, "nothing in it"),
        (spotify, "Spotify"),
        (renamed, "web page"),
        (missing, "cannot be opened"),
    ],
)
def test_a_wrong_file_gets_a_sentence_and_advice(tmp_path: Path, verb: str, make: Any, what: str) -> None:
    result = run(verb, make(tmp_path))
    *_, message, advice = result.stderr.splitlines()
    assert result.exit_code == 2
    assert what in message
    assert re.fullmatch(r"  [A-Z].{15,}\.", advice)


# read


def test_read_prints_every_entry_as_one_json_object_a_line() -> None:
    result = run("read", PAGE, "--format", "json")
    entries = objects(result)
    assert result.exit_code == 0
    assert len(entries) == truth(PAGE)["rows"]
    assert set(entries[0]) == set(RECORDS) - set(HIDDEN)
    assert max(entry["time"] for entry in entries) == "2025-11-15T20:53:15.807Z"


def test_what_was_said_is_printed_only_when_asked_for() -> None:
    shown = objects(run("read", PAGE, "--format", "json", "--show-text"))
    expected = toolkit.load(PAGE).records
    assert [entry["transcript"] for entry in shown] == expected["transcript"].to_list()
    assert list(shown[0]) == RECORDS.names()
    hidden = run("read", PAGE, "--format", "json")
    spoken = expected["transcript"].drop_nulls().filter(expected["transcript"].drop_nulls().str.len_chars() > 12)
    assert not any(text in hidden.stdout + hidden.stderr for text in spoken)
    assert "--show-text" in hidden.stderr


def test_json_and_csv_tell_the_same() -> None:
    as_json = objects(run("read", PAGE, "--format", "json", "--show-text"))
    as_csv = rows(run("read", PAGE, "--format", "csv", "--show-text"))
    for one, other in zip(as_json, as_csv, strict=True):
        flat = {name: "; ".join(v) if isinstance(v, list) else "" if v is None else str(v) for name, v in one.items()}
        assert flat == other


def test_the_table_shows_one_line_an_entry_and_no_text() -> None:
    result = run("read", PAGE)
    head, rule, *lines = result.stdout.splitlines()
    assert head.split() == ["time", "time_basis", "device_name", "status", "clips"]
    assert set(rule) == {"-", " "}
    assert len(lines) == truth(PAGE)["rows"]
    assert "transcript" in run("read", PAGE, "--show-text").stdout.splitlines()[0]


def test_a_wall_clock_of_unknown_zone_is_printed_without_a_zone(download: Path) -> None:
    entry = objects(run("read", download, "--format", "json"))[0]
    assert (entry["time"], entry["time_basis"]) == ("2025-06-01T08:00:00", "zone_unknown")
    entry = objects(run("read", download, "--format", "json", "--timezone", "Europe/Berlin"))[0]
    assert (entry["time"], entry["time_basis"]) == ("2025-06-01T06:00:00Z", "zone_assumed")


def test_a_spreadsheet_calculates_nothing_of_what_is_printed_as_csv(download: Path) -> None:
    (download / "columns.toml").write_text(COLUMNS)
    result = run("read", download, "--columns", download / "columns.toml", "--format", "csv", "--show-text")
    _, entry = rows(result)
    assert entry["transcript"] == '\'=HYPERLINK("http://evil.example")'
    assert entry["response"] == "'+1"  # the reader had cut the blank already


def test_names_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    entry = {
        "recordKey": "A#1634190270481#T#G",
        "timestamp": 1634190270481,
        "device": {"deviceName": "\x1b]0;owned\x07\u202eechO\nnewline"},
        "utteranceType": "GENERAL",
    }
    (tmp_path / "\x1b[31mhistory.json").write_text(json.dumps({"customerHistoryRecords": [entry]}))
    for arguments in (["identify"], ["read"], ["summary"], ["read", "--format", "json"], ["read", "--files"]):
        result = run(arguments[0], tmp_path, *arguments[1:])
        assert "history.json" in result.output
        assert not set("\x1b\x07\u202e") & set(result.output)


def test_the_problems_can_be_printed_as_a_table_of_their_own() -> None:
    result = run("read", DOWNLOAD, "--problems", "--format", "json")
    codes = [problem["code"] for problem in objects(result)]
    assert result.exit_code == 1
    assert codes.count("clip_missing") == truth(DOWNLOAD)["clips"]["missing"]
    assert "columns_assumed" in codes
    assert "in none of the files" not in result.stderr  # not said twice
    assert "columns_assumed" in run("read", DOWNLOAD, "--problems").stdout


def test_the_account_of_the_files_adds_up() -> None:
    result = run("read", DOWNLOAD, "--files", "--format", "csv")
    table = next(row for row in rows(result) if row["format"])
    counts = [int(table[name]) for name in ("carved", "understood", "rejected", "left_out")]
    assert counts[0] == sum(counts[1:]) == truth(DOWNLOAD)["rows"]


def test_the_exit_code_is_0_without_a_warning_and_1_with_one(download: Path) -> None:
    columns = download / "columns.json"
    columns.write_text('{"time": "When", "transcript": 1, "audio": 2, "response": 3}')
    assert run("read", download, "--columns", columns).exit_code == 0
    assumed = run("read", download)
    assert assumed.exit_code == 1
    assert "columns.toml" in assumed.stderr


def test_the_lines_offered_to_confirm_the_columns_are_a_file_that_confirms_them(tmp_path: Path, download: Path) -> None:
    offered = re.findall(r"^  (\w+ = \d+)$", run("summary", download).stderr, re.MULTILINE)
    (tmp_path / "columns.toml").write_text("\n".join(offered))
    confirmed = run("read", download, "--columns", tmp_path / "columns.toml", "--files", "--format", "json")
    assert "columns confirmed" in next(file for file in objects(confirmed) if file["format"])["note"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.toml", "time = ", "not valid TOML"),
        ("c.json", "{", "not valid JSON"),
        ("c.json", "[" * 10_000, "not valid JSON"),
        ("c.json", "[1]", "no list of names"),
        ("c.toml", "", "names no column"),
        ("c.toml", 'when = "Time"', "does not exist"),
        ("c.toml", "time = true", "neither a heading nor a position"),
        ("c.toml", "time = 1.5", "neither a heading nor a position"),
        ("c.toml", "x" * 70_000, "far too long"),
        ("c.toml", "time = 'caf\xe9'", "not text in UTF-8"),
    ],
)
def test_a_columns_file_that_is_none_is_refused(
    tmp_path: Path, download: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    result = run("read", download, "--columns", tmp_path / name)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_columns_file_that_is_not_there_is_wrong_use(tmp_path: Path, download: Path) -> None:
    result = run("summary", download, "--columns", tmp_path / "c.toml")
    assert result.exit_code == 2
    assert "cannot be opened" in result.stderr


def test_a_column_that_the_file_lacks_leaves_nothing_readable(tmp_path: Path, download: Path) -> None:
    (tmp_path / "c.toml").write_text('time = "Zeitstempel"')
    result = run("read", download, "--columns", tmp_path / "c.toml")
    assert result.exit_code == 2
    assert "a column that the file does not have" in result.stderr


def test_a_time_zone_that_does_not_exist_is_wrong_use(download: Path) -> None:
    result = run("read", download, "--timezone", "Europe/Atlantis")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "zone" in result.stderr


def test_a_table_is_aligned_whatever_is_in_it() -> None:
    from toolkit.cli import out

    frame = pl.DataFrame({"name": ["ab", "日本", "n\u0303"], "count": [1, 22, 333], "last": ["x", "y" * 500, None]})
    lines = list(out.lines(frame))
    assert lines[2:] == ["ab        1  x", f"日本     22  {'y' * 399}…", "n\u0303       333"]
    paths = pl.DataFrame({"path": ["a/" * 60 + "end.csv"], "n": [1]})
    assert re.match(r"….*/end\.csv  1$", list(out.lines(paths))[2])


# read --output


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


def test_the_result_goes_to_a_file_in_the_format_of_its_name(elsewhere: Path) -> None:
    target = elsewhere / "entries.csv"
    target.write_text("old")
    result = run("read", PAGE, "--output", target)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert target.read_text() == run("read", PAGE, "--format", "csv").stdout
    assert [path.name for path in elsewhere.iterdir()] == ["entries.csv"]
    if os.name == "posix":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("export", "export/out.csv"),
        ("export", "export/deeper/out.csv"),
        ("export", "export/Transcriptions.csv"),
        ("export/Transcriptions.csv", "export/out.csv"),
        ("export/Transcriptions.csv", "export/Transcriptions.csv"),
    ],
)
def test_nothing_is_written_beside_or_over_the_export(download: Path, source: str, name: str) -> None:
    (download / "deeper").mkdir()
    before = {path: path.read_bytes() for path in download.rglob("*") if path.is_file()}
    result = run("read", download.parent / source, "--output", download.parent / name)
    assert result.exit_code == 2
    assert "beside the export" in result.stderr
    assert {path: path.read_bytes() for path in download.rglob("*") if path.is_file()} == before


def test_a_link_does_not_lead_the_result_into_the_export(download: Path, elsewhere: Path) -> None:
    try:
        (elsewhere / "link").symlink_to(download, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    assert run("read", download, "--output", elsewhere / "link" / "out.csv").exit_code == 2


def test_a_place_that_cannot_be_written_to_is_named_so(download: Path, elsewhere: Path) -> None:
    result = run("read", download, "--output", elsewhere / "missing" / "out.csv")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(28, "No space left on device"), MemoryError()])
def test_a_result_that_was_not_finished_leaves_the_old_file_and_nothing_else(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def pieces(*_: object) -> Iterator[bytes]:
        yield b"half"
        raise fault

    target = elsewhere / "entries.csv"
    target.write_text("old")
    monkeypatch.setattr("toolkit.cli.out.pieces", pieces)
    result = run("read", PAGE, "--output", target)
    assert result.exit_code == (130 if isinstance(fault, KeyboardInterrupt) else 2)
    assert target.read_text() == "old"
    assert [path.name for path in elsewhere.iterdir()] == ["entries.csv"]


# summary


@pytest.mark.parametrize("folder", [PAGE, DOWNLOAD, SAMPLES / "amazon-alexa-csv-b"])
def test_the_summary_counts_what_is_true_of_the_sample(folder: Path) -> None:
    known = truth(folder)
    arguments = ["--timezone", known["wall_clock_of"]] if "wall_clock_of" in known else []
    figures = json.loads(run("summary", folder, *arguments, "--format", "json").stdout)
    head = figures["headline"]
    assert (head["entries"], head["with_text"]) == (known["rows"], known["with_transcript"])
    assert (head["first"][:19], head["last"][:19]) == (known["first"][:19], known["last"][:19])
    for name in ("by_month", "by_weekday_hour", "by_status"):
        assert sum(row["entries"] for row in figures[name]) == known["rows"]
    assert len(figures["by_weekday_hour"]) == 168
    if "clips" in known:
        assert (head["clips_named"], head["clips_found"]) == (known["clips"]["named"], known["clips"]["found"])
        assert head["minutes"] == pytest.approx(known["clips"]["found_ms"] / 60_000)
    assert bool(figures["columns_assumed"]) == ("csv" in folder.name)


def test_the_summary_of_devices_is_true_of_the_sample() -> None:
    figures = json.loads(run("summary", PAGE, "--format", "json").stdout)
    named = {row["device"]: row["entries"] for row in figures["by_device"]}
    known = truth(PAGE)["by_device"]
    assert {name: count for name, count in known.items() if name != "(none)"}.items() <= named.items()
    assert sum(named.values()) == truth(PAGE)["rows"]


def test_the_summary_as_csv_tells_what_the_json_tells() -> None:
    figures = json.loads(run("summary", PAGE, "--format", "json").stdout)
    table = rows(run("summary", PAGE, "--format", "csv"))
    months = [(row["row"], int(row["value"])) for row in table if row["table"] == "month"]
    assert months == [(row["month"], row["entries"]) for row in figures["by_month"]]
    assert {row["figure"]: row["value"] for row in table if row["table"] == "headline"} == {
        name: "" if value is None else str(value) for name, value in figures["headline"].items()
    }
    assert {row["table"] for row in table} >= {"headline", "month", "weekday_hour", "device", "status", "file"}


def test_the_summary_for_the_eye_has_every_part_and_every_warning() -> None:
    result = run("summary", DOWNLOAD)
    assert result.stdout.startswith("899 entries from 2024-07-18 07:51 to 2025-11-15 21:53; no device is named.\n")
    for part in (
        "By month",
        "By hour and weekday",
        "By device",
        "By status",
        "By file",
        "assumed",
        "zone is not known",
    ):
        assert part in result.stdout
    assert result.exit_code == 1
    with_zone = run("summary", DOWNLOAD, "--timezone", "Europe/Berlin").stdout
    assert with_zone.startswith("899 entries from 2024-07-18 07:51 to 2025-11-15 21:53;")
    assert "By month (Europe/Berlin)" in with_zone


def test_a_long_gap_is_one_line_of_the_summary_and_whole_in_the_figures(tmp_path: Path) -> None:
    times = [f"{year}-{month:02}-05 10:00:00" for year, month in ((2012, 1), (2024, 1), (2024, 5), (2024, 6))]
    (tmp_path / "Transcriptions.csv").write_text(
        "Timestamp,Transcript\r\n" + "".join(f"{time},stop\r\n" for time in times), newline=""
    )
    lines = run("summary", tmp_path).stdout.partition("By month")[2].partition("By hour")[0].splitlines()[1:-1]
    assert [line.split()[0] for line in lines] == ["2012-01", "no", *(f"2024-0{n}" for n in range(1, 7))]
    assert lines[1] == "no entries from 2012-02 to 2023-12"
    assert len(json.loads(run("summary", tmp_path, "--format", "json").stdout)["by_month"]) == 150


def test_an_export_without_entries_is_counted_as_such(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text('{"customerHistoryRecords": null}')
    result = run("summary", tmp_path)
    assert result.stdout.startswith("0 entries")
    assert result.exit_code == 0  # the maker may have kept nothing: worth a loud note, but no fault
    assert "not one entry" in result.stderr


# formats


def test_every_format_is_listed_with_its_evidence() -> None:
    listed = rows(run("formats", "--format", "csv"))
    assert [row["format"] for row in listed] == [route.format for route in ROUTES]
    grades = ("seen in real data", "stated by the maker", "read in public code", "inferred", "stated by the user")
    assert all(row["evidence"].startswith(grades) for row in listed)
    assert run("formats").exit_code == 0


# Manners


@pytest.mark.parametrize("verb", [[], *([name] for name in main.commands)])
def test_every_verb_explains_itself(verb: list[str]) -> None:
    result = run(*verb, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.stdout
    described = main.commands[verb[0]] if verb else main
    options = [parameter for parameter in described.params if isinstance(parameter, click.Option)]
    assert all(option.help for option in options)


def test_the_version_is_the_package_s() -> None:
    assert run("--version").stdout.splitlines()[0] == f"voice-history {toolkit.__version__}"


def test_with_the_version_stand_the_digests_of_all_rules_as_a_report_names_them() -> None:
    told = run("--version").stdout.splitlines()[3:]
    assert told == [f"{digest}  {name}" for name, digest in rules.versions().items()]
    data = (Path(rules.__file__).parent / "law.toml").read_bytes()
    assert f"{hashlib.sha256(data).hexdigest()[:32]}  law.toml" in told


@pytest.mark.parametrize(
    "arguments", [["fly"], ["read"], ["read", "--format", "xml", "x"], ["summary", "--tiemzone", "x", "y"]]
)
def test_wrong_use_is_2_and_prints_no_result(arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr


@pytest.mark.parametrize("debug", [[], ["--debug"]])
@pytest.mark.parametrize("fault", [ValueError, MemoryError, RecursionError, BaseException])
def test_an_unexpected_error_is_one_sentence_without_values(
    monkeypatch: pytest.MonkeyPatch, fault: type[BaseException], debug: list[str]
) -> None:
    canary = "zebulon"[::-1]

    def fails(*_: object, **__: object) -> None:
        try:
            raise KeyError(canary)
        except KeyError as error:
            raise fault(canary) from error

    monkeypatch.setattr(worker, "load", fails)
    result = run(*debug, "read", PAGE)
    assert (result.exit_code, result.stdout) == (2, "")
    assert canary not in result.stderr
    assert ("raise fault(canary)" in result.stderr) == bool(debug)
    assert result.stderr.splitlines()[-1].startswith("  ")


def test_ctrl_c_is_quiet_and_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "load", interrupted)
    result = run("summary", PAGE)
    assert (result.exit_code, result.output) == (130, "")


def test_every_file_that_was_read_gets_one_line_on_standard_error() -> None:
    lines = run("read", PAGE).stderr.splitlines()
    counts = [int(line.split(": ")[1].split()[0]) for line in lines if re.search(r"\.json: \d+ entries$", line)]
    assert counts == truth(PAGE)["pages"]


def test_many_kinds_of_problems_are_not_all_listed() -> None:
    from toolkit.cli import notes
    from toolkit.problems import Problem, frame

    @click.command()
    def command() -> None:
        notes.problems(frame(Problem("note", f"code_{n}", f"Sentence {n}.") for n in range(30)))

    lines = CliRunner().invoke(command).stderr.splitlines()
    assert len(lines) == 21
    assert "10 more kinds" in lines[-1]


# In a process of its own


def test_nothing_of_the_page_is_loaded_for_the_command_line() -> None:
    code = "import sys, toolkit.cli; print(*sorted({'streamlit', 'altair', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_results_go_to_standard_output_as_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    entry = {"recordKey": "A#1634190270481#T#G", "timestamp": 1634190270481, "device": {"deviceName": "Küche 日本"}}
    (tmp_path / "history.json").write_text(json.dumps({"customerHistoryRecords": [entry]}))
    surroundings = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for form in ("json", "csv", "table"):
        done = subprocess.run(
            [*COMMAND, "read", tmp_path, "--format", form], capture_output=True, env=surroundings, check=True
        )
        assert "Küche 日本" in done.stdout.decode()


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    with subprocess.Popen(
        [*COMMAND, "read", PAGE, PAGE, "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


@POSIX
def test_on_a_terminal_the_count_runs_in_one_line() -> None:
    import pty

    outer, inner = pty.openpty()
    with subprocess.Popen([*COMMAND, "read", PAGE], stdout=subprocess.DEVNULL, stderr=inner, env=os.environ) as process:
        os.close(inner)
        seen = b""
        while piece := _read(outer):
            seen += piece
    os.close(outer)
    assert process.returncode == 0
    assert b"\rcustomer-history-records-02.json: 500 entries" in seen
    assert b"\x1b" not in seen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux tells the end of a terminal
        return b""


# app


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    home = tmp_path / "home"
    home.mkdir()
    surroundings = {**os.environ, "HOME": str(home), "USERPROFILE": str(home), "STREAMLIT_SERVER_ADDRESS": "192.0.2.1"}
    with subprocess.Popen(
        [*COMMAND, "app", "--sample", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        env=surroundings,
        start_new_session=True,
    ) as process:
        yield process
        if process.poll() is None:
            process.kill()


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_dashboard_answers_on_this_computer_alone_and_ends_cleanly(
    dashboard: subprocess.Popen[str], number: signal.Signals, tmp_path: Path
) -> None:
    assert dashboard.stderr
    assert dashboard.stdout
    line = dashboard.stderr.readline()
    found = re.search(r"http://127\.0\.0\.1:(\d+) ", line)
    assert found, line
    with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/_stcore/health") as answer:
        assert answer.status == 200
    if sys.platform == "linux":  # where all of 127.0.0.0/8 is this machine: nobody listens at its other addresses
        with socket.socket() as outside, pytest.raises(OSError, match="refused"):
            outside.connect(("127.0.0.2", int(found[1])))
    if number == signal.SIGINT:
        os.killpg(dashboard.pid, number)  # as a terminal does
    else:
        dashboard.send_signal(number)
    assert dashboard.wait() == 0
    assert dashboard.stdout.read() == ""
    assert "Traceback" not in dashboard.stderr.read()
    with socket.socket() as gone, pytest.raises(OSError, match="refused"):
        gone.connect(("127.0.0.1", int(found[1])))
    assert not list((tmp_path / "home").iterdir())


def test_a_port_that_is_taken_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run([*COMMAND, "app", "--port", port], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did not start" in done.stderr
    assert "--port" in done.stderr


def test_the_dashboard_is_told_what_to_begin_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "192.0.2.1")
    monkeypatch.setenv("VOICE_HISTORY_SAMPLE", "1")
    Path("Alexa_1.zip").touch()
    told = launcher._environment([Path("Alexa_1.zip")], sample=False)
    assert json.loads(told["VOICE_HISTORY_PATHS"]) == [str(tmp_path / "Alexa_1.zip")]
    assert not [name for name in told if name.startswith("STREAMLIT_") or name == "VOICE_HISTORY_SAMPLE"]
    assert launcher._environment([], sample=True)["VOICE_HISTORY_SAMPLE"] == "1"


def test_the_dashboard_is_not_started_for_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = run("app", tmp_path / "Alexa_9.zip")
    assert result.exit_code == 2
    assert "There is no Alexa_9.zip" in result.stderr


def test_the_launcher_and_the_file_of_options_say_the_same() -> None:
    import tomllib

    file = tomllib.loads((SAMPLES.parent / ".streamlit" / "config.toml").read_text())
    written = {f"{part}.{name}": value for part, values in file.items() for name, value in values.items()}
    assert written.pop("server.allowedHosts") == list(launcher.HOSTS)
    told = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in written.items()}
    assert told.items() <= launcher.OPTIONS.items()
