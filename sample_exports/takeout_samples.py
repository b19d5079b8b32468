"""The three samples of Google Takeout, put together from `takeout` and `takeout_files`, with what is true of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from almanac import Writer
from takeout import ASSISTANT, GEMINI, SAID, SEARCH, VOICE, Account, Event, clip_name, events
from takeout_archive import aac, manifest, mp3
from takeout_files import title, write_html, write_json

CLIPS_SINCE = datetime(2025, 8, 1, tzinfo=UTC)  # rows from then on name a clip
MOST_CLIPS = 20_000  # files on disk; a bigger export names more clips than it has
MADE = datetime(2025, 11, 20, 7, 58, 9, tzinfo=UTC)
HOME = {
    "full_structures": [
        {
            "owner_emails": ["somebody@example.org"],
            "rooms_and_devices": [
                {
                    "devices": [{"device_info": {"model": "Nest Mini"}, "type": "action.devices.types.SPEAKER"}],
                    "room": {"name": "Kitchen", "type": "KITCHEN"},
                }
            ],
            "structure": {"time_zone": "Europe/Berlin"},
        }
    ],
    "unassigned_devices": [],
}


class Truth:
    """Counts what is true of the rows that pass through it, before they are written."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.products: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.facts: Counter[str] = Counter()
        self.first, self.last = 1 << 62, 0

    def watch(self, rows: Iterable[Event], product: str) -> Iterator[Event]:
        """The same rows, counted as those of that collection."""
        for row in rows:
            self.products[product] += 1
            if product in (ASSISTANT, VOICE):
                self._count(row, product)
            yield row

    def _count(self, row: Event, product: str) -> None:
        self.first, self.last = min(self.first, row.time_ms), max(self.last, row.time_ms)
        self.kinds[row.kind] += 1
        self.facts["rows"] += 1
        self.facts["with_transcript"] += row.kind == SAID
        self.facts["with_link"] += row.linked
        self.facts["with_details"] += bool(row.details)
        self.facts["with_place"] += row.place is not None
        self.facts["answers"] += len(row.answers)
        self.facts["with_answer"] += bool(row.answers)
        self.facts["accidental"] += row.accidental
        self.facts["in_both"] += product == VOICE and len(row.products) == 2
        self.facts["epoch_ms"] += row.time_ms
        self.facts["epoch_s"] += row.time_ms // 1_000
        self.facts["title_characters"] += len(title(row, self.account))

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON; all but ``by_product`` is about the two voice collections."""
        first, last = (datetime.fromtimestamp(ms / 1_000, UTC) for ms in (self.first, self.last))
        return {
            **self.facts,
            "first": first.isoformat(timespec="milliseconds"),
            "last": last.isoformat(timespec="milliseconds"),
            "by_product": dict(sorted(self.products.items())),
            "by_kind": dict(sorted(self.kinds.items())),
        }


class Clips:
    """Lets only late rows name a clip, and puts it into a folder; every ninth is missing, as in real exports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.named = self.found = self.found_ms = self.orphans = 0
        folder.mkdir(parents=True, exist_ok=True)

    def of(self, rows: Iterable[Event], product: str) -> Iterator[Event]:
        """The rows as they are to be written; the clip of a row in two collections lies beside the first."""
        for row in rows:
            if row.audio is None or row.time < CLIPS_SINCE:
                yield replace(row, audio=None, audio_ms=0)
                continue
            if row.products[0] == product:
                self._put(row.audio, row.audio_ms)
            yield row

    def _put(self, name: str, ms: int) -> None:
        self.named += 1
        if self.named % 9 and self.found < MOST_CLIPS:
            self.found += 1
            self.found_ms += ms
            (self.folder / name).write_bytes(mp3(ms))

    def add_orphan(self) -> None:
        """One more clip, which no row names."""
        self.orphans += 1
        name = clip_name(int(CLIPS_SINCE.timestamp() * 1_000) + self.orphans)
        (self.folder / name).write_bytes(mp3(360))


def _counts(clips: Iterable[Clips]) -> dict[str, int]:
    all_of = list(clips)
    found = {name: sum(getattr(one, name) for one in all_of) for name in ("named", "found", "found_ms", "orphans")}
    return {**found, "missing": found["named"] - found["found"]}


class Export:
    """One export being written: an account's activity, in one or more parts.

    Args:
        folder: Gets a folder for each part.
        account: Whose.
        parts: Names of the parts.
        count: How many events there are.
        since: How far back it reaches.
        language: What is spoken.
    """

    def __init__(
        self, folder: Path, account: Account, parts: tuple[str, ...], count: int, since: datetime, language: str
    ) -> None:
        self.parts = [folder / part / "Takeout" for part in parts]
        self.account, self.truth = account, Truth(account)
        self._count, self._since, self._language = count, since, language
        self._clips: list[Clips] = []

    def folder(self, product: str, part: int = 0) -> Path:
        """Where a collection lies."""
        words = self.account.words
        return Path(self.parts[part] / words["folder"] / words["products"][product])

    def collection(
        self,
        product: str,
        part: int = 0,
        clips_in: int = 0,
        *,
        write: Callable[..., int] = write_json,
        stem: str | None = None,
        orphans: int = 0,
        **how: Any,
    ) -> None:
        """Writes one collection and its clips.

        Args:
            product: Which.
            part: The part its file lies in.
            clips_in: The part its clips lie in.
            write: Its format.
            stem: Name of its file, if not the usual one.
            orphans: How many clips lie there that no row names.
            **how: For the writer.
        """
        clips = Clips(self.folder(product, clips_in))
        for _ in range(orphans):
            clips.add_orphan()
        every = events(self._count, language=self._language)
        rows = clips.of((row for row in every if product in row.products and row.time >= self._since), product)
        ending = "json" if write is write_json else "html"
        path = self.folder(product, part) / f"{stem or self.account.words['file']}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            write(self.truth.watch(rows, product), stream, self.account, product, oldest_first=True, **how)
        self._clips.append(clips)

    def finish(self) -> dict[str, Any]:
        """Writes the manifest into the first part.

        Returns:
            What is true of the export.
        """
        sizes = {
            path.relative_to(part).as_posix(): path.stat().st_size
            for part in self.parts
            for path in sorted(part.rglob("*"))
            if path.is_file()
        }
        made = Writer(self.account.locale, "UTC\u22128")((MADE - timedelta(hours=8)).replace(tzinfo=None))
        names = {"MY_ACTIVITY": self.account.words["folder"], "HOME_GRAPH": "Home App"}
        listed = {
            name: (folder, {path: size for path, size in sizes.items() if path.startswith(f"{folder}/")})
            for name, folder in names.items()
        }
        page = manifest(self.account, made, {name: entry for name, entry in listed.items() if entry[1]})
        (self.parts[0] / f"{self.account.words['manifest']}.html").write_bytes(page.encode())
        return {**self.truth.as_dict(), "clips": _counts(self._clips), "made": MADE.isoformat()}


def json_en(folder: Path, scale: int) -> dict[str, Any]:
    """English, JSON, one part: four collections, two of them voice, and the home app with its sounds."""
    export = Export(
        folder,
        Account("en-US"),
        ("takeout-20251120T075809Z-001",),
        700 * scale,
        datetime(2024, 1, 1, tzinfo=UTC),
        "en-GB",
    )
    export.collection(ASSISTANT, orphans=2)
    export.collection(VOICE, stem="My Activity")
    export.collection(GEMINI)
    export.collection(SEARCH, layout="indented")
    home = export.parts[0] / "Home App"
    (home / "blobs").mkdir(parents=True)
    (home / "HomeApp.json").write_bytes(json.dumps(HOME, indent=2).encode())
    for number, ms in enumerate((1_280, 2_560)):
        (home / "blobs" / f"sound-{number}.aac").write_bytes(aac(ms))
    return export.finish()


def html_de(folder: Path, scale: int) -> dict[str, Any]:
    """German, HTML of 2026, one part; winter on the day of the export, hence MEZ on every row."""
    export = Export(
        folder,
        Account("de", "MEZ", 60),
        ("takeout-20251120T075809Z-1-001",),
        700 * scale,
        datetime(2025, 2, 1, tzinfo=UTC),
        "de-DE",
    )
    export.collection(ASSISTANT, write=write_html, clips=True, orphans=1)
    export.collection(GEMINI, write=write_html)
    export.collection(SEARCH, write=write_html, frame="2022")
    return export.finish()


def mixed(folder: Path, scale: int) -> dict[str, Any]:
    """British, both formats, two parts: the Assistant's rows in the first, their clips and the rest in the second.

    It is the account of `json_en`, so that the two overlap.
    """
    export = Export(
        folder,
        Account("en-GB", "CET", 60),
        ("takeout-20251120T075809Z-3-001", "takeout-20251120T075809Z-3-002"),
        700 * scale,
        datetime(2025, 6, 1, tzinfo=UTC),
        "en-GB",
    )
    export.collection(ASSISTANT, part=0, clips_in=1)
    export.collection(VOICE, part=1, clips_in=1, write=write_html, clips=True)
    export.collection(GEMINI, part=1, clips_in=1, write=write_html)
    return export.finish()


SAMPLES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "google-takeout-json-en": json_en,
    "google-takeout-html-de": html_de,
    "google-takeout-mixed-two-parts": mixed,
}
