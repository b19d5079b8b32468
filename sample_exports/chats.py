"""One account's chats with ChatGPT, most of them typed, as OpenAI's export of 2024 to 2025 writes them.

Part objects have the keys, sizes and dates of real ones; the envelope is as read in public code. All words invented.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO

from dice import Dice
from phrases import SPEECH

FIRST = datetime(2024, 11, 20, 7, 0, tzinfo=UTC)
STATED_SINCE = datetime(2025, 1, 1, tzinfo=UTC)  # from then on a clip's end is stated: 30 days
LONGER_SINCE = datetime(2025, 4, 1, tzinfo=UTC)  # 180 days
RATE, HEADER = 24_000, 78
ROOT = "client-created-root"
TYPED, SPOKEN, SHORT, NOISE, SILENCE = "typed", "spoken", "short", "noise", "silence"
BARE, MODE, DICTATED = "spoken without a clip", "voice mode without sound", "dictated"
# What a message of the user can be, each as often as it stands here; half of all chats are typed throughout.
KINDS = (*(SPOKEN,) * 12, *(SHORT,) * 2, *(NOISE,) * 2, SILENCE, *(BARE,) * 2, MODE, DICTATED, *(TYPED,) * 2)
WITH_CLIP = (SPOKEN, SHORT, NOISE, SILENCE)


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that the export names.

    Attributes:
        asset: Its id.
        name: Of the file, if it is in the export.
        ms: How long it lasts.
    """

    asset: str
    name: str
    ms: int


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the user and the answer to it.

    Attributes:
        id: Of the message.
        micros: When, in microseconds since 1970.
        kind: One of `KINDS`.
        text: What was said or typed, as far as it was understood.
        answers: What was answered; a second one stands in a branch of its own.
        clip: The user's voice.
        answer_clip: The assistant's.
        pointer_first: Whether the clip is named before the text.
        repeated: Whether this message also stands in a branch of its own, with the same clip.
    """

    id: str
    micros: int
    kind: str
    text: str
    answers: tuple[str, ...]
    clip: Clip | None
    answer_clip: Clip | None
    pointer_first: bool
    repeated: bool


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation."""

    id: str
    title: str
    said: tuple[Said, ...]


def chats(count: int, seed: int = 20_251_120, length: int = 5, sentences: int = 1, spoken: int = 50) -> Iterator[Chat]:
    """An account's chats, oldest first.

    Args:
        count: How many.
        seed: Of the dice.
        length: How many messages of the user each has, at most.
        sentences: How many sentences an answer has, at most.
        spoken: In how many of a hundred something is spoken.
    """
    dice = Dice(seed)
    micros = int(FIRST.timestamp()) * 1_000_000
    step = 365 * 86_400_000_000 // count
    for _ in range(count):
        micros += dice.between(step // 2, step)
        kinds = KINDS if dice.chance(spoken) else (TYPED,)
        said = tuple(_said(dice, micros + n * 45_000_000, kinds, sentences) for n in range(dice.between(1, length)))
        yield Chat(_uuid(dice), _words(dice, 3).title(), said)


def _said(dice: Dice, micros: int, kinds: tuple[str, ...], sentences: int) -> Said:
    speech, kind = SPEECH["en-GB"], dice.pick(kinds)
    request, answer = speech.fill(dice.pick(speech.requests), dice)
    answer = " ".join([answer or "Done.", *(_words(dice, 12).capitalize() + "." for _ in range(sentences - 1))])
    answer = "Sorry, I did not catch that." if kind in (NOISE, SILENCE) else answer
    ms = {SHORT: dice.between(30, 50), NOISE: dice.between(20, 60), SILENCE: dice.between(120, 300)}.get(kind)
    heard = kind in WITH_CLIP
    return Said(
        id=_uuid(dice),
        micros=micros + dice.between(0, 20_000_000),
        kind=kind,
        text={SHORT: "yes", NOISE: "", SILENCE: ""}.get(kind, request),
        answers=(answer, "Let me put it differently. " + answer) if dice.chance(6) else (answer,),
        clip=_clip(dice, 10 * (ms or dice.between(200, 1_800))) if heard else None,
        answer_clip=_clip(dice, 10 * dice.between(100, 900)) if heard and dice.chance(95) else None,
        pointer_first=dice.chance(9),
        repeated=heard and dice.chance(6),
    )


def _clip(dice: Dice, ms: int) -> Clip:
    asset = "file_" + _hex(dice, 96 if dice.chance(12) else 32)
    return Clip(asset, f"{asset}-{_uuid(dice)}.wav", ms)


def _hex(dice: Dice, digits: int) -> str:
    return "".join([f"{dice.between(0, 0xFFFF):04x}" for _ in range(digits // 4)])


def _uuid(dice: Dice) -> str:
    text = _hex(dice, 32)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


_WORDS = tuple(sorted({word for pairs in SPEECH["en-GB"].slots.values() for said, _ in pairs for word in said.split()}))


def _words(dice: Dice, count: int) -> str:
    return " ".join([dice.pick(_WORDS) for _ in range(count)])


def conversation(chat: Chat) -> dict[str, Any]:
    """One chat as it stands in the export."""
    mapping: dict[str, dict[str, Any]] = {ROOT: {"id": ROOT, "message": None, "parent": None, "children": []}}
    last = ROOT
    for said in chat.said:
        asked = _user(said)
        for copy in range(1 + said.repeated):
            message = asked | {"id": said.id if not copy else said.id[::-1]}
            _add(mapping, last, message)
            if not copy:
                branches = [_add(mapping, said.id, _assistant(said, n)) for n in range(len(said.answers))]
        last = branches[-1]
    return {
        "title": chat.title,
        "create_time": chat.said[0].micros / 1_000_000,
        "update_time": chat.said[-1].micros / 1_000_000,
        "mapping": mapping,
        "moderation_results": [],
        "current_node": last,
        "conversation_id": chat.id,
        "id": chat.id,
        "default_model_slug": "gpt-4o",
        "voice": "cove" if any(said.clip for said in chat.said) else None,
    }


def _add(mapping: dict[str, dict[str, Any]], parent: str, message: dict[str, Any]) -> str:
    name: str = message["id"]
    mapping[name] = {"id": name, "message": message, "parent": parent, "children": []}
    mapping[parent]["children"] = [*mapping[parent]["children"], name]
    return name


def _user(said: Said) -> dict[str, Any]:
    metadata: dict[str, Any] = {"voice_mode_message": said.kind not in (TYPED, DICTATED)}
    metadata |= {"dictation": said.kind == DICTATED, "request_id": said.id[:8]}
    parts: list[Any] = [said.text]
    if said.kind in (*WITH_CLIP, BARE):
        parts = [_transcription(said.text, "in")]
    if said.clip:
        parts.insert(0 if said.pointer_first else 1, _users_pointer(said.clip, said.micros))
    return _message(said.id, "user", said.micros, parts, metadata)


def _assistant(said: Said, n: int) -> dict[str, Any]:
    metadata = {"model_slug": "gpt-4o", "voice_mode_message": said.kind in (*WITH_CLIP, BARE, MODE)}
    parts: list[Any] = [said.answers[n]]
    if said.kind in (*WITH_CLIP, BARE):
        parts = [_transcription(said.answers[n], "out")]
        if said.answer_clip and not n:
            parts.append(_pointer(said.answer_clip, said.micros))
    name = said.id[:-2] + f"{n + 160:x}"
    return _message(name, "assistant", said.micros + 46_000 * (n + 1), parts, metadata)


def _message(name: str, role: str, micros: int, parts: list[Any], metadata: dict[str, Any]) -> dict[str, Any]:
    kind = "text" if all(isinstance(part, str) for part in parts) else "multimodal_text"
    return {
        "id": name,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": micros / 1_000_000,
        "update_time": None,
        "content": {"content_type": kind, "parts": parts},
        "status": "finished_successfully",
        "end_turn": None if role == "user" else True,
        "weight": 1.0,
        "metadata": metadata,
        "recipient": "all",
        "channel": None,
    }


def _transcription(text: str, direction: str) -> dict[str, Any]:
    return {"content_type": "audio_transcription", "text": text, "direction": direction, "decoding_id": None}


def expiry(micros: int) -> str | None:
    """The end date that is stated for a clip of that time."""
    days = 0 if micros < STATED_SINCE.timestamp() * 1e6 else 30 if micros < LONGER_SINCE.timestamp() * 1e6 else 180
    moment = datetime.fromtimestamp(micros // 1_000_000 + days * 86_400, UTC).replace(microsecond=micros % 1_000_000)
    return moment.isoformat(timespec="microseconds") if days else None


def _pointer(clip: Clip, micros: int) -> dict[str, Any]:
    unknown = "start_timestamp end_timestamp pretokenized_vq interruptions original_audio_source transcription"
    return {
        "expiry_datetime": expiry(micros),
        "content_type": "audio_asset_pointer",
        "asset_pointer": f"sediment://{clip.asset}",
        "size_bytes": HEADER + clip.ms * RATE // 500,
        "format": "wav",
        "metadata": {
            **dict.fromkeys(unknown.split()),
            "word_transcription": None,
            "start": 0.0,
            "end": clip.ms / 1_000,
        },
    }


def _users_pointer(clip: Clip, micros: int) -> dict[str, Any]:
    return {
        "expiry_datetime": expiry(micros),
        "content_type": "real_time_user_audio_video_asset_pointer",
        "frames_asset_pointers": [],
        "video_container_asset_pointer": None,
        "audio_asset_pointer": _pointer(clip, micros),
        "audio_start_timestamp": 3.9786002319306135,
    }


def write(every: Iterable[Chat], stream: BinaryIO, indent: int | None = None, wrapped: bool = False) -> int:
    """Write ``conversations.json`` a chat at a time, as an array or as an object that holds it; how many there were."""
    stream.write(b'{"conversations": [' if wrapped else b"[")
    count = 0
    for count, chat in enumerate(every, 1):
        text = json.dumps(conversation(chat), ensure_ascii=False, indent=indent)
        stream.write((", " if count > 1 else "").encode() + text.encode())
    stream.write(b"]}" if wrapped else b"]")
    return count


def wav(ms: int) -> bytes:
    """Silence as such a clip: 24 kHz, mono, 16 bit, behind a header of 78 bytes."""
    data = bytes(ms * RATE // 500)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    about = struct.pack("<4sI4s4sI14s", b"LIST", 26, b"INFO", b"ISFT", 14, b"synthetic")
    body = b"WAVE" + form + about + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body
