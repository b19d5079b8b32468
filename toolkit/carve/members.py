"""Cuts the objects that stand under a key into their members, without ever holding a whole object.

An export of chats is an array of conversations, and one conversation, an object of messages under ``mapping``, may be
as large as the file. So the key is looked for wherever and however often it occurs. An object no larger than one
record may be is handed out whole; of a larger one each member is cut out by itself. msgspec tells where a value ends,
several times faster than the standard library; what it refuses (NaN, half a surrogate pair) the standard library
measures, and only what neither can read is a reject. Behind one, reading resumes at the next ``, "x": {"id": "x"`` or
at the next object. No unescaped quote stands inside a JSON string, so neither that nor the key can be found in what
somebody wrote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from toolkit.carve.streams import Readable
from toolkit.carve.typed import Reject, Scanner
from toolkit.carve.window import Window
from toolkit.limits import DEFAULT, KIB, Limits

_NEXT = re.compile(rb'[ \t\r\n]*,?[ \t\r\n]*"(?:[^"\\]|\\.)*+"[ \t\r\n]*:[ \t\r\n]*')
_COMMA = re.compile(rb"[ \t\r\n]*,?")
_GAP = rb"[ \t\r\n]{0,200}"
_NAME = re.compile(rb'"(?:[^"\\]|\\.){0,500}"%s:%s' % (_GAP, _GAP))
_BORDER = rb',%s(?P<member>"(?P<id>[^"\\]{1,200})"%s:%s\{%s"id"%s:%s"(?P=id)")' % ((_GAP,) * 6)
# What stands before an object's own brace: the border to the one before it, or the beginning of the file.
_LEAD = re.compile(rb'[ \t\r\n,\[]*(?:\{%s"[^"\\]{1,100}"%s:%s\[%s(?=\{))?' % ((_GAP,) * 4))
_TRAILING = "JSON is malformed: trailing characters (byte "  # counted from 1; white space was passed over
_BETWEEN = (b",", b"}", b'"', b"")
_WHITE = b" \t\r\n"
_OVERLAP = 4 * KIB  # no border is longer; kept when the window slides
_LOOKS = (4 * KIB, 64 * KIB, 1 << 62)  # how far the standard library looks for an end before the limit itself
_RUNAWAYS = 64  # values without an end that may cost a look of the full limit, in one file
_TORN = 16  # characters of the longest token that the end of a look can tear


@dataclass(slots=True)
class Piece:
    """Some members of one object, in order.

    Attributes:
        whole: The object itself, if it is sound and no larger than one member may be; then `Members.split` cuts it.
        members: Their values as JSON, and in place of one that could not be read why not.
        around: What else its parent holds, as JSON objects: what stands before it and, once it is known, behind.
        more: Whether the object goes on in the next piece.
    """

    whole: bytes = b""
    members: list[bytes | Reject] = field(default_factory=list)
    around: tuple[bytes, ...] = ()
    more: bool = False


class Members:
    """Walks one JSON file from its first byte to its last.

    Args:
        stream: The file, UTF-8.
        key: The name under which the objects stand.
        limits: Bounds: ``json_record`` on one member, ``block`` on one piece.

    Attributes:
        objects: How many there were.
        notes: Codes of what was odd about the file as a whole.
    """

    def __init__(self, stream: Readable, key: str, limits: Limits = DEFAULT) -> None:
        self.objects = 0
        self.notes: list[str] = []
        self._window = Window(stream, limits.block)
        self._limits = limits
        self._scanner = Scanner()
        self._skip = msgspec.json.Decoder(msgspec.Raw)
        self._runaways = 0
        opening = rb'"%s"%s:%s\{' % (re.escape(key.encode()), _GAP, _GAP)
        self._open = re.compile(opening)
        self._resume = re.compile(rb"(?:%s)|(?P<opening>%s)" % (_BORDER, opening))

    def pieces(self) -> Iterator[Piece]:
        """Every object, in order, in one piece or in several.

        Raises:
            ToolkitError: The stream turned out damaged; what came before has been handed out.
        """
        while (head := self._next_object()) is not None:
            self.objects += 1
            yield from self._object(head)
        if self._window.failure:
            raise self._window.failure

    def _next_object(self) -> bytes | None:
        """Move to the next opening brace; what stands before it in its parent, None if there is none."""
        window, step = self._window, max(self._limits.json_record, 2 * _OVERLAP)
        slid = False
        while True:
            whole = not window.reach(window.at + step)
            found = self._open.search(window.data, window.at, window.at + step)
            if found:
                head = b"" if slid else self._head(window.data[window.at : found.start()])
                window.advance(found.end() - 1)
                return head
            if whole:
                return None
            window.advance(window.at + step - _OVERLAP)
            slid = True

    def _head(self, gap: bytes) -> bytes:
        lead = _LEAD.match(gap)
        text = gap[lead.end() if lead else 0 :].rstrip(_WHITE + b",")
        return text + b"}" if text.startswith(b"{") else b""

    def _object(self, head: bytes) -> Iterator[Piece]:
        """All members up to the closing brace; afterwards the window begins behind the parent."""
        window, piece, size = self._window, Piece(self._whole(), around=(head,)), 0
        window.advance(window.at + (len(piece.whole) - 1 if piece.whole else 1))
        while True:
            start = window.gap(window.at)
            ended = start == len(window.data)
            window.advance(start)
            if ended:
                self.notes.append("cut_off")
                break
            if window.data.startswith(b"}", window.at):
                window.advance(window.at + 1)
                piece.around += (self._tail(),)
                break
            if not self._member(piece):
                break
            size += len(piece.members[-1]) if isinstance(piece.members[-1], bytes) else 1
            if size >= self._limits.block:
                piece.more = True
                yield piece
                piece, size = Piece(around=(head,)), 0
        yield piece

    def _whole(self) -> bytes:
        """The object that begins here, if it ends within the limit of one member."""
        window, limit = self._window, self._limits.json_record
        window.reach(window.at + limit)
        try:
            size = self._measured(memoryview(window.data)[window.at : window.at + limit])
        except Reject:
            return b""
        return window.data[window.at : window.at + size].rstrip(_WHITE) if size else b""

    def split(self, whole: bytes) -> list[bytes]:
        """The members of an object that came whole, those of one name all of them."""
        found, at = [], 1
        while name := _NEXT.match(whole, at):
            at = name.end() + (self._measured(memoryview(whole)[name.end() :]) or 0)
            found.append(whole[name.end() : at])
        return found

    def _member(self, piece: Piece) -> bool:
        """Read the next member and move behind it; False if the rest of its object is lost."""
        window, start = self._window, self._window.at
        window.reach(start + _OVERLAP)
        name = _NAME.match(window.data, start)
        try:
            if name is None:
                raise Reject("not_json")
            end = self._end(name.end())
            following = window.data[end : end + 1]
            if following not in _BETWEEN:
                raise Reject("not_json")
        except Reject as reject:
            piece.members.append(reject)
            return self._resync(start)
        if following == b'"':
            self.notes.append("missing_comma")
        piece.members.append(window.data[name.end() : end])
        window.advance(end + (following == b","))
        return True

    def _end(self, start: int) -> int:
        """Where the value that begins at *start* ends, and the white space behind it.

        Raises:
            Reject: It does not, or not within the limit.
        """
        limit = self._limits.json_record if self._runaways < _RUNAWAYS else min(_LOOKS[1], self._limits.json_record)
        self._window.reach(start + limit)
        size = self._measured(memoryview(self._window.data)[start : start + limit])
        return start + size if size else self._window.gap(self._scanned_end(start, limit))

    def _measured(self, text: bytes | memoryview) -> int | None:
        """How long the value at the start of *text* is with white space, if msgspec finds that something follows it."""
        try:
            self._skip.decode(text)
        except msgspec.DecodeError as error:
            told = str(error)
            return int(told[len(_TRAILING) : -1]) - 1 if told.startswith(_TRAILING) else None
        except RecursionError:
            raise Reject("too_deep") from None
        return None

    def _scanned_end(self, start: int, limit: int) -> int:
        """The same, by the standard library."""
        data = self._window.data
        for look in _LOOKS:
            text = data[start : start + min(look, limit)].decode("utf-8", "surrogateescape")
            whole = start + min(look, limit) >= len(data)
            try:
                _, end = self._scanner.scan(text, 0)
            except json.JSONDecodeError as error:
                torn = error.pos >= len(text) - _TORN or error.msg.startswith("Unterminated")
                if not torn:
                    raise Reject("not_json") from None
                if whole:
                    raise Reject("cut_off") from None
                continue
            if end < len(text) or whole:
                return start + len(text[:end].encode("utf-8", "surrogateescape"))
        self._runaways += 1
        raise Reject("too_large")

    def _resync(self, start: int) -> bool:
        """Move behind what is broken, to the next member; False if another object begins first, or nothing follows."""
        window = self._window
        window.advance(start + 1)
        while True:
            found = self._resume.search(window.data, window.at)
            if found and found.lastgroup != "opening":
                window.advance(found.start("member"))
                return True
            if found:
                window.advance(found.start())
                return False
            window.advance(max(window.at, len(window.data) - _OVERLAP))
            if not window.more():
                window.advance(len(window.data))
                self.notes.append("cut_off")
                return False

    def _tail(self) -> bytes:
        """What stands behind the object in its parent; the window moves behind the parent."""
        window = self._window
        for look in _LOOKS:
            look = min(look, self._limits.json_record)
            window.reach(window.at + look)
            rest = window.data[window.at : window.at + look]
            comma = _COMMA.match(rest)
            begin = comma.end() if comma else 0
            text = b"{" + rest[begin:]
            try:
                size = self._measured(text + b"!")
            except Reject:
                return b""
            if size is not None and not self._open.search(text, 0, size):  # else the key a second time: not passed over
                window.advance(window.at + begin + size - 1)
                return text[:size].rstrip(_WHITE)
        return b""
