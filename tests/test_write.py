"""Results as files: every row and value in every format, whole or not at all, and never where the export lies."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import toolkit
from toolkit.problems import Damaged, ToolkitError
from toolkit.schema import RECORDS
from toolkit.write import FORMATS, stream

SAMPLE = Path(__file__).parent.parent / "sample_exports" / "google-takeout-json-en"
HOSTILE = '=HYPERLINK("x")\x1b[31m'


@pytest.fixture(scope="module")
def export() -> toolkit.Export:
    return toolkit.load(SAMPLE)


def rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def asked(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "voice-history.sqlite")) as database:
        return database.execute(query).fetchall()


def test_parquet_gives_back_the_very_same_tables(export: toolkit.Export, tmp_path: Path) -> None:
    toolkit.write(export, tmp_path / "case")
    events = toolkit.activations(export.records)
    tables = {"records": export.records, "activations": events, "problems": export.problems, "files": export.files}
    for name, table in tables.items():
        assert pl.read_parquet(tmp_path / "case" / f"{name}.parquet").equals(table)


@pytest.mark.parametrize("form", ["csv", "jsonl", "sqlite"])
def test_every_row_and_value_is_in_every_format(export: toolkit.Export, tmp_path: Path, form: str) -> None:
    toolkit.write(export, tmp_path, formats=[form])
    if form == "sqlite":
        found = asked(tmp_path, "SELECT record_id, transcript, source_row, time FROM records")
    else:
        names = ("record_id", "transcript", "source_row", "time")
        found = [tuple(row[name] for name in names) for row in rows_of(tmp_path / f"records.{form}")]
    told = export.records.select(
        "record_id", "transcript", "source_row", pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    ).rows()
    assert [tuple(str(value or "") for value in row) for row in found] == [
        tuple(str(value or "") for value in row) for row in told
    ]


def test_the_database_counts_each_entry_once_and_finds_by_index(export: toolkit.Export, tmp_path: Path) -> None:
    toolkit.write(export, tmp_path, formats=["sqlite"])
    once = export.records.filter(pl.col("duplicate_of").is_null())
    assert asked(tmp_path, "SELECT count(*) FROM entries") == [(once.height,)]
    assert asked(tmp_path, "SELECT sum(entries) FROM entries_by_month") == [(once.height,)]
    assert (
        json.loads(asked(tmp_path, "SELECT audio_files FROM records")[0][0])
        == export.records["audio_files"][0].to_list()
    )
    assert "records_time" in str(asked(tmp_path, "EXPLAIN QUERY PLAN SELECT * FROM records WHERE time > '2025'"))


def test_reasons_are_json_wherever_a_table_cannot_nest(export: toolkit.Export, tmp_path: Path) -> None:
    toolkit.write(export, tmp_path, formats=["csv", "sqlite"])
    events = toolkit.activations(export.records)
    told = [json.loads(row["reasons"]) for row in rows_of(tmp_path / "activations.csv")]
    kept = [json.loads(reasons) for (reasons,) in asked(tmp_path, "SELECT reasons FROM activations")]
    assert told == kept == events["reasons"].to_list()


def test_the_account_names_every_file_with_its_digest_and_comes_last(export: toolkit.Export, tmp_path: Path) -> None:
    *files, audit = toolkit.write(export, tmp_path, formats=FORMATS)
    told = json.loads(audit.read_text("utf-8"))
    assert told["files"] == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert told["rows"]["records"] == export.records.height
    assert {path.name for path in tmp_path.iterdir()} == {*told["files"], audit.name}
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_a_spreadsheet_calculates_nothing_and_a_terminal_obeys_nothing(tmp_path: Path, export: toolkit.Export) -> None:
    odd = export.records.head(1).with_columns(transcript=pl.lit(HOSTILE), device_name=pl.lit("@SUM(1)"))
    exported = toolkit.Export(odd, export.problems, export.files, None, None)
    toolkit.write(exported, tmp_path, formats=["csv", "jsonl"])
    [cells] = rows_of(tmp_path / "records.csv")
    assert cells["transcript"].startswith("'=")
    assert cells["device_name"].startswith("'@")
    assert "\x1b" not in (tmp_path / "records.csv").read_text() + (tmp_path / "records.jsonl").read_text()


@pytest.mark.parametrize("level", ["share", "publish"])
def test_no_word_name_or_id_is_in_what_is_redacted(tmp_path: Path, export: toolkit.Export, level: str) -> None:
    toolkit.write(export, tmp_path, formats=["csv", "jsonl"], redact=level)
    written = "".join(path.read_text("utf-8") for path in tmp_path.iterdir())
    secrets = pl.concat([export.records["transcript"], export.records["audio_files"].explode()]).drop_nulls().unique()
    assert [text for text in secrets if len(text) > 8 and text in written] == []
    assert "MyActivity" not in written
    assert (export.files["sha256"].drop_nulls()[0] in written) == (level == "share")
    assert (str(export.exported_at)[:10] in written) == (level == "share")


def test_redact_true_is_the_level_share(tmp_path: Path, export: toolkit.Export) -> None:
    *_, audit = toolkit.write(export, tmp_path, redact=True)
    assert json.loads(audit.read_text())["redacted"] == "share"


@pytest.mark.parametrize("wrong", [{"formats": ["xlsx"]}, {"redact": "secret"}, {"redact": "share", "secret": b"x"}])
def test_what_is_asked_wrongly_is_refused_before_anything_is_written(
    tmp_path: Path, export: toolkit.Export, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ToolkitError):
        toolkit.write(export, tmp_path / "case", **wrong)
    assert not (tmp_path / "case").exists()


def test_nothing_is_written_where_the_export_lies(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "export")
    mine = toolkit.load(tmp_path / "export")
    for folder in (tmp_path / "export", tmp_path / "export" / "deeper"):
        with pytest.raises(ToolkitError, match="beside the export"):
            toolkit.write(mine, folder)
    assert toolkit.write(mine, tmp_path / "case")


def test_a_file_in_the_way_is_an_error_without_traces(tmp_path: Path, export: toolkit.Export) -> None:
    (tmp_path / "case").write_text("a file")
    with pytest.raises(ToolkitError, match="cannot be made"):
        toolkit.write(export, tmp_path / "case")
    (tmp_path / "taken" / "records.parquet").mkdir(parents=True)
    with pytest.raises(ToolkitError, match="cannot be written"):
        toolkit.write(export, tmp_path / "taken")
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["records.parquet"]


def test_a_stream_of_batches_becomes_one_file_with_the_same_records(tmp_path: Path, export: toolkit.Export) -> None:
    stream(toolkit.batches(SAMPLE), tmp_path / "records.parquet")
    told = pl.read_parquet(tmp_path / "records.parquet")
    assert told.schema == RECORDS
    compared = ["source_file", "source_row", "time", "transcript"]
    assert told.select(compared).sort(compared).equals(export.records.select(compared).sort(compared))


def test_a_stream_that_breaks_leaves_the_older_file_and_says_why(tmp_path: Path, export: toolkit.Export) -> None:
    def broken() -> Iterator[pl.DataFrame]:
        yield export.records
        raise Damaged("The file ends too early.")

    target = tmp_path / "records.parquet"
    target.write_bytes(b"older")
    with pytest.raises(Damaged, match="too early"):
        stream(broken(), target)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"older"]
