"""What CheckMyVA sends to research as a donation: ``takeoutVoiceLines``, five fields of each entry.

Read in public code (open-inc/checkmyva-browser-extension@bf720c15, 2023); no real file is public. The lines were made
either from the privacy page's records, then ``file`` is an address with the utterance's id; or from the CSV of the
download, split at bare commas, so that a comma inside a text has moved the cells behind it, and with times that the
browser took for its own zone. Which of the two is told line by line by ``file``; Google's lines have none and are
another shape.

    {"timestamp": 1634190270481, "file": "https://www.amazon.de/alexa-privacy/apd/rvh/audio?uid=...",
     "request": "...", "response": "...", "device": "Echo Studio"}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from toolkit.carve.batch import Batch
from toolkit.carve.json import Cutter
from toolkit.carve.streams import utf8
from toolkit.carve.typed import Decoder, Int, Record
from toolkit.parsers import chosen
from toolkit.parsers.amazon import entries, words
from toolkit.parsers.route import Context, Document, Loose, Route, Support
from toolkit.problems import Problem, cut_off


class Line(Record):
    """One entry."""

    timestamp: Int | None = None
    file: str | None = None
    request: str | None = None
    response: str | None = None
    device: str | None = None


KEY = "takeoutVoiceLines"
NO_REQUEST, OTHER_DEVICE = "Unbekannter Sprachbefehl", "Ein anderes Gerät wurde angesprochen"


def read(document: Document, context: Context) -> Iterator[Loose]:
    """All lines of one file; those with nothing in them, as the end of a CSV gives, are left out."""
    from_csv = False
    with document.open() as stream:
        cutter = Cutter(utf8(stream, context.head, legacy=False), Decoder(Line, context.limits), KEY, context.limits)
        for batch in cutter.batches():
            stay = [at for at, line in enumerate(batch.records) if at in batch.leftovers or entries.filled(line)]
            kept = entries.only(batch, stay)
            from_csv = from_csv or any("/rvh/audio?uid=" not in (line.file or "") for line in kept.records)
            yield Loose(records(kept), kept.faults, kept.rejects, len(batch.records) - len(stay))
    if from_csv:
        context.problems.append(_split_at_commas(document.path))
    if "cut_off" in cutter.notes:
        context.problems.append(cut_off(document.path))


def _split_at_commas(path: str) -> Problem:
    return Problem(
        "warning",
        "cells_may_be_shifted",
        "Some lines were made from the download's CSV, split at commas: a comma in a text has moved what follows it.",
        "Use the CSV itself if you have it.",
        path,
    )


def records(batch: Batch[Line]) -> pl.DataFrame:
    """The lines of a batch as a loose frame."""
    found = batch.records
    texts = {name: [getattr(line, name) for line in found] for name in _TEXTS}
    frame = pl.DataFrame(
        {"source_row": batch.rows, "timestamp": [line.timestamp for line in found], **texts},
        schema={"source_row": pl.UInt32, "timestamp": pl.Int64, **dict.fromkeys(_TEXTS, pl.String)},
    )
    # Cells of the CSV still have their quotes. Nothing of this kind stands around a text of the privacy page.
    frame = frame.with_columns(
        pl.col(_TEXTS).str.strip_chars(' "'),
        utterance_id=pl.col("file").str.extract(_UID).replace("undefined", None),
        page=pl.col("file").str.contains(_UID).fill_null(False),
        extra=pl.lit(None, pl.String),
    )
    return entries.kept(frame, batch.leftovers).select(_COLUMNS)


_TEXTS = ("file", "request", "response", "device")
_UID = r"/rvh/audio\?uid=(.*)$"
_NOTHING = rf"(?i)^(?:{'|'.join((NO_REQUEST, *chosen.NOTHING))})?$"
_silent = pl.col("request").str.contains(_NOTHING).fill_null(True)
_lost = (pl.col("response") == OTHER_DEVICE).fill_null(False)
_typed = pl.col("utterance_id").str.starts_with("TextClient:").fill_null(False)
_status = (
    pl.when(_typed)
    .then(pl.lit("typed"))
    .when(_lost)
    .then(pl.lit("duplicate_device"))
    .when(_silent)
    .then(pl.lit("unknown"))
    .when(pl.col("request").str.contains(rf"(?i)^{words.WAKE_WORD}$"))
    .then(pl.lit("wake_word_only"))
    .otherwise(pl.lit("understood"))
)
_timeless = pl.col("timestamp").is_null()
_COLUMNS = (
    "source_row",
    entries.instant(pl.col("timestamp")).alias("time"),
    pl.col("timestamp").cast(pl.String).alias("time_text"),
    pl.when(_timeless)
    .then(pl.lit("none"))
    .when("page")
    .then(pl.lit("utc"))
    .otherwise(pl.lit("zone_assumed"))
    .alias("time_basis"),
    pl.col("device").alias("device_name"),
    words.trigger(pl.lit(None, pl.String), pl.col("utterance_id"), pl.col("request")).alias("trigger"),
    _status.alias("status"),
    pl.when(_lost).then("response").when(_silent & (pl.col("request") != "")).then("request").alias("status_text"),
    pl.when(~_silent).then("request").alias("transcript"),
    pl.when(~_lost, ~pl.col("response").str.contains(_NOTHING)).then("response").alias("response"),
    pl.when(~pl.col("page"), pl.col("file").str.contains(r"(?i)\.wav$"))
    .then(pl.concat_list(pl.col("file").str.replace(r"^.*[/\\]", "")))
    .alias("audio_files"),
    "utterance_id",
    "extra",
)
ROUTES = (
    Route(
        format="amazon_checkmyva_lines",
        vendor="amazon",
        product="alexa",
        path=re.compile(entries.JSON_PATH, re.IGNORECASE),
        head=re.compile(rb'\A(?:\xef\xbb\xbf)?\s*\{\s*"takeoutVoiceLines"\s*:\s*\[.*"file"\s*:', re.DOTALL),
        read=read,
        about="Alexa voice history as CheckMyVA donates it to research",
        support=Support(
            evidence="read in public code of 2023; no real file is public",
            audio="joined by name where the line was made from the download's CSV",
            accidental="none: of Amazon's verdicts only that another device answered",
            device="name, where the line was made from the privacy page",
            unknown="whether a comma has moved the cells of a line",
        ),
        sample="amazon-alexa-checkmyva-lines",
    ),
)
