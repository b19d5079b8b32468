"""Sets apart the one thing in which rows differ that came from different places: two numbers in the link to a map.

With the same numbers in their stead such rows read alike, so what they say is looked at once, not once a place.
"""

from __future__ import annotations

import polars as pl

HIDDEN = "0.0000000,0.0000000"  # Google writes six decimals
_PLACE = r"^-?[0-9]{1,3}\.[0-9]{1,15},-?[0-9]{1,3}\.[0-9]{1,15}$"


def hidden(texts: pl.Series, link: str, equals: str, ampersand: str) -> tuple[pl.Series, pl.Series]:
    """Hide the place in each text that links to a map.

    Args:
        texts: Markup or JSON.
        link: A pattern of what begins the link.
        equals: How ``=`` is written there.
        ampersand: How ``&`` is.

    Returns:
        The texts, with `HIDDEN` where a place was hidden, and the places: null where none was.
    """
    center = f"center{equals}"
    at = (texts.str.contains(center, literal=True) & ~texts.str.contains(HIDDEN, literal=True)).arg_true()
    places = pl.Series([None], dtype=pl.String).new_from_index(0, len(texts))
    if not len(at):
        return texts, places
    before, rest = halves(texts.gather(at), center)
    place, behind = halves(rest, ampersand)
    parts = pl.DataFrame({"at": at, "before": before, "place": place, "behind": behind})
    in_link = pl.col("before").str.contains(f"{link}[^\"<> ]*$") & pl.col("place").str.contains(_PLACE)
    text = pl.concat_str("before", pl.lit(f"{center}{HIDDEN}{ampersand}"), "behind")
    found = parts.filter(in_link).select("at", "place", text=text).drop_nulls()
    return texts.scatter(found["at"], found["text"]), places.scatter(found["at"], found["place"])


def halves(texts: pl.Series, at: str) -> tuple[pl.Series, pl.Series]:
    """What stands before and behind the first *at*."""
    return tuple(texts.str.splitn(at, 2).struct.unnest())  # type: ignore[return-value]


def shown(name: str) -> pl.Expr:
    """The column of that name with the ``place`` of each row where it is hidden."""
    seen = pl.col(name).str.replace(HIDDEN, pl.col("place"), literal=True)
    return pl.when(pl.col("place").is_null()).then(name).otherwise(seen).alias(name)
