"""`voice-history activations`: which activations were probably not meant for the assistant, and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import polars as pl

from toolkit.activations import LISTED
from toolkit.activations import activations as judge
from toolkit.activations.measure import TICKS_NEEDED, precision
from toolkit.activations.tally import Count, Tally, tally
from toolkit.activations.verdict import CLASSES
from toolkit.casefile import BYTES, ME, TAGS, Case, Tick
from toolkit.cli import notes, options, out
from toolkit.cli.export import HIDDEN, demand_entries, load, remarks
from toolkit.problems import ToolkitError
from toolkit.whole import stay_away

CASE = "case.json"


@click.command()
@options.reading
@options.form
@click.option("--all", "everything", is_flag=True, help="In the table, list the activations without any sign as well.")
@click.option("--facts-only", is_flag=True, help="Only the makers' marks and statuses; no judgement of this program.")
@options.prior
@click.option(
    "--case",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Your own folder, where your ticks are kept. It may not lie where the export lies.",
)
@click.option(
    "--tick",
    "ticks",
    metavar="ID=accidental",
    multiple=True,
    help=f"Note in --case what you think of an activation: accidental or meant, and tags with +: {', '.join(TAGS)}.",
)
@click.option(
    "--by",
    metavar="NAME",
    help=f"Who ticks, {ME!r} if not said. With it only this person's ticks are shown, so that two can tick blind.",
)
@click.option("--show-text", is_flag=True, help="Also print what was said and by whom, and the ids of devices.")
@click.pass_context
def activations(
    ctx: click.Context,
    sources: tuple[Path, ...],
    timezone: str | None,
    columns: Path | None,
    form: str | None,
    everything: bool,
    facts_only: bool,
    prior: float,
    folder: Path | None,
    ticks: tuple[str, ...],
    by: str | None,
    show_text: bool,
) -> None:
    """List the activations that were probably not meant for the assistant, each with its reasons.

    Entries of one utterance are one activation. Words and status are judged, never sound. As a table it lists what
    carries a sign; csv and json (one object a line) give every activation.
    """
    case = _case(folder, ticks, by or ME, sources)
    export = load(sources, timezone, columns)
    demand_entries(export)
    events = judge(export.records, prior, case.verdicts(by), facts_only)
    out.write(out.pieces(_table(events, form or "table", everything, show_text), form or "table"))
    code = notes.problems(export.problems)
    remarks(export)
    for line in headline(tally(events), facts_only):
        notes.note(line)
    for line in _measured(events, case):
        notes.note(line)
    ctx.exit(code)


def headline(counts: Tally, facts_only: bool = False) -> Iterator[str]:
    """What to say first: counts of what is listed, and what cannot be told."""
    yield f"{_told(counts.voice)} of voice."
    classes = counts.classes
    if counts.marking:
        yield f"Marked by the maker itself as not meant for the assistant: {_told(classes['provider_marked'])}."
    yield from counts.silent
    if not facts_only:
        yield f"Likely accidental: {_told(classes['likely'])}; possibly: {_told(classes['possible'])}."
        yield f"Nothing can be told: {_told(classes['cannot_tell'])}."
        yield f"No sign in text or status: {_told(classes['no_sign'])}; sound was not listened to."
    if counts.duplicates.entries:
        yield f"Answered by another device: {_told(counts.duplicates)}. Not counted above."
    if counts.not_voice.entries:
        yield f"Not voice (routines, taps, typed, the assistant's own): {_told(counts.not_voice)}. Not counted above."


def _told(count: Count) -> str:
    number = "1 activation" if count.activations == 1 else f"{count.activations:,} activations"
    return f"{number} ({notes.entries(count.entries)})"


def _measured(events: pl.DataFrame, case: Case) -> Iterator[str]:
    measured = precision(events)
    if measured is None and case.ticks:
        yield f"How right this is can be measured from {TICKS_NEEDED} ticks on."
    for name, ticked, right, share, low, high in measured.iter_rows() if measured is not None else ():
        yield f"Of {ticked:,} ticked as {CLASSES[name]}: {right:,} accidental, {share:.0%} ({low:.0%} to {high:.0%})."
    givers = sorted(case.ticks)
    for at, one in enumerate(givers):
        for other in givers[at + 1 :]:
            both, same, kappa = case.agreement(one, other)
            if kappa is not None:
                yield f"{one} and {other} agree on {same:,} of {both:,}; Cohen's kappa {kappa:.2f}."


def _table(events: pl.DataFrame, form: str, everything: bool, show_text: bool) -> pl.DataFrame:
    if not show_text:
        events = events.drop([name for name in HIDDEN if name in events.columns])
    if form == "json":
        return events
    reason = pl.element().struct
    says = pl.col("reasons").list.eval(reason["says"] if form == "table" else reason["rule"])
    events = events.with_columns(reasons=says)
    if form != "table":
        return events
    if not everything:
        events = events.filter(pl.col("accidental").is_in(LISTED))
    shown = ["activation_id", "time", "time_basis", "device_name", "status", "accidental", "probability", "tick"]
    text = ["transcript"] if show_text else []
    entries = (pl.col("record_ids").list.len() - pl.col("copies")).alias("entries")
    rounded = pl.col("probability").round(2)
    return events.with_columns(pl.col("time").dt.truncate("1s"), rounded).select(*shown, entries, *text, "reasons")


def _case(folder: Path | None, ticks: tuple[str, ...], by: str, sources: tuple[Path, ...]) -> Case:
    """The case in *folder*, with the new ticks written into it.

    Raises:
        ToolkitError: Ticks without a folder, a tick that cannot be understood, or a file that is no case.
    """
    if folder is None:
        if ticks:
            raise ToolkitError("Ticks need a place to be kept.", "Add --case FOLDER, a folder of your own.")
        return Case()
    path = folder / CASE
    stay_away(folder, sources)
    case = Case()
    if path.exists():
        with path.open("rb") as stream:
            case = Case.from_json(stream.read(BYTES + 1))
    for given in ticks:
        id_, tick = _tick(given)
        case = case.ticked(id_, tick, by)
    if ticks:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        out.write([case.to_json().encode()], path)
    return case


def _tick(given: str) -> tuple[str, Tick]:
    id_, _, said = given.rpartition("=")
    verdict, *tags = said.split("+")
    if not id_ or verdict not in ("accidental", "meant") or not set(tags) <= TAGS.keys():
        raise ToolkitError("A tick could not be understood.", "For example: --tick amazon-123=accidental+television")
    return id_, Tick(verdict, tuple(tags))  # type: ignore[arg-type]
