"""The verb `checklist`: with files and without, to the screen, to one file or into a folder."""

from __future__ import annotations

import csv
import email
import io
import json
from email import policy
from hashlib import sha256
from pathlib import Path

import icalendar
import pytest
from click.testing import CliRunner, Result

import toolkit
from toolkit import worker
from toolkit.cli import main

SAMPLES = Path(__file__).parent.parent / "sample_exports"
PAGE = SAMPLES / "amazon-alexa-privacy-page"
GDPR = ("--law", "gdpr", "--country", "de")


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "load", toolkit.load)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["checklist", *map(str, arguments)])


def test_a_list_without_a_file_is_fine() -> None:
    result = run("--maker", "homepod")
    assert result.exit_code == 0
    assert "Delete the HomePod's Siri history" in result.stdout
    assert "Draft; not legal advice." in result.stderr
    assert "no law was chosen" in result.stderr


def test_nothing_named_or_an_unknown_name_is_wrong_use() -> None:
    for arguments in (
        (),
        ("--maker", "toaster"),
        ("--maker", "siri", "--law", "lgpd"),
        ("--maker", "siri", "--sent", "x"),
    ):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
    assert "year-month-day" in run("--maker", "siri", "--received", "apple=25.11.2026").stderr


def test_people_and_skills_are_numbered_until_asked_for() -> None:
    hidden, shown = run(PAGE, "--format", "markdown"), run(PAGE, "--format", "markdown", "--show-text")
    assert "Tamsin" not in hidden.stdout
    assert "person 1" in hidden.stdout.replace("\\", "")
    assert "Tamsin" in shown.stdout
    assert hidden.exit_code == shown.exit_code == 0


def test_every_format_is_printed_and_json_and_csv_agree() -> None:
    steps = json.loads(run(PAGE, *GDPR, "--format", "json").stdout)["steps"]
    rows = list(csv.DictReader(io.StringIO(run(PAGE, *GDPR, "--format", "csv").stdout)))
    assert [row["step_id"] for row in rows] == [step["step_id"] for step in steps]
    assert run(PAGE, "--format", "html").stdout.startswith("<!DOCTYPE html>")
    dated = run(PAGE, *GDPR, "--received", "amazon=2026-11-25", "--format", "ics").stdout
    assert len(icalendar.Calendar.from_ical(dated).walk("VEVENT")) == 5
    assert "letters are ready" in run(PAGE, *GDPR).stderr


def test_the_suffix_of_the_file_tells_the_format(tmp_path: Path) -> None:
    for name, start in (("a.md", "# Delete"), ("a.html", "<!DOCTYPE"), ("a.ics", "BEGIN:VCALENDAR"), ("a.json", "{")):
        assert run("--maker", "siri", "--output", tmp_path / name).exit_code == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)


def test_a_folder_gets_everything_and_the_fingerprint_fits(tmp_path: Path) -> None:
    result = run(
        PAGE, *GDPR, "--language", "de", "--received", "amazon=2026-11-25", "--folder", tmp_path / "new" / "out"
    )
    assert result.exit_code == 0
    folder = tmp_path / "new" / "out"
    letters = {
        f"letter-amazon-{kind}" for kind in ("access", "restriction", "erasure", "reminder", "complaint-authority")
    }
    assert {path.name for path in folder.iterdir()} == {
        "checklist.md",
        "checklist.html",
        "checklist.json",
        "dates.ics",
        "ids-amazon.csv",
        *(f"{letter}{suffix}" for letter in letters for suffix in (".txt", ".eml")),
    }
    digest = sha256((folder / "ids-amazon.csv").read_bytes()).hexdigest()
    assert digest in (folder / "letter-amazon-erasure.txt").read_text(encoding="utf-8")
    mail = email.message_from_bytes((folder / "letter-amazon-erasure.eml").read_bytes(), policy=policy.default)
    assert isinstance(mail, email.message.EmailMessage)
    (attached,) = mail.iter_attachments()
    assert sha256(attached.get_payload(decode=True)).hexdigest() == digest  # type: ignore[arg-type]


def test_nothing_is_written_beside_the_export(tmp_path: Path) -> None:
    (tmp_path / "page.json").write_bytes((PAGE / "customer-history-records-01.json").read_bytes())
    for option, place in (("--folder", tmp_path), ("--output", tmp_path / "a.md")):
        assert run(tmp_path / "page.json", option, place).exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["page.json"]


def test_a_part_and_the_other_track_can_be_asked_for(tmp_path: Path) -> None:
    asked = ("--only-accidental", "--from", "2024-01-01", "--to", "2024-12-31", "--keep-claim")
    assert run(PAGE, *GDPR, *asked, "--folder", tmp_path).exit_code == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "ids-amazon.csv").read_text(encoding="utf-8"))))
    assert {row["reason"] for row in rows} == {"marked by the maker as not intended"}
    assert {row["recorded_at_utc"][:4] for row in rows} <= {"2023", "2024"}
    assert "Keep my claim" in (tmp_path / "checklist.md").read_text(encoding="utf-8")


def test_a_stopped_clock_and_an_extension_are_taken() -> None:
    dates = ("--received", "amazon=2026-11-25", "--stopped", "amazon=2026-12-01..2026-12-11", "--extended", "amazon")
    told = json.loads(run(PAGE, *GDPR, *dates, "--format", "json").stdout)["makers"][0]["deadline"]
    assert (told["calendar_end"], told["extended"]) == ("2027-01-04", True)
    still = run(PAGE, *GDPR, "--received", "amazon=2026-11-25", "--stopped", "amazon=2026-12-01..", "--format", "json")
    assert json.loads(still.stdout)["makers"][0]["deadline"]["due"] is None


def test_problems_of_the_export_decide_the_exit_code() -> None:
    result = run(SAMPLES / "amazon-alexa-csv")
    assert result.exit_code == 1
    assert "columns" in result.stderr
    assert "Nobody has confirmed" in run(SAMPLES / "amazon-alexa-csv", "--format", "markdown").stdout
