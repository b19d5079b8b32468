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
from toolkit.exposure import MAKERS
from toolkit.load import Export
from toolkit.redact import Redactor
from toolkit.retention import FACTS, held, likely_setting, reference, what_if
from toolkit.summary import Headline, by_device, by_month, by_status, clock, headline, span
from toolkit.version import VERSION

_TOOL = f"voice-history-toolkit {VERSION}"
_LISTED = 500  # activations told one by one; all are counted
_SUPPLIED = (
    "As supplied; authenticity not verified. What is not in these files is not zero: it may have been deleted, kept"
    " elsewhere, or left out of the export."
)
_JUDGED = (
    "Accidental activations are judged by text and status alone; sound was not listened to. The classes count what"
    " carries signs and are no estimate of all accidents. Where nothing can be told, nothing is counted."
)
_FACTS = "Of accidental activations only the makers' own marks are told, and nothing was judged."
_LIMITS = (
    _SUPPLIED,
    "An entry is one line of the maker's list; an activation is one time the assistant was woken, which a maker may"
    " keep as several entries. An entry that was read twice counts once.",
    _JUDGED,
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
    if not facts_only:  # the one reason left then is the mark, which the class has said
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
    text = ("transcript",) if view.names else ()  # as people read it: before the reasons
    told = listed.head(_LISTED).select(
        clock(timezone).dt.strftime("%Y-%m-%d %H:%M:%S").fill_null("no readable time").alias("time"),
        pl.col("accidental").cast(pl.String),
        *text,
        pl.col("reasons").list.eval(pl.element().struct.field("says")).list.join("; "),
    )
    if told.height < listed.height:
        yield paper.paragraph(f"The first {told.height:,} of {listed.height:,}, one by one:")
    for name in told["accidental"].unique(maintain_order=True):
        yield from _class(told.filter(accidental=name).drop("accidental"), CLASSES[name], timezone)


def _class(rows: pl.DataFrame, name: str, timezone: str | None) -> Iterator[str]:
    """The activations of one class; a reason that all share is told once."""
    headings = {
        "time": f"Time ({timezone or 'UTC, or as written'})",
        "reasons": "Reasons",
        "transcript": "What was heard",
    }
    caption = f"{name[0].upper()}{name[1:]}: {rows.height:,}"
    if rows["reasons"].n_unique() == 1 and rows.height > 1:
        caption += f". The reason of all: {rows['reasons'][0]}"
        rows = rows.drop("reasons")
    rows = rows.select([column for column in rows.columns if rows[column].count()])
    if rows.width == 1:
        yield paper.paragraph(f"{caption}. {headings['time']}:", "caption")
        yield paper.points(rows["time"], "many")
    else:
        yield paper.table(rows, caption, (headings[column] for column in rows.columns))


def _kept(export: Export) -> Iterator[str]:
    if export.records.height:
        yield paper.points(_held(export))
    for one in likely_setting(export):
        yield paper.paragraph(f"{_product(one.product)}: {one.says}")
        yield paper.points(one.reasons)
    settings = what_if(export)
    if not settings.is_empty():
        names = pl.col("product").replace({name: _product(name) for name in settings["product"]})
        yield paper.table(
            settings.select(names, "label", "entries", "removed", "undated", "evidence", "checked"),
            f"What choosing a setting would remove, counted to {reference(export).day}; it cannot be undone",
            ("Product", "Setting", "Entries", "Removed", "Undated", "Evidence", "Checked"),
        )


def _held(export: Export) -> Iterator[str]:
    """For each maker, the last day on which its entries are known to have been held."""
    for vendor, until in sorted(held(export).items()):
        maker = MAKERS.get(vendor, vendor)
        if until.day is None:
            yield f"{maker}: no day is known on which its entries were held."
        elif until.basis == "exported_at":
            yield f"{maker}: held on {until.day}, when the export was made, as its files say."
        else:
            yield f"{maker}: held on {until.day}, the day of the latest entry; its files do not say when made."


def _product(name: str) -> str:
    return FACTS.products[name].name if name in FACTS.products else name


def _files(view: _View) -> Iterator[str]:
    counts = ("carved", "understood", "rejected", "left_out", "duplicates")
    files = view.files if view.names else view.files.sort(pl.col("path").str.len_chars(), "path")
    shown = files.select("path", *(["note"] if view.names else ["format"]), *counts)
    what = "What it is" if view.names else "Format"
    headings = ("File", what, "Found", "Understood", "Refused", "Left out", "Read before")
    yield paper.table(shown, "Found = understood + refused + left out on purpose", headings)
    read = files.select("path", "sha256").drop_nulls()
    if read.height:
        yield paper.table(read, "SHA-256 of each file that was read", ("File", "SHA-256"))


def _problems(view: _View) -> Iterator[str]:
    told = ["severity", "code", "message", "advice"] if view.names else ["severity", "code"]
    counted = view.problems.group_by(told, maintain_order=True).len("times")
    if counted.is_empty():
        yield paper.paragraph("None: every entry was read without doubt.")
    else:
        headings = ("Severity", "Code", *(["What was found", "What to do"] if view.names else []), "Times")
        yield paper.table(counted, "Everything that could not be understood or had to be assumed", headings)


def _method(export: Export, prior: float, facts_only: bool) -> Iterator[str]:
    yield paper.points(_FACTS if facts_only and each is _JUDGED else each for each in _LIMITS)
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
    applied = [(name, digest) for name, digest in rules.versions().items() if not name.startswith("letters/")]
    tables = pl.DataFrame(applied, schema=["table", "digest"], orient="row")
    yield paper.table(tables, "Rules of this version (first half of the SHA-256)", ("Table", "Digest"))
