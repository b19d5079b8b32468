"""Amazon's "Request My Data" download: one CSV, and clips spread over all parts ``Alexa_1.zip`` ... ``Alexa_N.zip``.

Variant A, ``Audio and Transcription/Transcriptions*.csv`` (up to 2023): time, request, clip, answer.
Variant B, ``Audio and Transcription/recognitionData-*.csv`` (2023 on): request first, clip fifth; the rest not known.

No public copy of the headings exists; only these positions were read in public code. So the columns are looked for by
heading, then by content, then by position, and stay marked as assumed until the user has confirmed them. Neither the
time's format nor its zone is documented. "Data Not Available" is the one proven way to say that no text was kept.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator

import polars as pl

from toolkit import dates
from toolkit.carve import csv as carve
from toolkit.carve.streams import encoding_of, is_assumed, utf8
from toolkit.parsers import columns
from toolkit.parsers.amazon import words
from toolkit.parsers.chosen import NOTHING
from toolkit.parsers.route import ColumnMap, Context, Document, Loose, Route, Support
from toolkit.problems import Problem, encoding_assumed

POSITIONS = {
    "amazon_csv_a": {"time": 0, "transcript": 1, "audio": 2, "response": 3},
    "amazon_csv_b": {"transcript": 0, "audio": 4},
}
_NOTHING = "|".join(map(re.escape, NOTHING))
# Amazon's wording on its own pages, in case the file uses it too: (pattern of the whole cell, status).
_WORDING = (
    (r"(?:text not available.{0,3})?audio was not intended for .{1,30}", "not_intended"),
    (r"(?:text nicht verfügbar.{0,3})?audio war nicht für .{1,30} bestimmt\.?", "not_intended"),
    (r"(?:text not available.{0,3})?audio could not be understood\.?", "not_understood"),
    (r"text not available.{0,60}|no text stored.{0,60}", "unknown"),
)
_ANY_WORDING = "|".join([_NOTHING, *(pattern for pattern, _ in _WORDING)])


def read_a(document: Document, context: Context) -> Iterator[Loose]:
    """All rows of a ``Transcriptions`` file."""
    return _read(document, context, "amazon_csv_a")


def read_b(document: Document, context: Context) -> Iterator[Loose]:
    """All rows of a ``recognitionData`` file."""
    return _read(document, context, "amazon_csv_b")


def _read(document: Document, context: Context, shape: str) -> Iterator[Loose]:
    delimiter = carve.delimiter_of(context.head.decode(encoding_of(context.head), "replace"))
    with document.open() as stream:
        cutter = carve.Cutter(utf8(stream, context.head), delimiter, context.limits)
        if not cutter.first:
            context.note = "an empty table"
            return
        sample = _sample(context, delimiter)
        mapping = columns.mapped(document.path, cutter.first, sample, POSITIONS[shape], context.columns)
        context.column_maps.append(mapping)
        context.note = "columns confirmed" if mapping.confirmed else "columns assumed"
        if not mapping.confirmed:
            context.problems.append(columns.assumed(mapping))
        if is_assumed(context.head):
            context.problems.append(encoding_assumed(document.path))
        reader = _date_reader(document, context, delimiter, mapping, sample)
        headed = columns.looks_like_heading(cutter.first, sample)
        for batch in cutter.batches(headed=headed):
            yield _loose(batch, mapping, reader, cutter.first if headed else None)


def _sample(context: Context, delimiter: str) -> list[tuple[str, ...]]:
    """The whole records in the first bytes of the file, without the first one."""
    whole = context.head[: context.head.rfind(b"\n") + 1] or context.head
    cutter = carve.Cutter(utf8(io.BytesIO(whole), context.head), delimiter, context.limits)
    return [row[:-1] for batch in cutter.batches() for row in batch.frame.rows()]


def _date_reader(
    document: Document, context: Context, delimiter: str, mapping: ColumnMap, sample: list[tuple[str, ...]]
) -> dates.Reader:
    chosen = context.columns
    zone = chosen.timezone if chosen and chosen.timezone else context.timezone
    if chosen and chosen.form:
        return dates.Reader((), None, zone, chosen.form)
    at = mapping.fields.get("time")
    texts = [] if at is None else [row[at].strip() for row in sample]
    order = None
    if any(map(dates.is_numeric, texts)):
        order = _order_in_whole_file(document, context, delimiter, str(at))
        if order is None:
            context.problems.append(_order_unknown(document.path))
    return dates.Reader(texts, order, zone)


def _order_in_whole_file(document: Document, context: Context, delimiter: str, column: str) -> str | None:
    """The first records may all fall on the first twelve days of a month, all of them hardly ever do; and where two
    records disagree, none can be trusted."""
    with document.open() as stream:
        cutter = carve.Cutter(utf8(stream, context.head), delimiter, context.limits)
        told = set[str]().union(*(dates.votes(batch.frame[column]) for batch in cutter.batches()))
    return told.pop() if len(told) == 1 else None


def _order_unknown(path: str) -> Problem:
    return Problem(
        "warning",
        "date_order_unknown",
        "Dates such as 03/04 are written in numbers, and nothing in the file tells the day from the month.",
        "Their times are left empty rather than guessed.",
        path,
    )


def _loose(batch: carve.Batch, mapping: ColumnMap, reader: dates.Reader, heading: list[str] | None) -> Loose:
    frame, repeated = _without_headings(batch.frame, heading)
    cells = _cells(frame, mapping)
    texts = [name for name in mapping.fields if name not in ("transcript", "audio", "time", "status_text")]
    records = cells.select(
        "source_row",
        *texts,
        time_text="time",
        transcript=pl.when(~pl.col("wording")).then("transcript"),
        status_text=pl.coalesce(pl.when("wording").then("transcript"), "status_text"),
        status=_status(),
        trigger=pl.when(pl.col("woken") & ~pl.col("wording")).then(pl.lit("wake_word")),
        audio_files=pl.when(pl.col("audio").is_not_null()).then(pl.concat_list("audio")),
        extra=_extra(frame, mapping, batch.more),
    ).hstack(reader.read(cells["time"]))
    unread = records.filter(pl.col("time_text").is_not_null(), pl.col("time").is_null())["source_row"]
    faults = [(row, "time_not_read") for row in unread]
    faults += [(row, "time_twice") for row in records.filter("twice")["source_row"]]
    return Loose(records.drop("twice"), batch.faults + faults, batch.rejects, repeated)


def _without_headings(frame: pl.DataFrame, heading: list[str] | None) -> tuple[pl.DataFrame, int]:
    """Drop headings repeated inside the file, as when its parts were joined by hand."""
    if heading is None:
        return frame, 0
    cells = [pl.col("0").str.strip_prefix("\ufeff"), *(pl.col(str(at)) for at in range(1, len(heading)))]
    same = pl.all_horizontal(cell == name for cell, name in zip(cells, heading, strict=True))
    kept = frame.filter(~same)
    return kept, frame.height - kept.height


def _cells(frame: pl.DataFrame, mapping: ColumnMap) -> pl.DataFrame:
    """The cells of each field without blanks around them, null where they say that there is nothing.

    Of the transcript two things are told besides: whether it is Amazon's own *wording*, and whether it begins with
    the wake word.
    """
    at = {"time": None, "transcript": None, "audio": None, "status_text": None, **mapping.fields}
    stripped = {n: pl.lit(None, pl.String) if c is None else pl.col(str(c)).str.strip_chars() for n, c in at.items()}
    text, others = pl.col("transcript"), [pl.col(name) for name in at if name != "transcript"]
    return (
        frame.select(source_row="row", **stripped)
        .with_columns(
            pl.when(text != "").then(text),
            *(pl.when(~cell.str.contains(f"(?i)^(?:{_NOTHING})?$")).then(cell) for cell in others),
            wording=text.str.contains(f"(?i)^(?:{_ANY_WORDING})$").fill_null(False),
            woken=text.str.contains(rf"(?i)^{words.WAKE_WORD}\b"),
        )
        .with_columns(pl.col("audio").str.replace(r"^.*[/\\]", ""))
    )


def _status() -> pl.Expr:
    """From Amazon's wording if it is there; the bare wake word tells too; that there is no text tells nothing."""
    text, wording = pl.col("transcript"), pl.col("wording")
    said = pl.when(wording).then(text)
    cases = [(said.str.contains(f"(?i)^(?:{pattern})$"), status) for pattern, status in _WORDING]
    cases += [
        (wording, "unknown"),
        (text.str.contains(rf"(?i)^{words.WAKE_WORD}$"), "wake_word_only"),
        (text.is_not_null(), "understood"),
    ]
    return pl.coalesce([pl.when(test).then(pl.lit(status)) for test, status in cases] + [pl.lit("unknown")])


def _extra(frame: pl.DataFrame, mapping: ColumnMap, more: dict[int, list[str]]) -> pl.Expr | pl.Series:
    """Cells of columns that no field took, as JSON; read row by row, which only files with such columns pay for."""
    spare = [at for at in range(len(mapping.header)) if at not in mapping.fields.values()]
    if not spare and not more:
        return pl.lit(None, pl.String)
    names = columns.unique_names(mapping.header)
    texts = []
    for row, *cells in frame.select("row", *map(str, spare)).iter_rows():
        kept: dict[str, str | list[str]] = {
            name: cell for name, cell in zip((names[at] for at in spare), cells, strict=True) if cell
        }
        if more.get(row):
            kept["further cells"] = more[row]
        texts.append(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if kept else None)
    return pl.Series(texts, dtype=pl.String)


_AUDIO = "in all parts of the download; joined by the name or id that the row gives"
_ACCIDENTAL = "not known: how Amazon words its own verdict in this file was never seen"
_UNKNOWN = "the headings; the form of the time and its zone"


def _path(name: str) -> re.Pattern[str]:
    """The folder is singular in every public trace; a bare CSV is accepted by its name."""
    return re.compile(rf"(?:^|/){name}[-\d]*(?: ?\(\d+\))?\.csv$", re.IGNORECASE)


ROUTES = (
    Route(
        format="amazon_csv_a",
        vendor="amazon",
        product="alexa",
        path=_path("Transcriptions"),
        head=None,
        read=read_a,
        about="Alexa voice history, Request My Data, variant A",
        support=Support(
            evidence="read in public code of 2023: the order of the columns, not their names; the zone is not stated",
            audio=_AUDIO,
            accidental=_ACCIDENTAL,
            device="not in the four known columns",
            unknown=_UNKNOWN,
        ),
        sample="amazon-alexa-csv",
        columns="asked",
    ),
    Route(
        format="amazon_csv_b",
        vendor="amazon",
        product="alexa",
        path=_path("recognitionData"),
        head=None,
        read=read_b,
        about="Alexa voice history, Request My Data, variant B",
        support=Support(
            evidence="read in public code of 2023 or later: where text and clip stand; the rest is found and shown",
            audio=_AUDIO,
            accidental=_ACCIDENTAL,
            device="perhaps, in a column the user names",
            unknown=_UNKNOWN,
        ),
        sample="amazon-alexa-csv-b",
        columns="asked",
    ),
)
