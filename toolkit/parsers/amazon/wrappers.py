"""Files in which exporters wrap the entries of Amazon's privacy page (2021 on); what an entry means is told in `rvh`.

Read in public code, no real file is public:

- CheckMyVA (open-inc/checkmyva-browser-extension@bf720c15), ``alexa-sync-data.json``: ``{"requests": [{"start": ...,
  "end": ..., "encodedRequestToken": ..., "done": ...}], "history": [<entry>, ...], "updatedAt": ...}``. The browser's
  storage may sort the keys, so any order is read. An entry synchronised twice stands in it twice.
- alexa-remote2 8.1.1 and what builds on it (ioBroker, Node-RED): ``[{"data": <entry>, "conversionDetails": {"<item
  type>": [<item>, ...]}, "deviceType": ..., "creationTimestamp": ..., "deviceSerialNumber": ..., "name": ...,
  "description": {"summary": ...}, "alexaResponse": ...}]``. What is not ``data`` was made from it and is passed over,
  but for a name. The same without ``data``, as alexapy (Home Assistant) hands it on, is read from the rest; it has no
  four-part key, so it pairs with no other file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from toolkit.carve.batch import Batch
from toolkit.carve.json import Cutter
from toolkit.carve.streams import utf8
from toolkit.carve.typed import Decoder, Int, Record
from toolkit.parsers.amazon import entries, rvh
from toolkit.parsers.amazon.entries import Item
from toolkit.parsers.route import Context, Document, Loose, Route, Support
from toolkit.problems import cut_off


class Summary(Record):
    """The request without its wake word."""

    summary: str | None = None


class ByKind(Record):
    """The items of an entry, sorted by their kind."""

    CUSTOMER_TRANSCRIPT: list[Item] | None = None
    ASR_REPLACEMENT_TEXT: list[Item] | None = None
    ALEXA_RESPONSE: list[Item] | None = None
    TTS_REPLACEMENT_TEXT: list[Item] | None = None
    PROFILE: list[Item] | None = None


class Wrapped(Record):
    """An entry in the wrapping of alexa-remote2, or what alexapy leaves of it."""

    data: rvh.Entry | None = None
    conversionDetails: ByKind | None = None
    deviceType: str | None = None
    creationTimestamp: Int | None = None
    deviceSerialNumber: str | None = None
    name: str | None = None
    description: Summary | None = None
    alexaResponse: str | None = None
    utteranceType: str | None = None


def read_checkmyva(document: Document, context: Context) -> Iterator[Loose]:
    """All entries of CheckMyVA's file."""
    return rvh.read_under("history", document, context)


def read_alexa_remote(document: Document, context: Context) -> Iterator[Loose]:
    """All entries of an array in the wrapping of alexa-remote2 or alexapy."""
    with document.open() as stream:
        decoder = Decoder(Wrapped, context.limits)
        cutter = Cutter(utf8(stream, context.head, legacy=False), decoder, None, context.limits)
        for batch in cutter.batches():
            devices = [entries.Device(one.deviceType, one.deviceSerialNumber) for one in batch.records]
            yield Loose(rvh.records(_unwrapped(batch), devices), batch.faults, batch.rejects)
    if "cut_off" in cutter.notes:
        context.problems.append(cut_off(document.path))


def _unwrapped(batch: Batch[Wrapped]) -> Batch[rvh.Entry]:
    leftovers = dict(batch.leftovers)
    for at, one in enumerate(batch.records):
        told = one.data.device.deviceName if one.data and one.data.device else None
        if one.name and told and one.name != told:
            name = f'"name":{json.dumps(one.name, ensure_ascii=False)}'
            leftovers[at] = ",".join(filter(None, (name, leftovers.get(at))))
    return Batch([_entry(one) for one in batch.records], batch.rows, leftovers)


def _entry(wrapped: Wrapped) -> rvh.Entry:
    """The entry itself; what it lacks is put together from the rest."""
    entry = wrapped.data or rvh.Entry()
    entry.timestamp = entry.timestamp or wrapped.creationTimestamp
    entry.utteranceType = entry.utteranceType or wrapped.utteranceType
    entry.voiceHistoryRecordItems = entry.voiceHistoryRecordItems or _items(wrapped)
    entry.device = entry.device or rvh.Device()
    entry.device.deviceName = entry.device.deviceName or wrapped.name
    return entry


def _items(wrapped: Wrapped) -> list[Item]:
    """The items by kind, one after the other; without any, the texts the exporter made of them."""
    if wrapped.conversionDetails is None:
        summary = wrapped.description.summary if wrapped.description else None
        return [
            Item(None, "CUSTOMER_TRANSCRIPT", None, None, summary),
            Item(None, "ALEXA_RESPONSE", None, None, wrapped.alexaResponse),
        ]
    by_kind = wrapped.conversionDetails
    return [item for kind in by_kind.__struct_fields__ for item in getattr(by_kind, kind) or ()]


_ACCIDENTAL = "Amazon's own verdicts: false wake, no request found, not understood"
ROUTES = (
    Route(
        format="amazon_checkmyva",
        vendor="amazon",
        product="alexa",
        path=re.compile(entries.JSON_PATH, re.IGNORECASE),
        head=re.compile(
            rb"\A(?:\xef\xbb\xbf)?\s*\{\s*(?:"
            rb'"requests"\s*:\s*\[(?=.*"(?:encodedRequestToken|history|updatedAt)"\s*:)|'
            rb'"history"\s*:\s*\[(?=.*"(?:recordKey|voiceHistoryRecordItems|updatedAt)"\s*:))',
            re.DOTALL,
        ),
        read=read_checkmyva,
        about="Alexa voice history saved by the browser extension CheckMyVA",
        support=Support(
            evidence="read in public code of 2023; its entries are seen in real data",
            audio="not in this file",
            accidental=_ACCIDENTAL,
            device="name and serial",
            unknown="whether later versions of the extension write the same",
        ),
        sample="amazon-alexa-checkmyva",
    ),
    Route(
        format="amazon_alexa_remote",
        vendor="amazon",
        product="alexa",
        path=re.compile(entries.JSON_PATH, re.IGNORECASE),
        head=re.compile(
            rb'\A(?:\xef\xbb\xbf)?\s*\[\s*\{(?=.*"(?:conversionDetails|data)"\s*:)(?=.*"creationTimestamp"\s*:)'
            rb'.*"deviceSerialNumber"\s*:',
            re.DOTALL,
        ),
        read=read_alexa_remote,
        about="Alexa voice history saved by alexa-remote2 (ioBroker, Node-RED) or alexapy (Home Assistant)",
        support=Support(
            evidence="read in public code (alexa-remote2 8.1.1, alexapy 1.33.0); its entries are seen in real data",
            audio="not in this file",
            accidental=_ACCIDENTAL,
            device="name and serial",
            unknown="what other versions write",
        ),
        sample="amazon-alexa-remote",
    ),
)
