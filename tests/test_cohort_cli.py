"""`voice-history cohort`: results, notes and exit codes."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

import cohort as generator
from toolkit.cli import main

SECRET = bytes(range(32))


def run(*arguments: object, **how: Any) -> Result:
    result = CliRunner().invoke(main, ["cohort", *map(str, arguments)], **how)
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exports, a secret, and a study of them that the command has made."""
    folder = tmp_path_factory.mktemp("lab")
    generator.write(folder / "in", 12, rows=20, seed=26)
    (folder / "secret").write_bytes(SECRET)
    return folder


def options(lab: Path, *more: object) -> list[object]:
    return [lab / "in" / "manifest.csv", "--out", lab / "study", "--secret-file", lab / "secret", *more]


@pytest.fixture(scope="module")
def first(lab: Path) -> Result:
    return run(*options(lab, "--processes", 2, "--texts", "--min-persons", 2, "--format", "csv"))


def test_the_study_table_goes_to_standard_output_and_progress_to_standard_error(lab: Path, first: Result) -> None:
    faults = [row["fault"] for row in json.loads((lab / "in" / "truth.json").read_text())]
    broken = sum(fault in ("cut_off", "no_archive", "missing") for fault in faults)
    assert first.exit_code == int(broken > 0)
    rows = list(csv.DictReader(io.StringIO(first.stdout)))
    assert {"vendor", "marks", "accidental", "persons", "share", "low", "high", "suppressed"} <= set(rows[0])
    shown = 12 - faults.count("withdrawn")
    assert f"{shown} of {shown} people, 0 of them done before" in first.stderr
    assert "donor" not in first.output


def test_a_second_run_does_only_what_is_left(lab: Path, first: Result) -> None:
    again = run(*options(lab, "--processes", 1, "--texts", "--min-persons", 2, "--format", "csv"))
    assert again.stdout == first.stdout
    assert ", 0 of them done before" not in again.stderr.splitlines()[-1]


def test_a_dry_run_says_what_is_left_and_writes_nothing(lab: Path, first: Result, tmp_path: Path) -> None:
    before = sorted(lab.rglob("*"))
    assert "\n0 left, 0.0 MB." in run(*options(lab, "--texts", "--dry-run")).stdout
    fresh = run(lab / "in" / "manifest.csv", "--out", tmp_path / "s", "--secret-file", lab / "secret", "--dry-run")
    assert fresh.exit_code == 0
    assert "\n0 done" in fresh.stdout
    assert sorted(lab.rglob("*")) == before
    assert not (tmp_path / "s").exists()


def test_without_a_secret_file_a_new_one_is_made_and_said_so_once(lab: Path, tmp_path: Path) -> None:
    rows = (lab / "in" / "manifest.csv").read_text().splitlines()
    (lab / "in" / "one.csv").write_text("\n".join(rows[:2]) + "\n")
    command = [lab / "in" / "one.csv", "--out", tmp_path / "s", "--processes", 1]
    assert "s.secret, beside its folder" in run(*command).stderr
    assert (tmp_path / "s.secret").is_file()
    assert "secret" not in run(*command).stderr


def test_sheets_are_written_filled_and_compared(lab: Path, first: Result, tmp_path: Path) -> None:
    made = run(*options(lab, "--texts", "--sheets", tmp_path, "--sample", 10, "--seed", "x"))
    assert "Two sheets of 10 activations" in made.stderr
    paths = [tmp_path / f"coder-{number}.csv" for number in (1, 2)]
    for path in paths:
        table = pl.read_csv(path, infer_schema=False)
        assert table.columns == ["item", "language", "transcript", "verdict"]
        table.with_columns(verdict=pl.lit("meant")).write_csv(path)
    assert run("--agreement", *paths).stdout == "10 judged by both, 10 alike.\n"


def test_whoever_withdraws_is_named_on_the_line_or_asked_for(lab: Path, first: Result) -> None:
    common = ["--out", lab / "study", "--secret-file", lab / "secret"]
    gone = next(row["person"] for row in json.loads((lab / "in" / "truth.json").read_text()) if row["fault"] == "")
    told = run(*common, "--withdraw", "-", input=f"{gone}\n")
    assert told.stdout.splitlines()[-1] == "4 files removed."
    assert "manifest" in told.stderr
    assert run(*common, "--withdraw", gone).stdout == "0 files removed.\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "needs a place"),
        (["--out", "x", "--secret-file", "missing"], "cannot be opened"),
        (["--out", "x", "--secret-file", __file__], "no manifest"),
        (["missing.csv", "--out", "x", "--secret-file", __file__], "cannot be read"),
    ],
)
def test_wrong_use_is_told_and_ends_with_2(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_that_does_not_answer_or_is_not_installed_is_told(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = run(*options(lab, "--scheduler", "tcp://127.0.0.1:1"))
    assert result.exit_code == 2
    assert "[cluster]" in result.stderr
