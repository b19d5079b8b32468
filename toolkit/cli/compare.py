"""`voice-history compare`: what of a first export is not found in a second one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import polars as pl

from toolkit.cli import notes, options, out
from toolkit.cli.export import load
from toolkit.compare import CHANGES, Comparison, listed
from toolkit.compare import compare as compared
from toolkit.inert import json_text

_ROWS = 50
_ANSWERS = {True: "yes", False: "no", None: "cannot be told"}
_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("old", type=_PATH)
@click.argument("new", type=_PATH)
@click.option("--old-part", multiple=True, type=_PATH, help="A further part of the first export; may be repeated.")
@click.option("--new-part", multiple=True, type=_PATH, help="A further part of the second export; may be repeated.")
@options.timezone
@options.columns
@options.form
@click.option("--summary", "only_summary", is_flag=True, help="Print the counts, without the entries.")
@click.pass_context
def compare(
    ctx: click.Context,
    old: Path,
    new: Path,
    old_part: tuple[Path, ...],
    new_part: tuple[Path, ...],
    timezone: str | None,
    columns: Path | None,
    form: str | None,
    only_summary: bool,
) -> None:
    """Compare OLD with NEW, two exports of one account; a file, or a folder with all parts.

    That an entry is not found in the second export does not prove that it was deleted: it may be in a part you did not
    give, or the file may be of another kind. What could be explained so is called not comparable. As a table the
    entries that are not found are listed, without what was said; csv and json (one object a line) give every entry.
    """
    first = load((old, *old_part), timezone, columns)
    second = load((new, *new_part), timezone, columns)
    result = compared(first, second)
    form = form or "table"
    if form == "table":
        rows = pl.DataFrame() if only_summary else listed(result, first, second)
        out.write(f"{line}\n".encode() for line in _lines(result, rows))
    elif only_summary and form == "json":
        out.write(_as_json(result))
    else:
        out.write(out.pieces(result.summary if only_summary else listed(result, first, second), form))
        for line in _answers(result):
            notes.note(line)
    ctx.exit(max(notes.problems(first.problems), notes.problems(second.problems)))


def _answers(result: Comparison) -> Iterator[str]:
    yield f"One account: {_ANSWERS[result.accounts_match]}. Second export complete: {_ANSWERS[result.complete]}."
    yield from (f"  {reason}" for reason in result.reasons)


def _as_json(result: Comparison) -> Iterator[bytes]:
    whole = {
        "accounts_match": result.accounts_match,
        "complete": result.complete,
        "reasons": result.reasons,
        "summary": result.summary.to_dicts(),
    }
    yield json_text(json.dumps(whole, ensure_ascii=False, indent=1)).encode() + b"\n"


def _lines(result: Comparison, rows: pl.DataFrame) -> Iterator[str]:
    yield from _answers(result)
    meaning = pl.col("change").cast(pl.String).replace_strict(CHANGES, return_dtype=pl.String)
    yield from ("", *out.lines(result.summary.select("entries", "product", what=meaning)))
    if rows.is_empty():
        return
    gone = rows.filter(pl.col("change") == "gone").sort("time", "old_id")
    if gone.is_empty():
        return
    time = pl.col("time").dt.strftime("%Y-%m-%d %H:%M:%S").alias("time")  # no zone stands behind it: see time_basis
    shown = gone.head(_ROWS).select(time, "time_basis", "product", "device_name", "status")
    yield from ("", f"Not found in your second export ({gone.height:,}):", *out.lines(shown))
    if gone.height > _ROWS:
        yield f"... and {gone.height - _ROWS:,} more; --format csv lists all."
