"""`voice-history identify`: says what each file is."""

from __future__ import annotations

from pathlib import Path

import click

from toolkit.cli import notes, options, out
from toolkit.identify import identify as look


@click.command()
@options.sources
@options.form
@click.pass_context
def identify(ctx: click.Context, sources: tuple[Path, ...], form: str | None) -> None:
    """Say what each file is, from its name and its first bytes, without reading it all.

    One line a file; sound files are counted by folder.
    """
    found = look(*sources)
    form = form or "table"
    table = found.files.select("files", "size", "source", "path", "what") if form == "table" else found.files
    if not table.is_empty():
        out.write(out.pieces(table, form))
    code = notes.problems(found.problems)
    if found.nothing:
        raise found.nothing
    ctx.exit(code)
