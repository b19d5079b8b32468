"""`voice-history activations`: results and notes apart, no words unasked, ticks in the user's own folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "sample_exports" / "amazon-alexa-privacy-page"
COMMAND = "from toolkit.cli import main; main(prog_name='voice-history')"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", COMMAND, "activations", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


def test_the_table_lists_what_carries_a_sign_and_the_notes_count_the_rest() -> None:
    result = run(PAGE)
    assert result.returncode == 0
    assert result.stdout.count("\n") == 2 + 40 + 25 + 24
    assert "Marked by the maker itself as not meant for the assistant: 40 activations (40 entries)." in result.stderr
    assert "No sign in text or status: 836 activations (1,006 entries); sound was not listened to." in result.stderr


def test_words_people_and_serials_are_left_out_until_asked_for() -> None:
    hidden, shown = run(PAGE, "--format", "json"), run(PAGE, "--format", "json", "--show-text")
    first, full = json.loads(hidden.stdout.splitlines()[0]), json.loads(shown.stdout.splitlines()[0])
    assert full.keys() - first.keys() == {"transcript", "person", "device_id", "audio_files"}
    assert len(shown.stdout.splitlines()) == 1_259
    text = "landlord"
    assert text in shown.stdout
    assert text not in hidden.stdout + run(PAGE).stdout + run(PAGE, "--format", "csv").stdout


def test_facts_only_prints_no_judgement() -> None:
    result = run(PAGE, "--facts-only", "--format", "csv")
    assert "likely" not in result.stdout
    assert "possible" not in result.stdout + result.stderr.replace("possible.", "")
    assert result.stdout.count("provider_marked") == 40


def test_ticks_are_kept_in_the_users_folder_and_shown_the_next_time(tmp_path: Path) -> None:
    listed = run(PAGE).stdout.splitlines()[2].split()[0]
    result = run(PAGE, "--case", tmp_path / "case", "--tick", f"{listed}=accidental+television", "--by", "Ann")
    assert "from 50 ticks on" in result.stderr
    kept = json.loads((tmp_path / "case" / "case.json").read_text("utf-8"))
    assert kept["ticks"] == {"Ann": {listed: {"verdict": "accidental", "tags": ["television"]}}}
    rows = [json.loads(line) for line in run(PAGE, "--case", tmp_path / "case", "--format", "json").stdout.splitlines()]
    assert [row["activation_id"] for row in rows if row["tick"] == "accidental"] == [listed]
    for by, seen in (("Ann", "accidental"), ("Ben", None)):  # Ben ticks blind
        lines = run(PAGE, "--case", tmp_path / "case", "--by", by, "--format", "json").stdout.splitlines()
        assert {json.loads(line)["tick"] for line in lines} == {seen, None}


@pytest.mark.parametrize(
    "wrong",
    [
        ["--prior", "0"],
        ["--prior", "2"],
        ["--tick", "amazon-1=accidental"],
        ["--case", str(PAGE)],
        ["--case", "nowhere", "--tick", "accidental"],
        ["--case", "nowhere", "--tick", "a=perhaps"],
    ],
)
def test_wrong_use_is_said_and_nothing_is_written(wrong: list[str]) -> None:
    result = run(PAGE, *wrong)
    assert (result.returncode, result.stdout) == (2, "")
    assert not (PAGE / "case.json").exists()
    assert "Traceback" not in result.stderr


def test_google_is_said_to_mark_nothing() -> None:
    result = run(ROOT / "sample_exports" / "google-takeout-json-en")
    assert "Google does not mark accidental activations." in result.stderr
    assert "Marked by the maker" not in result.stderr
