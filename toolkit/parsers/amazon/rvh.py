"""Amazon's privacy web page, "Review Voice History": pages of JSON under ``customerHistoryRecords``.

Seen 2021-2024 in 456 real records and in public issue threads; saved from the page by browser tools and exporters.
Live pages changed in 2024 (``-v2``) and again in 2026, see `rah`. There is no language, no length and no audio in it.

    {"recordKey": "A000#1634190270481#A3RBAYBE7VM004#G000", "recordType": "VOICE_HISTORY",
     "timestamp": 1634190270481, "customerId": "A000", "device": {"deviceName": "Echo", "deviceEntityId": null},
     "utteranceType": "GENERAL", "domain": "ToDos", "intent": "AddToListIntent", "skillName": "",
     "voiceHistoryRecordItems": [{"recordItemType": "CUSTOMER_TRANSCRIPT", "transcriptText": "...", ...}], ...}

Not kept, because other columns hold it: ``customerId`` (first part of ``recordKey``), and each item's
``recordItemKey`` and ``timestamp``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import polars as pl

from toolkit.carve.batch import Batch
from toolkit.carve.json import Cutter
from toolkit.carve.streams import utf8
from toolkit.carve.typed import Decoder, Int, Record
from toolkit.parsers.amazon import words
from toolkit.parsers.route import Context, Document, Loose, Route, Support
from toolkit.problems import cut_off


class Person(Record):
    """Whom voice ID thinks it heard (2022 on)."""

    personId: str | None = None
    personFirstName: str | None = None
    personType: str | None = None


class Device(Record):
    """The device; the name is null for apps."""

    deviceName: str | None = None
    deviceEntityId: str | None = None


class Item(Record):
    """One turn of an entry. PROFILE items (2023 on) have neither text nor time."""

    recordItemKey: str | None = None
    recordItemType: str | None = None
    utteranceId: str | None = None
    timestamp: Int | None = None
    transcriptText: str | None = None
    agentVisualName: str | None = None
    personsInfo: list[Person] | None = None


class Entry(Record):
    """One entry of the history."""

    recordKey: str | None = None
    recordType: str | None = None
    timestamp: Int | None = None
    customerId: str | None = None
    device: Device | None = None
    isBinaryFeedbackProvided: bool | None = None
    isFeedbackPositive: bool | None = None
    utteranceType: str | None = None
    domain: str | None = None
    intent: str | None = None
    skillName: str | None = None
    voiceHistoryRecordItems: list[Item] | None = None
    personsInfo: list[Person] | None = None
    cardResponse: str | None = None


KEY = "customerHistoryRecords"


def read(document: Document, context: Context) -> Iterator[Loose]:
    """All entries of one saved file, which may hold one page, many, or none."""
    with document.open() as stream:
        cutter = Cutter(utf8(stream, context.head, legacy=False), Decoder(Entry, context.limits), KEY, context.limits)
        for batch in cutter.batches():
            yield Loose(records(batch), batch.faults, batch.rejects)
    context.note = f"{cutter.pages:,} page(s) of Amazon's privacy page"
    if "cut_off" in cutter.notes:
        context.problems.append(cut_off(document.path))


def records(batch: Batch[Entry]) -> pl.DataFrame:
    """The entries of a batch as a loose frame."""
    entries = batch.records
    turns = [_turns(entry) for entry in entries]
    asked, answered, ids, people, rests = zip(*turns, strict=True) if turns else ((), (), (), (), ())
    frame = pl.DataFrame(
        {
            "source_row": batch.rows,
            "maker_id": [e.recordKey or None for e in entries],
            "timestamp": [e.timestamp for e in entries],
            "device_name": [e.device.deviceName if e.device else None for e in entries],
            "status_text": [e.utteranceType for e in entries],
            "intent": [e.intent for e in entries],
            "person": [_names(heard) if heard else None for heard in people],
            "transcript": asked,
            "response": answered,
            "utterance_id": ids,
            "extra": list(map(_extra, entries, people, rests)),
        },
        schema=_LOOSE,
    )
    return _with_leftovers(frame, batch.leftovers).select(_COLUMNS)


_LOOSE = {
    "source_row": pl.UInt32,
    "maker_id": pl.String,
    "timestamp": pl.Int64,
    **dict.fromkeys(("device_name", "status_text", "intent", "person"), pl.String),
    **dict.fromkeys(("transcript", "response", "utterance_id", "extra"), pl.String),
}
_YEAR_9999 = 253_402_300_799_000
_key = pl.col("maker_id").str.splitn("#", 4)
_whole = _key.struct.field("field_3").is_not_null()
# PROFILE items and broken records carry 0; a history that begins in 1970 would be invented.
# What no calendar holds becomes the year 9999, which `conform` calls impossible.
_millis = pl.coalesce(
    pl.col("timestamp").replace(0, None),
    pl.when(_whole).then(_key.struct.field("field_1").cast(pl.Int64, strict=False)),
).clip(-_YEAR_9999, _YEAR_9999)
_type, _uid = pl.col("status_text"), pl.col("utterance_id")
_COLUMNS = (
    "source_row",
    "maker_id",
    pl.from_epoch(_millis, time_unit="ms").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("time"),
    pl.col("timestamp").cast(pl.String).alias("time_text"),
    pl.when(_millis.is_null()).then(pl.lit("none")).otherwise(pl.lit("utc")).alias("time_basis"),
    pl.when(_whole).then(_key.struct.field("field_3")).alias("device_id"),
    pl.when(_whole).then(_key.struct.field("field_2")).alias("device_type"),
    "device_name",
    "person",
    words.trigger(_type, _uid, pl.col("transcript")).alias("trigger"),
    words.status(_type, _uid).alias("status"),
    "status_text",
    "transcript",
    "response",
    "intent",
    "utterance_id",
    "extra",
)


_Turns = tuple[str | None, str | None, str | None, list[Person], list[dict[str, Any]]]


def _turns(entry: Entry) -> _Turns:
    """What was asked, what was answered, the utterance's id, the people, and what else of the items is worth keeping.

    The kind of an item decides, not its place: an entry of several turns may begin with the answer. What stands in
    place of a request counts as one where there is no request; else it is kept with the rest.
    """
    asked, instead, answered, rest = [], [], [], []
    utterance_id, people = None, entry.personsInfo or []
    for item in entry.voiceHistoryRecordItems or ():
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
    return "\n".join(asked or instead) or None, "\n".join(answered) or None, utterance_id, people, rest


def _rest(item: Item, utterance_id: str | None, people: list[Person]) -> list[dict[str, Any]]:
    """What an item says beyond its text: nothing, or one object."""
    found: dict[str, Any] = {}
    if item.recordItemType not in _KINDS and item.recordItemType != "PROFILE":
        found["transcriptText"] = item.transcriptText
    if item.utteranceId != utterance_id:
        found["utteranceId"] = item.utteranceId
    if item.personsInfo and item.personsInfo != people:
        found["personsInfo"] = [_filled(person) for person in item.personsInfo]
    found = {key: value for key, value in (found | {"agentVisualName": item.agentVisualName}).items() if value}
    if not found and (item.recordItemType in _KINDS or item.recordItemType in ("PROFILE", None)):
        return []
    return [{"recordItemType": item.recordItemType, **found}]


_KINDS = frozenset({"CUSTOMER_TRANSCRIPT", "ASR_REPLACEMENT_TEXT", "ALEXA_RESPONSE", "TTS_REPLACEMENT_TEXT"})


def _names(people: list[Person]) -> str | None:
    return ", ".join([p.personFirstName for p in people if p.personFirstName]) or None


def _extra(entry: Entry, people: list[Person], rest: list[dict[str, Any]]) -> str | None:
    """Every key with a value that has no column of its own, as JSON."""
    customer = entry.customerId or ""
    text = _flat_extra(
        entry.recordType,
        entry.isBinaryFeedbackProvided,
        entry.isFeedbackPositive,
        entry.domain,
        entry.skillName,
        entry.device.deviceEntityId if entry.device else None,
        entry.cardResponse,
        None if (entry.recordKey or "").startswith(customer + "#") else customer,
    )
    if not people and not rest:
        return text
    more = {
        "personsInfo": [_filled(p) for p in people],
        "voiceHistoryRecordItems": rest,
    }
    return _joined(text, json.dumps({k: v for k, v in more.items() if v}, ensure_ascii=False, separators=(",", ":")))


@lru_cache(maxsize=4_096)
def _flat_extra(*values: str | bool | None) -> str | None:
    filled = {name: value for name, value in zip(_FLAT, values, strict=True) if value not in (None, "")}
    return json.dumps(filled, ensure_ascii=False, separators=(",", ":")) if filled else None


_FLAT = (
    "recordType",
    "isBinaryFeedbackProvided",
    "isFeedbackPositive",
    "domain",
    "skillName",
    "deviceEntityId",
    "cardResponse",
    "customerId",
)


def _filled(part: Record) -> dict[str, Any]:
    return {name: value for name in part.__struct_fields__ if (value := getattr(part, name))}


def _joined(first: str | None, second: str | None) -> str | None:
    """Two JSON objects as one."""
    if not first or not second:
        return first or second
    return first[:-1] + "," + second[1:]


def _with_leftovers(frame: pl.DataFrame, leftovers: dict[int, str]) -> pl.DataFrame:
    if not leftovers:
        return frame
    extra = frame["extra"].to_list()
    for position, text in leftovers.items():
        kept, left = json.loads(extra[position] or "{}"), json.loads("{" + text + "}")
        merged = kept | {key if key not in kept else f"{key} (rest)": value for key, value in left.items()}
        extra[position] = json.dumps(merged, ensure_ascii=False, separators=(",", ":"))
    return frame.with_columns(pl.Series("extra", extra, dtype=pl.String))


ROUTES = (
    Route(
        format="amazon_rvh",
        vendor="amazon",
        product="alexa",
        path=re.compile(r"\.json$|/[^./]*$|^[^./]*$", re.IGNORECASE),
        head=re.compile(rb'"customerHistoryRecords"\s*:'),
        read=read,
        about="Alexa voice history saved from Amazon's privacy page",
        support=Support(
            evidence="seen in real data of 2019 to 2021; what was added later is known from public reports",
            audio="not in this file",
            accidental="Amazon's own verdicts: false wake, no request found, not understood",
            device="name and serial",
            unknown="how Amazon's verdicts relate to the wording its pages show",
        ),
        sample="amazon-alexa-privacy-page",
    ),
)
