"""Google Takeout, "My Activity" as JSON: one array of rows, newest first.

Fields as in Google's own list (2023-2024) and in rows of real exports from 2014 to 2026; ``safeHtmlItem`` (Gemini's
answers) is undocumented. Real files put ``},{`` between rows; minified and other layouts are read alike. What a row
means, and which rows are entries, is told in `activity`. Times are UTC; the one row known without ``Z`` names a clip
whose UTC time is the same, so UTC is assumed and marked as such.

    {"header": "Assistant", "title": "Said what is pepperoni",
     "titleUrl": "https://www.google.com/search?q\\u003dwhat+is+pepperoni", "time": "2018-02-02T02:05:07.765Z",
     "audioFiles": ["2018-02-02_02_05_07_765_UTC.mp3"], "products": ["Assistant"],
     "details": [{"name": "Started by hotword"}], "subtitles": [{"name": "..."}], "locationInfos": [...]}

Not seen in public: rows of the Assistant after May 2020, how a start by touch is marked, whether Gemini Live names
clips. Coordinates (``locationInfos``) and every key without a column go to ``extra``.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import msgspec
import polars as pl
from msgspec.structs import replace

from toolkit import dates
from toolkit.carve.batch import Batch
from toolkit.carve.json import Cutter
from toolkit.carve.markup import text_of
from toolkit.carve.places import HIDDEN, shown
from toolkit.carve.streams import Readable, utf8
from toolkit.carve.typed import Decoder, Record
from toolkit.carve.window import ahead
from toolkit.parsers.google import activity
from toolkit.parsers.google.activity import Kept, Wording
from toolkit.parsers.google.hearing import Hearing
from toolkit.parsers.google.template import take_apart
from toolkit.parsers.route import Context, Document, Loose, Route, Support
from toolkit.problems import Problem


class Link(Record):
    """A line of an answer, or a detail; circa 2018 an answer may hold empty ones."""

    name: str | None = None
    url: str | None = None


class Place(Record):
    """Where the account's owner was."""

    name: str | None = None
    url: str | None = None
    source: str | None = None
    sourceUrl: str | None = None


class Attached(Record):
    """An attached file, in files that wrap its name."""

    name: str | None = None


class Html(Record):
    """One answer of Gemini."""

    html: str | None = None


class Activity(Record):
    """One row."""

    header: str | None = None
    title: str | None = None
    titleUrl: str | None = None
    subtitles: list[Link] | None = None
    description: str | None = None
    time: str | None = None
    products: list[str] | None = None
    activityControls: list[str] | None = None
    details: list[Link] | None = None
    locationInfos: list[Place] | None = None
    locationInfo: list[Place] | None = None
    audioFiles: list[str] | None = None
    imageFile: str | None = None
    attachedFiles: list[str | Attached] | None = None
    safeHtmlItem: list[Html] | None = None


def read(document: Document, context: Context) -> Iterator[Loose]:
    """All rows of one file."""
    folder = activity.folder_of(document.path)
    account = activity.Account()
    head = utf8(io.BytesIO(context.head), context.head, legacy=False)
    hearing, whole = Hearing(_titles(_cutter(head, context), folder)), False
    reader: dates.Reader | None = None
    with document.open() as stream:
        cutter = _cutter(utf8(stream, context.head, legacy=False), context)
        for batch in ahead(cutter.batches()):
            raw = _raw(batch, folder, account)
            if raw.height and not hearing.learned and not whole:
                hearing, whole = _heard_in_all(document, context, folder), True
            reader = reader or dates.Reader(raw["time_text"].drop_nulls().head(100), timezone="UTC")
            yield _loose(raw, hearing, reader, batch)
    activity.conclude(document.path, context, account, hearing, cut="cut_off" in cutter.notes)


def _cutter(stream: Readable, context: Context) -> Cutter[Activity]:
    decoder = Decoder(Activity, context.limits)
    return Cutter(stream, decoder, None, context.limits, partial(take_apart, decode=partial(_whole, decoder)))


def _whole(decoder: Decoder[Activity], text: bytes) -> Activity | None:
    """The row; None if the place that is hidden in it stands elsewhere than in the link of a place."""
    row = decoder.one(text)
    if row is None or HIDDEN.encode() not in text:
        return row
    links = "".join([place.url or "" for place in row.locationInfos or ()])
    counts = links.count(HIDDEN), text.count(HIDDEN.encode()), msgspec.json.encode(row).count(HIDDEN.encode())
    return row if counts == (1, 1, 1) else None


def _heard_in_all(document: Document, context: Context, folder: str) -> Hearing:
    """What tells the requests, where the beginning of the file has no entry, or none that tells."""
    with document.open() as stream:
        return Hearing(_titles(_cutter(utf8(stream, context.head, legacy=False), context), folder))


def _titles(cutter: Cutter[Activity], folder: str) -> Iterator[tuple[str | None, str | None]]:
    for batch in cutter.batches():
        yield from _raw(batch, folder, activity.Account()).select("title", "url").iter_rows()


def _clips(row: Activity) -> str | None:
    """The clips of a row, a line each."""
    if row.attachedFiles is None:
        return activity.clip_names(row.audioFiles) if row.audioFiles else None
    attached = [one if isinstance(one, str) else one.name or "" for one in row.attachedFiles]
    return activity.clip_names([*(row.audioFiles or ()), *filter(activity.is_clip, attached)])


_Names = tuple[str, ...] | None


@lru_cache(maxsize=512)
def _wording(header: str | None, products: _Names, controls: _Names, details: _Names, folder: str) -> Wording:
    told = activity.told(details or ())
    kept = activity.fragment(header=header, products=products, activityControls=controls, details=told.rest)
    return Wording(products or (), activity.kind(header, products or (), folder), told, kept)


def _wording_of(row: Activity, folder: str, leftover: str | None = None) -> Wording:
    """What a row says beside its own texts; ``kept`` holds every key that has no column."""
    products, controls, details = row.products, row.activityControls, row.details
    wording = _wording(
        row.header,
        None if products is None else tuple(products),
        None if controls is None else tuple(controls),
        None if details is None else tuple([one.name for one in details if one.name]),
        folder,
    )
    return wording._replace(kept=_kept(row, wording.kept, leftover))


def _raw(batch: Batch[Activity], folder: str, account: activity.Account) -> pl.DataFrame:
    """The entries of a batch with the columns of `activity.RAW`."""
    parts = [_decoded(batch, folder)] if batch.records else []
    if batch.columns is not None:
        parts.append(_in_columns(batch.columns, batch.around, folder))
    raw = pl.concat([part.select(*_RAW) for part in parts]) if parts else pl.DataFrame(schema=_RAW)
    return activity.entries(raw.sort("source_row") if len(parts) > 1 else raw, account)


_RAW = {**activity.RAW, "mode": pl.String, "shelf": pl.String}


def _in_columns(columns: pl.LazyFrame, around: list[Activity], folder: str) -> pl.DataFrame:
    """Rows that came in columns; *around* is what their other members say."""
    told = activity.wordings([_wording_of(row, folder) for row in around])
    rows = columns.rename({"row": "source_row"}).collect()
    rows = rows.hstack(told[rows["around"]])

    def kept(row: dict[str, Any]) -> Kept:
        return _wording_of(replace(around[row["around"]], titleUrl=row["url"]), folder).kept

    return activity.keep(rows, pl.lit(False), kept).with_columns(shown("extra"))


def _decoded(batch: Batch[Activity], folder: str) -> pl.DataFrame:
    """Rows that were decoded one by one."""
    rows = batch.records
    told = [_wording_of(row, folder, batch.leftovers.get(at)) for at, row in enumerate(rows)]
    texts = {
        "source_row": batch.rows,
        "title": [row.title for row in rows],
        "url": [row.titleUrl for row in rows],
        "response": list(map(_response, rows)),
        "audio": list(map(_clips, rows)),
        "time_text": [row.time for row in rows],
    }
    return pl.DataFrame(texts, {name: _RAW[name] for name in texts}).hstack(activity.wordings(told))


def _response(row: Activity) -> str | None:
    if row.description is None and row.safeHtmlItem is None:
        answers = row.subtitles
        return "\n".join([one.name for one in answers if one.name]) or None if answers else None
    lines = [one.name for one in row.subtitles or () if one.name]
    lines += [row.description] if row.description else []
    lines += [text_of(one.html) for one in row.safeHtmlItem or () if one.html]
    return "\n".join(filter(None, lines)) or None


def _kept(row: Activity, kept: Kept, leftover: str | None) -> Kept:
    """Every key that has no column, as the inside of a JSON object."""
    if row.locationInfos or row.locationInfo:
        kept |= _places(tuple([place_key(p) for p in (*(row.locationInfos or ()), *(row.locationInfo or ()))]))
    link = activity.link_kept(row.titleUrl)
    if link or row.imageFile or row.attachedFiles:
        attached = [one if isinstance(one, str) else one.name for one in row.attachedFiles or ()]
        kept |= activity.fragment(titleUrl=link, imageFile=row.imageFile, attachedFiles=attached)
    for part in (row.subtitles, row.details):
        for one in part or ():
            if one.url:
                return kept | _links(row) | _renamed(leftover)
    return kept | _renamed(leftover) if leftover else kept


def _links(row: Activity) -> Kept:
    return activity.fragment(links=[one.url for part in (row.subtitles, row.details) for one in part or () if one.url])


PlaceKey = tuple[str | None, str | None, str | None, str | None]


def place_key(place: Place) -> PlaceKey:
    """A place as something that can be looked up."""
    return place.name, place.url, place.source, place.sourceUrl


@lru_cache(maxsize=512)
def _places(places: tuple[PlaceKey, ...]) -> Kept:
    names = ("name", "url", "source", "sourceUrl")
    filled = [{n: v for n, v in zip(names, place, strict=True) if v} for place in places]
    return activity.fragment(locationInfos=[place for place in filled if place])


def _renamed(leftover: str | None) -> Kept:
    """Keys no field took; what is left of a known key keeps its name with a mark, so that no key occurs twice."""
    if not leftover:
        return Kept()
    known = Activity.__struct_fields__
    found = json.loads("{" + leftover + "}")
    return activity.fragment(**{f"{key} (rest)" if key in known else key: value for key, value in found.items()})


def _loose(raw: pl.DataFrame, hearing: Hearing, reader: dates.Reader, batch: Batch[Activity]) -> Loose:
    times = reader.read(raw["time_text"]).with_columns(
        time_basis=pl.when(raw["time_text"].str.ends_with("Z"), pl.col("time_basis") == "offset")
        .then(pl.lit("utc"))
        .otherwise("time_basis")
    )
    frame = activity.records(raw, hearing).hstack(times)
    unread = frame.filter(pl.col("time").is_null())["source_row"]
    faults = activity.of_entries(batch.faults, raw)
    left_out = batch.size - len(batch.rejects) - raw.height
    return Loose(frame, faults + [(row, "time_not_read") for row in unread], batch.rejects, left_out)


_EMPTY = Problem(
    "note",
    "google_activity_empty",
    "This list of Google activity is there, and empty: Google sent no row of this product.",
    "Voice may be kept under another product: order Assistant, Voice and Audio, Search and Gemini Apps.",
)

ROUTES = (
    Route(
        format="google_activity_json",
        vendor="google",
        product=activity.ASSISTANT,
        path=re.compile(r"\.json$|/[^./]*$|^[^./]*$", re.IGNORECASE),
        # A ChatGPT export begins with "title" too; its own times are numbers, but its messages may hold any key.
        head=re.compile(
            rb'\A(?:\xef\xbb\xbf)?\s*\[\s*\{(?!.*"mapping"\s*:)(?=.*"title"\s*:).*"time"\s*:\s*"\d{4}-\d\d-\d\dT',
            re.DOTALL,
        ),
        read=read,
        about="Google activity (Assistant, Voice and Audio, Gemini and others)",
        support=Support(
            evidence="seen in real data of 2014 to 2026; no row of the Assistant after May 2020 is public",
            audio="joined by the name that the row gives",
            accidental="none: Google does not mark accidental activations",
            device="not stated",
            unknown="how a start by touch is marked; whether Gemini Live names clips",
        ),
        sample="google-takeout-json-en",
    ),
    Route(
        format="google_activity_empty",
        vendor="google",
        product=activity.ASSISTANT,
        path=re.compile(r"(?:^|/)(?:My ?Activity|Meine? ?Aktivit[^/]*)\.json$", re.IGNORECASE),
        head=re.compile(rb"\A(?:\xef\xbb\xbf)?\s*\[\s*\]\s*\Z"),
        read=None,
        about="Google activity without a single row",
        support=Support(evidence="inferred: a list without rows"),
        answer=_EMPTY,
    ),
)
