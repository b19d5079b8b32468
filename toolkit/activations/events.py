"""From entries to activations: what belongs to one time the assistant was woken.

One utterance is often kept as two entries: "Alexa", a pause, "turn on the TV". Entries of one utterance id are one
activation, if each follows the one before within `SAME`: an id that a maker or a tool repeats all over a file says
nothing. Else an entry without a request joins the next entry of its device, if that follows within `PAIR`: the bare
wake word joins whatever follows (in 456 real records 86 of 89 were followed within 10 s, median 2.1 s) but a mark that
leads to no request (there all three stood alone), anything else joins a request only. What is no voice does not stand
between two halves. Two entries that both carry a request are never joined. A device that is not stated counts as one
device of its maker: to take the half of a request for an accident would be the worse mistake.

Grouping and judging work on numbers of rows; texts are looked up at the very end, since they are what fills the memory.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from toolkit.activations.entries import looked_at

PAIR = timedelta(seconds=10)
ALONE = timedelta(seconds=30)
SAME = timedelta(minutes=1)  # halves of one id were seen 0.8 to 3.8 s apart, and some times are rounded to the minute
_ENTRY, _EVENT = "entry", "event"
# Of which entry an activation has a column: the first, the deciding one, or the first or last that states it.
_FIRST = ("time", "time_basis", "vendor", "product")
_DECIDING = ("format", "status_text", "trigger")
_FIRST_STATED = ("device_name", "device_id")
_LAST_STATED = ("person", "language", "transcript")
_STATED = (*_FIRST_STATED, *_LAST_STATED)
_JUDGED = ("text", "status", "kind", "discarded", "talk", "unstated", "own")
_BARE = "wake_word_only"
_asks = pl.col("asks")


def grouped(records: pl.DataFrame) -> pl.DataFrame:
    """The activations in *records* (as in `schema.RECORDS`), in order of time.

    Returns:
        For each activation the numbers of the entries `facts` are taken from: ``first``, ``deciding`` (the request,
        else the last), and one for each column of which the first or last counts that states it; ``record_ids``,
        ``copies``, ``audio_files`` and ``audio_seconds``, of all its entries; and what is judged: ``time``, ``device``
        and ``stated`` (language), what `entries.looked_at` says of the deciding entry, ``marked`` (the maker says it
        was not meant, and no request follows from it), ``paired`` (of several entries) and ``alone`` (no entry of its
        device in the 30 s before, as its time shows).
    """
    entries = looked_at(records)
    rows = entries.select("device", "time", "utterance", "kind", "status", "marked", asks=pl.col("text").is_not_null())
    rows = rows.with_row_index(_ENTRY)
    copied = _copied(records)
    if copied.height:
        rows = rows.join(copied, on=_ENTRY, how="anti", maintain_order="left")
    rows = _numbered(_in_order(rows))
    several = rows[_EVENT].is_duplicated()
    events = pl.concat([_alone(rows.filter(~several)), _merged(records, rows.filter(several))])
    began = pl.DataFrame([_taken(entries["time"], events["first"]), _taken(records["record_id"], events["first"])])
    events = events[began.select(pl.arg_sort_by("time", "record_id", nulls_last=True)).to_series()]
    return events.hstack(
        [
            *_of_all(records, events.select(_EVENT), rows.select(_ENTRY, _EVENT), copied),
            *(_taken(entries[name], events["first"]) for name in ("time", "device")),
            *(_taken(entries[name], events["deciding"]) for name in _JUDGED),
            _taken(records["language"], events["language"]).alias("stated"),
        ]
    ).drop(_EVENT)


def _taken(column: pl.Series, rows: pl.Series) -> pl.Series:
    """The values of these rows, over one chunk: from several polars 2.1 copies texts, and holds lists five times."""
    return column.rechunk().gather(rows)


def _copied(records: pl.DataFrame) -> pl.DataFrame:
    """Each ``entry`` that is a copy of another here, and the ``original``; a copy of a copy counts as no copy."""
    rows = records.select("record_id", "duplicate_of").with_row_index(_ENTRY)
    marked = rows.filter(pl.col("duplicate_of").is_not_null()).select(_ENTRY, record_id="duplicate_of")
    originals = rows.filter(pl.col("duplicate_of").is_null()).select("record_id", original=_ENTRY)
    return marked.join(originals, on="record_id", maintain_order="left").drop("record_id")


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """The entries device by device, what is no voice behind all others, with ``alone``."""
    # Of entries of one time a half comes before its request, in whatever order the file has them.
    rows = rows.sort("device", "time", _asks, _ENTRY, nulls_last=True)
    before = pl.when(pl.col("device") == pl.col("device").shift(1)).then(pl.col("time") - pl.col("time").shift(1))
    rows = rows.with_columns(alone=(before > ALONE).fill_null(True) & pl.col("time").is_not_null())
    silent = pl.col("kind") == "not_voice"
    return pl.concat([rows.filter(~silent), rows.filter(silent)])


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Give each row, in the order of its device, the number of its activation."""
    shared = rows.filter(pl.col("utterance").is_not_null() & (pl.col("kind") == "voice"))
    shared = shared.filter(pl.col("utterance").is_duplicated())
    rows = rows.with_columns(unit=_ENTRY, unit_asks=_asks)
    one_each = rows
    if shared.height:
        units = _units_by_id(shared)
        rows = rows.drop("unit", "unit_asks").join(units, on=_ENTRY, how="left", maintain_order="left")
        rows = rows.with_columns(unit=pl.coalesce("unit", _ENTRY), unit_asks=pl.coalesce("unit_asks", _asks))
        one_each = rows.unique("unit", keep="last", maintain_order=True)
    numbers = one_each.select("unit", event=(~_joins_next()).shift(1, fill_value=True).cum_sum())
    if not shared.height:
        return rows.with_columns(numbers[_EVENT])
    return rows.join(numbers, on="unit", how="left", maintain_order="left")


def _joins_next() -> pl.Expr:
    """Whether what a row begins goes on in the next."""
    follows = pl.col("device") == pl.col("device").shift(-1)
    gap = pl.col("time").shift(-1) - pl.col("time")
    strange = pl.col("utterance") != pl.col("utterance").shift(-1)
    near = (
        (pl.col("kind") == "voice")
        & (pl.col("kind").shift(-1) != "not_voice")
        & ~pl.col("unit_asks")
        & follows
        & (gap <= PAIR)
    )
    to_request = (near & pl.col("unit_asks").shift(-1) & ~strange.fill_null(False)).fill_null(False)
    marked = pl.col("marked").shift(-1) & ~to_request.shift(-1)
    return to_request | (near & (pl.col("status") == _BARE) & ~marked).fill_null(False)


def _units_by_id(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of one utterance id, cut so that none has two requests: what has none goes with the next that has."""
    rows = rows.sort("time", _asks, maintain_order=True, nulls_last=True)
    gap = pl.col("time") - pl.col("time").shift(1).over("utterance")
    rows = rows.with_columns(stretch=(gap > SAME).fill_null(False).cum_sum().over("utterance"))
    asked, one = _asks.cast(pl.UInt32), ["utterance", "stretch"]
    part = pl.min_horizontal(asked.cum_sum().over(one) - asked, asked.sum().over(one).clip(1) - 1)
    unit = [*one, "part"]
    return rows.with_columns(part=part).select(
        _ENTRY, unit=pl.col(_ENTRY).first().over(unit), unit_asks=_asks.any().over(unit)
    )


def _alone(rows: pl.DataFrame) -> pl.DataFrame:
    """Activations of one entry: it says everything."""
    entry = {name: pl.col(_ENTRY) for name in ("first", "deciding", *_STATED)}
    return rows.select(_EVENT, **entry, alone="alone", marked="marked", paired=pl.lit(False))


def _merged(records: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Activations of several entries."""
    rows = rows.sort(_EVENT, maintain_order=True)
    rows = rows.hstack(records.select(pl.col(_STATED).is_not_null())[rows[_ENTRY]])
    entry = pl.col(_ENTRY)
    wholes = rows.group_by(_EVENT, maintain_order=True).agg(
        first=entry.first(),
        # A maker that heard the wake word in one half and not in the other contradicts itself.
        any_marked=pl.col("marked").any() & (pl.col("status") != _BARE).all(),
        **{name: entry.filter(name).first() for name in _FIRST_STATED},
    )
    deciding = rows.sort(_EVENT, _asks, maintain_order=True).group_by(_EVENT, maintain_order=True)
    decided = deciding.agg(
        pl.col("alone", "marked", "asks").last(),
        deciding=entry.last(),
        **{name: entry.filter(name).last() for name in _LAST_STATED},
    )
    joined = wholes.hstack(decided.drop(_EVENT))
    marked = pl.when(_asks).then("marked").otherwise("any_marked")
    return joined.select(_EVENT, "first", "deciding", *_STATED, "alone", marked=marked, paired=pl.lit(True))


def _of_all(records: pl.DataFrame, events: pl.DataFrame, rows: pl.DataFrame, copied: pl.DataFrame) -> pl.DataFrame:
    """What an activation has of all its entries; clips and their length only of those that are no copies."""
    copies = copied.join(rows, left_on="original", right_on=_ENTRY, maintain_order="left").select(rows.columns)
    members = pl.concat([rows.with_columns(copy=pl.lit(False)), copies.with_columns(copy=pl.lit(True))])
    members = members.join(events.with_row_index("at"), on=_EVENT).select("at", _ENTRY, "copy")
    members = members.sort("at", "copy", maintain_order=True)
    ids = members.select("at", "copy", record_ids=_taken(records["record_id"], members[_ENTRY]))
    told = ids.group_by("at", maintain_order=True).agg("record_ids", copies=pl.col("copy").sum())
    members = members.filter(~pl.col("copy"))
    heard = [_taken(records[name], members[_ENTRY]) for name in ("audio_files", "audio_seconds")]
    clips = (
        members.select("at")
        .hstack(heard)
        .group_by("at", maintain_order=True)
        .agg(
            pl.col("audio_files").list.explode(keep_nulls=False, empty_as_null=False),
            pl.when(pl.col("audio_seconds").count() > 0).then(pl.col("audio_seconds").sum()).alias("audio_seconds"),
        )
    )
    return told.hstack(clips.drop("at")).drop("at")


# Which columns of the records stand for which number of an entry.
_OF = {"first": ("record_id", *_FIRST), "deciding": _DECIDING}
_OF |= {name: (name,) for name in (*_FIRST_STATED, "person", "transcript")}
FOUND = [*_OF, "status", "kind", "record_ids", "copies", "audio_files", "audio_seconds"]


def facts(records: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """What is known of each activation.

    Args:
        records: As in `schema.RECORDS`.
        events: Columns `FOUND` of what `grouped` found in them; the numbers of entries are taken out of it.
    """
    columns = []
    for number, names in _OF.items():
        rows = events.drop_in_place(number)  # each makes room for what it stands for
        columns += [_taken(records[name], rows) for name in names]
    return events.hstack(columns).rename({"record_id": "activation_id"})
