"""Google Takeout, "My Activity" as HTML: one page of cards, newest first, UTF-8 without saying so.

Card frames as in real exports of 2017, 2018, 2022 and 2026; no card of the Assistant itself is public, so how it
shows clips and answers is inferred: every link and source in a card is looked at, and lines between the title and the
date are the answer, as is the markup that Gemini puts behind the date since 2026. The date is the first line that can
be one. It has whole seconds, and its zone is the account's on the day of the export (see `toolkit.localdates`).

The caption is read by its build, whatever the language: bold labels, each with lines. The first section names the
products, one that points to a map is a place, one that points to the activity settings (or asks a question, last)
says why the row was kept, the rest are details. What a row means is told in `activity`, alike for JSON.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from functools import lru_cache

import polars as pl

from toolkit import localdates
from toolkit.carve.html import Batch, Cutter
from toolkit.carve.markup import SPACES, Line, lines
from toolkit.carve.places import shown
from toolkit.carve.streams import utf8
from toolkit.carve.window import ahead
from toolkit.limits import KIB
from toolkit.parsers.google import activity
from toolkit.parsers.google.activity import Kept, Wording
from toolkit.parsers.google.hearing import Hearing
from toolkit.parsers.route import Context, Document, Loose, Route, Support

_MAY_BE_DATE = r"(?:\d\D*){8}"  # a day, a year and a clock with seconds have at least that many digits
_MAP = re.compile(r"//(?:www\.|maps\.)?google\.[a-z.]{2,6}/maps|//maps\.google\.")
_SHORT = 2 * KIB  # longer captions are not kept at hand: a hostile page could fill the memory with them
_DATES = 1_000  # dates from which their form is told
_SETTINGS = "activitycontrols"
_QUESTIONS = ("?", "\uff1f", "\u061f", ";")  # as languages end them; Thai and a few others do not mark them


def read(document: Document, context: Context) -> Iterator[Loose]:
    """All cards of one page."""
    folder = activity.folder_of(document.path)
    account = activity.Account()
    head = utf8(io.BytesIO(context.head), context.head, legacy=False)
    (hearing, reader), whole = _learned(Cutter(head, context.limits), context, folder), False
    with document.open() as stream:
        cutter = Cutter(utf8(stream, context.head, legacy=False), context.limits)
        for batch in ahead(cutter.batches()):
            raw = _raw(batch, folder, account)
            if raw.height and not hearing.learned and not whole:
                (hearing, reader), whole = _learned_from_all(document, context, folder), True
            yield _loose(raw, hearing, reader, batch)
    activity.conclude(document.path, context, account, hearing, cut="cut_off" in cutter.notes)


def _learned_from_all(document: Document, context: Context, folder: str) -> tuple[Hearing, localdates.LocalReader]:
    """The same as `_learned`, where the beginning of the page has no entry, or none that tells."""
    with document.open() as stream:
        return _learned(Cutter(utf8(stream, context.head, legacy=False), context.limits), context, folder)


def _learned(cutter: Cutter, context: Context, folder: str) -> tuple[Hearing, localdates.LocalReader]:
    """What tells requests and dates, from the titles and links of the entries, and the first of their dates."""
    dates: list[str] = []

    def titles() -> Iterator[tuple[str | None, str | None]]:
        for batch in cutter.batches():
            raw = _raw(batch, folder, activity.Account())
            if len(dates) < _DATES:
                dates.extend(date for text in raw["lines"].head(_DATES) if (date := _parted(text)[0]))
            yield from raw.select("title", "url").iter_rows()

    hearing = Hearing(titles())
    return hearing, localdates.LocalReader(dates, context.timezone, context.exported_at)


def _raw(batch: Batch, folder: str, account: activity.Account) -> pl.DataFrame:
    """The entries of a batch with the columns of `activity.RAW`, the clock still in ``lines``."""
    told = activity.wordings([caption(*around, folder) for around in batch.around])
    rows = batch.cards.rename({"row": "source_row"}).collect()
    rows = rows.hstack(told[rows["around"]]).with_columns(shown("extra"))
    clips = [links and _clips(links) for links in rows["links"]] if rows["links"].null_count() < rows.height else None
    rows = rows.with_columns(audio=pl.Series(clips, dtype=pl.String) if clips else pl.lit(None, pl.String))
    rows = activity.entries(rows, account)
    return activity.keep(rows, pl.col("links").is_not_null(), _kept)


def _clips(links: str) -> str | None:
    """Names of clips among the links of a card: those that lead into the export itself."""
    local = [link for link in links.split("\n") if activity.is_clip(link) and "://" not in link]
    return activity.clip_names(local)


def _kept(row: dict[str, str | None]) -> Kept:
    links = row["links"]
    link = activity.link_kept(row["url"])
    return Kept.of(row["extra"]) | activity.fragment(titleUrl=link, links=links.split("\n") if links else None)


def caption(header: str, markup: str, folder: str = "") -> Wording:
    """Read header and caption of a card that stands in a file in *folder*; few differ, and these are kept at hand."""
    return (_kept_caption if len(header) + len(markup) < _SHORT else _caption)(header, markup, folder)


def _caption(header: str, markup: str, folder: str) -> Wording:
    products: list[str] = []
    details: list[str] = []
    places: list[dict[str, str]] = []
    for number, (label, found) in enumerate(parts := sections(markup)):
        if number == 0:
            products = [line.text for line in found if line.text]
        elif any(_SETTINGS in link for line in found for link in line.links):
            continue
        elif any(_MAP.search(link) for line in found for link in line.links):
            places += [_place(line) for line in found]
        elif number == len(parts) - 1 and label.rstrip(SPACES).endswith(_QUESTIONS):
            continue
        else:
            details += [_detail(line) for line in found if line.text]
    told = activity.told(tuple(details))
    name = html.unescape(header).strip(SPACES)
    kept = activity.fragment(header=name, products=products, details=told.rest, locationInfos=places)
    return Wording(tuple(products), activity.kind(name, tuple(products), folder), told, kept)


_kept_caption = lru_cache(maxsize=4_096)(_caption)


def sections(markup: str) -> list[tuple[str, list[Line]]]:
    """The parts of a caption: a bold label, then lines."""
    found: list[tuple[str, list[Line]]] = []
    for line in lines(markup):
        if line.bold:
            found.append((line.text, []))
        elif found:
            found[-1][1].append(line)
    return found


def _place(line: Line) -> dict[str, str]:
    """A place, as JSON has it: the name, then where Google knows it from."""
    name, _, source = line.text.rpartition(" - ")
    place = {"name": name or source, "url": line.links[0] if line.links else "", "source": source if name else ""}
    return {key: value for key, value in place.items() if value}


def _detail(line: Line) -> str:
    """A detail; one with a link stands there as ``name: link``."""
    link = line.links[0] if line.links else None
    return line.text.removesuffix(f": {link}") if link else line.text


def _loose(raw: pl.DataFrame, hearing: Hearing, reader: localdates.LocalReader, batch: Batch) -> Loose:
    dated = _dated(raw, reader)
    frame = activity.records(dated, hearing).hstack(dated.select("time", "time_basis"))
    unread = frame.filter(pl.col("time").is_null())["source_row"]
    faults = activity.of_entries(batch.faults, raw)
    left_out = batch.height - raw.height
    return Loose(frame, faults + [(row, "time_not_read") for row in unread], batch.rejects, left_out)


def _dated(raw: pl.DataFrame, reader: localdates.LocalReader) -> pl.DataFrame:
    """Part the lines into date and answer. As a rule the date is the last; where it may be another, each is tried."""
    frame = raw.with_columns(time_text=pl.col("lines").str.extract(r"([^\n]*)$"))
    frame = frame.with_columns(response=pl.col("lines").str.strip_suffix(pl.col("time_text")).str.strip_chars("\n"))
    frame = frame.hstack(reader.read(frame["time_text"]))
    plain = frame["time"].is_not_null() & ~frame["response"].str.contains(_MAY_BE_DATE)
    if not plain.all():
        odd = raw.filter(~plain)
        found = [_parted(text) for text in odd["lines"]]
        odd = odd.with_columns(
            pl.Series("time_text", [date for date, _ in found], dtype=pl.String),
            pl.Series("response", [rest for _, rest in found], dtype=pl.String),
        )
        frame = pl.concat([frame.filter(plain), odd.hstack(reader.read(odd["time_text"]))]).sort("source_row")
    return frame.with_columns(pl.col("response").replace("", None))


def _parted(text: str) -> tuple[str | None, str]:
    """The first line that can be a date, and the others."""
    parts = text.split("\n")
    for at, line in enumerate(parts):
        if re.search(_MAY_BE_DATE, line) and localdates.find_date(line):
            return line, "\n".join(parts[:at] + parts[at + 1 :])
    return None, text


ROUTES = (
    Route(
        format="google_activity_html",
        vendor="google",
        product=activity.ASSISTANT,
        path=re.compile(r"\.html?$|/[^./]*$|^[^./]*$", re.IGNORECASE),
        head=re.compile(rb'<div class="outer-cell mdl-cell'),
        read=read,
        about="Google activity (Assistant, Voice and Audio, Gemini and others)",
        support=Support(
            evidence="seen in real data of 2017 to 2026; how a card of the Assistant names its clip is inferred",
            audio="joined by the name that the card links",
            accidental="none: Google does not mark accidental activations",
            device="not stated",
            unknown="how a card of the Assistant shows clips and answers",
        ),
        sample="google-takeout-html-de",
    ),
)
