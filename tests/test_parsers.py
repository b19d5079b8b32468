"""What every parser owes: a declared route, a sample, a golden result, and an account that adds up."""

from __future__ import annotations

import inspect
import io
import json
import tarfile
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

import toolkit
from toolkit.parsers import ROUTES
from toolkit.parsers.route import Route
from toolkit.schema import RECORDS, VENDORS

SAMPLES = Path(__file__).parent.parent / "sample_exports"
OF_RECORDS = [route for route in ROUTES if route.sample]
SAMPLE_OF = {route.format: route.sample for route in OF_RECORDS}
EVERY, FEW = 25, 30  # of more than a few, a golden result holds every so-manieth: enough to see any change


def sample(format_: str) -> Path | io.BytesIO:
    """The folder, or where times of files matter, which no checkout keeps, an archive of it that has them."""
    folder = SAMPLES / SAMPLE_OF[format_]
    known = folder.with_suffix(".truth.json")
    truth = json.loads(known.read_text("utf-8")) if known.exists() else {}
    if "file_times" not in truth:
        return folder
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, modified in truth["file_times"].items():
            info = tarfile.TarInfo(path)
            info.size, info.mtime = (folder / path).stat().st_size, int(datetime.fromisoformat(modified).timestamp())
            archive.addfile(info, io.BytesIO((folder / path).read_bytes()))
    packed.name = f"{folder.name}.tar"
    return packed


def by_format(route: Route) -> str:
    return route.format


@pytest.mark.parametrize("route", ROUTES, ids=by_format)
def test_a_route_says_what_it_reads_and_its_module_how_sure_that_is(route: Route) -> None:
    assert route.vendor in VENDORS
    assert route.product
    assert route.about
    assert route.read is None or len((inspect.getmodule(route.read) or inspect).__doc__ or "") > 200


def read(format_: str, timezone: str | None = None) -> toolkit.Export:
    """A sample, with the columns a user would give if there is a file that says so."""
    columns = SAMPLES / f"{SAMPLE_OF[format_]}.columns.toml"
    return toolkit.load(sample(format_), timezone=timezone, columns=columns if columns.exists() else None)


@pytest.mark.parametrize("route", [route for route in OF_RECORDS if route.columns != "needed"], ids=by_format)
def test_a_route_claims_files_of_its_own_sample_only(route: Route) -> None:
    claimed = {
        name
        for name in SAMPLE_OF.values()
        for path in (SAMPLES / name).rglob("*.*")
        if path.is_file() and route.claims(path.relative_to(SAMPLES / name).as_posix(), path.read_bytes()[:65_536])
    }

    assert claimed == {SAMPLE_OF[route.format]}


@pytest.mark.parametrize("format_", SAMPLE_OF)
def test_a_sample_reads_as_its_golden_result(format_: str, request: pytest.FixtureRequest) -> None:
    export = read(format_, "Europe/Berlin")
    rows = export.records.with_columns(pl.col("time", "expires").dt.to_string("iso:strict")).to_dicts()
    told = {
        "files": export.files.drop("sha256").to_dicts(),
        "problems": export.problems.to_dicts(),
        "records": [
            {name: value for name, value in row.items() if value not in (None, [])}
            for row in rows[:: EVERY if len(rows) > FEW else 1]
        ],
    }
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    golden = SAMPLES / f"{SAMPLE_OF[format_]}.golden.json"
    if request.config.getoption("--write-golden"):
        golden.write_text(text, "utf-8")

    assert golden.read_text("utf-8") == text


@pytest.mark.parametrize("format_", SAMPLE_OF)
def test_the_records_of_a_sample_keep_what_the_schema_promises(format_: str) -> None:
    records = read(format_).records

    assert records.schema == RECORDS
    assert records["record_id"].is_unique().all()
    assert (
        records.select("vendor", "product", "format", "source_file", "source_row", "status", "trigger")
        .null_count()
        .sum_horizontal()
        .item()
        == 0
    )
    assert records.filter(pl.col("time").is_null() != (pl.col("time_basis") == "none")).is_empty()
    assert records["audio_files"].null_count() == 0
    extra = records["extra"].drop_nulls()
    assert all(isinstance(json.loads(text), dict) for text in extra)


def test_every_route_of_records_has_a_sample_with_a_golden_result_and_says_all_of_itself() -> None:
    assert all(route.first for route in ROUTES if route.read and not route.sample)
    assert set(SAMPLE_OF.values()) == {path.name.partition(".")[0] for path in SAMPLES.glob("*.golden.json")}
    assert all(all(asdict(route.support).values()) for route in OF_RECORDS)
