"""Nothing that was said, no name and no serial leaves through an error, a problem row, a log line or a file."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import toolkit
from toolkit import worker

TEXT, NAME, SERIAL, PLACE = "canarytranscript", "canaryname", "CANARYSERIAL", "canaryplace"
CANARIES = (TEXT, NAME, SERIAL, PLACE)


def page() -> bytes:
    person = {"personId": SERIAL, "personFirstName": NAME, "personType": "ADULT"}
    items = [{"recordItemType": "CUSTOMER_TRANSCRIPT", "transcriptText": TEXT, "personsInfo": [person]}]
    entry = {
        "recordKey": f"{SERIAL}#1700000000000#T#{SERIAL}",
        "timestamp": 1_700_000_000_000,
        "device": {"deviceName": PLACE},
        "utteranceType": TEXT,
        "voiceHistoryRecordItems": items,
        "new": {NAME: TEXT},
    }
    return json.dumps({"customerHistoryRecords": [entry] * 3}).encode()


def table() -> bytes:
    rows = f"2024-01-01 10:00:00,{TEXT},{SERIAL}.wav,{NAME}\r\n" * 3
    return (f"Timestamp,Transcript,Audio File,Alexa Response {PLACE}\r\n" + rows).encode()


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "sound": lambda data: data,
    "cut off": lambda data: data[: len(data) * 2 // 3],
    "not UTF-8": lambda data: data.replace(TEXT.encode(), TEXT.encode() + b"\xff\xfe"),
    "other types": lambda data: data.replace(b"1700000000000,", f'"{TEXT}",'.encode()).replace(b"2024", TEXT.encode()),
    "a quote too many": lambda data: data.replace(TEXT.encode(), b'"' + TEXT.encode(), 1),
    "no headings": lambda data: data.partition(b"\r\n")[2] or data,
    "all one line": lambda data: data.replace(b"\r\n", b" ").replace(b",", b" "),
}


@pytest.mark.parametrize("spoiled", SPOILED)
@pytest.mark.parametrize(("name", "data"), [("page.json", page()), ("Transcriptions.csv", table())])
@pytest.mark.parametrize("wrapped", [False, True])
def test_no_canary_in_problems_files_errors_logs_or_on_disk(
    name: str,
    data: bytes,
    spoiled: str,
    wrapped: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for variable in ("TMPDIR", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG)
    given = SPOILED[spoiled](data)
    upload = ("upload.zip", zipped(name, given)) if wrapped else (name, given)

    told = ""
    try:
        export = worker.load(upload, timezone="Europe/Berlin")
    except toolkit.ToolkitError as error:
        told += f"{error} {error.args} {error.advice}"
    else:
        told += export.problems.write_csv() + export.files.write_csv() + repr(export.problems) + repr(export.files)

    told += caplog.text + "".join(capfd.readouterr())
    assert not [canary for canary in CANARIES if canary in told]
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("columns", [{TEXT: 0}, {"time": NAME}, {"time": 99}])
def test_a_wrong_column_mapping_is_refused_without_repeating_it(columns: dict[str, str | int]) -> None:
    with pytest.raises(toolkit.ToolkitError) as refused:
        worker.load(("Transcriptions.csv", table()), columns=columns)

    assert not [canary for canary in CANARIES if canary in f"{refused.value} {refused.value.advice}"]
