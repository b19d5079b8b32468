"""The dashboard without a browser: every view, every way in, and that data never reaches Markdown."""

from __future__ import annotations

import gc
import io
import itertools
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import streamlit as st
from streamlit import config, net_util
from streamlit.testing.v1 import AppTest

import sinks
import toolkit
from alexa import zip_parts
from hostile import zip_of
from toolkit import charts, schema
from toolkit.activations.tally import Count, Tally, marks
from toolkit.activations.verdict import CLASSES
from toolkit.dashboard import filters, guard, views, welcome
from toolkit.dashboard.download import csv
from toolkit.dashboard.views import finding
from toolkit.dashboard.words import Words, words
from toolkit.load import Export
from toolkit.summary import by_day, by_device, by_length, by_month, by_weekday_hour, clock, headline

ROOT = Path(__file__).parent.parent
DASHBOARD = ROOT / "toolkit" / "dashboard"
SAMPLES = ROOT / "sample_exports"
SAFE = {**guard.SAFE, "server.address": "127.0.0.1", "server.allowedHosts": ["localhost", "127.0.0.1"]}
EVIL = "![x](https://evil.example/p.png)<img src=https://evil.example/q.png>"


@pytest.fixture(autouse=True)
def _as_the_launcher_starts_it(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The options of the launcher, nothing preset, and no cache left over from another test."""
    before = {option: config.get_option(option) for option in SAFE}
    for option, value in SAFE.items():
        config.set_option(option, value)
    for name in ("VOICE_HISTORY_SAMPLE", "VOICE_HISTORY_PATHS", guard.ALLOW):
        monkeypatch.delenv(name, raising=False)
    st.cache_data.clear()
    yield
    for option, value in before.items():
        config.set_option(option, value)


def page() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.context = {"timezone": "Europe/Berlin"}
    return good(app.run())


def good(app: AppTest) -> AppTest:
    assert not app.exception, [(each.value, each.stack_trace) for each in app.exception]
    return app


def press(app: AppTest, key: str) -> AppTest:
    return good(app.button(key=key).click().run())


def upload(files: dict[str, bytes], app: AppTest | None = None) -> AppTest:
    app = app or page()
    for name, content in files.items():
        app.file_uploader[0].upload(name, content)
    return press(good(app.run()), "read")


def titles(app: AppTest) -> list[str]:
    return [each.value for each in app.title]


def told(app: AppTest) -> str:
    """Everything on the page that is text, whoever draws it."""
    kinds = (
        app.title,
        app.header,
        app.subheader,
        app.markdown,
        app.text,
        app.caption,
        app.error,
        app.warning,
        app.info,
    )
    return "\n".join(each.value for kind in kinds for each in kind)


def view(app: AppTest, name: str) -> AppTest:
    return good(app.radio(key="view").set_value(name).run())


def figures(app: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in app.metric}


def page_of_rvh(*records: dict[str, Any]) -> bytes:
    return json.dumps({"customerHistoryRecords": list(records), "encodedRequestToken": None}).encode()


def rvh(n: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "recordKey": f"A0#{1_700_000_000_000 + n}#B#G0SYN{n:04}",
        "recordType": "VOICE_HISTORY",
        "timestamp": 1_700_000_000_000 + n,
        "customerId": None,
        "device": {"deviceName": "Kitchen"},
        "voiceHistoryRecordItems": [
            {
                "recordItemKey": f"A0#{n}#x",
                "recordItemType": "CUSTOMER_TRANSCRIPT",
                "utteranceId": None,
                "timestamp": 1_700_000_000_000 + n,
                "transcriptText": "lights on",
                "agentVisualName": None,
            }
        ],
        "utteranceType": "GENERAL",
        "domain": None,
        "intent": None,
        "skillName": None,
        **fields,
    }


# Ways in


def test_the_first_page_says_what_it_is_and_what_it_promises() -> None:
    app = page()
    assert titles(app) == ["See what your voice assistant kept"]
    assert "Nothing leaves this computer" in told(app)
    assert "temporary file" in told(app)
    assert "Request My Data" in told(app)
    assert app.button(key="read").disabled


def test_the_zone_of_the_browser_is_suggested() -> None:
    assert page().selectbox(key="timezone").value == "Europe/Berlin"
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert app.selectbox(key="timezone").value == welcome.UNKNOWN_ZONE


def test_every_zone_offered_can_be_counted_in() -> None:
    one = pl.DataFrame({"time": [datetime(2024, 3, 31, 1, 30, tzinfo=UTC)], "time_basis": ["utc"]})
    for name in welcome.ZONES[1:]:
        assert one.select(clock(name)).item() == one["time"][0].astimezone(ZoneInfo(name)).replace(tzinfo=None)


def test_uploaded_parts_are_read_once_the_columns_are_confirmed() -> None:
    app = upload(zip_parts(SAMPLES / "amazon-alexa-csv"))
    assert titles(app) == ["Please check the columns"]
    assert not app.metric
    app = good(app.form_submit_button[0].click().run())
    assert figures(app) == truth_of("amazon-alexa-csv")
    assert "Columns assumed" not in told(app)
    assert app.session_state["case"].unconfirmed == []


def truth_of(sample: str) -> dict[str, str]:
    truth = json.loads((SAMPLES / f"{sample}.truth.json").read_text(encoding="utf-8"))
    clips = truth["clips"]
    return {
        "Entries": f"{truth['rows']:,}",
        "With text": f"{truth['with_transcript']:,}",
        "Devices": "not stated",
        "Clips named": f"{clips['named']:,}",
        "Clips in your files": f"{clips['found']:,}",
        "Minutes of clips": f"{clips['found_ms'] / 60_000:.1f}",
    }


def test_a_path_is_read_where_it_is() -> None:
    app = page()
    good(app.text_area(key="paths").set_value(f'"{SAMPLES / "amazon-alexa-privacy-page"}"').run())
    app = press(app, "read")
    assert figures(app)["Entries"] == "1,500"


def test_the_samples_open_with_one_press() -> None:
    assert titles(press(page(), "sample")) == ["Please check the columns"]
    assert figures(press(page(), "sample_page")) == {
        "Entries": "1,500",
        "With text": "1,259",
        "Devices": "5",
        "Clips": "none named",
    }


def test_what_the_page_is_started_on_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_HISTORY_PATHS", json.dumps([str(SAMPLES / "amazon-alexa-privacy-page")]))
    app = page()
    assert figures(app)["Entries"] == "1,500"
    assert titles(press(app, "forget")) == ["See what your voice assistant kept"]
    monkeypatch.setenv("VOICE_HISTORY_SAMPLE", "1")
    assert titles(page()) == ["Please check the columns"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("holiday.jpg", b"\xff\xd8\xff\xe0" + bytes(500), "a photo (JPEG)"),
        ("empty.zip", b"PK\x05\x06" + bytes(18), "nothing in it"),
        ("StreamingHistory0.json", b'[{"endTime": "2024-01-01"}]', "part of a Spotify export"),
        ("broken.zip", b"PK\x03\x04" + bytes(40), ""),
    ],
)
def test_a_wrong_file_is_named_and_the_page_lives_on(name: str, content: bytes, sentence: str) -> None:
    app = upload({name: content})
    assert [each.value for each in app.error] == ["Nothing was opened, and nothing was changed."]
    assert sentence in told(app)
    assert titles(app) == ["See what your voice assistant kept"]
    assert titles(press(app, "sample")) == ["Please check the columns"]
    assert not app.error


def test_a_path_that_leads_nowhere_is_told_calmly() -> None:
    app = page()
    good(app.text_area(key="paths").set_value("/nowhere/at/all.zip").run())
    assert press(app, "read").error


def table(app: AppTest, column: str = "record_id") -> Any:
    """The one table on the page with such a column; without another, that of the entries."""
    [found] = [each.value for each in app.dataframe if column in each.value.columns]
    return found


# Columns


def test_the_first_rows_are_shown_only_when_asked() -> None:
    app = press(page(), "sample")
    assert not app.dataframe
    app = good(app.toggle(key="first_rows").set_value(True).run())
    assert list(app.dataframe[0].value.columns) == [
        "1. Timestamp",
        "2. Transcript",
        "3. Audio File",
        "4. Alexa Response",
    ]
    assert len(app.dataframe[0].value) == 5


def test_corrected_columns_are_used() -> None:
    app = press(page(), "sample")
    app.selectbox(key="column_transcript").set_value(3)
    app.selectbox(key="column_response").set_value(1)
    app = good(app.form_submit_button[0].click().run())
    truth = json.loads((SAMPLES / "amazon-alexa-csv.truth.json").read_text(encoding="utf-8"))
    assert figures(app)["With text"] == f"{truth['with_response']:,}"


def test_one_column_cannot_mean_two_things() -> None:
    app = press(page(), "sample")
    app.selectbox(key="column_device_name").set_value(1)
    app = good(app.form_submit_button[0].click().run())
    assert titles(app) == ["Please check the columns"]
    assert "chosen for two things" in told(app)


def test_columns_that_were_only_assumed_are_marked_in_every_view() -> None:
    app = press(press(page(), "sample"), "assume")
    for name in ("overview", "data"):
        assert "Nobody has confirmed" in told(view(app, name))
    assert titles(press(app, "check_columns")) == ["Please check the columns"]


def test_tables_with_different_columns_are_not_confirmed_with_one_form() -> None:
    app = upload(
        {**zip_parts(SAMPLES / "amazon-alexa-csv"), "b.zip": zip_parts(SAMPLES / "amazon-alexa-csv-b")["Alexa_2.zip"]}
    )
    assert "different columns" in told(app)
    assert not app.form_submit_button
    app = press(app, "assume")
    assert figures(app)["Entries"] == "901"
    app = press(app, "rows_twice")
    assert app.button(key="filter_off")
    assert "Only **74 entries** of 938 are shown" in told(app)  # both are of one household
    assert "37 entries were read twice" in {button.label[:26] for button in view(app, "overview").button}


# Views


def test_the_headline_says_how_much_from_when_and_what_is_not_known() -> None:
    app = press(page(), "sample_page")
    assert app.header[0].value == (
        "1,500 entries from 6 November 2023 to 15 November 2025, the oldest still held 740 days later; of 1,149 "
        "activations by voice, the maker marked 40 as not meant for the assistant, 49 more carry signs in text or "
        "status, and for 224 nothing can be told."
    )
    assert [gap.label for gap in app.button if str(gap.key).startswith("gap_")] == [
        "what became of 5 entries",
        "the words of 241 entries",
    ]
    assert "whether the maker kept more than it sent." in told(app)


def test_the_headline_waits_in_the_words_it_will_have() -> None:
    for formats in (["amazon_rvh"], ["google_html"]):
        marking, _ = marks(pl.Series("format", formats))
        classes = dict.fromkeys(CLASSES, Count(2, 2))
        ten = Count(10, 10)
        counts = Tally(ten, ten, ten, ten, classes, marking, ())
        said = finding.judged(counts)
        assert re.sub(r"\d+", "…", said) == finding.awaited(marking, 10)
        assert len(finding.awaited(marking, 10_000)) > len(finding.awaited(marking, 10))


def test_the_overview_draws_each_count_with_its_finding_in_words() -> None:
    app = press(page(), "sample_page")
    drawn = [element.proto.alt for element in app.get("vega_lite_chart")]
    assert [text.split(",")[0] for text in drawn[:3]] == [
        "Entries by month",
        "Entries on 650 days; most on 6 November 2023: 5",
        "Entries by weekday and hour; most on Friday from 7:00 to 7:59: 36",
    ]
    assert "Kitchen Echo Dot: 567" in drawn[3]
    assert schema.STATUSES["wake_word_only"] in drawn[4]


def test_what_could_not_be_read_is_said_beside_every_figure() -> None:
    app = upload({"a.json": page_of_rvh(rvh()), "b.zip": b"PK\x03\x04" + bytes(40)})
    for name in ("overview", "accidental", "retention"):
        assert "missing in every figure below" in told(view(app, name))
    assert "Not read" in told(press(app, "not_read"))
    assert app.radio(key="view").value == "data"


def test_another_time_zone_reads_the_files_again() -> None:
    app = press(press(page(), "sample"), "assume")
    assert app.session_state["case"].export.records["time"][0] == datetime(2024, 7, 18, 5, 51, 56, tzinfo=UTC)
    app = good(app.selectbox(key="timezone").set_value("America/New_York").run())
    assert app.session_state["case"].export.records["time"][0] == datetime(2024, 7, 18, 11, 51, 56, tzinfo=UTC)
    assert figures(app)["Entries"] == "899"
    app = good(app.selectbox(key="timezone").set_value(welcome.UNKNOWN_ZONE).run())
    assert app.button(key="gap_no_zone").label == "the time zone of 899 entries"


def test_an_export_without_entries_is_loud_and_explained() -> None:
    app = upload({"history.json": b'{"customerHistoryRecords": null, "encodedRequestToken": null}'})
    assert "not one entry is in them" in told(app)
    assert not app.metric
    assert "There are none." in told(view(app, "data"))


def test_the_data_view_accounts_for_every_file_and_problem() -> None:
    app = view(press(press(page(), "sample"), "assume"), "data")
    files = table(app, "carved")
    assert (
        files["carved"].dropna() == files[["understood", "rejected", "left_out"]].sum(axis=1)[files["carved"].notna()]
    ).all()
    assert files["carved"].sum() == 899
    assert "7 times in 1 file" in told(app)
    assert "Add the other parts of the download" in told(app)


def test_what_was_said_leaves_the_server_only_when_asked() -> None:
    app = view(press(page(), "sample_page"), "data")
    private = ["What was heard", "transcript", "response", "person", "extra"]
    before = table(app)
    assert not set(private) & set(before.columns)
    assert "alexa" not in before.to_csv().replace("amazon-alexa", "")
    after = table(good(app.toggle(key="show_text").set_value(True).run()))
    assert {"transcript", "response", "person", "extra"} <= set(after.columns)
    assert after["transcript"].notna().sum() > 800  # of the first page's 1,000


def test_a_link_opens_the_same_view() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["view"] = "Data and log"
    app = press(good(app.run()), "sample_page")
    assert "Problems and notes" in told(app)


# Forgetting


def test_forgetting_empties_memory_caches_and_uploads() -> None:
    app = upload({"history.json": page_of_rvh(rvh())})
    assert figures(app)["Entries"] == "1"
    app = press(app, "forget")
    assert titles(app) == ["See what your voice assistant kept"]
    assert app.session_state.get("case") is None
    kept = [app.session_state.get(key) for key in app.session_state.keys()]  # noqa: SIM118 - not a dict
    assert not [
        value for value in kept if isinstance(value, toolkit.Export | pl.DataFrame | bytes) or value == "lights on"
    ]
    assert [each.key for each in app.file_uploader] == ["files-1"]
    assert app.file_uploader[0].value == []


# Safety


@pytest.mark.parametrize("option", [*guard.SAFE, "server.allowedHosts"])
def test_an_unsafe_setting_stops_the_page(option: str) -> None:
    config.set_option(option, ["*"] if option == "server.allowedHosts" else not SAFE[option])
    app = page()
    assert not titles(app)
    assert "voice-history app" in app.error[0].value
    assert app.code[0].value == option


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.5", "example.org"])  # noqa: S104
def test_off_this_computer_the_page_refuses(address: str | None) -> None:
    config.set_option("server.address", address)
    app = page()
    assert not titles(app)
    assert "for this computer only" in app.error[0].proto.title


@pytest.mark.parametrize("address", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_on_a_loopback_address_the_page_opens(address: str) -> None:
    config.set_option("server.address", address)
    assert titles(page())


def test_off_this_computer_it_must_be_told_twice_and_reads_no_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    config.set_option("server.address", "0.0.0.0")  # noqa: S104
    monkeypatch.setenv(guard.ALLOW, "1")
    assert page().error
    monkeypatch.setenv(guard.ALLOW, "yes-i-know")
    app = page()
    assert not titles(app)
    app = press(app, "allow_remote")
    assert titles(app)
    assert not app.text_area
    assert titles(press(app, "forget"))


def test_the_public_address_is_never_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net_util, "_external_ip", None)
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda *args, **kwargs: pytest.fail("asked the internet"))
    page()
    assert net_util.get_external_ip() == "127.0.0.1"


@pytest.mark.parametrize("path", sorted(path.relative_to(DASHBOARD).as_posix() for path in DASHBOARD.rglob("*.py")))
def test_no_value_from_the_data_can_reach_markdown(path: str) -> None:
    breaks = sinks.found((DASHBOARD / path).read_text(encoding="utf-8"))
    if path == "words.py":  # the one place that makes them
        breaks = [each for each in breaks if not each.endswith("Words of something else than a literal")]
    assert breaks == []


@pytest.mark.parametrize(
    "code",
    [
        "st.markdown(name)",
        "st.markdown(f'{name} entries')",
        "st.markdown('a' + name)",
        "st.markdown(str(1))",
        "st.metric('Devices', name)",
        "st.selectbox(name, [1])",
        "st.segmented_control('View', names)",
        "st.text('a', help=name)",
        "st.error('a', title=name)",
        "st.download_button(name, b'')",
        "st.dataframe(table, placeholder=name)",
        "st.column_config.TextColumn(name)",
        "box.caption(name)",
        "st.sidebar.caption(name)",
        "st.tabs([name])",
        "st.table(frame)",
        "st.write(frame)",
        "st.html('a')",
        "st.markdown('a', unsafe_allow_html=True)",
        "st.markdown(*names)",
        "st.set_page_config('ours', ':material/lock:')",
        "st.markdown(**names)",
        "draw = st.markdown",
        "draw(st)",
        "from streamlit import markdown",
        "words(name, n=1)",
        "words(f'{name}', n=1)",
        "Words(name)",
        "def f(NAME): st.markdown(NAME)",
        "def f():\n    NAME = name\n    st.markdown(NAME)",
        "def f():\n    NAMES['a'] = name\n    st.markdown(NAMES['a'])",
        "def f(): NAMES.update(a=name)",
    ],
)
def test_the_rule_finds_a_planted_leak(code: str) -> None:
    assert sinks.found(code)


def test_what_the_rule_allows_is_what_is_inert() -> None:
    allowed = (
        "st.text(name); st.dataframe(frame); st.markdown('ours'); st.caption(words('{n}', n=n)); st.info(HOW[how])"
    )
    assert sinks.found(allowed) == []


def test_a_sentence_takes_figures_and_nothing_else() -> None:
    assert words("{n:entry|entries}", n=1) == "1 entry"
    assert words("{n:entry|entries} in {days}", n=1_234, days=0) == "1,234 entries in 0"
    assert words("{day} {share:.1f}", day=date(2024, 3, 5), share=0.25) == "5 March 2024 0.2"
    assert words("{inner}!", inner=words("{n}", n=2)) == "2!"
    assert isinstance(words("{n}", n=2), Words)
    for wrong in (EVIL, True, None, [EVIL], Words):
        with pytest.raises(TypeError):
            words("{wrong}", wrong=wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        words("{wrong!s}", wrong=1)


def test_hostile_names_and_words_reach_only_what_draws_plain_text() -> None:
    item = {**rvh()["voiceHistoryRecordItems"][0], "transcriptText": EVIL}
    app = upload(
        {
            "history.json": page_of_rvh(
                rvh(device={"deviceName": EVIL}, utteranceType=EVIL, voiceHistoryRecordItems=[item])
            )
        }
    )
    seen = told(app)
    app = good(view(app, "data").toggle(key="show_text").set_value(True).run())
    assert EVIL in table(app)["transcript"].tolist()
    assert EVIL in table(app)["device_name"].tolist()
    assert "evil.example" not in seen + told(app)


def test_a_download_is_not_calculated_by_a_spreadsheet() -> None:
    table = pl.DataFrame({"transcript": ["=1+1", "lights, on"], "audio_files": [["@a.wav", "b.wav"], []], "n": [1, -2]})
    assert csv(table).decode("utf-8-sig").splitlines() == [
        '"transcript","audio_files","n"',
        '"\'=1+1","\'@a.wav; b.wav",1',
        '"lights, on","",-2',
    ]


# Pictures


def counts(labels: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"device": labels, "entries": range(len(labels), 0, -1)})


def test_a_picture_holds_counts_and_no_entries() -> None:
    records = toolkit.load(SAMPLES / "amazon-alexa-privacy-page").records
    pictures = [
        charts.months(by_month(records)),
        charts.week(by_weekday_hour(records)),
        charts.ranked(by_device(records), "device", "device"),
        charts.calendar(by_day(records)),
    ]
    for picture in pictures:
        [rows] = picture.chart.to_dict()["datasets"].values()
        assert sum(row["entries"] for row in rows) == 1_500
        assert len(rows) <= 366 * 3


def test_the_calendar_has_a_place_for_every_day_and_a_week_begins_on_monday() -> None:
    days = pl.date_range(date(2023, 1, 1), date(2024, 12, 31), eager=True)
    table = pl.DataFrame({"day": days, "entries": range(len(days))})
    picture = charts.calendar(table)
    [rows] = picture.chart.to_dict()["datasets"].values()
    assert len({(row["row"], row["week"]) for row in rows}) == len(days)
    for before, row in itertools.pairwise(rows):
        monday = date.fromisoformat(row["day"]).weekday() == 0 or row["day"].endswith("01-01")
        assert (row["week"] != before["week"]) == monday
    assert picture.alt == "Entries on 731 days; most on 31 December 2024: 730"
    wild = pl.DataFrame({"day": [date(year, 7, 1) for year in range(1, 9_999, 100)], "entries": [1] * 100})
    [rows] = charts.calendar(wild).chart.to_dict()["datasets"].values()
    assert len({row["day"][:4] for row in rows}) == charts.YEARS
    assert sum(row["entries"] for row in rows) == charts.YEARS


def test_lengths_of_sound_are_counted_in_steps_that_leave_none_out() -> None:
    records = toolkit.load(SAMPLES / "amazon-alexa-csv").records
    counted = by_length(records)
    assert counted["entries"].sum() == records["audio_seconds"].count() > 0
    for first, last, entries in counted.rows():
        assert filters.Filter(shortest=first, longest=last).apply(records, None).height == entries
    [rows] = charts.lengths(counted).chart.to_dict()["datasets"].values()
    assert sum(row["entries"] for row in rows) == counted["entries"].sum()


def test_the_many_small_bars_are_summed_up() -> None:
    picture = charts.ranked(counts([f"device {n}" for n in range(50)]), "device", "device")
    [rows] = picture.chart.to_dict()["datasets"].values()
    assert len(rows) == 20
    assert rows[-1]["label"] == "31 more"
    assert sum(row["entries"] for row in rows) == sum(range(51))


def test_a_label_is_one_bounded_line_however_long_the_name() -> None:
    picture = charts.ranked(counts(["a\n\x1b[2Jb" + "x" * 5_000]), "device", "device")
    [[row]] = picture.chart.to_dict()["datasets"].values()
    assert len(row["label"]) <= 100
    assert "\x1b" not in picture.alt
    assert len(picture.alt) < 200


def test_months_without_entries_are_told() -> None:
    table = pl.DataFrame({"month": [date(2024, 1, 1), date(2024, 2, 1)], "entries": [3, 0]})
    assert charts.months(table).alt == (
        "Entries by month, January 2024 to February 2024; most in January 2024: 3; 1 months without any"
    )


def test_a_zip_in_the_sample_folder_is_the_same_export() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("history.json", page_of_rvh(rvh(1), rvh(2)))
    assert figures(upload({"Alexa.zip": buffer.getvalue()}))["Entries"] == "2"


def test_two_notes_with_different_figures_are_not_told_as_one() -> None:
    app = view(press(page(), "sample_google"), "Data and log")
    assert "57 entries may have been spoken or typed" in told(app)
    assert "26 entries may have been spoken or typed" in told(app)
    assert "Google does not state the device" in told(view(app, "Overview"))


# Filters, and single entries


def test_a_filter_holds_in_every_view_says_so_and_can_be_taken_off() -> None:
    app = press(page(), "sample_page")
    everything = figures(app)["Entries"]
    app = good(app.multiselect(key="filter_statuses").select("wake_word_only").run())
    left = figures(app)["Entries"]
    assert int(left.replace(",", "")) < int(everything.replace(",", ""))
    assert f"Only **{left} entries** of {everything} are shown" in told(app)
    app = view(app, "data")
    assert f"Only **{left} entries**" in told(app)
    assert set(table(app)["status"]) == {schema.STATUSES["wake_word_only"]}
    app = press(app, "filter_off")
    assert "a filter is on" not in told(app)


def test_a_filter_that_leaves_nothing_is_no_empty_export() -> None:
    app = press(page(), "sample_page")
    app = good(app.text_input(key="filter_text").set_value("zzzz not said").run())
    assert "The filter leaves no entry." in told(app)
    assert "not one voice entry" not in told(app)


def test_filters_choose_by_device_day_product_and_words() -> None:
    records = toolkit.load(SAMPLES / "amazon-alexa-privacy-page").records
    offered = filters.options(records, "Europe/Berlin")
    assert offered.products == ("alexa",)
    for number, label in offered.devices.items():
        count = by_device(records).filter(device=label)["entries"].sum()
        assert filters.Filter(devices=(number,)).apply(records, None).height == count
    assert offered.days
    day = offered.days[0]
    one = filters.Filter(first=day, last=day).apply(records, "Europe/Berlin")
    assert set(one.select(clock("Europe/Berlin").dt.date()).to_series()) == {day}
    word = filters.Filter(text="LIGHT").apply(records, None)
    assert word.height
    assert all("light" in f"{row[0]}\n{row[1]}".lower() for row in word.select("transcript", "response").iter_rows())
    assert filters.Filter(products=("google_assistant",)).apply(records, None).is_empty()


def test_filters_choose_by_weekday_hour_and_what_an_entry_has() -> None:
    records = toolkit.load(SAMPLES / "amazon-alexa-csv", timezone="Europe/Berlin").records
    week = by_weekday_hour(records, "Europe/Berlin")
    busiest = week.sort("entries").row(-1, named=True)
    cell = filters.Filter(weekday=busiest["weekday"], hour=busiest["hour"])
    assert cell.apply(records, "Europe/Berlin").height == busiest["entries"]
    head = headline(records)
    assert filters.Filter(has=("words",)).apply(records, None).height == head.with_text
    assert filters.Filter(has=("no_words",)).apply(records, None).height == head.entries - head.with_text
    assert filters.Filter(has=("clip", "clip_found")).apply(records, None).height == head.clips_found
    assert filters.Filter(has=("clip_missing",)).apply(records, None).height == head.clips_named - head.clips_found
    assert filters.Filter(has=("no_time",)).apply(records, None).height == head.undated
    assert filters.Filter().apply(records, None).equals(records)


def test_a_figure_and_a_gap_open_the_rows_behind_them() -> None:
    app = press(press(page(), "sample"), "assume")
    app = press(app, "gap_clip_missing")
    assert app.radio(key="view").value == "data"
    assert "Only **7 entries** of 899 are shown" in told(app)
    assert len(table(app)) == 7
    for key in ("rows_found", "rows_minutes"):  # the length of each of them is known
        app = press(view(press(app, "filter_off"), "overview"), key)
        assert "Only **58 entries** of 899 are shown" in told(app)


def test_the_number_of_devices_opens_the_entries_that_name_one() -> None:
    device = rvh(2, device={"deviceName": None}, recordKey="A0#1700000000002")
    app = upload({"history.json": page_of_rvh(rvh(1), device)})
    assert figures(app)["Devices"] == "1"
    app = press(app, "rows_devices")
    assert "Only **1 entry** of 2 are shown" in told(app)
    assert table(app)["device_name"].to_list() == ["Kitchen"]


def test_a_class_is_a_filter_and_opens_the_entries_of_its_activations() -> None:
    app = press(page(), "sample_page")
    app = good(app.multiselect(key="filter_classes").set_value(["likely"]).run())
    assert "of 25 activations by voice" in app.header[0].value
    app = press(app, "filter_rows")
    assert len(table(app)) == 25
    app = view(app, "accidental")
    assert figures(app)["Likely"] == "25"
    assert figures(app)["No sign"] == "0"


def test_nothing_that_was_read_outlives_forgetting() -> None:
    before = {id(each) for each in exports()}
    app = press(page(), "sample_page")
    for name in views.TITLES:
        app = view(app, name)
    assert {id(each) for each in exports()} - before
    app = press(app, "forget")
    assert {id(each) for each in exports()} - before == set()


def exports() -> list[Export]:
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, Export)]


def test_what_was_counted_is_counted_anew_only_for_another_filter_or_export() -> None:
    app = press(page(), "sample_page")
    [first] = app.session_state["once"]["overview"].values()
    app = view(view(app, "data"), "overview")
    assert [*app.session_state["once"]["overview"].values()] == [first]
    for word in ("light", "music", "timer"):
        app = good(app.text_input(key="filter_text").set_value(word).run())
    kept = [*app.session_state["once"]["overview"].values()]
    assert len(kept) == 3
    assert kept[0] is first
    app = press(app, "filter_off")
    assert [*app.session_state["once"]["overview"].values()] == kept
    app = press(app, "forget")
    assert "once" not in app.session_state


def test_an_entry_opens_with_every_value_its_place_and_its_clips() -> None:
    app = press(press(page(), "sample"), "assume")
    app = view(app, "data")
    export = app.session_state["case"].export
    row = export.records.filter(pl.col("audio_found") > 0).row(0, named=True)
    app.session_state["entry_open"] = row["record_id"]
    app = good(app.run())
    opened = {field: value for field, value, _ in table(app, "field").itertuples(index=False)}
    assert opened["source_file"] == row["source_file"]
    assert opened["source_row"] == str(row["source_row"])
    assert "transcript" not in opened
    assert not app.get("audio")
    app = good(app.toggle(key=f"clip_1_{row['record_id']}").set_value(True).run())
    assert app.get("audio")
    app = good(app.toggle(key="show_text").set_value(True).run())
    assert "transcript" in set(table(app, "field")["field"])
    app = press(app, "entry_after")
    at = export.records["record_id"].index_of(row["record_id"])
    assert app.session_state["entry_open"] == export.records["record_id"][at + 1]
    app = press(app, "entry_close")
    assert "entry_after" not in {button.key for button in app.button}


def test_many_entries_come_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.dashboard.views.data._PAGE", 100)
    app = view(press(page(), "sample_page"), "data")
    assert table(app).shape[0] == 100
    first = table(app)["record_id"].iloc[0]
    app = good(app.number_input(key="entries_page").set_value(2).run())
    assert table(app)["record_id"].iloc[0] != first


def test_a_known_export_without_voice_says_on_its_first_page_why_and_what_to_do() -> None:
    app = upload({"apple.zip": zip_of({"Apple ID Account Information.csv": b"x"})})

    assert "There are no voice entries in these files" in told(app)
    assert "Apple does not include Siri requests" in told(app)
    assert "Siri & Dictation History" in told(app)


# Columns of one's own

OWN = SAMPLES / "any-table-mapped"


def own(*names: str) -> AppTest:
    app = upload({name: (OWN / name).read_bytes() for name in names})
    assert "voice history all the same" in told(app)
    assert "--columns" not in told(app)  # for those at a command line; here is a button
    return press(app, "own")


@pytest.mark.parametrize("name", ["history.csv", "history.json", "history.jsonl"])
def test_an_unknown_table_is_read_with_the_columns_its_owner_tells(name: str) -> None:
    app = own(name)
    assert titles(app) == ["Tell the columns yourself"]
    assert "Choose the column of the time" in told(app)
    app = good(app.selectbox(key="own_0_time").set_value(0).run())
    assert app.selectbox(key="own_0_unit_0").value == "milliseconds"
    app = good(app.selectbox(key="own_0_transcript").set_value(1).run())
    assert figures(app) == {"Rows looked at": "12", "With a time": "12", "Without one": "0"}
    app = good(app.text_input(key="own_0_product").set_value("acme_speaker").run())
    app = press(app, "own_read")
    assert figures(app)["Entries"] == "12"


def test_the_count_follows_every_choice() -> None:
    rows = "when;what\n" + "".join(f"{n}.02.2024 10:00:00;x\n" for n in range(20, 33))
    app = press(upload({"a.csv": rows.encode()}), "own")
    app = good(app.selectbox(key="own_0_time").set_value(0).run())
    assert figures(app) == {"Rows looked at": "13", "With a time": "10", "Without one": "3"}
    assert "3 times: The time of this entry could not be read" in told(app)
    assert "do not fit" in told(good(app.selectbox(key="own_0_unit_0").set_value("seconds").run()))
    app = good(app.selectbox(key="own_0_unit_0").set_value("text").run())
    app = good(app.text_input(key="own_0_pattern").set_value("%m.%d.%Y %H:%M:%S").run())
    assert "do not fit" in told(app)
    app = good(app.text_input(key="own_0_pattern").set_value("%H").run())
    assert "does not name year" in told(app)


def test_what_was_said_is_shown_only_when_asked_on_this_page_too() -> None:
    app = own("history.csv")
    app = good(app.selectbox(key="own_0_time").set_value(0).run())
    assert not app.dataframe
    app = good(app.toggle(key="first_rows").set_value(True).run())
    assert [len(each.value) for each in app.dataframe] == [12, 12]


def test_the_shape_without_values_stands_ready_to_help() -> None:
    app = own("history.json")
    assert "commands[].heardAt: number of 13 figures" in app.code[0].value
    assert "Mila" not in app.code[0].value
    assert titles(press(app, "own_back")) == ["See what your voice assistant kept"]


def test_without_any_table_the_page_says_so() -> None:
    app = press(upload({"a.json": b'{"a": 1}'}), "own")
    assert "no table and no list" in told(app)
    assert titles(press(app, "forget")) == ["See what your voice assistant kept"]


def test_a_mapping_is_kept_when_the_zone_changes() -> None:
    rows = b"time,text\n2024-07-01 10:00:00,a\n2024-07-01 11:00:00,b\n"
    app = press(press(upload({"a.csv": rows}), "own"), "own_read")
    assert figures(app)["Entries"] == "2"
    app = good(app.selectbox(key="timezone").set_value("Asia/Tokyo").run())
    assert figures(app)["Entries"] == "2"


def test_hostile_headings_stay_inert_on_the_page_of_own_columns() -> None:
    rows = f'{EVIL},"**time**",$x$\n1714557600,{EVIL},x\n'.encode()
    app = press(upload({f"{EVIL[:5]}.csv": rows}), "own")
    app = good(app.selectbox(key="own_0_time").set_value(0).run())
    drawn = [
        each.value for kind in (app.markdown, app.caption, app.info, app.warning, app.error, app.title) for each in kind
    ]
    assert not [text for text in drawn if "evil" in text]


def test_the_report_and_what_is_shared_can_be_taken_away() -> None:
    app = view(press(page(), "sample_page"), "data")
    labels = {button.proto.label for button in app.get("download_button")}
    assert {"Download the report", "Download to share (CSV)", "Download to publish (CSV)"} <= labels
    assert "no judgement of ours" in " ".join(toggle.label for toggle in app.toggle)


def test_where_nothing_can_be_judged_the_headline_counts_no_signs() -> None:
    app = press(page(), "sample_chatgpt")
    assert "for none of 33 activations by voice can it be told whether it was an accident" in app.header[0].value
    assert "0 carry" not in app.header[0].value
    assert figures(app)["Minutes of clips"] == "under 0.1"
