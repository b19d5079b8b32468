"""Cuts pages of cards, as Google's "My Activity" writes them, into one row of plain texts per card.

A card begins at its marker, ``<div class="outer-cell mdl-cell``, unless a tag is open there: text holds no raw ``<``,
so that is a look-alike inside an attribute. What a card says is defined by `lines`: tags end lines or mean nothing,
and no nesting is believed. Most cards have the one frame that Google's template gives, which a single regular
expression takes apart without looking at its tags; a card it does not match as a whole goes the slow way. Character
references are resolved once, for whole columns, of which the frame lets pass only those in `_REFERENCES`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import polars as pl

from toolkit.carve.streams import Readable
from toolkit.carve.window import Window, gathered
from toolkit.limits import DEFAULT, KIB, MIB, Limits

MARK = b'<div class="outer-cell mdl-cell'
SPACES = " \u00a0\u2002\u2003\u2007\u2009\u200e\u200f\u202f\ufeff"
_AT_ONCE = 4_000
_BEFORE = KIB  # how far in front of a marker an open tag is looked for
_REFERENCES = {
    "&amp;": "&",
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&#39;": "'",
    "&#x27;": "'",
    "&nbsp;": "\u00a0",
    "&emsp;": "\u2003",
}

_TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)((?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)>|<[!?/a-zA-Z][^<>]*+>"
)  # possessive, and never past the next "<": so no input takes more than linear time
_LINK = re.compile(r"""\b(?:href|src)\s{0,8}=\s{0,8}(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_CONTROLS = re.compile(r"[\t\n\r\f\v]+")
_BREAKS = frozenset(
    ("br", "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "table", "tr", "hr", "pre", "blockquote")
)
_CELL = re.compile(r"""<div\s[^<>]*?class=["']((?:header|content)-cell[^"'<>]*+)["'][^<>]*+>""")

_TEXT = rb"[^<&\t\n\r\f\v]*+(?:&(?:amp|lt|gt|quot|#39|#x27|nbsp|emsp);[^<&\t\n\r\f\v]*+)*+"
_PARTS = {
    b"TEXT": _TEXT,
    b"LINK": _TEXT.replace(b"[^<", b'[^"<'),
    b"BODY": b"content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1",
    b"VERB": rb"(?=[^<&\s\xc2\xe2\xef])" + _TEXT,  # one that begins with an odd space might be an empty line
}
_FRAME = re.compile(
    re.sub(
        b"|".join(_PARTS),
        lambda found: _PARTS[found[0]],
        rb' mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">\s{0,2}'
        rb'<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">(TEXT)<br></p></div>'
        rb"\s{0,2}"
        rb'<div class="BODY">(VERB)(?:<a href="(LINK)">(TEXT)</a>)?<br>((?:TEXT<br>)*+TEXT)</div>\s{0,2}'
        rb'<div class="BODY mdl-typography--text-right"></div>\s{0,2}'
        rb'<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption">(.*)()',
    ),
    re.DOTALL,
)


# Bytes, character references unresolved. The title is made of the verb and the text of its link. A plain tuple, since
# there are millions of them.
Card = tuple[bytes | Any, ...]
HEADER, VERB, URL, LINKED, LINES, CAPTION, LINKS = range(7)


@dataclass(slots=True)
class Batch:
    """Some cards in the order of the file.

    Attributes:
        cards: What was understood.
        rows: Their numbers, from 1.
        faults: (number, code) of what was odd but kept.
        rejects: (number, code) of what was no card.
    """

    cards: list[Card] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)


class Line(NamedTuple):
    """One line of markup: its text, whether that is set in bold as a whole, and where it points to."""

    text: str
    bold: bool
    links: tuple[str, ...]


def lines(markup: str) -> list[Line]:
    """The lines of some markup that hold text or a link; what is no tag is text."""
    found, text, links, position = [], [""], list[str](), 0
    bold = heavy = False
    for tag in [*_TAG.finditer(markup), None]:
        piece = markup[position : tag.start() if tag else len(markup)]
        if piece:
            text.append(_CONTROLS.sub(" ", html.unescape(piece)))
            bold = bold or heavy
        name = (tag[2] or "").lower() if tag else "br"
        if name in _BREAKS:
            whole = "".join(text).strip(SPACES)
            if whole or links:
                found.append(Line(whole, bold, tuple(links)))
            text, links, bold = [""], [], False
        if tag is None:
            break
        position = tag.end()
        if name == "b":
            heavy = not tag[1]
        elif name == "a" and not tag[1] and text[-1].endswith("\u00a0"):
            text[-1] = text[-1][:-1] + " "  # Google puts one before a link where JSON has a blank
        if tag[3] and (link := _LINK.search(tag[3])):
            links.append(html.unescape(link[1] or link[2] or ""))
    return found


def text_of(markup: str) -> str:
    """The text of some markup, a line for each line."""
    return "\n".join(line.text for line in lines(markup) if line.text)


class Cutter:
    """Walks one page from its first byte to its last.

    Args:
        stream: The file, UTF-8.
        limits: Bounds.

    Attributes:
        notes: Codes of what was odd about the file as a whole.
    """

    def __init__(self, stream: Readable, limits: Limits = DEFAULT) -> None:
        self.notes: list[str] = []
        block = min(limits.block, MIB)  # a card's pieces are held several times over; larger blocks are not faster
        self._window = Window(stream, block)
        self._limits = limits
        self._look = max(block, limits.html_card + 1)
        self._row = 0

    def batches(self) -> Iterator[Batch]:
        """Every card, in order, some thousands at once."""
        yield from gathered(self._small_batches(), _size, _joined, _AT_ONCE)
        if self._window.failure:
            raise self._window.failure

    def _small_batches(self) -> Iterator[Batch]:
        window, more = self._window, self._skip(0)
        while more:
            full = window.reach(window.at + self._look + 1)
            last = self._last_border()
            if last > window.at:
                block = window.data[window.at : last]
                window.advance(last)
                yield self._block(block)
            elif not full:
                yield self._end()
                return
            else:
                self._row += 1
                yield Batch(rejects=[(self._row, "too_large")])
                more = self._skip(window.at + len(MARK))

    def _skip(self, start: int) -> bool:
        """Move to the next card from *start* on; False if there is none."""
        window = self._window
        while True:
            at = window.data.find(MARK, start)
            if at >= 0 and _closed(window.data, at):
                window.advance(at)
                return True
            if at >= 0:
                start = at + 1
                continue
            start = max(start, len(window.data) - len(MARK) + 1)
            ahead = min(_BEFORE, start - window.at)
            window.advance(start - ahead)
            start = window.at + ahead
            if not window.more():
                return False

    def _last_border(self) -> int:
        """Where the last card in view begins, which may be the first."""
        data, first = self._window.data, self._window.at
        at = data.rfind(MARK, first + 1)
        while at > 0 and not _closed(data, at):
            at = data.rfind(MARK, first + 1, at)
        return max(first, at)

    def _end(self) -> Batch:
        """The last card of the file."""
        data = self._window.data[self._window.at :]
        self._window.advance(len(self._window.data))
        if b"</html>" in data[-KIB:]:
            return self._block(data)
        self.notes.append("cut_off")
        if data.rstrip().endswith(b"</div>"):
            return self._block(data)
        self._row += 1
        return Batch(rejects=[(self._row, "cut_off")])

    def _block(self, block: bytes) -> Batch:
        """The cards of a block that begins with one."""
        pieces = _pieces(block)
        if _is_utf8(block) and max(map(len, pieces)) <= self._limits.html_card:
            frames = [_FRAME.match(piece) for piece in pieces]
            if None not in frames:
                first = self._row + 1
                self._row += len(pieces)
                return Batch([frame.groups() for frame in frames if frame], list(range(first, self._row + 1)))
        batch = Batch()
        for piece in pieces:
            self._one(piece, batch)
        return batch

    def _one(self, piece: bytes, batch: Batch) -> None:
        self._row += 1
        if len(piece) > self._limits.html_card:
            batch.rejects.append((self._row, "too_large"))
            return
        sound = _is_utf8(piece)
        frame = _FRAME.match(piece) if sound else None
        card = frame.groups() if frame else read_card(piece)
        if not card:
            batch.rejects.append((self._row, "not_a_record"))
            return
        batch.cards.append(card)
        batch.rows.append(self._row)
        if not sound:
            batch.faults.append((self._row, "bad_utf8"))


def _closed(data: bytes, at: int) -> bool:
    """Whether no tag is open in front of *at*."""
    start = max(0, at - _BEFORE)
    return data.rfind(b"<", start, at) <= data.rfind(b">", start, at)


def _pieces(block: bytes) -> list[bytes]:
    """The cards of a block, each without its marker."""
    pieces: list[bytes] = []
    open_tag = False
    for piece in block.split(MARK)[1:]:
        if open_tag:
            pieces[-1] += MARK + piece
        else:
            pieces.append(piece)
        open_tag = piece[-1:] != b">" and not _closed(MARK + pieces[-1], len(MARK) + len(pieces[-1]))
    return pieces


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read_card(piece: bytes) -> Card | None:
    """Read a card the slow way: cells told by their class, lines by tags; None if it holds no text."""
    _, *cells = _CELL.split(piece.decode("utf-8", "replace"))
    header, caption = "", ""
    body: list[Line] = []
    links: list[str] = []
    for at in range(0, len(cells), 2):
        kind, markup = cells[at], cells[at + 1]
        if "caption" in kind:
            caption = "".join(cells[at + 1 :: 2])
            break
        if kind.startswith("header"):
            header = text_of(markup)
        elif "text-right" in kind:  # there stand pictures and players
            links += [link for line in lines(markup) for link in line.links]
        else:
            body += lines(markup)
    title = next((line for line in body if line.text), Line("", bold=False, links=()))
    if not header and not title.text:
        return None
    links += [link for line in body for link in (line.links[1:] if line is title else line.links)]
    rest = [line.text for line in body if line.text and line is not title]
    return (
        _escaped(header),
        _escaped(title.text),
        _escaped(title.links[0]) if title.links else None,
        None,
        b"<br>".join(map(_escaped, rest)),
        caption.encode(),
        b"<br>".join(map(_escaped, links)),
    )


def _escaped(text: str) -> bytes:
    return html.escape(text, quote=False).encode("utf-8", "replace")


def columns(batch: Batch) -> pl.DataFrame:
    """Cards as columns ``row``, ``title``, ``url``, ``lines`` and ``links`` (a line each), references resolved."""
    names = {"verb": VERB, "url": URL, "linked": LINKED, "lines": LINES, "links": LINKS}
    texts = {
        name: pl.Series([card[at] for card in batch.cards], dtype=pl.Binary).cast(pl.String)
        for name, at in names.items()
    }
    plain = {**_REFERENCES, "<br>": "\n"}
    frame = pl.DataFrame(texts).with_columns(
        pl.all().str.replace_many(list(plain), list(plain.values())),
        row=pl.Series(batch.rows, dtype=pl.UInt32),
    )
    verb, linked = pl.col("verb"), pl.col("linked")
    before = pl.when(linked.is_null()).then(verb).otherwise(verb.str.replace("\u00a0$", " "))
    return frame.select(
        "row",
        "url",
        title=pl.concat_str(before, linked, ignore_nulls=True).str.strip_chars(SPACES),
        lines=_tidy("lines"),
        links=pl.col("links").replace("", None),
    )


def _tidy(name: str) -> pl.Expr:
    """Lines without blanks around them, and without empty ones."""
    return pl.col(name).str.replace_all(f"[{SPACES}]*\n[{SPACES}\n]*", "\n").str.strip_chars(SPACES + "\n")


def _size(batch: Batch) -> int:
    return len(batch.rows) + len(batch.rejects)


def _joined(batches: list[Batch]) -> Batch:
    """Batches that follow each other as one."""
    return Batch(
        [card for batch in batches for card in batch.cards],
        [row for batch in batches for row in batch.rows],
        [fault for batch in batches for fault in batch.faults],
        [reject for batch in batches for reject in batch.rejects],
    )
