"""What is written as CSV, opened again by spreadsheet programs, holds text and no formula."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner

import toolkit
from toolkit.cli import main
from toolkit.cohort.labels import sheets
from toolkit.dashboard.download import csv as download
from toolkit.write import pieces

OFFICE = shutil.which("soffice")
# The beginnings that Excel, LibreOffice or a sheet in the browser take for a formula, also behind what is not seen and
# behind what another locale takes for the end of a cell.
STARTS = [
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    " =",
    "\u00a0=",
    "\u200b=",
    "\uff1d",
    "|",
    "a;=",
    "a\n=",
    "a\t=",
    '"=',
    "'=",
]
HOSTILE = [
    f"{start}{rest}" for start in STARTS for rest in ("1+1", 'HYPERLINK("https://evil.test")', "cmd|' /C calc'!A0")
]
_FORMULA = re.compile(r"table:formula=")
# Separator, quote, UTF-8, first line, ..., and at the end: calculate what looks like a formula.
_READ_AS = "Text - txt - csv (StarCalc):{},34,76,1,,0,false,true,false,false,false,0,true"


def export() -> toolkit.Export:
    """Every hostile text in every place from which text comes."""
    records = [
        {
            "recordKey": text,
            "recordType": text,
            "timestamp": 1_700_000_000_000 + 60_000 * number if number else "=1",
            "utteranceType": "FALSE_WAKE_WORD_1P" if number % 2 else text,
            "device": {"deviceName": text, "deviceEntityId": text},
            "intent": text,
            "domain": text,
            "voiceHistoryRecordItems": [
                {"recordItemType": "CUSTOMER_TRANSCRIPT", "transcriptText": text, "utteranceId": text},
                {"recordItemType": "ALEXA_RESPONSE", "transcriptText": text},
            ],
            "personsInfo": [{"personFirstName": text}],
        }
        for number, text in enumerate(HOSTILE)
    ]
    file = io.BytesIO(json.dumps({"customerHistoryRecords": records}).encode())
    file.name = "=1+1.json"
    return toolkit.load(file)


class _Texts:
    """Stands for a study that kept what was said."""

    def __init__(self, activations: pl.DataFrame) -> None:
        self.activations = activations.lazy().with_columns(person=pl.lit("=1"), speech=pl.lit("en"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """Every table that is ever written as CSV."""
    given, folder = export(), tmp_path_factory.mktemp("written")
    toolkit.write(given, folder, formats=["csv"])
    activations = toolkit.activations(given.records)
    made = toolkit.checklist(given, law="gdpr", names=True)
    coded, _ = sheets(_Texts(activations), 1_000, "1")  # type: ignore[arg-type]
    tables = {path.name: path.read_bytes() for path in folder.glob("*.csv")}
    page = folder / "page.json"
    page.write_text(json.dumps({"customerHistoryRecords": [{"recordKey": "=1", "device": {"deviceName": "@SUM(1)"}}]}))
    said = CliRunner().invoke(main, ["read", str(page), "--show-text", "--format", "csv"])
    return {
        **tables,
        "ids": made.ids_csv(),
        "steps": download(made.steps),
        "downloaded records": download(given.records),
        "downloaded activations": download(activations.drop("reasons")),
        "coder's sheet": b"".join(pieces(coded, "csv")),
        "read": said.stdout_bytes,
    }


def unguarded() -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([[one] for one in HOSTILE])
    return text.getvalue().encode()


def rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def formulas(data: bytes) -> Iterator[str]:
    """Cells that are formulas once the rows have gone through a workbook."""
    book = openpyxl.Workbook()
    for row in rows(data):
        book.active.append([openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in row])
    file = io.BytesIO()
    book.save(file)
    for line in openpyxl.load_workbook(io.BytesIO(file.getvalue())).active.iter_rows():
        yield from (cell.value for cell in line if cell.data_type == "f")


def test_a_workbook_made_of_what_is_written_holds_no_formula(written: Mapping[str, bytes]) -> None:
    assert len(list(formulas(unguarded()))) >= 3  # else nothing would be shown
    for name, data in written.items():
        assert len(rows(data)) > 1, name
        assert list(formulas(data)) == [], name


@pytest.mark.long
@pytest.mark.skipif(not OFFICE, reason="no LibreOffice here")
@pytest.mark.parametrize("separator", [",", ";", "\t"])  # a German Excel takes semicolons
def test_libreoffice_finds_no_formula_in_what_is_written(
    written: Mapping[str, bytes], tmp_path: Path, separator: str
) -> None:
    tables = {"unguarded": unguarded(), **written}
    for number, data in enumerate(tables.values()):
        (tmp_path / f"{number}.csv").write_bytes(data)
    command = [str(OFFICE), f"-env:UserInstallation=file://{tmp_path}/home", "--headless"]
    command += [f"--infilter={_READ_AS.format(ord(separator))}", "--convert-to", "fods", "--outdir", str(tmp_path)]
    subprocess.run([*command, *map(str, tmp_path.glob("*.csv"))], check=True, capture_output=True, timeout=300)
    found = {
        name: len(_FORMULA.findall((tmp_path / f"{number}.fods").read_text("utf-8")))
        for number, name in enumerate(tables)
    }
    assert found.pop("unguarded") >= 3
    assert found == dict.fromkeys(written, 0)
