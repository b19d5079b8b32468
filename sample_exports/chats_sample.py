"""The sample of ChatGPT's export, put together from `chats`, with what is true of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chats import NOISE, TYPED, Chat, Said, chats, wav, write

MOST_MS = 600  # clips are large, so only short ones are there: real exports lack most of them, too
MOST_CLIPS = 8


class Truth:
    """Counts what is true of the chats that pass through it, and puts some of their clips into the export."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kinds: Counter[str] = Counter()
        self.facts: Counter[str] = Counter()
        self.clips: Counter[str] = Counter()
        self.first, self.last = 1 << 62, 0

    def watch(self, every: Iterable[Chat]) -> Iterator[Chat]:
        """The same chats, counted."""
        for chat in every:
            self.facts["conversations"] += 1
            for said in chat.said:
                self._count(chat, said)
            yield chat

    def _count(self, chat: Chat, said: Said) -> None:
        self.kinds[said.kind] += 1
        if said.kind == TYPED:
            return
        self.first, self.last = min(self.first, said.micros), max(self.last, said.micros)
        self.facts["rows"] += 1 + said.repeated
        self.facts["repeated"] += said.repeated
        self.facts["with_transcript"] += (1 + said.repeated) * bool(said.text)
        self.facts["under_a_second"] += said.clip is not None and said.clip.ms < 1_000
        self.clips["named"] += said.clip is not None
        self.clips["of_answers"] += said.answer_clip is not None
        if said.clip and (said.kind == NOISE or said.clip.ms <= MOST_MS) and self.clips["found"] < MOST_CLIPS:
            self.clips["found"] += 1
            self.clips["found_ms"] += said.clip.ms
            path = self.folder / chat.id / "audio" / said.clip.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wav(said.clip.ms))

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        first, last = (datetime.fromtimestamp(m // 1_000_000, UTC).isoformat() for m in (self.first, self.last))
        kinds = dict(sorted(self.kinds.items()))
        return {**self.facts, "first": first, "last": last, "by_kind": kinds, "clips": dict(self.clips)}


def voice(folder: Path, scale: int) -> dict[str, Any]:
    """Chats of a year, a third of the messages spoken, with the few short clips that a small folder can hold."""
    folder.mkdir(parents=True, exist_ok=True)
    truth = Truth(folder)
    with (folder / "conversations.json").open("wb") as stream:
        write(truth.watch(chats(24 * scale)), stream, indent=1)
    (folder / "message_feedback.json").write_bytes(b"[]\n")
    return truth.as_dict()


SAMPLES: dict[str, Callable[[Path, int], dict[str, Any]]] = {"chatgpt-voice": voice}
