"""The history by month, and what of it each length of auto-delete would have removed."""

from __future__ import annotations

import polars as pl

from toolkit.load import Export
from toolkit.retention.due import AsOf, by_group
from toolkit.retention.facts import FACTS

NONE = "none of them"


def timeline(export: Export, as_of: AsOf = None, groups: pl.DataFrame | None = None) -> pl.DataFrame:
    """Entries by month, apart by the auto-delete settings of their product that would have removed them.

    Args:
        export: As read; an entry that was read twice counts once.
        as_of: See `reference`.
        groups: What `by_group` gave for the same, if it is at hand.

    Returns:
        ``month`` (its first day), ``removed_by`` (`NONE`, ``3 months``, ``3 and 18 months``, ...), ``order`` (the
        longest of these, 0 for none), ``entries``. Entries without a time are in none, nor are those of a product
        without such a setting: that nothing would have removed them is not known.
    """
    rules = [rule for rule in FACTS.rules.values() if rule.choice and rule.months]
    lengths = [(rule.id, rule.months) for rule in rules]
    months = pl.DataFrame(lengths, schema={"rule_id": pl.String, "length": pl.Int64}, orient="row")
    groups = by_group(export, as_of) if groups is None else groups
    past = groups.filter(pl.col("status") == "past_due").join(months, on="rule_id")
    by = past.group_by("group").agg(pl.col("length").unique().sort())
    known = groups.filter(pl.col("product").is_in({rule.product for rule in rules}))
    days = known.select("group", "entries", month=pl.col("day").dt.truncate("1mo")).unique("group").drop_nulls()
    told = days.join(by, on="group", how="left")
    counted = told.group_by("month", "length").agg(pl.col("entries").sum())
    return counted.select(
        "month",
        removed_by=pl.col("length").map_elements(_lengths, pl.String, skip_nulls=False),
        order=pl.col("length").list.max().fill_null(0),
        entries="entries",
    ).sort("month", "order")


def _lengths(months: pl.Series | None) -> str:
    if months is None:
        return NONE
    *others, last = (str(length) for length in months)
    return f"{', '.join(others)} and {last} months" if others else f"{last} months"
