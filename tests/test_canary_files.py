"""What is written into files says no more than it was asked to: redacted tables, lists, letters, figures.

The same made-up history as in `test_canary_cli`; a word that stands nowhere else is looked for in every file.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import toolkit
from test_canary_cli import CANARIES, CUSTOMER, GOOD, PERSON, SERIAL, run, words_in
from toolkit import worker

PLACE, MAIL, NAME = "Quibblethorpe kitchen", "canary.person@example.org", "Canarytown-holiday"
WORDS = (*CANARIES, "Quibblethorpe", MAIL, "Canarytown")
SPOKEN = ("zebulon", "quagmires", "Quixotica", "verdigris")
DATA = GOOD.replace(b'"Echo"', f'"{PLACE}"'.encode()).replace(
    b'"recordType"', f'"mail": "{MAIL}", "recordType"'.encode()
)


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "load", toolkit.load)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / f"{NAME}.json").write_bytes(DATA)
    return folder


def found(folder: Path) -> set[str]:
    """The canaries in all files of a folder, and in their names."""
    told = set()
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        told |= {word for word in WORDS if word.lower().encode() in data.replace(b"\0", b"").lower()}
        told |= {word for word in WORDS if word in path.name}
    return told


def test_every_word_is_in_the_export_itself(given: Path, tmp_path: Path) -> None:
    assert run("write", given, "--to", tmp_path / "out", "--format", "csv", "--format", "sqlite").exit_code in (0, 1)
    assert found(tmp_path / "out") == set(WORDS)


@pytest.mark.parametrize("level", ["share", "publish"])
@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl", "sqlite"])
def test_nothing_is_in_what_is_redacted(given: Path, tmp_path: Path, level: str, form: str) -> None:
    result = run("write", given, "--to", tmp_path / "out", "--format", form, "--redact", level)
    assert result.exit_code in (0, 1)
    assert found(tmp_path / "out") == set()
    assert words_in(result.stdout) == []


def test_a_redacted_parquet_holds_no_canary_once_unpacked(given: Path, tmp_path: Path) -> None:
    import polars as pl

    toolkit.write(toolkit.load(given), tmp_path / "out", redact=True)
    texts = "".join(pl.read_parquet(path).write_json() for path in (tmp_path / "out").glob("*.parquet"))
    assert [word for word in WORDS if word in texts] == []


@pytest.mark.parametrize("names", [(), ("--show-text",)])
def test_the_list_and_its_letters_hold_only_what_goes_to_the_maker(
    given: Path, tmp_path: Path, names: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    result = run("checklist", given, "--law", "gdpr", "--country", "de", "--folder", out, *names)
    assert result.exit_code in (0, 1)
    assert found(out) & {*SPOKEN, MAIL} == set()
    to_the_maker = {path for path in out.iterdir() if path.name.startswith(("ids-", "letter-"))}
    for path in set(out.iterdir()) - to_the_maker:
        data = path.read_bytes()
        assert [word for word in (SERIAL, CUSTOMER) if word.encode() in data] == [], path.name
        assert (PERSON.encode() in data) <= bool(names), path.name


@pytest.mark.parametrize("table", [("--problems",), ("--files",), ()], ids=str)
@pytest.mark.parametrize("form", ["csv", "json"])
def test_entries_in_a_file_hold_no_word_person_or_id(
    given: Path, tmp_path: Path, table: tuple[str, ...], form: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert run("read", given, *table, "--format", form, "--output", out / "a").exit_code in (0, 1)
    assert (out / "a").exists()
    assert found(out) & {*CANARIES, MAIL} == set()


@pytest.mark.parametrize("facts", [(), ("--facts-only",)])
def test_the_report_holds_no_word_name_or_id(given: Path, tmp_path: Path, facts: tuple[str, ...]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert run("report", given, "--output", out / "report.html", *facts).exit_code in (0, 1)
    assert (out / "report.html").stat().st_size
    assert found(out) == set()
