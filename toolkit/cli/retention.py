"""`voice-history retention`: how long entries were kept, and how long each setting would have kept them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import click
import polars as pl

from toolkit.cli import notes, options, out
from toolkit.cli.export import demand_entries, load, remarks
from toolkit.exposure import exposure
from toolkit.inert import terminal
from toolkit.load import Export
from toolkit.retention import FACTS, Likely, held, likely_setting, policy_changes, reference, stale, what_if
from toolkit.retention import retention as retained
from toolkit.summary import clock

_OLDEST = 10
_BASIS = {
    "as_of": "the day you gave",
    "exported_at": "the export's date",
    "latest": "the day of the latest entry; the file does not say when it was made",
    "none": "no entry has a time",
}


class Day(click.ParamType[date]):
    """A day such as 2026-05-20, or ``today``."""

    name = "day"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day."""
        try:
            return datetime.now().astimezone().date() if value == "today" else date.fromisoformat(value)
        except ValueError:
            self.fail("That is no day. Write it as in 2026-05-20.", param, ctx)


@click.command()
@options.reading
@options.form
@click.option(
    "--as-of",
    type=Day(),
    metavar="DAY",
    help="Count to this day, such as 2026-05-20, or to `today`.  [default: the export's date, else its latest entry]",
)
@click.option(
    "--in-use-since",
    type=Day(),
    metavar="DAY",
    help="A day on which you know the assistant was in use: tells more about the setting that was on.",
)
@click.option("--settings", "table", flag_value="settings", help="Print what each setting would remove instead.")
@click.option("--exposure", "table", flag_value="exposure", help="Print which identifiers the file shows instead.")
@click.pass_context
def retention(
    ctx: click.Context,
    sources: tuple[Path, ...],
    timezone: str | None,
    columns: Path | None,
    form: str | None,
    as_of: date | None,
    in_use_since: date | None,
    table: str | None,
) -> None:
    """Say how old the entries are, which auto-delete was likely on, and what each setting would remove.

    As a table it is an overview for the eye; csv and json (one object a line) give each entry under each setting, with
    the day on which it would have been due, had that setting been on. An export proves only what was still held on its
    date; when something was deleted it does not say.
    """
    export = load(sources, timezone, columns)
    demand_entries(export)
    form = form or "table"
    if table == "settings":
        pieces = out.pieces(what_if(export, as_of), form)
    elif table == "exposure":
        pieces = out.pieces(exposure(export), form)
    elif form == "table":
        pieces = (f"{line}\n".encode() for line in _overview(export, as_of, in_use_since))
    else:
        pieces = out.pieces(retained(export, as_of), form)
    out.write(pieces)
    code = notes.problems(export.problems)
    remarks(export)
    old = stale(datetime.now().astimezone().date())
    if old:
        notes.note(
            f"{len(old)} of the facts about makers' settings were last checked more than a year ago.",
            "Compare with the maker's own page before you rely on a date.",
        )
    ctx.exit(code)


def _overview(export: Export, as_of: date | None, since: date | None) -> Iterator[str]:
    ref, days = reference(export, as_of), held(export)
    yield f"Counted to {ref.day or 'no day'}: {_BASIS[ref.basis]}."
    settings = what_if(export, as_of)
    for told in likely_setting(export, since):
        yield from ("", *_product(told))
        yield from _settings(settings.filter(pl.col("product") == told.product))
        day = days[told.vendor].day
        if told.oldest and day:
            yield from _changes(told.vendor, told.oldest, day)
    yield from _oldest(export, as_of)
    vendors = set(export.records["vendor"].unique())
    yield from ("", "In no export, and so in no figure:")
    yield from (f"  {one.says} [{one.evidence}]" for one in FACTS.unseen if one.vendor in vendors)


def _product(told: Likely) -> Iterator[str]:
    known = FACTS.products.get(told.product)
    yield known.name if known else terminal(told.product)
    yield f"  {told.says}"
    yield from (f"  - {reason}" for reason in told.reasons)


def _settings(settings: pl.DataFrame) -> Iterator[str]:
    if settings.is_empty():
        return
    yield ""
    yield "  What choosing a setting would remove, counted to that day (it cannot be undone):"
    shown = settings.select("entries", "removed", "clips_removed", "texts_removed", "undated", "evidence", "label")
    yield from (f"  {line}" for line in out.lines(shown))


def _changes(vendor: str, first: date, last: date) -> Iterator[str]:
    changes = policy_changes([vendor], first, last)
    if changes:
        yield from ("", f"  What {vendor.capitalize()} changed between the oldest entry and the export:")
        yield from (f"  {change.when:<10}  {change.says} [{change.evidence}]" for change in changes)


def _oldest(export: Export, as_of: date | None) -> Iterator[str]:
    ages = retained(export, as_of).group_by("record_id").agg(pl.col("age_days").first())
    columns = ("record_id", "product", "device_name", "status", "audio_files", "transcript")
    entries = export.records.select(*columns, day=clock(export.timezone).dt.date())
    oldest = entries.join(ages, on="record_id").drop_nulls("day").sort("day", "record_id").head(_OLDEST)
    held = (
        pl.when(pl.col("audio_files").list.len() == 0)
        .then(pl.when(pl.col("transcript").is_null()).then(pl.lit("neither")).otherwise(pl.lit("words")))
        .otherwise(pl.when(pl.col("transcript").is_null()).then(pl.lit("clip")).otherwise(pl.lit("clip and words")))
    )
    if not oldest.is_empty():
        yield from ("", f"The oldest {oldest.height}, still held when the export was made:")
        yield from out.lines(oldest.select("day", "age_days", "product", "device_name", held.alias("kept"), "status"))
