"""Any table, with the columns its owner names: nothing guessed, nothing dropped, no maker's claim made of it."""

from __future__ import annotations

import io
import json
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import toolkit
from toolkit import worker
from toolkit.carve import plain
from toolkit.carve.batch import Batch
from toolkit.cli import main
from toolkit.limits import DEFAULT, Limits
from toolkit.parsers import chosen, mapped, tables

SAMPLES = Path(__file__).parent.parent / "sample_exports"
ROWS = [
    {"when": "2024-05-01 10:00:00", "what": "lights on", "who": "Kim", "n": 1},
    {"when": "2024-05-01 11:30:00", "what": "N/A", "who": "", "n": 2},
]
CSV = "when,what,who,n\n" + "".join(",".join(map(str, row.values())) + "\n" for row in ROWS)
SHAPES = {
    "a.csv": CSV,
    "a.tsv": CSV.replace(",", "\t"),
    "semicolons.txt": CSV.replace(",", ";"),
    "array.json": json.dumps(ROWS),
    "indented.json": json.dumps(ROWS, indent=2),
    "object.json": json.dumps({"version": [1, 2], "data": {"commands": ROWS}}),
    "a.jsonl": "\n".join(map(json.dumps, ROWS)),
    "lines.json": "\r\n".join(map(json.dumps, ROWS)) + "\r\n",
    "no suffix": json.dumps(ROWS),
}
MAPPING = {"time": "when", "transcript": "what", "person": "who"}


def named(name: str, text: str | bytes) -> io.BytesIO:
    stream = io.BytesIO(text.encode() if isinstance(text, str) else text)
    stream.name = name
    return stream


def load(text: str | bytes, name: str = "table.csv", **mapping: Any) -> toolkit.Export:
    return toolkit.load(named(name, text), timezone="UTC", columns=mapping)


def codes(export: toolkit.Export) -> list[str]:
    return export.problems["code"].to_list()


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_shape_of_table_reads_the_same(name: str, encoding: str) -> None:
    export = load(SHAPES[name].encode(encoding), name, **MAPPING)

    assert export.records.select("transcript", "person", "time_text").rows() == [
        ("lights on", "Kim", "2024-05-01 10:00:00"),
        (None, None, "2024-05-01 11:30:00"),
    ]
    assert [json.loads(text)["n"] in (1, 2, "1", "2") for text in export.records["extra"]] == [True, True]
    assert set(export.records.select("vendor", "product", "format", "status", "trigger").row(0)) == {
        "other", "mapped", "unknown",
    }  # fmt: skip
    assert codes(export) == []


def test_a_table_deep_inside_an_archive_is_read_and_its_neighbours_are_left_alone() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/b/c/history.json", SHAPES["object.json"])
        archive.writestr("a/other.csv", "x,y\n1,2\n")
        archive.writestr("a/other.json", "{}")
    export = toolkit.load(buffer.getvalue(), columns=MAPPING)

    assert export.records["source_file"].unique().to_list() == ["a/b/c/history.json"]
    assert not export.problems["severity"].is_in(["warning", "error"]).any()


def test_without_a_mapping_the_advice_says_that_columns_can_be_given_and_how() -> None:
    with pytest.raises(toolkit.NotAnExport) as refused:
        toolkit.load(named("table.csv", CSV))

    assert "a table of another kind" in refused.value.message
    assert "--columns" in refused.value.advice
    assert "--skeleton" in refused.value.advice


@pytest.mark.parametrize(
    ("path", "told", "advice"),
    [
        ("facebook_assistant/no-data.txt", "a Meta export (Facebook, Instagram)", "Meta AI app"),
        ("your_facebook_activity/messages/x.json", "a Meta export", "--skeleton"),
        ("MyData/VoiceInput.json", "Spotify's list of spoken commands", "--columns"),
        ("bixby.csv", "a table", "--skeleton"),
    ],
)
def test_a_maker_without_a_public_format_is_named_and_the_way_on(path: str, told: str, advice: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(path, "x,y\n")
    with pytest.raises(toolkit.NotAnExport) as refused:
        toolkit.load(buffer.getvalue())

    assert told in refused.value.message
    assert advice in refused.value.advice


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ({"time": "nowhere"}, "fits none"),
        ({"transcript": "what"}, "fits none"),
        ({"time": 9}, "fits none"),
        ({"time": "when", "person": "nobody"}, "a column that the file does not have"),
        ({"time": "what"}, "Nothing in the column given for the time"),
        ({"time": "when", "time_unit": "seconds"}, "Nothing in the column given for the time"),
        ({"time": "n", "time_unit": "seconds"}, "Nothing in the column given for the time"),
        ({"time": "when", "time_pattern": "%d.%m.%Y %H:%M"}, "Nothing in the column given for the time"),
    ],
)
def test_a_mapping_that_does_not_fit_is_a_clear_problem(mapping: dict[str, Any], told: str) -> None:
    with pytest.raises(toolkit.ToolkitError, match=told) as refused:
        load(CSV, **mapping)

    assert refused.value.advice
    assert not [value for value in ("lights", "Kim", "nowhere", "nobody") if value in str(refused.value.args)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"product": "Bixby!"}, {"product": "../x"}, {"product": 3}, {"time_unit": "years"}, {"time_pattern": "%H:%M"},
        {"time_pattern": "%Y-%m-%d %H:%M:%S %f"}, {"time_pattern": "%Y-%m-%d %H"}, {"time_pattern": "%Q" * 9},
        {"timezone": "Mars/Base"}, {"nothing": "N/A"}, {"nothing": [1]}, {"repair_text": "yes"}, {"entries": 1},
        {"what": "x"}, {"person": True}, {"person": 1.5},
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_is_refused_before_a_file_is_opened(wrong: dict[str, Any]) -> None:
    with pytest.raises(toolkit.ToolkitError) as refused:
        toolkit.load("/does/not/exist", columns={"time": "when", **wrong})

    assert "does/not/exist" not in refused.value.message
    assert refused.value.advice


@pytest.mark.parametrize(
    ("settings", "text", "time", "basis"),
    [
        ({"time_unit": "seconds"}, "1714557600", "2024-05-01T10:00:00", "utc"),
        ({"time_unit": "seconds"}, "1714557600.25", "2024-05-01T10:00:00.250000", "utc"),
        ({"time_unit": "milliseconds"}, " 1714557600123 ", "2024-05-01T10:00:00.123000", "utc"),
        ({"time_pattern": "%d/%m/%Y %H:%M"}, "01/05/2024 10:00", "2024-05-01T10:00:00", "zone_assumed"),
        ({"time_pattern": "%m/%d/%Y %I:%M:%S %p"}, "05/01/2024 01:00:00 PM", "2024-05-01T13:00:00", "zone_assumed"),
        ({"time_pattern": "%Y%m%dT%H%M%S.%f%z"}, "20240501T120000.5+0200", "2024-05-01T10:00:00.500000", "offset"),
        (
            {"time_pattern": "%Y%m%dT%H%M%SZ", "timezone": "Asia/Tokyo"},
            "20240501T100000Z",
            "2024-05-01T10:00:00",
            "utc",
        ),
        ({"timezone": "Asia/Tokyo"}, "2024-05-01 19:00:00", "2024-05-01T10:00:00", "zone_assumed"),
        ({}, "2024-05-01T10:00:00Z", "2024-05-01T10:00:00", "utc"),
    ],
)
def test_a_time_is_read_as_the_mapping_says(settings: dict[str, Any], text: str, time: str, basis: str) -> None:
    record = load(f"t,x\n{text},a\n", time="t", **settings).records.row(0, named=True)

    assert record["time"].isoformat() == f"{time}+00:00"
    assert (record["time_text"], record["time_basis"]) == (text.strip(), basis)


@pytest.mark.parametrize(
    ("text", "told"),
    [("1714557600", "seconds"), ("1714557600000", "milliseconds"), ("03/04/2024 10:00:00", "which is the day")],
)
def test_what_could_be_read_in_two_ways_is_asked_about_not_guessed(text: str, told: str) -> None:
    with pytest.raises(toolkit.ToolkitError) as refused:
        load(f"t,x\n{text},a\n", time="t")

    assert told in f"{refused.value.message} {refused.value.advice}"


def test_implausible_years_are_refused_and_what_stands_there_is_kept() -> None:
    export = load("t,x\n1714557600,a\n17145576,b\n99999999999,c\n,d\nsoon,e\n", time="t", time_unit="seconds")

    assert export.records["time"].is_null().to_list() == [False, True, True, True, True]
    assert export.records["time_text"].to_list() == ["1714557600", "17145576", "99999999999", None, "soon"]
    assert sorted(codes(export)) == ["time_missing", "time_not_read", "time_refused", "time_refused"]


def test_a_milliseconds_column_taken_for_seconds_gives_no_date() -> None:
    with pytest.raises(toolkit.ToolkitError, match="Nothing in the column given for the time"):
        load("t,x\n1714557600000,a\n", time="t", time_unit="seconds")


def test_markers_of_nothing_are_the_users_and_stay_readable() -> None:
    export = load("t,x\n2024-05-01 10:00:00,-\n2024-05-01 10:00:01,N/A\n", time="t", transcript="x", nothing=["-"])

    assert export.records["transcript"].to_list() == [None, "N/A"]
    assert export.records["extra"].to_list() == ['{"x":"-"}', None]


def test_damaged_text_is_put_right_where_asked_and_stays_readable() -> None:
    rows = [{"t": 1714557600 + n, "x": text} for n, text in enumerate(["Brol\u00c3\u00b8kkevej", "Br\u00f8", "\u00c3"])]
    mapping = {"time": "t", "transcript": "x", "time_unit": "seconds"}
    plainly, mended = (
        load(json.dumps(rows), "a.json", **mapping),
        load(json.dumps(rows), "a.json", **mapping, repair_text=True),
    )

    assert plainly.records["transcript"].to_list() == [row["x"] for row in rows]
    assert mended.records["transcript"].to_list() == ["Broløkkevej", "Brø", "\u00c3"]
    assert mended.records["extra"].to_list() == ['{"x":"Brol\u00c3\u00b8kkevej"}', None, None]


def test_the_real_example_of_damaged_text_is_repaired(shared: Path) -> None:
    text = json.loads((shared / "samples/facebook/mojibake_example.json").read_text("utf-8"))["text"]

    assert mapped.repaired(pl.Series([text])).to_list() == ["Broløkkevej \U0001f642"]


def test_inner_keys_are_reached_with_a_dot_and_their_neighbours_kept() -> None:
    row = {"t": 1714557600, "dev": {"name": "Den", "id": 7}, "a.b": "dot", "clips": ["x/1.wav", "2.wav"], "x": [1]}
    export = load(
        json.dumps([row]), "a.json", time="t", time_unit="seconds", device_name="dev.name", audio="clips",
        language="a.b", transcript="x",
    )  # fmt: skip
    record = export.records.row(0, named=True)

    assert (record["device_name"], record["language"], record["audio_files"]) == ("Den", "dot", ["1.wav", "2.wav"])
    assert json.loads(record["extra"]) == {"dev": {"id": 7}, "x": [1], "clips": "x/1.wav\n2.wav"}
    assert "field_type" in codes(export)  # a list of numbers is no transcript


def test_a_key_that_no_entry_has_is_told() -> None:
    export = load(SHAPES["array.json"], "a.json", **MAPPING, language="lang")

    assert codes(export) == ["column_missing"]
    assert "language" in export.problems["message"].item()


def test_of_several_lists_the_named_one_is_read() -> None:
    text = json.dumps({"devices": [{"when": "x"}], "log": {"commands": ROWS}})

    assert load(text, "a.json", time="when", entries="commands").records.height == 2


def test_a_maker_whose_files_are_known_keeps_them() -> None:
    page = SAMPLES / "amazon-alexa-privacy-page"
    plainly, given = toolkit.load(page), toolkit.load(page, columns={"time": "timestamp", "time_unit": "milliseconds"})

    assert plainly.records.equals(given.records)
    assert codes(given).count("columns_not_used") == 1


def test_a_mapping_for_a_makers_table_is_not_tried_on_strangers() -> None:
    alexa = named("Transcriptions.csv", "a,b\n2024-01-01 10:00:00,alexa stop\n")
    export = toolkit.load(
        alexa, named("orders.csv", "a,b\n2024-01-01 10:00:00,shoes\n"), columns={"time": 0, "transcript": 1}
    )

    assert export.records["format"].to_list() == ["amazon_csv_a"]
    assert codes(export) == []


def test_the_pattern_and_zone_of_a_mapping_hold_for_a_makers_table_too() -> None:
    text = "01/05/2024 10:00,alexa stop\n"
    mapping = {"time": 0, "transcript": 1, "time_pattern": "%d/%m/%Y %H:%M", "timezone": "Asia/Tokyo", "status_text": 1}
    export = toolkit.load(named("Transcriptions.csv", text), columns=mapping)

    assert export.records["time"].item().isoformat() == "2024-05-01T01:00:00+00:00"
    assert export.records["status_text"].item() == "alexa stop"


# Saved and used again

HEADINGS = st.text(max_size=30).filter(
    lambda text: text.isprintable() or "\n" in text or "\x7f" in text
) | st.sampled_from(['"', "\\", "\x7f", "\x00", "#", "ü\U0001f642", "a = 1", "'''", "\ud7ff", "true", "1"])
CHOSEN = st.builds(
    chosen.Chosen,
    fields=st.dictionaries(st.sampled_from(sorted(chosen.FIELDS)), HEADINGS | st.integers(0, 300), min_size=1),
    product=st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True),
    time_unit=st.sampled_from(("", *chosen.UNITS)),
    time_pattern=st.sampled_from(["", "%d.%m.%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f%:z", '%F "um" %R']),
    timezone=st.sampled_from(["", "Europe/Berlin"]),
    entries=HEADINGS,
    nothing=st.lists(HEADINGS).map(tuple),
    repair_text=st.booleans(),
)


@given(CHOSEN)
def test_a_saved_mapping_is_the_same_mapping(mapping: chosen.Chosen) -> None:
    assert chosen.of(tomllib.loads(mapping.toml())) == mapping
    assert chosen.of(json.loads(json.dumps(mapping.as_dict()))) == mapping


def test_the_mapping_of_an_export_reads_it_again_the_same(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(CSV)
    first = worker.load(file, columns={**MAPPING, "product": "acme", "nothing": ["N/A", "-"], "timezone": "Asia/Tokyo"})
    saved = tmp_path / "columns.toml"
    saved.write_text(first.column_maps[0].toml())

    again = toolkit.load(file, columns=saved)
    assert again.records.equals(first.records)
    assert again.column_maps == first.column_maps


def test_an_assumed_mapping_can_be_saved_too() -> None:
    export = toolkit.load(SAMPLES / "amazon-alexa-csv")
    saved = tomllib.loads(export.column_maps[0].toml())

    assert saved == {"time": 0, "transcript": 1, "audio": 2, "response": 3}


def test_the_mapping_in_the_documentation_is_one() -> None:
    page = (SAMPLES.parent / "docs/own-columns.md").read_text("utf-8")
    told = tomllib.loads(page.partition("## A table of a maker")[2].partition("```toml\n")[2].partition("```")[0])

    mapping = chosen.of(told)
    assert mapping
    assert set(told) == {*mapping.fields, *chosen.SETTINGS} - {"time_pattern"}  # it stands in a comment there
    assert all(name in page for name in (*chosen.FIELDS, *chosen.SETTINGS))


def test_the_command_line_reads_a_table_with_a_file_of_columns() -> None:
    sample = str(SAMPLES / "any-table-mapped")
    result = CliRunner().invoke(main, ["read", sample, "--columns", f"{sample}.columns.toml", "--format", "csv"])

    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 37)
    assert result.stdout.count(",acme_speaker,mapped,") == 36
    refused = CliRunner().invoke(main, ["read", sample])
    assert refused.exit_code == 2
    assert "--columns FILE.toml" in refused.stderr


# Nothing is dropped

VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=12)
    | st.lists(st.integers(), max_size=2)
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "c.d", "e"]) | st.text(max_size=3), VALUES, max_size=5)


@given(st.lists(OBJECTS, min_size=1, max_size=6), st.sampled_from(["array", "object", "lines"]))
def test_every_value_stands_in_its_field_or_in_extra(entries: list[dict[str, Any]], kind: str) -> None:
    rows = [{**entry, "t": 1_714_557_600 + n} for n, entry in enumerate(entries)]
    text = {
        "array": json.dumps(rows),
        "object": json.dumps({"list": rows}),
        "lines": "\n".join(map(json.dumps, rows)),
    }[kind]
    mapping = {
        "time": "t",
        "time_unit": "seconds",
        "transcript": "a",
        "person": "b",
        "nothing": ["x"],
        "repair_text": True,
    }
    records = load(text, "a.jsonl" if kind == "lines" else "a.json", **mapping).records

    assert records.height == len(rows)
    held = records.select(a="transcript", b="person", extra=pl.col("extra").fill_null("{}")).to_dicts()
    for row, fields in zip(rows, held, strict=True):
        rest = json.loads(fields["extra"])
        for key in row.keys() - {"t"}:
            written = row[key] if isinstance(row[key], str) else json.dumps(row[key])
            assert row[key] in (None, "") or written == fields.get(key) or rest.get(key) in (row[key], written)


@given(st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=4), min_size=1, max_size=8))
def test_every_row_of_a_table_is_counted(rows: list[list[str]]) -> None:
    def quoted(cells: list[str]) -> str:
        return ",".join('"' + cell.replace('"', '""').replace("\r", " ").replace("\n", " ") + '"' for cell in cells)

    text = "t,x\n" + "".join(f"{quoted(['2024-05-01 10:00:00', *row[1:]])}\n" for row in rows)
    export = load(text, time="t", transcript="x")
    files = export.files.row(0, named=True)

    assert files["carved"] == len(rows) == files["understood"]
    kept = [(extra and json.loads(extra)) or {} for extra in export.records["extra"]]
    assert [len(one.get("further cells", [])) for one in kept] == [max(0, len(row) - 2) for row in rows]


# Cutting


def cut(text: bytes, kind: str, limits: Limits = DEFAULT) -> tuple[list[Any], list[int], list[Any], list[Any]]:
    batches: list[Batch[plain.Entry]] = list(plain.batches(io.BytesIO(text), kind, "k", limits))
    return (
        [entry.value for batch in batches for entry in batch.records],
        [row for batch in batches for row in batch.rows],
        [reject for batch in batches for reject in batch.rejects],
        [fault for batch in batches for fault in batch.faults],
    )


PIECES = [
    b'{"a":1}',
    b"\n",
    b"\r\n",
    b"{",
    b'{"a":"\xff"}',
    b'{"a":1,"a":2}',
    b"[1]",
    b"",
    b'{"b":"' + b"x" * 90 + b'"}',
]


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.integers(1, 40))
def test_lines_are_cut_the_same_wherever_the_stream_is(pieces: list[bytes], block: int) -> None:
    text = b"".join(pieces)
    small = Limits(block=block, json_record=80)

    assert cut(text, plain.LINES, small) == cut(text, plain.LINES, Limits(json_record=80))


def test_a_broken_line_costs_itself_only() -> None:
    text = b'{"a":1}\nnot json\n[1]\n{"a":2} x\n\n{"a":' + b"9" * 5_000 + b'}\n{"a":3}\n{"a":'

    entries, rows, rejects, _ = cut(text, plain.LINES, Limits(json_record=6_000))
    assert ([entry["a"] for entry in entries], rows) == ([1, 3], [1, 6])
    assert rejects == [(2, "not_json"), (3, "not_a_record"), (4, "not_json"), (5, "bad_number"), (7, "cut_off")]


def test_a_line_longer_than_any_honest_entry_is_passed_over() -> None:
    text = b'{"a":1}\n{"a":"' + b"x" * 500 + b'"}\n{"a":2}\n'

    assert cut(text, plain.LINES, Limits(block=64, json_record=100))[1:3] == ([1, 3], [(2, "too_large")])


@pytest.mark.parametrize(
    ("head", "keys"),
    [
        (b'{"a": [1, 2], "b": {"c": [{"d": [{}]}]}, "e":[ {', ["c", "e"]),
        (b'{"a\\"b": [{"x": 1}]}', ['a"b']),
        (b'{"a": "[{", "b": [{}', ["b"]),
        (b'{"a": "never ends [{', []),
        (b"[[{}]]", []),
        (b'}}]]{"a":[{', ["a"]),
        (b"", []),
    ],
)
def test_lists_in_an_object_are_found_by_their_keys(head: bytes, keys: list[str]) -> None:
    assert plain.lists(head) == keys


@given(
    st.binary(max_size=80) | st.lists(st.sampled_from([b"{", b"[", b'"', b":", b"a", b"}", b"]", b"\\"])).map(b"".join)
)
def test_no_bytes_break_the_look_at_a_file(head: bytes) -> None:
    table = tables.look("x.json", head, DEFAULT)

    assert table is None or all(len(row) <= len(table.header) for row in table.rows)


# The trial the dashboard shows


def test_a_trial_says_what_reading_would() -> None:
    text = "when;what\n1714557600;a\nlater;b\n5;c\n;d\n"
    table = tables.look("a.csv", text.encode(), DEFAULT)
    assert table
    proposal = tables.propose("a.csv", table)
    tried = mapped.trial(proposal, chosen.Chosen({"time": 0, "transcript": 1}, time_unit="seconds"), None)

    assert (tried.rows, tried.timed) == (4, 1)
    assert tried.faults == {"time_refused": 1, "time_missing": 1, "time_not_read": 1}
    whole = load(text, time="when", transcript="what", time_unit="seconds")
    assert tried.records["transcript"].to_list() == whole.records["transcript"].to_list()


def test_what_the_columns_may_mean_is_proposed() -> None:
    rows = [{"timestamp": 1714557600123, "text": "K\u00c3\u00bcche", "device": {"name": "Den"}, "file": "1.wav"}]
    table = tables.look("a.json", json.dumps({"log": rows}).encode(), DEFAULT)
    assert table

    assert tables.propose("a.json", table).chosen == {
        "entries": "log", "time_unit": "milliseconds", "repair_text": True, "time": "timestamp", "transcript": "text",
        "device_name": "device.name", "audio": "file",
    }  # fmt: skip
