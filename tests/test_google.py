"""What rows of Google's "My Activity" mean, in JSON and in HTML, in any language."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toolkit
from test_carve_html import card, page
from toolkit.limits import Limits
from toolkit.merge import Seen
from toolkit.parsers.google import activity, manifest
from toolkit.parsers.google.activity_html import caption
from toolkit.parsers.google.hearing import Hearing

CLIP = "2018-02-02_02_05_07_765_UTC.mp3"
WHY = (
    "<b>Why is this here?</b><br>&emsp;This was saved because:&nbsp;Web &amp; App Activity.&nbsp;See "
    '<a href="https://myaccount.google.com/activitycontrols">here</a>.'
)


def row(title: str = "Said hello", **more: Any) -> dict[str, Any]:
    told = {"header": "Assistant", "title": title, "time": "2018-04-16T11:42:52.739Z", "products": ["Assistant"]}
    return told | more


def link(asked: str) -> str:
    return "https://www.google.com/search?q=" + asked.replace(" ", "+")


def written(*rows: Any, **layout: Any) -> bytes:
    return json.dumps(list(rows), **layout).encode()


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return buffer.getvalue()


def takeout(*rows: Any, path: str = "Takeout/My Activity/Assistant/MyActivity.json") -> toolkit.Export:
    return toolkit.load(zipped(**{path: written(*rows)}))


def html_takeout(
    *cards: str, path: str = "Takeout/My Activity/Assistant/MyActivity.html", **more: bytes
) -> toolkit.Export:
    return toolkit.load(zipped(**{path: page(*cards)}, **more))


def only(export: toolkit.Export) -> dict[str, Any]:
    assert export.records.height == 1
    return export.records.row(0, named=True)


def extra(record: dict[str, Any]) -> dict[str, Any]:
    found = json.loads(record["extra"] or "{}")
    assert isinstance(found, dict)
    return found


def codes(export: toolkit.Export) -> list[str]:
    return [code for code in export.problems["code"] if code not in ("more_parts_possible", "no_clips")]


# --- the samples


@pytest.mark.parametrize(
    ("name", "rows", "left_out"),
    [
        ("assistant_2018.json", 1, 0),
        ("voice_and_audio_2018_2019.json", 9, 0),
        ("burst_2018.json", 6, 0),
        ("gemini_shapes_2026.json", 0, 5),
        ("cells_2026.html", 0, 3),
        ("chrome_2018.html", 0, 3),
    ],
)
def test_every_public_sample_gives_the_rows_its_source_implies(
    shared: Path, name: str, rows: int, left_out: int
) -> None:
    export = toolkit.load(shared / "samples" / "google" / name)

    file = export.files.row(0, named=True)
    assert (file["understood"], file["rejected"], file["left_out"]) == (rows, 0, left_out)
    assert export.problems.filter(pl.col("severity") != "note").is_empty()
    assert export.records["transcript"].null_count() == 0
    assert export.records["time"].null_count() == 0
    assert export.records["audio_files"].list.len().eq(1).all()


def test_what_the_public_samples_say_is_told(shared: Path) -> None:
    records = toolkit.load(shared / "samples" / "google" / "voice_and_audio_2018_2019.json").records

    assert records["transcript"][7] == "what's pepperoncini"
    assert records["status_text"][7] == "Said · Started by hotword · From unrecognized speaker"
    assert records["trigger"].to_list() == ["unknown"] * 7 + ["wake_word"] * 2
    assert records["time_basis"].to_list() == ["utc"] * 6 + ["zone_assumed"] + ["utc"] * 2
    assert records["time"][6] == datetime(2019, 9, 6, 2, 27, 40, 949_000, tzinfo=UTC)


# --- voice or not


@pytest.mark.parametrize(
    ("names", "voice"),
    [
        ({"header": "Google Assistant", "products": ["Google Assistant"]}, True),
        ({"header": "Google App", "products": ["Voice and Audio"]}, True),
        ({"header": "アシスタント", "products": None}, True),
        ({"header": "Assistant Memory", "products": ["Assistant Memory"]}, False),
        ({"header": "YouTube", "products": ["YouTube"]}, False),
        ({"header": "Google App", "products": ["Search"]}, False),
        ({"header": "Gemini Apps", "products": ["Gemini Apps"]}, False),
    ],
)
def test_a_row_is_voice_if_its_names_or_a_clip_say_so(names: dict[str, Any], voice: bool) -> None:
    plain, with_clip = row(**names), row(**names, audioFiles=[CLIP])

    assert takeout(plain, path="x/MyActivity.json").records.height == int(voice)
    assert takeout(with_clip, path="x/MyActivity.json").records.height == 1


def test_a_row_that_names_nothing_is_what_its_folder_says() -> None:
    bare = {"title": "Said hello", "time": "2018-04-16T11:42:52Z"}

    assert takeout(bare, path="Takeout/Meine Aktivitäten/Google Assistant/MeineAktivitäten.json").records.height == 1
    assert takeout(bare, path="Takeout/My Activity/Maps/MyActivity.json").records.height == 0


def test_rows_that_may_have_been_typed_are_counted_apart_and_others_are_left_out() -> None:
    export = takeout(
        row(),
        row("Prompted a", header="Gemini Apps", products=["Gemini Apps"]),
        row("Suchanfrage: b", header="Suche", products=["Google Suche"], titleUrl=link("b")),
        row("Watched c", header="YouTube", products=["YouTube"]),
    )
    file = export.files.row(0, named=True)

    assert (file["carved"], file["understood"], file["left_out"]) == (4, 1, 3)
    assert (
        "2 spoken or typed, not told apart (Gemini Apps, Google Suche), 1 of other products (YouTube)" in file["note"]
    )
    assert codes(export) == ["input_mode_unknown"]
    assert export.problems.filter(code="input_mode_unknown")["message"][0].startswith("2 entries")


def test_what_a_home_recorded_counts_as_clips_and_its_lists_are_left_out_on_purpose() -> None:
    export = toolkit.load(
        zipped(
            **{
                "Takeout/My Activity/Assistant/MyActivity.json": written(row()),
                "Takeout/Home App/SoundSensing.json": b'{"events": [{"title": "x", "time": "2020-01-01T00:00:00Z"}]}',
                "Takeout/Home App/HomeApp.json": b"{}",
                "Takeout/Home App/blobs/one.aac": b"",
            }
        )
    )
    notes = dict(export.files.select("path", "note").rows())
    assert "left out on purpose" in notes["Takeout/Home App/SoundSensing.json"]
    assert "left out on purpose" in notes["Takeout/Home App/HomeApp.json"]
    assert notes["Takeout/Home App/blobs/*"] == "1 clips"
    (told,) = export.problems.filter(code="clip_without_entry")["message"]
    assert "listens for alarms" in told


def test_a_takeout_of_the_home_app_alone_is_no_error_and_says_what_it_is() -> None:
    export = toolkit.load(zipped(**{"Takeout/Home App/HomeApp.json": b"{}", "Takeout/Home App/blobs/one.aac": b""}))
    assert export.records.is_empty()
    assert "google_home_only" in codes(export)


def test_gemini_with_a_clip_is_an_entry_of_gemini() -> None:
    record = only(
        takeout(
            row(
                "Prompted tell me",
                header="Gemini Apps",
                products=["Gemini Apps"],
                attachedFiles=[{"name": "a.png"}, "b.wav"],
                safeHtmlItem=[{"html": "<p>One &amp; <b>two</b></p><ul><li>three</li></ul>"}, {"html": "<p>again</p>"}],
            )
        )
    )

    assert (record["product"], record["transcript"]) == ("google_gemini", "tell me")
    assert record["audio_files"] == ["b.wav"]
    assert record["response"] == "One & two\nthree\nagain"


def test_an_export_without_voice_is_no_error_and_says_why() -> None:
    export = takeout(row("Watched c", header="YouTube", products=["YouTube"]))

    assert export.records.is_empty()
    assert export.problems.filter(code="no_voice_entries")["severity"].to_list() == ["note"]


# --- what was said


def test_the_link_tells_what_was_said_in_any_language() -> None:
    rows = [row(f"Dijiste {text}", titleUrl=link(text)) for text in ("hola", "qué hora es", "100 % más")]
    records = takeout(*rows, row("Dijiste algo sin enlace")).records

    assert records["transcript"].to_list() == ["hola", "qué hora es", "100 % más", "algo sin enlace"]
    assert records["status_text"].unique().to_list() == ["Dijiste"]


def test_words_around_what_was_said_are_learned_on_both_sides() -> None:
    rows = [row(f"「{text}」と言いました", titleUrl=link(text)) for text in ("天気", "音楽をかけて")]
    records = takeout(*rows, row("「タイマー」と言いました")).records

    assert records["transcript"].to_list() == ["天気", "音楽をかけて", "タイマー"]
    assert records["status_text"].unique().to_list() == ["「…」と言いました"]


def test_an_encoded_link_is_decoded_once() -> None:
    asked = "https://www.google.com/search?hl=en&q=100%25+%2B+a%2520b%27s"
    record = only(takeout(row("Said 100% + a%20b's", titleUrl=asked)))

    assert record["transcript"] == "100% + a%20b's"
    assert extra(record)["titleUrl"] == asked


@pytest.mark.parametrize(
    ("title", "clips", "status"),
    [
        ("Commande vocale inconnue", [], "not_understood"),
        ("Application utilisée\u00a0: Assistant", [], "no_request"),
        ("Application utilisée\u00a0: Assistant", [CLIP], "no_request"),
        ('"Maps" sélectionné', [], "no_request"),
        ("Irgendetwas Festes", [CLIP], "not_understood"),
    ],
)
def test_a_title_without_a_request_is_told_by_table_or_clip(title: str, clips: list[str], status: str) -> None:
    records = takeout(row("Vous avez dit bonjour", titleUrl=link("bonjour")), row(title, audioFiles=clips)).records
    record = records.row(1, named=True)

    assert (record["transcript"], record["status"]) == (None, status)
    assert title in (record["status_text"], extra(record).get("title"))


def test_where_no_wording_is_known_nothing_is_claimed_and_nothing_is_lost() -> None:
    export = takeout(row("Sanoit hei"), row("Sanoit moi", audioFiles=[CLIP]))

    assert export.records["status"].to_list() == ["unknown", "unknown"]
    assert [json.loads(text)["title"] for text in export.records["extra"]] == ["Sanoit hei", "Sanoit moi"]
    assert "wording_unknown" in codes(export)


def test_wording_is_learned_from_the_whole_file_if_its_beginning_has_none() -> None:
    bare = [row(f"Sanoit numero {n}", audioFiles=[CLIP]) for n in range(800)]
    export = takeout(*bare, *[row(f"Sanoit {text}", titleUrl=link(text)) for text in ("hei", "moi")])

    assert export.records["transcript"][0] == "numero 0"
    assert export.records["transcript"].null_count() == 0


def test_one_verb_that_holds_all_titles_is_not_learned() -> None:
    hearing = Hearing([("hello", link("hello")), ("world", link("world"))])

    assert not hearing.learned


# --- the other fields


def test_how_it_began_is_told_where_known_and_kept_where_not() -> None:
    details = [{"name": "Started by hotword"}], [{"name": "Started by long press"}], [{"name": "From Google Ads"}]
    records = takeout(*[row(details=one) for one in details]).records

    assert records["trigger"].to_list() == ["wake_word", "unknown", "unknown"]
    assert records["status_text"].to_list() == ["Said · Started by hotword", "Said · Started by long press", "Said"]
    assert json.loads(records["extra"][2])["details"] == ["From Google Ads"]


def test_answers_are_joined_and_empty_ones_passed_over() -> None:
    record = only(
        takeout(row(subtitles=[{}, {"name": "One."}, {"name": "Two.", "url": "https://x.test"}], description="Three."))
    )

    assert record["response"] == "One.\nTwo.\nThree."
    assert extra(record)["links"] == ["https://x.test"]


def test_no_key_is_lost() -> None:
    place = {
        "name": "At this place",
        "url": "https://www.google.com/maps/@?api=1",
        "source": "From your device",
        "new": 1,
    }
    odd = row(titleUrl=None, locationInfos=[place], imageFile="a.png", novel={"a": [1]}, time=None)
    kept = extra(takeout(row(), odd).records.row(1, named=True))

    assert kept["locationInfos"] == [{name: place[name] for name in ("name", "url", "source")}]
    assert kept["locationInfos (rest)"] == [{"new": 1}]
    assert (kept["imageFile"], kept["novel"], kept["header"], kept["products"]) == (
        "a.png",
        {"a": [1]},
        "Assistant",
        ["Assistant"],
    )


@pytest.mark.parametrize(
    ("text", "time", "basis"),
    [
        ("2018-04-16T11:42:52.739Z", datetime(2018, 4, 16, 11, 42, 52, 739_000, UTC), "utc"),
        ("2018-04-16T11:42:52.739123Z", datetime(2018, 4, 16, 11, 42, 52, 739_123, UTC), "utc"),
        ("2018-04-16T11:42:52Z", datetime(2018, 4, 16, 11, 42, 52, 0, UTC), "utc"),
        ("2018-04-16T11:42:52.739", datetime(2018, 4, 16, 11, 42, 52, 739_000, UTC), "zone_assumed"),
        ("2018-04-16T13:42:52+02:00", datetime(2018, 4, 16, 11, 42, 52, 0, UTC), "offset"),
        ("April", None, "none"),
    ],
)
def test_a_time_is_read_with_how_it_is_known(text: str, time: datetime | None, basis: str) -> None:
    export = takeout(row(time="2018-01-01T00:00:00.000Z"), row(time=text))
    record = export.records.row(1, named=True)

    assert (record["time"], record["time_basis"], record["time_text"]) == (time, basis, text)
    assert codes(export) == ([] if time else ["time_not_read"])


@pytest.mark.parametrize(
    "layout", [{}, {"separators": (",", ":")}, {"indent": 2}, {"indent": 2, "ensure_ascii": False}, {"indent": "\t"}]
)
def test_every_layout_of_json_reads_alike(layout: dict[str, Any]) -> None:
    rows = [row(f"Said {n}", titleUrl=link(str(n)), audioFiles=[f"{n}.mp3"], subtitles=[{}]) for n in range(50)]
    records = toolkit.load(zipped(**{"a/MyActivity.json": written(*rows, **layout)}), limits=Limits(block=700)).records

    assert records["transcript"].to_list() == [str(n) for n in range(50)]


# --- cards


def test_a_card_says_what_the_row_of_json_says() -> None:
    record = only(
        html_takeout(
            card(
                f'Said&nbsp;<a href="{link("what is it")}&amp;hl=en">what is it</a><br>A thing.<br>Really.<br>'
                "Apr 16, 2018, 11:42:52\u202fAM UTC<br>",
                caption="<b>Produkte:</b><br>&emsp;Google Assistant<br><b>Orte:</b><br>&emsp;At this place: "
                '<a href="https://www.google.com/maps/@?api=1">x</a> - From your device<br>'
                "<b>Details:</b><br>&emsp;Started by hotword<br>&emsp;From unrecognized speaker<br>" + WHY,
            )
        )
    )

    assert (record["transcript"], record["response"]) == ("what is it", "A thing.\nReally.")
    assert record["time"] == datetime(2018, 4, 16, 11, 42, 52, tzinfo=UTC)
    assert (record["trigger"], record["status"]) == ("wake_word", "understood")
    assert record["status_text"] == "Said · Started by hotword · From unrecognized speaker"
    assert extra(record)["locationInfos"][0]["source"] == "From your device"


def test_a_clip_in_a_card_is_found_wherever_it_stands() -> None:
    said = f'Said a<br>Apr 16, 2018, 11:42:52 AM<br><audio src="x/{CLIP}"></audio>'
    media = card("Said b<br>Apr 16, 2018, 11:42:52 AM").replace(
        'text-right"></div>', f'text-right"><a href="{CLIP}">Play</a></div>'
    )
    records = html_takeout(card(said, "Search", ""), media.replace("Assistant", "Search")).records

    assert records["audio_files"].to_list() == [[CLIP], [CLIP]]
    assert records["transcript"].to_list() == ["a", "b"]


def test_markup_behind_the_date_is_the_answer() -> None:
    record = only(html_takeout(card("Said a<br>Apr 16, 2018, 11:42:52 AM<br><p>La <b>suite</b>.</p>\n<h3>Titre</h3>")))

    assert record["response"] == "La suite.\nTitre"
    assert record["time"] == datetime(2018, 4, 16, 11, 42, 52, tzinfo=UTC)


def test_the_first_line_that_can_be_a_date_is_the_date_even_if_an_answer_holds_one() -> None:
    date, other = "Apr 16, 2018, 11:42:52 AM UTC", "Apr 17, 2018, 11:42:52 AM UTC"
    records = html_takeout(card(f"Said a<br>{date}<br>{other}"), card(f"Said b<br>It was {other}.<br>{date}")).records

    assert records["time_text"].to_list() == [date, date]
    assert records["response"].to_list() == [other, f"It was {other}."]


def test_a_card_without_date_or_caption_is_kept_and_said_so() -> None:
    export = html_takeout(card("Said a", caption=""), card("Said b<br>Apr 16, 2018, 11:42:52 AM", caption=""))

    assert export.records["transcript"].to_list() == ["a", "b"]
    assert export.records["time"].is_null().to_list() == [True, False]
    assert codes(export) == ["time_not_read"]


def test_a_caption_is_read_by_its_build() -> None:
    said = caption(
        "Gemini Apps",
        (
            "<b>A</b><br>&emsp;Gemini Apps<br><b>B</b><br>&emsp;https://g.test/1: "
            '<a href="https://g.test/1">https://g.test/1</a><br><b>C\uff1f</b><br>&emsp;because.'
        ),
    )

    assert (said.products, said.details.rest) == (("Gemini Apps",), ("https://g.test/1",))


# --- the export as a whole

MANIFEST = """<html><body><div class="job-id hidden">0123-4567</div><h1 class="header_title">Archive de a@b.test</h1>
<div class="header_subtext">16 mai 2022, 00:58:09 UTC\u22127 • 172,5 Mo • 30 jours</div>
<div id="service-tile-MY_ACTIVITY"><h1 class="data-folder-name" data-english-name="MY_ACTIVITY"
 data-folder-name="Mon activité">Mon activité</h1></div>
<a href="Mon%20activit%C3%A9/Assistant/MonActivit%C3%A9.html">MonActivité.html</a>
<a href="Photos/a.jpg">a.jpg</a>{}</body></html>"""
CET = card("Vous avez dit a<br>16 janv. 2021, 12:00:00 IST")
PATH = "Takeout/Mon activité/Assistant/MonActivité.html"


def test_the_page_of_an_archive_says_when_it_was_made() -> None:
    page_, row_ = MANIFEST.format(""), PATH
    first = zipped(**{row_: page(CET)})
    second = zipped(**{"Takeout/archive_browser.html": page_.encode()})

    for parts in ((first, second), (second, first)):
        export = toolkit.load(*parts)
        assert export.exported_at == datetime(2022, 5, 16, 7, 58, 9, tzinfo=UTC)
        assert "file_missing" not in codes(export)
        assert "more_parts_possible" not in export.problems["code"]
        told = str(export.files.to_dicts()) + str(export.problems.to_dicts())
        assert "0123-4567" not in told
        assert "a@b.test" not in told
    about = export.files.filter(pl.col("path").str.ends_with("archive_browser.html")).row(0, named=True)
    assert (about["carved"], about["understood"]) == (None, None)


def test_an_entry_later_than_the_export_itself_is_kept_and_remarked_on() -> None:
    times = ("2022-05-16T07:00:00Z", "2022-05-17T12:00:00Z", "2022-05-19T12:00:00Z")  # made on the 16th
    rows = [{"header": "Assistant", "title": f"Said {time}", "time": time, "products": ["Assistant"]} for time in times]
    activity = {"Takeout/My Activity/Assistant/MyActivity.json": json.dumps(rows).encode()}
    later = b"Timestamp,Transcript,Audio File,Alexa Response\r\n2023-01-01 10:00:00,alexa stop,,ok\r\n"
    export = toolkit.load(
        zipped(**activity, **{"Takeout/archive_browser.html": MANIFEST.format("").encode()}),
        zipped(**{"Audio and Transcription/Transcriptions.csv": later}),
        zipped(**activity),  # of which nobody says when it was made
    )

    told = export.problems.filter(code="time_after_export")
    assert told.select("severity", "source_row").rows() == [("warning", 3)]
    assert export.records["time"].null_count() == 0
    assert export.records.height == 7


def test_a_file_the_page_lists_and_nobody_brought_is_named() -> None:
    failure = '<div class="failure-message"> </div><div class="failure-message">Photos n\'ont pas</div>'
    export = toolkit.load(
        zipped(**{"Takeout/Archiv_Übersicht.html": MANIFEST.format(failure).encode()}), written(row())
    )

    missing = export.problems.filter(code="file_missing")
    assert "1 of 1 files" in missing["message"][0]
    assert "Mon activité/Assistant/MonActivité.html" in missing["message"][0]
    assert "export_incomplete" in codes(export)


def test_a_page_without_failures_reports_none() -> None:
    assert not manifest.failed('<div class="failure-message"></div><p>fine</p>')


# --- the same entry twice


def cards_of(*said: tuple[str, str]) -> bytes:
    return page(*[card(f"Said {text}<br>Apr 16, 2018, {clock} AM UTC<br>") for text, clock in said])


def test_an_entry_in_json_and_html_is_marked_once_even_if_only_one_names_the_clip() -> None:
    rows = written(
        row("Said b", time="2018-04-16T11:42:52.900Z", audioFiles=["b.mp3"]),
        row("Said a", time="2018-04-16T11:42:52.100Z", audioFiles=["a.mp3"]),
        row("Said a", time="2018-04-16T11:42:50.100Z"),
    )
    cards = cards_of(("a", "11:42:52"), ("b", "11:42:52"), ("a", "11:42:50"), ("c", "11:42:50"))
    records = toolkit.load(zipped(**{"x/MyActivity.html": cards, "y/MyActivity.json": rows})).records

    assert records.height == 7
    doubles = records.filter(pl.col("duplicate_of").is_not_null())
    assert doubles.height == 3
    text_of = dict(records.select("record_id", "transcript").iter_rows())
    assert all(text_of[of] == text for of, text in doubles.select("duplicate_of", "transcript").iter_rows())
    assert set(doubles["duplicate_of"]).isdisjoint(doubles["record_id"])


def test_the_same_clip_in_two_products_is_one_entry_and_two_clips_are_two() -> None:
    one, other = row("Said a", audioFiles=["a.mp3"]), row("Said a", audioFiles=["b.mp3"])
    voice = {"header": "Assistant", "products": ["Voice and Audio"]}
    files = {"x/MyActivity.json": written(one), "y/MyActivity.json": written(one | voice, other | voice)}
    records = toolkit.load(zipped(**files)).records

    assert records["duplicate_of"].is_not_null().sum() == 1
    assert records.filter(pl.col("duplicate_of").is_not_null())["audio_files"].to_list() == [["a.mp3"]]


def test_alike_rows_of_one_file_are_never_duplicates_with_or_without_a_clip() -> None:
    records = takeout(row("Said a"), row("Said a"), row("Said a", audioFiles=["a.mp3"])).records

    assert records["duplicate_of"].null_count() == 3
    assert records["record_id"].is_unique().all()


def test_as_many_alike_rows_pair_as_both_files_have() -> None:
    rows = written(row("Said a"), row("Said a", audioFiles=["a.mp3"]))
    cards = cards_of(*[("a", "11:42:52")] * 3)
    records = toolkit.load(zipped(**{"x/MyActivity.html": cards, "y/MyActivity.json": rows})).records

    assert records["duplicate_of"].null_count() == 3


def test_the_known_words_say_where_they_come_from() -> None:
    from toolkit import rules

    for rows in rules.table("google").values():
        assert all(one["seen"] in ("real export", "public code", "prediction") and one["checked"] for one in rows)
    assert activity.kind("Google\u00a0Assistant", (), "").mode == activity.SPOKEN


# --- parts


def parts() -> list[dict[str, bytes]]:
    manifest_page = MANIFEST.format("").replace("Photos/a.jpg", "Mon%20activit%C3%A9/Assistant/a.mp3").encode()
    rows = written(row("Said a", audioFiles=["a.mp3"]), row("Said b"))
    return [
        {"Takeout/archive_browser.html": manifest_page, "Takeout/Mon activité/Assistant/a.mp3": b"\xff\xfb" * 400},
        {PATH: page(CET, card("Vous avez dit b<br>16 janv. 2021, 12:00:01 IST"))},
        {"Takeout/My Activity/Assistant/MyActivity.json": rows},
    ]


def told(export: toolkit.Export) -> list[dict[str, Any]]:
    return export.records.drop("source_file").sort("record_id").to_dicts()


def test_parts_in_any_order_one_archive_a_tar_and_a_folder_give_the_same_records(tmp_path: Path) -> None:
    every = parts()
    as_parts = [zipped(**files) for files in every]
    whole = {path: data for files in every for path, data in files.items()}
    for path, data in whole.items():
        (tmp_path / "folder" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / path).write_bytes(data)
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        for path, data in whole.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))

    first = told(toolkit.load(*as_parts))
    assert len(first) == 4
    assert sorted(record["audio_found"] for record in first) == [0, 0, 0, 1]
    for sources in (
        as_parts[::-1],
        [zipped(**whole)],
        [tar.getvalue()],
        [tmp_path / "folder"],
        [tmp_path / "folder" / "Takeout"],
    ):
        assert told(toolkit.load(*sources)) == first


def test_a_part_that_is_not_there_is_named_and_without_a_list_more_cannot_be_ruled_out() -> None:
    first, second, third = (zipped(**files) for files in parts())

    assert "file_missing" not in toolkit.load(first, second).problems["code"]
    missing = toolkit.load(first, third).problems.filter(code="file_missing")
    assert "MonActivité.html" in missing["message"][0]
    assert "more_parts_possible" in toolkit.load(second, third).problems["code"]


def test_loading_twice_changes_nothing_but_the_marks() -> None:
    second = zipped(**parts()[1])
    once, twice = toolkit.load(second).records, toolkit.load(second, second).records

    assert twice.height == 2 * once.height
    assert twice.filter(pl.col("duplicate_of").is_null()).equals(once)


def test_batches_give_the_same_records_as_load() -> None:
    rows = [row(f"Said {n}", time=f"2018-04-16T11:42:{n % 60:02}.000Z", titleUrl=link(str(n))) for n in range(6_000)]
    data = zipped(**{"a/MyActivity.json": written(*rows, indent=2)})
    streamed = pl.concat(toolkit.batches(data))

    assert streamed["record_id"].is_unique().all()
    assert streamed.drop("record_id").equals(toolkit.load(data).records.drop("record_id"))


def test_no_web_site_that_was_visited_gets_into_the_account_of_files() -> None:
    export = takeout(
        row("Visited a", header="secret.test", products=["Chrome"]), row("b", header="secret.test", products=None)
    )

    assert "secret" not in str(export.files.to_dicts()) + str(export.problems.to_dicts())
    assert "(Chrome, without a name)" in export.files["note"][0]


@given(st.lists(st.lists(st.integers(0, 6), max_size=9), max_size=12))
def test_what_came_before_is_counted_over_all_batches(batches: list[list[int]]) -> None:
    seen, counts = Seen(), Counter[int]()
    for batch in batches:
        expected = []
        for one in batch:
            expected.append(counts[one])
            counts[one] += 1
        assert seen.count(pl.Series(batch, dtype=pl.UInt64)).to_list() == expected


def test_wording_is_learned_wherever_in_the_file_the_first_entry_stands() -> None:
    def row(product: str, title: str, asked: str = "") -> dict[str, Any]:
        link = {"titleUrl": f"https://www.google.com/search?q={asked}"} if asked else {}
        return {"header": product, "title": title, **link, "time": "2019-03-01T10:00:00.000Z", "products": [product]}

    searches = [row("Search", f"Szukano x{n}", f"x{n}") for n in range(600)]  # longer than what is looked at first
    spoken = [row("Assistant", f"Powiedziano y{n}", f"y{n}") for n in range(3)] + [row("Assistant", "Powiedziano z")]
    found = [toolkit.load(json.dumps(rows, indent=2).encode()) for rows in (spoken + searches, searches + spoken)]

    assert [one.records["transcript"].to_list() for one in found] == [["y0", "y1", "y2", "z"]] * 2
    assert not any("wording_unknown" in one.problems["code"] for one in found)
