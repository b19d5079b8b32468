"""Reads a zip's directory and the bytes of its entries, believing neither before it is checked.

Why not `zipfile`: before Python 3.13 it unpacks archives whose entries overlap (100 kB become 3 GB), it inflates
bzip2 without a bound, gives up on all entries for one bad name, and builds a million entries before it can be
asked how many there are. Only what exports use is read: stored, deflate, bzip2; the rest is refused by name.
"""

from __future__ import annotations

import bz2
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from toolkit.archive.bounded import AGAIN, ON_PURPOSE, RAISE_LIMIT, Raw, SharedFile, Slice
from toolkit.archive.moments import in_zip
from toolkit.limits import KIB, MIB, Limits
from toolkit.problems import Bomb, Damaged, Encrypted, Problem, TooLarge, Unsupported

STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
UNPACK = "Unpack it with the program that made it, and open the folder instead."

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_TAIL = _END.size + 0xFFFF
_MOST = _CENTRAL.size + 3 * 0xFFFF
_FEED = 64 * KIB
_SECRET = 0x0001 | 0x0040 | 0x2000  # encrypted; strongly encrypted; directory masked
_METHODS = {9: "Deflate64", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}


@dataclass(frozen=True, slots=True)
class End:
    """What an archive's end record says, and how many bytes stand before and behind the archive."""

    directory: int
    length: int
    count: int
    volume: int
    before: int
    behind: int


@dataclass(slots=True)
class Entry:
    """One entry as the central directory describes it; *data* is found only when its local header is looked at."""

    name: bytes
    flags: int
    method: int
    crc: int
    stored: int
    size: int
    header: int
    mode: int
    data: int = 0
    intact: bool = True
    modified: datetime | None = None

    @property
    def regular(self) -> bool:
        """False for a symbolic link, a device and the like."""
        return stat.S_IFMT(self.mode) in (0, stat.S_IFREG)

    @property
    def folder(self) -> bool:
        """True for a directory, whatever data it carries."""
        return self.name.endswith((b"/", b"\\")) or stat.S_ISDIR(self.mode)


def find_end(file: SharedFile) -> End | None:
    """The last end record that agrees with what stands before it; None if there is none in the last 64 KiB."""
    base = max(file.size - _TAIL, 0)
    tail = file.read_at(base, _TAIL)
    at = tail.rfind(STARTS[1])
    while at >= 0:
        if len(tail) - at >= _END.size and (end := _end_at(file, base + at, tail[at : at + _END.size])):
            return end
        at = tail.rfind(STARTS[1], 0, at)
    return None


def _end_at(file: SharedFile, start: int, record: bytes) -> End | None:
    _, volume, _, _, count, length, offset, comment = _END.unpack(record)
    top = start
    if wide := _wide(file, start):
        top, volume, *true = wide
        # The two records may differ only where the narrow one is too small: CVE-2025-8291 lived on the difference.
        full = (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        if any(value not in pair for value, *pair in zip((count, length, offset), true, full, strict=True)):
            raise Damaged("The archive has two end records that contradict each other.", AGAIN)
        count, length, offset = true
    directory = top - length
    if directory < 0 or (length and file.read_at(directory, 4) != b"PK\x01\x02"):
        return None
    behind = file.size - start - _END.size - comment
    return End(directory, length, count, volume, directory - offset, behind)


def _wide(file: SharedFile, start: int) -> tuple[int, ...] | None:
    """Of a zip64 archive: where its own end record starts, and volume, count, length and offset by that record."""
    top = start - _LOCATOR.size - _END64.size
    record = file.read_at(max(top, 0), _END64.size + _LOCATOR.size)
    if top < 0 or record[_END64.size :][:4] != b"PK\x06\x07":
        return None
    mark, _, _, _, volume, _, _, count, length, offset = _END64.unpack_from(record)
    _, _, place, _ = _LOCATOR.unpack_from(record, _END64.size)
    if mark != b"PK\x06\x06" or place != offset + length:
        raise Damaged("The archive's end record is not where the archive says it is.", AGAIN)
    return top, volume, count, length, offset


def read_directory(file: SharedFile, limits: Limits) -> tuple[list[Entry], list[Problem]]:
    """All entries of a zip, each one's data found and none overlapping another, and what is odd about the archive.

    Raises:
        Damaged: There is no usable directory, or an entry points outside the archive.
        Unsupported: The archive is split over several files.
        TooLarge: It has more entries than the limits allow.
        Bomb: Entries overlap.
    """
    end = find_end(file)
    if end is None:
        message = (
            f"The archive is cut off, or its end is spoilt: there are {file.size:,} bytes, but no usable directory."
        )
        raise Damaged(message, AGAIN)
    if end.volume:
        raise Unsupported("One part of an archive that is split over several files.", UNPACK)
    if end.before < 0:
        raise Damaged(f"{-end.before:,} bytes are missing from the archive of {file.size:,} bytes.", AGAIN)
    entries = list(_entries(file, end, limits))
    _place(file, entries, end.directory)
    return entries, list(_oddities(file, end, entries))


def _entries(file: SharedFile, end: End, limits: Limits) -> Iterator[Entry]:
    for number, (fields, name, extra) in enumerate(_records(file, end), 1):
        if number > limits.members:
            message = f"The archive has more than {limits.members:,} entries."
            raise TooLarge(message, RAISE_LIMIT.format("members"))
        _, _, _, flags, method, clock, day, crc, stored, size, *_, outside, header = fields
        size, stored, header = _wide_sizes(extra, size, stored, header)
        # One byte more than allowed is enough to see that a name is too long, and to compare it.
        name = name[: limits.name_bytes + 1]
        place, modified = header + end.before, in_zip(day, clock, extra)
        yield Entry(name, flags, method, crc, stored, size, place, outside >> 16, modified=modified)


def _records(file: SharedFile, end: End) -> Iterator[tuple[tuple[Any, ...], bytes, bytes]]:
    """Fields, name and extra field of each record of the directory, read in pieces: it may be as long as the file."""
    at, stop = end.directory, end.directory + end.length
    buffer, used = b"", 0
    while at < stop or used < len(buffer):
        if len(buffer) - used < _MOST and at < stop:
            piece = file.read_at(at, min(MIB, stop - at))
            at = at + len(piece) if piece else stop
            buffer, used = buffer[used:] + piece, 0
        fields = _CENTRAL.unpack_from(buffer, used)
        names, extras, comments = fields[10:13]
        start, used = used + _CENTRAL.size, used + _CENTRAL.size + names + extras + comments
        if fields[0] != b"PK\x01\x02" or used > len(buffer):
            raise Damaged("The archive's directory is broken.", AGAIN)
        yield fields, buffer[start : start + names], buffer[start + names : start + names + extras]


def _wide_sizes(extra: bytes, *narrow: int) -> tuple[int, ...]:
    """Size, stored size and offset of an entry; those too great for 32 bits stand in its zip64 extra field."""
    values, at = list(narrow), 0
    while len(extra) - at >= 4:
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            field = extra[at + 4 : at + 4 + length]
            full = [i for i, value in enumerate(values) if value == 0xFFFFFFFF]
            for i, value in zip(full, struct.unpack_from(f"<{len(full)}Q", field), strict=True):
                values[i] = value
            break
        at += 4 + length
    return tuple(values)


def _place(file: SharedFile, entries: list[Entry], directory: int) -> None:
    """Finds each entry's data behind its local header; no two may share a byte, and none may reach the directory."""
    order = sorted(entries, key=lambda entry: entry.header)
    headers = [*(entry.header for entry in order), directory]
    for entry, following in zip(order, headers[1:], strict=True):
        if entry.header < 0 or entry.header + _LOCAL.size > directory:
            raise Damaged("An entry of the archive is said to be where no entry can be.", AGAIN)
        head = file.read_at(entry.header, _LOCAL.size + len(entry.name))
        mark, *_, names, extras = _LOCAL.unpack_from(head)
        # The directory decides what an entry is; where the local header tells another story, someone was to be fooled.
        entry.intact = mark == STARTS[0] and names == len(entry.name) and head.endswith(entry.name)
        entry.data = entry.header + _LOCAL.size + (names + extras if mark == STARTS[0] else 0)
        if entry.data + entry.stored > following:
            message = "Entries of the archive overlap: it is built to fill memory, or badly damaged."
            raise Bomb(message, ON_PURPOSE)


def _oddities(file: SharedFile, end: End, entries: list[Entry]) -> Iterator[Problem]:
    before = min((entry.header for entry in entries), default=end.directory)
    if before and file.read_at(0, 4) in STARTS:
        message = f"Another archive of {before:,} bytes stands before this one; only the last one was read."
        yield Problem("warning", "joined_archives", message, "Ask for the archives one by one.")
    elif before:
        message = f"{before:,} bytes stand before the archive; they were not read."
        yield Problem("warning", "bytes_before", message)
    if end.behind > 0:
        yield Problem("warning", "bytes_behind", f"{end.behind:,} bytes stand behind the archive; they were not read.")
    if end.behind < 0:
        yield Problem("warning", "cut_comment", f"{-end.behind:,} bytes are missing from the archive's comment.", AGAIN)
    if end.count != len(entries):
        message = f"The archive says it has {end.count:,} entries; {len(entries):,} were found."
        yield Problem("warning", "entry_count", message, AGAIN)


class _Codec(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Deflate:
    """Deflate with the manners of the decompressor of `bz2`."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(-zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class _Inflater:
    """Gives the inflated bytes of an entry in pieces of bounded size."""

    def __init__(self, packed: Slice, codec: _Codec) -> None:
        self._packed = packed
        self._codec = codec

    def read(self, n: int, /) -> bytes:
        while not self._codec.eof:
            hungry = self._codec.needs_input
            data = self._packed.read(_FEED) if hungry else b""
            piece = self._codec.decompress(data, n)
            if piece or (hungry and not data):
                return piece
        return b""

    def close(self) -> None:
        """Nothing to give back: the file is shared."""


def reader(file: SharedFile, entry: Entry) -> Raw:
    """What the entry's bytes can be drawn from.

    Raises:
        Encrypted: It needs a password.
        Unsupported: It is packed by a method not read here.
        Damaged: Its local header does not belong to it.
    """
    if entry.flags & _SECRET or entry.method == 99:
        raise Encrypted("This file in the archive needs a password.", UNPACK)
    if not entry.intact:
        raise Damaged("The archive's directory and the file's own header disagree.", AGAIN)
    packed = Slice(file, entry.data, entry.stored)
    if entry.method == 0:
        return packed
    if entry.method == 8:
        return _Inflater(packed, _Deflate())
    if entry.method == 12:
        return _Inflater(packed, bz2.BZ2Decompressor())
    method = _METHODS.get(entry.method, f"method {entry.method}")
    raise Unsupported(f"This file is packed by {method}, which the toolkit cannot unpack.", UNPACK)
