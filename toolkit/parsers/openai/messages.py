"""What one message of a ChatGPT conversation says, whatever its values turn out to be: its text, its voice, its clips.

Voice stands in ``content.parts``: ``audio_transcription`` with a text, and pointers to clips, bare
(``audio_asset_pointer``) or inside a ``real_time_user_audio_video_asset_pointer``. Either may be missing, the order
varies. See `conversations` for an example, and for how sure all of this is.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from toolkit.carve.typed import Reject, Scanner

Object = dict[str, Any]
T = TypeVar("T")

# What says that a message was spoken although no sound is there; false on typed ones, where the key may stand, too.
FLAGS = ("voice_mode_message", "dictation", "real_time_audio_has_video")
_TRANSCRIPT = "audio_transcription"
_POINTERS = ("audio_asset_pointer", "real_time_user_audio_video_asset_pointer")
_MARKS = (_TRANSCRIPT.encode(), *map(str.encode, _POINTERS))
_FLAGGED = re.compile(rb'"(?:%s)"[ \t\r\n]*:[ \t\r\n]*[^fn \t\r\n]' % "|".join(FLAGS).encode())
_ESCAPED = re.compile(rb"\\u00[567]")  # a letter of those words, written as an escape
_HEADER, _BYTES_PER_SECOND = 78, 48_000  # 24 kHz, mono, 16 bit: all 639 clips of one real export
_DAY = 86_400  # seconds; no clip is longer
_YEAR_9999 = 253_402_300_799  # what no calendar holds becomes that, which `conform` calls impossible


@dataclass(slots=True)
class Voice:
    """What of a message is voice.

    Attributes:
        texts: Its transcripts, empty ones included.
        clips: The objects that point at its clips.
        flag: The one of `FLAGS` that says so where nothing else does.
    """

    texts: list[str] = field(default_factory=list)
    clips: list[Object] = field(default_factory=list)
    flag: str | None = None

    def names(self) -> list[str]:
        """The ids by which its clips are joined, each once."""
        return list(dict.fromkeys([clip["asset_pointer"].rpartition("/")[2] for clip in self.clips]))

    def seconds(self) -> float | None:
        """How long its clips last by what is said of them."""
        told = [length for clip in self.clips if (length := _seconds(clip)) is not None]
        return round(sum(told), 6) if told else None

    def expires(self) -> datetime | None:
        """The latest instant stated for any of its clips; None also for one without a zone, which names no instant."""
        stated = [instant for clip in self.clips if (instant := _instant(clip.get("expiry_datetime")))]
        return max(stated, default=None)

    def misfits(self) -> bool:
        """Whether the size stated for a clip contradicts the length stated for it."""
        return any(map(_misfits, self.clips))


@dataclass(slots=True)
class Turn:
    """One node of a conversation's graph.

    Attributes:
        node: All of it.
        message: What it holds; empty at the root.
        faults: Codes of what was odd about its JSON.
        id: The name by which other nodes point at it.
        role: Who speaks.
        voice: What of the message is voice, if anything.
    """

    node: Object
    message: Object
    faults: list[str]
    id: str
    role: str | None
    voice: Voice | None


def turn(node: bytes, scanner: Scanner) -> Turn | Reject:
    """A node as it stands in the file, read by the standard library; a typed one counts even if that fails."""
    try:
        value, _ = scanner.scan(node.decode("utf-8", "surrogateescape"), 0)
    except (Reject, json.JSONDecodeError) as error:
        count = typed([node])
        if count is None:
            return error if isinstance(error, Reject) else Reject("not_json")
        return Turn({}, {}, [], "", "user" if count else None, None)
    message = as_object(value).get("message", {})
    if not isinstance(value, dict) or not isinstance(message, dict | None):
        return Reject("not_a_record")
    message = message or {}
    name = as_text(value.get("id")) or as_text(message.get("id")) or ""
    return Turn(value, message, scanner.faults_in(node), name, _role(message), _voice(message))


def typed(nodes: Iterable[bytes]) -> int | None:
    """How many messages of the user are among nodes none of which can be voice; None if that is not certain.

    Told without reading them as `turn` does: the words that make a message voice are not among their bytes.
    """
    text = b"[" + b",".join(nodes) + b"]"
    found = None if _may_be_spoken(text) else _decoded(_NODES, text)
    return None if found is None else _users(found)


def typed_whole(conversation: bytes) -> int | None:
    """The same of an object of nodes, as it stands in the file."""
    found = None if _may_be_spoken(conversation) else _decoded(_NAMED_NODES, conversation)
    if found is None:
        return None
    # Of two nodes of one name only the last is decoded; none with a message may be lost in this way.
    if sum(node.message is not msgspec.UNSET for node in found.values()) != conversation.count(b'"message"'):
        return None
    return _users(found.values())


def _may_be_spoken(text: bytes) -> bool:
    if any(mark in text for mark in _MARKS) or _ESCAPED.search(text):
        return True
    return any(flag.encode() in text for flag in FLAGS) and _FLAGGED.search(text) is not None


class _Author(msgspec.Struct):
    role: str | None = None


class _Message(msgspec.Struct):
    author: _Author | None = None


class _Node(msgspec.Struct):
    message: _Message | msgspec.UnsetType | None = msgspec.UNSET


_NODES = msgspec.json.Decoder(list[_Node])
_NAMED_NODES = msgspec.json.Decoder(dict[str, _Node])


def _decoded(decoder: msgspec.json.Decoder[T], text: bytes) -> T | None:
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _users(nodes: Iterable[_Node]) -> int:
    return sum(bool(node.message and node.message.author and node.message.author.role == "user") for node in nodes)


def as_object(value: Any) -> Object:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_text(value: Any) -> str | None:
    """The value if it is a text that is not empty."""
    return value if isinstance(value, str) and value else None


def parts(message: Object) -> list[Any]:
    """What a message is made of: texts and objects."""
    found = as_object(message.get("content")).get("parts")
    return found if isinstance(found, list) else []


def texts(message: Object, voice: Voice | None) -> str | None:
    """What was said and what was written, a line each."""
    written = [part for part in parts(message) if isinstance(part, str)]
    return "\n".join([text for text in (*(voice.texts if voice else ()), *written) if text]) or None


def is_answer(turn: Turn) -> bool:
    """Whether the assistant says this to the user, rather than to itself or to a tool."""
    kind = as_object(turn.message.get("content")).get("content_type")
    addressed = turn.message.get("recipient") in (None, "all")
    return turn.role == "assistant" and addressed and (turn.voice is not None or kind in ("text", "multimodal_text"))


def _role(message: Object) -> str | None:
    role = as_text(as_object(message.get("author")).get("role"))
    spoken_in = any(as_object(part).get("direction") == "in" for part in parts(message))
    return "user" if role is None and spoken_in else role


def _voice(message: Object) -> Voice | None:
    found, spoken = Voice(), False
    for part in map(as_object, parts(message)):
        kind = part.get("content_type")
        spoken = spoken or kind == _TRANSCRIPT or kind in _POINTERS
        if kind == _TRANSCRIPT and isinstance(part.get("text"), str):
            found.texts.append(part["text"])
        elif kind in _POINTERS:
            clip = part.get("audio_asset_pointer")
            clip = clip if isinstance(clip, dict) else part
            found.clips += [clip] if as_text(clip.get("asset_pointer")) else []
    if spoken:
        return found
    metadata = as_object(message.get("metadata"))
    found.flag = next((flag for flag in FLAGS if metadata.get(flag)), None)
    return found if found.flag else None


def micros(time: Any) -> int | None:
    """Unix seconds as whole microseconds; None for what is no such number, and for 0, which stands for none."""
    seconds = _number(time)
    return round(max(-_YEAR_9999, min(seconds, _YEAR_9999)) * 1_000_000) if seconds else None


def _number(value: Any) -> float | None:
    """A finite number; a whole one too large for any purpose here becomes the largest."""
    if type(value) is int:
        return float(max(-(10**18), min(value, 10**18)))
    return value if type(value) is float and math.isfinite(value) else None


def _instant(text: Any) -> datetime | None:
    with suppress(TypeError, ValueError, OverflowError):
        told = datetime.fromisoformat(text)
        return told.astimezone(UTC) if told.tzinfo else None
    return None


def _seconds(clip: Object) -> float | None:
    metadata = as_object(clip.get("metadata"))
    start, end = _number(metadata.get("start")), _number(metadata.get("end"))
    return end - start if start is not None and end is not None and 0 <= end - start <= _DAY else None


def _misfits(clip: Object) -> bool:
    size, seconds = _number(clip.get("size_bytes")), _seconds(clip)
    if size is None or seconds is None or clip.get("format") != "wav":
        return False
    return abs((size - _HEADER) / _BYTES_PER_SECOND - seconds) > 0.05 + seconds / 100
