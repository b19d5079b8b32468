"""Alexa's older activity list, ``/api/activities`` (2015 to about 2023): ``activities``, whole pages or one by one.

Seen in public logs of 2018 to 2021 and in a capture of 2017; pages were saved by exporters and from browsers. There
is no answer, no language and no length in it. ``description`` is a text that holds JSON; ``domainAttributes`` is such a
text, or a bare word (``DEVICE_ARBITRATION``, ``FALSE_WAKE_WORD_1P``), or null.

    {"activityStatus": "SUCCESS", "creationTimestamp": 1533932315288, "description": "{\\"summary\\":\\"...\\",
     \\"firstUtteranceId\\":\\"...\\"}", "domainAttributes": null, "id": "A000#1533932315288#A3S5BH2HU6VAYF#G000",
     "sourceDeviceIds": [{"deviceType": "A3S5BH2HU6VAYF", "serialNumber": "G000"}], "utteranceId": "TextClient:..."}

A person who pauses after the wake word has two entries: both have the same ``utteranceId``, and their
``firstUtteranceId`` ends in ``/0`` and ``/1`` (6 of 6 pairs of the capture); so both are kept in ``extra``. One
exporter (LIFSHallym, 2018) saves the clip of an activity as ``<creationTimestamp>.wav``: it is joined where it is
there. The dialogue it saves beside that, ``activityDialogItems``, is not read.

Not kept, because ``id`` says the same: ``registeredCustomerId`` and ``sourceDeviceIds``, where they do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import polars as pl

from toolkit.carve.batch import Batch
from toolkit.carve.json import Cutter
from toolkit.carve.streams import Enclosed, Readable, utf8
from toolkit.carve.typed import Decoder, Int, Record, fit, parsed
from toolkit.parsers.amazon import entries, words
from toolkit.parsers.route import Context, Document, Loose, Route, Support
from toolkit.problems import cut_off


class Source(Record):
    """A device that heard."""

    deviceAccountId: str | None = None
    deviceType: str | None = None
    serialNumber: str | None = None


class Description(Record):
    """What stands in the text ``description``."""

    summary: str | None = None
    firstUtteranceId: str | None = None
    firstStreamId: str | None = None


class Activity(Record):
    """One activity."""

    _disambiguationId: str | None = None
    activityStatus: str | None = None
    creationTimestamp: Int | None = None
    description: str | None = None
    domainAttributes: str | None = None
    domainType: str | None = None
    feedbackAttributes: str | None = None
    id: str | None = None
    intentType: str | None = None
    providerInfoDescription: str | None = None
    registeredCustomerId: str | None = None
    sourceActiveUsers: str | None = None
    sourceDeviceIds: list[Source] | None = None
    utteranceId: str | None = None
    version: Int | None = None


KEY = "activities"


def read(document: Document, context: Context) -> Iterator[Loose]:
    """All activities of one saved file, which may hold one page, many, or none."""
    with document.open() as stream:
        cutter = _cutter(utf8(stream, context.head, legacy=False), KEY, context)
        yield from _all(cutter, document, context)
    context.note = f"{cutter.pages:,} page(s) of activities"


def read_single(document: Document, context: Context) -> Iterator[Loose]:
    """The activity that is the whole file."""
    with document.open() as stream:
        cutter = _cutter(Enclosed(utf8(stream, context.head, legacy=False), b"[", b"]"), None, context)
        yield from _all(cutter, document, context)


def _cutter(stream: Readable, key: str | None, context: Context) -> Cutter[Activity]:
    return Cutter(stream, Decoder(Activity, context.limits), key, context.limits)


def _all(cutter: Cutter[Activity], document: Document, context: Context) -> Iterator[Loose]:
    for batch in cutter.batches():
        yield Loose(_with_clips(records(batch), batch.records, context), batch.faults, batch.rejects)
    if "cut_off" in cutter.notes:
        context.problems.append(cut_off(document.path))


def records(batch: Batch[Activity]) -> pl.DataFrame:
    """The activities of a batch as a loose frame."""
    found = batch.records
    described = [_described(one.description) for one in found]
    deciding = [_deciding(one) for one in found]
    devices = [_device(one) for one in found]
    columns: dict[str, Sequence[Any]] = {
        "source_row": batch.rows,
        "maker_id": [one.id or None for one in found],
        "timestamp": [one.creationTimestamp for one in found],
        "device_type": [device.type for device in devices],
        "device_id": [device.serial for device in devices],
        "status_text": deciding,
        "intent": [one.intentType for one in found],
        "transcript": [told.summary or None for told, _ in described],
        "utterance_id": [
            one.utteranceId or told.firstUtteranceId for one, (told, _) in zip(found, described, strict=True)
        ],
        "extra": list(map(_extra, found, described, deciding)),
    }
    return entries.frame(columns, batch.leftovers, status=_status)


# Only the wake word: the first half of a command as a rule, whether it was then discarded or not.
_status = (
    pl.when(
        pl.col("status_text").is_in(["SUCCESS", "DISCARDED_NON_DEVICE_DIRECTED_INTENT"]),
        pl.col("transcript").str.contains(rf"(?i)^{words.WAKE_WORD}$"),
        ~pl.col("utterance_id").str.starts_with("TextClient:").fill_null(False),
    )
    .then(pl.lit("wake_word_only"))
    .otherwise(words.status(pl.col("status_text"), pl.col("utterance_id")))
)


def _deciding(activity: Activity) -> str | None:
    """The maker's word for what became of it: a verdict among the attributes outweighs the status beside it."""
    verdict = activity.domainAttributes
    if verdict and (verdict == "DEVICE_ARBITRATION" or verdict.startswith("FALSE_WAKE_WORD")):
        return verdict
    return activity.activityStatus


def _device(activity: Activity) -> entries.Device:
    if (activity.id or "").count("#") >= 3 or not activity.sourceDeviceIds:
        return entries.Device(None, None)  # the four-part key tells
    return entries.Device(activity.sourceDeviceIds[0].deviceType, activity.sourceDeviceIds[0].serialNumber)


_Described = tuple[Description, dict[str, Any] | str | None]
_DECODER = Decoder(Description)


def _described(text: str | None) -> _Described:
    """What the text says, and what of it no field took: some keys, or all of a text that is no JSON object."""
    told = _DECODER.one(text.encode()) if text else Description()
    if told is not None:
        return told, None
    value = parsed(text or "")
    if not isinstance(value, dict):
        return Description(), text
    told, left = fit(value, Description, [])
    return told, left or None


def _extra(activity: Activity, described: _Described, deciding: str | None) -> str | None:
    """Every key with a value that has no column of its own, as JSON."""
    told, left = described
    key, customer, utterance = activity.id or "", activity.registeredCustomerId or "", activity.utteranceId
    own = {
        "activityStatus": None if deciding == activity.activityStatus else activity.activityStatus,
        "domainAttributes": None if deciding == activity.domainAttributes else activity.domainAttributes,
        "firstUtteranceId": None if told.firstUtteranceId == utterance else told.firstUtteranceId,
        "firstStreamId": None if told.firstStreamId == utterance else told.firstStreamId,
        "description": left,
        "registeredCustomerId": None if key.startswith(customer + "#") else customer,
        "sourceDeviceIds": _devices_beyond(activity.sourceDeviceIds or [], key),
    }
    flat = _flat_extra(
        activity._disambiguationId,
        activity.domainType,
        activity.feedbackAttributes,
        activity.providerInfoDescription,
        activity.sourceActiveUsers,
        activity.version,
    )
    return entries.joined(flat, entries.written(own))


@lru_cache(maxsize=4_096)
def _flat_extra(*values: str | int | None) -> str | None:
    return entries.written(dict(zip(_FLAT, values, strict=True)))


_FLAT = (
    "_disambiguationId",
    "domainType",
    "feedbackAttributes",
    "providerInfoDescription",
    "sourceActiveUsers",
    "version",
)


def _devices_beyond(sources: list[Source], key: str) -> list[dict[str, Any]]:
    """The devices, unless they are the one that the key names."""
    if len(sources) == 1 and not sources[0].deviceAccountId:
        only = sources[0]
        if key.count("#") < 3 or key.endswith(f"#{only.deviceType}#{only.serialNumber}"):
            return []
    return [entries.filled(source) for source in sources]


def _with_clips(frame: pl.DataFrame, activities: list[Activity], context: Context) -> pl.DataFrame:
    """Name the clips that lie beside the file under the activity's time."""
    named = [f"{activity.creationTimestamp}.wav" for activity in activities]
    clips = [[name] if name in context.names else [] for name in named]
    return frame.with_columns(pl.Series("audio_files", clips, dtype=pl.List(pl.String))) if any(clips) else frame


_ITS_KEYS = rb'"(?:activityStatus|creationTimestamp|_disambiguationId)"\s*:'
_SUPPORT = Support(
    evidence="seen in real data of 2017 to 2021; what two of its statuses mean is not known",
    audio="joined where an exporter wrote it under the activity's time",
    accidental="Amazon's own verdicts: false wake, discarded as not directed at the device",
    device="serial, no name",
    unknown="what FAIL and SYSTEM_ABANDONED mean",
)
ROUTES = (
    Route(
        format="amazon_legacy",
        vendor="amazon",
        product="alexa",
        path=re.compile(entries.JSON_PATH, re.IGNORECASE),
        # Fitness exports have activities, too; an empty page of Alexa's is told by its two dates.
        head=re.compile(
            rb'\A(?:(?=.*%s).*"activities"\s*:\s*\[\s*\{|'
            rb'(?=.*"startDate"\s*:)(?=.*"endDate"\s*:).*"activities"\s*:\s*(?:null|\[\s*\]))' % _ITS_KEYS,
            re.DOTALL,
        ),
        read=read,
        about="Alexa activity list of before 2023",
        support=_SUPPORT,
        sample="amazon-alexa-activities",
    ),
    Route(
        format="amazon_legacy_single",
        vendor="amazon",
        product="alexa",
        path=re.compile(entries.JSON_PATH, re.IGNORECASE),
        head=re.compile(
            rb'\A(?:\xef\xbb\xbf)?\s*\{(?!.*"activities"\s*:)(?=.*"activityStatus"\s*:).*"creationTimestamp"\s*:',
            re.DOTALL,
        ),
        read=read_single,
        about="one activity of Alexa's list of before 2023",
        support=_SUPPORT,
        sample="amazon-alexa-activities",
    ),
)
