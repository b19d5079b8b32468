"""For each entry and each setting: its age, the day on which it would have been due, and how long it is past that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import polars as pl

from toolkit.dates import zone
from toolkit.load import Export
from toolkit.parsers import ROUTES
from toolkit.problems import ToolkitError
from toolkit.retention import alike
from toolkit.retention.facts import FACTS
from toolkit.summary import clock

MAKER_STATED = "maker_stated"  # in place of a rule's id where the maker itself states an end date for the entry
DATA = ("audio", "transcript")
STATUSES = ("within", "past_due", "no_end_date", "unknown")
RETENTION = pl.Schema(
    {
        "record_id": pl.String(),
        "data": pl.Enum(DATA),
        "rule_id": pl.String(),
        "age_days": pl.Int32(),
        "due_on": pl.Date(),
        "overdue_days": pl.Int32(),
        "status": pl.Enum(STATUSES),
    }
)
_TIME = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class Reference:
    """The moment against which ages are counted.

    Attributes:
        day: By the clock of the export's zone, UTC if none was given; None if there is no date at all.
        at: The instant; None where only a day is known: then hours count from its beginning.
        basis: ``as_of`` (given by the caller), ``exported_at`` (stated by the maker), ``latest`` (the latest entry), or
            ``none``.
    """

    day: date | None
    at: datetime | None
    basis: Literal["as_of", "exported_at", "latest", "none"]


AsOf = date | datetime | Reference | None


def reference(export: Export, as_of: AsOf = None) -> Reference:
    """The moment against which ages are counted; never silently today.

    Args:
        export: As read.
        as_of: A day, an instant with its zone, or what was already taken as reference; None takes the day of the
            export, else of its latest entry.

    Raises:
        ToolkitError: *as_of* is a time of day without a zone.
    """
    if isinstance(as_of, Reference):
        return as_of
    if isinstance(as_of, datetime):
        if as_of.tzinfo is None:
            raise ToolkitError("The moment to count from has no time zone.", "Give a day, or a time with its zone.")
        return Reference(_local_day(as_of, export.timezone), as_of.astimezone(UTC), "as_of")
    if as_of is not None:
        return Reference(as_of, None, "as_of")
    if export.exported_at is not None:
        return Reference(_local_day(export.exported_at, export.timezone), export.exported_at, "exported_at")
    return _latest(export.records, export.timezone)


def held(export: Export) -> dict[str, Reference]:
    """The last moment at which each maker's entries are known to have been held.

    That is the day of its export if a file of its own says so, and not what another maker's says: of a Takeout and an
    Alexa download read together, only the former states its date. Else it is the day of its latest entry.
    """
    dated = {route.format for route in ROUTES if route.dates}
    say_so = set(export.files.filter(pl.col("format").is_in(list(dated)))["vendor"])
    found = {}
    times = export.records.select(pl.col("vendor").cast(pl.String), "time", "time_basis")
    for (vendor,), records in times.group_by("vendor"):
        stated = export.exported_at is not None and (not say_so or vendor in say_so)
        found[str(vendor)] = reference(export) if stated else _latest(records, export.timezone)
    return found


def _latest(records: pl.DataFrame, timezone: str | None) -> Reference:
    days = records.select(
        day=clock(timezone).dt.date(), at=pl.when(pl.col("time_basis") != "zone_unknown").then("time")
    )
    latest = days.select(pl.col("day", "at").max()).row(0, named=True)
    if latest["day"] is None:
        return Reference(None, None, "none")
    same = latest["at"] is not None and _local_day(latest["at"], timezone) == latest["day"]
    return Reference(latest["day"], latest["at"] if same else None, "latest")


def _local_day(at: datetime, timezone: str | None) -> date:
    return at.astimezone(zone(timezone) if timezone else UTC).date()


def retention(export: Export, as_of: AsOf = None) -> pl.DataFrame:
    """Each entry under each setting its maker offers.

    Sound and words have different clocks, so an entry has rows of its own for each: ``audio`` if it names a clip,
    ``transcript`` for its line in the history, with the words kept in it; an entry that is nothing but a clip has no
    such row. Voice models and copies that people reviewed are not in an export and have no rows. Where the maker states
    an end date for the entry, that date stands (as `MAKER_STATED`) instead of all rules; it is the clip's if there is
    one. An entry of a product without known rules has one row for each kind, without a rule, ``unknown``.

    Args:
        export: As read; an entry that was read twice counts once.
        as_of: A day, or an instant with its zone; None takes the day of the export, else of its latest entry.

    Returns:
        As in `RETENTION`. ``age_days``: whole days by the calendar from the day of recording to the day counted from,
        negative for an entry later than that. ``due_on``: the day on which it would have been due, had that setting
        been on. ``overdue_days``: days past it, null if not past. ``status``: ``within``, ``past_due``,
        ``no_end_date``, or ``unknown``: no readable time, no rule, recorded when the rule did not cover it, or a rule
        for which no source was found or whose sources contradict each other; of the last three nothing is dated.

    Raises:
        ToolkitError: *as_of* is a time of day without a zone.
    """
    found = alike.entries(export)
    groups = alike.grouped(found)
    judged = _judged(groups, reference(export, as_of), export.timezone)
    rows = alike.assigned(found, groups).join(judged, on="group", maintain_order="left_right")
    return rows.select(list(RETENTION))


def by_group(export: Export, as_of: AsOf = None) -> pl.DataFrame:
    """What `retention` tells, once for all entries that age alike.

    Returns:
        ``group``, ``entries`` (how many), ``product``, ``day`` (of recording), ``data``, ``rule_id``, ``age_days``,
        ``due_on``, ``overdue_days``, ``status``: one row for each group, kind of data and setting.
    """
    groups = alike.grouped(alike.entries(export))
    return _judged(groups, reference(export, as_of), export.timezone)


def _judged(groups: pl.DataFrame, ref: Reference, timezone: str | None) -> pl.DataFrame:
    kept = alike.kinds(groups)
    stated = kept.filter(pl.col("expires").is_not_null()).with_columns(rule_id=pl.lit(MAKER_STATED), at="expires")
    ruled = kept.filter(pl.col("expires").is_null()).join(_table(), on=["product", "data"], how="left")
    hours = pl.duration(hours=pl.col("hours"))
    ruled = ruled.join(_due_days(ruled), on=["rule_id", "day"], how="left").with_columns(at=pl.col("exact") + hours)
    rows = pl.concat([stated, ruled], how="diagonal").sort("group", "data", "order", nulls_last=True)
    return _dated(rows, ref, timezone)


def _table() -> pl.DataFrame:
    """Product and data -> the rules that can be dated, in their order."""
    rows = [
        (
            product,
            data,
            rule.id,
            order,
            rule.hours,
            rule.covers_from,
            rule.covers_to,
            rule.period is None,
            rule.doubtful,
        )
        for product in FACTS.products
        for order, rule in enumerate(FACTS.of(product))
        for data in sorted(rule.shown)
    ]
    schema = {
        "product": pl.String, "data": pl.String, "rule_id": pl.String, "order": pl.Int64, "hours": pl.Int64,
        "covers_from": pl.Date, "covers_to": pl.Date, "endless": pl.Boolean, "doubtful": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _due_days(ruled: pl.DataFrame) -> pl.DataFrame:
    """The day on which each distinct day of recording is due under each rule."""
    pairs = ruled.select("rule_id", "day").drop_nulls().unique()
    due = [FACTS.rules[rule].due(day) for rule, day in pairs.iter_rows()]
    return pairs.with_columns(pl.Series("due", due, dtype=pl.Date))


def _dated(rows: pl.DataFrame, ref: Reference, timezone: str | None) -> pl.DataFrame:
    # An end date counted in hours, or stated by the maker, is an instant; its day is read off the same clock.
    stated = pl.col("rule_id") == MAKER_STATED
    basis = pl.when(stated | pl.col("zoned")).then(pl.lit("utc")).otherwise(pl.lit("zone_unknown"))
    ends = rows.select(time="at", time_basis=basis).select(clock(timezone).dt.date()).to_series()
    rows = rows.with_columns(due_on=pl.coalesce("due", ends))
    day, at = pl.lit(ref.day, pl.Date), pl.lit(ref.at, _TIME)
    past = (day - pl.col("due_on")).dt.total_days()
    by_instant = pl.col("at").is_not_null() & at.is_not_null() & (stated | pl.col("zoned"))
    overdue = pl.when(by_instant).then(at > pl.col("at")).otherwise(past > 0)
    covered = ~pl.col("doubtful") & pl.col("day").is_between(
        pl.coalesce("covers_from", pl.lit(date.min)), pl.coalesce("covers_to", pl.lit(date.max))
    )
    unknown = (pl.col("day").is_null() & ~stated) | pl.col("rule_id").is_null() | (~covered & ~stated) | day.is_null()
    told = rows.select(
        "group",
        "entries",
        "product",
        "day",
        "data",
        "rule_id",
        age_days=(day - pl.col("day")).dt.total_days(),
        due_on=pl.when(stated | covered).then("due_on"),
        overdue_days=pl.when(~unknown & overdue).then(past),
        status=pl.when(unknown)
        .then(pl.lit("unknown"))
        .when("endless")
        .then(pl.lit("no_end_date"))
        .when(overdue)
        .then(pl.lit("past_due"))
        .otherwise(pl.lit("within")),
    )
    return told.cast({name: kind for name, kind in RETENTION.items() if name in told.columns})


def what_if(export: Export, as_of: AsOf = None, groups: pl.DataFrame | None = None) -> pl.DataFrame:
    """What choosing each setting would remove at once; none of it can be brought back.

    Args:
        export: As read.
        as_of: The moment of choosing, see `reference`.
        groups: What `by_group` gave for the same, if it is at hand.

    Returns:
        One row for each product and setting a person can choose, the shortest period first: ``vendor``, ``product``,
        ``setting``, ``label``, ``entries``, ``removed`` (entries of which nothing would be left), ``clips_removed`` and
        ``texts_removed`` (entries that would lose their clip, or their line with its words), ``undated`` (of which
        nothing can be said), ``can_be_undone`` (never), ``evidence``, ``checked``.
    """
    groups = by_group(export, as_of) if groups is None else groups
    rows = groups.drop("product").join(_choices(), on="rule_id", how="inner")
    goes = (pl.col("status") == "past_due") | pl.col("removes_all")
    each = rows.group_by("product", "setting", "group").agg(
        pl.col("entries").first(),
        all=goes.all(),
        clip=(goes & (pl.col("data") == "audio")).any(),
        text=(goes & (pl.col("data") == "transcript")).any(),
        undated=((pl.col("status") == "unknown") & ~goes).any(),
    )
    size = pl.col("entries")
    counted = each.group_by("product", "setting").agg(
        size.sum(),
        removed=size.filter("all").sum(),
        clips_removed=size.filter("clip").sum(),
        texts_removed=size.filter("text").sum(),
        undated=size.filter("undated").sum(),
    )
    labels = _choices().group_by("product", "setting", maintain_order=True).agg(
        pl.col("vendor", "label", "evidence", "checked").first(), pl.col("order").min()
    )  # fmt: skip
    return (
        counted.join(labels, on=["product", "setting"])
        .sort("product", "order")
        .select(
            "vendor", "product", "setting", "label", "entries", "removed", "clips_removed", "texts_removed", "undated",
            "evidence", "checked", can_be_undone=pl.lit(False),
        )
    )  # fmt: skip


def _choices() -> pl.DataFrame:
    rows = [
        (FACTS.products[product].vendor, product, rule.setting, rule.label, order, rule.id, rule.removes_all,
         rule.evidence, rule.checked)
        for product in FACTS.products
        for order, rule in enumerate(FACTS.of(product))
        if rule.choice
    ]  # fmt: skip
    names = ["vendor", "product", "setting", "label", "order", "rule_id", "removes_all", "evidence", "checked"]
    return pl.DataFrame(rows, schema=names, orient="row")


def empty_months(export: Export) -> pl.DataFrame:
    """Stretches of whole months without an entry inside a product's history: questions, not findings.

    Returns:
        ``product``, ``first`` and ``last`` (first days of the first and last empty month), ``months``.
    """
    month = clock(export.timezone).dt.date().dt.truncate("1mo").alias("month")
    months = export.records.select("product", month).drop_nulls().unique().sort("product", "month")
    before = pl.col("month").shift(1).over("product")
    apart = (pl.col("month").dt.year() - before.dt.year()) * 12 + pl.col("month").dt.month() - before.dt.month() - 1
    first, last = pl.col("before").dt.offset_by("1mo"), pl.col("month").dt.offset_by("-1mo")
    gaps = months.with_columns(before=before, months=apart).filter(pl.col("months") > 0)
    return gaps.select("product", first=first, last=last, months="months")
