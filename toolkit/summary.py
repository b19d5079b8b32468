"""Counts: the headline figures of an export, its entries by month, weekday and hour, device and status; activations.

Every count is of entries; one that was read twice (``duplicate_of``) counts once. Only `summary` counts activations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from toolkit import dates
from toolkit.problems import ToolkitError
from toolkit.schema import STATUSES

NOT_STATED = "not stated in the file"
_KINDS = ("voice", "not_voice", "duplicate")
_CLASSES = ("provider_marked", "likely", "possible", "no_sign", "cannot_tell")
_EVERY = r"[1-9][0-9]{0,3}(?:h|d|w|mo|q|y)"


def summary(
    events: pl.DataFrame, every: str | None = "1mo", by: str | None = None, timezone: str | None = None
) -> pl.DataFrame:
    """Activations counted by period and by one more column, and beside them the entries they consist of.

    Args:
        events: As from `toolkit.activations`.
        every: Length of a period, such as ``1d``, ``1w``, ``1mo``, ``1y``; None for all time.
        by: Another column to count by, such as ``device_name``, ``person``, ``vendor`` or ``status``; None for none.
        timezone: Zone whose calendar counts; None for UTC. Times of unknown zone count as written.

    Returns:
        ``period`` (the day it begins, or hour; null for activations without a time) unless *every* is None, *by* if
        given, ``activations``, ``entries``, then activations of each kind and class. Nothing is estimated:
        every figure is a count. Classes are of voice alone and add up to ``voice``, unless they were left out
        (``facts_only``): then those that were are null, for what nobody judged is not none.

    Raises:
        ToolkitError: *every* is no length of time, or there is no column *by* that could be counted by.
    """
    if every is not None and not re.fullmatch(_EVERY, every):
        raise ToolkitError("This is no length of time to count by.", "Give one such as 1d, 1w, 1mo or 1y.")
    if by is not None and (by not in events.columns or events.schema[by].is_nested()):
        raise ToolkitError("Activations cannot be counted by that column.", "Try device_name, person or vendor.")
    keys = [] if every is None else [_period(every, timezone)]
    keys += [] if by is None else [pl.col(by)]
    counts = [
        pl.len().alias("activations"),
        (pl.col("record_ids").list.len().sum() - pl.col("copies").sum()).alias("entries"),
        *((pl.col("kind") == kind).sum().alias(kind) for kind in _KINDS),
        *((pl.col("accidental") == name).sum().alias(name) for name in _CLASSES),
    ]
    judged = events.filter((pl.col("kind") == "voice") & pl.col("accidental").is_null()).is_empty()
    if not judged:
        counts[-4:] = [pl.lit(None, pl.UInt32).alias(name) for name in _CLASSES[1:]]
    if not keys:
        return events.select(counts)
    names = [key.meta.output_name() for key in keys]
    return events.group_by(keys).agg(counts).sort(names, nulls_last=True)


def _period(every: str, timezone: str | None) -> pl.Expr:
    begins = clock(timezone).dt.truncate(every)
    return (begins if every.endswith("h") else begins.dt.date()).alias("period")


@dataclass(frozen=True, slots=True)
class Headline:
    """The figures that matter, and beside them what is not known.

    Attributes:
        entries: Entries, each counted once.
        duplicates: Entries that were read a second time; not in any other figure.
        with_text: Entries with words that the maker kept.
        clips_named: Clips that entries name; one named by two entries counts twice.
        clips_found: How many of them are in the files given.
        clips_close: Clips whose names say that they began 1.5 s or less after another: perhaps the same words,
            heard by two devices. Only Google names clips so.
        minutes: Length of the clips found, where it could be told.
        first: Earliest time; in UTC, or the wall clock as written if its zone is not known. None without any time.
        last: Latest time, likewise.
        devices: Devices that can be told apart.
        zone_unknown: Entries whose time is a wall clock of an unknown zone.
        undated: Entries without a readable time.
    """

    entries: int
    duplicates: int
    with_text: int
    clips_named: int
    clips_found: int
    clips_close: int
    minutes: float
    first: datetime | None
    last: datetime | None
    devices: int
    zone_unknown: int
    undated: int


def headline(records: pl.DataFrame) -> Headline:
    """The figures for the first sentence about an export.

    Args:
        records: As in `schema.RECORDS`.
    """
    entries = _once(records)
    row = entries.select(
        with_text=pl.col("transcript").count(),
        clips_named=pl.col("audio_files").list.len().sum(),
        clips_found=pl.col("audio_found").sum(),
        minutes=pl.col("audio_seconds").sum() / 60,
        first=pl.col("time").min(),
        last=pl.col("time").max(),
        zone_unknown=(pl.col("time_basis") == "zone_unknown").sum(),
        undated=pl.col("time").null_count(),
    ).row(0, named=True)
    devices = by_device(records).filter(pl.col("stated")).height
    return Headline(
        entries=entries.height,
        duplicates=records.height - entries.height,
        clips_close=_close(entries["audio_files"]),
        devices=devices,
        **row,
    )


# The three pairs known from real data begin 0.03, 0.24 and 1.48 s apart; no device listens anew that soon.
_CLOSE = timedelta(seconds=1.5)
_BEGAN = r"^(\d{4}-\d\d-\d\d_\d\d_\d\d_\d\d_\d{3})_UTC\."


def _close(names: pl.Series) -> int:
    """How many clips began just after another one, as far as their names tell."""
    began = names.explode(empty_as_null=False).drop_nulls().unique().str.extract(_BEGAN).drop_nulls()
    began = began.str.to_datetime("%Y-%m-%d_%H_%M_%S_%3f", strict=False).sort()
    return int((began.diff() <= _CLOSE).sum())


def span(records: pl.DataFrame, timezone: str | None = None) -> tuple[date, date] | None:
    """The days of the first and the last entry; None if none has a time.

    Args:
        records: As in `schema.RECORDS`.
        timezone: Zone whose calendar counts; None for UTC. Times of unknown zone count as written.
    """
    day = clock(timezone).dt.date()
    first, last = records.select(day.min().alias("first"), day.max().alias("last")).row(0)
    return None if first is None else (first, last)


def by_month(records: pl.DataFrame, timezone: str | None = None) -> pl.DataFrame:
    """Entries of each month, from the first to the last; a month without any is there, with 0.

    Args:
        records: As in `schema.RECORDS`.
        timezone: Zone whose calendar counts; None for UTC. Times of unknown zone count as written.

    Returns:
        ``month`` (its first day), ``entries``. Entries without a time are in none.
    """
    months = _once(records).select(month=clock(timezone).dt.date().dt.truncate("1mo")).drop_nulls()
    counted = months.group_by("month").agg(entries=pl.len())
    if counted.is_empty():
        return counted
    every = pl.date_range(pl.col("month").min(), pl.col("month").max(), "1mo")
    return _filled(counted.select(every.alias("month")), counted)


def by_day(records: pl.DataFrame, timezone: str | None = None) -> pl.DataFrame:
    """Entries of each day that has any.

    Args:
        records: As in `schema.RECORDS`.
        timezone: Zone whose calendar counts; None for UTC. Times of unknown zone count as written.

    Returns:
        ``day``, ``entries``, in order. Entries without a time are in none.
    """
    days = _once(records).select(day=clock(timezone).dt.date()).drop_nulls()
    return days.group_by("day").agg(entries=pl.len()).sort("day")


def by_length(records: pl.DataFrame) -> pl.DataFrame:
    """Entries by the length of their sound; the last step has no end.

    Args:
        records: As in `schema.RECORDS`.

    Returns:
        ``from`` and ``to`` (seconds; null for the last ``to``), ``entries``; all of `LENGTHS` are there. Entries whose
        sound is not in the files, or of unknown length, are in none.
    """
    seconds = _once(records)["audio_seconds"].drop_nulls()
    steps = pl.DataFrame({"from": LENGTHS}).with_row_index("step").with_columns(to=pl.col("from").shift(-1))
    step = (steps["from"].search_sorted(seconds, side="right") - 1).cast(pl.UInt32)
    counted = pl.DataFrame({"step": step}).group_by("step").agg(entries=pl.len())
    joined = steps.join(counted, on="step", how="left", maintain_order="left")
    return joined.select("from", "to", pl.col("entries").fill_null(0))


LENGTHS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 30.0, 60.0)  # seconds at which a step begins


def by_weekday_hour(records: pl.DataFrame, timezone: str | None = None) -> pl.DataFrame:
    """Entries of each hour of the week; all 168 hours are there.

    Args:
        records: As in `schema.RECORDS`.
        timezone: Zone whose clock counts; None for UTC. Times of unknown zone count as written.

    Returns:
        ``weekday`` (1 is Monday), ``hour``, ``entries``. Entries without a time are in none.
    """
    times = _once(records).select(at=clock(timezone)).drop_nulls()
    weekday, hour = pl.col("at").dt.weekday(), pl.col("at").dt.hour()
    counted = times.group_by(weekday=weekday, hour=hour).agg(entries=pl.len())
    days = pl.DataFrame({"weekday": range(1, 8)}, schema={"weekday": pl.Int8})
    hours = pl.DataFrame({"hour": range(24)}, schema={"hour": pl.Int8})
    return _filled(days.join(hours, how="cross"), counted)


def by_device(records: pl.DataFrame) -> pl.DataFrame:
    """Entries of each device, most first; those that name none come last.

    A device is its serial, whatever it was called over the years; its last name is shown. An entry that gives only a
    name belongs to the one serial of that name, if there is just one.

    Args:
        records: As in `schema.RECORDS`.

    Returns:
        ``device`` (a name, else the end of a serial, else `NOT_STATED`), ``stated`` (False for that last row),
        ``entries``.
    """
    counted = _once(records).group_by("device_id", "device_name").agg(entries=pl.len())
    labels = devices(_once(records))
    joined = labels.join(counted, on=["device_id", "device_name"], nulls_equal=True)
    return (
        joined.group_by("device", "stated", "number")
        .agg(pl.col("entries").sum())
        .sort("stated", "entries", "device", descending=[True, True, False])
        .select("device", "stated", "entries")
    )


def devices(records: pl.DataFrame) -> pl.DataFrame:
    """What each device is called; which records are of one, its id and name together tell.

    Args:
        records: As in `schema.RECORDS`.

    Returns:
        One row for each pair of ``device_id`` and ``device_name`` that occurs (join with ``nulls_equal``): ``device``
        and ``stated`` as of `by_device`, and ``number``, shared by the pairs of one device.
    """
    pairs = records.group_by("device_id", "device_name").agg(last=pl.col("time").max())
    named = pairs.drop_nulls(["device_id", "device_name"]).group_by("device_name")
    owners = named.agg(owner=pl.col("device_id").unique()).filter(pl.col("owner").list.len() == 1)
    pairs = pairs.join(owners.explode("owner"), on="device_name", how="left").with_columns(
        serial=pl.coalesce("device_id", "owner")
    )
    pairs = pairs.with_columns(only_name=pl.when(pl.col("serial").is_null()).then("device_name"))
    whole = (
        pairs.sort("last", "device_name", nulls_last=False)
        .group_by("serial", "only_name")
        .agg(name=pl.col("device_name").drop_nulls().last())
        .sort("serial", "only_name")
        .with_row_index("number")
        .with_columns(device=_label(), stated=pl.any_horizontal(pl.col("serial", "name").is_not_null()))
    )
    return pairs.join(whole, on=["serial", "only_name"], nulls_equal=True).select(
        "device_id", "device_name", "device", "stated", "number"
    )


def by_status(records: pl.DataFrame) -> pl.DataFrame:
    """Entries of each status that occurs, most first.

    Args:
        records: As in `schema.RECORDS`.

    Returns:
        ``status``, ``meaning`` (in plain words), ``entries``.
    """
    counted = _once(records).group_by("status").agg(entries=pl.len())
    text = pl.col("status").cast(pl.String)
    return counted.select(status=text, meaning=text.replace_strict(STATUSES), entries="entries").sort(
        "entries", "status", descending=[True, False]
    )


def clock(timezone: str | None) -> pl.Expr:
    """What a clock on the wall showed, as an expression over records.

    Args:
        timezone: Zone of the clock; None for UTC. Times of unknown zone stay as written.
    """
    time = pl.col("time")
    as_written = time.dt.replace_time_zone(None)
    if timezone is None:
        return as_written
    dates.zone(timezone)
    local = time.dt.convert_time_zone(timezone).dt.replace_time_zone(None)
    return pl.when(pl.col("time_basis") == "zone_unknown").then(as_written).otherwise(local)


def _once(records: pl.DataFrame) -> pl.DataFrame:
    return records.filter(pl.col("duplicate_of").is_null())


def _filled(every: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """The counts, with 0 where nothing was counted."""
    joined = every.join(counted, on=every.columns, how="left", maintain_order="left")
    return joined.with_columns(pl.col("entries").fill_null(0))


def _label() -> pl.Expr:
    """A device's name; where that does not tell it apart, the end of its serial, never the whole."""
    name, serial = pl.col("name"), pl.col("serial")
    shared = name.is_duplicated() & name.is_not_null() & serial.is_not_null()
    ending = pl.format("(serial ending {})", serial.str.tail(4))
    return (
        pl.when(shared)
        .then(pl.format("{} {}", name, ending))
        .otherwise(pl.coalesce(name, pl.format("no name {}", ending), pl.lit(NOT_STATED)))
    )
