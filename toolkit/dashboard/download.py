"""Tables as files to take away: CSV that no spreadsheet calculates."""

from __future__ import annotations

import io

import polars as pl

from toolkit import inert


def csv(table: pl.DataFrame) -> bytes:
    """The table as CSV; lists become text, and a cell that would be a formula gets an apostrophe in front.

    Streamlit's own export of a table leaves formulas alive, so it is off and this stands in its place.
    """
    lists = [name for name, dtype in table.schema.items() if isinstance(dtype, pl.List)]
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    flat = table.with_columns(pl.col(name).list.join("; ") for name in lists)
    safe = flat.with_columns(inert.csv_column(pl.col(name)) for name in texts + lists)
    buffer = io.BytesIO()
    safe.write_csv(buffer, include_bom=True, quote_style="non_numeric")
    return buffer.getvalue()
