"""Cuts pages of cards, as Google's "My Activity" writes them, into one row of plain texts per card.

A card begins at its marker, ``<div class="outer-cell mdl-cell``, unless a tag is open there: text holds no raw ``<``,
so that is a look-alike inside an attribute. What a card says is defined by `read_card`, which believes no nesting. Most
cards have the one frame that Google's template gives. These are taken apart column by column, at texts that the frame
allows in one place only; a card that does not fit it as a whole goes the slow way, by itself. What stands around the
body of a card is the same in most of them, so each wording of it is looked at once.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from toolkit.carve.markup import SPACES, Line, lines, text_of
from toolkit.carve.places import HIDDEN, halves, hidden
from toolkit.carve.streams import Readable
from toolkit.carve.window import Window, alike, as_texts, gathered, is_utf8, stacked
from toolkit.limits import DEFAULT, KIB, Limits

MARK = b'<div class="outer-cell mdl-cell'
_AT_ONCE = 8_000
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
    "<br>": "\n",  # of the tags, only in lines
}

_CELL = re.compile(r"""<div\s[^<>]*?class=["']((?:header|content)-cell[^"'<>]*+)["'][^<>]*+>""")

# What the frame lets pass: texts without tags or control characters, and of the references those in `_REFERENCES`.
_TEXT = r"[^<&\t\n\r\f\v]*(?:&(?:amp|lt|gt|quot|#39|#x27|nbsp|emsp);[^<&\t\n\r\f\v]*)*"
_LINK_TEXT = _TEXT.replace("[^<", '[^"<')
_BODY_CELL = '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1'
_BEFORE_BODY = re.compile(
    r' mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">\s{0,2}'
    r'<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">'
    rf"({_TEXT})<br></p></div>\s{{0,2}}",
    re.ASCII,
)
# A title that begins with an odd space might be an empty line.
_BODY = (
    r'^">[^<&\s\x{80}-\x{bf}\x{2000}-\x{2fff}\x{f000}-\x{ffff}]'
    rf'{_TEXT}(?:<a href="{_LINK_TEXT}">{_TEXT}</a>)?<br>(?:{_TEXT}<br>)*{_TEXT}</div>[ \t\n\r\f\v]{{0,2}}$'
)
_BEHIND_BODY = re.compile(
    r' mdl-typography--text-right"></div>\s{0,2}'
    r'<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption">(.*)',
    re.ASCII | re.DOTALL,
)
_PLACE_LINK = re.compile(rf'<a href="https://www\.google\.com/maps/[^"<> ]*{re.escape(HIDDEN)}')


class Around(NamedTuple):
    """The markup of header and caption, which many cards have in common."""

    header: str
    caption: str


TEXTS = ("title", "url", "lines", "links")
_CARDS = pl.Schema({"row": pl.UInt32(), "around": pl.UInt32(), **dict.fromkeys((*TEXTS, "place"), pl.String())})


@dataclass(slots=True)
class Batch:
    """Some cards in the order of the file.

    Attributes:
        cards: What was understood: ``row`` counted from 1, ``around`` the place in *around*, then plain texts:
            ``title``, ``url``, ``lines`` and other ``links``, one to a line, and the ``place`` that is hidden in
            its caption. Not yet worked out, so that another thread can do that.
        height: How many they are.
        around: Every wording of header and caption.
        faults: (number, code) of what was odd but kept.
        rejects: (number, code) of what was no card.
    """

    cards: pl.LazyFrame = field(default_factory=lambda: pl.LazyFrame(schema=_CARDS))
    height: int = 0
    around: list[Around] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)


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
        self._window = Window(stream, limits.block)
        self._limits = limits
        self._look = max(limits.block, limits.html_card + 1)
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
        first = self._row + 1
        self._row += len(pieces)
        texts = as_texts(pieces)
        if max(map(len, pieces)) > self._limits.html_card:
            texts = texts.set(texts.str.len_bytes() > self._limits.html_card, None)
        of, cards, around = framed(texts)
        numbers = pl.Series("row", range(first, self._row + 1), dtype=pl.UInt32)
        batch = Batch(cards.select(numbers, pl.all()), len(pieces), around)
        odd = of.is_null().arg_true()
        if len(odd):
            slow = [card for at in odd if (card := self._one(pieces[at], first + at, batch))]
            rows = pl.LazyFrame(slow, _CARDS, orient="row")
            batch.cards = pl.concat([batch.cards.drop_nulls("around"), rows]).sort("row")
            batch.height -= len(odd) - len(slow)
        return batch

    def _one(self, piece: bytes, row: int, batch: Batch) -> tuple[int | str | None, ...] | None:
        """The row of one card."""
        if len(piece) > self._limits.html_card:
            batch.rejects.append((row, "too_large"))
            return None
        card = read_card(piece)
        if not card:
            batch.rejects.append((row, "not_a_record"))
            return None
        if not is_utf8(piece):
            batch.faults.append((row, "bad_utf8"))
        around, *texts = card
        batch.around.append(around)
        return row, len(batch.around) - 1, *texts, None


def _closed(data: bytes, at: int) -> bool:
    """Whether no tag is open in front of *at*."""
    start = max(0, at - _BEFORE)
    return data.rfind(b"<", start, at) <= data.rfind(b">", start, at)


def _pieces(block: bytes) -> list[bytes]:
    """The cards of a block, each without its marker."""
    _, *found = block.split(MARK)
    if all(piece.endswith(b">") for piece in found):
        return found
    pieces: list[bytes] = []
    open_tag = False
    for piece in found:
        if open_tag:
            pieces[-1] += MARK + piece
        else:
            pieces.append(piece)
        open_tag = piece[-1:] != b">" and not _closed(MARK + pieces[-1], len(MARK) + len(pieces[-1]))
    return pieces


def read_card(piece: bytes) -> tuple[Around, str, str | None, str, str | None] | None:
    """Read a card the slow way: cells told by their class, lines by tags.

    Returns:
        What stands around it, and its `TEXTS`; None if it holds no text.
    """
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
    url = title.links[0] if title.links else None
    return Around(html.escape(header, quote=False), caption), title.text, url, "\n".join(rest), "\n".join(links) or None


def framed(texts: pl.Series) -> tuple[pl.Series, pl.LazyFrame, list[Around]]:
    """Read cards of the known frame, all at once.

    Returns:
        Which of the wordings around them each card has, null for one that does not fit the frame; columns ``around``,
        which is that number, `TEXTS` and ``place``; and these wordings.
    """
    parts = _parted(texts).collect()
    around, wordings = alike(parts["before"], parts["behind"], _around)
    cards = parts.drop("before", "behind").with_columns(around.alias("around"))
    return around, cards.lazy().select(*_COLUMNS), wordings


def _parted(texts: pl.Series) -> pl.LazyFrame:
    """Cards, part by part; all are null where a card does not fit the frame."""
    parts = ["before", "body", "behind"]
    cards = texts.alias("card").to_frame().lazy()
    cards = cards.select(pl.col("card").str.splitn(_BODY_CELL, 3).struct.rename_fields(parts)).unnest("card")
    fits = pl.col("body").str.contains(_BODY)
    cards = hidden(cards.with_columns(pl.when(fits).then(name).alias(name) for name in parts), "behind", "=", "&amp;")
    inner = pl.col("body").str.strip_prefix('">').str.strip_chars_end("\t\n\r\f\v ").str.strip_suffix("</div>")
    cards = halves(cards.with_columns(inner), "body", "<br>", "verb", "lines")
    cards = halves(cards, "verb", '<a href="', "verb", "url")
    cards = halves(cards, "url", '">', "url", "linked")
    return cards.select("before", "behind", "verb", "url", "linked", "lines", "place")


def _plain(text: pl.Expr) -> pl.Expr:
    return text.str.replace_many(list(_REFERENCES), list(_REFERENCES.values()))


def _tidy(text: pl.Expr) -> pl.Expr:
    """Lines without blanks around them, and without empty ones."""
    return text.str.replace_all(f"[{SPACES}]*\n[{SPACES}\n]*", "\n").str.strip_chars(SPACES + "\n")


# Google puts a no-break space before a link where JSON has a blank.
_VERB = (
    pl.when(pl.col("linked").is_null())
    .then(_plain(pl.col("verb")))
    .otherwise(_plain(pl.col("verb")).str.replace("\u00a0$", " "))
)
_LINKED = _plain(pl.col("linked").str.strip_suffix("</a>"))
_COLUMNS = (
    pl.col("around"),
    pl.concat_str(_VERB, _LINKED, ignore_nulls=True).str.strip_chars(SPACES).alias("title"),
    _plain(pl.col("url")),
    _tidy(_plain(pl.col("lines"))),
    pl.lit(None, pl.String).alias("links"),
    pl.col("place"),
)


def _around(before: str | None, behind: str | None) -> Around | None:
    """Header and caption, if they stand in the known frame."""
    header, caption = _BEFORE_BODY.fullmatch(before or ""), _BEHIND_BODY.fullmatch(behind or "")
    if not header or not caption or (header[1] + caption[1]).count(HIDDEN) != len(_PLACE_LINK.findall(caption[1])):
        return None
    return Around(header[1], caption[1])


def _size(batch: Batch) -> int:
    return batch.height + len(batch.rejects)


def _joined(batches: list[Batch]) -> Batch:
    """Batches that follow each other as one."""
    cards, around = stacked((batch.cards, batch.around) for batch in batches)
    return Batch(
        cards,
        sum(batch.height for batch in batches),
        around,
        [fault for batch in batches for fault in batch.faults],
        [reject for batch in batches for reject in batch.rejects],
    )
