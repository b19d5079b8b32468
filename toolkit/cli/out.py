"""Prints frames as a table, JSON lines or CSV, or writes them to a file that is there whole or not at all."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import click
import polars as pl
import polars.selectors as cs

from toolkit.inert import ELLIPSIS, clip, terminal
from toolkit.whole import put, tidy
from toolkit.write import pieces as text_pieces
from toolkit.write import plain

_ROWS = 20_000  # at once: memory stays flat
_CELL, _LAST = 60, 400  # characters of a table's cell; the last one of a line may be longer
_PATHS = ("path", "source_file")  # of these the end tells more than the beginning
_SUFFIXES = {".json": "json", ".jsonl": "json", ".ndjson": "json", ".csv": "csv"}


def form_of(form: str | None, output: Path | None) -> str:
    """The format asked for, else the one that the name of the file to write tells, else a table."""
    return form or _SUFFIXES.get(output.suffix.lower() if output else "", "table")


def pieces(table: pl.DataFrame, form: str) -> Iterator[bytes]:
    """A frame as UTF-8 text, piece by piece."""
    if form != "table":
        yield from text_pieces(table, "jsonl" if form == "json" else form)
        return
    shown = (f"{line}\n" for line in lines(plain(table)))
    while piece := "".join(islice(shown, _ROWS)):
        yield piece.encode()


def lines(table: pl.DataFrame) -> Iterator[str]:
    """A table for the eye: columns in line, numbers to the right, long cells cut."""
    texts = table.with_columns(cs.list().list.join(", ")).cast(pl.String).fill_null("")
    longest = texts.select(pl.all().str.len_chars().max()).row(0)
    columns = [
        _Column(name, min(max(most or 0, len(name)), _CELL), dtype.is_numeric(), name == texts.columns[-1])
        for (name, dtype), most in zip(table.schema.items(), longest, strict=True)
    ]
    heading = (texts.columns, ["-" * column.width for column in columns])
    for row in chain(heading, texts.iter_rows()):
        yield "  ".join(column.cell(text) for column, text in zip(columns, row, strict=True)).rstrip()


class _Column(NamedTuple):
    name: str
    width: int
    numeric: bool
    last: bool

    def cell(self, text: str) -> str:
        text = terminal(text)
        if self.last and not self.numeric:
            return clip(text, _LAST)
        if self.name in _PATHS and len(text) > self.width:
            text = ELLIPSIS + text[1 - self.width :]
        return _padded(clip(text, self.width), self.width, self.numeric)


def _padded(text: str, width: int, right: bool) -> str:
    """To a width as seen: Chinese and the like take two places, accents none."""
    if not text.isascii():
        width -= sum(unicodedata.east_asian_width(c) in "WF" for c in text)
        width += sum(unicodedata.combining(c) > 0 for c in text)
    return text.rjust(width) if right else text.ljust(width)


def write(parts: Iterable[bytes], output: Path | None = None) -> None:
    """To the standard output, or to *output*, which is replaced only once everything is written.

    Raises:
        ToolkitError: *output* cannot be written.
    """
    if output is None:
        for part in parts:  # a terminal gets characters, whatever its encoding; a pipe or a file gets UTF-8
            click.echo(part.decode() if sys.stdout.isatty() else part, nl=False)
        return
    tidy(output.parent)
    put(parts, output)
