"""The page that comes with every Takeout, ``archive_browser.html``: when it was made, what is in it, what failed.

Told by its build, since its name and words are in the account's language: seen once whole (French, 2022), its German
name in a file list of 2023. ``header_subtext`` begins with the date and its offset; each product has a heading with
``data-english-name`` and the name of its folder; files are linked by relative addresses (inferred from how such a page
must work; no list of a whole page is public). The page also names the account and the job: both are passed over.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import unquote

import polars as pl

from toolkit import localdates
from toolkit.carve.markup import text_of
from toolkit.carve.streams import Readable, utf8
from toolkit.limits import MIB
from toolkit.parsers.route import Context, Document, Loose, Route, Support
from toolkit.problems import Problem

_MOST = 32 * MIB
_DATE = re.compile(r'class="header_subtext"[^<>]*>([^<]{1,500})')
_HEADING = re.compile(r'<h1\s[^<>]*data-english-name="([^"<>]*)"[^<>]*data-folder-name="([^"<>]*)"')
_FAILURE = re.compile(r'class="failure-message"[^<>]*>(.{0,4000}?)</div>', re.DOTALL)
_FILE = re.compile(r'href="([^"<>:#?]{1,2000}\.[A-Za-z0-9]{1,5})"')
_WANTED = ("MY_ACTIVITY", "HOME_GRAPH")  # the products that hold voice


def read(document: Document, context: Context) -> Iterator[Loose]:
    """No entries, but what the page says of the whole export."""
    with document.open() as stream:
        data = _whole(utf8(stream, context.head, legacy=False))
    text = data[:_MOST].decode("utf-8", "replace")
    context.exported_at = exported_at(text, context.timezone)
    context.announced = announced(text)
    made = f"made {context.exported_at:%Y-%m-%d %H:%M} UTC" if context.exported_at else "no date found"
    context.note = f"{made}; lists {len(context.announced):,} files with activity"
    if failed(text):
        context.problems.append(
            Problem(
                "warning",
                "export_incomplete",
                "Google says in this page that some of the export failed.",
                "Open the page to see what; then order the export again.",
                document.path,
            )
        )
    yield from ()


def _whole(stream: Readable) -> bytes:
    pieces, size = [], 0
    while size <= _MOST and (piece := stream.read(MIB)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def exported_at(text: str, timezone: str | None = None) -> datetime | None:
    """When the export was made; None if the page does not say, or not in which zone."""
    found = _DATE.search(text)
    if not found:
        return None
    for part in re.split("[•·|\n]", html.unescape(found[1])):
        if localdates.find_date(part.strip()):
            read = localdates.LocalReader([part.strip()], timezone).read(pl.Series([part.strip()]))
            time, basis = read.row(0)
            return time if basis in ("offset", "zone_assumed") else None
    return None


def announced(text: str) -> tuple[str, ...]:
    """Paths of the files that the page lists and that may hold voice; of all files if it does not part them."""
    folders = {_plain(folder) for name, folder in _HEADING.findall(text) if name in _WANTED}
    paths = dict.fromkeys(_plain(unquote(path)) for path in _FILE.findall(text))
    if not folders:
        return tuple(paths)
    return tuple(path for path in paths if folders & set(path.split("/")[:-1]))


def failed(text: str) -> bool:
    """Whether a message of failure stands in the page."""
    return any(text_of(found) for found in _FAILURE.findall(text))


def _plain(path: str) -> str:
    return unicodedata.normalize("NFC", html.unescape(path)).replace("\u00a0", " ")


ROUTES = (
    Route(
        format="google_manifest",
        vendor="google",
        product="google_takeout",
        path=re.compile(r"\.html?$", re.IGNORECASE),
        head=re.compile(rb'class="header_subtext|data-english-name="|id="service-tile-'),
        read=read,
        about="list of what a Google Takeout holds",
        support=Support(
            evidence="seen in real data of 2022, one page; how it lists the files is inferred",
        ),
        first=True,
        dates=True,
    ),
)
