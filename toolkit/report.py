"""The report: one HTML file with the figures, how they were come by, and what they cannot say.

By default it names nobody: devices and files are numbered, and no word that was spoken is in it. It loads nothing and
runs nothing, prints on paper, and says with what it was made, so that somebody else can make it again and compare.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from toolkit import paper, rules
from toolkit.activations import CLASSES, LISTED, activations
from toolkit.activations.tally import tally
from toolkit.load import Export
from toolkit.redact import Redactor
from toolkit.retention import likely_setting, what_if
from toolkit.summary import Headline, by_device, by_month, by_status, clock, headline, span
from toolkit.version import VERSION

_TOOL = f"voice-history-toolkit {VERSION}"
_LISTED = 500  # activations told one by one; all are counted
_SUPPLIED = (
    "As supplied; authenticity not verified. What is not in these files is not zero: it may have been deleted, kept"
    " elsewhere, or left out of the export."
)
_LIMITS = (
    _SUPPLIED,
    "An entry is one line of the maker's list; an activation is one time the assistant was woken, which a maker may"
    " keep as several entries. An entry that was read twice counts once.",
    "Accidental activations are judged by text and status alone; sound was not listened to. The classes count what"
    " carries signs and are no estimate of all accidents. Where nothing can be told, nothing is counted.",
    "An export proves what was still held on its own day. Dates on which something would have been due assume a"
    " setting; which one was on, or when something was deleted, no export says.",
    "A time of unknown zone stays as written.",
)


@dataclass(frozen=True, slots=True)
class _View:
    """The tables as they may be shown."""

    files: pl.DataFrame
    problems: pl.DataFrame
    names: bool


def report(
    export: Export, *, facts_only: bool = False, names: bool = False, made: datetime | None = None, prior: float = 0.05
) -> str:
    """Make the report.

    Args:
        export: What was read.
        facts_only: Leave out every judgement of ours about accidental activations; the makers' own marks stay.
        names: Show what devices and files are called, and what was said in activations that are listed.
        made: When; None for now. With the same instant, version and files the report is the same to the byte.
        prior: See `toolkit.activations`.

    Returns:
        A whole HTML page.
    """
    made = (made or datetime.now(UTC)).astimezone(UTC)
    redactor = Redactor(export.records)
    view = _View(export.files, export.problems, names)
    if not names:
        view = _View(redactor.files(export.files), redactor.problems(export.problems), names)
    events = activations(export.records, prior, facts_only=facts_only)
    body = [
        paper.paragraph(
            f"Made on {made:%Y-%m-%d %H:%M} UTC with voice-history-toolkit {VERSION}. {_SUPPLIED}", "draft"
        ),
        paper.section("What there is", _figures(export, view)),
        paper.section("Possible accidental activations", _accidental(events, view, export.timezone, facts_only)),
        paper.section("How long it was kept", _kept(export)),
        paper.section("What was given, and what became of it", _files(view)),
        paper.section("Problems and notes", _problems(view)),
        paper.section("Method and limits", _method(export, prior, facts_only)),
    ]
    return paper.page("Voice history: report", body)


def _figures(export: Export, view: _View) -> Iterator[str]:
    head, days = headline(export.records), span(export.records, export.timezone)
    when = f" from {days[0]} to {days[1]}" if days else ""
    yield paper.paragraph(f"{head.entries:,} entries{when}; {head.with_text:,} with words that the maker kept.", "lead")
    clips = f"{head.clips_found:,} of {head.clips_named:,} clips that entries name are in the files"
    gaps = [
        f"{clips} ({head.minutes:,.1f} minutes)." if head.clips_named else "No entry names a clip.",
        f"{head.devices:,} devices can be told apart." if head.devices else "No device is stated in the files.",
        *(f"Not known: {what} of {count:,} entries." for what, count in _gaps(head) if count),
    ]
    if head.duplicates:
        gaps.append(f"{head.duplicates:,} entries were read twice and count once.")
    yield paper.points(gaps)
    if head.entries:
        months = by_month(export.records, export.timezone)
        yield paper.bars(((f"{month:%Y-%m}", count) for month, count in months.rows()), "Entries by month")
        yield paper.bars(_devices(export.records, view.names), "Entries by device")
        yield paper.bars(by_status(export.records).select("meaning", "entries").rows(), "What became of them")


def _gaps(head: Headline) -> Iterator[tuple[str, int]]:
    yield "the time", head.undated
    yield "the time zone", head.zone_unknown
    yield "the words", head.entries - head.with_text


def _devices(records: pl.DataFrame, names: bool) -> Iterator[tuple[str, int]]:
    for number, (device, stated, entries) in enumerate(by_device(records).rows(), 1):
        yield (device if names or not stated else f"device {number}"), entries


def _accidental(events: pl.DataFrame, view: _View, timezone: str | None, facts_only: bool) -> Iterator[str]:
    counts = tally(events)
    classes = counts.classes if not facts_only else {"provider_marked": counts.classes["provider_marked"]}
    shown = [(name, count) for name, count in classes.items() if name != "provider_marked" or counts.marking]
    yield paper.points(counts.silent)
    rows = [(CLASSES[name], count.activations, count.entries) for name, count in shown]
    rows += [
        ("another device answered", *counts.duplicates),
        ("no voice: routines, taps, typed, suggestions", *counts.not_voice),
        ("all together", *counts.total),
    ]
    if facts_only and not shown:
        yield paper.paragraph("The makers of these files mark no accidental activations, and nothing was judged.")
    yield paper.table(
        pl.DataFrame(rows, schema=["class", "activations", "entries"], orient="row"),
        "Activations, and the entries they are kept as",
        ("Class", "Activations", "Entries"),
    )
    yield from _reasons(events)
    yield from _list(events, view, timezone)


def _reasons(events: pl.DataFrame) -> Iterator[str]:
    """How often each reason stands behind what is listed, with its weight and source."""
    listed = events.filter(pl.col("accidental").is_in(LISTED)).explode("reasons", empty_as_null=False).unnest("reasons")
    if listed.is_empty():
        return
    counted = listed.group_by("says", "weight", "source").len("activations")
    counted = counted.sort("activations", "says", descending=[True, False])
    yield paper.table(
        counted.select("says", "activations", pl.col("weight").round(2), "source"),
        "Reasons behind what is marked, likely or possible; positive weights speak for an accident",
        ("Reason", "Activations", "Weight", "Source"),
    )


def _list(events: pl.DataFrame, view: _View, timezone: str | None) -> Iterator[str]:
    listed = events.filter(pl.col("accidental").is_in(LISTED)).sort("accidental", "time", nulls_last=True)
    if listed.is_empty():
        return
    text = ("transcript",) if view.names else ()
    told = listed.head(_LISTED).select(
        clock(timezone).dt.strftime("%Y-%m-%d %H:%M:%S").alias("time"),
        pl.col("accidental").cast(pl.String).replace_strict(CLASSES),
        pl.col("reasons").list.eval(pl.element().struct.field("says")).list.join("; "),
        *text,
    )
    caption = f"The first {told.height:,} of {listed.height:,} that are marked, likely or possible"
    yield paper.table(told, caption, ("Time", "Class", "Reasons", *(["What was heard"] if view.names else [])))


def _kept(export: Export) -> Iterator[str]:
    for one in likely_setting(export):
        yield paper.paragraph(f"{one.product}: {one.says}")
        yield paper.points(one.reasons)
    settings = what_if(export)
    if not settings.is_empty():
        yield paper.table(
            settings.select("product", "label", "entries", "removed", "undated", "evidence", "checked"),
            "What choosing a setting would remove, counted to the export's date; it cannot be undone",
            ("Product", "Setting", "Entries", "Removed", "Undated", "Evidence", "Checked"),
        )


def _files(view: _View) -> Iterator[str]:
    counts = ("carved", "understood", "rejected", "left_out", "duplicates")
    shown = view.files.select("path", *(["note"] if view.names else ["format"]), *counts, "sha256")
    headings = ("File", "What it is", "Found", "Understood", "Refused", "Left out", "Read before", "SHA-256")
    yield paper.table(shown, "Found = understood + refused + left out on purpose", headings)


def _problems(view: _View) -> Iterator[str]:
    told = ["severity", "code", "message", "advice"] if view.names else ["severity", "code"]
    counted = view.problems.group_by(told, maintain_order=True).len("times")
    if counted.is_empty():
        yield paper.paragraph("None: every entry was read without doubt.")
    else:
        yield paper.table(counted, "Everything that could not be understood or had to be assumed")


def _method(export: Export, prior: float, facts_only: bool) -> Iterator[str]:
    yield paper.points(_LIMITS)
    assumed = any(not one.confirmed for one in export.column_maps)
    made = [
        f"{_TOOL}, polars {pl.__version__}, Python {platform.python_version()}",
        f"time zone assumed where a file states none: {export.timezone or 'none'}",
        f"export made: {export.exported_at or 'not stated in the files'}",
        "judgements left out"
        if facts_only
        else f"share of accidents assumed before anything is known of one: {prior:g}",
    ]
    if assumed:
        made.append("columns assumed: nobody has confirmed what the columns of a table mean")
    yield paper.points(made)
    tables = pl.DataFrame(list(rules.versions().items()), schema=["table", "digest"], orient="row")
    yield paper.table(tables, "Rules that were applied (first half of the SHA-256)", ("Table", "Digest"))
