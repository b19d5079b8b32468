"""A sliding view on a byte stream: grows at the end, shrinks at the front, never holds the whole file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from toolkit.carve.streams import Readable
from toolkit.limits import KIB, MIB
from toolkit.problems import ToolkitError

B = TypeVar("B")
# A read that meets damage gives nothing; reading in small steps, the same for all, loses little and always the same.
_STEP = 64 * KIB
_SHRINK = MIB


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
        self._ended = False
        self._stream = stream
        self._block = block

    def more(self) -> bool:
        """Append the next block; False once the stream is used up, or turned out damaged."""
        pieces = [self.data]
        wanted = self._block
        while wanted > 0 and (piece := self._next()):
            pieces.append(piece)
            wanted -= len(piece)
        self.data = b"".join(pieces)
        return len(pieces) > 1

    def _next(self) -> bytes:
        try:
            piece = b"" if self._ended else self._stream.read(_STEP)
        except ToolkitError as failure:
            self.failure, piece = failure, b""
        self._ended = not piece
        return piece

    def reach(self, end: int) -> bool:
        """Read until position *end* is in view; False if the stream ends before."""
        while len(self.data) < end and self.more():
            pass
        return len(self.data) >= end

    def advance(self, position: int) -> None:
        """Be done with everything before *position*; other positions held are no longer valid."""
        self.at = position
        if self.at >= min(_SHRINK, len(self.data)):
            self.passed += self.at
            self.data = self.data[self.at :]
            self.at = 0


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
