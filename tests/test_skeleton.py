"""The shape of an export may be pasted into a public issue: no value of the data stands in it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import test_canary_cli as canary
import toolkit
from alexa import zip_parts
from toolkit import recognise, shapes
from toolkit.cli import main
from toolkit.skeleton import ASK, skeleton

SAMPLES = Path(__file__).parent.parent / "sample_exports"
UUID = "689f45b6-f6f0-8332-8f61-69c9e796073c"
OURS = {"true", "false", "null", "<id>"}
FOLDERS = sorted(path for path in SAMPLES.iterdir() if path.is_dir() and path.name != "__pycache__")


def leaves(value: Any) -> Iterator[str]:
    """Every value in JSON, that in JSON inside a text included."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif isinstance(value, str):
        yield value
        if value.startswith(("{", "[")):
            yield from leaves(json.loads(value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def values(path: Path) -> Iterator[str]:
    """Everything in a file that is data rather than structure, and what in its path is an id, a date or a number."""
    yield from re.findall(r"\d{3,}|[0-9a-f]{8}-[0-9a-f-]{27}", str(path))
    if path.suffix in (".json", ".jsonl"):
        text = path.read_text("utf-8-sig")
        for part in text.splitlines() if path.suffix == ".jsonl" else [text]:
            yield from leaves(json.loads(part))
    elif path.suffix in (".csv", ".tsv"):
        delimiter = (
            "\t" if path.suffix == ".tsv" else ";" if ";" in path.read_text("utf-8-sig").splitlines()[0] else ","
        )
        for row in list(csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=delimiter))[1:]:
            yield from row
    elif path.suffix == ".html":
        text = re.sub(r"<style.*?</style>", "", path.read_text("utf-8"), flags=re.DOTALL)
        yield from re.findall(r">([^<>]+)<", text)
        yield from re.findall(r"""(?:href|src)=["']([^"']+)""", text)
    elif path.suffix in (".txt", ".md"):
        yield from path.read_text("utf-8").splitlines()


def names(folder: Path) -> set[str]:
    """What is structure, even where a file lists it as a value: paths, their parts, and keys."""
    found = set()
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        found |= {*parts, path.stem} | {"/".join(parts[at:]) for at in range(len(parts))}
        if path.suffix == ".json":
            found |= set(re.findall(r'"([^"\\]+)"\s*:', path.read_text("utf-8-sig")))
    return {name.casefold() for name in found}


def leaked(printed: str, folder: Path) -> set[str]:
    """Values that stand in what was printed; names of things are none, and single words that are such names."""
    for ours in (what for _, _, what in recognise._KINDS):
        printed = printed.replace(ours, "")
    words = set(re.findall(r"[^\W_]+", printed.casefold()))
    structure = names(folder)
    found = set()
    for path in folder.rglob("*"):
        for value in values(path) if path.is_file() else ():
            text = " ".join(value.split()).casefold().strip(" :")
            if (
                len(text) < 3
                or text == "<id>"
                or shapes.is_known(text)
                or text in structure
                or text in ("true", "false", "null")
            ):
                continue
            if text in words if re.fullmatch(r"[^\W_]+", text) else text in printed.casefold():
                found.add(value)
    return found


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_value_of_a_sample_is_printed(folder: Path) -> None:
    printed = skeleton(folder)

    assert len(printed.splitlines()) > 5
    assert leaked(printed, folder) == set()


def test_no_value_of_the_shared_samples_is_printed(shared: Path) -> None:
    printed = skeleton(*sorted((shared / "samples").iterdir()))

    assert leaked(printed, shared / "samples") == set()


def test_a_value_that_were_printed_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"title": "Zebulon hums", "serial": "G0X", "n": 12345}')

    assert leaked("title: Zebulon hums; serial: g0x; n: 12345", tmp_path) == {"Zebulon hums", "G0X", "12345"}


def test_what_helps_to_write_a_reader_is_printed() -> None:
    printed = skeleton(SAMPLES / "any-table-mapped", SAMPLES / "amazon-alexa-csv", SAMPLES / "google-takeout-json-en")

    for told in (
        "history.csv", "7 columns, parted by semicolons: a heading first", "commands[].result: ",
        "commands[].sound: name of a clip x 12", "Transcriptions.csv", "read as amazon_csv_a", "column 3 Audio File: ",
        "Takeout/My Activity/Assistant/MyActivity.json", "date ####-##-##T##:##:##", "read as google_activity_json",
        "takeout-########T######Z-###", "sound, begins like MP3",
    ):  # fmt: skip
        assert told in printed


@pytest.mark.parametrize(
    "first", ["Anna,turn on the light,1.wav", "2024-01-01 10:00,play music", "stop,,Kitchen", "1,2"]
)
def test_a_first_row_that_may_be_data_is_not_printed(first: str) -> None:
    printed = skeleton(f"{first}\nBert,stop,2.wav\n".encode())

    assert "none is shown" in printed
    assert not [cell for cell in first.split(",") if len(cell) > 2 and cell in printed]


def test_a_heading_that_stands_below_as_a_value_is_data() -> None:
    assert "Request" in skeleton(b"Date,Request\n1,2\n")
    assert "Request" not in skeleton(b"Date,Request\nDate,x\n")


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        ("Takeout/My Activity/Voice and Audio/MyActivity.json", "Takeout/My Activity/Voice and Audio/MyActivity.json"),
        ("anna.muster@example.org/history.csv", "<e-mail>/history.csv"),
        (
            "Anna Muster/messages/inbox/bertholt_9231/message_1.json",
            "<name>/messages/<word>/<word>_####/message_#.json",
        ),
        ("user-aB3xY9kQ12/689f45b6-f6f0-8332-8f61-69c9e796073c/audio/f.wav", "user-<id>/<uuid>/audio/<word>.wav"),
        ("G0SYN00001/2024-05-01_10_11_12_345_UTC.mp3", "<id>/####-##-##_##_##_##_###_UTC.mp3"),
        ("Alexa_12/Kitchen Echo/x.Anna", "Alexa_##/<name>/<word>.<word>"),
        ("turn on the light in my room please", "<name>"),
        ("![x](https://evil.example/q.png)", None),
        ("<script>alert(1)</script>`\x1b[31m\u202e", None),
        ("a" * 5_000, "<name>"),
    ],
)
def test_of_a_path_only_words_that_name_things_are_left(path: str, masked: str | None) -> None:
    printed = shapes.path(path)

    assert masked is None or printed == masked
    assert not re.search(r"evil|alert|Anna|<script|`|\x1b|\u202e", printed)


def test_keys_that_are_data_are_masked() -> None:
    people = {"Anna Muster": {"time": 1}, "bert@example.org": {"time": 2}, "G0SYN00001": 1, UUID: 2}
    printed = skeleton(json.dumps({"people": people, "root-of-home": {"id": "root-of-home"}, "2024-01-01": 1}).encode())

    assert not re.search("Anna|Muster|bert|G0SYN|689f|root-of-home|2024", printed)
    for told in ("<name>.time: ", "<e-mail>.time: ", "<id>: ", "<uuid>: ", "<name>.id: text", "####-##-##: "):
        assert told in printed


def test_json_inside_a_text_is_opened_once() -> None:
    inner = json.dumps({"summary": "Zebulon hums", "deeper": json.dumps({"text": "x"})})
    printed = skeleton(json.dumps([{"description": inner}]).encode())

    assert "[].description as JSON: summary: text of 2 to 9 words x 1" in printed
    assert "deeper" not in printed
    assert "Zebulon" not in printed


@pytest.mark.parametrize("name", canary.ALL)
def test_no_word_of_a_broken_or_strange_file_is_printed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(canary.ALL[name])
    result = CliRunner().invoke(main, ["identify", "--skeleton", str(tmp_path / name)])

    assert canary.words_in(result.stdout + result.stderr) == []
    assert result.exception is None or isinstance(result.exception, SystemExit)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_long_text_gets_out_of_any_json(value: Any) -> None:
    hidden = "quagmire zebulon"
    printed = skeleton(
        json.dumps({"a": [value, hidden, {hidden: hidden}]}, ensure_ascii=False).encode("utf-8", "replace")
    )

    assert not re.search("quagmire|zebulon", printed)
    assert printed.isprintable() or all(line.isprintable() for line in printed.splitlines())


@given(st.binary(max_size=300), st.sampled_from(["a.json", "a.csv", "a.html", "a", "a.jsonl", "a.txt"]))
def test_no_bytes_break_it(data: bytes, name: str) -> None:
    stream = io.BytesIO(data)
    stream.name = name
    with suppress(toolkit.ToolkitError):
        assert skeleton(stream).endswith("```\n")


def test_what_is_printed_is_bounded_whatever_the_export() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for n in range(300):
            keys = {f"data{'_item' * (k % 7)}{'_value' * (k % 11)}_{'id' * (k % 3)}": k for k in range(200)}
            archive.writestr("list/" * (n % 90) + f"{'file_' * (n % 4)}{n}.json", json.dumps(keys))
        archive.writestr("deep.json", "[" * 100_000 + '{"a":' * 100_000)
    printed = skeleton(buffer.getvalue())

    assert len(printed.splitlines()) <= 402
    assert max(map(len, printed.splitlines())) <= 160
    assert "more" in printed


def test_hostile_archives_are_named_by_their_fault_only(tmp_path: Path) -> None:
    good = zip_parts(SAMPLES / "amazon-alexa-csv")["Alexa_1.zip"]
    printed = skeleton(good, b"Rar!\x1a\x07zebulon")

    assert re.search(r"Source 2 could not be opened: \w+$", printed, re.MULTILINE)
    with pytest.raises(toolkit.ToolkitError):
        skeleton(b"Rar!\x1a\x07zebulon")


def test_the_command_prints_the_shape_and_says_how_to_help() -> None:
    result = CliRunner().invoke(main, ["identify", "--skeleton", str(SAMPLES / "any-table-mapped")])

    assert (result.exit_code, result.stdout) == (0, skeleton(SAMPLES / "any-table-mapped"))
    assert result.stderr.strip() == ASK
    assert result.stdout.startswith("```text\n")
    wrong = CliRunner().invoke(main, ["identify", "--skeleton", "--format", "json", str(SAMPLES)])
    assert wrong.exit_code == 2
