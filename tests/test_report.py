"""The report: every figure of it true, nobody named unless asked for, and nothing alive in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import Browser

import toolkit
from toolkit import rules
from toolkit.cli import main
from toolkit.report import report

SAMPLES = Path(__file__).parent.parent / "sample_exports"
WHEN = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVIL = '"><img src=https://evil.example/x onerror=alert(1)><script>alert(1)</script>'


@pytest.fixture(scope="module")
def export() -> toolkit.Export:
    return toolkit.load(SAMPLES / "amazon-alexa-privacy-page", timezone="Europe/Berlin")


class Parts(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_report_tells_the_figures_that_the_library_counts(export: toolkit.Export) -> None:
    told = " ".join(Parts(report(export, made=WHEN)).words)
    events = toolkit.activations(export.records)
    assert "1,500 entries from 2023-11-06 to 2025-11-15" in told
    for name in ("provider_marked", "likely", "possible", "no_sign", "cannot_tell"):
        assert f"{events.filter(accidental=name).height:,}" in told
    assert export.files["sha256"].drop_nulls()[0] in told
    applied = {name: digest for name, digest in rules.versions().items() if not name.startswith("letters/")}
    assert len(applied) > 10
    assert all(name in told and digest in told for name, digest in applied.items())


def test_the_same_files_version_and_instant_give_the_same_bytes(export: toolkit.Export) -> None:
    again = toolkit.load(SAMPLES / "amazon-alexa-privacy-page", timezone="Europe/Berlin")
    assert report(export, made=WHEN) == report(again, made=WHEN)


def test_nobody_is_named_and_nothing_quoted_unless_asked_for(export: toolkit.Export) -> None:
    page = report(export, made=WHEN)
    columns = ("transcript", "response", "person", "device_name", "device_id", "maker_id", "source_file")
    values = pl.concat([export.records[name].cast(pl.String).rename("v") for name in columns]).drop_nulls().unique()
    assert [value for value in values if len(value) > 6 and value in page] == []
    named = report(export, made=WHEN, names=True)
    assert export.records["device_name"].drop_nulls()[0] in named
    assert "customer-history-records-01.json" in named


def test_facts_only_leaves_out_every_judgement(export: toolkit.Export) -> None:
    told = report(export, made=WHEN, facts_only=True)
    assert "marked by the maker itself" in told
    assert "likely accidental" not in told
    assert "possibly accidental" not in told


def test_a_maker_that_marks_nothing_gets_no_zero() -> None:
    google = toolkit.load(SAMPLES / "google-takeout-json-en")
    told = " ".join(Parts(report(google, made=WHEN)).words)
    assert "Google does not mark accidental activations" in told
    assert "marked by the maker itself" not in told


def test_of_two_makers_each_has_its_own_day_and_each_class_its_own_list() -> None:
    both = toolkit.load(
        SAMPLES / "amazon-alexa-privacy-page", SAMPLES / "google-takeout-json-en", timezone="Europe/Berlin"
    )
    told = " ".join(Parts(report(both, made=WHEN)).words)
    assert "Amazon: held on 2025-11-15, the day of the latest entry; its files do not say when" in told
    assert "Google: held on 2025-11-20, when the export was made, as its files say" in told
    assert "counted to 2025-11-20; it cannot be undone" in told
    assert "Marked by the maker itself as not meant for the assistant: 40. The reason of all:" in told
    assert "Likely accidental, by text or status: 60" in told
    assert "Google Assistant (Web & App Activity): Auto-delete after 3 or 18 months" in told


def test_hostile_names_stay_text(export: toolkit.Export) -> None:
    odd = export.records.with_columns(device_name=pl.lit(EVIL), transcript=pl.lit(EVIL), source_file=pl.lit(EVIL))
    files = export.files.with_columns(path=pl.lit(EVIL), note=pl.lit(EVIL))
    page = report(toolkit.Export(odd, export.problems, files, None, None), made=WHEN, names=True)
    parts = Parts(page)
    assert not parts.tags & {"script", "img", "iframe", "object", "link", "form", "a"}
    assert not {name for name in parts.attributes if name.startswith("on")} | parts.attributes & {"src", "href"}
    assert "evil.example" in " ".join(parts.words)


def test_an_export_without_entries_still_gives_a_report(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text('{"customerHistoryRecords": []}')
    told = report(toolkit.load(tmp_path), made=WHEN)
    assert "0 entries" in told


def test_the_verb_writes_the_file_and_never_beside_the_export(tmp_path: Path) -> None:
    source = SAMPLES / "google-takeout-html-de"
    result = CliRunner().invoke(main, ["report", str(source), "--output", str(tmp_path / "report.html")])
    assert result.exit_code in (0, 1)
    assert result.stdout == ""
    assert re.search(r"<h1>Voice history: report</h1>", (tmp_path / "report.html").read_text("utf-8"))
    refused = CliRunner().invoke(main, ["report", str(source), "--output", str(source / "report.html")])
    assert refused.exit_code == 2
    assert not (source / "report.html").exists()


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_the_report_can_be_read_by_all_on_a_light_and_a_dark_screen(
    browser: Browser, export: toolkit.Export, tmp_path: Path, scheme: Any, width: int
) -> None:
    (tmp_path / "report.html").write_text(report(export, made=WHEN, names=True), "utf-8")
    context = browser.new_context(color_scheme=scheme, bypass_csp=True, viewport={"width": width, "height": 844})
    page = context.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 25, 26)"}[scheme]
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    context.close()


@pytest.mark.browser
def test_the_report_asks_for_nothing_and_fits_a_telephone(
    browser: Browser, export: toolkit.Export, tmp_path: Path
) -> None:
    (tmp_path / "report.html").write_text(report(export, made=WHEN, names=True), "utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "report.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert len(asked) == 1
    page.close()
