"""`voice-history read`: prints the entries, the problems or the files."""

from __future__ import annotations

from pathlib import Path

import click
import polars as pl

from toolkit.cli import notes, options, out
from toolkit.cli.export import HIDDEN, demand_entries, load, remarks
from toolkit.whole import stay_away


@click.command()
@options.reading
@options.form
@click.option("--problems", "table", flag_value="problems", help="Print what could not be understood instead.")
@click.option("--files", "table", flag_value="files", help="Print the account of every file instead.")
@click.option(
    "--show-text", is_flag=True, help="Also print what was said, by whom, and the ids of account and devices."
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file instead, readable by you alone; .csv, .json or .jsonl tells the format. An older file of"
    " that name is replaced. It may not lie where the export lies.",
)
@click.pass_context
def read(
    ctx: click.Context,
    sources: tuple[Path, ...],
    timezone: str | None,
    columns: Path | None,
    form: str | None,
    table: str | None,
    show_text: bool,
    output: Path | None,
) -> None:
    """Print the entries of an export, one a line.

    As a table it is for the eye, with the columns that matter most; csv and json (one object a line) give all columns.
    What was said is printed only with --show-text.
    """
    if output:
        stay_away(output.parent, sources)
    form = out.form_of(form, output)
    export = load(sources, timezone, columns)
    demand_entries(export)
    if table == "problems":
        result = _problems(export.problems, form)
    elif table == "files":
        result = _files(export.files, form)
    else:
        result = _records(export.records, form, show_text)
    out.write(out.pieces(result, form), output)
    code = notes.problems(export.problems, listed=table != "problems")
    remarks(export)
    if table is None and not show_text and export.records.height:
        notes.note(f"Left out: {', '.join(HIDDEN)}.", "Add --show-text to print what was said as well.")
    ctx.exit(code)


def _records(records: pl.DataFrame, form: str, show_text: bool) -> pl.DataFrame:
    if form != "table":
        return records if show_text else records.drop(HIDDEN)
    clips = pl.format("{}/{}", "audio_found", pl.col("audio_files").list.len())
    text = ("transcript",) if show_text else ()
    return records.with_columns(clips=pl.when(pl.col("audio_files").list.len() > 0).then(clips)).select(
        pl.col("time").dt.truncate("1s"), "time_basis", "device_name", "status", "clips", *text
    )


def _files(files: pl.DataFrame, form: str) -> pl.DataFrame:
    if form != "table":
        return files
    return files.select("carved", "understood", "rejected", "left_out", "duplicates", "source", "path", "note")


def _problems(problems: pl.DataFrame, form: str) -> pl.DataFrame:
    if form != "table":
        return problems
    told = pl.concat_str("message", "advice", separator=" ").str.strip_chars()
    return problems.select("severity", "code", "source_row", "source_file", message=told)
