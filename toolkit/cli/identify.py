"""`voice-history identify`: says what each file is."""

from __future__ import annotations

from pathlib import Path

import click

from toolkit.cli import notes, options, out
from toolkit.identify import identify as look
from toolkit.skeleton import ASK, skeleton


@click.command()
@options.sources
@options.form
@click.option(
    "--skeleton",
    "shape",
    is_flag=True,
    help="Print the shape of the export instead: paths, headings, keys, forms of values, and how often each occurs, but"
    " no value. For a maker nobody can read yet: it may be pasted into a public issue.",
)
@click.pass_context
def identify(ctx: click.Context, sources: tuple[Path, ...], form: str | None, shape: bool) -> None:
    """Say what each file is, from its name and its first bytes, without reading it all.

    One line a file; sound files are counted by folder.
    """
    if shape:
        if form:
            raise click.UsageError("--skeleton prints text; leave --format out.")
        out.write([skeleton(*sources).encode()])
        notes.note(ASK)
        return
    found = look(*sources)
    form = form or "table"
    table = found.files.select("files", "size", "source", "path", "what") if form == "table" else found.files
    if not table.is_empty():
        out.write(out.pieces(table, form))
    code = notes.problems(found.problems)
    if found.nothing and found.nothing.message not in found.problems["message"]:
        raise found.nothing
    ctx.exit(2 if found.nothing else code)
