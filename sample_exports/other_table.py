"""A voice history of a maker nobody knows: the household's, in a table and in JSON, with headings of its own.

Headings, file names and the maker are invented: it stands for whatever no reader knows. Beside the folder lies
the mapping with which it is read, as a user would write it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import alexa
from scenes import Event

ROWS = 36
MAPPING = """# Which column is which. A number is a place, counted from 0.
product = "acme_speaker"
time_unit = "milliseconds"
entries = "commands"
time = "heardAt"
transcript = "words"
response = "answer"
device_name = "speaker"
audio = "sound"
status_text = "result"
"""
HEADINGS = ("heardAt", "words", "answer", "speaker", "sound", "result", "volume")


def row(event: Event) -> tuple[Any, ...]:
    """The cells of one event; a text that was not kept says so, as such tables do."""
    said = "N/A" if event.transcript is None else event.transcript
    clip = f"sounds/{alexa.clip_name(event)}"
    return (
        event.time_ms,
        said,
        event.response or "",
        event.device.name,
        clip,
        event.utterance_type,
        event.time_ms % 10,
    )


def any_table(folder: Path, events: Sequence[Event]) -> dict[str, Any]:
    """Writes the events as CSV, as a list in a JSON object, and as JSON Lines: a third of them each."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row(event) for event in events]
    parts = [rows[at::3] for at in range(3)]
    with (folder / "history.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerows([HEADINGS, *parts[0]])
    whole = {"account": {"plan": "free"}, "commands": list(_objects(parts[1]))}
    _write(folder / "history.json", json.dumps(whole, ensure_ascii=False, indent=1))
    _write(folder / "history.jsonl", "\n".join(json.dumps(one, ensure_ascii=False) for one in _objects(parts[2])))
    _write(folder.parent / f"{folder.name}.columns.toml", MAPPING.rstrip())
    return {"clips": {"named": len(rows)}}


def _objects(rows: Sequence[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    return (dict(zip(HEADINGS, cells, strict=True)) for cells in rows)


def _write(path: Path, text: str) -> None:
    path.write_bytes(f"{text}\n".encode())
