"""Joins what several files say: ids for the records, marks for duplicates, clips found by name."""

from __future__ import annotations

import polars as pl
from polars_hash import NonCryptographicHashingNameSpace as Digest

from toolkit.schema import RECORDS

# XXH3 is a published digest; polars' own hash may change with any release, and ids must not.
IDENTITY = "__identity"
FILE = "__file"
_AT = "__at"
_SEPARATOR = "\x1f"


def numbered(records: pl.DataFrame, seen: dict[int, int] | None = None) -> pl.DataFrame:
    """Give the records of one file their identity, a 64-bit digest from which ids and duplicates are told.

    An entry is the maker's id for it; where there is none, the product, the whole second (or the time as written), the
    clip's name, and that it is the n-th such entry of its file. What was said takes no part.

    Args:
        records: All records of the file, or with *seen* the next of them.
        seen: How often each identity occurred so far; updated.
    """
    plain = pl.concat_str(
        "product",
        pl.coalesce(pl.col("time").dt.epoch("s").cast(pl.String), "time_text", pl.lit("")),
        pl.col("audio_files").list.first().fill_null(""),
        separator=_SEPARATOR,
    )
    records = records.with_columns(Digest(pl.coalesce("maker_id", plain)).xxh3_64().alias(IDENTITY))
    if seen is None and records[IDENTITY].n_unique() == records.height:
        return records
    if seen is None:
        repeated = records.filter(pl.col("maker_id").is_null() & pl.col(IDENTITY).is_duplicated())
        repeated = repeated.rechunk().select("source_row", IDENTITY, nth=pl.int_range(pl.len()).over(IDENTITY))
    else:
        repeated = records.filter(pl.col("maker_id").is_null()).select("source_row", IDENTITY)
        repeated = repeated.with_columns(nth=pl.Series(_count(repeated[IDENTITY].to_list(), seen), dtype=pl.Int64))
    if repeated.is_empty():
        return records
    text = pl.concat_str(pl.col(IDENTITY).cast(pl.String), pl.col("nth").cast(pl.String), separator=_SEPARATOR)
    again = repeated.filter(pl.col("nth") > 0).select("source_row", again=Digest(text).xxh3_64())
    return (
        records.join(again, on="source_row", how="left", maintain_order="left")
        .with_columns(pl.coalesce("again", IDENTITY).alias(IDENTITY))
        .drop("again")
    )


def _count(identities: list[int], seen: dict[int, int]) -> list[int]:
    """How often each came before."""
    counts = []
    for identity in identities:
        counts.append(seen.get(identity, 0))
        seen[identity] = counts[-1] + 1
    return counts


def merged(records: pl.DataFrame, copies: dict[int, int]) -> pl.DataFrame:
    """Name the records of all files and mark those that are in two of them.

    Entries pair by the maker's id. Without one they pair between files, never inside one: same identity, same text, and
    a time whose zone is known or assumed, or no time at all but a clip; with neither text nor clip they never pair.

    Args:
        records: The `numbered` records of all files in their final order, with their file's number in ``FILE``.
        copies: Number of a file that is byte for byte another one -> number of that other one; rows pair one by one.

    Returns:
        The records with ``record_id`` and ``duplicate_of``, and still with ``FILE``.
    """
    name = pl.concat_str(pl.col("vendor").cast(pl.String), pl.lit("-"), pl.col(IDENTITY).cast(pl.String))
    records = records.with_columns(record_id=name)
    if records[IDENTITY].n_unique() < records.height:
        records = records.with_row_index(_AT)
        marks = _named_apart(records.filter(pl.col(IDENTITY).is_duplicated())).pipe(_paired, copies)
        records = (
            records.drop("duplicate_of")
            .join(marks, on=_AT, how="left", maintain_order="left")
            .with_columns(record_id=pl.coalesce("other_id", "record_id"))
        )
    return records.select(*RECORDS.names(), FILE)


def _named_apart(twice: pl.DataFrame) -> pl.DataFrame:
    # In steps, over one chunk: joining texts with a window's result over several chunks makes polars 2.1 panic.
    twice = twice.rechunk().with_columns(nth=pl.int_range(1, pl.len() + 1).over(IDENTITY))
    suffix = pl.when(pl.col("nth") > 1).then(pl.concat_str(pl.lit("-"), pl.col("nth").cast(pl.String)))
    return twice.with_columns(record_id=pl.concat_str("record_id", suffix.fill_null("")))


def _paired(twice: pl.DataFrame, copies: dict[int, int]) -> pl.DataFrame:
    """Which of the records with a shared identity repeat which."""
    named = pl.col("audio_files").list.len() > 0
    timed = pl.col("time").is_not_null() & (pl.col("transcript").is_not_null() | named)
    can_pair = pl.col("maker_id").is_not_null() | (
        (pl.col("time_basis") != "zone_unknown") & (timed | (pl.col("time_text").is_null() & named))
    )
    text = pl.when(pl.col("maker_id").is_null()).then("transcript")
    first = pl.col("record_id").first().over(IDENTITY, text.alias("text"), can_pair.alias("can_pair"))
    paired = twice.with_columns(first=pl.when(can_pair).then(first))
    originals = twice.select(_SAME=pl.col(FILE), source_row="source_row", original="record_id")
    paired = paired.with_columns(
        _SAME=pl.col(FILE).replace_strict(copies, default=None, return_dtype=pl.UInt32)
        if copies
        else pl.lit(None, pl.UInt32)
    ).join(originals, on=["_SAME", "source_row"], how="left", maintain_order="left")
    original = pl.coalesce("first", "original")  # in this order: no mark points at a marked record
    return paired.select(
        _AT, other_id="record_id", duplicate_of=pl.when(original != pl.col("record_id")).then(original)
    )


def with_clips(records: pl.DataFrame, clips: pl.DataFrame) -> pl.DataFrame:
    """Join the clips that were found, by base name, across all parts.

    Args:
        records: Records with ``audio_files``.
        clips: Columns ``name``, unique, and ``seconds``, null where the length is not known.

    Returns:
        The records with ``audio_found`` and ``audio_seconds``.
    """
    if clips.is_empty():
        return records
    records = records.with_row_index(_AT)
    found = (
        records.select(_AT, name="audio_files")
        .explode("name")
        .join(clips, on="name", how="inner")
        .group_by(_AT)
        .agg(
            audio_found=pl.len().cast(pl.UInt16),
            audio_seconds=pl.when(pl.col("seconds").count() > 0).then(pl.col("seconds").sum()),
        )
    )
    return (
        records.drop("audio_found", "audio_seconds")
        .join(found, on=_AT, how="left", maintain_order="left")
        .with_columns(pl.col("audio_found").fill_null(0))
        .select(RECORDS.names())
    )
