"""Alexa's history of the Alexa+ era (2026): pages under ``alexaHistoryRecords``, conversations in files of their own.

Read in public code and its unit tests (chemelli74/aioamazondevices@cd4acc07, pull requests 789, 1021, 1065); no real
file is public. An entry is an utterance or the header of a conversation. What was said in a conversation comes from a
second address, ``customer-conversation-detail``, as ``conversationTurns``: see `rah_turns`.

    {"recordType": "utterance", "timestamp": 1785981806720, "activityKey": "A000#1785981806720#A39OV95SPFQ9YG#G000",
     "utteranceType": "GENERAL", "intent": "QAIntent", "title": "what time is it", "subTitle": "", "deviceInfo": null}
    {"recordType": "conversation", "conversationId": "...", "startTime": 1785981800000, "timestamp": 1785981806720,
     "title": "Date/Time Request", "subTitle": "What time is it?", "deviceInfo": [{"deviceName": "Kitchen", ...}]}

``subTitle`` of an utterance is the answer or the device: it counts as the answer only where the device has a name and
it is another. A header is left out where a turn in the files given holds its request, within a minute of the time it
covers: turns do not name their conversation, so likeness has to do (inferred).

Not kept, because other columns hold it: ``customerId`` where it is the first part of ``activityKey``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import polars as pl

from toolkit.carve.batch import Batch
from toolkit.carve.json import Cutter
from toolkit.carve.streams import utf8
from toolkit.carve.typed import Decoder, Int, Record
from toolkit.parsers.amazon import entries, rah_turns, words
from toolkit.parsers.amazon.entries import Item, Person
from toolkit.parsers.route import Context, Document, Loose, Route, Support
from toolkit.problems import cut_off


class Info(Record):
    """A device; null for those of other makers and for what belongs to no device."""

    deviceSerialNumber: str | None = None
    deviceName: str | None = None


class Entry(Record):
    """An utterance, or the header of a conversation."""

    recordType: str | None = None
    customerId: str | None = None
    timestamp: Int | None = None
    activityKey: str | None = None
    utteranceType: str | None = None
    intent: str | None = None
    title: str | None = None
    subTitle: str | None = None
    deviceInfo: Info | list[Info] | None = None
    personsInfo: Person | list[Person] | None = None
    voiceHistoryRecordItems: list[Item] | None = None
    conversationId: str | None = None
    startTime: Int | None = None
    type: str | None = None


KEY = "alexaHistoryRecords"


def read(document: Document, context: Context) -> Iterator[Loose]:
    """All entries of one saved file: of a list, and of conversations, which stand in files of their own or in the same.

    What was said in files without a list is left in ``context.told``, for the headers in the lists read after them.
    """
    said: _Said = {}
    turns = 0
    for loose in rah_turns.read(document, context):
        turns += loose.frame.height + len(loose.rejects) + loose.left_out
        for text, ms in loose.frame.select("transcript", pl.col("time").dt.epoch("ms")).drop_nulls().iter_rows():
            insort(said.setdefault(_wording(text), []), ms)
        yield loose
    headers = 0
    with document.open() as stream:
        cutter = Cutter(utf8(stream, context.head, legacy=False), Decoder(Entry, context.limits), KEY, context.limits)
        for batch in cutter.batches():
            loose = _loose(batch, turns, (said, context.told))
            headers += loose.left_out
            yield loose
    if not cutter.pages:
        for text, times in said.items():
            for ms in times:
                insort(context.told.setdefault(text, []), ms)
    gone = "header(s) left out, of conversations whose turns are read"
    found = ((cutter.pages, "page(s) of entries"), (turns, "turn(s) of conversations"), (headers, gone))
    context.note = ", ".join(f"{count:,} {what}" for count, what in found if count)
    if "cut_off" in cutter.notes:
        context.problems.append(cut_off(document.path))


_Said = dict[str, list[int]]
_MINUTE = 60_000
_YEAR_2000 = 946_684_800_000  # earlier times are placeholders, as in the public test data


def _wording(text: str) -> str:
    return text.strip().casefold()


def _loose(batch: Batch[Entry], turns: int, told: tuple[_Said, ...]) -> Loose:
    """The entries of a batch, numbered behind the *turns* of the same file, without the headers of what is *told*."""
    gone = {at for at, entry in enumerate(batch.records) if _is_told(entry, told)}
    stay = [at for at in range(len(batch.records)) if at not in gone]
    kept = entries.only(batch, stay)
    rows = [turns + row for row in kept.rows]
    faults, rejects = ([(turns + row, code) for row, code in found] for found in (kept.faults, kept.rejects))
    return Loose(records(Batch(kept.records, rows, kept.leftovers)), faults, rejects, len(gone))


def _is_told(entry: Entry, told: tuple[_Said, ...]) -> bool:
    """Whether this is the header of a conversation whose request is among the turns, at about its time."""
    if entry.recordType != "conversation" or not entry.subTitle:
        return False
    text = _wording(entry.subTitle)
    begin, end = sorted((entry.startTime or entry.timestamp or 0, entry.timestamp or entry.startTime or 0))
    for times in (said[text] for said in told if text in said):
        after = bisect_left(times, begin - _MINUTE)
        if end < _YEAR_2000 or (after < len(times) and times[after] <= end + _MINUTE):
            return True
    return False


def records(batch: Batch[Entry]) -> pl.DataFrame:
    """The entries of a batch as a loose frame."""
    found = batch.records
    people = [_listed(entry.personsInfo) for entry in found]
    devices = [_listed(entry.deviceInfo) for entry in found]
    told = [entries.turns(e.voiceHistoryRecordItems or (), who) for e, who in zip(found, people, strict=True)]
    firsts = [device[0] if device else Info() for device in devices]
    asked = [_request(entry) or turn.asked for entry, turn in zip(found, told, strict=True)]
    answered = [turn.answered or _answer(entry, first) for entry, turn, first in zip(found, told, firsts, strict=True)]
    columns: dict[str, Sequence[Any]] = {
        "source_row": batch.rows,
        "maker_id": [e.activityKey or None for e in found],
        "timestamp": [e.timestamp for e in found],
        "device_id": [one.deviceSerialNumber or None for one in firsts],
        "device_name": [one.deviceName for one in firsts],
        "status_text": [e.utteranceType or e.recordType for e in found],
        "intent": [e.intent for e in found],
        "person": [entries.names(turn.people) for turn in told],
        "transcript": asked,
        "response": answered,
        "utterance_id": [turn.utterance_id for turn in told],
        "extra": [_extra(*one) for one in zip(found, told, devices, asked, answered, strict=True)],
    }
    return entries.frame(columns, batch.leftovers, status=_status)


# Of a conversation it is only said that it was one: where a text was kept, something was understood.
_status = (
    pl.when(pl.col("status_text") == "conversation", pl.col("transcript").is_not_null())
    .then(pl.lit("understood"))
    .otherwise(words.status(pl.col("status_text"), pl.col("utterance_id")))
)


P = TypeVar("P", Info, Person)


def _listed(one: P | list[P] | None) -> list[P]:
    """One, many or none, as a list."""
    return one if isinstance(one, list) else [one] if one else []


def _request(entry: Entry) -> str | None:
    """An utterance has its request as title; a conversation has a category there, and its request below it."""
    return (entry.subTitle if entry.recordType == "conversation" else entry.title) or None


def _answer(entry: Entry, device: Info) -> str | None:
    """What stands below the title of an utterance, where it cannot be the device."""
    if entry.recordType == "conversation" or not device.deviceName or entry.subTitle == device.deviceName:
        return None
    return entry.subTitle or None


def _extra(
    entry: Entry, told: entries.Turns, devices: list[Info], asked: str | None, answered: str | None
) -> str | None:
    """Every key with a value that has no column of its own, as JSON."""
    customer = entry.customerId or ""
    beside = [{"transcriptText": told.asked}] if told.asked and told.asked != asked else []
    return entries.written(
        {
            "recordType": None if entry.utteranceType is None else entry.recordType,
            "customerId": None if (entry.activityKey or "").startswith(customer + "#") else customer,
            "title": None if entry.title == asked else entry.title,
            "subTitle": None if entry.subTitle in (asked, answered) else entry.subTitle,
            "conversationId": entry.conversationId,
            "startTime": entry.startTime,
            "type": entry.type,
            "deviceInfo": [entries.filled(device) for device in devices] if len(devices) > 1 else None,
            "personsInfo": [entries.filled(person) for person in told.people],
            "voiceHistoryRecordItems": told.rest + beside,
        }
    )


_SUPPORT = Support(
    evidence="read in public code of 2026 and its tests; no real file is public",
    audio="not in this file",
    accidental="Amazon's own verdicts on utterances: false wake, no request found; of conversations none",
    device="name or serial of utterances and headers; not of what was said in a conversation",
    unknown="how a saved conversation names its header, and whether it was typed",
)
ROUTES = (
    Route(
        format="amazon_rah",
        vendor="amazon",
        product="alexa",
        path=re.compile(entries.JSON_PATH, re.IGNORECASE),
        head=re.compile(rb'"alexaHistoryRecords"\s*:'),
        read=read,
        about="Alexa history of 2026 saved from Amazon's privacy page",
        support=_SUPPORT,
        sample="amazon-alexa-plus",
    ),
    Route(
        format="amazon_rah_turns",
        vendor="amazon",
        product="alexa",
        path=re.compile(entries.JSON_PATH, re.IGNORECASE),
        head=re.compile(rb'\A(?!.*"alexaHistoryRecords"\s*:).*"conversationTurns"\s*:', re.DOTALL),
        read=read,
        about="what was said in conversations with Alexa+, 2026",
        support=_SUPPORT,
        sample="amazon-alexa-plus",
        first=True,
    ),
)
