"""The household's history in Alexa's other shapes: Alexa+, the activity list of before 2023, and exporters' wrappings.

Every writer turns events into what `json.dumps` takes; `alexa_samples` puts them into files.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import alexa
from household import CUSTOMER, PHONE
from scenes import ANSWER, REQUEST, Event

BEFORE_2023_MS = 312 * 7 * 24 * 3_600_000  # the activity list is older than the household: six years, in whole weeks
FOLLOWS_MS = 10_000
_NEVER_LISTED = ("ROUTINES_OR_TAP_TO_ALEXA", "ROUTINES_3P", "CIF", "NO_TEXT_OR_AUDIO_STORED")


def some(events: Iterable[Event], most: int) -> list[Event]:
    """Up to *most* events of each kind, six times as many requests, and what follows a wake word; oldest first."""
    counts: Counter[tuple[Any, ...]] = Counter()
    chosen: list[Event] = []
    called: Event | None = None
    for event in events:
        follows = called and event.device is called.device and event.time_ms - called.time_ms <= FOLLOWS_MS
        odd = (event.device is PHONE, event.accidental, event.response is None, len(event.turns) > 2)
        called = None
        if follows or counts[event.utterance_type, odd] < most * (1 if any(odd) else 6):
            counts[event.utterance_type, odd] += 1
            chosen.append(event)
            called = event if event.utterance_type == "WAKE_WORD_ONLY" else None
    return chosen


def earlier(events: Iterable[Event]) -> Iterator[Event]:
    """The same in the years of the activity list, without what it never held."""
    for event in events:
        if event.utterance_type not in _NEVER_LISTED:
            yield replace(event, time_ms=event.time_ms - BEFORE_2023_MS)


def utterance_id(event: Event, n: int = 0) -> str:
    """As in the privacy page's records, without the half; each *n* has its own."""
    return str(alexa.rvh_record(event, n)["voiceHistoryRecordItems"][0]["utteranceId"]).removesuffix("/0")


def status(event: Event) -> tuple[str, str | None]:
    """``activityStatus`` and the verdict in ``domainAttributes`` that an event would have had; some at a guess."""
    kind = event.utterance_type
    if kind == "DEVICE_ARBITRATION" or kind.startswith("FALSE_WAKE_WORD"):
        return "DISCARDED_NON_DEVICE_DIRECTED_INTENT", kind
    if kind == "AMBIENT_HANDOFF":
        return "SYSTEM_ABANDONED", None
    if kind != "GENERAL":
        return "DISCARDED_NON_DEVICE_DIRECTED_INTENT", None
    if event.intent == "Unknown":
        return "INVALID", None
    return ("FAULT" if event.response is None else "SUCCESS"), None


def activities(events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    """Entries of the activity list, oldest first; the halves of a split request share their id."""
    called: Event | None = None
    for event in events:
        device, (word, verdict) = event.device, status(event)
        whole = utterance_id(event)
        first = f"{whole}/0"
        if called and event.device is called.device and event.time_ms - called.time_ms <= FOLLOWS_MS:
            whole = utterance_id(called)
            first = f"{whole}/1"
        elif word.startswith("DISCARDED") and not event.transcript:
            first = whole
        called = event if event.utterance_type == "WAKE_WORD_ONLY" else None
        description = {"summary": event.transcript or "", "firstUtteranceId": first, "firstStreamId": whole}
        attributes = {"disambiguated": False, "nBestList": [{"entryType": event.intent}]}
        yield {
            "_disambiguationId": None,
            "activityStatus": word,
            "creationTimestamp": event.time_ms,
            "description": json.dumps(description, ensure_ascii=False, separators=(",", ":")),
            "domainAttributes": verdict or (json.dumps(attributes) if word == "SUCCESS" else None),
            "domainType": None,
            "feedbackAttributes": None,
            "id": f"{CUSTOMER}#{event.time_ms}#{device.type}#{device.serial}",
            "intentType": None,
            "providerInfoDescription": None,
            "registeredCustomerId": CUSTOMER,
            "sourceActiveUsers": None,
            "sourceDeviceIds": [{"deviceAccountId": None, "deviceType": device.type, "serialNumber": device.serial}],
            "utteranceId": whole,
            "version": 1,
        }


def activity_page(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """One page, newest first."""
    times = [entry["creationTimestamp"] for entry in entries]
    return {"activities": entries[::-1], "startDate": min(times), "endDate": max(times)}


def talks(event: Event) -> bool:
    """Whether an event counts as a conversation with Alexa+: several requests do, and every fourth single one."""
    return event.utterance_type == "GENERAL" and (len(_requests(event)) > 1 or event.time_ms % 4 == 0)


def history_record(event: Event) -> dict[str, Any]:
    """One entry of the 2026 page: an utterance, or the header of a conversation."""
    device, key = event.device, f"{CUSTOMER}#{event.time_ms}#{event.device.type}#{event.device.serial}"
    info = {"deviceSerialNumber": device.serial, **({"deviceName": device.name} if event.time_ms % 3 else {})}
    if talks(event):
        return {
            "recordType": "conversation",
            "customerId": CUSTOMER,
            "conversationId": conversation_id(event),
            "startTime": event.time_ms - 4_000,
            "timestamp": event.time_ms,
            "type": "CONVERSATION",
            "title": f"{event.domain or 'General'} Request",
            "subTitle": _requests(event)[0],
            "deviceInfo": [info],
        }
    persons = alexa._persons(event.person)
    record: dict[str, Any] = {
        "recordType": "utterance",
        "customerId": CUSTOMER,
        "timestamp": event.time_ms,
        "activityKey": key,
        "utteranceType": event.utterance_type,
        "intent": event.intent,
        "title": event.transcript or "",
        "subTitle": event.response or device.name or "",
        "deviceInfo": None if device is PHONE else info,
    }
    if persons:
        record["personsInfo"] = persons[0] if event.time_ms % 2 else persons
    if event.time_ms % 5 == 0:
        record["voiceHistoryRecordItems"] = [{"recordItemType": k, "transcriptText": text} for k, text in event.turns]
    return record


def conversation_id(event: Event) -> str:
    """An invented id; what a real one looks like is not known."""
    return str(uuid5(NAMESPACE_OID, f"{event.time_ms} {event.device.serial}"))


def _requests(event: Event) -> list[str]:
    return [text for kind, text in event.turns if kind == REQUEST]


def conversation(event: Event) -> dict[str, Any]:
    """What was said in a conversation, as the second address answers."""
    begun, turns, asked = event.time_ms - 3_000, [], ""
    for place, (kind, text) in enumerate(event.turns):
        uri = f"urn:synthetic:{conversation_id(event)}:{place}"
        user = kind == REQUEST
        related = [] if user or not asked else [{"type": "RELATES_TO", "fragmentURI": asked}]
        asked = uri if user else asked
        wording: dict[str, Any] = {"content": {"text": text}, "variants": []}
        if not user and place % 2:
            wording = {"content": None, "variants": [{"content": {"text": text}}]}
        fragment = {"fragmentURI": uri, "metadata": {"purpose": "USER" if user else "AGENT", "relationships": related}}
        moment = replace(event, time_ms=begun + 700 * place).time.isoformat(timespec="milliseconds")
        time = moment.replace("+00:00", "Z")
        turns.append(
            {"utteranceId": f"{utterance_id(event)}/{place}", "createTime": time, "fragment": fragment | wording}
        )
    return {"conversationTurns": turns}


def checkmyva(events: list[Event]) -> dict[str, Any]:
    """What CheckMyVA saves: its requests, and the privacy page's records newest first."""
    request = {"start": 0, "end": events[-1].time_ms + 1, "encodedRequestToken": "synthetic", "done": True}
    records = [alexa.rvh_record(event) for event in reversed(events)]
    return {"requests": [request], "history": records, "updatedAt": events[-1].time_ms + 2}


def donated(events: list[Event]) -> dict[str, Any]:
    """What CheckMyVA donates of the privacy page's records: a line for each, oldest first."""
    lines = []
    for event in events:
        asked = [text for kind, text in event.turns if kind == REQUEST]
        answered = [text for kind, text in event.turns if kind == ANSWER]
        uid = utterance_id(event) + "/0" if asked else "undefined"
        lost = event.utterance_type == "DEVICE_ARBITRATION"
        line = {
            "timestamp": event.time_ms,
            "file": f"https://www.amazon.de/alexa-privacy/apd/rvh/audio?uid={uid}",
            "request": asked[0] if asked else ("" if lost else "Unbekannter Sprachbefehl"),
            "response": "Ein anderes Gerät wurde angesprochen" if lost else (answered or [""])[0],
            "device": event.device.name,
        }
        lines += [line] if line["request"] else []
    return {"takeoutVoiceLines": lines}


def wrapped(event: Event) -> dict[str, Any]:
    """One entry as alexa-remote2 hands it on."""
    record = alexa.rvh_record(event)
    by_kind: dict[str, list[Any]] = {}
    for item in record["voiceHistoryRecordItems"]:
        by_kind.setdefault(item["recordItemType"], []).append(item)
    summary = (event.transcript or "").removeprefix(event.device.wake).strip().replace("\n", ", ")
    return {
        "data": record,
        "conversionDetails": by_kind,
        "deviceType": event.device.type,
        "creationTimestamp": event.time_ms,
        "deviceSerialNumber": event.device.serial,
        "name": event.device.name,
        "description": {"summary": summary},
        "alexaResponse": (event.response or "").replace("\n", ", "),
    }


def handed_on(event: Event) -> dict[str, Any]:
    """The same as alexapy hands it on: without the record itself, but with its kind."""
    rest = {key: value for key, value in wrapped(event).items() if key not in ("data", "name")}
    return {**rest, "utteranceType": event.utterance_type}
