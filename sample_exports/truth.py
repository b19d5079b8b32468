"""What is true of Alexa's samples, counted from the household's history before it was written in any shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from scenes import Event


class Truth:
    """Counts what is true of the events that pass through it, before they are written."""

    def __init__(self) -> None:
        self.counts = {name: Counter[str]() for name in ("utterance_type", "device", "language", "person")}
        self.facts: Counter[str] = Counter()
        self.first = self.last = 0

    def watch(self, events: Iterable[Event]) -> Iterator[Event]:
        """The same events, counted; they are expected oldest first."""
        for event in events:
            self.first = self.first or event.time_ms
            self.last = event.time_ms
            self.facts["rows"] += 1
            self.facts["with_transcript"] += event.transcript is not None
            self.facts["with_response"] += event.response is not None
            self.facts["accidental"] += event.accidental
            self.counts["utterance_type"][event.utterance_type] += 1
            self.counts["device"][event.device.name or "(none)"] += 1
            self.counts["language"][event.language] += 1
            self.counts["person"][event.person.first_name if event.person else "(none)"] += 1
            yield event

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        by = {f"by_{name}": dict(sorted(counts.items())) for name, counts in self.counts.items()}
        return {**self.facts, "first": _iso(self.first), "last": _iso(self.last), **by}


def _iso(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1_000, UTC).isoformat(timespec="milliseconds")
