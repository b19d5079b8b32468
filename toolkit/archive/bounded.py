"""Reads bytes others wrote: anywhere in a shared file, counted against the limits, every failure a ToolkitError."""

from __future__ import annotations

import io
import struct
import sys
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from toolkit.limits import MIB, Limits
from toolkit.problems import Bomb, Damaged, TooLarge

AGAIN = "Download the file again from the provider, and check that the download is complete."
ON_PURPOSE = "No export looks like this. If you are sure of the file, unpack it yourself and open the folder."
RAISE_LIMIT = "If the file is genuine, raise the limit: {}."

# What the readers of the standard library raise for broken bytes, and file objects of others for a broken file.
BROKEN = (OSError, EOFError, ValueError, OverflowError, struct.error, zlib.error, tarfile.TarError)


@contextmanager
def damage() -> Iterator[None]:
    """The one place where foreign exceptions become ours; the original's text may hold data or a path of the user."""
    try:
        yield
    except BROKEN as error:
        raise Damaged(
            f"The data cannot be read ({type(error).__name__}): broken, or changed meanwhile.", AGAIN
        ) from None


class Store(Protocol):
    """Bytes that can be read at any place."""

    def read_at(self, offset: int, n: int) -> bytes:
        """At most *n* bytes from *offset* on; fewer only at the end."""


class Raw(Protocol):
    """What a `Stream` draws from."""

    def read(self, n: int, /) -> bytes:
        """At least one and at most *n* bytes; none at the end."""

    def close(self) -> None:
        """Gives back what is held open for this reader alone."""


class SharedFile:
    """A seekable binary file that several readers, also of several threads, read in turn."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        self.size = file.seek(0, io.SEEK_END)

    def read_at(self, offset: int, n: int) -> bytes:
        """At most *n* bytes from *offset* on; fewer only at the end, although a raw file may give less at once."""
        pieces = []
        with self._lock:
            self._file.seek(offset)
            while n > 0 and (piece := self._file.read(n)):
                pieces.append(piece)
                n -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class Slice:
    """Reads a stretch of a store from its start; without a length, to wherever the store ends."""

    def __init__(self, store: Store, start: int = 0, length: int = sys.maxsize) -> None:
        self._store = store
        self._at = start
        self._left = length

    def read(self, n: int, /) -> bytes:
        """At most *n* bytes; none at the end of the stretch or of the store."""
        piece = self._store.read_at(self._at, min(n, self._left))
        self._at += len(piece)
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Nothing to give back: the store is shared."""


class Meter:
    """Counts what one source has given out, and stops a source that gives too much for its size.

    What is read a second time is not counted again, so looking at a clip twice never hits a limit.
    """

    def __init__(self, limits: Limits, stored: int) -> None:
        self._limits = limits
        self._stored = stored
        self._reached: dict[str, int] = {}
        self._total = 0

    def count(self, path: str, stored: int, reached: int) -> None:
        """Takes note that the member *path*, of *stored* bytes in the archive, has been read up to *reached*."""
        limits, fresh = self._limits, reached - self._reached.get(path, 0)
        if fresh <= 0:
            return
        if reached > limits.member_bytes:
            raise TooLarge(f"A file of more than {limits.member_bytes:,} bytes.", RAISE_LIMIT.format("member_bytes"))
        if reached > limits.member_ratio_after and reached > limits.member_ratio * stored:
            raise Bomb(f"{stored:,} stored bytes unpack to more than {limits.member_ratio} times as many.", ON_PURPOSE)
        check_total(limits, self._total + fresh, self._stored)
        self._reached[path] = reached
        self._total += fresh


def check_total(limits: Limits, total: int, stored: int) -> None:
    """Raises if *total* bytes are too many to come out of an archive of *stored* bytes."""
    if total > limits.total_bytes:
        message = f"More than {limits.total_bytes:,} bytes were read from one source."
        raise TooLarge(message, RAISE_LIMIT.format("total_bytes"))
    if total > limits.total_ratio_after and total > limits.total_ratio * stored:
        raise Bomb(f"{stored:,} bytes unpack to more than {limits.total_ratio} times as many.", ON_PURPOSE)


class Stream(io.BufferedIOBase):
    """The bytes of one member: never more than asked for, and all that was declared, or a ToolkitError.

    The end is checked in the very read that reaches it, so a caller who reads exactly *size* bytes is warned as well.
    """

    def __init__(self, raw: Raw, size: int, crc: int | None, count: Callable[[int], None]) -> None:
        self._raw = raw
        self._size = size
        self._expected = crc
        self._count = count
        self._crc = 0
        self._given = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, n: int | None = -1, /) -> bytes:
        """Exactly *n* bytes, fewer only at the end; without *n* all of them, as far as the limits allow."""
        wanted = sys.maxsize if n is None or n < 0 else n
        pieces = []
        while wanted > 0 and (piece := self._next(min(wanted, MIB))):
            pieces.append(piece)
            wanted -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read1(self, n: int = -1, /) -> bytes:
        """What can be had at once, at most *n* bytes."""
        return self._next(n if 0 <= n < MIB else MIB) if n else b""

    def close(self) -> None:
        """Closes what was opened for this member alone."""
        if not self.closed:
            self._raw.close()
        super().close()

    def _next(self, n: int) -> bytes:
        piece = self._draw(n)
        if not piece or (self._given == self._size and not self._draw(1)):
            self._finish()
        return piece

    def _draw(self, n: int) -> bytes:
        with damage():
            piece = self._raw.read(n)
        self._given += len(piece)
        self._count(self._given)
        if self._given > self._size:
            raise Damaged("The file holds more bytes than it declares: built wrongly, or grown meanwhile.", AGAIN)
        if self._expected is not None:
            self._crc = zlib.crc32(piece, self._crc)
        return piece

    def _finish(self) -> None:
        if self._given < self._size:
            message = (
                f"The file holds {self._given:,} bytes but declares {self._size:,}: cut off, or changed meanwhile."
            )
            raise Damaged(message, AGAIN)
        if self._expected not in (None, self._crc):
            raise Damaged("The check sum is wrong: some of its bytes are not the ones that were packed.", AGAIN)
