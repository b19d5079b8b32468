"""OpenAI's export of ChatGPT: the spoken messages of ``conversations.json``, each with the reply to it.

Parts, sizes and dates as in 1,320 voice parts of one real export (November 2024 to November 2025); the envelope as read
in public code. An array of conversations or ``{"conversations": [...]}``, each a graph of messages with branches under
``mapping``: all nodes are visited, not only those of the branch last shown.

    {"id": "m0", "parent": "root", "children": ["m1"], "message": {"id": "m0", "author": {"role": "user"},
     "create_time": 1737819521.015962, "metadata": {"voice_mode_message": true}, "content": {"parts": [
      {"content_type": "audio_transcription", "text": "...", "direction": "in"},
      {"content_type": "real_time_user_audio_video_asset_pointer", "audio_asset_pointer": {
       "asset_pointer": "sediment://file_...", "expiry_datetime": "2025-02-24T15:38:40.900729+00:00", "format": "wav",
       "size_bytes": 21678, "metadata": {"start": 0.0, "end": 0.45}}}]}}}

An entry is a message of the user with such parts, in any order and with either missing. Its answer: the texts of the
assistant below it, up to the next message of the user. Graded weaker: a text without sound whose ``metadata`` says
``voice_mode_message``, ``dictation`` or ``real_time_audio_has_video``; that word is then its ``status_text``. All other
messages were typed as far as the file tells; they are counted and left out. Nothing says how a turn began (voice mode
listens by itself once it is on), so the trigger is not known.

An empty transcript under a second is called noise: in that export 26 of 37 empty ones with a clip were that short, of
the others 18 of 286. A longer one is called silence: that nothing was recognised is all the file says, not that there
was speech. The same clip in two messages is one utterance: the later takes the id of the first and so is its duplicate.

Messages are cut out one by one and held until their conversation ends, or until they fill a block: then all but those
since the last message of the user are dealt with, so that answers in the order of time are never parted from it.

Not known: what ``expiry_datetime`` means beyond its name, why it went from 30 to 180 days in April 2025, whether clips
are always WAV, how split files are named. Clips of the assistant's voice belong to no entry; they stand in ``extra``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import polars as pl

from toolkit.carve.members import Members, Piece
from toolkit.carve.streams import utf8
from toolkit.carve.typed import Reject, Scanner, deeper_than
from toolkit.parsers.openai.messages import (
    Object,
    Turn,
    Voice,
    as_object,
    as_text,
    is_answer,
    micros,
    parts,
    texts,
    turn,
    typed,
    typed_whole,
)
from toolkit.parsers.route import Context, Document, Loose, Route, Support
from toolkit.problems import cut_off, from_fault

_AT_ONCE = 4_000  # messages between two frames
_SHORT = 1.0  # seconds, see above
_REPEATED = 200  # characters of a conversation's own fields, which each of its entries repeats


def read(document: Document, context: Context) -> Iterator[Loose]:
    """All spoken messages of one file."""
    reader = Reader(context)
    with document.open() as stream:
        members = Members(utf8(stream, context.head, legacy=False), "mapping", context.limits)
        for piece in members.pieces():
            count = typed_whole(piece.whole) if piece.whole else None
            if count is None:
                reader.take(piece, members.split(piece.whole) if piece.whole else piece.members)
            else:
                reader.leave_out(count)
            if reader.waiting() >= _AT_ONCE:
                yield reader.loose()
        yield reader.loose()
    context.note = reader.note(members.objects)
    if "cut_off" in members.notes:
        context.problems.append(cut_off(document.path))
    if "missing_comma" in members.notes:
        context.problems.append(from_fault("missing_comma", document.path, None))


class Reader:
    """Turns pieces of conversations into entries, and keeps count."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._scanner = Scanner()
        self._rows: list[Object] = []
        self._faults: list[tuple[int, str]] = []
        self._rejects: list[tuple[int, str]] = []
        self._left_out = 0
        self._row = self._typed = self._unasked = 0
        self._first: dict[str, str] = {}  # clip -> id of the message that named it first
        self._carried: list[bytes | Reject] = []
        self._parted = False

    def waiting(self) -> int:
        """How many messages were gathered since the last frame."""
        return len(self._rows) + len(self._rejects) + self._left_out

    def loose(self) -> Loose:
        """What was gathered since the last time."""
        frame = pl.DataFrame(self._rows, schema=_LOOSE).with_columns(
            time=pl.from_epoch("time", time_unit="us").dt.replace_time_zone("UTC")
        )
        loose = Loose(frame, self._faults, self._rejects, self._left_out)
        self._rows, self._faults, self._rejects, self._left_out = [], [], [], 0
        return loose

    def note(self, conversations: int) -> str:
        """What the file holds besides the entries."""
        told = f"{conversations:,} conversation(s); {self._typed:,} typed messages left out on purpose"
        return told + (f"; {self._unasked:,} spoken answers to no spoken message" if self._unasked else "")

    def take(self, piece: Piece, members: Sequence[bytes | Reject]) -> None:
        """The messages of one conversation, or of a part of it."""
        carried, nodes = self._carried, [*self._carried, *members]
        whole = not (piece.more or self._parted)
        self._carried, self._parted = [], piece.more
        plain = [node for node in nodes if isinstance(node, bytes)]
        count = typed(plain) if len(plain) == len(nodes) else None
        if count is not None:
            self.leave_out(count)
            return
        turns = [turn(node, self._scanner) if isinstance(node, bytes) else node for node in nodes]
        if piece.more:
            last = max((at for at, one in enumerate(turns) if isinstance(one, Turn) and one.role == "user"), default=0)
            if last or not carried:  # what was carried once waits no longer
                self._carried, turns = nodes[last:], turns[:last]
        self._conclude(turns, Conversation([one for one in turns if isinstance(one, Turn)], piece.around, whole))

    def leave_out(self, count: int) -> None:
        """Count so many typed messages."""
        self._row += count
        self._typed += count
        self._left_out += count

    def _conclude(self, turns: list[Turn | Reject], conversation: Conversation) -> None:
        for one in turns:
            if isinstance(one, Reject):
                self._row += 1
                self._rejects.append((self._row, one.code))
            elif one.role == "user" and one.voice:
                self._row += 1
                self._entry(one, one.voice, conversation)
            elif one.role == "user":
                self.leave_out(1)
        self._unasked += conversation.unasked()

    def _entry(self, spoken: Turn, voice: Voice, conversation: Conversation) -> None:
        answers = conversation.answers(spoken)
        self._context.named += [name for one in answers if one.voice for name in one.voice.names()]
        if deeper_than(spoken.node, self._context.limits.json_depth):
            self._rejects.append((self._row, "too_deep"))
            return
        fields = self._fields(spoken, voice)
        fields["response"] = "\n".join(filter(None, [texts(one.message, one.voice) for one in answers])) or None
        fields["extra"] = _extra(spoken, conversation.told(spoken) | _stated(voice, answers))
        self._rows.append(fields)
        faults = [*spoken.faults, *(["clip_size"] if voice.misfits() else [])]
        if spoken.message.get("create_time") and fields["time"] is None:
            faults.append("field_type")
        self._faults += [(self._row, code) for code in dict.fromkeys(faults)]

    def _fields(self, spoken: Turn, voice: Voice) -> Object:
        written, names = spoken.message.get("create_time"), voice.names()
        own = as_text(spoken.message.get("id")) or spoken.id or None
        first = [self._first.setdefault(name, own) for name in names if own]
        time, text = micros(written), texts(spoken.message, voice)
        status, status_text = _status(voice, text)
        return {
            "source_row": self._row,
            "maker_id": first[0] if first else own,
            "time": time,
            "time_text": None if time is None else str(written),
            "time_basis": "none" if time is None else "utc",
            "status": status,
            "status_text": status_text,
            "transcript": text,
            "audio_files": names,
            "expires": voice.expires(),
        }


_LOOSE = {
    "source_row": pl.UInt32(),
    "maker_id": pl.String(),
    "time": pl.Int64(),
    **dict.fromkeys(("time_text", "time_basis", "status", "status_text", "transcript", "response"), pl.String()),
    "audio_files": pl.List(pl.String()),
    "expires": pl.Datetime("us", "UTC"),
    "extra": pl.String(),
}


class Conversation:
    """The graph of one conversation, or of a part of it.

    Args:
        turns: Its nodes.
        around: What else stands in it, as JSON objects.
        whole: Whether these are all its nodes; only then can be told which are in the branch last shown.
    """

    def __init__(self, turns: list[Turn], around: tuple[bytes, ...], whole: bool) -> None:
        self._turns = {one.id: one for one in turns}
        self._below: dict[str, list[str]] = {}
        for one in turns:
            children = one.node.get("children")
            listed = children if isinstance(children, list) else []
            self._below.setdefault(one.id, []).extend([child for child in listed if isinstance(child, str)])
        for one in turns:  # whether or not its parent lists it
            if parent := as_text(one.node.get("parent")):
                self._below.setdefault(parent, []).append(one.id)
        self._claimed: set[str] = set()
        about = _about(around)
        self._about = {name: text[:_REPEATED] for name in _ABOUT if (text := as_text(about.get(name)))}
        self._current = self._branch(as_text(about.get("current_node"))) if whole else set()

    def _branch(self, node: str | None) -> set[str]:
        found: set[str] = set()
        while node in self._turns and node not in found:
            found.add(node)
            node = as_text(self._turns[node].node.get("parent"))
        return found

    def answers(self, spoken: Turn) -> list[Turn]:
        """What the assistant said below a message, up to the next ones of the user; nothing is told twice."""
        found, waiting = [], self._below[spoken.id][::-1] if spoken.id else []
        while waiting:
            name = waiting.pop()
            one = self._turns.get(name)
            if one is None or one.role == "user" or name in self._claimed:
                continue
            self._claimed.add(name)
            found += [one] if is_answer(one) else []
            waiting += self._below[name][::-1]
        return found

    def unasked(self) -> int:
        """How many spoken answers `answers` has not told."""
        rest = [one for name, one in self._turns.items() if name not in self._claimed]
        return sum(one.role == "assistant" and one.voice is not None for one in rest)

    def told(self, spoken: Turn) -> Object:
        """What it says of a message: whose it is, and whether it stands in the branch last shown."""
        branch = {"branch": "current" if spoken.id in self._current else "other"} if self._current else {}
        return ({"conversation": self._about} if self._about else {}) | branch


_ABOUT = ("conversation_id", "title", "voice")


def _about(around: tuple[bytes, ...]) -> Object:
    found: Object = {}
    for text in filter(None, around):
        with suppress(Reject, json.JSONDecodeError):
            found |= as_object(Scanner().scan(text.decode("utf-8", "surrogateescape"), 0)[0])
    return found


def _status(voice: Voice, text: str | None) -> tuple[str, str | None]:
    """What became of a message, and in a word how that is known, where no transcript tells."""
    if text:
        return "understood", voice.flag
    seconds = voice.seconds()
    known = voice.flag or ("empty_transcript" if voice.texts else "no_transcript")
    if seconds is not None and seconds < _SHORT:
        return "noise", f"{known}_under_1s"
    return "silence" if voice.texts else "unknown", known


def _stated(voice: Voice, answers: list[Turn]) -> Object:
    """Lengths as the file states them, which holds for clips that are not there, too."""
    spoken = [one.voice for one in answers if one.voice]
    clips = [name for one in spoken for name in one.names()]
    told = [seconds for one in spoken if (seconds := one.seconds()) is not None]
    found = {
        "stated_seconds": voice.seconds(),
        "answer_clips": clips or None,
        "answer_stated_seconds": round(sum(told), 6) if told else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _extra(spoken: Turn, own: Object) -> str | None:
    """Every key of a message that has no column, with what was found out besides, as JSON."""
    node = {key: value for key, value in spoken.node.items() if key not in ("id", "parent", "children", "message")}
    message = node | {key: value for key, value in spoken.message.items() if key != "id"}
    if micros(message.get("create_time")) is not None:
        del message["create_time"]
    if isinstance(author := message.get("author"), dict):
        message["author"] = {key: value for key, value in author.items() if key != "role"}
    if found := parts(spoken.message):
        message["content"] = message["content"] | {"parts": [_without_text(part) for part in found]}
    kept = {(f"{key} (rest)" if key in own else key): value for key, value in _filled(message).items()}
    return json.dumps(kept | own, ensure_ascii=False, separators=(",", ":")) if kept or own else None


def _without_text(part: Any) -> Any:
    """What is left of a part once its text stands in the transcript."""
    if not isinstance(part, dict):
        return None if isinstance(part, str) else part
    is_transcript = part.get("content_type") == "audio_transcription" and isinstance(part.get("text"), str)
    return {key: value for key, value in part.items() if key != "text" or not is_transcript}


def _filled(value: Any) -> Any:
    """Without what is null or empty, at any depth."""
    if isinstance(value, dict):
        return {key: kept for key, one in value.items() if (kept := _filled(one)) not in (None, "", [], {})}
    if isinstance(value, list):
        return [kept for one in value if (kept := _filled(one)) not in (None, "", [], {})]
    return value


ROUTES = (
    Route(
        format="openai_conversations",
        vendor="openai",
        product="chatgpt_voice",
        path=re.compile(r"(?:^|/)conversations[^/]*\.json$|/[^./]*$|^[^./]*$", re.IGNORECASE),
        head=re.compile(rb'\A(?:\xef\xbb\xbf)?\s*[\[{].*"mapping"\s*:\s*\{', re.DOTALL),
        read=read,
        about="ChatGPT conversations, of which the spoken messages are read",
        support=Support(
            evidence="seen in real data of one person, 2024 to 2025: the voice parts; the rest is read in public code",
            audio="joined by the clip's id, which begins the name of its file; not every clip is in the export",
            accidental="an empty transcript under a second is a sign of noise; nothing is woken by a word",
            device="not stated",
            unknown="what the stated end date of a clip means beyond its name; how a turn was begun",
        ),
        sample="chatgpt-voice",
    ),
)
