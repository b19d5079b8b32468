"""`voice-history formats`: what can be read, and how sure we are of each."""

from __future__ import annotations

import click
import polars as pl

from toolkit import support
from toolkit.cli import options, out
from toolkit.parsers import ROUTES


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice((*options.FORMATS, "markdown")),
    help="How to print the result; markdown gives the whole support table.  [default: table]",
)
def formats(form: str | None) -> None:
    """List what can be read, and how sure we are of each."""
    if form == "markdown":
        out.write([support.markdown().encode()])
        return
    rows = [(r.format, r.vendor, r.product, r.about, r.support.evidence) for r in ROUTES]
    table = pl.DataFrame(rows, schema=["format", "vendor", "product", "what", "evidence"], orient="row")
    form = form or "table"
    if form == "table":
        table = table.select("format", "what", "evidence")
    out.write(out.pieces(table, form))
