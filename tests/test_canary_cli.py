"""Nothing that was said, no name, no serial and no account leaves by a way nobody asked for.

A made-up history holds words that stand nowhere else. It is given to every verb whole and broken in many ways, and then
everything the command said or left behind is searched for these words.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import toolkit
from toolkit import worker
from toolkit.cli import main
from toolkit.problems import ToolkitError

TRANSCRIPT, RESPONSE = "zebulon quietly hums quagmires", "Quixotica answers verdigris"
PERSON, SERIAL, CUSTOMER = "Canarietta", "G0CANARY0NUMBER9", "ACANARYCUSTOMER7"
CANARIES = ("zebulon", "quagmires", "Quixotica", "verdigris", PERSON, SERIAL, CUSTOMER)


def entry(number: int) -> dict[str, Any]:
    time = 1_634_190_270_481 + 60_000 * number
    key = f"{CUSTOMER}#{time}#A3RBAYBE7VM004#{SERIAL}"
    person = {"personId": f"amzn1.{PERSON}", "personFirstName": PERSON, "personType": "ADULT"}
    said = [("CUSTOMER_TRANSCRIPT", TRANSCRIPT), ("ALEXA_RESPONSE", RESPONSE)]
    items = [
        {
            "recordItemKey": f"{key}#{kind}",
            "recordItemType": kind,
            "utteranceId": f"{SERIAL}:1.0/{time}",
            "timestamp": time,
            "transcriptText": text,
            "agentVisualName": None,
            "personsInfo": [person],
        }
        for kind, text in said
    ]
    return {
        "recordKey": key,
        "recordType": "VOICE_HISTORY",
        "timestamp": time,
        "customerId": CUSTOMER,
        "device": {"deviceName": "Echo", "deviceEntityId": f"{SERIAL}-entity"},
        "utteranceType": "GENERAL",
        "voiceHistoryRecordItems": items,
        "personsInfo": [person],
        "cardResponse": RESPONSE,
    }


def page(*entries: object) -> bytes:
    return json.dumps({"customerHistoryRecords": entries}).encode()


GOOD = page(*map(entry, range(3)))
SAID = TRANSCRIPT.encode()
HEAD = "Time,Request,Clip,Answer,Person,Serial,Account\r\n"
ROW = f'2025-06-01 08:00:0{{}},{TRANSCRIPT},a.wav,"{RESPONSE}",{PERSON},{SERIAL},{CUSTOMER}\r\n'
TABLE = (HEAD + "".join(ROW.format(n) for n in range(3))).encode()
SWAPPED = f'{TRANSCRIPT},{SERIAL},{PERSON},{CUSTOMER},"{RESPONSE}"\r\n'.encode() * 3

PAGES: dict[str, bytes] = {
    "whole": GOOD,
    "cut off": GOOD[: len(GOOD) * 2 // 3],
    "cut off in a text": GOOD[: GOOD.rindex(b"quagmires")],
    "bad utf-8": GOOD.replace(b"quietly", b"qui\xff\xfetly"),
    "lone surrogate": GOOD.replace(b"quietly", b"\\ud800 quietly"),
    "control characters": GOOD.replace(b"quietly", b"\x00\x1b[31m"),
    "broken json": GOOD.replace(b'"timestamp": 1634190270481,', b'"timestamp": ' + SAID + b",", 1),
    "texts for numbers": page({**entry(0), "timestamp": TRANSCRIPT, "recordKey": None}),
    "lists for texts": page({**entry(0), "utteranceType": [TRANSCRIPT], "recordKey": [CUSTOMER, SERIAL]}),
    "texts for objects": page({**entry(0), "device": SERIAL, "voiceHistoryRecordItems": TRANSCRIPT}),
    "values for entries": page(TRANSCRIPT, [PERSON], 5, None, entry(1)),
    "unknown keys": page({**entry(0), PERSON: SERIAL, TRANSCRIPT: {RESPONSE: [CUSTOMER]}}),
    "a key twice": GOOD.replace(b'"recordType"', b'"customerId": "' + SAID + b'", "recordType"', 1),
    "too deep": page({**entry(0), "deep": json.loads("[" * 90 + f'"{TRANSCRIPT}"' + "]" * 90)}),
    "number too long": GOOD.replace(b"1634190270481,", b"9" * 5_000 + b",", 1),
    "too large": page({**entry(0), "cardResponse": TRANSCRIPT * 50_000}),
    "utf-16": GOOD.decode().encode("utf-16"),
}
TABLES: dict[str, bytes] = {
    "whole": TABLE,
    "no heading": TABLE.split(b"\r\n", 1)[1],
    "other columns": SWAPPED,
    "taken for a heading": SWAPPED.replace(b",", b" serial,", 1),
    "quote never closed": TABLE.replace(b'"', b"", 1),
    "bad utf-8": TABLE.replace(b"quietly", b"qui\xfftly"),
    "utf-16": TABLE.decode().encode("utf-16"),
    "ragged": TABLE + f"{TRANSCRIPT}\r\n{PERSON}".encode() + f",{SERIAL}".encode() * 12,
    "impossible dates": TABLE.replace(b"2025-06-01", b"2025-02-31"),
    "ambiguous dates": TABLE.replace(b"2025-06-01", b"03/04/2025"),
    "nul and cr": TABLE.replace(b"\r\n", b"\r").replace(b"quietly", b"\0"),
    "too large": TABLE + b'"' + SAID * 50_000 + b'"\r\n',
}
FOREIGN = {
    "history.txt": SAID + b" " + SERIAL.encode(),
    "other.json": json.dumps([TRANSCRIPT, {PERSON: SERIAL}]).encode(),
    "other.csv": f"{TRANSCRIPT},{PERSON}\n{SERIAL},{CUSTOMER}\n".encode(),
}


def zipped(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # stored: the words lie open in the archive
        archive.writestr(name, data)
    return buffer.getvalue()


def archives() -> Iterator[tuple[str, bytes]]:
    whole = zipped("Audio and Transcription/Transcriptions.csv", TABLE)
    yield "whole.zip", whole
    yield "cut-off.zip", whole[: len(whole) // 2]
    yield "wrong-sum.zip", whole.replace(b"quietly", b"loudly!")
    yield "wrong-name.zip", whole.replace(b"Transcriptions.csv", b"Transcriptions.cs/", 1)
    yield "encrypted.zip", whole.replace(b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\x01\0")
    yield "no-archive.zip", SAID + SERIAL.encode()
    yield "packed.csv.gz", b"\x1f\x8b\x08\0" + SAID


def files() -> Iterator[tuple[str, bytes]]:
    for title, data in PAGES.items():
        yield f"page {title}.json", data
    for title, data in TABLES.items():
        yield f"Transcriptions-{list(TABLES).index(title)}.csv", data
    yield "recognitionData-1.csv", SWAPPED
    yield from FOREIGN.items()
    yield from archives()


ALL = dict(files())
VERBS = (
    ("identify",),
    ("identify", "--format", "json"),
    ("read",),
    ("read", "--format", "json"),
    ("read", "--format", "csv"),
    ("read", "--problems", "--format", "json"),
    ("read", "--files", "--format", "csv"),
    ("summary",),
    ("summary", "--format", "json"),
    ("summary", "--format", "csv", "--timezone", "Europe/Berlin"),
    ("checklist", "--law", "gdpr"),
    ("checklist", "--law", "gdpr", "--format", "json"),
    ("checklist", "--law", "ccpa", "--format", "markdown"),
    ("activations",),
    ("activations", "--format", "json"),
    ("retention",),
    ("retention", "--format", "csv", "--as-of", "2026-01-01"),
    ("retention", "--exposure", "--format", "json"),
)


def words_in(text: str | bytes) -> list[str]:
    """The canaries in a text, however they are written."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    folded = data.replace(b"\0", b"").lower()
    return [word for word in CANARIES if word.lower().encode() in folded]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is home, present folder and place for temporary files at once."""
    folder = tmp_path / "watched"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for name in ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(folder))
    return folder


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    folder.mkdir()
    for name, data in ALL.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the child process, whose own errors nobody would see."""
    monkeypatch.setattr(worker, "load", toolkit.load)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def assert_silent(result: Result) -> None:
    assert words_in(result.stdout) == []
    assert words_in(result.stderr) == []
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code in (0, 1, 2)


def test_the_words_are_found_where_they_may_be(in_this_process: None, tmp_path: Path) -> None:
    (tmp_path / "page.json").write_bytes(GOOD)
    shown = run("read", tmp_path / "page.json", "--format", "json", "--show-text")
    assert words_in(shown.stdout) == list(CANARIES)
    assert words_in(shown.stderr) == []


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
@pytest.mark.parametrize("name", ALL)
def test_no_word_is_said_about_any_file(
    in_this_process: None, watched: Path, tmp_path: Path, name: str, verb: tuple[str, ...]
) -> None:
    (tmp_path / name).write_bytes(ALL[name])
    assert_silent(run("--debug", *verb, tmp_path / name))
    assert list(watched.iterdir()) == []


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_no_word_is_said_about_all_of_them_together(
    in_this_process: None, watched: Path, everything: Path, verb: tuple[str, ...]
) -> None:
    assert_silent(run(*verb, everything, *(everything / name for name, _ in archives())))
    assert list(watched.iterdir()) == []


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_no_word_is_said_when_two_exports_are_compared(
    in_this_process: None, watched: Path, everything: Path, tmp_path: Path, form: str
) -> None:
    (tmp_path / "page.json").write_bytes(GOOD)
    assert_silent(run("compare", everything, tmp_path / "page.json", "--format", form))
    assert_silent(run("compare", tmp_path / "page.json", everything, "--format", form))
    assert list(watched.iterdir()) == []


def test_enough_of_the_broken_files_is_read_for_this_to_mean_something(everything: Path) -> None:
    assert len(set(ALL.values())) == len(ALL) - 1  # each is broken in its own way; one table has two names
    export = toolkit.load(everything, *(everything / name for name, _ in archives()))
    assert export.records.height > 50
    assert export.problems["code"].n_unique() > 15
    assert words_in(export.records.write_ndjson()) == list(CANARIES)
    assert words_in(export.problems.write_ndjson()) == []
    assert words_in(export.files.write_ndjson()) == []


@pytest.mark.parametrize("name", ALL)
def test_no_exception_repeats_a_word(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ALL[name])
    try:
        export = toolkit.load(tmp_path / name)
    except ToolkitError as error:
        chain: list[BaseException] = [error]
        while following := chain[-1].__cause__ or (not chain[-1].__suppress_context__ and chain[-1].__context__):
            chain.append(following)
        assert words_in("".join(f"{one!r}{one}{one.__dict__}" for one in chain)) == []
    else:
        assert words_in(export.problems.write_ndjson() + export.files.write_ndjson()) == []


@pytest.mark.parametrize("name", ALL)
def test_an_export_given_as_columns_file_is_not_repeated(
    in_this_process: None, watched: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "page.json").write_bytes(GOOD)
    (tmp_path / name).write_bytes(ALL[name])
    result = run("read", tmp_path / "page.json", "--columns", tmp_path / name)
    assert_silent(result)
    assert result.exit_code == 2


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_file_that_was_asked_for_holds_no_word_either(
    in_this_process: None, watched: Path, everything: Path, form: str
) -> None:
    assert_silent(run("read", everything, "--format", form, "--output", watched / "out"))
    assert [path.name for path in watched.iterdir()] == ["out"]
    assert words_in((watched / "out").read_bytes()) == []


@pytest.mark.parametrize("verb", [("identify",), ("read", "--format", "csv"), ("summary",)], ids=" ".join)
@pytest.mark.parametrize(
    "place", ["toolkit.account.conform", "toolkit.reading.audio.looks_like_audio", "toolkit.cli.out.terminal"]
)
def test_a_fault_of_our_own_that_holds_the_words_does_not_get_out(
    in_this_process: None,
    watched: Path,
    everything: Path,
    monkeypatch: pytest.MonkeyPatch,
    verb: tuple[str, ...],
    place: str,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError(TRANSCRIPT, PERSON, SERIAL, CUSTOMER)

    monkeypatch.setattr(place, fails)
    assert_silent(run("--debug", *verb, everything))
    assert list(watched.iterdir()) == []


@pytest.mark.parametrize("verb", [("read", "--format", "json"), ("summary",)], ids=" ".join)
def test_a_real_process_leaves_no_word_behind(watched: Path, everything: Path, verb: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", "from toolkit.cli import main; main()", *verb, str(everything)]
    done = subprocess.run(command, capture_output=True, cwd=watched, env=dict(os.environ), check=False)
    assert done.returncode == 1
    assert done.stdout
    assert words_in(done.stdout) == []
    assert words_in(done.stderr) == []
    assert list(watched.iterdir()) == []
