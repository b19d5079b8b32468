"""The account's activity as Google Takeout hands it out: JSON, and HTML cards of three years.

Writers take events as they come and need no more memory for a million than for a thousand. Real files have the
newest event first; so have these if the events come in that order, or come oldest first and the writer is told.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO
from urllib.parse import quote_plus

from almanac import Writer
from takeout import ASSISTANT, GEMINI, HOTWORD, SAID, SEARCH, STRANGER, USED, VOICE, Account, Event, Place

KEYS = (
    "header",
    "title",
    "titleUrl",
    "subtitles",
    "time",
    "audioFiles",
    "products",
    "locationInfos",
    "details",
    "activityControls",
    "safeHtmlItem",
)
_AT_ONCE = 2_000  # pieces turned around in memory
_IN_MEMORY = 32 << 20


def title(event: Event, account: Account) -> str:
    """What happened, in the words of the account's language."""
    return _template(event, account).replace("{}", event.transcript or "")


def _template(event: Event, account: Account) -> str:
    by_product = {(GEMINI, SAID): "prompted", (GEMINI, USED): "feature", (SEARCH, SAID): "searched"}
    return str(account.words[by_product.get((event.products[0], event.kind), event.kind)])


def _link(event: Event) -> str | None:
    if not event.linked or event.transcript is None:
        return None
    return f"https://www.google.com/search?q={quote_plus(event.transcript)}"


def _header(event: Event, account: Account) -> str:
    own = event.products[0]
    return str(account.words["app"] if own == VOICE else account.words["products"][own])


def _map(place: Place | None) -> str:
    at = f"{place.latitude:.6f},{place.longitude:.6f}" if place else ""
    return f"https://www.google.com/maps/@?api=1&map_action=map&center={at}&zoom=12"


def _details(details: tuple[str, ...], account: Account) -> list[str]:
    return [str(account.words[key]) for key in (HOTWORD, STRANGER) if key in details]


def _controls(own: str, account: Account) -> list[str]:
    found: list[str] = account.words["gemini_controls" if own == GEMINI else "controls"]
    return found


# --- JSON


def record(event: Event, account: Account, product: str = ASSISTANT) -> dict[str, Any]:
    """One row, ready for JSON, with the keys of KEYS that it has, in that order.

    Args:
        event: What happened.
        account: Who looks.
        product: The collection whose file it stands in.

    Returns:
        The row.
    """
    gemini = event.products[0] == GEMINI
    row = {
        "header": _header(event, account),
        "title": title(event, account),
        "titleUrl": _link(event),
        "subtitles": [] if gemini else [{"name": answer} for answer in event.answers],
        "time": event.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "audioFiles": [event.audio] if event.audio else [],
        "products": [account.words["products"][product]],
        "locationInfos": [_where(event.place, account)] if event.place else [],
        "details": [{"name": name} for name in _details(event.details, account)],
        "activityControls": _controls(event.products[0], account),
        "safeHtmlItem": [{"html": answer} for answer in event.answers] if gemini else [],
    }
    return {key: value for key, value in row.items() if value}


def _where(place: Place, account: Account) -> dict[str, str]:
    return {"name": account.words["place"], "url": _map(place), "source": account.words["source"]}


_GSON = {ord(character): f"\\u{ord(character):04x}" for character in "<>&='\u2028\u2029"}


@lru_cache(maxsize=65_536)
def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).translate(_GSON)


def _gson(value: Any, margin: str = "", between: str = "},{") -> str:
    """As Google's exporter writes: two blanks, objects of a list joined as ``},{``, strings of a list on one line."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        if isinstance(value[0], str):
            return f"[{', '.join(map(_text, value))}]"
        return f"[{{{between.join(_members(entry, margin, between) for entry in value)}}}]"
    return f"{{{_members(value, margin, between)}}}"


def _members(row: dict[str, Any], margin: str, between: str) -> str:
    deeper = f"{margin}  "
    members = ",\n".join(f"{deeper}{_text(key)}: {_gson(value, deeper, between)}" for key, value in row.items())
    return f"\n{members}\n{margin}"


@dataclass(frozen=True)
class _Layout:
    head: str
    between: str
    foot: str
    row: Callable[[dict[str, Any]], str]


def _indented(row: dict[str, Any]) -> str:
    return json.dumps(row, indent=2).replace("\n", "\n  ")


LAYOUTS = {
    "gson": _Layout("[", ",", "]", _gson),  # as in real files
    "gson_spaced": _Layout("[", ", ", "]", lambda row: _gson(row, between="}, {")),  # as in benchmarks made by hand
    "min": _Layout("[", ",", "]", json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode),
    "indented": _Layout("[\n  ", ",\n  ", "\n]", _indented),  # as a script saves it again
}


def write_json(
    events: Iterable[Event],
    stream: BinaryIO,
    account: Account,
    product: str = ASSISTANT,
    *,
    layout: str = "gson",
    keys: Iterable[str] = KEYS,
    zulu: bool = True,
    oldest_first: bool = False,
) -> int:
    """Writes the JSON file of one collection.

    Args:
        events: Those of that collection.
        stream: Where to, binary.
        account: Who looks.
        product: The collection.
        layout: One of LAYOUTS.
        keys: The keys wanted, in their order: real files differ in both.
        zulu: Whether times end in ``Z``; some do not.
        oldest_first: The events come oldest first and are to be turned around.

    Returns:
        The number of rows.
    """
    form, wanted = LAYOUTS[layout], list(keys)

    def written(event: Event) -> str:
        row = record(event, account, product)
        row["time"] = row["time"] if zulu else row["time"].removesuffix("Z")
        return form.row({key: row[key] for key in wanted if key in row})

    return _write(map(written, events), stream, (form.head, form.between, form.foot), oldest_first)


# --- HTML


@dataclass(frozen=True)
class Frame:
    """How cards look in the exports of one time.

    Attributes:
        after: What stands behind the date.
        why: Whether the caption says why the row was kept.
        narrow: Whether dates have the narrow blanks of CLDR 42.
        gap: What stands between cells.
    """

    after: str
    why: bool
    narrow: bool
    gap: str


FRAMES = {
    "2018": Frame(after="", why=False, narrow=False, gap="\n"),
    "2022": Frame(after="", why=True, narrow=False, gap=""),
    "2026": Frame(after="<br>", why=True, narrow=True, gap=""),
}
_CELL = "content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1"
_HEAD = (
    '<html><head><title>My Activity History</title><style type="text/css">body {padding: 5px; background: #EEEEEE;}'
    ".mdl-cell {background-color: #FFFFFF;} .image-preview {width:72px; height:72px;}</style></head>"
    '<body><div class="mdl-grid">'
)


def card(event: Event, account: Account, write: Writer, product: str, frame: Frame, *, clips: bool = False) -> str:
    """One card.

    Args:
        event: What happened.
        account: Who looks.
        write: Writes its date.
        product: The collection whose page it stands in.
        frame: How cards look.
        clips: Whether to link the clip in the cell for media. Invented: no real card with a clip is public.

    Returns:
        The markup.
    """
    wall = (event.time + timedelta(minutes=account.minutes)).replace(tzinfo=None)
    gemini = event.products[0] == GEMINI
    lines = [_first_line(event, account), *(() if gemini else map(html.escape, event.answers)), write(wall)]
    media = f'<a href="{event.audio}">{event.audio}</a>' if clips and event.audio else ""
    behind = "".join(event.answers) if gemini else ""
    return frame.gap.join(
        (
            '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">',
            '<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">'
            f"{html.escape(_header(event, account))}<br></p></div>",
            f'<div class="{_CELL}">{"<br>".join(lines)}{frame.after or ("<br>" if behind else "")}{behind}</div>',
            f'<div class="{_CELL} mdl-typography--text-right">{media}</div>',
            '<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption">'
            f"{_caption(event.products[0], event.details, event.place, account, product, frame)}</div></div></div>",
        )
    )


def _first_line(event: Event, account: Account) -> str:
    link = _link(event)
    if not link:
        return html.escape(title(event, account))
    before, after = map(html.escape, _template(event, account).split("{}"))
    blank = "&nbsp;" if before.endswith(" ") else ""
    text = html.escape(event.transcript or "")
    return f'{before.rstrip(" ")}{blank}<a href="{html.escape(link)}">{text}</a>{after}'


@lru_cache(maxsize=1_024)
def _caption(
    own: str, details: tuple[str, ...], place: Place | None, account: Account, product: str, frame: Frame
) -> str:
    words = account.words
    where = f'<a href="{html.escape(_map(place))}">{html.escape(words["place"])}</a> - {html.escape(words["source"])}'
    why = words["why"].replace("{}", html.escape(", ".join(_controls(own, account)))).replace("\u00a0", "&nbsp;")
    sections = (
        (0, [html.escape(words["products"][product])]),
        (1, [where] if place else []),
        (2, list(map(html.escape, _details(details, account)))),
        (3, [why] if frame.why else []),
    )
    return "".join(
        f"<b>{html.escape(words['labels'][label])}</b><br>" + "".join(f"&emsp;{line}<br>" for line in lines)
        for label, lines in sections
        if lines
    )


def write_html(
    events: Iterable[Event],
    stream: BinaryIO,
    account: Account,
    product: str = ASSISTANT,
    *,
    frame: str = "2026",
    clips: bool = False,
    own_digits: bool = False,
    oldest_first: bool = False,
) -> int:
    """Writes the HTML page of one collection.

    Args:
        events: Those of that collection.
        stream: Where to, binary.
        account: Who looks.
        product: The collection.
        frame: One of FRAMES.
        clips: Whether cards link their clip (invented).
        own_digits: Whether dates have the locale's own digits, where it has any.
        oldest_first: The events come oldest first and are to be turned around.

    Returns:
        The number of cards.
    """
    look = FRAMES[frame]
    write = Writer(account.locale, account.zone, own_digits=own_digits, narrow=look.narrow)
    cards = (card(event, account, write, product, look, clips=clips) for event in events)
    return _write(cards, stream, (_HEAD, look.gap, "</div></body></html>"), oldest_first)


def _write(pieces: Iterator[str], stream: BinaryIO, around: tuple[str, str, str], turned: bool) -> int:
    head, between, foot = around
    stream.write(head.encode())
    count = _write_turned(pieces, stream, between) if turned else _write_on(pieces, stream, between)
    stream.write(foot.encode())
    return count


def _write_on(pieces: Iterator[str], stream: BinaryIO, between: str) -> int:
    count = 0
    while some := list(islice(pieces, _AT_ONCE)):
        stream.write(((between if count else "") + between.join(some)).encode())
        count += len(some)
    return count


def _write_turned(pieces: Iterator[str], stream: BinaryIO, between: str) -> int:
    """The last piece first; what does not fit into memory waits in a temporary file."""
    count, sizes = 0, []
    with SpooledTemporaryFile(_IN_MEMORY) as waiting:
        while some := list(islice(pieces, _AT_ONCE)):
            sizes.append(waiting.write(between.join(reversed(some)).encode()))
            count += len(some)
        at = waiting.tell()
        for number, size in enumerate(reversed(sizes)):
            at -= size
            waiting.seek(at)
            stream.write((between.encode() if number else b"") + waiting.read(size))
    return count
