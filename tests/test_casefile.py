"""The case file: what is set can be read again, and what strangers put in it is refused."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.casefile import BYTES, ME, TAGS, Case, Progress, Tick, Verdict, wilson
from toolkit.problems import Damaged, TooLarge, ToolkitError, Unsupported

_ids = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable())
_ticks = st.builds(
    Tick,
    st.sampled_from(["accidental", "meant", None]),
    st.lists(st.sampled_from(list(TAGS)), unique=True).map(lambda tags: tuple(tag for tag in TAGS if tag in tags)),
)
_progress = st.builds(Progress, st.booleans(), st.none() | st.dates(), st.text(max_size=40))


@given(st.dictionaries(_ids, _ticks, max_size=6), st.dictionaries(_ids, _progress, max_size=4))
def test_what_is_set_can_be_read_again(ticks: dict[str, Tick], progress: dict[str, Progress]) -> None:
    case = Case()
    for id_, tick in ticks.items():
        case = case.ticked(id_, tick)
    for id_, step in progress.items():
        case = case.stepped(id_, step)
    again = Case.from_json(case.to_json())
    assert again.verdicts() == case.verdicts() == {id_: t.verdict for id_, t in ticks.items() if t.verdict}
    assert again.progress == case.progress == progress
    assert Case.from_json(again.to_json().encode()) == again


def test_a_tick_can_be_changed_and_taken_back_and_the_old_case_stays() -> None:
    first = Case().ticked("a", Tick("accidental", ("child", "television")))
    second = first.ticked("a", Tick("meant"))
    assert (first.verdicts(), second.verdicts(), second.ticked("a", None).verdicts()) == (
        {"a": "accidental"},
        {"a": "meant"},
        {},
    )
    assert first.ticks[ME]["a"].tags == ("television", "child")


def test_an_id_a_name_or_a_person_too_many_is_refused() -> None:
    case = Case()
    for id_, by in (("\ud800", ME), ("a", "\ud800"), ("", ME), ("a", "x" * 61)):
        with pytest.raises(ToolkitError):
            case.ticked(id_, Tick("meant"), by)
    for n in range(20):
        case = case.ticked("a", Tick("meant"), f"person {n}")
    assert Case.from_json(case.to_json()) == case
    with pytest.raises(ToolkitError):
        case.ticked("a", Tick("meant"), "one more")


def test_a_step_keeps_its_day_and_note() -> None:
    case = Case().stepped("amazon.delete", Progress(True, date(2026, 11, 20), "by phone"))
    assert json.loads(case.to_json())["progress"] == {
        "amazon.delete": {"done": True, "on": "2026-11-20", "note": "by phone"}
    }


WRONG = [
    "",
    "[]",
    "{",
    "[" * 100_000,
    b"\xff\xfe",
    '{"schema": "1"}',
    '{"schema": 1}',
    '{"schema": 1, "ticks": {}, "progress": {}, "more": 1}',
    '{"schema": 1, "ticks": {"me": {"a": {"verdict": "<b>"}}}, "progress": {}}',
    '{"schema": 1, "ticks": {"me": {"a": {"tags": ["rude"]}}}, "progress": {}}',
    '{"schema": 1, "ticks": {"me": {"a": {"who": 1}}}, "progress": {}}',
    '{"schema": 1, "ticks": {"' + "n" * 61 + '": {}}, "progress": {}}',
    '{"schema": 1, "ticks": {}, "progress": {"a": {"done": "yes"}}}',
    '{"schema": 1, "ticks": {}, "progress": {"a": {"on": "soon"}}}',
    '{"schema": 1, "ticks": {}, "progress": {"a": {"note": "' + "n" * 4_001 + '"}}}',
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_case_file_is_refused_without_repeating_it(text: str | bytes) -> None:
    with pytest.raises(Damaged) as refused:
        Case.from_json(text)
    assert refused.value.advice
    assert refused.value.__context__ is None or refused.value.__suppress_context__
    assert not set(str(refused.value)) & set("<{[")


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_nothing_but_our_own_error_ever_comes_out(data: bytes | str) -> None:
    with pytest.raises(ToolkitError):
        Case.from_json(data)


def test_another_version_and_a_huge_file_are_told_apart() -> None:
    with pytest.raises(Unsupported):
        Case.from_json('{"schema": 2, "anything": []}')
    with pytest.raises(TooLarge):
        Case.from_json(b" " * (BYTES + 1))


def test_what_could_not_be_read_again_cannot_be_set() -> None:
    with pytest.raises(ToolkitError):
        Case().stepped("a", Progress(note="n" * 4_001))
    with pytest.raises(ToolkitError):
        Case().ticked("a", Tick("meant"), by="n" * 61)


def test_two_people_agree_as_cohen_counts_it() -> None:
    case = Case()
    said = ["am"] * 5 + ["aa"] * 20 + ["mm"] * 15 + ["ma"] * 10  # Cohen's own kind of table: 35 of 50 alike
    word: dict[str, Verdict] = {"a": "accidental", "m": "meant"}
    for n, pair in enumerate(said):
        case = case.ticked(f"x{n}", Tick(word[pair[0]]), "one").ticked(f"x{n}", Tick(word[pair[1]]), "two")
    found = case.ticked("only one", Tick("meant"), "one").agreement("one", "two")
    assert (found.both, found.same) == (50, 35)
    assert found.kappa == pytest.approx(0.4)
    assert len(case.verdicts()) == 35


def test_without_anything_to_compare_there_is_no_kappa() -> None:
    case = Case().ticked("a", Tick("meant"), "one")
    assert case.agreement("one", "two") == (0, 0, None)
    assert case.ticked("a", Tick("meant"), "two").agreement("one", "two") == (1, 1, None)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (45, 50, 0.7864, 0.9565), (1, 2, 0.0945, 0.9055)],
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert list(wilson(hits, of)) == pytest.approx([low, high], abs=1e-4)
