"""Builds small archives and clips, honest and hostile, field by field."""

from __future__ import annotations

import bz2
import io
import struct
import tarfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

STORED, DEFLATE, BZIP2 = 0, 8, 12
ENCRYPTED, UTF8 = 0x0001, 0x0800
LINK, FOLDER = 0o120777, 0o040755


class Trickle:
    """A stream that gives at most so many bytes at once."""

    def __init__(self, data: bytes, most: int) -> None:
        self._stream = io.BytesIO(data)
        self._most = most

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(min(size, self._most) if size > 0 else self._most)


@dataclass(frozen=True)
class Piece:
    """One entry of a zip; what is left None is what an honest archive would say."""

    name: bytes
    data: bytes = b""
    method: int = DEFLATE
    flags: int = 0
    crc: int | None = None
    size: int | None = None
    packed: bytes | None = None
    local_name: bytes | None = None
    header: int | None = None
    mode: int = 0
    extra: bytes = b""


def pack(data: bytes, method: int = DEFLATE) -> bytes:
    if method == BZIP2:
        return bz2.compress(data)
    if method != DEFLATE:
        return data
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def local(piece: Piece, stored: int) -> bytes:
    name = piece.name if piece.local_name is None else piece.local_name
    crc, size = facts(piece)
    fields = (b"PK\x03\x04", 20, piece.flags, piece.method, 0, 33, crc, stored, size, len(name), len(piece.extra))
    return struct.pack("<4s5H3L2H", *fields) + name + piece.extra


def central(piece: Piece, stored: int, header: int, wide: bool = False) -> bytes:
    crc, size = facts(piece)
    extra = struct.pack("<2H3Q", 1, 24, size, stored, header) if wide else b""
    sizes = (0xFFFFFFFF,) * 2 if wide else (stored, size)
    fields = (
        b"PK\x01\x02",
        20,
        20,
        piece.flags,
        piece.method,
        0,
        33,
        crc,
        *sizes,
        len(piece.name),
        len(extra),
        0,
        0,
        0,
    )
    place = 0xFFFFFFFF if wide else header
    return struct.pack("<4s6H3L5H2L", *fields, piece.mode << 16, place) + piece.name + extra


def facts(piece: Piece) -> tuple[int, int]:
    crc = zlib.crc32(piece.data) if piece.crc is None else piece.crc
    return crc, len(piece.data) if piece.size is None else piece.size


def finish(body: bytes, directory: bytes, count: int, wide: bool = False, moved: int = 0) -> bytes:
    """A body and its directory with the end record, of a zip64 if *wide*; *moved* is a lie of the locator."""
    place = len(body)
    end = b""
    if wide:
        facts = (b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), place)
        end = struct.pack("<4sQ2H2L4Q", *facts)
        end += struct.pack("<4sLQL", b"PK\x06\x07", 0, place + len(directory) + moved, 1)
    short = min(count, 0xFFFF) if wide else count & 0xFFFF
    end += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, short, short, len(directory), place, 0)
    return body + directory + end


def make_zip(*pieces: Piece, count: int | None = None, wide: bool = False, moved: int = 0) -> bytes:
    body, directory = b"", b""
    for piece in pieces:
        packed = pack(piece.data, piece.method) if piece.packed is None else piece.packed
        header = len(body) if piece.header is None else piece.header
        body += local(piece, len(packed)) + packed
        directory += central(piece, len(packed), header, wide)
    return finish(body, directory, len(pieces) if count is None else count, wide, moved)


def zip_of(files: dict[str, bytes]) -> bytes:
    return make_zip(*(Piece(name.encode(), data) for name, data in files.items()))


def many(number: int) -> bytes:
    """A zip64 of *number* empty entries."""
    body, directory = io.BytesIO(), io.BytesIO()
    for i in range(number):
        piece = Piece(b"%d.wav" % i, method=STORED)
        directory.write(central(piece, 0, body.tell()))
        body.write(local(piece, 0))
    return finish(body.getvalue(), directory.getvalue(), number, wide=True)


def full_overlap(number: int, size: int) -> bytes:
    """Entries that all point to the same data."""
    piece = Piece(b"0", bytes(size))
    packed = pack(piece.data)
    names = (replace(piece, name=b"%d" % i) for i in range(number))
    directory = b"".join(central(one, len(packed), 0) for one in names)
    return finish(local(piece, len(packed)) + packed, directory, number)


def quoted_overlap(number: int, size: int) -> bytes:
    """Entries nested like Russian dolls: the data of each quotes the local header of the next."""
    data, packed, body = bytes(size), pack(bytes(size)), b""
    placed = []
    for i in reversed(range(number)):
        piece = Piece(b"%d" % i, data)
        head = local(piece, len(packed))
        body = head + packed
        placed.append((piece, len(packed), len(body)))
        packed = struct.pack("<BHH", 0, len(head), len(head) ^ 0xFFFF) + body
        data = head + data
    directory = b"".join(central(piece, stored, len(body) - length) for piece, stored, length in placed)
    return finish(body, directory, number)


def nested(depth: int) -> bytes:
    """A zip in a zip in a zip, as often as told."""
    inner = b"the end"
    for i in range(depth):
        inner = make_zip(Piece(b"%d.zip" % i, inner))
    return inner


def make_tar(
    entries: Iterable[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz", form: int = tarfile.PAX_FORMAT
) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        for info, data in entries:
            info.size = len(data) if info.isreg() else info.size
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def tar_of(files: dict[str, bytes], mode: str = "w:gz", form: int = tarfile.PAX_FORMAT) -> bytes:
    return make_tar(((tarfile.TarInfo(name), data) for name, data in files.items()), mode, form)


def tar_header(name: bytes, size: int, kind: bytes = b"0") -> bytes:
    """A header whose size may be anything, also below zero."""
    number = (size if size >= 0 else 256**12 + size).to_bytes(12, "big")
    if size >= 0:
        number = bytes([number[0] | 0x80]) + number[1:]
    block = struct.pack("100s8s8s8s12s12s8s1s", name, b"644", b"0", b"0", number, b"0", b" " * 8, kind).ljust(
        512, b"\0"
    )
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def chunk(name: bytes, data: bytes, length: int | None = None) -> bytes:
    stated = len(data) if length is None else length
    return struct.pack("<4sL", name, stated) + data + b"\0" * (len(data) % 2)


def wav_format(
    tag: int = 1,
    channels: int = 1,
    rate: int = 16_000,
    bits: int = 16,
    align: int | None = None,
    each: int | None = None,
) -> bytes:
    """The ``fmt `` chunk's content; *each* is the number of bytes a second."""
    frame = channels * bits // 8
    each = rate * frame if each is None else each
    return struct.pack("<2H2L2H", tag, channels, rate, each, frame if align is None else align, bits)


def make_wav(
    form: bytes | None = None,
    data: bytes = bytes(3200),
    length: int | None = None,
    before: bytes = b"",
    kind: bytes = b"RIFF",
) -> bytes:
    """A tenth of a second of silence at 16 kHz, unless said otherwise."""
    form = wav_format() if form is None else form
    body = b"WAVE" + before + chunk(b"fmt ", form) + chunk(b"data", data, length)
    return struct.pack("<4sL", kind, len(body)) + body
