"""What is said on standard error: progress, notes, problems."""

from __future__ import annotations

import shutil
import sys
import time

import click
import polars as pl

from toolkit.inert import clip, terminal

_KINDS = 20
_EVERY = 0.1  # seconds between two looks of the live count


def note(message: str, advice: str = "") -> None:
    """One sentence, and below it what to do."""
    click.echo(terminal(message), err=True)
    if advice:
        click.echo(f"  {terminal(advice)}", err=True)


def entries(count: int) -> str:
    """A number of entries, in words."""
    return "1 entry" if count == 1 else f"{count:,} entries"


class Progress:
    """One line for each file that is read; on a terminal, with a count that runs."""

    def __init__(self) -> None:
        self._path: str | None = None
        self._count = 0
        self._live = sys.stderr.isatty()
        self._width = shutil.get_terminal_size().columns - 1
        self._shown = 0.0

    def __call__(self, path: str, count: int) -> None:
        """As `toolkit.load` wants it: a file's path, and the number of entries read from it so far; 0 begins a file."""
        if count == 0 and path != self._path:  # of a file without entries 0 is told at its end as well
            self.done()
            self._path = path
        self._count = count
        if self._live and time.monotonic() - self._shown > _EVERY:
            self._shown = time.monotonic()
            click.echo("\r" + self._line(), err=True, nl=False)

    def done(self) -> None:
        """The last file is finished."""
        if self._path is not None:
            click.echo(("\r" if self._live else "") + self._line(), err=True)
        self._path = None

    def _line(self) -> str:
        text = f"{terminal(self._path or '')}: {entries(self._count)}"
        return f"{clip(text, self._width):<{self._width}}" if self._live else text


def problems(table: pl.DataFrame, listed: bool = True) -> int:
    """List the problems, those of one kind together.

    Args:
        table: As in `problems.PROBLEMS`.
        listed: False if they are printed elsewhere.

    Returns:
        The exit code they call for: 1 if one of them is a warning or worse.
    """
    if listed:
        _list(table)
    return int(table.select((pl.col("severity") != "note").any()).item())


def _list(table: pl.DataFrame) -> None:
    kinds = table.group_by("severity", "code", "message", "advice", maintain_order=True).agg(
        pl.len(), pl.col("source_file").first(), pl.col("source_row").first()
    )
    for severity, _, message, advice, count, path, row in kinds.head(_KINDS).iter_rows():
        note(f"{severity}: {message}{_where(path, row, count)}", advice)
    if kinds.height > _KINDS:
        note(f"... and {kinds.height - _KINDS:,} more kinds of problems; `voice-history read --problems` lists all.")


def _where(path: str, row: int | None, count: int) -> str:
    if not path:
        return ""
    place = path if row is None else f"{path}, entry {row}"
    return f" [{place}]" if count == 1 else f" [{count:,} times, first in {place}]"
