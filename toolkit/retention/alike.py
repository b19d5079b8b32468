"""Entries that age alike, so that a date is counted once for all of them: a million entries make some thousands."""

from __future__ import annotations

import polars as pl

from toolkit.load import Export
from toolkit.retention.facts import FACTS
from toolkit.summary import clock

_HOURLY = sorted({str(rule.product) for rule in FACTS.rules.values() if rule.hours})  # the instant decides, not the day
_SAME = ("product", "day", "audio", "transcript", "zoned", "expires", "exact")


def entries(export: Export) -> pl.DataFrame:
    """What decides how each entry ages; one that was read twice counts once.

    Returns:
        ``row`` (in ``records``), ``record_id``, ``product``, ``day`` (of recording, by the clock of the export's zone),
        ``audio`` (whether it names a clip), ``transcript`` (whether its line has words, or is all there is),
        ``zoned`` (whether the zone of its time is known), ``expires``, and ``exact``: its time, where hours count.
    """
    named = pl.col("audio_files").list.len() > 0
    words = pl.any_horizontal(pl.col("transcript", "response").is_not_null())
    once = export.records.lazy().with_row_index("row").filter(pl.col("duplicate_of").is_null())
    return once.select(
        "row",
        "record_id",
        "product",
        day=clock(export.timezone).dt.date(),
        audio=named,
        transcript=words | ~named,
        zoned=pl.col("time_basis") != "zone_unknown",
        expires="expires",
        exact=pl.when(pl.col("product").is_in(_HOURLY)).then("time"),
    ).collect()


def grouped(found: pl.DataFrame) -> pl.DataFrame:
    """The groups of `entries` that age alike.

    Returns:
        ``group`` (its number), ``entries`` (how many are in it), and what they have in common.
    """
    return found.group_by(_SAME).agg(entries=pl.len()).with_row_index("group")


def assigned(found: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """``row``, ``record_id``, ``day`` and ``group`` of each of `entries`, in order."""
    of = groups.select("group", *_SAME)
    joined = found.join(of, on=_SAME, how="left", nulls_equal=True, maintain_order="left")
    return joined.select("row", "record_id", "day", "group")


def kinds(groups: pl.DataFrame) -> pl.DataFrame:
    """One row for each group and kind of data it shows.

    Returns:
        As `grouped`, with ``data`` in place of ``audio`` and ``transcript``; ``expires`` is null but on the kind whose
        end date it is: the clip's, if there is one.
    """
    clips, lines = groups.filter("audio"), groups.filter("transcript")
    lines = lines.with_columns(expires=pl.when(~pl.col("audio")).then("expires"))
    told = [clips.with_columns(data=pl.lit("audio")), lines.with_columns(data=pl.lit("transcript"))]
    return pl.concat(told).drop("audio", "transcript")
