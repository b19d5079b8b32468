"""The view of possible accidental activations: what it says, what it hides, and that ticks stay with the user."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from toolkit.casefile import Case, Tick
from toolkit.dashboard import guard
from toolkit.dashboard.views import accidental

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_exports"
SAFE = {**guard.SAFE, "server.address": "127.0.0.1", "server.allowedHosts": ["localhost", "127.0.0.1"]}


@pytest.fixture(autouse=True)
def _as_the_launcher_starts_it() -> Iterator[None]:
    before = {option: config.get_option(option) for option in SAFE}
    for option, value in SAFE.items():
        config.set_option(option, value)
    st.cache_data.clear()
    yield
    for option, value in before.items():
        config.set_option(option, value)


def opened(sample: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("VOICE_HISTORY_PATHS", json.dumps([str(SAMPLES / sample)]))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.context = {"timezone": "Europe/Berlin"}
    good(app.run())
    if sample.startswith("amazon-alexa-csv"):
        good(app.button(key="assume").click().run())
    return good(app.radio(key="view").set_value("accidental").run())


def good(app: AppTest) -> AppTest:
    assert not app.exception, [(each.value, each.stack_trace) for each in app.exception]
    return app


def told(app: AppTest) -> str:
    kinds = (app.header, app.subheader, app.markdown, app.text, app.caption, app.error)
    return "\n".join(each.value for kind in kinds for each in kind)


def figures(app: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in app.metric}


def judged(app: AppTest) -> pl.DataFrame:
    events: pl.DataFrame = [*app.session_state["once"]["events"].values()][-1]
    return events


def test_the_headline_counts_what_is_listed_and_what_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    assert app.header[0].value == (
        "40 activations were marked by the maker itself as not meant for the assistant; 49 more carry signs in text or "
        "status; for 224 nothing can be told."
    )
    assert figures(app) == {
        "Maker's mark": "40",
        "Likely": "25",
        "Possible": "24",
        "No sign": "836",
        "Cannot tell": "224",
    }
    assert "Of 1,149 activations by voice, kept as 1,390 entries." in told(app)
    listed = app.dataframe[0].value
    assert len(listed) == 89
    assert "transcript" not in listed.columns  # not merely hidden: it has not been sent
    good(app.toggle(key="show_heard").set_value(True).run())
    assert app.dataframe[0].value["transcript"].notna().sum() > 20


@pytest.mark.parametrize("sample", ["google-takeout-json-en", "amazon-alexa-csv"])
def test_where_a_maker_marks_nothing_there_is_no_zero(sample: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(sample, monkeypatch)
    assert figures(app)["Maker's mark"] == "not marked"
    assert "marked by the maker" not in app.header[0].value
    assert "rows_provider_marked" not in {button.key for button in app.button}
    sentence = "Google does not mark accidental activations." if "google" in sample else "does not say which"
    assert sentence in told(app)


def test_where_nothing_can_be_judged_no_class_is_0(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("chatgpt-voice", monkeypatch)
    assert app.header[0].value == "For none of 33 activations by voice can it be told whether it was an accident."
    assert figures(app) == {
        "Maker's mark": "not marked",
        "Likely": "not judged",
        "Possible": "not judged",
        "No sign": "not judged",
        "Cannot tell": "33",
    }


def test_facts_only_leaves_the_makers_marks_alone_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    good(app.toggle(key="facts_only").set_value(True).run())
    assert figures(app) == {"Maker's mark": "40"}
    assert "signs" not in app.header[0].value
    assert len(app.dataframe[0].value) == 40
    assert "probability" not in app.dataframe[0].value.columns
    assert "expected" not in told(app)
    assert "Likely" not in told(app)
    assert "wake_word_only" not in app.dataframe[1].value["status"].to_list()
    assert app.dataframe[1].value["activations"].sum() == 1_149


def test_filters_shorten_the_list_and_not_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    before = figures(app)
    good(app.multiselect(key="classes").set_value(["likely"]).run())
    assert len(app.dataframe[0].value) == 25
    good(app.selectbox(key="hours").set_value("night").run())
    shown = app.dataframe[0].value if app.dataframe else []
    assert len(shown) < 25
    assert figures(app) == before


def test_a_class_opens_the_entries_of_its_activations(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    assert app.button(key="rows_no_sign").label == "1,006 entries"
    good(app.button(key="rows_no_sign").click().run())
    assert app.radio(key="view").value == "data"
    assert "Only **1,006 entries** of 1,500 are shown" in told(app)


def test_what_can_be_said_of_rows_is_offered_once_some_are_ticked(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    assert "Tick a row" in told(app)
    assert "tick_meant" not in {button.key for button in app.button}


def test_the_filters_of_the_sidebar_hold_here_and_change_no_judgement(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    events = judged(app)
    good(app.multiselect(key="filter_statuses").set_value(["wake_word_only"]).run())
    left = app.session_state["case"].export.records.filter(status="wake_word_only")["record_id"]
    halves = events.filter(pl.col("record_ids").list.eval(pl.element().is_in(left.implode())).list.any())
    counted = dict(halves["accidental"].value_counts().iter_rows())
    assert counted["no_sign"] > 0  # the request was hidden, and is still what the half belongs to
    assert int(figures(app)["No sign"].replace(",", "")) == counted["no_sign"]
    assert figures(app)["Likely"] == str(counted.get("likely", 0))
    assert judged(app).equals(events)


def test_a_chosen_activation_opens_with_its_reasons_and_its_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    likely = judged(app).filter(accidental="likely")
    app.session_state["entry_open"] = likely["activation_id"][0]
    good(app.run())
    reasons, fields = (app.dataframe[at].value for at in (1, 2))
    assert reasons["says"].to_list() == [reason["says"] for reason in likely["reasons"][0]]
    assert likely["activation_id"][0] in fields["value"].to_list()
    assert "transcript" not in fields["field"].to_list()
    assert "add up to no more than 3.25" in told(app)
    before = app.session_state["entry_open"]
    good(app.button(key="entry_before").click().run())
    assert app.session_state["entry_open"] != before
    good(app.toggle(key="show_heard").set_value(True).run())
    good(app.button(key="entry_after").click().run())
    assert "transcript" in app.dataframe[2].value["field"].to_list()
    good(app.toggle(key="facts_only").set_value(True).run())
    assert "weight" not in {name for each in app.dataframe for name in each.value.columns}


def test_another_list_forgets_which_rows_were_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    key = app.dataframe[0].proto.id
    good(app.toggle(key="show_heard").set_value(True).run())
    assert app.dataframe[0].proto.id == key
    good(app.multiselect(key="classes").set_value(["possible"]).run())
    assert app.dataframe[0].proto.id != key


def test_a_long_list_comes_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accidental, "_PAGE", 50)
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    assert len(app.dataframe[0].value) == 50
    good(app.number_input(key="listed_page").set_value(2).run())
    assert len(app.dataframe[0].value) == 39
    good(app.multiselect(key="classes").set_value(["likely", "provider_marked"]).run())
    assert len(app.dataframe[0].value) == 15
    good(app.multiselect(key="classes").set_value(["likely"]).run())
    assert len(app.dataframe[0].value) == 25


def test_ticks_go_into_the_case_file_and_the_second_person_does_not_see_them(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    ids = judged(app).filter(accidental="likely")["activation_id"].to_list()
    case = Case()
    for n, id_ in enumerate(ids[:10]):
        case = case.ticked(id_, Tick("accidental", ("television",)))
        case = case.ticked(id_, Tick("accidental" if n else "meant"), "second")
    app.session_state["casefile"] = case
    good(app.run())
    shown = app.dataframe[0].value
    assert (shown["tick"] == "accidental").sum() == 10
    assert (shown["tags"] == "television or radio").sum() == 10
    assert "Both ticked 10 activations and agree on 9." in told(app)
    good(app.radio(key="giver").set_value("second").run())
    assert "tags" not in app.dataframe[0].value.columns
    assert (app.dataframe[0].value["tick"] == "meant").sum() == 1


def test_precision_is_shown_from_fifty_ticks_on(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    ids = judged(app).filter(kind="voice")["activation_id"].to_list()
    for count, there in ((49, False), (50, True)):
        case = Case()
        for id_ in ids[:count]:
            case = case.ticked(id_, Tick("meant"))
        app.session_state["casefile"] = case
        good(app.run())
        assert ("Measured by your ticks" in told(app)) is there


def test_the_assumed_share_is_folded_away_and_said_to_be_an_assumption(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    panel = next(each for each in app.expander if each.label == "If you assume how many are accidental")
    assert not panel.proto.expanded
    assert "mostly that assumption, not a finding" not in told(app)  # nothing is counted that nobody looks at
    app.session_state["assumed"] = True
    assert "mostly that assumption, not a finding" in told(good(app.run()))
    good(app.radio(key="prior").set_value(0.02).run())
    assert figures(app)["Likely"] == "0"
    good(app.radio(key="view").set_value("data").run())
    good(app.radio(key="view").set_value("accidental").run())
    assert figures(app)["Likely"] == "0"
    assert figures(app)["Maker's mark"] == "40"


def test_a_bad_case_file_is_refused_and_the_ticks_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("amazon-alexa-privacy-page", monkeypatch)
    app.session_state["casefile"] = Case().ticked("amazon-1", Tick("meant"))
    app.file_uploader(key="upload_case").upload("case.json", b'{"schema": 1, "ticks": "<b>"}')
    good(app.run())
    assert "This is no case file, or it was changed." in told(app)
    assert app.session_state["casefile"].verdicts() == {"amazon-1": "meant"}
    good_one = Case().ticked("amazon-2", Tick("accidental")).to_json().encode()
    app.file_uploader(key="upload_case").upload("case.json", good_one)
    good(app.run())
    assert app.session_state["casefile"].verdicts() == {"amazon-2": "accidental"}
