"""Cutting CSV: the fast path is the standard library's meaning, and one broken row costs one row."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import Trickle
from toolkit.carve.csv import Cutter, delimiter_of
from toolkit.carve.streams import encoding_of, utf8
from toolkit.limits import Limits
from toolkit.problems import TooLarge


def cut(data: bytes, block: int = 1 << 20, field: int = 1 << 20, delimiter: str = ",") -> dict[str, Any]:
    cutter = Cutter(Trickle(data, block), delimiter, Limits(block=block, csv_field=field))
    found: dict[str, Any] = {"first": cutter.first, "rows": [], "more": {}, "faults": [], "rejects": []}
    for batch in cutter.batches():
        found["rows"] += batch.frame.rows()
        found["more"] |= batch.more
        found["faults"] += batch.faults
        found["rejects"] += batch.rejects
    return found


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8) | st.sampled_from(
    ["", '"', '""', ",", "a,b", "x\ny", "x\r\ny", '"quoted"', "  spaced  ", "=1+1", "\u2028", "é"]
)
TABLE = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=8)
)


def written(table: list[list[str]], **how: Any) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, **how).writerows(table)
    return out.getvalue().encode()


@given(TABLE, st.sampled_from(["\r\n", "\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_was_written_is_read_back(table: list[list[str]], newline: str, quoting: Any) -> None:
    found = cut(written([["a"] * len(table[0]), *table], lineterminator=newline, quoting=quoting))

    assert [list(row[:-1]) for row in found["rows"]] == table
    assert [row[-1] for row in found["rows"]] == list(range(1, len(table) + 1))
    assert (found["faults"], found["rejects"]) == ([], [])


@given(st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=6), st.sampled_from(["\r\n", "\n"]))
def test_ragged_tables_keep_every_cell(table: list[list[str]], newline: str) -> None:
    single_lines = [[re.sub("[\r\n]", " ", cell) for cell in row] for row in table if any(row)]
    found = cut(written([["a", "b"], *single_lines], lineterminator=newline))

    assert [(*row[:2], *found["more"].get(row[2], [])) for row in found["rows"]] == [
        tuple([*row, ""][:2] + row[2:]) for row in single_lines
    ]
    assert found["faults"] == [(n, "ragged") for n, row in enumerate(single_lines, 1) if len(row) != 2]


@given(
    st.lists(st.text('",\n\rab', max_size=12).map(str.encode) | st.binary(max_size=6), max_size=12), st.integers(1, 40)
)
def test_rows_do_not_depend_on_where_the_stream_is_cut(pieces: list[bytes], block: int) -> None:
    data = b"a,b\n" + b"\n".join(pieces)

    assert cut(data, block, field=60) == cut(data, field=60)


@given(st.lists(st.text('",ab \t', max_size=10), max_size=10))
def test_lines_without_embedded_line_ends_mean_what_the_csv_module_says(lines: list[str]) -> None:
    rows = [next(csv.reader([line + "\n"])) for line in lines if line.count('"') % 2 == 0 and line]
    found = cut(("a,b\n" + "\n".join(line for line in lines if line.count('"') % 2 == 0)).encode())
    if found["rejects"]:  # a quote that opens a field and closes in no line
        return

    assert [list(row[:2]) + found["more"].get(row[2], []) for row in found["rows"]] == [
        [*row, ""][: max(2, len(row))] for row in rows
    ]


@given(st.binary(max_size=200), st.sampled_from([",", ";", "\t"]))
def test_any_bytes_end_in_a_result(data: bytes, delimiter: str) -> None:
    found = cut(data, 16, field=60, delimiter=delimiter) if _first_line_fits(data) else {"rows": [], "rejects": []}

    numbers = [row[-1] for row in found["rows"]] + [row for row, _ in found["rejects"]]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def _first_line_fits(data: bytes) -> bool:
    try:
        Cutter(io.BytesIO(data), ",", Limits(csv_field=60))
    except TooLarge:
        return False
    return b'"' not in data.splitlines()[0] if data.splitlines() else True


@pytest.mark.parametrize("block", [1 << 20, 8])
def test_a_first_character_that_looks_like_a_byte_order_mark_is_data(block: int) -> None:
    data = b"a,b\n" + "\ufeffx,1\n".encode() * 5 + b'"q\nr",2\n' + "\ufeffx,1\n".encode() * 5

    assert {row[0] for row in cut(data, block)["rows"]} == {"\ufeffx", "q\nr"}


def test_a_quote_that_never_closes_costs_its_own_row_only() -> None:
    found = cut(b'a,b\n1,2\n"3,4\n5,6\n"7",8\n9,10\n')

    assert [row[:2] for row in found["rows"]] == [("1", "2"), ("5", "6"), ("7", "8"), ("9", "10")]
    assert found["rejects"] == [(2, "unclosed_quote")]


def test_a_field_over_the_limit_is_rejected_and_the_next_row_is_read() -> None:
    long = b"a,b\n1,2\n" + b"x" * 5_000 + b",4\n5,6\n"

    assert len(cut(long, field=6_000)["rows"]) == 3
    found = cut(long, 100, field=4_900)
    assert ([row[:2] for row in found["rows"]], found["rejects"]) == ([("1", "2"), ("5", "6")], [(2, "too_large")])


def test_more_columns_than_the_limit_are_refused() -> None:
    assert len(Cutter(io.BytesIO(b"a," * 255 + b"a\n")).first) == 256
    with pytest.raises(TooLarge):
        Cutter(io.BytesIO(b"a," * 256 + b"a\n"))


@pytest.mark.parametrize(
    "data",
    [
        "a,b\n1,é\n".encode(),
        "\ufeffa,b\r\n1,é\r\n".encode(),
        "a,b\n1,é\n".encode("utf-16"),
        "a,b\n1,é\n".encode("utf-16-le"),
        "a,b\n1,é\n".encode("utf-16-be"),
        "a,b\n1,é\n".encode("cp1252"),
        "a,b\r1,é\r".encode(),
    ],
)
def test_encodings_and_line_ends_of_the_world_are_read(data: bytes) -> None:
    cutter = Cutter(utf8(io.BytesIO(data), data))

    assert cutter.first == ["a", "b"]
    assert [row for batch in cutter.batches() for row in batch.frame.rows()] == [("1", "é", 1)]


def test_one_broken_byte_late_in_a_utf_8_file_does_not_make_it_an_old_windows_file() -> None:
    assert encoding_of("é,b\n".encode() * 50 + b"\xff\n") == "utf-8"


@pytest.mark.parametrize(("head", "delimiter"), [("a,b", ","), ("a;b;c,d", ";"), ("a\tb", "\t"), ('"a;b;c",d', ",")])
def test_the_delimiter_is_told_from_the_first_line(head: str, delimiter: str) -> None:
    assert delimiter_of(head + "\n1;2;3\t4") == delimiter


def test_blank_lines_are_no_records() -> None:
    assert [row[-1] for row in cut(b"a,b\n\n1,2\n\r\n\n3,4\n\n")["rows"]] == [1, 2]


def test_megabytes_of_rows_over_several_lines_are_what_the_csv_module_reads() -> None:
    table = [[str(n), f'say "{n}",\nplease\r\n' * (n % 5), "x" * (n % 50), ""] for n in range(60_000)]
    found = cut(written([["a", "b", "c", "d"], *table]), block=1 << 22)

    assert [list(row[:-1]) for row in found["rows"]] == table
