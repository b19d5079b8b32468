"""What the shapes of Alexa's history share: turns and people, the four-part key, the utterance, what has no column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import polars as pl

from toolkit.carve.batch import Batch
from toolkit.carve.typed import Int, Record, T
from toolkit.parsers.amazon import words

_ENCODER = msgspec.json.Encoder()
JSON_PATH = r"\.json$|/[^./]*$|^[^./]*$"  # a saved answer often has no ending at all


class Person(Record):
    """Whom voice ID thinks it heard (2022 on)."""

    personId: str | None = None
    personFirstName: str | None = None
    personType: str | None = None


class Item(Record):
    """One turn of an entry. PROFILE items (2023 on) have neither text nor time."""

    recordItemKey: str | None = None
    recordItemType: str | None = None
    utteranceId: str | None = None
    timestamp: Int | None = None
    transcriptText: str | None = None
    agentVisualName: str | None = None
    personsInfo: list[Person] | None = None


class Device(NamedTuple):
    """A device by the maker's codes."""

    type: str | None
    serial: str | None


class Turns(NamedTuple):
    """What the items of an entry say.

    Attributes:
        asked: The request, a line for each part of it.
        answered: What the assistant said.
        utterance_id: Of the first item that has one, as written.
        people: Whom the maker thinks it heard.
        rest: What else of the items is worth keeping.
    """

    asked: str | None
    answered: str | None
    utterance_id: str | None
    people: list[Person]
    rest: list[dict[str, Any]]


def turns(items: Iterable[Item], people: list[Person]) -> Turns:
    """What was asked and answered.

    The kind of an item decides, not its place: an entry of several turns may begin with the answer. What stands in
    place of a request counts as one where there is no request; else it is kept with the rest.
    """
    asked, instead, answered, rest = [], [], [], []
    utterance_id = None
    for item in items:
        kind, text = item.recordItemType, item.transcriptText
        utterance_id = utterance_id or item.utteranceId
        people = people or item.personsInfo or []
        if (
            kind not in _KINDS
            or item.agentVisualName
            or item.utteranceId != utterance_id
            or (item.personsInfo and item.personsInfo != people)
        ):
            rest += _rest(item, utterance_id, people)
        if not text:
            continue
        if kind == "CUSTOMER_TRANSCRIPT":
            asked.append(text)
        elif kind == "ASR_REPLACEMENT_TEXT":
            instead.append(text)
        elif kind in _KINDS:
            answered.append(text)
    if asked:
        rest += [{"recordItemType": "ASR_REPLACEMENT_TEXT", "transcriptText": text} for text in instead]
    return Turns("\n".join(asked or instead) or None, "\n".join(answered) or None, utterance_id, people, rest)


def _rest(item: Item, utterance_id: str | None, people: list[Person]) -> list[dict[str, Any]]:
    """What an item says beyond its text: nothing, or one object."""
    found: dict[str, Any] = {}
    if item.recordItemType not in _KINDS and item.recordItemType != "PROFILE":
        found["transcriptText"] = item.transcriptText
    if item.utteranceId != utterance_id:
        found["utteranceId"] = item.utteranceId
    if item.personsInfo and item.personsInfo != people:
        found["personsInfo"] = [filled(person) for person in item.personsInfo]
    found = {key: value for key, value in (found | {"agentVisualName": item.agentVisualName}).items() if value}
    if not found and (item.recordItemType in _KINDS or item.recordItemType in ("PROFILE", None)):
        return []
    return [{"recordItemType": item.recordItemType, **found}]


_KINDS = frozenset({"CUSTOMER_TRANSCRIPT", "ASR_REPLACEMENT_TEXT", "ALEXA_RESPONSE", "TTS_REPLACEMENT_TEXT"})


def names(people: list[Person]) -> str | None:
    """The first names, parted by commas."""
    return ", ".join([p.personFirstName for p in people if p.personFirstName]) or None


def filled(part: Record) -> dict[str, Any]:
    """The fields of a part that hold something."""
    return {name: value for name in part.__struct_fields__ if (value := getattr(part, name))}


def written(values: Mapping[str, Any]) -> str | None:
    """What holds something as a JSON object, or None."""
    found = {name: value for name, value in values.items() if value not in (None, "", [], {})}
    return _ENCODER.encode(found).decode() if found else None


def joined(first: str | None, second: str | None) -> str | None:
    """Two JSON objects as one."""
    if not first or not second:
        return first or second
    return first[:-1] + "," + second[1:]


def only(batch: Batch[T], positions: Sequence[int]) -> Batch[T]:
    """The records at these positions, with their numbers and faults; rejects stay."""
    rows = [batch.rows[at] for at in positions]
    stay = set(rows)
    return Batch(
        [batch.records[at] for at in positions],
        rows,
        {new: batch.leftovers[at] for new, at in enumerate(positions) if at in batch.leftovers},
        [fault for fault in batch.faults if fault[0] in stay],
        batch.rejects,
    )


def instant(millis: pl.Expr) -> pl.Expr:
    """Milliseconds since 1970, UTC; what no calendar holds becomes the year 9999, which `conform` calls impossible."""
    bounded = millis.clip(-_YEAR_9999, _YEAR_9999)
    return pl.from_epoch(bounded, time_unit="ms").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def kept(frame: pl.DataFrame, leftovers: Mapping[int, str]) -> pl.DataFrame:
    """Bring halves of an utterance under one id, and the raw id and the keys no field took into ``extra``.

    Args:
        frame: With ``utterance_id`` as written and ``extra``.
        leftovers: Position in *frame* -> the inside of a JSON object.
    """
    frame = _whole_utterances(frame)
    if not leftovers:
        return frame
    extra = frame["extra"].to_list()
    for position, text in leftovers.items():
        known, left = json.loads(extra[position] or "{}"), json.loads("{" + text + "}")
        merged = known | {key if key not in known else f"{key} (rest)": value for key, value in left.items()}
        extra[position] = json.dumps(merged, ensure_ascii=False, separators=(",", ":"))
    return frame.with_columns(pl.Series("extra", extra, dtype=pl.String))


def _whole_utterances(frame: pl.DataFrame) -> pl.DataFrame:
    raw, extra = pl.col("utterance_id"), pl.col("extra")
    half = raw.str.contains(words.HALF)
    frame = frame.with_columns(_quoted(frame["utterance_id"]).alias("__quoted"))
    first = pl.concat_str(pl.lit('{"utteranceId":'), "__quoted")
    whole = pl.concat_str(
        first, pl.when(extra.is_null()).then(pl.lit("}")).otherwise(pl.concat_str(pl.lit(","), extra.str.slice(1)))
    )
    return frame.with_columns(
        pl.when(half).then(whole).otherwise(extra).alias("extra"), raw.str.replace(words.HALF, "")
    ).drop("__quoted")


def _quoted(texts: pl.Series) -> pl.Series:
    """Each text as JSON writes it."""
    if texts.str.contains(r"[^ !#-\[\]-~]").any():
        return pl.Series(
            [None if one is None else json.dumps(one, ensure_ascii=False) for one in texts], dtype=pl.String
        )
    return pl.select(pl.concat_str(pl.lit('"'), texts, pl.lit('"'))).to_series()


_LOOSE = {
    "source_row": pl.UInt32,
    "maker_id": pl.String,
    "timestamp": pl.Int64,
    **dict.fromkeys(("device_id", "device_type", "device_name", "status_text", "intent", "person"), pl.String),
    **dict.fromkeys(("transcript", "response", "utterance_id", "extra"), pl.String),
}
_YEAR_9999 = 253_402_300_799_000
_key = pl.col("maker_id").str.splitn("#", 4)
_whole = _key.struct.field("field_3").is_not_null()
# PROFILE items and broken records carry 0; a history that begins in 1970 would be invented.
_millis = pl.coalesce(
    pl.col("timestamp").replace(0, None),
    pl.when(_whole).then(_key.struct.field("field_1").cast(pl.Int64, strict=False)),
)
_type, _uid = pl.col("status_text"), pl.col("utterance_id")


def frame(
    columns: Mapping[str, Sequence[Any]],
    leftovers: Mapping[int, str],
    status: pl.Expr | None = None,
) -> pl.DataFrame:
    """Entries as a loose frame.

    Args:
        columns: Values by name; ``maker_id`` is the four-part key ``customer#milliseconds#type#serial`` if it has four
            parts, from which time and device are taken where the entry itself does not say; ``timestamp`` is in
            milliseconds, UTC.
        leftovers: As for `kept`.
        status: Told from the other columns; None if it is as `words.status` says.
    """
    loose = pl.DataFrame(columns, schema={name: _LOOSE[name] for name in columns})
    loose = loose.with_columns(pl.lit(None, kind).alias(name) for name, kind in _LOOSE.items() if name not in columns)
    return kept(loose, leftovers).select(
        "source_row",
        "maker_id",
        instant(_millis).alias("time"),
        pl.col("timestamp").cast(pl.String).alias("time_text"),
        pl.when(_millis.is_null()).then(pl.lit("none")).otherwise(pl.lit("utc")).alias("time_basis"),
        pl.coalesce("device_id", pl.when(_whole).then(_key.struct.field("field_3"))).alias("device_id"),
        pl.coalesce("device_type", pl.when(_whole).then(_key.struct.field("field_2"))).alias("device_type"),
        "device_name",
        "person",
        words.trigger(_type, _uid, pl.col("transcript")).alias("trigger"),
        (words.status(_type, _uid) if status is None else status).alias("status"),
        "status_text",
        "transcript",
        "response",
        "intent",
        "utterance_id",
        "extra",
    )
