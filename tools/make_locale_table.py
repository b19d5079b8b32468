"""Writes docs/google-locales.md: an activity page in every locale we know, written by the generator and read back.

    python tools/make_locale_table.py

Each page holds the same activity of an imagined household over two years, as an account in that language would get it;
a row counts as wrong if its instant is not the true one, to the second. See also tests/test_google_law.py, which holds
every locale to the same with other dates, and tests/test_localdates.py, where Babel writes the dates.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "sample_exports")]

import almanac  # noqa: E402
import takeout  # noqa: E402
import takeout_files  # noqa: E402
import toolkit  # noqa: E402

EVENTS = 1_000
TARGET = ROOT / "docs" / "google-locales.md"
ZONES = (("UTC", 0), ("MESZ", 120), ("JST", 540), ("UTC\N{MINUS SIGN}7", -420))
HEAD = f"""# Google activity pages, locale by locale

Written by `tools/make_locale_table.py` from {EVENTS:,} events of an imagined household over two years: rows written as
HTML, rows read back, and rows whose instant was not the true one. Zones take turns: {", ".join(z for z, _ in ZONES)}.
The forms of the dates come from CLDR 35 to 47 and from the real files named in `toolkit/rules/dates.toml`; a locale in
which no real page was seen is a prediction.

| locale | a date as written | rows in | rows out | wrong instants |
|---|---|---:|---:|---:|
"""


class Row(NamedTuple):
    """One line of the table."""

    locale: str
    example: str
    written: int
    read: int
    wrong: int

    def __str__(self) -> str:
        return f"| {self.locale} | {self.example} | {self.written:,} | {self.read:,} | {self.wrong:,} |"


def row(locale: str, number: int) -> Row:
    """Write and read one page."""
    zone, minutes = ZONES[number % len(ZONES)]
    account = takeout.Account(locale, zone, minutes)
    events = [event for event in takeout.events(EVENTS) if takeout.ASSISTANT in event.products]
    page = io.BytesIO()
    takeout_files.write_html(events, page, account, takeout.ASSISTANT)
    page.name, _ = "MyActivity.html", page.seek(0)
    times = toolkit.load(page).records["time"].to_list()
    true = [event.time.replace(microsecond=0) for event in events]
    wrong = sum(found != time for found, time in zip(times, true, strict=True))
    example = almanac.Writer(locale, zone)(datetime(2025, 8, 3, 17, 5, 9))  # noqa: DTZ001 - what a clock shows
    return Row(locale, example.replace("|", "\\|"), len(events), len(times), wrong)


def rows() -> Iterator[Row]:
    """All of them, by name."""
    for number, locale in enumerate(sorted(almanac.table())):
        yield row(locale, number)


if __name__ == "__main__":
    made = list(rows())
    TARGET.write_text(HEAD + "\n".join(map(str, made)) + "\n", "utf-8")
    print(f"{len(made)} locales, {sum(r.written for r in made):,} rows in, {sum(r.read for r in made):,} out,", end=" ")
    print(f"{sum(r.wrong for r in made):,} wrong")
