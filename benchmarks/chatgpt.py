"""Paired measurements: our reader of ChatGPT's conversations beside `json.load` of the same file.

    python benchmarks/chatgpt.py --rows 100000 --rounds 3

See `run` for how it is measured. Rows are messages of the user, about 3 kB of file each with their answers: 100,000
give 300 MB. Of the files one is as most accounts are, with a voice in one conversation of twenty; in the other all is
spoken, in a single conversation. `json.load` counts the same spoken messages and the characters of their clips' names.
"""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Any

import run


def load(path: str) -> tuple[int, int]:
    """Entries and characters of their clips' names, by `toolkit.load`."""
    import toolkit

    records = toolkit.load(path).records
    return records.height, int(records["audio_files"].explode().str.len_chars().sum())


def batches(path: str) -> tuple[int, int]:
    """The same, a block at a time, none of which is kept."""
    import toolkit

    found = [
        (batch.height, int(batch["audio_files"].explode().str.len_chars().sum())) for batch in toolkit.batches(path)
    ]
    return sum(height for height, _ in found), sum(characters for _, characters in found)


def plain(path: str) -> tuple[int, int]:
    """The same by the standard library; what is spoken is told from how the generator writes it."""
    with Path(path).open("rb") as stream:
        conversations = json.load(stream)
    rows = characters = 0
    for node in chain.from_iterable(one["mapping"].values() for one in conversations):
        message = node["message"]
        if message and message["author"]["role"] == "user" and _is_spoken(message):
            rows += 1
            for part in message["content"]["parts"]:
                if isinstance(part, dict) and "audio_asset_pointer" in part:
                    characters += len(part["audio_asset_pointer"]["asset_pointer"].rpartition("/")[2])
    return rows, characters


def _is_spoken(message: dict[str, Any]) -> bool:
    metadata = message["metadata"]
    return any(isinstance(part, dict) for part in message["content"]["parts"]) or bool(
        metadata["voice_mode_message"] or metadata["dictation"]
    )


CASES: run.Cases = {
    "usual  json.load": ("usual", plain),
    "usual  toolkit.load": ("usual", load),
    "usual  toolkit.batches": ("usual", batches),
    "spoken json.load": ("spoken", plain),
    "spoken toolkit.load": ("spoken", load),
    "spoken toolkit.batches": ("spoken", batches),
}


def make(folder: Path, rows: int) -> dict[str, Path]:
    """Write both files, a chat at a time; the second has a tenth of the messages."""
    import chats

    paths = {"usual": folder / "conversations.json", "spoken": folder / "conversations-spoken.json"}
    with paths["usual"].open("wb") as stream:
        chats.write(chats.chats(rows // 20, length=39, sentences=20, spoken=5), stream)
    with paths["spoken"].open("wb") as stream:
        stream.write(b'[{"title": "all in one", "mapping": {"root": {"id": "root", "message": null}')
        for chat in chats.chats(rows // 200, length=39, sentences=3, spoken=100):
            mapping = chats.conversation(chat)["mapping"]
            del mapping[chats.ROOT]
            stream.write(b", " + json.dumps(mapping)[1:-1].encode())
        stream.write(b"}}]")
    return paths


if __name__ == "__main__":
    run.main(CASES, make, __file__, __doc__)
