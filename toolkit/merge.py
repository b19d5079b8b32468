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


def numbered(records: pl.DataFrame, seen: Seen | None = None) -> pl.DataFrame:
    """Give the records of one file their identity, a 64-bit digest from which ids and duplicates are told.

    An entry is the maker's id for it; where there is none, the product, the whole second (or the time as written), the
    clip's name, and that it is the n-th such entry of its file. What was said takes no part.

    Args:
        records: All records of the file, or with *seen* the next of them.
        seen: What came before; updated.
    """
    plain = pl.concat_str(
        "product",
        _when(),
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
        repeated = repeated.with_columns(nth=seen.count(repeated[IDENTITY]))
    if repeated.is_empty():
        return records
    text = pl.concat_str(pl.col(IDENTITY).cast(pl.String), pl.col("nth").cast(pl.String), separator=_SEPARATOR)
    again = repeated.filter(pl.col("nth") > 0).select("source_row", again=Digest(text).xxh3_64())
    return (
        records.join(again, on="source_row", how="left", maintain_order="left")
        .with_columns(pl.coalesce("again", IDENTITY).alias(IDENTITY))
        .drop("again")
    )


def _when() -> pl.Expr:
    return pl.coalesce(pl.col("time").dt.epoch("s").cast(pl.String), "time_text", pl.lit(""))


class Seen:
    """How often each identity came before, in eight bytes each: sorted runs, joined as they grow alike in length."""

    def __init__(self) -> None:
        self._runs: list[pl.Series] = []

    def count(self, identities: pl.Series) -> pl.Series:
        """How often each came before, those in front of it in the same series included; they are remembered."""
        before = identities.alias("one").to_frame().select(pl.int_range(pl.len()).over("one")).to_series()
        for run in self._runs:
            before += run.search_sorted(identities, "right").cast(pl.Int64)
            before -= run.search_sorted(identities, "left").cast(pl.Int64)
        self._runs.append(identities.sort())
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            self._runs[-2:] = [pl.concat(self._runs[-2:]).sort()]
        return before


def merged(records: pl.DataFrame, copies: dict[int, int]) -> pl.DataFrame:
    """Name the records of all files and mark those that are in two of them.

    Entries pair by the maker's id. Without one they pair between files, never inside one: the n-th of one file that has
    this product, whole second, text and clip with the n-th of another, if the time's zone is known or assumed, or there
    is no time at all but a clip; with neither text nor clip they never pair. One maker writes the same entry with its
    clip's name in one format and without in another, so an entry that names none also pairs with one that does.

    Args:
        records: The `numbered` records of all files in their final order, with their file's number in ``FILE``.
        copies: Number of a file that is byte for byte another one -> number of that other one; rows pair one by one.

    Returns:
        The records with ``record_id`` and ``duplicate_of``, and still with ``FILE``.
    """
    alone = records[IDENTITY].n_unique() == records.height
    records = _named(records, alone)
    if alone and records[FILE].n_unique() < 2:
        return records.select(*RECORDS.names(), FILE)
    records = records.with_row_index(_AT)
    first = pl.concat([_by_maker(records), _by_likeness(records)])
    if copies:  # last, so that no mark points at a marked record
        first = pl.concat([first, _by_row(records, copies)]).unique(_AT, keep="first")
    marks = first.filter(pl.col("original") != pl.col("record_id")).select(_AT, duplicate_of="original")
    records = records.drop("duplicate_of").join(marks, on=_AT, how="left", maintain_order="left")
    return records.select(*RECORDS.names(), FILE)


def unmerged(records: pl.DataFrame) -> pl.DataFrame:
    """Name `numbered` records without a look at any others: those with the same identity have the same id."""
    return _named(records, alone=True).select(*RECORDS.names())


def _named(records: pl.DataFrame, alone: bool) -> pl.DataFrame:
    """Give each record its id; those with the same identity are told apart by a number, unless each is *alone*."""
    name = pl.concat_str(pl.col("vendor").cast(pl.String), pl.lit("-"), pl.col(IDENTITY).cast(pl.String))
    records = records.with_columns(record_id=name)
    if alone:
        return records
    # In steps, over one chunk: joining texts with a window's result over several chunks makes polars 2.1 panic.
    records = records.rechunk().with_columns(__nth=pl.int_range(1, pl.len() + 1).over(IDENTITY))
    suffix = pl.when(pl.col("__nth") > 1).then(pl.concat_str(pl.lit("-"), pl.col("__nth").cast(pl.String)))
    return records.with_columns(record_id=pl.concat_str("record_id", suffix.fill_null(""))).drop("__nth")


def _by_maker(records: pl.DataFrame) -> pl.DataFrame:
    """The first record with the same id of the maker, for each that has one."""
    return records.filter(pl.col("maker_id").is_not_null()).select(
        _AT, "record_id", original=pl.col("record_id").first().over(IDENTITY)
    )


def _by_row(records: pl.DataFrame, copies: dict[int, int]) -> pl.DataFrame:
    """The record of the same row, for each record of a file that is a copy of another."""
    copied = records.filter(pl.col(FILE).is_in(list(copies))).select(
        _AT, "record_id", "source_row", of=pl.col(FILE).replace_strict(copies, return_dtype=pl.UInt32)
    )
    originals = records.select("source_row", of=FILE, original="record_id")
    return copied.join(originals, on=["of", "source_row"]).select(_AT, "record_id", "original")


def _by_likeness(records: pl.DataFrame) -> pl.DataFrame:
    """The first record that is alike in an earlier file, for each record without an id of the maker."""
    clip = pl.col("audio_files").list.first()
    timed = pl.col("time").is_not_null() & (pl.col("transcript").is_not_null() | clip.is_not_null())
    untimed = pl.col("time").is_null() & pl.col("time_text").is_null() & clip.is_not_null()
    like = pl.concat_str("product", _when(), pl.col("transcript").fill_null("\x00"), separator=_SEPARATOR)
    rows = (
        records.filter(pl.col("maker_id").is_null(), pl.col("time_basis") != "zone_unknown", timed | untimed)
        .select(_AT, FILE, "record_id", like=Digest(like).xxh3_64(), clip=clip)
        .filter(pl.col("like").is_duplicated())
        .rechunk()
    )
    rows = rows.with_columns(nth=pl.int_range(pl.len()).over(FILE, "like", "clip"))
    rows = rows.with_columns(original=pl.col("record_id").first().over("like", "clip", "nth"))
    later = _without_clip(rows.filter(pl.col("original") == pl.col("record_id")))
    if later.height:
        rows = rows.join(later, on="original", how="left", maintain_order="left")
        rows = rows.with_columns(original=pl.coalesce("earlier", "original"))
    return rows.select(_AT, "record_id", "original")


def _without_clip(firsts: pl.DataFrame) -> pl.DataFrame:
    """Of records that are alike but for a clip's name missing in one file: the later as ``original``, the ``earlier``.

    A file that names the clip of one such record would name it for the other, so two of one file never pair.
    """
    named = firsts.filter(pl.col("clip").is_not_null())
    bare = firsts.filter(pl.col("clip").is_null()).join(named, on=["like", FILE], how="anti", maintain_order="left")
    numbered = [part.with_columns(nth=pl.int_range(pl.len()).over("like")) for part in (named, bare)]
    pairs = numbered[0].join(numbered[1], on=["like", "nth"], suffix="_bare")
    bare_later = pl.col(_AT) < pl.col(_AT + "_bare")
    ids = pl.col("record_id"), pl.col("record_id_bare")
    return pairs.select(
        original=pl.when(bare_later).then(ids[1]).otherwise(ids[0]),
        earlier=pl.when(bare_later).then(ids[0]).otherwise(ids[1]),
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
