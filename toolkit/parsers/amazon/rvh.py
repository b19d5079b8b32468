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

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import polars as pl

from toolkit.carve.batch import Batch
from toolkit.carve.json import Cutter
from toolkit.carve.streams import utf8
from toolkit.carve.typed import Decoder, Int, Record
from toolkit.parsers.amazon import entries
from toolkit.parsers.amazon.entries import Item, Person
from toolkit.parsers.route import Context, Document, Loose, Route, Support
from toolkit.problems import cut_off


class Device(Record):
    """The device; the name is null for apps."""

    deviceName: str | None = None
    deviceEntityId: str | None = None


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
    return read_under(KEY, document, context)


def read_under(key: str, document: Document, context: Context) -> Iterator[Loose]:
    """The same for a file that has the entries under another key."""
    with document.open() as stream:
        cutter = Cutter(utf8(stream, context.head, legacy=False), Decoder(Entry, context.limits), key, context.limits)
        for batch in cutter.batches():
            yield Loose(records(batch), batch.faults, batch.rejects)
    context.note = f"{cutter.pages:,} page(s) of Amazon's privacy page"
    if "cut_off" in cutter.notes:
        context.problems.append(cut_off(document.path))


def records(batch: Batch[Entry], devices: Sequence[entries.Device] | None = None) -> pl.DataFrame:
    """The entries of a batch as a loose frame.

    Args:
        batch: What was cut.
        devices: Type and serial of the device of each, where something around the entry tells them.
    """
    found = batch.records
    told = [entries.turns(entry.voiceHistoryRecordItems or (), entry.personsInfo or []) for entry in found]
    columns: dict[str, Sequence[Any]] = {
        "source_row": batch.rows,
        "maker_id": [e.recordKey or None for e in found],
        "timestamp": [e.timestamp for e in found],
        "device_name": [e.device.deviceName if e.device else None for e in found],
        "status_text": [e.utteranceType for e in found],
        "intent": [e.intent for e in found],
        "person": [entries.names(turn.people) if turn.people else None for turn in told],
        "transcript": [turn.asked for turn in told],
        "response": [turn.answered for turn in told],
        "utterance_id": [turn.utterance_id for turn in told],
        "extra": list(map(_extra, found, told)),
    }
    if devices is not None:
        columns |= {"device_type": [one.type for one in devices], "device_id": [one.serial for one in devices]}
    return entries.frame(columns, batch.leftovers)


def _extra(entry: Entry, told: entries.Turns) -> str | None:
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
    if not told.people and not told.rest:
        return text
    more = {"personsInfo": [entries.filled(p) for p in told.people], "voiceHistoryRecordItems": told.rest}
    return entries.joined(text, entries.written(more))


@lru_cache(maxsize=4_096)
def _flat_extra(*values: str | bool | None) -> str | None:
    return entries.written(dict(zip(_FLAT, values, strict=True)))


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


ROUTES = (
    Route(
        format="amazon_rvh",
        vendor="amazon",
        product="alexa",
        path=re.compile(entries.JSON_PATH, re.IGNORECASE),
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
