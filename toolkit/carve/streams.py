"""What a stream of bytes passes through on its way to a cutter: the hash, and the change to UTF-8."""

from __future__ import annotations

import codecs
import hashlib
import threading
from typing import BinaryIO, Protocol, Self


class Readable(Protocol):
    """Anything bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most *size* bytes; none at the end."""


class Tee:
    """A readable stream that hashes what passes through it, and at the end of its ``with`` the rest.

    Several threads may read from it: each piece is hashed before the next is drawn.

    Attributes:
        sha256: Of the whole stream, as hexadecimal text; None if it was not read to its end.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self._lock = threading.Lock()
        self.sha256: str | None = None

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes of the stream."""
        with self._lock:
            piece = self._stream.read(size)
            self._digest.update(piece)
        return piece

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        try:
            if error is None:  # what the parser did not ask for belongs to the hash, and may turn out damaged
                while self.read(1 << 20):
                    pass
                self.sha256 = self._digest.hexdigest()
        finally:
            self._stream.close()


class Recoded:
    """A readable stream of UTF-8 made from one in another encoding; what cannot be read becomes U+FFFD."""

    def __init__(self, stream: Readable, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int = -1, /) -> bytes:
        """About *size* bytes; none at the end."""
        while True:
            piece = self._stream.read(size)
            text = self._decoder.decode(piece, final=not piece)
            if text or not piece:
                return text.encode("utf-8", "replace")


class Enclosed:
    """A readable stream with a few bytes before and behind it, such as the brackets that make one object a list."""

    def __init__(self, stream: Readable, before: bytes, after: bytes) -> None:
        self._stream = stream
        self._before = before
        self._after = after

    def read(self, size: int = -1, /) -> bytes:
        """About *size* bytes; none at the end."""
        if self._before:
            piece, self._before = self._before, b""
            return piece
        piece = self._stream.read(size)
        if not piece:
            piece, self._after = self._after, b""
        return piece


def encoding_of(head: bytes) -> str:
    """The encoding of a text file, told from its first bytes: a byte order mark, NULs, or whether it is valid UTF-8."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):  # the first begins with the mark of UTF-16
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) // 3 and 50 * min(even, odd) <= len(head):  # else it is no text at all
        return "utf-16-le" if odd > even else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")
    try:
        decoder().decode(head)
    except UnicodeDecodeError:
        text = decoder("surrogateescape").decode(head)
    else:
        return "utf-8"
    # A few broken bytes among letters that are sound UTF-8 do not make it an old Windows file.
    sound = any(letter > "\x7f" and not "\udc80" <= letter <= "\udcff" for letter in text)
    return "utf-8" if sound else "cp1252"


def is_assumed(head: bytes) -> bool:
    """Whether nothing in a text file tells its encoding, so that `utf8` takes it for one of old Windows."""
    return encoding_of(head) == "cp1252"


def utf8(stream: Readable, head: bytes, legacy: bool = True) -> Readable:
    """The stream as UTF-8 without byte order mark, whatever the encoding its *head* shows.

    Args:
        stream: The file from its first byte.
        head: Its first bytes.
        legacy: Whether it may be in an encoding of old Windows; JSON never is.
    """
    encoding = encoding_of(head)
    if encoding == "cp1252" and not legacy:
        return stream
    if encoding == "utf-8-sig":
        stream.read(len(codecs.BOM_UTF8))
        return stream
    return stream if encoding == "utf-8" else Recoded(stream, encoding)
