"""Cutting JSON: every layout gives the same rows, and broken files lose only what is broken."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import Trickle
from toolkit.carve.json import Cutter
from toolkit.carve.typed import Decoder, Int, Record, fit
from toolkit.limits import Limits


class Part(Record):
    name: str | None = None
    text: str | None = None


class Entry(Record):
    key: str | None = None
    number: Int | None = None
    flag: bool | None = None
    parts: list[Part] | None = None
    one: Part | None = None


def cut(data: bytes, block: int = 1 << 20, record: int = 1 << 20, key: str | None = "entries") -> dict[str, Any]:
    limits = Limits(block=block, json_record=record)
    cutter = Cutter(Trickle(data, block), Decoder(Entry, limits), key, limits)
    found: dict[str, Any] = {"rows": [], "faults": [], "rejects": []}
    for batch in cutter.batches():
        for at, (row, entry) in enumerate(zip(batch.rows, batch.records, strict=True)):
            found["rows"].append((row, entry, batch.leftovers.get(at)))
        found["faults"] += batch.faults
        found["rejects"] += batch.rejects
    return {**found, "pages": cutter.pages, "notes": cutter.notes}


def entries_of(found: dict[str, Any]) -> list[Entry]:
    return [entry for _, entry, _ in found["rows"]]


def codes(found: dict[str, Any], what: str) -> list[str]:
    return [code for _, code in found[what]]


TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ['},{"key":"x"', '"entries":[{', "\\", '"', "},\n  {", "😀", "\u2028", "\x00", "]}", "null"]
)
PART = st.fixed_dictionaries({}, optional={"name": TEXT, "text": st.none() | TEXT})
ENTRY = st.fixed_dictionaries(
    {"key": TEXT},
    optional={
        "number": st.integers(-(2**63), 2**63 - 1) | st.none(),
        "flag": st.booleans(),
        "parts": st.lists(PART, max_size=3),
        "one": st.none() | PART,
    },
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["key", "number", "parts", "name", "new"]), inner, max_size=3)
    ),
    max_leaves=6,
)
ODD = st.dictionaries(st.sampled_from([*Entry.__struct_fields__, "new"]), ANYTHING, max_size=4)
LAYOUT = st.sampled_from(
    [{"separators": (",", ":")}, {}, {"indent": 1}, {"indent": 4, "ensure_ascii": False}, {"indent": "\t"}]
)


def written(entries: list[Any], layout: dict[str, Any]) -> bytes:
    whole = {"before": [1, {"entries": None}], "entries": entries, "after": {}}
    return json.dumps(whole, **layout).encode()


@given(st.lists(ENTRY, max_size=8), LAYOUT)
def test_every_layout_gives_back_what_was_written(entries: list[Any], layout: dict[str, Any]) -> None:
    found = cut(written(entries, layout))

    assert entries_of(found) == [msgspec.convert(entry, Entry) for entry in entries]
    assert (found["rejects"], found["faults"], found["notes"]) == ([], [], [])


@given(st.lists(ENTRY | ODD | ANYTHING, max_size=8), LAYOUT)
def test_fast_and_slow_path_agree_and_nothing_is_lost(entries: list[Any], layout: dict[str, Any]) -> None:
    found = cut(written(entries, layout))
    read = json.loads(json.dumps(entries), parse_constant=lambda _: None)

    objects = [value for value in read if isinstance(value, dict)]
    assert entries_of(found) == [fit(value, Entry, [])[0] for value in objects]
    assert [left or "" for _, _, left in found["rows"]] == [
        json.dumps(fit(value, Entry, [])[1], ensure_ascii=False, separators=(",", ":"))[1:-1] for value in objects
    ]
    assert codes(found, "rejects") == ["not_a_record"] * (len(read) - len(objects))


@given(st.lists(ENTRY | ODD, min_size=1, max_size=6), LAYOUT, st.integers(1, 64), st.data())
def test_rows_do_not_depend_on_where_the_stream_is_cut(
    entries: list[Any], layout: dict[str, Any], block: int, data: st.DataObject
) -> None:
    text = bytearray(written(entries, layout))
    for _ in range(data.draw(st.integers(0, 3), label="damages")):
        at = data.draw(st.integers(0, len(text) - 1), label="where")
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3), label="bytes")

    assert cut(bytes(text), block, record=200) == cut(bytes(text), record=200)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_end_in_a_result(data: bytes, top: bool) -> None:
    found = cut(b'{"entries":[' + data, 16, key=None if top else "entries")

    numbers = [row for row, *_ in found["rows"]] + [row for row, _ in found["rejects"]]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


SOUND = [{"key": f"k{n}", "number": n, "parts": [{"name": "a", "text": "b"}]} for n in range(5)]
TIGHT = json.dumps({"entries": SOUND}, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (TIGHT.replace(b'"key":"k2"', b'"key":k2'), "not_json"),
        (TIGHT.replace(b'"key":"k2"', b'"key":"k2'), "not_json"),
        (TIGHT.replace(b'"number":2', b'"number":[2'), "not_json"),
        (TIGHT.replace(b'{"key":"k2"', b'7,{"key":"k2"').replace(b'7,{"key":"k2"', b'{"key":"k2"]'), "not_json"),
        (TIGHT.replace(b'},{"key":"k3"', b'}x{"key":"k3"'), "not_json"),
        (TIGHT.replace(b'"number":2', b'"new":' + b"[" * 100 + b"]" * 100), "too_deep"),
        (TIGHT.replace(b'"number":2', b'"new":' + b"[" * 5_000 + b"]" * 5_000), "too_deep"),
        (TIGHT.replace(b'"number":2', b'"new":' + b"9" * 5_000), "bad_number"),
    ],
)
def test_one_bad_record_costs_one_row(broken: bytes, code: str) -> None:
    found = cut(broken)

    assert codes(found, "rejects") == [code]
    assert len(found["rows"]) == 4


def test_a_missing_comma_loses_no_record() -> None:
    found = cut(TIGHT.replace(b'},{"key":"k3"', b'}{"key":"k3"'))

    assert (len(found["rows"]), found["rejects"], found["faults"]) == (5, [], [(3, "missing_comma")])


@pytest.mark.parametrize("block", [1 << 20, 40])
def test_a_broken_record_swallows_no_page_behind_it(block: int) -> None:
    page = b'{"entries":[{"key":"a"}]}'
    found = cut(b'{"entries":[{"key":"x", broken}]}' + page * 50, block)

    assert (len(found["rows"]), len(found["rejects"]), found["pages"]) == (50, 1, 51)


@pytest.mark.parametrize("block", [1 << 20, 40])
def test_records_that_begin_with_a_key_nobody_expects_have_borders_too(block: int) -> None:
    records = [b'{"_id":%d,"key":"a"}' % n for n in range(10)]
    records[4] = b'{"_id":4,"key":broken}'
    found = cut(b'{"entries":[' + b",".join(records) + b"]}", block)

    assert (len(found["rows"]), codes(found, "rejects")) == (9, ["not_json"])


def test_a_cut_off_file_keeps_all_whole_records_and_says_so() -> None:
    found = cut(TIGHT[:-30])

    assert len(found["rows"]) == 4
    assert (codes(found, "rejects"), found["notes"]) == (["cut_off"], ["cut_off"])


def test_a_record_over_the_limit_is_rejected_and_the_next_is_read() -> None:
    long = TIGHT.replace(b'"k2"', b'"' + b"x" * 500 + b'"')

    assert len(cut(long, record=1_000)["rows"]) == 5
    at_the_limit = cut(long, 64, record=300)
    assert (len(at_the_limit["rows"]), codes(at_the_limit, "rejects")) == (4, ["too_large"])


def test_a_look_alike_of_the_border_inside_a_record_splits_nothing() -> None:
    nested = {"key": "a", "new": [{"key": "b"}, {"key": "c"}, {"key": "d"}]}
    found = cut(json.dumps({"entries": [nested, nested, {"key": "e"}]}, separators=(",", ":")).encode(), 8)

    assert [entry.key for entry in entries_of(found)] == ["a", "a", "e"]
    assert found["rows"][0][2] == '"new":[{"key":"b"},{"key":"c"},{"key":"d"}]'


def test_many_pages_in_one_file_are_all_read() -> None:
    pages = [{"entries": SOUND[:2], "token": "x"}, {"entries": None}, {"entries": []}, {"entries": SOUND[2:]}]
    found = cut(json.dumps(pages).encode(), 32)

    assert [entry.key for entry in entries_of(found)] == ["k0", "k1", "k2", "k3", "k4"]
    assert found["pages"] == 4


def test_pages_written_one_after_the_other_are_all_read() -> None:
    found = cut(TIGHT + b"\n" + TIGHT, 50)

    assert [row for row, *_ in found["rows"]] == list(range(1, 11))


@pytest.mark.parametrize("text", [b"[]", b"[ ]\n", b'{"entries":[]}', b'{"entries":null}'])
def test_an_honest_page_without_entries_is_no_fault(text: bytes) -> None:
    found = cut(text, key=None if text.startswith(b"[") else "entries")

    assert (found["rows"], found["rejects"], found["notes"], found["pages"]) == ([], [], [], 1)


def test_what_the_standard_library_passes_over_in_silence_is_a_fault() -> None:
    odd = (
        b'{"entries":[{"key":"\\ud800"},{"new":NaN},{"new":1e999},{"key":"\xff"},{"number":"1"},{"key":"a","key":"b"}]}'
    )
    found = cut(odd)

    assert found["faults"] == [
        (1, "lone_surrogate"),
        (2, "not_a_number"),
        (3, "not_a_number"),
        (4, "bad_utf8"),
        (5, "field_type"),
        (6, "duplicate_key"),
    ]
    assert [entry.key for entry in entries_of(found)] == ["\ufffd", None, None, "\ufffd", None, "b"]
    assert found["rows"][4][2] == '"number":"1"'


def test_a_key_given_twice_counts_with_its_last_value_and_is_told_near_the_beginning() -> None:
    found = cut(b'{"entries":[{"key":"a","key":"b"},{"key":"a","key":"b"}]}')
    assert [entry.key for entry in entries_of(found)] == ["b", "b"]
    assert found["faults"] == [(1, "duplicate_key"), (2, "duplicate_key")]

    once, twice = b'{"key":"a"},', b'{"key":"a","key":"b"},'
    far = cut(b'{"entries":[' + once * 9_000 + twice + b'{"key":"c"}]}')
    assert [entry.key for entry in entries_of(far)][-2:] == ["b", "c"]
    assert far["faults"] == [], "so far down the fast decoder reads, which does not tell"


def test_records_without_end_do_not_cost_a_look_of_the_full_limit_each() -> None:
    runaway = b'{"entries":[' + b'{"key":"a","parts":[{"name":"b"},' * 300
    found = cut(runaway, 256, record=20_000)

    assert found["rows"] == []
    assert len(found["rejects"]) > 100


class Wrapped(Record):
    name: str | None = None


class Either(Record):
    files: list[str | Wrapped] | None = None


@given(st.lists(TEXT | PART | ANYTHING, max_size=4))
def test_a_field_of_two_kinds_reads_alike_on_either_path(values: list[Any]) -> None:
    text = json.dumps({"files": values})
    value = json.loads(text, parse_constant=lambda _: None)
    quick = Decoder(Either).one(text.encode())
    slow, left = fit(value, Either, [])

    if quick is not None:
        assert (quick, {}) == (slow, left)
    known = all(isinstance(one, str | dict) for one in value["files"])
    assert (slow.files is not None) == known
    assert known or left == value
