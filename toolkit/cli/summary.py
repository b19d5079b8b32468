"""`voice-history summary`: how much there is, when, on which device, and what could not be understood."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import polars as pl

from toolkit.cli import notes, options, out
from toolkit.cli.export import demand_entries, load, remarks
from toolkit.inert import json_text
from toolkit.load import Export
from toolkit.summary import Headline, by_device, by_month, by_status, by_weekday_hour, headline

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_BAR = 40
_EMPTY = 3  # months without entries that are shown one by one


@click.command()
@options.reading
@options.form
@click.pass_context
def summary(
    ctx: click.Context, sources: tuple[Path, ...], timezone: str | None, columns: Path | None, form: str | None
) -> None:
    """Count the entries of an export by month, by weekday and hour, by device and by status."""
    export = load(sources, timezone, columns)
    demand_entries(export)
    form = form or "table"
    out.write(_FORMS[form](_Figures(export)))
    code = notes.problems(export.problems)
    remarks(export)
    ctx.exit(code)


class _Figures:
    """Everything that is counted."""

    def __init__(self, export: Export) -> None:
        records, zone = export.records, export.timezone
        self.headline = headline(records)
        self.zone = zone
        self.assumed = [one.path for one in export.column_maps if not one.confirmed]
        self.frames: dict[str, pl.DataFrame] = {
            "month": by_month(records, zone),
            "weekday_hour": by_weekday_hour(records, zone),
            "device": by_device(records),
            "status": by_status(records),
            "file": _account(export.files),
            "problem": export.problems.group_by("severity", "code", maintain_order=True).len("problems"),
        }


def _account(files: pl.DataFrame) -> pl.DataFrame:
    """The files that hold entries, and what became of each entry."""
    read = files.filter(files["carved"].is_not_null())
    return read.select("carved", "understood", "rejected", "left_out", "duplicates", "source", "path")


def _as_json(figures: _Figures) -> Iterator[bytes]:
    whole: dict[str, Any] = {
        "headline": _headline(figures),
        "timezone": figures.zone,
        "columns_assumed": figures.assumed,
        **{f"by_{name}": frame.to_dicts() for name, frame in figures.frames.items()},
    }
    yield json_text(json.dumps(whole, ensure_ascii=False, indent=1, default=str)).encode()
    yield b"\n"


def _as_csv(figures: _Figures) -> Iterator[bytes]:
    """All figures in one table: which table, which row of it, which figure, and the figure."""
    rows = [("headline", "", name, _text(value)) for name, value in _headline(figures).items()]
    for table, frame in figures.frames.items():
        keys = _KEYS[table]
        names = [name for name, dtype in frame.schema.items() if dtype.is_unsigned_integer()]
        for row in frame.iter_rows(named=True):
            key = " ".join(_text(row[key]) for key in keys)
            rows += [(table, key, name, _text(row[name])) for name in names]
    yield from out.pieces(pl.DataFrame(rows, schema=["table", "row", "figure", "value"], orient="row"), "csv")


_KEYS = {
    "month": ("month",),
    "weekday_hour": ("weekday", "hour"),
    "device": ("device",),
    "status": ("status",),
    "file": ("source", "path"),
    "problem": ("severity", "code"),
}


def _headline(figures: _Figures) -> dict[str, Any]:
    """The headline; where the zone of times is not known, first and last are wall clocks and get no zone."""
    head = figures.headline
    span = {"first": head.first, "last": head.last}
    if head.zone_unknown:
        span = {name: time and time.replace(tzinfo=None) for name, time in span.items()}
    return dataclasses.asdict(head) | {name: time and time.isoformat() for name, time in span.items()}


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _as_table(figures: _Figures) -> Iterator[bytes]:
    yield "".join(f"{line}\n" for line in _lines(figures)).encode()


def _lines(figures: _Figures) -> Iterator[str]:
    frames = figures.frames
    yield from _sentences(figures)
    if not figures.headline.entries:
        return
    clock = "clock as written, else UTC" if figures.zone is None else figures.zone
    yield from ("", f"By month ({clock})", *_bars(frames["month"]))
    yield from ("", f"By hour and weekday ({clock})", *_week(frames["weekday_hour"]))
    yield from ("", "By device", *out.lines(frames["device"].select("entries", "device")))
    yield from ("", "By status", *out.lines(frames["status"].select("entries", "status", "meaning")))
    yield from ("", "By file: carved = understood + rejected + left out", *out.lines(frames["file"]))


def _sentences(figures: _Figures) -> Iterator[str]:
    head = figures.headline
    devices = {0: "no device is named", 1: "1 device is named"}.get(head.devices, f"{head.devices:,} devices are named")
    yield f"{notes.entries(head.entries)}{_span(head, figures.zone)}; {devices}."
    clips = f"{head.clips_named:,} clips are named, {head.clips_found:,} found ({head.minutes:,.1f} minutes)"
    yield f"{head.with_text:,} hold text; {clips if head.clips_named else 'no clip is named'}."
    if head.clips_close:
        yield f"Begun 1.5 s or less after another, perhaps the same words heard twice: {head.clips_close:,} clip(s)."
    if head.duplicates:
        yield f"Read twice and counted once: {notes.entries(head.duplicates)}."
    if head.undated:
        yield f"Without a time that could be read: {notes.entries(head.undated)}."
    if head.zone_unknown:
        yield f"With a time whose zone is not known: {notes.entries(head.zone_unknown)}."
    if figures.assumed:
        yield "The meaning of the columns was assumed: rely on no figure before you have confirmed it (--columns)."


def _span(head: Headline, zone: str | None) -> str:
    if head.first is None or head.last is None:
        return ""
    first, last = head.first, head.last
    if zone is not None and not head.zone_unknown:
        local = ZoneInfo(zone)
        first, last = first.astimezone(local), last.astimezone(local)
    return f" from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"


def _bars(months: pl.DataFrame) -> Iterator[str]:
    """A line for each month; more than a few without entries, one after the other, share one."""
    most = max(months["entries"], default=0)
    for empty, run in groupby(months.iter_rows(), key=lambda row: row[1] == 0):
        rows = list(run)
        if empty and len(rows) > _EMPTY:
            yield f"no entries from {rows[0][0]:%Y-%m} to {rows[-1][0]:%Y-%m}"
            continue
        for month, count in rows:
            yield f"{month:%Y-%m}  {count:>9,}  {'#' * round(_BAR * count / most)}".rstrip()


def _week(cells: pl.DataFrame) -> Iterator[str]:
    counts = {(day, hour): count for day, hour, count in cells.iter_rows()}
    yield "      " + "".join(f"{day:>9}" for day in DAYS)
    for hour in range(24):
        yield f"{hour:02}:00 " + "".join(f"{counts[day, hour] or '.':>9}" for day in range(1, 8))


_FORMS = {"table": _as_table, "json": _as_json, "csv": _as_csv}
