"""From entries to activations: what belongs to one time the assistant was woken, and what is no voice at all.

One utterance is often kept as two entries: "Alexa", a pause, "turn on the TV". Entries of one utterance id are one
activation. Else an entry without a request joins the next entry of its device, if that follows within `PAIR`: the bare
wake word joins whatever follows (in 456 real records 86 of 89 were followed within 10 s, median 2.1 s), anything else
joins a request only. Two entries that both carry a request are never joined. A device that is not stated counts as one
device of its maker: to take the half of a request for an accident would be the worse mistake.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from toolkit import rules
from toolkit.activations.speech import normalised

PAIR = timedelta(seconds=10)
ALONE = timedelta(seconds=30)
KINDS = pl.Enum(["voice", "not_voice", "duplicate"])
MARKS = ("false_wake", "not_intended")  # the maker's own words: not meant for the assistant
_NOT_VOICE = ("routine", "suggestion", "typed", "no_audio_kept", "no_request")
_NOT_SPOKEN = ("routine", "typed", "provider")
_ENTRY, _EVENT, _DEVICE = "__entry", "__event", "__device"
_KEPT = ("record_id", "time", "time_basis", "vendor", "product", "format", "device_name", "device_id", "person")
_HEARD = ("transcript", "language", "audio_files", "audio_seconds", "status", "status_text", "trigger")
_ORDERED = ("time", "vendor", "record_id", "duplicate_of", "utterance_id", "kind", "status", "text")
_asks = pl.col("text").is_not_null()


def grouped(records: pl.DataFrame) -> pl.DataFrame:
    """The activations in *records*, in any order.

    Args:
        records: As in `schema.RECORDS`.

    Returns:
        The facts of an activation as in the contract; ``time_basis``, ``format``, ``language`` and ``status`` of the
        entry that decides (the request, else the last); and what `evidence` asks for: ``text`` (what was asked,
        `normalised`; null without a request), ``marked`` (the maker says it was not meant, and no request follows
        from it), ``paired`` (of several entries), ``alone`` (no entry of its device in the 30 s before).
    """
    wide = _with_text(records).select(
        *_KEPT, *_HEARD, "text", "utterance_id", "duplicate_of", kind=_kind(), __device=device_key()
    )
    rows = wide.select(_DEVICE, *_ORDERED).with_row_index(_ENTRY).sort(_DEVICE, "time", _ENTRY, nulls_last=True)
    before = pl.when(pl.col(_DEVICE) == pl.col(_DEVICE).shift(1)).then(pl.col("time") - pl.col("time").shift(1))
    rows = rows.with_columns(alone=(before > ALONE).fill_null(True))
    originals = rows.filter(pl.col("duplicate_of").is_null())["record_id"]
    copied = pl.col("duplicate_of").is_in(originals.implode()).fill_null(False)
    copies, rows = rows.filter(copied), rows.filter(~copied)
    rows = _numbered(rows)
    return _gathered(wide, rows, copies.join(rows.select(_EVENT, duplicate_of="record_id"), on="duplicate_of"))


def _with_text(records: pl.DataFrame) -> pl.DataFrame:
    """Add what was asked; what a maker writes where it keeps no text is a verdict or nothing, never a request."""
    text, status = pl.col("text"), pl.col("status").cast(pl.String)
    rows = records.with_columns(text=normalised(records["transcript"]))
    wordings = rules.table("evidence")["wording"]
    pattern = "|".join(row["pattern"] for row in wordings)
    if not rows.select(text.str.contains(rf"^(?:{pattern})$").any()).item():
        return rows.with_columns(text=pl.when((text != "") & (status != "wake_word_only")).then(text))
    verdict = pl.coalesce(
        pl.when(text.str.contains(rf"^(?:{row['pattern']})$")).then(pl.lit(row["status"])) for row in wordings
    )
    told = pl.coalesce(pl.when(verdict != "no_text").then(verdict), status).cast(records.schema["status"])
    asked = (text != "") & verdict.is_null() & (status != "wake_word_only")
    return rows.with_columns(text=pl.when(asked).then(text), status=told)


def _kind() -> pl.Expr:
    return (
        pl.when(pl.col("status") == "duplicate_device")
        .then(pl.lit("duplicate"))
        .when(pl.col("status").is_in(_NOT_VOICE) | pl.col("trigger").is_in(_NOT_SPOKEN))
        .then(pl.lit("not_voice"))
        .otherwise(pl.lit("voice"))
        .cast(KINDS)
    )


def device_key() -> pl.Expr:
    """Entries of one key stand in one order; wall clocks of an unknown zone are never compared with others."""
    wall = pl.col("time_basis") == "zone_unknown"
    return pl.struct("vendor", "product", pl.coalesce("device_id", "device_name"), wall.alias("wall")).hash()


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Give each row, in the order of its device, the number of its activation."""
    rows = rows.with_columns(__base=pl.col("utterance_id").str.replace(r"/\d+$", ""))
    base = pl.col("__base")
    shared = rows.filter(base.is_not_null() & (pl.col("kind") == "voice")).filter(base.is_duplicated())
    rows = rows.with_columns(__unit=_ENTRY, __unit_asks=_asks)
    one_each = rows
    if shared.height:
        units = _units_by_id(shared)
        rows = rows.drop("__unit", "__unit_asks").join(units, on=_ENTRY, how="left", maintain_order="left")
        rows = rows.with_columns(__unit=pl.coalesce("__unit", _ENTRY), __unit_asks=pl.coalesce("__unit_asks", _asks))
        one_each = rows.unique("__unit", keep="last", maintain_order=True)
    follows = pl.col(_DEVICE) == pl.col(_DEVICE).shift(-1)
    gap = pl.col("time").shift(-1) - pl.col("time")
    strange = pl.col("__base") != pl.col("__base").shift(-1)
    bare = pl.col("status") == "wake_word_only"
    joins = (
        (pl.col("kind") == "voice")
        & (pl.col("kind").shift(-1) != "not_voice")
        & ~pl.col("__unit_asks")
        & follows
        & (gap <= PAIR)
        & (bare | (pl.col("__unit_asks").shift(-1) & ~strange.fill_null(False)))
    )
    numbers = one_each.select("__unit", __event=(~joins.fill_null(False)).shift(1, fill_value=True).cum_sum())
    if not shared.height:
        return rows.with_columns(numbers["__event"])
    return rows.join(numbers, on="__unit", how="left", maintain_order="left")


def _units_by_id(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of one utterance id, cut so that none has two requests: what has none goes with the next that has."""
    group = ["vendor", "__base"]
    asked = _asks.cast(pl.UInt32)
    part = pl.min_horizontal(asked.cum_sum().over(group) - asked, asked.sum().over(group).clip(1) - 1)
    rows = rows.with_columns(__part=part)
    unit = [*group, "__part"]
    return rows.select(_ENTRY, __unit=pl.col(_ENTRY).first().over(unit), __unit_asks=_asks.any().over(unit))


def _gathered(wide: pl.DataFrame, rows: pl.DataFrame, copies: pl.DataFrame) -> pl.DataFrame:
    """One row for each activation; what is wide is copied once, here."""
    several = rows[_EVENT].is_duplicated()
    single = _widened(wide, rows.filter(~several)).with_columns(
        pl.col("record_id").alias("activation_id"),
        pl.col("record_id").reshape((-1, 1)).arr.to_list().alias("record_ids"),
        paired=pl.lit(False),
    )
    joined = single
    if several.any():
        joined = pl.concat([single.drop("record_id"), _merged(_widened(wide, rows.filter(several)))], how="diagonal")
    if copies.height:
        more = copies.group_by(_EVENT).agg(copies=pl.col("record_id"))
        joined = joined.join(more, on=_EVENT, how="left", maintain_order="left").with_columns(
            record_ids=pl.concat_list("record_ids", pl.col("copies").fill_null([]))
        )
    return joined.select(FACTS + EXTRA)


def _widened(wide: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    there = wide.select(*_KEPT, *_HEARD, "text", "kind", marked=pl.col("status").is_in(MARKS))[rows[_ENTRY]]
    return pl.concat([there, rows.select("alone", _EVENT)], how="horizontal")


def _merged(rows: pl.DataFrame) -> pl.DataFrame:
    """Activations of several entries: the request decides, else the last entry."""
    rows = rows.sort(_EVENT, maintain_order=True)
    wholes = rows.group_by(_EVENT, maintain_order=True).agg(
        pl.col("time", "time_basis", "vendor", "product", "format").first(),
        pl.col("device_name", "device_id").first(ignore_nulls=True),
        pl.col("audio_files").list.explode(keep_nulls=False, empty_as_null=False),
        pl.when(pl.col("audio_seconds").count() > 0).then(pl.col("audio_seconds").sum()).alias("audio_seconds"),
        activation_id=pl.col("record_id").first(),
        record_ids=pl.col("record_id"),
        any_marked=pl.col("marked").any(),
    )
    deciding = rows.sort(_EVENT, _asks, maintain_order=True).group_by(_EVENT, maintain_order=True)
    decided = deciding.agg(
        pl.col("status", "status_text", "trigger", "text", "kind", "alone", "marked").last(),
        pl.col("person", "language", "transcript").last(ignore_nulls=True),
    )
    marked = pl.when(_asks).then("marked").otherwise("any_marked")
    joined = pl.concat([wholes, decided.drop(_EVENT)], how="horizontal")
    return joined.with_columns(marked=marked, paired=pl.lit(True)).drop("any_marked")


FACTS = ["activation_id", "record_ids", "time", "vendor", "product", "device_name", "device_id", "person"]
FACTS += ["transcript", "audio_files", "audio_seconds", "kind"]
EXTRA = ["time_basis", "format", "language", "status", "status_text", "trigger", "text", "marked", "paired", "alone"]
