"""Finds the regular files of a tar or tgz in one bounded pass, and reads them in any order afterwards.

Why not `tarfile`: it reads a header of any declared length at once (a pax header of 4 GB fills the memory), and some
versions never come back from a negative size (CVE-2025-8194). Only its parsing of one 512-byte header is used.
"""

from __future__ import annotations

import tarfile
import threading
import zlib
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from toolkit.archive.bounded import AGAIN, ON_PURPOSE, RAISE_LIMIT, SharedFile, Store, check_total
from toolkit.archive.moments import instant, stated
from toolkit.limits import KIB, MIB, Limits
from toolkit.problems import Bomb, Damaged, Problem, TooLarge

GZIP = b"\x1f\x8b"
BLOCK = 512
_FEED = 16 * KIB
_EXTENSION = 64 * KIB
_MARKS = 512
_NEXT_NAME, _NEXT_PAX, _OTHER_EXTENSIONS = b"L", b"xX", b"gK"
_REGULAR, _WITHOUT_DATA = b"0\x007", b"123456"
_RECORDS = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a tar; *regular* is false for links and devices."""

    name: bytes
    start: int
    size: int
    regular: bool
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """What the headers in front of a file's own header say of it."""

    name: bytes = b""
    size: int | None = None
    plain: bool = True
    modified: datetime | None = None


class GzipStore:
    """The inflated bytes of a gzip file, readable at any place.

    While the file is read the first time, the state of the inflater is kept every few MiB, so that going back costs
    a few MiB of inflating instead of everything from the start.
    """

    def __init__(self, file: SharedFile, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._spacing = max(4 * MIB, limits.total_bytes // _MARKS)
        self._lock = threading.Lock()
        self._out = self._in = self._furthest = 0
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS + 16)
        self._marks = [(0, 0, self._inflater.copy())]

    def read_at(self, offset: int, n: int) -> bytes:
        """At most *n* inflated bytes from *offset* on; fewer only at the end."""
        pieces = []
        with self._lock:
            self._go_to(offset)
            while n > 0 and self._out >= offset and (piece := self._step(min(n, MIB))):
                pieces.append(piece)
                n -= len(piece)
        return b"".join(pieces)

    def _go_to(self, offset: int) -> None:
        out, at, inflater = self._marks[bisect(self._marks, offset, key=lambda mark: mark[0]) - 1]
        if offset < self._out or out > self._out:
            self._out, self._in, self._inflater = out, at, inflater.copy()
        while self._out < offset and self._step(min(offset - self._out, MIB)):
            pass

    def _step(self, n: int) -> bytes:
        """The next inflated bytes, at most *n*; none at the end."""
        while not self._inflater.eof or self._another():
            data = self._inflater.unconsumed_tail or self._file.read_at(self._in, _FEED)
            if not self._inflater.unconsumed_tail:
                self._in += len(data)
            piece = self._inflater.decompress(data, n)
            if piece:
                self._passed(len(piece))
                return piece
            if not data:
                raise Damaged(f"The archive is cut off: there are only {self._file.size:,} bytes of it.", AGAIN)
        return b""

    def _another(self) -> bool:
        """Starts on the next of several gzip streams in one file; False if there is none."""
        following = self._in - len(self._inflater.unused_data)
        if self._file.read_at(following, 2) != GZIP:
            return False
        self._in, self._inflater = following, zlib.decompressobj(zlib.MAX_WBITS + 16)
        return True

    def _passed(self, n: int) -> None:
        self._out += n
        if self._out > self._furthest:
            self._furthest = self._out
            check_total(self._limits, self._furthest, self._file.size)
        if self._out - self._marks[-1][0] >= self._spacing and not self._inflater.eof:
            self._marks.append((self._out, self._in, self._inflater.copy()))


def is_tar(head: bytes) -> bool:
    """True if the first 512 bytes are a tar header: its check sum leaves no doubt."""
    try:
        tarfile.TarInfo.frombuf(head[:BLOCK], "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def read_directory(store: Store, limits: Limits) -> tuple[list[Entry], list[Problem]]:
    """All files of a tar but no folders, and what is odd about the archive.

    Raises:
        Damaged: A header is broken, or the archive ends inside a file.
        TooLarge: It has more entries, or inflates to more bytes, than the limits allow.
        Bomb: It inflates to more bytes than an archive of its size can honestly hold.
    """
    problems: list[Problem] = []
    entries = list(_entries(store, limits, problems))
    return entries, problems


def _entries(store: Store, limits: Limits, problems: list[Problem]) -> Iterator[Entry]:
    at, number, said = 0, 0, _Said()
    while (block := store.read_at(at, BLOCK)) and block != bytes(BLOCK):
        number += 1
        if number > limits.members:
            raise TooLarge(f"The archive has more than {limits.members:,} entries.", RAISE_LIMIT.format("members"))
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        start = at + BLOCK
        length = 0 if header.type in _WITHOUT_DATA else header.size if said.size is None else said.size
        if length < 0:
            raise Damaged("The archive states a size below zero.", AGAIN)
        at = start - (-length // BLOCK) * BLOCK
        if header.type in _NEXT_PAX:
            said = _pax(_extension(store, start, length), said)
        elif header.type in _NEXT_NAME:
            said = replace(said, name=_extension(store, start, length).rstrip(b"\0"))
        elif length and not store.read_at(start + length - 1, 1):
            raise Damaged("The archive ends inside one of its files, or a size in it is wrong.", AGAIN)
        elif header.type not in _OTHER_EXTENSIONS:
            if not header.isdir():
                name = said.name or header.name.encode("utf-8", "surrogateescape")
                modified = said.modified or instant(header.mtime)
                yield Entry(name, start, length, header.type in _REGULAR and said.plain, modified)
            said = _Said()
    problems.extend(_tail(store, at, bool(block)))


def _extension(store: Store, start: int, length: int) -> bytes:
    if length > _EXTENSION:
        raise Bomb(f"A name in the archive is {length:,} bytes long.", ON_PURPOSE)
    data = store.read_at(start, length)
    if len(data) < length:
        raise Damaged("The archive ends inside a name.", AGAIN)
    return data


def _pax(data: bytes, said: _Said) -> _Said:
    """What a pax header, a series of ``LENGTH KEY=VALUE\\n``, says of the next file."""
    at = 0
    for _ in range(_RECORDS):
        if at == len(data):
            return said
        digits = data[at : at + 8].partition(b" ")[0]
        end = at + int(digits)
        key, mark, value = data[at + len(digits) + 1 : end - 1].partition(b"=")
        if not at < end <= len(data) or not mark:
            raise Damaged("A header of the archive is broken.", AGAIN)
        if key == b"path":
            said = replace(said, name=value)
        elif key == b"size":
            said = replace(said, size=int(value[:20]))
        elif key == b"mtime":
            said = replace(said, modified=stated(value))
        elif key.startswith(b"GNU.sparse"):
            said = replace(said, plain=False)
        at = end
    raise Bomb(f"A header of the archive has more than {_RECORDS} records.", ON_PURPOSE)


def _tail(store: Store, at: int, marked: bool) -> Iterator[Problem]:
    """Reads to the very end, since only there a gzip file tells whether its bytes are the right ones."""
    behind = 0
    while piece := store.read_at(at, MIB):
        at += len(piece)
        behind += len(piece.strip(b"\0"))
    if not marked:
        yield Problem("warning", "end_missing", "The archive has no end mark: it may be cut off.", AGAIN)
    if behind:
        yield Problem("warning", "bytes_behind", f"{behind:,} bytes stand behind the archive; they were not read.")
