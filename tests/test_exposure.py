"""What the file shows of a person, and that both sides of what was said about listening stand with their dates."""

from __future__ import annotations

import json
import runpy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import toolkit
from test_dashboard import page_of_rvh, rvh
from toolkit.exposure import ABOUT, EXPOSURE, FACTS, IDENTIFIERS, SIDES, exposure, told, who_listens

SAMPLES = Path(__file__).parent.parent / "sample_exports"


def heard(n: int, text: str, person: str | None = None, **more: Any) -> dict[str, Any]:
    record = rvh(n, **more)
    record["voiceHistoryRecordItems"][0]["transcriptText"] = text
    if person:
        record["personsInfo"] = [{"personId": "amzn1.actor.person.oid.X", "personFirstName": person}]
    return record


def shown(*records: dict[str, Any]) -> dict[str, Any]:
    table = exposure(toolkit.load(page_of_rvh(*records)))
    assert table.height == 1
    return table.row(0, named=True)


def test_the_counts_are_those_of_the_sample() -> None:
    truth = json.loads((SAMPLES / "amazon-alexa-privacy-page.truth.json").read_text("utf-8"))
    table = exposure(toolkit.load(SAMPLES / "amazon-alexa-privacy-page"))
    assert table.schema == EXPOSURE
    named = truth["rows"] - truth["by_person"]["(none)"]
    assert table.select("entries", "account_id", "serial", "first_name", "voice_profile").sum().row(0) == (
        1_500, 1_500, 1_500, named, named
    )  # fmt: skip
    assert table["place"].null_count() == table.height


def test_what_no_entry_of_the_product_shows_is_not_in_this_file_and_not_zero() -> None:
    row = shown(rvh())
    assert (row["first_name"], row["place"], row["named_in_text"]) == (None, None, None)
    google = exposure(toolkit.load(SAMPLES / "google-takeout-json-en"))
    assert google["place"].sum() > 0
    assert google["serial"].null_count() == google.height


def test_a_first_name_in_the_words_counts_only_if_the_file_states_it_and_only_as_a_word() -> None:
    row = shown(
        heard(1, "play music", "Mila"),
        heard(2, "call mila please"),
        heard(3, "what is a milage"),
        heard(4, "call Konrad"),
    )
    assert row["named_in_text"] == 1


@pytest.mark.parametrize("name", ["A.*", "(", "[x", "\\", "Mi|.", "a" * 59, "="])
def test_a_name_is_never_a_pattern(name: str) -> None:
    row = shown(heard(1, "play music", name), heard(2, "nothing of it"))
    assert row["named_in_text"] is None


def test_an_entry_that_was_read_twice_counts_once() -> None:
    page = page_of_rvh(rvh())
    assert exposure(toolkit.load(page, page))["entries"].sum() == 1


def test_every_fact_has_a_side_a_date_a_source_and_a_grade() -> None:
    for fact in FACTS:
        assert fact.about in ABOUT
        assert fact.side in SIDES
        assert fact.sources
        assert fact.checked >= date(2026, 11, 23)
        assert fact.evidence in {"vendor", "quoted", "press", "unverified"}
        assert bool(fact.limits) == (fact.about == "rate"), "a share without what it does not tell"
        assert "://" not in told(fact)
        assert "www." not in told(fact)


def test_where_a_report_stands_so_does_what_the_maker_said() -> None:
    for vendor in {fact.vendor for fact in FACTS}:
        sides = {fact.side for fact in FACTS if fact.vendor == vendor and fact.about == "saw"}
        assert sides == {"reported", "maker"}


def test_no_odds_are_made_of_a_published_share() -> None:
    text = " ".join(who_listens().values()).lower()
    assert "chance" not in text
    assert "odds" not in text
    assert "1 in " not in text


def test_the_page_in_docs_says_what_the_table_says() -> None:
    maker = runpy.run_path(str(SAMPLES.parent / "tools" / "make_who_listens.py"))
    assert maker["PAGE"].read_text("utf-8") == maker["page"]()


def test_every_identifier_has_a_column() -> None:
    assert set(IDENTIFIERS) < set(EXPOSURE.names())
