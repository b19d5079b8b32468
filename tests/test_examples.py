"""The examples in docs are what the program prints today; `--write-golden` writes them anew, to be read by a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import toolkit
from toolkit.checklist import Checklist

ROOT = Path(__file__).parent.parent
SAMPLES, EXAMPLES = ROOT / "sample_exports", ROOT / "docs" / "examples"
MADE = datetime(2026, 11, 25, 9, tzinfo=UTC)
COLUMNS = {"time": 0, "transcript": 1, "audio": 2, "response": 3}


def lists() -> Iterator[tuple[str, Checklist]]:
    table = toolkit.load(SAMPLES / "amazon-alexa-csv", timezone="Europe/Berlin", columns=COLUMNS)
    yield "alexa-csv", toolkit.checklist(table, "gdpr", country="de", authority="debaylda", made=MADE)
    mixed = toolkit.load(
        SAMPLES / "amazon-alexa-privacy-page", SAMPLES / "google-takeout-json-en", timezone="Europe/London"
    )
    days = {"amazon": date(2026, 11, 25), "google": date(2026, 11, 25)}
    yield "mixed-history", toolkit.checklist(mixed, "uk_gdpr", track="keep_claim", received=days, made=MADE)
    yield "homepod-no-file", toolkit.checklist(None, makers=["homepod"], made=MADE)


def texts() -> Iterator[tuple[str, str]]:
    for name, checklist in lists():
        yield f"{name}.md", checklist.to_markdown()
    page = toolkit.load(SAMPLES / "amazon-alexa-privacy-page", timezone="Europe/Berlin")
    for language, kind in (("en", "erasure"), ("de", "erasure"), ("en", "access"), ("de", "access")):
        letter = toolkit.checklist(page, "gdpr", language, country="de", made=MADE).letter("amazon", kind)
        assert letter
        yield f"letter-{kind}-{language}.txt", letter.body


def test_the_examples_are_what_is_printed_today(pytestconfig: pytest.Config) -> None:
    for name, text in texts():
        path = EXAMPLES / name
        if pytestconfig.getoption("--write-golden"):
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.read_text(encoding="utf-8") == text, name
