"""The view Retention: five kinds of history in words, what each setting removes, and an older export beside it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

import alexa
from scenes import Event
from test_compare import google, spoken, without
from test_dashboard import (
    EVIL,
    SAMPLES,
    _as_the_launcher_starts_it,  # noqa: F401 - a fixture that every test here uses
    figures,
    good,
    page,
    page_of_rvh,
    press,
    rvh,
    told,
    upload,
    view,
)
from toolkit.charts import ages
from toolkit.dashboard import filters
from toolkit.dashboard.views import settings
from toolkit.retention import facts

YEAR = timedelta(days=365)
BANNED = re.compile(
    r"\bdeleted on\b|\bwas deleted\b|\bproof\b|\bproves that it\b|\d recordings\b|\b0 marked\b", re.IGNORECASE
)


def events(since: datetime | None = None) -> list[Event]:
    return [event for event in alexa.events(1_500) if since is None or event.time >= since]


def saved(some: Iterable[Event]) -> dict[str, bytes]:
    stream = io.BytesIO()
    alexa.write_rvh(sorted(some, key=lambda event: event.time_ms), stream)
    return {"history.json": stream.getvalue()}


def earlier(some: Iterable[Event], by: timedelta) -> list[Event]:
    return [replace(event, time_ms=event.time_ms - int(by.total_seconds() * 1_000)) for event in some]


def young() -> dict[str, bytes]:
    return saved(events(datetime(2025, 8, 25, tzinfo=UTC)))


def with_a_hole() -> dict[str, bytes]:
    first, last = datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 10, 1, tzinfo=UTC)
    return saved(event for event in events() if not first <= event.time < last)


def words_only() -> dict[str, bytes]:
    return saved(event for event in events(datetime(2025, 2, 1, tzinfo=UTC)) if event.transcript)


def seven_years() -> dict[str, bytes]:
    return saved(event for n in range(3) for event in earlier(events(), n * 2.5 * YEAR))


def no_zone() -> dict[str, bytes]:
    stream = io.BytesIO()
    alexa.write_csv(alexa.spoken(events()), stream, "A")
    return {"Transcriptions.csv": stream.getvalue()}


def retention(files: dict[str, bytes], zone: str = "Europe/Berlin") -> AppTest:
    app = page()
    good(app.selectbox(key="timezone").set_value(zone).run())
    app = upload(files, app)
    if any(button.key == "assume" for button in app.button):
        app = press(app, "assume")
    return view(app, "retention")


@pytest.mark.parametrize(
    ("make", "zone", "says"),
    [
        (young, "UTC", "Auto-delete after 3 or 18 months cannot be told from none: no entry is old enough."),
        (with_a_hole, "UTC", "No entry from June 2024 to September 2024: deleted by hand, not used, or in a part"),
        (words_only, "UTC", "No entry names a clip: whether the maker still holds sound cannot be told"),
        (seven_years, "UTC", "Likely no auto-delete: auto-delete after 3 or 18 months would have removed entries"),
        (no_zone, "I do not know", "times is not known; their days may be off by one, which the slack covers."),
    ],
)  # fmt: skip
def test_five_kinds_of_history_are_told_in_careful_words(
    make: Callable[[], dict[str, bytes]], zone: str, says: str
) -> None:
    app = retention(make(), zone)
    assert says in told(app)
    assert "still held on the day of the maker's latest entry" in app.header[0].value
    assert not BANNED.search(told(app)), BANNED.search(told(app))


def test_a_day_on_which_it_was_in_use_makes_a_young_history_say_more() -> None:
    app = retention(young())
    app = good(app.date_input(key="in_use_since").set_value(datetime(2023, 1, 1, tzinfo=UTC).date()).run())
    assert "Likely auto-delete after 3 months" in told(app)


def test_the_control_says_what_each_setting_would_remove_and_that_it_cannot_be_undone() -> None:
    app = retention(
        {"a.json": (SAMPLES / "amazon-alexa-privacy-page" / "customer-history-records-01.json").read_bytes()}
    )
    assert figures(app)["Removed at once"] == "0"
    assert "cannot be undone" not in told(app)
    app = retention(saved(events()))
    shown = figures(app)
    assert (shown["Removed at once"], shown["Something stays"]) == ("1,298", "202")
    assert "1,298 entries are past the date on which they would have been due, had that setting been on" in told(app)
    assert "cannot be undone" in told(app)
    app = good(app.radio(key="setting_alexa").set_value("auto_delete_18_months").run())
    assert figures(app)["Removed at once"] == "420"
    app = good(app.radio(key="setting_alexa").set_value("save_until_deleted").run())
    assert figures(app)["Removed at once"] == "0"


def test_a_filter_holds_for_what_is_counted_and_not_for_what_needs_the_whole() -> None:
    app = retention(saved(events()))
    likely = [each.value for each in app.text if "Auto-delete" in each.value or "auto-delete" in each.value]
    dot = next(number for number, label in app.session_state["case"].offered.devices.items() if "Kitchen" in label)
    app = good(app.multiselect(key="filter_devices").set_value([dot]).run())
    case = app.session_state["case"]
    kitchen = case.export.records.filter(pl.col("device_name") == "Kitchen Echo Dot")
    shown = figures(app)
    assert f"The oldest of {kitchen.height} entries" in app.header[0].value
    assert "still held on the day of the maker's latest entry, 15 November 2025" in app.header[0].value
    removed, stays = (int(shown[name].replace(",", "")) for name in ("Removed at once", "Something stays"))
    assert removed + stays == kitchen.height
    picture = app.get("vega_lite_chart")[0].proto.alt
    assert sum(int(n.replace(",", "")) for n in re.findall(r": ([\d,]+)", picture)) == kitchen.height
    assert [each.value for each in app.text if each.value in likely] == likely
    for part in (
        "Judged by the whole history",
        "Of the whole history",
        "Compared as a whole",
        "Counted of the entries",
    ):
        assert part in told(app)


def entries(app: AppTest) -> pl.DataFrame:
    """The rows that the filters leave, each once."""
    case = app.session_state["case"]
    chosen: dict[str, Any] = {}
    for name in ("products", "has", "first", "last"):
        if f"filter_{name}" in app.session_state:
            value = app.session_state[f"filter_{name}"]
            chosen[name] = tuple(value) if isinstance(value, list) else value
    left = filters.Filter(**chosen).apply(case.export.records, case.export.timezone)
    return left.filter(pl.col("duplicate_of").is_null())


@pytest.mark.parametrize(
    ("button", "figure"),
    [
        ("rows_kept_clip", "Entries that name a clip"),
        ("rows_kept_words", "Words, no clip"),
        ("rows_kept_line", "Neither, only a line"),
        ("rows_removed", "Removed at once"),
        ("rows_stays", "Something stays"),
    ],
)
def test_every_figure_opens_just_its_rows_in_a_household_of_two_makers(button: str, figure: str) -> None:
    files = saved(events()) | {"takeout.zip": google(spoken(400), "json")}
    app = retention(files)
    app = good(app.selectbox(key="product").set_value("google_assistant").run())
    app = good(app.radio(key="setting_google_assistant").set_value("waa_auto_delete_3_months").run())
    count = int(figures(app)[figure].replace(",", ""))
    if not any(each.key == button for each in app.button):
        assert count == 0
        return
    app = press(app, button)
    assert app.radio(key="view").value == "data"
    assert entries(app).height == count > 0


def test_the_years_stand_beside_the_days_and_the_day_counted_to_is_named() -> None:
    app = retention(saved(events()))
    assert "740 days (2.0 years) later" in app.header[0].value
    assert "Ages and dates below are counted to 15 November 2025, the day of the latest entry" in told(app)


def test_counted_to_today_only_when_asked() -> None:
    app = retention(saved(events()))
    before = figures(app)["Removed at once"]
    app = good(app.radio(key="count_to").set_value("today").run())
    assert figures(app)["Removed at once"] == "1,500" != before
    assert "still held on the day of the maker's latest entry, 15 November 2025" in app.header[0].value


def test_each_product_of_a_mixed_history_has_its_own_settings() -> None:
    files = saved(events()) | {"takeout.zip": google(spoken(400), "json")}
    app = retention(files)
    assert "Google Assistant (Web & App Activity)" in told(app)
    app = good(app.selectbox(key="product").set_value("google_assistant").run())
    assert app.radio(key="setting_google_assistant").value == "waa_auto_delete_18_months"


def test_an_older_export_shows_what_is_not_found() -> None:
    left, _ = without(spoken(), 312)
    app = retention({"new.zip": google(left, "html")})
    app.file_uploader[0].upload("old.zip", google(spoken(), "json"))
    app = press(good(app.run()), "compare")
    assert "**312 entries of the older export are not found in your second export.**" in told(app)
    shown = figures(app)
    assert (shown["One account?"], shown["In both"], shown["Cannot be compared"]) == ("Yes", f"{len(left):,}", "0")
    assert shown["Second export complete?"] == "Cannot be told"
    assert not BANNED.search(told(app))
    assert app.selectbox(key="change").options == [
        "not found in your second export: 312",
        f"in both: {len(left):,}",
    ]
    listed = next(each.value for each in app.dataframe if "source_row" in each.value.columns)
    assert listed.shape[0] == 312
    app = good(app.selectbox(key="change").set_value("stayed").run())
    listed = next(each.value for each in app.dataframe if "source_row" in each.value.columns)
    assert listed.shape[0] == min(len(left), 500)
    app = press(app, "another_older")
    assert "One account?" not in figures(app)


def test_an_older_file_that_cannot_be_read_is_said_and_the_open_one_stays() -> None:
    app = retention({"new.zip": google(spoken(200), "json")})
    app.file_uploader[0].upload("old.zip", b"no archive")
    app = press(good(app.run()), "compare")
    assert "This could not be read" in [each.title for each in app.error] or "Nothing was opened" in told(app)
    assert app.header


def test_another_time_zone_reads_the_older_export_again_as_well() -> None:
    app = retention({"new.zip": google(spoken(200), "json")})
    app.file_uploader[0].upload("old.zip", google(spoken(200), "json"))
    app = press(good(app.run()), "compare")
    app = good(app.selectbox(key="timezone").set_value("UTC").run())
    assert app.session_state["older"].export.timezone == "UTC"
    assert press(app, "forget").title[0].value == "See what your voice assistant kept"
    assert "older" not in app.session_state


def test_what_the_file_shows_of_a_person_stands_beside_both_claims() -> None:
    app = retention(saved(events()))
    table = next(each.value for each in app.dataframe if "account_id" in each.value.columns)
    assert table["serial"].sum() == 1_500
    text = told(app)
    assert "place" not in table.columns
    assert "Not in this file: Place" in text
    assert "Clips came with the account number" in text
    assert "do not have direct access to information that can identify" in text
    assert "No export says whether anybody listened to an entry of yours" in text
    assert "people who listened for Google" not in text


def test_facts_that_are_a_year_old_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = next(iter(facts.FACTS.rules.values()))
    monkeypatch.setattr("toolkit.dashboard.views.retention.stale", lambda today: [rule])
    app = retention(young())
    assert any("last checked more than a year ago" in each.value for each in app.warning)


def test_names_from_the_file_reach_no_markdown_in_this_view() -> None:
    record = rvh(device={"deviceName": EVIL}, personsInfo=[{"personFirstName": EVIL}])
    app = retention({"a.json": page_of_rvh(record, rvh(2))})
    texts = [each.value for kind in (app.markdown, app.caption, app.header, app.subheader) for each in kind]
    assert not any("evil" in text for text in texts)


def test_an_empty_history_has_no_figures() -> None:
    assert "There are no entries." in told(retention({"a.json": page_of_rvh()}))


def test_no_address_on_the_page_is_a_link() -> None:
    constants = [*settings.RULES.values(), *settings.LABELS.values()]
    assert not any("://" in text or "www." in text for text in constants)


def test_the_picture_of_ages_tells_its_finding() -> None:
    import polars as pl

    month = [datetime(2024, 5, 1).date(), datetime(2025, 5, 1).date()]  # noqa: DTZ001 - a day
    counts = pl.DataFrame(
        {"month": month, "removed_by": ["3 and 18 months", "none of them"], "order": [18, 0], "entries": [5, 1_200]}
    )
    picture = ages(counts, [month[0]], month[1])
    assert picture.alt == (
        "Entries by month, May 2024 to May 2025, by the auto-delete that would have removed them. none of them: 1,200; "
        "3 and 18 months: 5; 1 change by the makers is marked"
    )
    assert picture.chart.to_dict()["layer"][-1]["encoding"]["opacity"]["scale"]["domain"] == [
        "none of them",
        "3 and 18 months",
    ]
