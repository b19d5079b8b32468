"""`voice-history formats`: what can be read, and how sure we are of each."""

from __future__ import annotations

import click
import polars as pl

from toolkit.cli import options, out
from toolkit.parsers import ROUTES

# How a format is known: seen in real data; stated by the maker; read in public code; inferred. A lower grade never
# reads like a higher one.
EVIDENCE = {
    "amazon_rvh": "seen in real data of 2019 to 2021; what was added later is known from public reports",
    "amazon_csv_a": "read in public code of 2023: the order of the columns, not their names; the zone is not stated",
    "amazon_csv_b": "read in public code of 2023 or later: where text and clip stand; the rest is found and shown",
    "google_activity_json": "seen in real data of 2014 to 2026; no row of the Assistant after May 2020 is public",
    "google_activity_html": "seen in real data of 2017 to 2026; how a card of the Assistant names its clip is inferred",
    "google_manifest": "seen in real data of 2022, one page; how it lists the files is inferred",
}


@click.command()
@options.form
def formats(form: str | None) -> None:
    """List what can be read, and how sure we are of each."""
    rows = [(r.format, r.vendor, r.product, r.about, EVIDENCE[r.format]) for r in ROUTES]
    table = pl.DataFrame(rows, schema=["format", "vendor", "product", "what", "evidence"], orient="row")
    form = form or "table"
    if form == "table":
        table = table.select("format", "what", "evidence")
    out.write(out.pieces(table, form))
