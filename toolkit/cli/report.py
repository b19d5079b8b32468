"""`voice-history report`: one HTML file with the figures, how they were come by, and what they cannot say."""

from __future__ import annotations

from pathlib import Path

import click

from toolkit.cli import notes, options, out
from toolkit.cli.export import demand_entries, load, remarks
from toolkit.report import report as made_of
from toolkit.whole import stay_away


@click.command()
@options.reading
@click.option(
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; an older one of that name is replaced. It may not lie where the export lies.",
)
@click.option("--facts-only", is_flag=True, help="Leave out every judgement about accidental activations.")
@click.option("--show-text", is_flag=True, help="Name devices and files, and quote what was heard where it is listed.")
@click.pass_context
def report(
    ctx: click.Context,
    sources: tuple[Path, ...],
    timezone: str | None,
    columns: Path | None,
    output: Path,
    facts_only: bool,
    show_text: bool,
) -> None:
    """Write one HTML file that can be kept, printed and handed on.

    It loads nothing from elsewhere. Without --show-text devices and files are numbered, and nobody is quoted.
    """
    stay_away(output.parent, sources)
    export = load(sources, timezone, columns)
    demand_entries(export)
    out.write([made_of(export, facts_only=facts_only, names=show_text).encode()], output)
    code = notes.problems(export.problems)
    remarks(export)
    ctx.exit(code)
