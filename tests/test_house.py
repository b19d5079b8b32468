"""The house stays plain: functions are short, those that are not have a reason, no import goes in a circle."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

import house

TOOLKIT = house.ROOT / "toolkit"
FUNCTIONS = house.functions(TOOLKIT)
LENGTHS = [function.lines for function in FUNCTIONS]


def test_half_of_the_functions_have_ten_lines_at_most_and_nine_of_ten_thirty() -> None:
    assert statistics.median(LENGTHS) <= 10
    assert house.p90(LENGTHS) <= 30


def test_a_long_function_has_a_reason_and_no_reason_outlives_it() -> None:
    assert {function.name for function in FUNCTIONS if function.lines > house.LONG} == set(house.REASONS)


def test_no_import_goes_in_a_circle() -> None:
    assert house.circles("toolkit") == []


def test_lines_are_counted_from_def_to_end_with_the_docstring_apart(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('def f(\n    x,\n):\n    """One.\n\n    Two.\n    """\n    return x\n', "utf-8")

    assert house.functions(tmp_path) == [house.Function(f"{tmp_path.name}.a.f", 8, 4)]


def test_a_run_of_lines_in_two_places_is_found_once_and_a_shorter_one_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "ROOT", tmp_path)
    run = [f"value_{n} = {n}" for n in range(8)]
    (tmp_path / "a.py").write_text("\n".join(["import os", *run[:4], "", "# why", *run[4:]]), "utf-8")
    (tmp_path / "b.py").write_text("\n".join(["first = 1", *run, *(f"other_{n} = {n}" for n in range(5))]), "utf-8")
    (tmp_path / "c.py").write_text("\n".join(f"other_{n} = {n}" for n in range(5)), "utf-8")

    assert [(pair.first, pair.second) for pair in house.twice(tmp_path)] == [("a.py:2", "b.py:2")]
