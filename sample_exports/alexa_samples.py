"""The committed samples of Alexa's other shapes: which files there are, and what is true of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import alexa
import alexa_shapes
from scenes import Event
from truth import Truth

EVENTS = 1_500
MOST = 2  # events of each kind, at scale 1
PAGE = 30


def _events(scale: int, truth: Truth, shift: bool = False) -> list[Event]:
    """Some events of each kind, counted."""
    events: Iterable[Event] = alexa_shapes.some(alexa.events(EVENTS * scale), MOST * scale)
    return list(truth.watch(alexa_shapes.earlier(events) if shift else events))


def _write(path: Path, value: Any, indent: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    separators = (",", ":") if indent is None else None
    path.write_bytes(json.dumps(value, ensure_ascii=False, indent=indent, separators=separators).encode())


def plus(folder: Path, scale: int) -> dict[str, Any]:
    """The 2026 page in two files; two of three conversations were saved as well, each in a file of its own."""
    truth = Truth()
    events = _events(scale, truth)
    half = len(events) // 2
    for number, part in enumerate((events[half:], events[:half]), 1):
        page = {"alexaHistoryRecords": [alexa_shapes.history_record(event) for event in reversed(part)]}
        _write(folder / f"alexa-history-records-{number}.json", page, None if number == 2 else 1)
    talks = [event for event in events if alexa_shapes.talks(event)]
    saved = [event for n, event in enumerate(talks) if n % 3]
    for event in saved:
        _write(
            folder / "conversations" / f"{alexa_shapes.conversation_id(event)}.json", alexa_shapes.conversation(event)
        )
    asked = sum(kind == "CUSTOMER_TRANSCRIPT" for event in saved for kind, _ in event.turns)
    records = len(events) - len(saved) + asked
    return {**truth.as_dict(), "records": records, "conversations": len(talks), "saved": len(saved), "turns": asked}


def activities(folder: Path, scale: int) -> dict[str, Any]:
    """The list of before 2023 as an exporter saves it: pages, and some entries once more by themselves with a clip."""
    truth = Truth()
    events = _events(scale, truth, shift=True)
    entries = list(alexa_shapes.activities(events))
    for start in range(0, len(entries), PAGE):
        page = alexa_shapes.activity_page(entries[start : start + PAGE])
        name = events[min(start + PAGE, len(events)) - 1].time.strftime("%Y-%m-%d_%H-%M-%S")
        _write(folder / "activities" / f"{name}.json", page, 2 if start else None)
    alone = [(event, entry) for event, entry in zip(events, entries, strict=True) if event.audio_ms][::9]
    for event, entry in alone:
        _write(folder / "activities" / f"{event.time_ms}.json", entry)
        (folder / "activities" / f"{event.time_ms}.wav").write_bytes(alexa.clip_bytes(event))
    words = Counter(f"{word} {verdict or ''}".strip() for word, verdict in map(alexa_shapes.status, events))
    return {**truth.as_dict(), "by_activity_status": dict(sorted(words.items())), "alone": len(alone)}


def checkmyva(folder: Path, scale: int) -> dict[str, Any]:
    """The file of the browser extension CheckMyVA."""
    truth = Truth()
    _write(folder / "alexa-sync-data.json", alexa_shapes.checkmyva(_events(scale, truth)))
    return truth.as_dict()


def donated(folder: Path, scale: int) -> dict[str, Any]:
    """The donation: what gave way to another device without a text is not in it."""
    truth = Truth()
    told = alexa_shapes.donated(_events(scale, truth))
    _write(folder / "data.json", told)
    return {**truth.as_dict(), "lines": len(told["takeoutVoiceLines"])}


def alexa_remote(folder: Path, scale: int) -> dict[str, Any]:
    """An array of alexa-remote2, and the last of its entries once more as alexapy hands them on."""
    truth = Truth()
    events = _events(scale, truth)
    _write(folder / "history.json", [alexa_shapes.wrapped(event) for event in reversed(events)], 2)
    _write(folder / "alexapy.json", [alexa_shapes.handed_on(event) for event in reversed(events[-5:])])
    return {**truth.as_dict(), "handed_on": 5}


SAMPLES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "amazon-alexa-plus": plus,
    "amazon-alexa-activities": activities,
    "amazon-alexa-checkmyva": checkmyva,
    "amazon-alexa-checkmyva-lines": donated,
    "amazon-alexa-remote": alexa_remote,
}
