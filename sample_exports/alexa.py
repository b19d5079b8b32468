"""The household's history, and the two shapes in which Amazon hands it out: privacy-page JSON and download CSV.

``events`` is the truth; every writer takes events, in any order, and writes them to a binary stream as they come,
so that a million rows need no more memory than a thousand.
"""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from dice import Dice
from history import lived
from household import CUSTOMER, DEVICES, EPOCH, PHONE, Person, wall_clock
from scenes import DECK, Event

SEED = 20231106
NO_TEXT = "Data Not Available"
AUDIO = "Audio and Transcription/Audio/"
HEADERS = {  # invented: no public copy of the real header rows is known, only what stands at which position
    "A": ("Timestamp", "Transcript", "Audio File", "Alexa Response"),
    "B": ("Transcript", "Timestamp", "Alexa Response", "Device", "Audio File"),
}


def events(count: int, seed: int = SEED) -> Iterator[Event]:
    """The household's history, oldest first.

    The two years stay the same whatever the count; more events make busier days.

    Args:
        count: How many events there are, exactly.
        seed: Another seed, another history of the same household.

    Returns:
        One event at a time; no two share a millisecond.
    """
    return lived(count, Dice(seed), DECK)


def _digest(event: Event, n: int) -> bytes:
    return blake2b(f"{event.time_ms} {event.device.serial} {n}".encode(), digest_size=16).digest()


def _persons(person: Person | None) -> list[dict[str, str]]:
    if person is None:
        return []
    return [{"personId": person.id, "personFirstName": person.first_name, "personType": "ADULT"}]


def rvh_record(event: Event, n: int = 0) -> dict[str, Any]:
    """One record of the privacy page, with all keys of a live one in their order.

    Args:
        event: What happened.
        n: Goes into the utterance id; give each copy its own where one event is written more than once.

    Returns:
        The record, ready for JSON.
    """
    device, persons = event.device, _persons(event.person)
    key = f"{event.time_ms}#{device.type}#{device.serial}"
    heard_ms = event.time_ms - 3 - event.time_ms % 1_400  # real requests lie 3 to 1,500 ms before their record,
    begun = EPOCH + timedelta(milliseconds=heard_ms - 300 - event.time_ms % 3_900)  # ids 0.3 to 6.3 s
    source = "TextClient" if device is PHONE else device.type
    place_and_time = f"{begun:%Y/%m/%d/%H}/DEVICE_UNSPECIFIED/{begun:%M:%S}"
    utterance_id = f"{source}:1.0/{place_and_time}::TNIH_2V.{UUID(bytes=_digest(event, n))}ZXV/0"
    items: list[dict[str, Any]] = []
    for place, (kind, text) in enumerate(event.turns):
        time_ms = event.time_ms + 2 * place if place else heard_ms
        items.append(_item(f"{key}#{time_ms}-{2 * place}", kind, utterance_id, time_ms, text, "", persons))
    if persons:
        items.append(_item(None, "PROFILE", None, 0, None, None, persons))
    return {
        "recordKey": f"{CUSTOMER}#{key}",
        "recordType": "VOICE_HISTORY",
        "timestamp": event.time_ms,
        "customerId": CUSTOMER,
        "device": {"deviceName": device.name, "deviceEntityId": None},
        "isBinaryFeedbackProvided": False,
        "isFeedbackPositive": False,
        "utteranceType": event.utterance_type,
        "domain": event.domain,
        "intent": event.intent,
        "skillName": event.skill,
        "voiceHistoryRecordItems": items,
        "personsInfo": persons,
        "cardResponse": None,
    }


def _item(
    key: str | None,
    kind: str,
    utterance_id: str | None,
    time_ms: int,
    text: str | None,
    visual: str | None,
    persons: list[dict[str, str]],
) -> dict[str, Any]:
    return {
        "recordItemKey": key,
        "recordItemType": kind,
        "utteranceId": utterance_id,
        "timestamp": time_ms,
        "transcriptText": text,
        "agentVisualName": visual,
        "personsInfo": persons,
    }


_LAYOUTS: dict[str, dict[str, Any]] = {
    "min": {"ensure_ascii": False, "separators": (",", ":")},  # as the page delivers it
    "pretty": {"ensure_ascii": False, "indent": 2},  # as a browser's developer tools save it
    "spaced": {},  # as a Python script saves it: one line, blanks after separators, \u escapes
}


def write_rvh(events: Iterable[Event] | None, stream: BinaryIO, layout: str = "min", token: str | None = None) -> int:
    """Writes one page of the privacy page's JSON.

    Args:
        events: In the order wanted (the real page is newest first); None for a page that says ``null``.
        stream: Where to, binary.
        layout: ``min``, ``pretty`` or ``spaced``.
        token: What the real page sends if there is a next page; the time of the last record then follows it.

    Returns:
        The number of records written.
    """
    dump = json.JSONEncoder(**_LAYOUTS[layout]).encode
    head, between, _ = dump(_page(["@", "@"], token, 0)).split('"@"')
    count, last = 0, 0
    for event in events or ():
        record = dump(rvh_record(event)).replace("\n", "\n    ")  # no line feed stands inside a JSON string
        stream.write(f"{between if count else head}{record}".encode())
        count, last = count + 1, event.time_ms
    if not count:
        stream.write(dump(_page(None if events is None else [], token, None)).encode())
        return 0
    _, _, foot = dump(_page(["@"], token, last if token else None)).partition('"@"')
    stream.write(foot.encode())
    return count


def _page(records: list[str] | None, token: str | None, last: int | None) -> dict[str, Any]:
    return {
        "customerHistoryRecords": records,
        "encodedRequestToken": token,
        "noDataFoundWithinTimeLimit": records is None,
        "lastRecordTimestamp": last,
        "voiceProfileAssociatedWithPerson": True,
    }


def spoken(events: Iterable[Event]) -> Iterator[Event]:
    """Those of the events the download has a row for: the ones a microphone took part in."""
    return (event for event in events if event.audio_ms)


def clip_name(event: Event) -> str:
    """File name of the event's clip."""
    return f"{UUID(bytes=_digest(event, 0))}.wav"


def write_csv(
    events: Iterable[Event],
    stream: BinaryIO,
    variant: str = "A",
    newline: str = "\r\n",
    bom: bool = True,
    clip: Callable[[Event], str | None] = clip_name,
) -> int:
    """Writes the download's CSV, a row for each event.

    Args:
        events: In the order wanted; usually only the ``spoken`` ones.
        stream: Where to, binary; stays open.
        variant: ``A``: every value quoted, time by the kitchen clock without a zone. ``B``: quotes only where
            needed, time in UTC with ``Z``, blanks around the file name.
        newline: Ends every row.
        bom: Whether to begin with a byte order mark.
        clip: Which file name to put in the row; None for none.

    Returns:
        The number of rows written, without the header.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    if bom:
        text.write("\ufeff")
    row = {"A": _row_a, "B": _row_b}[variant]
    writer = csv.writer(text, lineterminator=newline, quoting=csv.QUOTE_ALL if variant == "A" else csv.QUOTE_MINIMAL)
    writer.writerow(HEADERS[variant])
    count = 0
    for event in events:
        writer.writerow(row(event, clip(event)))
        count += 1
    text.detach()
    return count


def _row_a(event: Event, clip: str | None) -> tuple[str, ...]:
    time = wall_clock(event.time_ms).isoformat(" ", "seconds")
    return (time, event.transcript or NO_TEXT, clip or NO_TEXT, event.response or NO_TEXT)


def _row_b(event: Event, clip: str | None) -> tuple[str, ...]:
    time = event.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    device = event.device.name or NO_TEXT
    return (event.transcript or NO_TEXT, time, event.response or NO_TEXT, device, f" {clip} " if clip else NO_TEXT)


@lru_cache(maxsize=1024)
def wav(seconds: float, hz: int, bits: int = 16) -> bytes:
    """A soft tone as a WAV file, mono, 8 kHz.

    It is a triangle wave, made of whole numbers only: sines differ in their last bit from system to system.

    Args:
        seconds: Length.
        hz: Pitch.
        bits: Per sample, 8 or 16.

    Returns:
        The file.
    """
    rate = 8_000
    count = round(seconds * rate)
    fade = rate // 50
    wave = (abs(2 * (n * hz % rate) - rate) - rate // 2 for n in range(count))  # -4,000 to 4,000
    faded = [value * min(n, count - 1 - n, fade) // fade for n, value in enumerate(wave)]
    if bits == 8:
        data = bytes(128 + value // 64 for value in faded)
    else:
        data = struct.pack(f"<{count}h", *(2 * value for value in faded))
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * bits // 8, bits // 8, bits)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data + b"\0" * (len(data) % 2)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def clip_bytes(event: Event) -> bytes:
    """The event's clip: every device has its own pitch, and one of them 8 bits."""
    place = DEVICES.index(event.device)
    return wav(event.audio_ms / 1_000, 330 + 110 * place, 8 if place == 3 else 16)


def zip_parts(folder: Path) -> dict[str, bytes]:
    """A committed download, zipped as Amazon sends it.

    The parts are stored, not deflated: compressors differ from system to system, and these bytes should not.

    Args:
        folder: With one folder for each part, such as ``Alexa_1``.

    Returns:
        The parts by file name; the same bytes on every run.
    """
    parts: dict[str, bytes] = {}
    for part in sorted((entry for entry in folder.iterdir() if entry.is_dir()), key=lambda entry: entry.name):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            members = {path.relative_to(part).as_posix(): path for path in part.rglob("*") if path.is_file()}
            for name, path in sorted(members.items()):
                info = zipfile.ZipInfo(name, (2025, 11, 20, 8, 0, 0))
                info.create_system, info.external_attr = 3, 0o100644 << 16
                archive.writestr(info, path.read_bytes())
        parts[f"{part.name}.zip"] = buffer.getvalue()
    return parts
