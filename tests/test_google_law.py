"""The law of Google's two formats: the same activity, written as JSON or as HTML in any locale, is the same records."""

from __future__ import annotations

import html
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import almanac
import make_locale_table
import takeout
import takeout_files
import toolkit
from test_carve_html import card, page
from test_google import WHY, zipped

# Words around a request as accounts may have them: in front, behind, on both sides.
VERBS = st.sampled_from(
    [("Said ", ""), ("Dijiste ", ""), ("", " と言いました"), ("「", "」と話しました"), ("قلت ", "")]
)
CONSTANTS = st.sampled_from(["Commande vocale inconnue", "Used Assistant", "Irgendetwas Festes"])
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12) | st.sampled_from(
    ["what's 1 < 2 & 3", "it is 12:30 on May 3, 2021", "50 % + 1", "&amp;", '"quoted"', "día", "<br>", "q=a&b=c"]
)
EVENT = st.fixed_dictionaries(
    {"text": TEXT, "second": st.integers(0, 10**8), "milli": st.integers(0, 999)},
    optional={
        "constant": CONSTANTS,
        "answers": st.lists(TEXT, min_size=1, max_size=3),
        "details": st.lists(
            st.sampled_from(["Started by hotword", "From unrecognized speaker", "Started by tap"]),
            min_size=1,
            unique=True,
        ),
        "clip": st.integers(0, 10**6).map("{}.mp3".format),
        "location": st.just("At this place"),
        "unlinked": st.booleans(),
    },
)
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
SURE = {"text": "hello there", "second": 86_400 * 24, "milli": 0}  # the 25th: no locale can take it for a month
ALSO = {"text": "good bye", "second": 86_400 * 55, "milli": 0}
COMPARED = ("time", "transcript", "response", "status", "status_text", "trigger", "audio_files", "product")


def title(event: dict[str, Any], verb: tuple[str, str]) -> str:
    return event["constant"] if "constant" in event else verb[0] + event["text"] + verb[1]  # type: ignore[no-any-return]


def url(event: dict[str, Any]) -> str | None:
    if "constant" in event or event.get("unlinked"):
        return None
    return "https://www.google.com/search?q=" + quote_plus(event["text"])


def as_json(events: list[dict[str, Any]], verb: tuple[str, str]) -> bytes:
    rows = []
    for event in events:
        time = FIRST + timedelta(seconds=event["second"], milliseconds=event["milli"])
        row: dict[str, Any] = {"header": "Assistant", "title": title(event, verb), "products": ["Assistant"]}
        row["time"] = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        row |= {"titleUrl": url(event)} if url(event) else {}
        row |= {"subtitles": [{"name": text} for text in event["answers"]]} if "answers" in event else {}
        row |= {"details": [{"name": text} for text in event["details"]]} if "details" in event else {}
        row |= {"audioFiles": [event["clip"]]} if "clip" in event else {}
        rows.append(row)
    return json.dumps(rows, indent=2).encode()


def as_card(event: dict[str, Any], verb: tuple[str, str], write: almanac.Writer, offset: int) -> str:
    wall = (FIRST + timedelta(seconds=event["second"], minutes=offset)).replace(tzinfo=None)
    first = html.escape(title(event, verb))
    if link := url(event):
        before, after = (html.escape(part) for part in verb)
        first = f'{before.replace(" ", "&nbsp;")}<a href="{html.escape(link)}">{html.escape(event["text"])}</a>{after}'
    lines = [first, *map(html.escape, event.get("answers", [])), write(wall)]
    caption = "<b>A:</b><br>&emsp;Assistant<br>"
    if "location" in event:
        caption += '<b>B:</b><br>&emsp;At this place: <a href="https://www.google.com/maps/@?api=1">x</a><br>'
    if "details" in event:
        caption += "<b>C:</b><br>" + "".join(f"&emsp;{text}<br>" for text in event["details"])
    written = card("<br>".join(lines) + "<br>", caption=caption + WHY)
    return (
        written.replace('right"></div>', f'right"><a href="{event["clip"]}">x</a></div>')
        if "clip" in event
        else written
    )


def as_html(
    events: list[dict[str, Any]], verb: tuple[str, str], locale: str, zone: str = "UTC", offset: int = 0
) -> bytes:
    write = almanac.Writer(locale, zone)
    return page(*[as_card(event, verb, write, offset) for event in events])


def read(path: str, data: bytes) -> pl.DataFrame:
    records = toolkit.load(zipped(**{path: data})).records
    return records.select(COMPARED).with_columns(pl.col("time").dt.truncate("1s"))


@pytest.mark.parametrize("locale", sorted(almanac.table()))
def test_every_locale_says_the_same_in_both_formats(locale: str) -> None:
    events = [SURE, ALSO, {**SURE, "second": 1, "answers": ["one", "two"], "details": ["Started by hotword"]}]
    events += [{**ALSO, "second": 3_600 * n * 37, "milli": n} for n in range(24)]

    left, right = read("x.json", as_json(events, ("Said ", ""))), read("x.html", as_html(events, ("Said ", ""), locale))
    assert left.rows() == right.rows()


@settings(max_examples=80)
@given(
    st.lists(EVENT, max_size=5),
    VERBS,
    st.sampled_from(sorted(almanac.table())),
    st.sampled_from([("UTC", 0), ("CEST", 120)]),
)
def test_json_and_html_give_equal_records(
    events: list[dict[str, Any]], verb: tuple[str, str], locale: str, zone: tuple[str, int]
) -> None:
    told = [SURE, ALSO, *events]

    left, right = read("x.json", as_json(told, verb)), read("x.html", as_html(told, verb, locale, *zone))
    assert left.rows() == right.rows()


ACCOUNTS = [
    takeout.Account(),
    takeout.Account("de", "MESZ", 120),
    takeout.Account("fr", "UTC+2", 120),
    takeout.Account("pt-BR", "UTC", 0),
    takeout.Account("es", "CEST", 120),
    takeout.Account("ja", "JST", 540),
    takeout.Account("zh-CN", "CEST", 120),
    takeout.Account("ar", "UTC", 0),
]


@pytest.mark.parametrize("frame", takeout_files.FRAMES)
@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.locale)
def test_the_household_says_the_same_in_both_formats(account: takeout.Account, frame: str) -> None:
    events = list(takeout.events(300))
    for product in (takeout.ASSISTANT, takeout.VOICE, takeout.GEMINI):
        mine = [event for event in events if product in event.products]
        rows, cards = io.BytesIO(), io.BytesIO()
        takeout_files.write_json(mine, rows, account, product)
        takeout_files.write_html(mine, cards, account, product, frame=frame, clips=True)

        left, right = read("x.json", rows.getvalue()), read("x.html", cards.getvalue())
        assert left.rows() == right.rows()
        assert left.height == (0 if product == takeout.GEMINI else len(mine))
        said = [event.transcript for event in mine if event.kind == takeout.SAID]
        assert [text for text in left["transcript"] if text is not None] == ([] if product == takeout.GEMINI else said)


@pytest.mark.parametrize("locale", ["de", "ja", "ar"])
def test_the_table_of_locales_in_the_docs_is_what_its_script_finds(locale: str) -> None:
    lines = make_locale_table.TARGET.read_text("utf-8").splitlines()
    told = {line.split(" | ")[0].removeprefix("| "): line for line in lines if line.endswith(" |")}

    assert set(almanac.table()) <= set(told)
    assert told[locale] == str(make_locale_table.row(locale, sorted(almanac.table()).index(locale)))
    assert all(line.endswith(" 0 |") for name, line in told.items() if name in almanac.table())
