"""Cuts text into batches of whole lines, for tables in which a line is a record whatever its quotes say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from toolkit.carve.streams import Readable
from toolkit.carve.window import Window
from toolkit.limits import DEFAULT, Limits


@dataclass(slots=True)
class Batch:
    """Some lines in the order of the file.

    Attributes:
        frame: Columns ``row``, the number of the line among those not blank, from 1, and ``line``, without its end.
        faults: (row, code) of lines with bytes that are no text.
        rejects: (row, code) of lines too long to be read.
    """

    frame: pl.DataFrame
    faults: list[tuple[int, str]] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)


def batches(stream: Readable, limits: Limits = DEFAULT) -> Iterator[Batch]:
    """Every line that is not blank, some MiB at once.

    Args:
        stream: UTF-8 without byte order mark.
        limits: Bounds; a line may be as long as a CSV field.

    Raises:
        ToolkitError: The stream ended in damage; what came before it has been handed out.
    """
    window, row = Window(stream, limits.block), 0
    while window.reach(window.at + 1):
        window.reach(window.at + limits.block)
        stop = window.data.rfind(b"\n", window.at) + 1
        if stop <= window.at:  # a line longer than a block, or the last one
            stop = _end_of_long_line(window, limits.csv_field)
        batch = _batch(window.data[window.at : stop], row, limits.csv_field)
        row += batch.frame.height + len(batch.rejects)
        window.advance(stop)
        yield batch
    if window.failure:
        raise window.failure


def _end_of_long_line(window: Window, longest: int) -> int:
    """Where the line ends; of one that is too long, only as much is kept in view as shows it."""
    seen = len(window.data)
    while window.more():
        end = window.data.find(b"\n", seen)
        if end >= 0:
            return end + 1
        window.data = window.data[: window.at + longest + 1]
        seen = len(window.data)
    return len(window.data)


def _batch(raw: bytes, before: int, longest: int) -> Batch:
    try:
        text, sound = raw.decode("utf-8"), True
    except UnicodeDecodeError:
        text, sound = raw.decode("utf-8", "replace"), False
    lines = pl.Series("line", [text.removesuffix("\n")], dtype=pl.String).str.split("\n").explode()
    frame = lines.str.strip_chars_end("\r").to_frame().filter(pl.col("line").str.strip_chars() != "")
    frame = frame.with_row_index("row", before + 1).with_columns(pl.col("row").cast(pl.UInt32))
    long = frame.filter(pl.col("line").str.len_bytes() > longest)["row"]
    if len(long):
        frame = frame.filter(pl.col("line").str.len_bytes() <= longest)
    broken = [] if sound else frame.filter(pl.col("line").str.contains("\ufffd", literal=True))["row"].to_list()
    return Batch(frame, [(row, "bad_utf8") for row in broken], [(row, "too_large") for row in long])
