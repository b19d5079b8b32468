"""The Google samples are what their generator makes of the account's true activity, in every format and language."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from html.parser import HTMLParser
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import almanac
import generate
import takeout
import takeout_archive
import takeout_files
import takeout_samples
import toolkit
from takeout import Account, Event
from toolkit import audio

SAMPLES = Path(generate.__file__).parent
EVENTS = list(takeout.events(700))
ASSISTANT = [event for event in EVENTS if "assistant" in event.products]
GERMAN = Account("de", "MEZ", 60)
LANGUAGES = sorted(takeout._words())


def truth(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.truth.json").read_text("utf-8"))
    return found


def as_json(events: Iterable[Event], account: Account = Account(), **how: Any) -> bytes:  # noqa: B008
    stream = io.BytesIO()
    takeout_files.write_json(events, stream, account, **how)
    return stream.getvalue()


def as_html(events: Iterable[Event], account: Account = Account(), **how: Any) -> bytes:  # noqa: B008
    stream = io.BytesIO()
    takeout_files.write_html(events, stream, account, **how)
    return stream.getvalue()


class Cards(HTMLParser):
    """Reads a page as any reader of HTML would: for each card its cells, as lines of text, and its links."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.cards: list[list[str]] = []
        self.links: list[list[str]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("class") or ""
        if kind.startswith("outer-cell"):
            self.cards.append([])
            self.links.append([])
        elif kind.startswith(("content-cell", "header-cell")):
            self.cards[-1].append("")
        elif tag == "br":
            self.handle_data("\n")
        elif tag == "a":
            self.links[-1].append(dict(attrs)["href"] or "")

    def handle_data(self, data: str) -> None:
        if self.cards and self.cards[-1]:
            self.cards[-1][-1] += data


def test_the_truth_of_the_english_sample_is_what_its_files_say() -> None:
    told = truth("google-takeout-json-en")
    folder = SAMPLES / "google-takeout-json-en/takeout-20251120T075809Z-001/Takeout/My Activity"
    assistant, voice = (
        json.loads((folder / path).read_bytes())
        for path in ("Assistant/MyActivity.json", "Voice and Audio/My Activity.json")
    )
    rows = [*assistant, *voice]
    times = [datetime.fromisoformat(row["time"]) for row in rows]

    assert (len(assistant), len(voice)) == (told["by_product"]["assistant"], told["by_product"]["voice"])
    assert len(rows) == told["rows"]
    assert sum(int(time.timestamp()) for time in times) == told["epoch_s"]
    assert sum(round(time.timestamp() * 1_000) for time in times) == told["epoch_ms"]
    assert (min(times), max(times)) == tuple(datetime.fromisoformat(told[key]) for key in ("first", "last"))
    assert sum(len(row["title"]) for row in rows) == told["title_characters"]
    assert sum(row["title"].startswith("Said ") for row in rows) == told["with_transcript"] == told["by_kind"]["said"]
    assert sum("titleUrl" in row for row in rows) == told["with_link"]
    assert sum(len(row.get("subtitles", ())) for row in rows) == told["answers"]
    assert sum("subtitles" in row for row in rows) == told["with_answer"]
    assert sum("details" in row for row in rows) == told["with_details"]
    assert sum("locationInfos" in row for row in rows) == told["with_place"]
    assert len({row["time"] for row in assistant} & {row["time"] for row in voice}) == told["in_both"] > 5
    for collection in (assistant, voice):
        assert all(newer["time"] > older["time"] for newer, older in pairwise(collection))


@pytest.mark.parametrize("name", takeout_samples.SAMPLES)
def test_the_clips_of_a_sample_are_as_the_truth_says(name: str) -> None:
    told = truth(name)["clips"]
    found = {path.name: path for path in (SAMPLES / name).rglob("*.mp3")}
    named = set()
    for path in (SAMPLES / name).rglob("*"):
        if path.suffix in (".json", ".html") and "rchi" not in path.name:
            named |= set(re.findall(r"[0-9_-]+_UTC\.mp3", path.read_text("utf-8")))

    assert len(named) == told["named"]
    assert len(named & found.keys()) == told["found"] == told["named"] - told["missing"]
    assert told["missing"] > 5
    assert len(found.keys() - named) == told["orphans"]
    assert sum(length_ms(found[one].read_bytes()) for one in named & found.keys()) == told["found_ms"]


def length_ms(clip: bytes) -> int:
    seconds = audio.measure(io.BytesIO(clip), len(clip)).seconds
    assert seconds is not None
    return round(1_000 * seconds)


def test_the_samples_are_small() -> None:
    sizes = [p.stat().st_size for name in takeout_samples.SAMPLES for p in (SAMPLES / name).rglob("*") if p.is_file()]
    assert sum(sizes) < 1_500_000


@pytest.mark.parametrize("name", takeout_samples.SAMPLES)
def test_a_sample_reads_as_its_truth_says(name: str) -> None:
    told = truth(name)
    export = toolkit.load(SAMPLES / name)
    records = export.records

    assert records.height == told["rows"]
    assert records["time"].null_count() == 0
    assert records["transcript"].count() == told["with_transcript"]
    assert records["response"].count() == told["with_answer"]
    assert records["duplicate_of"].count() == told["in_both"]
    assert records.select(pl.col("time").dt.epoch("s").sum()).item() == told["epoch_s"]
    assert export.exported_at == datetime.fromisoformat(told["made"])
    assert not export.problems.filter(pl.col("severity") == "error").height


def test_two_parts_hold_rows_and_clips_apart_and_need_each_other() -> None:
    parts = takeout.zip_parts(SAMPLES / "google-takeout-mixed-two-parts")
    assert list(parts) == ["takeout-20251120T075809Z-3-001.zip", "takeout-20251120T075809Z-3-002.zip"]
    assert parts == takeout.zip_parts(SAMPLES / "google-takeout-mixed-two-parts")
    first, second = (zipfile.ZipFile(io.BytesIO(data)).namelist() for data in parts.values())

    assert all(member.startswith("Takeout/") for member in first + second)
    assert [member for member in first if member.endswith(".json")] == ["Takeout/My Activity/Assistant/MyActivity.json"]
    assert not [member for member in first if member.endswith(".mp3")]
    assert len([member for member in second if "/Assistant/" in member and member.endswith(".mp3")]) > 50
    assert "file_missing" in toolkit.load(next(iter(parts.values()))).problems["code"]


def test_the_english_exports_are_of_one_account_and_overlap() -> None:
    both = toolkit.load(SAMPLES / "google-takeout-json-en", SAMPLES / "google-takeout-mixed-two-parts").records
    second = both.filter(pl.col("source_file").str.contains("Z-3-00", literal=True))

    assert second.height == truth("google-takeout-mixed-two-parts")["rows"]
    assert both.height - second.height == truth("google-takeout-json-en")["rows"]
    assert second.filter(pl.col("transcript").is_not_null())["duplicate_of"].null_count() == 0


def test_every_kind_of_row_occurs_and_some_by_accident() -> None:
    kinds = Counter((event.products, event.kind) for event in EVENTS)

    assert {products for products, _ in kinds} == {
        ("assistant",),
        ("voice",),
        ("gemini",),
        ("search",),
        ("assistant", "voice"),
    }
    assert {kind for _, kind in kinds} == {"said", "unknown_command", "used", "tapped"}
    assert 0.05 < sum(event.accidental for event in EVENTS) / len(EVENTS) < 0.2
    assert {event.details for event in EVENTS} == {(), ("hotword",), ("hotword", "stranger")}
    assert all(event.kind == "said" for event in EVENTS if event.linked)


def test_most_clips_of_the_assistant_begin_after_their_row_and_all_others_with_it() -> None:
    late = []
    for event in takeout.events(3_000):
        if event.audio:
            begun = datetime.strptime(f"{event.audio[:23]}+0000", "%Y-%m-%d_%H_%M_%S_%f%z")
            wait = (begun - event.time) / timedelta(milliseconds=1)
            assert wait == 0 or (530 <= wait <= 2_921 and event.products[0] == "assistant")
            late += [wait > 0] if event.products[0] == "assistant" else []
    assert 0.7 < sum(late) / len(late) < 0.84


def test_a_conversation_nearby_is_a_burst_of_rows_without_a_link() -> None:
    bursts = [
        event
        for event in takeout.events(3_000)
        if event.kind == "said" and event.products == ("assistant",) and not event.linked
    ]
    gaps = [after.time_ms - before.time_ms for before, after in pairwise(bursts)]

    assert len([gap for gap in gaps if 7_600 <= gap <= 13_600]) > 10
    assert all(event.accidental and not event.details for event in bursts)


@pytest.mark.parametrize("layout", takeout_files.LAYOUTS)
@pytest.mark.parametrize("count", [0, 1, 2, 60])
def test_every_layout_says_the_same(layout: str, count: int) -> None:
    data = as_json(ASSISTANT[:count], layout=layout)

    assert json.loads(data) == [takeout_files.record(event, Account()) for event in ASSISTANT[:count]]


def test_json_looks_as_google_writes_it() -> None:
    text = as_json(ASSISTANT[:300]).decode()

    assert text.startswith('[{\n  "header": "')
    assert text.endswith("\n}]")
    assert text.count("\n},{\n") == 299
    assert not set(text.replace('": ', "")) & set("<>&='")
    assert r"\u003d" in text
    assert r"\u0027" in text
    assert '"products": ["Assistant"]' in text
    assert '"subtitles": [{\n    "name": ' in text
    assert '\n  },{\n    "name": ' in text
    assert "明日の天気は" in text
    assert as_json(ASSISTANT[:300], layout="gson_spaced").count(b"\n}, {\n") == 299
    assert b"\n" not in as_json(ASSISTANT[:300], layout="min")


def test_keys_are_written_in_the_order_asked_for_and_missing_ones_not_at_all() -> None:
    rows = json.loads(as_json(ASSISTANT, keys=["time", "title"], zulu=False))

    assert {tuple(row) for row in rows} == {("time", "title")}
    assert not any(row["time"].endswith("Z") for row in rows)


def test_the_keys_of_rows_are_those_of_real_ones(shared: Path) -> None:
    real = [
        row
        for name in ("assistant_2018", "voice_and_audio_2018_2019", "gemini_shapes_2026")
        for row in json.loads((shared / f"samples/google/{name}.json").read_bytes())
    ]
    ours = [takeout_files.record(event, Account(), event.products[0]) for event in EVENTS]

    assert {key for row in ours for key in row} <= {key for row in real for key in row}
    assert {"imageFile", "attachedFiles"} == {key for row in real for key in row} - {key for row in ours for key in row}


@pytest.mark.parametrize("write", [as_json, as_html])
@pytest.mark.parametrize("count", [0, 1, 6, 7, 8, 40])
def test_events_can_be_turned_around_while_they_are_written(
    write: Any, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeout_files, "_AT_ONCE", 7)
    monkeypatch.setattr(takeout_files, "_IN_MEMORY", 1_000)

    assert write(ASSISTANT[:count], oldest_first=True) == write(ASSISTANT[:count][::-1])


@pytest.mark.parametrize("frame", takeout_files.FRAMES)
@pytest.mark.parametrize("account", [Account(), GERMAN, Account("fr", "UTC\u22127", -420), Account("ja", "JST", 540)])
def test_a_page_shows_what_the_rows_say(frame: str, account: Account) -> None:
    page = Cards(as_html(ASSISTANT, account, frame=frame, clips=True))
    write = almanac.Writer(account.locale, account.zone, narrow=frame == "2026")

    assert len(page.cards) == len(ASSISTANT)
    for event, cells, links in zip(ASSISTANT, page.cards, page.links, strict=True):
        row = takeout_files.record(event, account)
        header, body, media, caption = cells
        wall = (event.time + timedelta(minutes=account.minutes)).replace(tzinfo=None)
        lines = [row["title"], *event.answers, write(wall)] + ([""] if frame == "2026" else [])
        assert header.strip() == row["header"]
        assert [line.replace("\u00a0", " ") for line in body.strip(" ").split("\n")][: len(lines)] == [
            line.replace("\u00a0", " ") for line in lines
        ]
        assert media.strip() == (event.audio or "")
        assert (row.get("titleUrl") in links) == event.linked
        words = account.words
        assert caption.startswith(f"{words['labels'][0]}\n\u2003{row['products'][0]}\n")
        assert [words[key] in caption for key in ("hotword", "stranger")] == [
            k in event.details for k in ("hotword", "stranger")
        ]
        assert (words["labels"][3] in caption) == (frame != "2018")
        assert (words["place"] in caption) == (event.place is not None)


def test_cards_of_2018_stand_on_lines_of_their_own_and_end_with_the_date() -> None:
    data = as_html(ASSISTANT[:50], Account("en-US", None), frame="2018").decode()

    assert data.count('\n<div class="header-cell') == 50
    assert len(re.findall(r", \d+:\d\d:\d\d [AP]M</div>", data)) == 50
    assert b"\n" not in as_html(ASSISTANT[:50])


def test_the_answer_of_gemini_stands_behind_the_date() -> None:
    event = next(event for event in EVENTS if event.products == ("gemini",) and event.answers)
    date = almanac.Writer("en-US", "UTC")(event.time.replace(tzinfo=None))

    assert f"{date}<br>{event.answers[0]}</div>" in as_html([event], product="gemini").decode()
    assert json.loads(as_json([event], product="gemini"))[0]["safeHtmlItem"] == [{"html": event.answers[0]}]


@pytest.mark.parametrize("locale", sorted(almanac.table()))
def test_a_page_can_be_written_and_read_in_every_locale(locale: str) -> None:
    account = Account(locale, "GMT+05:30", 330)
    loose = ("time", "transcript", "response", "status", "audio_files")
    left, right = (
        toolkit.load(data).records.select(loose).with_columns(pl.col("time").dt.truncate("1s"))
        for data in (as_json(ASSISTANT[:40], account), as_html(ASSISTANT[:40], account, clips=True))
    )
    assert left.height == 40
    assert left.rows() == right.rows()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_a_word_for_everything(language: str) -> None:
    words = takeout._words()[language]

    assert words.keys() == takeout._words()["en"].keys()
    assert words["products"].keys() == {"assistant", "voice", "gemini", "search"}
    for key in ("said", "tapped", "searched", "prompted", "account", "exported", "why"):
        assert words[key].count("{}") == 1
    assert all("{}" not in words[key] for key in ("unknown_command", "used", "feature"))


def test_an_account_without_words_of_its_own_uses_english_ones() -> None:
    assert Account("pl", "CEST", 120).words is Account("en-IN").words
    assert Account("fr-CA").words is Account("fr").words


def test_the_manifest_names_the_day_the_folders_and_the_files() -> None:
    page = (SAMPLES / "google-takeout-html-de/takeout-20251120T075809Z-1-001/Takeout/Archiv_Übersicht.html").read_text(
        "utf-8"
    )

    assert '<div class="header_subtext">19.11.2025, 23:58:09 UTC\u22128 • ' in page
    assert 'data-english-name="MY_ACTIVITY" data-folder-name="Meine Aktivitäten"' in page
    assert 'href="Meine Aktivitäten/Google Assistant/MeineAktivitäten.html"' in page
    assert '<div class="failure-message"></div>' in page
    assert "somebody@example.org" in page
    broken = takeout_archive.manifest(GERMAN, "19.11.2025, 23:58:09 MEZ", {}, "Fehler: 1 & 2")
    assert html.escape("Fehler: 1 & 2") in broken


@pytest.mark.parametrize(("write", "ms", "frame"), [(takeout_archive.mp3, 360, 36), (takeout_archive.aac, 640, 64)])
def test_a_clip_is_silence_of_the_length_asked_for(write: Any, ms: int, frame: int) -> None:
    data = write(ms)

    assert length_ms(data) == ms
    assert len(data) == len(write(frame)) * ms // frame


@given(st.integers(0, 300), st.integers(0, 3), st.sampled_from(["en-GB", "de-DE"]))
def test_an_activity_has_exactly_as_many_events_as_asked_for_and_no_two_at_once(
    count: int, seed: int, language: str
) -> None:
    found = list(takeout.events(count, seed, language))

    assert len(found) == count
    assert all(one.time_ms < other.time_ms for one, other in pairwise(found))
    assert {event.language for event in found} <= {language}
    assert found == list(takeout.events(count, seed, language))


def test_an_activity_of_a_million_is_begun_without_being_finished() -> None:
    assert len(list(islice(takeout.events(1_000_000), 10))) == 10


def test_a_scaled_export_has_as_many_times_the_rows_and_at_most_so_many_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeout_samples, "MOST_CLIPS", 5)
    generate.main(["--scale", "3", "--only", "google-takeout-html-de", "--out", str(tmp_path)])
    told = json.loads((tmp_path / "google-takeout-html-de.truth.json").read_text("utf-8"))
    page = next(tmp_path.rglob("Google Assistant/*.html"))

    assert 2.7 < told["rows"] / truth("google-takeout-html-de")["rows"] < 3.3
    assert len(Cards(page.read_bytes()).cards) == told["rows"]
    assert (told["clips"]["found"], told["clips"]["orphans"]) == (5, 1)
