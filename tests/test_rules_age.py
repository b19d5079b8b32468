"""Every fact of the rules has a source and a day, and the script that lists them leaves none out."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

import rules_age
from toolkit import rules
from toolkit.checklist import rulebook
from toolkit.retention import FACTS

FOUND = rules_age.facts()
DAY = "2027-06-01"


def test_every_fact_has_a_source_and_a_day_on_which_it_was_checked() -> None:
    assert [fact for fact in FOUND if fact.checked is None or not fact.source.strip()] == []
    assert all(date(2026, 1, 1) <= fact.checked <= date(2100, 1, 1) for fact in FOUND if fact.checked)


def test_no_fact_is_left_out() -> None:
    files = [fact.file for fact in FOUND]
    assert files.count("retention") >= len(FACTS.rules)
    assert files.count("deletion") >= sum(bool(step.source) for step in rulebook.steps())
    assert files.count("requests") == len(rules.table("requests")["request"])
    assert files.count("exposure") == len(rules.table("exposure")["fact"])


def test_the_oldest_come_first() -> None:
    days = [fact.checked or date.min for fact in FOUND]
    assert days == sorted(days)


def test_the_list_says_how_old_each_is_on_a_given_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert rules_age.main(["--as-of", DAY, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(FOUND)
    assert {row["days"] for row in rows if row["checked"] == "2026-11-23"} == {"190"}


def test_only_what_is_older_than_asked_is_listed_and_then_the_exit_code_is_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert rules_age.main(["--as-of", DAY, "--older-than", "100000"]) == 0
    assert capsys.readouterr().out.startswith("0 facts")
    assert rules_age.main(["--as-of", DAY, "--older-than", "100"]) == 1
    assert "law: law.gdpr" in capsys.readouterr().out


def test_a_row_takes_its_own_day_else_that_of_the_table_around_it() -> None:
    table = {"checked": date(2026, 1, 2), "rule": [{"id": "a", "source": "s"}, {"id": "b", "sources": ["s", "t"]}]}
    table["rule"][1]["checked"] = date(2026, 3, 4)  # type: ignore[index]
    found = [(fact.place, fact.checked, fact.source) for fact in rules_age.walk(table, "made", "", None)]
    assert found == [("rule.a", date(2026, 1, 2), "s"), ("rule.b", date(2026, 3, 4), "s; t")]


def test_every_product_with_steps_says_how_to_ask_for_its_history() -> None:
    told = {row["product"] for row in rules.table("requests")["request"]}
    without = {"other", "google_home", "sonos_voice_control"}  # no maker, no export known, nothing sent
    assert told | without == set(rulebook.products())
