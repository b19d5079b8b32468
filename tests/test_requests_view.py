"""The view Delete requests: with an export and without, no law by default, ticks that stay, letters as plain text."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

import toolkit
from test_dashboard import (
    EVIL,
    _as_the_launcher_starts_it,
    good,
    page,
    page_of_rvh,
    press,
    rvh,
    titles,
    told,
    upload,
    view,
)
from toolkit import activations
from toolkit.casefile import Case, Tick
from toolkit.checklist import rulebook
from toolkit.dashboard import asking
from toolkit.rules import table

pytestmark = pytest.mark.usefixtures(_as_the_launcher_starts_it.__name__)


def sample() -> AppTest:
    return view(press(page(), "sample_page"), "requests")


def without(*makers: str) -> AppTest:
    app = press(page(), "no_file_button")
    return good(app.multiselect(key="makers").set_value(list(makers)).run())


def choose(app: AppTest, key: str, value: object) -> AppTest:
    return good(app.selectbox(key=key).set_value(value).run())


def labels(app: AppTest) -> list[str]:
    return [each.label.strip("*") for each in app.checkbox]


def test_people_without_a_file_have_an_entry_and_a_way_back() -> None:
    app = press(page(), "no_file_button")
    assert titles(app) == ["Delete requests, without a file"]
    assert "Choose at least one assistant" in told(app)
    app = without("homepod")
    assert "Delete the HomePod's Siri history" in labels(app)
    assert "no Siri requests" in told(app)
    assert not app.code
    assert titles(press(app, "back")) == ["See what your voice assistant kept"]


def test_no_law_is_chosen_by_default_and_no_letter_made() -> None:
    app = sample()
    assert app.selectbox(key="law").value is None
    assert "no letters and no dates" in told(app)
    assert not [each.key for each in app.date_input if str(each.key).startswith(("sent_", "received_"))]
    assert "Choose the law that applies to you" in labels(app)
    assert not any("letter" in label for label in labels(app))


def test_letters_and_dates_come_with_the_law_and_the_day_of_receipt() -> None:
    app = choose(choose(sample(), "law", "gdpr"), "country", "de")
    assert "Send the erasure letter" in labels(app)
    assert "Draft; not legal advice" in app.code[0].value
    assert not app.download_button(key="as_html").disabled
    good(app.date_input(key="received_amazon").set_value(date(2026, 11, 25)).run())
    assert "after the rule for weekends and holidays: 2026-12-28 (public holidays of Luxembourg)" in told(app)
    assert app.download_button(key="as_ics")
    good(app.toggle(key="extended_amazon").set_value(True).run())
    assert "nobody is late before 2027-02-26" in told(app)
    good(app.toggle(key="stop_amazon").set_value(True).run())
    good(app.date_input(key="stop_from_amazon").set_value(date(2026, 12, 1)).run())
    assert "the clock stands still" in told(app)


def test_every_land_of_germany_is_offered_but_not_the_federal_authority() -> None:
    app = choose(choose(sample(), "law", "gdpr"), "country", "de")
    assert len(app.selectbox(key="authority").options) == 1 + 16
    app = choose(app, "country", "fr")
    assert not [each for each in app.selectbox if each.key == "authority"]


def test_the_letter_chosen_is_shown_in_the_language_chosen() -> None:
    app = choose(choose(sample(), "law", "gdpr"), "language", "de")
    app = good(app.selectbox(key="letter").select_index(2).run())
    assert "Löschung nach Art. 17 DSGVO" in app.code[0].value
    assert "G0SYNKITCHEN0001" in app.code[0].value
    assert "G0SYNKITCHEN0001" not in told(app)
    assert app.download_button(key="as_ids")


def test_the_second_track_asks_and_waits_before_it_deletes() -> None:
    app = choose(sample(), "law", "gdpr")
    app = good(app.radio(key="track").set_value("keep_claim").run())
    shown = labels(app)
    wanted = [
        "Take advice before you delete anything",
        "Send the access letter",
        "Wait for the answer before you delete",
    ]
    assert [label for label in shown if label in wanted] == wanted
    assert shown.index("Wait for the answer before you delete") < shown.index("Delete the history of this device")


def test_ticks_stay_when_something_else_is_changed() -> None:
    app = sample()
    good(app.checkbox(key="done_alexa-B1").check().run())
    app = choose(app, "law", "uk_gdpr")
    assert app.checkbox(key="done_alexa-B1").value
    assert "1 of " in told(app)
    app = view(view(app, "overview"), "requests")
    assert app.checkbox(key="done_alexa-B1").value


def test_ticks_belong_to_one_export() -> None:
    app = sample()
    good(app.checkbox(key="done_alexa-B1").check().run())
    app = press(app, "forget")
    assert "progress" not in app.session_state
    app = without("alexa")
    good(app.checkbox(key="done_alexa-B1").check().run())
    app = view(press(press(app, "back"), "sample_page"), "requests")
    assert not app.checkbox(key="done_alexa-B1").value


def test_where_each_step_comes_from_is_shown_when_asked() -> None:
    app = sample()
    before = told(app).count("checked 2026-11-23")  # what deleting leaves behind always names its source
    good(app.toggle(key="show_sources").set_value(True).run())
    assert told(app).count("checked 2026-11-23") == before + len(set(labels(app)))  # of alike steps once


def test_a_wrong_day_is_told_calmly_and_the_page_lives_on() -> None:
    app = choose(sample(), "law", "gdpr")
    good(app.date_input(key="sent_amazon").set_value(date(2026, 11, 26)).run())
    good(app.date_input(key="received_amazon").set_value(date(2026, 11, 25)).run())
    assert "cannot arrive before it was sent" in told(app)
    good(app.date_input(key="received_amazon").set_value(date(2026, 11, 27)).run())
    assert "Send the erasure letter" in labels(app)


def test_only_a_part_can_be_asked_for() -> None:
    app = choose(sample(), "law", "gdpr")
    good(app.toggle(key="only_accidental").set_value(True).run())
    good(app.selectbox(key="letter").select_index(2).run())
    assert "these are 40 entries" in app.code[0].value


def test_hostile_names_reach_only_what_draws_plain_text() -> None:
    records = [
        rvh(n, device={"deviceName": EVIL}, domain="amzn1.ask.skill.1_Live", skillName=EVIL,
            personsInfo=[{"personId": "x", "personFirstName": EVIL, "personType": "CHILD"}])
        for n in range(2)
    ]  # fmt: skip
    app = choose(view(upload({"history.json": page_of_rvh(*records)}), "requests"), "law", "gdpr")
    plain = "\n".join(each.value for each in app.text)
    assert EVIL[:40] in plain
    for kind in (app.markdown, app.caption, app.warning, app.subheader, app.info):
        assert not [each.value for each in kind if "evil.example" in each.value]
    assert not [label for label in labels(app) if "evil.example" in label]


def test_every_country_of_the_law_and_every_product_is_offered() -> None:
    assert set(asking.COUNTRIES) == set(table("controllers")["countries"]["eea"])
    assert set(asking.PRODUCTS) == set(rulebook.products()) - {"other"}
    app = choose(without(*asking.PRODUCTS), "law", "gdpr")
    assert len(labels(app)) > 60


def test_what_the_user_confirmed_and_an_older_export_flow_into_the_list() -> None:
    app = sample()
    export = app.session_state["case"].export
    events = activations(export.records).filter(pl.col("accidental") != "provider_marked")
    app.session_state["casefile"] = Case().ticked(events["activation_id"][0], Tick("accidental"))
    app.session_state["comparison"] = (export, export, toolkit.compare(export, export), pl.DataFrame())
    app = choose(good(app.run()), "law", "gdpr")
    assert "Reviewed by me, and not meant for the assistant: 1 entry." in "".join(each.value for each in app.code)
    assert "in both: 1,500 entries" in told(app)


def test_what_is_done_goes_into_the_case_file() -> None:
    app = sample()
    good(app.checkbox(key="done_alexa-B1").check().run())
    (kept,) = app.session_state["progress"].values()
    assert {step: progress.done for step, progress in kept.items()} == {"alexa-B1": True}
    assert any("how far you are with your steps" in each.value for each in app.markdown)


def test_what_is_alike_for_several_devices_is_explained_once_at_the_first_that_is_left() -> None:
    app = sample()
    assert labels(app).count("Delete the history of this device") == 5
    how = "it should show the filter, the date and how many are left"
    assert told(app).count(how) == 1
    first = next(each.key for each in app.checkbox if "of this device" in each.label)
    app = good(app.checkbox(key=str(first)).check().run())
    assert told(app).count(how) == 1
    assert app.header[0].value.startswith("1 of ")


def test_a_figure_in_the_steps_opens_what_is_behind_it() -> None:
    app = press(sample(), "rows_A4")
    assert app.radio(key="view").value == "accidental"
    assert app.header[0].value.startswith("40 activations were marked by the maker itself")
    app = view(press(page(), "sample_google"), "requests")
    assert "8 clips that entries name are not among your files" in told(app)
    app = press(app, "rows_A6")
    assert app.radio(key="view").value == "data"
    assert "9 rows. 1 row is marked “Same as”: what was read twice counts once, so 8 entries" in told(app)


def test_of_two_makers_a_title_says_whose_step_it_is() -> None:
    app = without("alexa", "google_assistant")
    assert "Switch off human review: Amazon Alexa" in labels(app)


def test_a_filter_changes_no_request_and_the_page_says_so() -> None:
    app = view(press(page(), "sample_page"), "requests")
    before = app.session_state["requests"][1].steps
    assert "The filter changes nothing here" not in told(app)
    app = good(app.text_input(key="filter_text").set_value("light").run())
    assert "The filter changes nothing here" in told(app)
    assert app.session_state["requests"][1].steps.equals(before)
