"""Sets apart the one thing in which rows differ that came from different places: two numbers in the link to a map.

With the same numbers in their stead such rows read alike, so what they say is looked at once, not once a place.
"""

from __future__ import annotations

import polars as pl

HIDDEN = "0.0000000,0.0000000"  # Google writes six decimals
_PLACE = r"^-?[0-9]{1,3}\.[0-9]{1,15},-?[0-9]{1,3}\.[0-9]{1,15}$"


def hidden(rows: pl.LazyFrame, name: str, equals: str, ampersand: str) -> pl.LazyFrame:
    """Hide the place in each text that seems to link to a map.

    Args:
        rows: Any columns.
        name: Of the texts, which are markup or JSON.
        equals: How ``=`` is written there.
        ampersand: How ``&`` is.

    Returns:
        The rows with `HIDDEN` in the text where a place was hidden, and the places as ``place``: null where none was.
        Whether `HIDDEN` stands in the link to a map, and nowhere else, is for the reader of the text to see.
    """
    center = f"center{equals}"
    parted = halves(rows.with_columns(__front=name), "__front", center, "__front", "place")
    parted = halves(parted, "place", ampersand, "place", "__back")
    sure = pl.col("place").str.contains(_PLACE) & pl.col("__back").is_not_null()
    text = pl.concat_str("__front", pl.lit(f"{center}{HIDDEN}{ampersand}"), "__back")
    return parted.with_columns(
        pl.when(sure).then(text).otherwise(name).alias(name), pl.when(sure).then("place").alias("place")
    )


def halves(rows: pl.LazyFrame, name: str, at: str, before: str, behind: str) -> pl.LazyFrame:
    """Part a column at the first *at* into two, which take its place."""
    parts = pl.col(name).str.splitn(at, 2).struct.rename_fields([before, behind])
    return rows.with_columns(parts.alias(name)).unnest(name)


def shown(name: str) -> pl.Expr:
    """The column of that name with the ``place`` of each row where it is hidden."""
    seen = pl.col(name).str.replace(HIDDEN, pl.col("place"), literal=True)
    return pl.when(pl.col("place").is_null()).then(name).otherwise(seen).alias(name)
