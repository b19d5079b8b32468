"""`voice-history checklist`: what to do to have it deleted, the letters, and the dates; with a file or without one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click
import polars as pl

from toolkit.checklist import LANGUAGES, Checklist, Scope, rulebook
from toolkit.checklist import checklist as make
from toolkit.checklist.outline import letter_file
from toolkit.cli import notes, options, out
from toolkit.cli.export import demand_entries, load, remarks
from toolkit.deadlines import LAWS
from toolkit.load import Export
from toolkit.problems import ToolkitError
from toolkit.whole import stay_away

_SHOWN = ("step_id", "section", "entries", "first", "last", "device", "title")
_FORMS: dict[str, Callable[[Checklist], str | bytes]] = {
    "markdown": Checklist.to_markdown,
    "html": Checklist.to_html,
    "ics": Checklist.to_ics,
    "json": Checklist.to_json,
}
_SUFFIXES = {".md": "markdown", ".html": "html", ".htm": "html", ".ics": "ics"}


def _dates(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, date]:
    return {maker: _day(text) for maker, text in map(_pair, given)}


def _spans(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, list[tuple[date, date | None]]]:
    found: dict[str, list[tuple[date, date | None]]] = {}
    for maker, text in map(_pair, given):
        begin, *end = text.split("..", 1)
        found.setdefault(maker, []).append((_day(begin), _day(end[0]) if end and end[0] else None))
    return found


def _pair(text: str) -> tuple[str, str]:
    maker, sign, value = text.partition("=")
    if not sign:
        raise click.BadParameter("write MAKER=DATE, such as amazon=2026-11-25")
    return maker.strip().lower(), value.strip()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("write dates as year-month-day, such as 2026-11-25") from None


_DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("sources", nargs=-1, type=click.Path(path_type=Path))
@options.timezone
@options.columns
@click.option("--maker", "makers", multiple=True, help="An assistant you use and have no file of, such as homepod.")
@click.option("--law", type=click.Choice(list(LAWS)), help="The law of the place you live in; none is assumed.")
@click.option("--country", metavar="XX", help="Two letters of the country you live in; chooses the addresses.")
@click.option("--authority", metavar="ID", help="Where a country has several: the one to complain to.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", help="Language of the letters.")
@click.option("--keep-claim", is_flag=True, help="Keep and ask first, delete last; else clean up now.")
@click.option("--sent", multiple=True, callback=_dates, metavar="MAKER=DATE", help="When a request was sent.")
@click.option("--received", multiple=True, callback=_dates, metavar="MAKER=DATE", help="When it arrived: dates run.")
@click.option("--stopped", multiple=True, callback=_spans, metavar="MAKER=DATE..DATE", help="When the clock stood.")
@click.option("--extended", multiple=True, metavar="MAKER", help="It announced in time that it needs longer.")
@click.option(
    "--complained", multiple=True, callback=_dates, metavar="MAKER=DATE", help="UK: when a complaint arrived."
)
@click.option("--only-accidental", is_flag=True, help="Ask to erase only what was marked as not intended.")
@click.option("--from", "first", type=_DATE, metavar="DATE", help="Ask to erase only from this day on.")
@click.option("--to", "last", type=_DATE, metavar="DATE", help="Ask to erase only up to this day.")
@click.option("--person", default="", help="Whose list it is; several people make a list each.")
@click.option("--show-text", is_flag=True, help="Call people and skills by their names, not by numbers.")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", *_FORMS]), help="How to print it.  [default: table]"
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file instead; .md, .html, .ics, .json or .csv tells the format.",
)
@click.option(
    "--folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write everything into this folder: the list, the dates, the letters and the ids for each maker.",
)
@click.pass_context
def checklist(
    ctx: click.Context,
    /,
    sources: tuple[Path, ...],
    timezone: str | None,
    columns: Path | None,
    show_text: bool,
    form: str | None,
    output: Path | None,
    folder: Path | None,
    **asked: Any,
) -> None:
    """Make the list of what to do, with letters and dates, from an export or without one.

    Without SOURCES name what you use: --maker homepod. Nothing is sent and nothing is deleted. It is a draft, and no
    legal advice. Words that were spoken, and sound, are in no part of it; ids and serials only in what goes to their
    maker.
    """
    if place := folder or (output and output.parent):
        stay_away(place, sources)
    export = load(sources, timezone, columns) if sources else None
    if export:
        demand_entries(export)
    made = _made(export, show_text, **asked)
    if folder:
        _write_all(made, folder)
    else:
        _print(made, form, output)
    _remark(made, folder)
    ctx.exit(_problems(export))


def _made(export: Export | None, names: bool, **asked: Any) -> Checklist:
    first, last = (asked.pop(name) for name in ("first", "last"))
    scope = Scope(asked.pop("only_accidental"), first and first.date(), last and last.date())
    track = "keep_claim" if asked.pop("keep_claim") else "clean_up"
    return make(export, track=track, scope=scope, names=names, **asked)


def _print(made: Checklist, form: str | None, output: Path | None) -> None:
    form = form or _SUFFIXES.get(output.suffix.lower() if output else "") or out.form_of(None, output)
    if form in _FORMS:
        out.write(_bytes([_FORMS[form](made)]), output)
        return
    table = made.steps.select(_SHOWN) if form == "table" else made.steps
    out.write(out.pieces(table.with_columns(pl.col("section").cast(pl.String)), form), output)


def _bytes(texts: Iterable[str | bytes]) -> Iterator[bytes]:
    for text in texts:
        yield text if isinstance(text, bytes) else text.encode()


def _write_all(made: Checklist, folder: Path) -> None:
    """Every output as a file of its own; each is there whole or not at all."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolkitError(f"The folder cannot be made: {error.strerror}.", "Choose another place.") from None
    for name, text in _files(made):
        out.write(_bytes([text]), folder / name)


def _files(made: Checklist) -> Iterator[tuple[str, str | bytes]]:
    yield "checklist.md", made.to_markdown()
    yield "checklist.html", made.to_html()
    yield "checklist.json", made.to_json()
    if any(to.deadline for to in made.makers):
        yield "dates.ics", made.to_ics()
    for to in made.makers:
        if to.ids and made.law:
            yield to.ids_file, to.ids.data
    for letter in made.letters:
        name = letter_file(letter.maker, letter.kind)
        yield name, letter.body
        yield name.replace(".txt", ".eml"), made.to_eml(letter.maker, letter.kind)


def _remark(made: Checklist, folder: Path | None) -> None:
    notes.note("Draft; not legal advice.")
    if made.law is None:
        notes.note("No letters and no dates: no law was chosen.", f"Add --law with one of: {', '.join(LAWS)}.")
    elif folder is None:
        notes.note(
            f"{len(made.letters)} letters are ready.", "Add --folder DIR to write them, with the ids for each maker."
        )
    for to in made.makers:
        if made.law and to.contact is None:
            notes.note(f"Whom to write to at {to.title} is not known for your country: fill it in.")
    if made.law == "gdpr" and made.country is None:
        notes.note("Addresses and the authority depend on where you live.", "Add --country, such as --country de.")
    if made.country and made.law == "gdpr" and len(rulebook.authorities_of(made.country)) > 1:
        notes.note("Your country has several authorities: they stand in the list.", "Name yours with --authority.")


def _problems(export: Export | None) -> int:
    if export is None:
        return 0
    code = notes.problems(export.problems)
    remarks(export)
    return code
