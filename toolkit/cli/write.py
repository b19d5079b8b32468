"""`voice-history write`: records, problems and the account of files, as files for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from toolkit.cli import notes, options
from toolkit.cli.export import demand_entries, load, remarks
from toolkit.redact import LEVELS
from toolkit.whole import stay_away
from toolkit.write import FORMATS
from toolkit.write import write as write_files


@click.command()
@options.reading
@click.option("--to", "folder", metavar="FOLDER", required=True, type=click.Path(path_type=Path), help="Where to.")
@click.option(
    "--format",
    "formats",
    type=click.Choice(list(FORMATS)),
    multiple=True,
    help="May be given more than once.  [default: parquet]",
)
@click.option(
    "--redact",
    "level",
    type=click.Choice(LEVELS),
    help="Leave out words, names, places and ids (share), and exact times, lengths and hashes as well (publish).",
)
@click.pass_context
def write(
    ctx: click.Context,
    sources: tuple[Path, ...],
    timezone: str | None,
    columns: Path | None,
    folder: Path,
    formats: tuple[str, ...],
    level: str | None,
) -> None:
    """Write what was read into a folder: Parquet, CSV, JSON Lines or SQLite, and an account of it.

    Without --redact everything is written, also what was said. The folder may not be where the export lies.
    """
    stay_away(folder, sources)
    export = load(sources, timezone, columns)
    demand_entries(export)
    written = write_files(export, folder, formats=formats or ("parquet",), redact=level or False)
    for path in written:
        click.echo(path.name)
    code = notes.problems(export.problems)
    remarks(export)
    ctx.exit(code)
