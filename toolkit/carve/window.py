"""A sliding view on a byte stream: grows at the end, shrinks at the front, never holds the whole file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from toolkit.carve.streams import Readable
from toolkit.problems import ToolkitError

B = TypeVar("B")


class Window:
    """The part of a stream that is being looked at.

    Attributes:
        data: The bytes in view; positions in the cutters are positions in it.
        ended: Whether the stream is used up, so that *data* holds its last byte.
        failure: The error that ended the stream early; for the cutter to raise once all that came before is read.
    """

    def __init__(self, stream: Readable, block: int) -> None:
        self.data = b""
        self.ended = False
        self.failure: ToolkitError | None = None
        self._stream = stream
        self._block = block

    def more(self) -> bool:
        """Append the next block; False once the stream is used up, or turned out damaged."""
        try:
            piece = b"" if self.ended else self._stream.read(self._block)
        except ToolkitError as failure:
            self.failure, piece = failure, b""
        self.data += piece
        self.ended = not piece
        return bool(piece)

    def reach(self, end: int) -> bool:
        """Read until position *end* is in view; False if the stream ends before."""
        while len(self.data) < end and self.more():
            pass
        return len(self.data) >= end

    def drop(self, count: int) -> None:
        """Forget the first *count* bytes."""
        self.data = self.data[count:]


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
