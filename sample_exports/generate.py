"""Writes the sample exports: one imagined household's history in the shapes in which it is handed out.

    python sample_exports/generate.py                                    the committed samples
    python sample_exports/generate.py --scale 1000 --out DIR             a thousand times as much, elsewhere
    python sample_exports/generate.py --only amazon-alexa-csv --out DIR  one of them

Every run writes the same bytes. Beside each sample stands what is true of it, counted before anything was written.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import alexa
import alexa_samples
import chats_sample
import elsewhere
import other_table
import takeout_samples
from household import ZONE
from scenes import Event
from truth import Truth

HERE = Path(__file__).parent
EVENTS = 1_500
PAGES = ((50, "pretty"), (500, "min"), (300, "spaced"), (250, "min"), (400, "min"))  # newest first
CSV_SINCE = datetime(2024, 7, 17, tzinfo=UTC)  # how far the download reaches back
CLIPS_SINCE = datetime(2025, 10, 18, tzinfo=UTC)  # rows from then on name a clip
B_SINCE = datetime(2025, 10, 30, tzinfo=UTC)  # the same two for the small second variant
B_CLIPS_SINCE = datetime(2025, 11, 8, tzinfo=UTC)
MOST_CLIPS = 20_000  # files on disk; a bigger download names more clips than it has


class Clips:
    """Puts a clip for each event into one of the parts, and says which name the event's row has to give.

    Every ninth of the named clips is missing, as happens in real downloads; so is every one over MOST_CLIPS.
    """

    def __init__(self, parts: Sequence[Path], since: datetime) -> None:
        self.folders = [part / alexa.AUDIO for part in parts]
        self.since = since
        self.named = self.found = self.found_ms = self.orphans = 0
        for folder in self.folders:
            folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, event: Event) -> str | None:
        """The clip's name; None for events from before clips were kept."""
        if event.time < self.since:
            return None
        name = alexa.clip_name(event)
        self.named += 1
        if self.named % 9 and self.found < MOST_CLIPS:
            self.found += 1
            self.found_ms += event.audio_ms
            self._put(name, alexa.clip_bytes(event))
        return name

    def add_orphan(self) -> None:
        """One more clip, which no row names."""
        self.orphans += 1
        self._put(f"00000000-0000-4000-8000-00000000000{self.orphans}.wav", alexa.wav(0.4, 250))

    def _put(self, name: str, data: bytes) -> None:
        folder = self.folders[int(name[-5], 16) % len(self.folders)]
        (folder / name).write_bytes(data)

    def as_dict(self) -> dict[str, int]:
        """The counts, ready for JSON."""
        missing = self.named - self.found
        return {
            "named": self.named,
            "found": self.found,
            "found_ms": self.found_ms,
            "missing": missing,
            "orphans": self.orphans,
        }


def privacy_page(folder: Path, scale: int) -> dict[str, Any]:
    """The JSON pages of the privacy web page, the newest in the first file; the last one is empty."""
    folder.mkdir(parents=True, exist_ok=True)
    truth = Truth()
    history = truth.watch(alexa.events(EVENTS * scale))
    pages = list(islice(cycle(PAGES), len(PAGES) * scale))
    # Written from the last file to the first: the history comes oldest first, and only a page of it is ever held.
    for number, (size, layout) in reversed(list(enumerate(pages, 1))):
        newest_first = list(islice(history, size))[::-1]
        token = base64.b64encode(f"synthetic page {number + 1}".encode()).decode()
        with _page_path(folder, number).open("wb") as stream:
            alexa.write_rvh(newest_first, stream, layout, token)
    with _page_path(folder, len(pages) + 1).open("wb") as stream:
        alexa.write_rvh(None, stream)
    return {**truth.as_dict(), "pages": [*(size for size, _ in pages), 0]}


def _page_path(folder: Path, number: int) -> Path:
    return folder / f"customer-history-records-{number:02}.json"


def csv_a(folder: Path, scale: int) -> dict[str, Any]:
    """The official download, variant A: clips in both parts, the CSV in the last."""
    parts = [folder / "Alexa_1", folder / "Alexa_2"]
    clips = Clips(parts, CLIPS_SINCE)
    truth = _csv(parts[-1] / "Audio and Transcription" / "Transcriptions.csv", "A", CSV_SINCE, scale, clips)
    for _ in range(3):
        clips.add_orphan()
    return {**truth.as_dict(), "clips": clips.as_dict(), "wall_clock_of": ZONE}


def csv_b(folder: Path, scale: int) -> dict[str, Any]:
    """The official download, variant B: clips in the first part, the CSV in the second."""
    parts = [folder / "Alexa_1", folder / "Alexa_2"]
    clips = Clips(parts[:1], B_CLIPS_SINCE)
    truth = _csv(parts[-1] / "Audio and Transcription" / "recognitionData-1-1.csv", "B", B_SINCE, scale, clips)
    return {**truth.as_dict(), "clips": clips.as_dict()}


def _csv(path: Path, variant: str, since: datetime, scale: int, clips: Clips) -> Truth:
    path.parent.mkdir(parents=True, exist_ok=True)
    truth = Truth()
    kept = (event for event in alexa.spoken(alexa.events(EVENTS * scale)) if event.time >= since)
    with path.open("wb") as stream:
        alexa.write_csv(truth.watch(kept), stream, variant, bom=variant == "A", clip=clips)
    return truth


def mapped(folder: Path, scale: int) -> dict[str, Any]:
    """A table and JSON of no known maker, with the user's mapping beside it."""
    truth = Truth()
    events = list(truth.watch(islice(alexa.spoken(alexa.events(EVENTS * scale)), other_table.ROWS * scale)))
    return {**truth.as_dict(), **other_table.any_table(folder, events)}


SAMPLES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "amazon-alexa-privacy-page": privacy_page,
    "amazon-alexa-csv": csv_a,
    "amazon-alexa-csv-b": csv_b,
    "any-table-mapped": mapped,
    **alexa_samples.SAMPLES,
    **takeout_samples.SAMPLES,
    **chats_sample.SAMPLES,
    **elsewhere.SAMPLES,
}


def write(name: str, out: Path, scale: int = 1) -> dict[str, Any]:
    """Writes one sample and, beside it, what is true of it.

    Args:
        name: One of SAMPLES.
        out: The folder that gets the sample's folder and its ``.truth.json``.
        scale: How many times as much.

    Returns:
        What is true of it.
    """
    truth = SAMPLES[name](out / name, scale)
    text = json.dumps(truth, ensure_ascii=False, indent=2) + "\n"
    (out / f"{name}.truth.json").write_bytes(text.encode())
    return truth


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scale", type=int, default=1, help="how many times as much (default: 1)")
    parser.add_argument("--only", action="append", choices=sorted(SAMPLES), help="this sample; may be repeated")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into (default: the committed samples)")
    options = parser.parse_args(arguments)
    if options.scale < 1:
        parser.error("--scale must be 1 or more")
    if options.scale > 1 and options.out.resolve() == HERE:
        parser.error("--scale needs --out: the committed samples stay small")
    for name in options.only or SAMPLES:
        truth = write(name, options.out, options.scale)
        print(f"{name}: {truth['rows']:,} rows, {truth['first']} to {truth['last']}")


if __name__ == "__main__":
    main(sys.argv[1:])
