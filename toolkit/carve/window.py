"""A sliding view on a byte stream: grows at the end, shrinks at the front, never holds the whole file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import polars as pl

from toolkit.carve.streams import Readable
from toolkit.limits import KIB, MIB
from toolkit.problems import ToolkitError

B = TypeVar("B")
R = TypeVar("R")
# A read that meets damage gives nothing; reading in small steps, the same for all, loses little and always the same.
_STEP = 64 * KIB
_SHRINK = MIB
_SPACE = re.compile(rb"[ \t\r\n]*")  # of JSON


class Window:
    """The part of a stream that is being looked at.

    Attributes:
        data: The bytes in view. Positions in them stay valid until `advance`.
        at: Where in *data* the part begins that is not yet dealt with.
        passed: How many bytes of the stream lie before *data*.
        failure: The error that ended the stream early; for the cutter to raise once all that came before is read.
    """

    def __init__(self, stream: Readable, block: int) -> None:
        self.data = b""
        self.at = 0
        self.passed = 0
        self.failure: ToolkitError | None = None
        blocks = _blocks(stream, block)
        self._blocks = ahead(blocks) if block >= _STEP else blocks

    def more(self) -> bool:
        """Append the next block; False once the stream is used up, or turned out damaged."""
        block, failure = next(self._blocks, (b"", None))
        self.failure = self.failure or failure
        self.data += block
        return bool(block)

    def reach(self, end: int) -> bool:
        """Read until position *end* is in view; False if the stream ends before."""
        while len(self.data) < end and self.more():
            pass
        return len(self.data) >= end

    def gap(self, start: int) -> int:
        """Where the white space that begins at *start* ends."""
        while True:
            found = _SPACE.match(self.data, start)
            end = found.end() if found else start
            if end < len(self.data) or not self.more():
                return end

    def advance(self, position: int) -> None:
        """Be done with everything before *position*; other positions held are no longer valid."""
        self.at = position
        if self.at >= min(_SHRINK, len(self.data)):
            self.passed += self.at
            self.data = self.data[self.at :]
            self.at = 0


def _blocks(stream: Readable, size: int) -> Iterator[tuple[bytes, ToolkitError | None]]:
    """The stream in blocks of at least that size, the last one with the error that ended the stream early."""
    failure = None
    piece = b"-"
    while piece and not failure:
        pieces, wanted = [], size
        while piece and wanted > 0:
            try:
                piece = stream.read(_STEP)
            except ToolkitError as error:
                failure, piece = error, b""
            pieces.append(piece)
            wanted -= len(piece)
        yield b"".join(pieces), failure


def gathered(batches: Iterable[B], size: Callable[[B], int], join: Callable[[list[B]], B], at_once: int) -> Iterator[B]:
    """Small batches joined into some of at least *at_once* records: each batch costs polars about a millisecond."""
    waiting: list[B] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += size(batch)
        if count >= at_once:
            yield join(waiting)
            waiting, count = [], 0
    if waiting:
        yield join(waiting)


def ahead(items: Iterator[B]) -> Iterator[B]:
    """The same, each made by another thread while the one before it is worked on.

    zlib, hashlib and polars leave the interpreter to others, so a second core has something to do.
    """
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = thread.submit(next, items, None)
            yield item


def as_texts(pieces: list[bytes]) -> pl.Series:
    """The same as texts; null for what is no UTF-8."""
    try:
        return pl.Series(pieces, dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.ComputeError:
        return pl.Series([piece.decode() if is_utf8(piece) else None for piece in pieces], dtype=pl.String)


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are text."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


F = TypeVar("F", pl.DataFrame, pl.LazyFrame)


def stacked(parts: Iterable[tuple[F, list[Any]]]) -> tuple[F, list[Any]]:
    """Tables whose column ``around`` counts places in the list beside them, as one table and one list."""
    tables, whole = list[F](), list[Any]()
    for table, around in parts:
        tables.append(table.with_columns(pl.col("around") + len(whole)) if whole else table)
        whole += around
    return pl.concat(tables), whole


def alike(first: pl.Series, second: pl.Series, read: Callable[[Any, Any], R | None]) -> tuple[pl.Series, list[R]]:
    """What *read* makes of two texts of each row, each of which many rows have in common; called once for each pair.

    Returns:
        Which of the results each row has, null where there is none, and these.
    """
    key = first.hash(1) ^ second.hash(2)
    at = key.arg_unique()
    firsts, seconds = first.gather(at), second.gather(at)
    found = [read(*texts) for texts in zip(firsts, seconds, strict=True)]
    results = [one for one in found if one is not None]
    places = iter(range(len(results)))
    numbers = pl.Series([None if one is None else next(places) for one in found], dtype=pl.UInt32)
    of = key.replace_strict(key.gather(at), range(len(at)), return_dtype=pl.UInt32)
    # The hash only proposes: what counts is that the texts are the same.
    same = first.eq_missing(firsts.gather(of)) & second.eq_missing(seconds.gather(of))
    return numbers.gather(of).set(~same, None), results
