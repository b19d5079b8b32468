"""The corpus of hostile and broken exports: each case built here, tiny, with the outcome it must have.

A case has the number it carries in the reference's list (1-87; letters for its parts); numbers from 101 on are our own.
Run as a program it is a child that answers one case number a line with one JSON object a line, so that what a case
costs, and whether it kills a process, is seen from outside. ``python benchmarks/hostile_inputs.py`` prints the table.
"""

from __future__ import annotations

import html
import io
import json
import struct
import sys
import tarfile
import time
import urllib.parse
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from hostile import (
    BZIP2,
    ENCRYPTED,
    FOLDER,
    LINK,
    STORED,
    UTF8,
    Piece,
    chunk,
    finish,
    full_overlap,
    make_tar,
    make_wav,
    make_zip,
    many,
    nested,
    pack,
    quoted_overlap,
    tar_header,
    tar_of,
    wav_format,
    zip_of,
)

MIB = 1 << 20
MEMORY = 512 * MIB  # no case may take more, the interpreter and polars included
SECONDS = 60  # CPU; a net that ends an endless loop, not a measure

Files = Mapping[str, "bytes | Filled"]


@dataclass(frozen=True)
class Case:
    """One input and what must become of it.

    Attributes:
        key: Number in the list, with a letter for each of its parts.
        what: In a few words.
        build: Makes the sources, by the name under which they are brought.
        error: Class of the error that must be raised; none if empty.
        rows: How many records must come out.
        codes: Problems that must be told, each at least once.
        values: What single columns of the records must hold.
        timezone: Zone to assume.
        long: Whether it takes longer than a landing should.
    """

    key: str
    what: str
    build: Callable[[], Files]
    error: str = ""
    rows: int = 0
    codes: tuple[str, ...] = ()
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    timezone: str | None = None
    long: bool = False


class Filled(io.RawIOBase):
    """A file of any length that holds one byte over and over between its ends, and takes no memory."""

    def __init__(self, head: bytes, byte: bytes, times: int, tail: bytes) -> None:
        super().__init__()
        self._head, self._byte, self._tail = head, byte, tail
        self._stop = len(head) + times
        self._size, self._at = self._stop + len(tail), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = (0, self._at, self._size)[whence] + offset
        return self._at

    def read(self, n: int = -1, /) -> bytes:
        end = self._size if n < 0 else min(self._size, self._at + n)
        filling = min(end, self._stop) - max(self._at, len(self._head))
        data = self._head[self._at : end] + self._byte * max(filling, 0)
        data += self._tail[max(self._at - self._stop, 0) : max(end - self._stop, 0)]
        self._at = end
        return data


# --- what the makers send, in a few lines each -------------------------------------------------------------------

ACTIVITY, VOICE = "Takeout/My Activity/Assistant/MyActivity.json", "Takeout/My Activity/Voice and Audio/MyActivity.json"
PAGE, CARDS = "customer-history-records-01.json", "Takeout/My Activity/Assistant/MyActivity.html"
TABLE, CLIPS = "Audio and Transcription/Transcriptions.csv", "Audio and Transcription/"
HEADING = "Timestamp,Transcript,Audio File,Alexa Response\r\n"
DAY = "2024-01-01 10:00:00"


def google(title: str = "Said hello", second: int = 0, **more: Any) -> dict[str, Any]:
    told = {"header": "Assistant", "title": title, "time": f"2024-04-16T11:42:{second:02}.739Z"}
    return told | {"products": ["Assistant"]} | more


def activity(*titles: str) -> bytes:
    return json.dumps([google(title, second) for second, title in enumerate(titles)]).encode()


def entry(text: Any = "hello", number: int = 0, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "recordKey": f"A#{1_700_000_000_000 + number}#T#S",
        "recordType": "VOICE_HISTORY",
        "timestamp": 1_700_000_000_000 + 60_000 * number,
        "utteranceType": "GENERAL",
        "device": {"deviceName": "Echo"},
        "voiceHistoryRecordItems": [{"recordItemType": "CUSTOMER_TRANSCRIPT", "transcriptText": text}],
    }
    return told | more


def raw_page(*entries: bytes, between: bytes = b", ") -> bytes:
    return b'{"customerHistoryRecords": [' + between.join(entries) + b"]}"


def page(*entries: Any, **layout: Any) -> bytes:
    return json.dumps({"customerHistoryRecords": entries}, **layout).encode()


def numbered(count: int) -> list[dict[str, Any]]:
    return [entry(f"number {n}", n) for n in range(count)]


def said(text: str) -> bytes:
    """Three entries, the middle one with a text as it stands in the file."""
    return page(*numbered(3)).replace(b"number 1", text.encode("utf-8", "surrogatepass"))


def table(*rows: str, heading: str = HEADING, end: str = "\r\n") -> bytes:
    return (heading + "".join(row + end for row in rows)).encode()


def dated(*times: str) -> bytes:
    return table(*(f'"{time}",alexa stop,,ok' for time in times))


def spoken(count: int = 3) -> bytes:
    return table(*(f"2024-01-01 10:00:0{n},alexa stop,,ok" for n in range(count)))


_CELL = "content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1"


def card(body: str, header: str = "Assistant") -> str:
    return (
        '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">'
        f'<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">{header}<br></p></div>'
        f'<div class="{_CELL}">{body}</div><div class="{_CELL} mdl-typography--text-right"></div>'
        '<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption">'
        "<b>Products:</b><br>&emsp;Assistant<br></div></div></div>"
    )


def cards(*bodies: str) -> Files:
    front = "<html><head><title>My Activity History</title></head><body><div>"
    return {"takeout.zip": zip_of({CARDS: (front + "\n".join(map(card, bodies)) + "</div></body></html>").encode()})}


def asked(text: str, when: str = "Apr 16, 2024, 11:42:52 AM UTC") -> str:
    query = urllib.parse.quote_plus(html.unescape(text))
    return f'Said <a href="https://www.google.com/search?q={query}">{text}</a><br>{when}'


GOOD, OTHER = activity("Said one", "Said two"), activity("Said three")


def two(**changes: Any) -> Files:
    """A zip of two readable files, of two entries and of one, the first of them changed."""
    first = replace(Piece(ACTIVITY.encode(), GOOD), **changes)
    return {"takeout.zip": make_zip(first, Piece(VOICE.encode(), OTHER))}


def zipped(**archive: Any) -> Files:
    return {"takeout.zip": make_zip(Piece(ACTIVITY.encode(), GOOD), **archive)}


def clip(name: str, data: bytes) -> Files:
    """A table of one row that names a clip, and the clip, as they lie in a download."""
    rows = table(f"{DAY},alexa stop,{name},ok")
    return {"Alexa.zip": zip_of({TABLE: rows, CLIPS + name: data})}


HONEST = zip_of({ACTIVITY: GOOD, VOICE: OTHER})
LINKS = [tarfile.TarInfo(name) for name in ("link.json", "hard.json", "device.json")]
for _link, _kind in zip(LINKS, (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE), strict=True):
    _link.type, _link.linkname = _kind, ACTIVITY


def one(name: str, data: Any) -> Callable[[], Files]:
    """A single file; what builds it is called only when the case is run."""
    return lambda: {name: data() if callable(data) else data}


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def quine() -> bytes:
    """A zip that holds a zip of its own name, size and beginning: whoever descends by name never ends."""
    inner = make_zip(Piece(b"quine.zip", HONEST, method=STORED), Piece(ACTIVITY.encode(), GOOD))
    return make_zip(Piece(b"quine.zip", inner, method=STORED), Piece(ACTIVITY.encode(), GOOD))


def hollow(count: int) -> bytes:
    """A zip64 of so many empty clips, and one file to read."""
    body, directory, _ = many(count), b"", 0
    piece = Piece(ACTIVITY.encode(), GOOD)
    packed = pack(piece.data)
    from hostile import central, local

    start = body.rindex(b"PK\x06\x06")
    first = body.index(b"PK\x01\x02")
    entries = body[first:start]
    head = local(piece, len(packed)) + packed
    directory = entries + central(piece, len(packed), first)
    return finish(body[:first] + head, directory, count + 1, wide=True)


def laid_down(tar: Callable[[], bytes]) -> Callable[[], Files]:
    return lambda: {"takeout.tgz": tar()}


def gzip_of(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


IGNORED = ("name_ignored",)
DAMAGED = ("Damaged",)


def containers() -> Iterator[Case]:
    broken = partial(Case, rows=1, codes=DAMAGED)
    yield Case("1", "empty file", one("takeout.zip", b""), "NotAnArchive")
    yield Case("2", "HTML page named .zip", one("takeout.zip", b"<!DOCTYPE html><html>Sign in"), "NotAnArchive")
    yield Case("3", "truncated tail", one("takeout.zip", HONEST[:-30]), "Damaged")
    yield Case("4", "truncated head", one("takeout.zip", HONEST[10:]), "Damaged")
    yield broken("5", "flipped byte in one member", lambda: {"t.zip": flipped(two()["takeout.zip"], 130)})  # type: ignore[arg-type]
    yield broken("6", "wrong CRC", partial(two, crc=1))
    yield Case("7", "header offset outside the file", partial(two, header=10_000), "Damaged")
    yield Case("8", "entry count wrong", partial(zipped, count=5), rows=2, codes=("entry_count",))
    joined = HONEST + zip_of({VOICE: OTHER})
    yield Case("9", "two archives joined", one("takeout.zip", joined), rows=1, codes=("joined_archives",))
    yield Case("10", "self-extractor", one("t.zip", b"MZ" + bytes(498) + HONEST), rows=3, codes=("bytes_before",))
    yield Case("11", "100 bytes behind the end", one("t.zip", HONEST + b"x" * 100), rows=3, codes=("bytes_behind",))
    yield Case("12", "70 kB behind the end", one("t.zip", HONEST + bytes(70_000)), "Damaged")
    yield Case("13", "full-overlap bomb", one("t.zip", lambda: full_overlap(1_000, 100_000)), "Bomb")
    yield Case("14", "quoted-overlap bomb", one("t.zip", lambda: quoted_overlap(50, 100_000)), "Bomb")
    bomb = lambda: two(data=b"[" + b" " * 12 * MIB + b"]")  # noqa: E731
    yield Case("15", "one member at 1,000 : 1", bomb, rows=1)
    yield Case(
        "15b", "bomb of entries", partial(two, data=GOOD[:-1] + b", " * 6_000_000 + b"]"), rows=3, codes=("Bomb",)
    )
    yield broken("16", "size field too small", partial(two, size=3), rows=1)
    yield broken("16b", "1.5 GiB behind a small size", partial(two, data=bytes(64 * MIB), size=600), rows=1)
    yield Case("17", "size field too big", partial(two, size=10**9), rows=1, codes=DAMAGED)
    inside = {"inner.zip": nested(6), ACTIVITY: GOOD}
    yield Case("18", "42-style archive, six deep", lambda: {"t.zip": zip_of(inside)}, rows=2)
    yield Case("19", "quine archive", one("quine.zip", quine), rows=2)
    yield Case("20", "65,535 empty entries", one("t.zip", lambda: hollow(65_535)), rows=2)
    yield Case("21", "200,001 entries", one("t.zip", lambda: many(200_001)), "TooLarge")
    yield Case("22", "small archive as zip64", partial(zipped, wide=True), rows=2)
    yield Case("23", "zip64 locator lies", partial(zipped, wide=True, moved=1), "Damaged")
    yield Case("24", "encrypted, ZipCrypto", partial(two, flags=ENCRYPTED), rows=1, codes=("Encrypted",))
    yield Case(
        "24b", "all of it encrypted", one("t.zip", make_zip(Piece(ACTIVITY.encode(), GOOD, flags=1))), "Encrypted"
    )
    yield Case("25", "AES", partial(two, method=99), rows=1, codes=("Encrypted",))
    yield Case("26", "bzip2", partial(two, method=BZIP2), rows=3)
    for number in (9, 14, 93, 95):
        yield Case(f"26-{number}", f"method {number}", partial(two, method=number), rows=1, codes=("Unsupported",))
    yield from _names()
    yield from _tars()


def _names() -> Iterator[Case]:
    ignored = partial(Case, rows=1, codes=IGNORED)
    yield ignored("27", "../ name", partial(two, name=b"../" + ACTIVITY.encode()))
    for letter, name in zip("abcd", (b"/etc/a.json", b"C:\\a.json", b"\\\\server\\a.json", b"//server/a"), strict=True):
        yield ignored(f"28{letter}", f"name {name.decode()}", partial(two, name=name))
    yield Case("29", "backslash names", partial(two, name=ACTIVITY.replace("/", "\\").encode()), rows=3)
    yield ignored("30", "symbolic link on a wanted path", partial(two, mode=LINK))
    yield Case("31", "same name, different content", partial(two, name=VOICE.encode()), "Ambiguous")
    third = partial(make_zip, Piece(ACTIVITY.encode(), GOOD), Piece(VOICE.encode(), OTHER))
    same = lambda: {"t.zip": third(Piece(VOICE.encode(), GOOD))}  # noqa: E731
    yield Case("31b", "the same, and another file", same, rows=2, codes=("Ambiguous",))
    yield Case("32", "only the case differs", partial(two, name=VOICE.upper().encode()), rows=3, codes=("case_twins",))
    german = "Takeout/Meine Aktivitäten/Assistant/MeineAktivitäten.json"
    yield Case("33", "UTF-8 name without the flag", partial(two, name=german.encode()), rows=3)
    yield Case("34", "invalid UTF-8 with the flag", partial(two, name=b"x\x84.json", flags=UTF8), rows=3)
    yield Case("35", "NFD name", partial(two, name=german.replace("ä", "a\u0308").encode()), rows=3)
    yield Case("36", "local and central name differ", partial(two, local_name=b"c.json"), rows=1, codes=DAMAGED)
    yield Case("37", "folder entry with data", partial(two, name=b"folder/", mode=FOLDER), rows=1)
    yield ignored("38", "name of 65,535 bytes", partial(two, name=b"x" * 0xFFFF))


def _tars() -> Iterator[Case]:
    info = tarfile.TarInfo(ACTIVITY)
    links = lambda: make_tar([*((link, b"") for link in LINKS), (info, GOOD)])  # noqa: E731
    yield Case("39", "tgz with links and a device", laid_down(links), rows=2, codes=IGNORED)
    yield Case("40a", "tar: size below zero", one("t.tar", tar_header(b"a", -512) + bytes(1024)), "Damaged")
    yield Case("40b", "tar: pax-header bomb", one("t.tar", tar_header(b"a", 10**9, b"x") + bytes(1024)), "Bomb")
    yield Case("101", "tgz cut off", laid_down(lambda: tar_of({ACTIVITY: GOOD})[:-20]), "Damaged")
    yield Case("102", "tgz of 1,000 : 1", laid_down(lambda: tar_of({"a.json": bytes(128 * MIB)})), "Bomb")
    twice = {"takeout-1.zip": HONEST, "takeout-2.zip": HONEST}
    yield Case("103", "the same archive twice", lambda: twice, rows=6)
    yield Case(
        "104",
        "a good and a broken source",
        lambda: {"a.zip": HONEST, "b.zip": b"<html>"},
        rows=3,
        codes=("NotAnArchive",),
    )
    yield Case("105", "RAR named .zip", one("a.zip", b"Rar!\x1a\7\1\0" + bytes(99)), "Unsupported")
    yield Case("106", "gzip of one JSON file", one("a.json.gz", gzip_of(GOOD)), "Unsupported")
    yield Case("107", "7,000 levels of folders", partial(two, name=b"a/" * 500 + b"b.json"), rows=3)


DEEP = b'{"deep": ' + b"[" * 900 + b"]" * 900 + b"}"


def jsons() -> Iterator[Case]:
    first, last = (json.dumps(entry(str(n), n)).encode() for n in range(2))
    yield Case(
        "41", "value 900 deep in one record", one(PAGE, raw_page(first, DEEP, last)), rows=2, codes=("too_deep",)
    )
    yield Case("42", "one million levels", one(ACTIVITY, b"[" * 1_000_000), "NotAnExport")
    known = GOOD[:-1] + b', {"header": "Assistant", "title": ' + b"[" * 1_000_000
    yield Case(
        "42b",
        "one million levels in a known file",
        one("t.zip", lambda: zip_of({ACTIVITY: known})),
        rows=2,
        codes=("too_deep",),
    )
    yield Case(
        "43",
        "NaN and Infinity",
        one(PAGE, page(*numbered(2)).replace(b"1700000000000,", b"NaN,", 1)),
        rows=2,
        codes=("not_a_number",),
    )
    yield Case(  # the last one counts; said of the first 64 KiB of a file: everywhere would cost 65 % (SECURITY.md)
        "44",
        "duplicate keys",
        one(PAGE, page(*numbered(2)).replace(b'"recordType"', b'"recordKey": "B#1#T#S", "recordType"', 1)),
        rows=2,
        codes=("duplicate_key",),
        values={"maker_id": ["B#1#T#S", "A#1700000000001#T#S"]},
    )
    yield Case(
        "45",
        "lone surrogate",
        one(PAGE, said("a\\ud800b")),
        rows=3,
        codes=("lone_surrogate",),
        values={"transcript": ["number 0", "a\ufffdb", "number 2"]},
    )
    yield Case(
        "46",
        "NUL in a transcript",
        one(PAGE, said("a\\u0000b")),
        rows=3,
        values={"transcript": ["number 0", "a\0b", "number 2"]},
    )
    yield Case("47", "BOM", one(PAGE, b"\xef\xbb\xbf" + page(*numbered(3))), rows=3)
    yield Case("48b", "JSON in UTF-32", one(PAGE, page(*numbered(3)).decode().encode("utf-32")), rows=3)
    yield Case("48", "UTF-16", one(PAGE, page(*numbered(3)).decode().encode("utf-16")), rows=3)
    yield Case(
        "49",
        "invalid UTF-8 in the middle",
        one(PAGE, page(*numbered(3)).replace(b"number 1", b"n\xff1")),
        rows=3,
        codes=("bad_utf8",),
    )
    yield Case("50", "last record truncated", one(PAGE, page(*numbered(3))[:-60]), rows=2, codes=("cut_off",))
    yield Case("51a", "top-level []", lambda: {"t.zip": zip_of({ACTIVITY: b"[]"})}, codes=("google_activity_empty",))
    yield Case("51b", "top-level null", lambda: {"t.zip": zip_of({ACTIVITY: b"null"})}, "NotAnExport")
    yield Case("51c", "a page that is null", one(PAGE, b'{"customerHistoryRecords": null}'), codes=("no_entries",))
    values: tuple[Any, ...] = (5, None, [1, [2]], {"a": {}})
    for letter, value in zip("abcd", values, strict=True):
        for name in ("recordKey", "timestamp", "device", "voiceHistoryRecordItems"):
            wrong = page(*numbered(1), entry("odd", 1, **{name: value}))
            yield Case(f"52{letter}-{name}", f"{type(value).__name__} for {name}", one(PAGE, wrong), rows=2)
    yield Case("53a", "minified", one(PAGE, page(*numbered(3), separators=(",", ":"))), rows=3)
    yield Case("53b", "pretty-printed", one(PAGE, page(*numbered(3), indent=4)), rows=3)
    yield Case("53c", "border },{", one(PAGE, raw_page(first, last, between=b",")), rows=2)
    yield Case(
        "54",
        "look-alikes of the border",
        one(PAGE, page(entry('"}]}, {"recordKey": "A'), entry("b", 1, x=[{}, {"recordKey": "q"}]))),
        rows=2,
    )
    endless = lambda size: Filled(raw_page(first)[:-2] + b', {"recordKey": "', b"x", size, b'"}]}')  # noqa: E731
    for key, size, long in (("55", 128 * MIB, False), ("55b", 1 << 30, True)):
        build = one(PAGE, partial(endless, size))
        yield Case(key, f"one text of {size // MIB:,} MiB", build, rows=1, codes=("too_large",), long=long)
    yield Case(
        "56",
        "200,000 distinct keys",
        one(PAGE, lambda: page(*numbered(1), {str(n): n for n in range(200_000)})),
        rows=1,
        codes=("too_large",),
    )
    yield Case(
        "56b",
        "20,000 distinct keys",
        one(PAGE, lambda: page(*numbered(1), entry("b", 1, **{f"k{n}": n for n in range(20_000)}))),
        rows=2,
    )
    yield Case(
        "57a",
        "number of 1,000 digits",
        one(PAGE, page(*numbered(2)).replace(b"1700000000000,", b"9" * 1_000 + b",", 1)),
        rows=2,
    )
    yield Case("57b", "1e999", one(PAGE, page(*numbered(2)).replace(b"1700000000000,", b"1e999,", 1)), rows=2)
    yield from _own_json()


def _own_json() -> Iterator[Case]:
    voices = {"audio_asset_pointer": "x", "content_type": "audio_transcription", "text": "hi"}
    yield Case(
        "108",
        "number of 5,000 digits",
        one(PAGE, page(*numbered(2)).replace(b"1700000000000,", b"9" * 5_000 + b",", 1)),
        rows=1,
        codes=("bad_number",),
    )
    yield Case(
        "109",
        "values where entries should be",
        one(PAGE, page(*numbered(2), 5, "x", None, [])),
        rows=2,
        codes=("not_a_record",),
    )
    yield Case(
        "110",
        "a comma is missing",
        one(PAGE, page(*numbered(3)).replace(b'}, {"recordKey', b'} {"recordKey', 1)),
        rows=3,
        codes=("missing_comma",),
    )
    yield Case("111", "100,000 empty entries", one(PAGE, lambda: page(*[{}] * 100_000)), rows=100_000)
    yield Case("112", "chat whose parents form a circle", one("conversations.json", chat_in_a_circle(voices)), rows=2)
    yield Case("113", "an entry of 1 MiB of escapes", one(PAGE, lambda: said("\\u0041" * 170_000)), rows=3)


def chat_in_a_circle(voices: Mapping[str, Any]) -> bytes:
    def node(name: str, parent: str) -> dict[str, Any]:
        content = {"content_type": "multimodal_text", "parts": [voices]}
        message = {"id": name, "author": {"role": "user"}, "create_time": 1.7e9, "content": content}
        return {"id": name, "parent": parent, "children": [parent], "message": message}

    mapping = {"a": node("a", "b"), "b": node("b", "a")}
    return json.dumps(
        [{"id": "c", "title": "t", "create_time": 1.7e9, "current_node": "a", "mapping": mapping}]
    ).encode()


def htmls() -> Iterator[Case]:
    good = asked("hello")
    for key, what, flood in (
        ("58", "100,000 nested div", "<div>" * 100_000),
        ("59", "300,000 attributes", "<a " + "b=1 " * 300_000 + ">"),
        ("60a", "unclosed comments", "<!-- " * 200_000),
        ("60b", "unclosed <a", "<a " * 200_000),
        ("60c", "unclosed <![", "<![" * 100_000),
    ):
        yield Case(key, what, lambda flood=flood: cards(good, flood + good, good), rows=2, codes=("too_large",))  # type: ignore[misc]
    yield Case("60d", "200 kB of <br>", lambda: cards(good, "<br>" * 50_000 + good, good), rows=3)
    script = "&lt;script&gt;x&lt;/script&gt; &lt;img onerror=x&gt; javascript:y"
    plain = "<script>x</script> <img onerror=x> javascript:y"
    yield Case(
        "61", "script and onerror in a transcript", lambda: cards(asked(script)), rows=1, values={"transcript": [plain]}
    )
    yield Case(
        "62",
        "references decoded once",
        lambda: cards(asked("&#x110000; &#0; &amp;lt;b&gt;")),
        rows=1,
        values={"transcript": ["\ufffd \ufffd &lt;b>"]},
    )
    marker = "&lt;div class=&quot;outer-cell mdl-cell&quot;&gt;"
    yield Case("63", "card marker in a transcript", lambda: cards(asked(f"a {marker} b"), good), rows=2)
    yield Case(
        "63b",
        "card marker in an attribute",
        lambda: cards(asked("<i title='<div class=\"outer-cell mdl-cell'>x</i>"), good),
        rows=2,
    )
    yield Case("64a", "card without a date", lambda: cards("Said hello", good), rows=2, codes=("time_not_read",))
    yield Case("64b", "U+202F before AM", lambda: cards(asked("hello", "Apr 16, 2024, 11:42:52\u202fAM UTC")), rows=1)
    yield Case("64c", "24-hour clock, no zone", lambda: cards(asked("hello", "16.04.2024, 11:42:52")), rows=1)
    yield Case(
        "64d",
        "right-to-left marks",
        lambda: cards(asked("\u200fשלום\u200f", "\u200fApr 16, 2024, 11:42:52 AM UTC")),
        rows=1,
    )
    yield Case(
        "64e",
        "a date nobody writes",
        lambda: cards(asked("hello", "Smarch 16, 2024, 11:42:52 AM UTC")),
        rows=1,
        codes=("time_not_read",),
    )
    yield Case(
        "114", "page cut off in a card", lambda: {"t.zip": zip_of({CARDS: cut_page()})}, rows=1, codes=("cut_off",)
    )
    yield Case("115", "10,000 empty cards", lambda: cards(*[""] * 10_000), rows=10_000)


def cut_page() -> bytes:
    return ("<html><body>" + card(asked("hello")) + card(asked("gone"))[:300]).encode()


def tables() -> Iterator[Case]:
    text = spoken().decode()
    yield Case(
        "65",
        "unclosed quote",
        one(TABLE, spoken(2) + f'{DAY},"alexa stop,,ok\r\n'.encode()),
        rows=2,
        codes=("unclosed_quote",),
    )
    yield Case(
        "66", "ragged rows", one(TABLE, spoken(2) + f"{DAY}\r\n{DAY},a,,b,c,d\r\n".encode()), rows=4, codes=("ragged",)
    )
    for letter, form in zip(
        "abcdef", ("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-8", "cp1252"), strict=True
    ):
        told = ("encoding_assumed",) if form == "cp1252" else ()
        yield Case(f"67{letter}", form, one(TABLE, text.replace("ok", "ö").encode(form)), rows=3, codes=told)
    japanese = text.replace("alexa stop", "アレクサ").encode("shift_jis")
    yield Case("67j", "Shift JIS", one(TABLE, japanese), rows=3, codes=("encoding_assumed",))
    yield Case("67k", "UTF-32", one(TABLE, text.encode("utf-32")), rows=3, values={"transcript": ["alexa stop"] * 3})
    yield Case("67g", "CR only", one(TABLE, text.replace("\r\n", "\r").encode()), rows=3)
    yield Case("67h", "semicolons", one(TABLE, text.replace(",", ";").encode()), rows=3)
    yield Case("67i", "tabs", one(TABLE, text.replace(",", "\t").encode()), rows=3)
    yield Case("68a", "NUL in a field", one(TABLE, spoken().replace(b"alexa stop", b"alexa\0stop")), rows=3)
    long = lambda: Filled(spoken(2) + f'{DAY},"'.encode(), b"x", 300 * MIB, b'",,ok\r\n' + spoken(1)[len(HEADING) :])  # noqa: E731
    yield Case("68b", "one field of 300 MB", one("Transcriptions.csv", long), rows=3, codes=("too_large",))
    odd = HEADING.replace("Timestamp", "Moment of request").replace("Transcript,", "Words,")
    yield Case(
        "69a",
        "headings renamed",
        one(TABLE, table(f"{DAY},alexa stop,,ok", heading=odd)),
        rows=1,
        codes=("columns_assumed",),
    )
    turned = "Alexa Response,Transcript,Timestamp,Audio File\r\n"
    yield Case(
        "69b",
        "headings reordered",
        one(TABLE, table(f"ok,alexa stop,{DAY},", heading=turned)),
        rows=1,
        values={"transcript": ["alexa stop"]},
    )
    double = HEADING.replace("Alexa Response", "Transcript")
    yield Case("69c", "heading doubled", one(TABLE, table(f"{DAY},alexa stop,,ok", heading=double)), rows=1)
    wide = lambda: table(f"{DAY},a" + "," * 200_000, heading=",".join(f"h{n}" for n in range(200_000)) + "\r\n")  # noqa: E731
    yield Case("69d", "200,000 columns", one(TABLE, wide), "TooLarge")
    yield Case(
        "70",
        "embedded CRLF and quotes",
        one(TABLE, table(f'{DAY},"alexa ""a""\r\nb",,ok')),
        rows=1,
        values={"transcript": ['alexa "a"\r\nb']},
    )
    yield Case("116", "heading only", one(TABLE, HEADING.encode()), codes=("no_entries",))
    yield Case("117", "empty table", one(TABLE, b""), codes=("no_entries",))
    yield Case("118", "300,000 blank lines", one(TABLE, lambda: spoken() + b"\r\n" * 300_000), rows=3)
    yield Case("118b", "3,000,000 carriage returns", one(TABLE, lambda: spoken() + b"\r" * 3_000_000), rows=3)
    yield Case("119", "300,000 quotes", one(TABLE, lambda: spoken() + b'"' * 300_001), rows=3, codes=("too_large",))
    yield Case(
        "120",
        "every byte there is",
        one(TABLE, spoken() + bytes(range(256)) * 4),
        rows=12,
        codes=("ragged", "time_not_read"),
    )


NO_DATES = (
    "Feb 30, 2020 10:00:00", "2020-01-01 24:00:00", "2020-01-01 10:00:60", "0000-01-01 10:00:00", "9999-12-31 23:59:59",
    "262143-01-01 10:00:00", "-001-01-01 10:00:00", "5", "2020", "01/02/03", "2020-01-01 10:00 EST",
    "2020-01-01T10:00:00+99:99", "9" * 100_000, "２０２０-０１-０１ １０:００:００", "AM",
    "inf", "nan", "1e400", "10:00", "2147483648", "1" * 70 + ":" + "2" * 29,
)  # fmt: skip


def moments() -> Iterator[Case]:
    for number, text in enumerate(NO_DATES):
        rows = dated(f"{DAY}", text)
        first = ["2024-01-01 10:00:00", None]
        yield Case(
            f"71-{number:02}",
            f"date {text[:28]}",
            one(TABLE, rows),
            rows=2,
            values={"time": first},
            codes=("time_",),
            timezone="UTC",
        )
    gap = dated("2024-03-31 01:59:59", "2024-03-31 02:30:00", "2024-03-31 03:00:00")
    skipped = ["2024-03-31 00:59:59", None, "2024-03-31 01:00:00"]
    yield Case(
        "71-gap",
        "the hour summer time skips",
        one(TABLE, gap),
        rows=3,
        values={"time": skipped},
        codes=("time_not_read",),
        timezone="Europe/Berlin",
    )
    fold = dated("2024-10-27 02:30:00")
    yield Case(
        "71-fold",
        "the hour summer time repeats",
        one(TABLE, fold),
        rows=1,
        values={"time": ["2024-10-27 00:30:00"]},
        codes=("time_twice",),
        timezone="Europe/Berlin",
    )
    for unit, stamp in (
        ("s", 1_700_000_000),
        ("ms", 1_700_000_000_000),
        ("us", 1_700_000_000_000_000),
        ("ns", 1_700_000_000_000_000_000),
    ):
        known = {"ms": "2023-11-14 22:13:20", "s": "1970-01-20 16:13:20"}.get(unit)  # in seconds: kept, and said so
        code = {"ms": (), "s": ("time_implausible",)}.get(unit, ("time_impossible",))
        one_entry = one(PAGE, page(entry(timestamp=stamp)))
        yield Case(f"71-{unit}", f"epoch in {unit}", one_entry, rows=1, values={"time": [known]}, codes=code)


def sounds() -> Iterator[Case]:
    tenth, none = {"audio_seconds": [0.1]}, {"audio_seconds": [None]}
    extensible = wav_format(tag=0xFFFE) + struct.pack("<HHLH14x", 22, 16, 4, 1)
    wide = make_wav(length=0xFFFFFFFF, before=chunk(b"ds64", struct.pack("<3QL", 0, 3200, 1600, 0)), kind=b"RF64")
    for letter, what, data, values in (
        ("a", "correct", make_wav(), tenth),
        ("b", "data length 0xFFFFFFFF", make_wav(length=0xFFFFFFFF), tenth),
        ("c", "data longer than the file", make_wav(length=1_000_000), tenth),
        ("d", "data length 0", make_wav(length=0), {"audio_seconds": [0.0]}),
        ("e", "LIST before fmt", make_wav(before=chunk(b"LIST", b"INFO")), tenth),
        ("f", "odd chunk and pad byte", make_wav(before=chunk(b"odd ", b"123")), tenth),
        ("g", "sample rate 0", make_wav(wav_format(rate=0)), none),
        ("h", "block align 0", make_wav(wav_format(align=0)), tenth),
        ("i", "bits 0", make_wav(wav_format(bits=0)), none),
        ("j", "channels 0", make_wav(wav_format(channels=0)), none),
        ("k", "extensible, 16-byte fmt", make_wav(wav_format(tag=0xFFFE)), tenth),
        ("l", "extensible, 40-byte fmt", make_wav(extensible), tenth),
        ("m", "mu-law", make_wav(wav_format(tag=7, rate=8_000, bits=8)), {"audio_seconds": [0.4]}),
        ("n", "unknown tag", make_wav(wav_format(tag=0x704F)), none),
        ("o", "RF64", wide, tenth),
        ("p", "RIFX", make_wav(kind=b"RIFX"), none),
        ("q", "MP3 named .wav", b"ID3\3\0\0\0\0\0\0" + bytes(100), none),
        ("r", "Ogg named .wav", b"OggS" + bytes(100), none),
        ("s", "empty", b"", none),
        ("t", "4 bytes", b"RIFF", none),
        ("u", "no data chunk", make_wav()[:36], none),
    ):
        yield Case(f"72{letter}", f"WAV: {what}", partial(clip, "a.wav", data), rows=1, values=values)
    yield Case(
        "73a",
        "100,000 chunks",
        partial(clip, "a.wav", make_wav(before=chunk(b"none", b"") * 100_000)),
        rows=1,
        values=none,
    )
    yield Case(
        "73b",
        "MP4 named .wav",
        partial(clip, "a.wav", struct.pack(">L4s", 16, b"ftyp") + b"M4A     "),
        rows=1,
        values=none,
    )
    absent = table(f"{DAY},alexa stop,gone.wav,ok")
    apart = {TABLE: absent, CLIPS + "other.wav": make_wav()}
    told = ("clip_missing", "clip_without_entry")
    yield Case(
        "74", "clip named but absent, present but not named", lambda: {"Alexa.zip": zip_of(apart)}, rows=1, codes=told
    )


CASES = {case.key: case for part in (containers, jsons, htmls, tables, moments, sounds) for case in part()}

# Cases about output and faults, which no file alone can show, and the test that shows each.
ELSEWHERE: Mapping[int, str] = {
    75: "tests/test_inert.py::test_a_guarded_cell_survives_being_written_and_read_as_csv",
    76: "tests/test_inert.py::test_markdown_of_a_name_has_no_meaning",
    77: "tests/test_browser.py::test_hostile_text_in_every_view_fetches_nothing",
    78: "tests/test_inert.py::test_what_a_terminal_would_obey_is_shown_instead",
    79: "tests/test_inert.py::test_a_name_from_an_export_is_no_path_and_no_device",
    80: "tests/test_faults.py::test_a_full_disk_leaves_the_older_file_or_none",
    81: "tests/test_faults.py::test_a_killed_writer_leaves_every_file_whole_old_or_new",
    82: "tests/test_faults.py::test_a_folder_nobody_may_write_to_is_a_clear_sentence",
    83: "tests/test_archive.py::test_a_file_that_changes_while_it_is_read_is_damaged",
    84: "tests/test_faults.py::test_ctrl_c_ends_a_command_cleanly",
    85: "tests/test_worker.py::test_too_little_memory_is_a_clear_error_not_a_crash",
    86: "tests/test_browser.py::test_two_visitors_see_only_their_own_data",
    87: "tests/test_offline.py::test_nothing_is_looked_for_in_any_network",
}


# --- the child ---------------------------------------------------------------------------------------------------


def named(name: str, data: bytes | Filled) -> Any:
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    stream.name = name  # type: ignore[union-attr]
    return stream


def outcome(case: Case) -> dict[str, Any]:
    """What becomes of a case, told without anything it holds but the columns asked for."""
    import toolkit

    try:
        export = toolkit.load(*(named(*file) for file in case.build().items()), timezone=case.timezone)
    except toolkit.ToolkitError as error:
        return {"error": type(error).__name__, "advice": bool(error.advice), "rows": 0, "codes": []}
    read = export.files.drop_nulls("carved")
    sums = {name: int(read[name].sum()) for name in ("carved", "understood", "rejected", "left_out")}
    lost = 2 * sums["carved"] - sum(sums.values())
    records = export.records.sort("source_file", "source_row")
    values = {name: [told(value) for value in records[name].to_list()] for name in case.values}
    codes = sorted(set(export.problems["code"]))
    return {"error": "", "rows": records.height, "codes": codes, "values": values, "lost": lost}


def told(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else f"{value:%Y-%m-%d %H:%M:%S}"


def peak() -> int:
    """The most memory this process has held since `forget`, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def forget() -> None:
    """Begin to measure the peak anew."""
    Path("/proc/self/clear_refs").write_text("5")


def bound() -> None:
    """At most so much memory, and from now on so many CPU seconds; beyond them the system ends this process."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + SECONDS + 1, resource.RLIM_INFINITY))


def main() -> None:
    for key in map(str.strip, sys.stdin):
        bound()
        forget()
        begin = time.process_time()
        answer = outcome(CASES[key])
        answer |= {"seconds": time.process_time() - begin, "peak": peak()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
