"""THE table: every column of a record, what it means, and the only door into it, `conform`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import polars as pl

VENDORS = ("amazon", "google", "apple", "microsoft", "openai", "ovos", "home_assistant", "other")
TIME_BASES = ("utc", "offset", "zone_assumed", "zone_unknown", "file", "none")
TRIGGERS = ("wake_word", "touch", "follow_up", "routine", "typed", "provider", "unknown")
STATUSES = {
    "understood": "a request was understood",
    "wake_word_only": "only the wake word was kept",
    "false_wake": "the maker itself labelled it a false wake",
    "not_intended": "the maker says it was not intended for the assistant",
    "no_intent": "the maker found no request in the speech",
    "not_understood": "speech was not understood",
    "silence": "nothing was said, or nothing was recognised",
    "noise": "noise, or a fragment below a second",
    "failed": "a request was understood but could not be carried out",
    "duplicate_device": "another device in earshot answered the same request",
    "no_audio_kept": "the maker says it kept neither text nor audio",
    "routine": "a routine, a tap or an automatic action, not speech",
    "suggestion": "the assistant spoke on its own",
    "typed": "typed or sent by an app, not speech",
    "no_request": "something was opened or tapped; no request",
    "unknown": "the file does not say, or uses an unknown word",
}


class Column(NamedTuple):
    """One column of the records table."""

    name: str
    dtype: pl.DataType
    meaning: str


COLUMNS = (
    Column("record_id", pl.String(), "unique; maker and a 64-bit digest of its identity, never of what was said"),
    Column("maker_id", pl.String(), "the maker's own id, as written; for letters to that maker only"),
    Column("vendor", pl.Enum(VENDORS), "who made the export"),
    Column("product", pl.String(), "product id, such as alexa"),
    Column("format", pl.String(), "which reader understood it"),
    Column("source_file", pl.String(), "path of the file inside its source"),
    Column("source_row", pl.UInt32(), "record number in that file, from 1"),
    Column("time", pl.Datetime("us", "UTC"), "when, in UTC; see time_basis for how this is known"),
    Column("time_text", pl.String(), "the time as written in the file"),
    Column("time_basis", pl.Enum(TIME_BASES), "how the zone is known; zone_unknown keeps the wall clock"),
    Column("device_id", pl.String(), "serial or id of the device"),
    Column("device_name", pl.String(), "the name its owner gave it"),
    Column("device_type", pl.String(), "the maker's type code"),
    Column("person", pl.String(), "whom the maker thinks it heard"),
    Column("trigger", pl.Enum(TRIGGERS), "what started it"),
    Column("status", pl.Enum(tuple(STATUSES)), "what became of it"),
    Column("status_text", pl.String(), "the maker's own word for that"),
    Column("transcript", pl.String(), "what the maker believes was said; null if no text was kept"),
    Column("response", pl.String(), "what the assistant answered"),
    Column("language", pl.String(), "BCP 47 tag, only if the file states it"),
    Column("intent", pl.String(), "the maker's name for the request"),
    Column("utterance_id", pl.String(), "shared by the parts of one utterance"),
    Column("audio_files", pl.List(pl.String()), "clips named by the record"),
    Column("audio_found", pl.UInt16(), "how many of them are in the export"),
    Column("audio_seconds", pl.Float64(), "length of the clips found, in seconds"),
    Column("expires", pl.Datetime("us", "UTC"), "when the maker says it will delete it"),
    Column("duplicate_of", pl.String(), "record_id of the same entry read elsewhere"),
    Column("extra", pl.String(), "JSON of every key of the record not mapped above"),
)
RECORDS = pl.Schema({column.name: column.dtype for column in COLUMNS})
REQUIRED = ("vendor", "product", "format", "source_file", "source_row")
DEFAULTS: dict[str, str | int] = {"time_basis": "none", "trigger": "unknown", "status": "unknown", "audio_found": 0}

FILES = pl.Schema(
    {
        "path": pl.String(),
        "source": pl.String(),
        "size": pl.UInt64(),
        "sha256": pl.String(),
        "vendor": pl.Enum(VENDORS),
        "product": pl.String(),
        "format": pl.String(),
        "carved": pl.UInt32(),
        "understood": pl.UInt32(),
        "rejected": pl.UInt32(),
        "left_out": pl.UInt32(),
        "duplicates": pl.UInt32(),
        "note": pl.String(),
    }
)

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_PLAUSIBLE = datetime(2010, 1, 1, tzinfo=UTC)  # no assistant is older; seconds taken for milliseconds end up in 1970
_PAST_NOW = timedelta(days=2)  # clocks and time zones differ


def conform(
    frame: pl.DataFrame, now: datetime | None = None, made: datetime | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bring a parser's loose frame into the shape of `RECORDS`.

    Args:
        frame: Any of the columns of `RECORDS`, at least those in `REQUIRED`.
        now: Present instant, against which times in the future are told; None takes the clock's.
        made: When the maker wrote the export, if it says so; nothing in it can be later.

    Returns:
        The records, one for each row of *frame* (``record_id`` still null, see `merge`), and the faults: ``source_row``
        and ``code`` of rows whose time was impossible or implausible. An impossible one is emptied, its text stays; an
        implausible one is kept.

    Raises:
        polars.exceptions.PolarsError: A column has values that its type does not allow: a mistake in a parser.
    """
    records = frame.select(
        *(
            _cast(column) if column.name in frame.columns else pl.lit(_default(column), column.dtype).alias(column.name)
            for column in COLUMNS
        )
    )
    latest = (now or datetime.now(UTC)) + _PAST_NOW
    impossible = ~pl.col("time").is_between(EARLIEST, latest)
    too_late = pl.col("time") > (made + _PAST_NOW if made else latest)
    odd = records.filter(impossible | too_late | (pl.col("time") < _PLAUSIBLE))
    code = (
        pl.when(impossible)
        .then(pl.lit("time_impossible"))
        .when(too_late)
        .then(pl.lit("time_after_export"))
        .otherwise(pl.lit("time_implausible"))
    )
    faults = odd.select("source_row", code=code)
    if faults.height:
        records = records.with_columns(
            time=pl.when(~impossible).then("time"),
            time_basis=pl.when(impossible).then(pl.lit("none", RECORDS["time_basis"])).otherwise("time_basis"),
        )
    return records, faults


def _cast(column: Column) -> pl.Expr:
    values, default = pl.col(column.name).cast(column.dtype), _default(column)
    return values if default is None else pl.coalesce(values, pl.lit(default, column.dtype))


def _default(column: Column) -> list[str] | str | int | None:
    return [] if column.name == "audio_files" else DEFAULTS.get(column.name)
