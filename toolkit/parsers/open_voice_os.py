"""Open Voice OS: the listener's folder of clips, each with a small JSON file beside it; there is no table.

Known from the writer's own code (Python package ovos-dinkum-listener 0.5.0, ``service.py``); no real folder was seen.
Both kinds are written only where the owner switched it on (``record_wake_words``, ``save_utterances``):

    wake_words/Anon_<md5>_0_<wake word>_<session>_<ms since 1970>.wav     .json: name, engine, time, sessionId, ...
    utterances/<md5>-<uuid>.wav                                           .json: transcriptions: [[text, score], ...]
    recordings/<name, or seconds since 1970>.wav

Here the clip *is* the record: one for each clip, with or without its JSON file, and one for each JSON file whose clip
is gone. So ``carved`` counts pairs of clip and JSON file, and every file of the folder belongs to one of them.

A wake word states its time. An utterance does not: its time is that of the file, marked ``file``; copying changes it.
A wake word and the first utterance whose file was written within `WINDOW` behind it share an ``utterance_id``. A wake
word without one is ``wake_word_only``, which may be an accidental activation, but only where the same wake word was
followed by an utterance elsewhere in the folder: that shows that utterances are kept, that file times survived, and
that the word opens the microphone. Else nothing can be told, it stays ``unknown``, and a problem row says so.

Not known: how common these folders are, other names of utterance files (the owner may set them) outside a folder
``listener``, layouts of Mycroft, whether a JSON file of an utterance ever holds a time.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from toolkit.carve.typed import parsed
from toolkit.limits import KIB, MIB
from toolkit.parsers import filetimes
from toolkit.parsers.route import Context, Document, Loose, Part, Route, Support
from toolkit.problems import Problem

# An utterance lasts 10 s at most by default (recording_timeout) and is written once it was transcribed.
WINDOW = timedelta(seconds=30)
_EARLY = timedelta(seconds=2)  # a zip keeps times to two seconds
_LATE = timedelta(seconds=10)  # from the time a wake word states to that of its file
_QUARTER, _FARTHEST = timedelta(minutes=15), timedelta(hours=15)  # zones differ from UTC by quarters of an hour
_MOST, _ALL = 64 * KIB, 256 * MIB  # of one JSON file, and of all; honest ones have a few hundred bytes
_AT_ONCE = 4_000
_HEX = r"[0-9a-f]{32}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_WAKE = r"wake_words/[^/]*_\d{12,14}|[^/_]{1,100}_[0-9a-f]{32}_[^/]*_\d{12,14}"
_NAMES = rf"(?:{_WAKE}|(?:utterances/)?{_HEX})\.(?:wav|json)$"
_PATH = re.compile(
    r"^(?P<folder>(?:[^/]*/)*?(?:listener/(?=(?:wake_words|utterances|recordings)/[^/]+$)"
    rf"|(?={_NAMES}))).*\.(?:wav|json)$",
    re.IGNORECASE,
)
_OWN_NAME = re.compile(rf"{_HEX}|[^/]*_\d{{12,14}}", re.IGNORECASE)
_AT_THE_END = re.compile(r"(?:^|_)(\d{12,14})$")
_WORD = re.compile(r"[^_]*_[0-9a-f]{32}_[^_]*_(.+)_[^_]*_\d{12,14}", re.IGNORECASE)  # values in the keys' order
_SECONDS = re.compile(r"\d{9,10}(?:\.\d{1,9})?")
WAKE, UTTERANCE, RECORDING = "wake_words", "utterances", "recordings"


@dataclass(slots=True)
class Entry:
    """A clip and its JSON file.

    Attributes:
        stem: Their common path, without the ending.
        kind: ``wake_words``, ``utterances`` or ``recordings``.
        clip: The clip, if it is there.
        note: The JSON file, if it is there.
        told: What the JSON file says.
        faults: Codes of what is wrong with it.
        stated: The time that it, or the file's name, states; UTC.
        partner: For a wake word, the utterance that followed; for an utterance, the wake word.
        alone: Whether a wake word is known to have no utterance behind it.
    """

    stem: str
    kind: str
    clip: Part | None = None
    note: Part | None = None
    told: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    stated: datetime | None = None
    partner: Entry | None = None
    alone: bool = False

    @property
    def written(self) -> datetime | None:
        """The time of the file; naive where the archive keeps only a wall clock."""
        part = self.clip or self.note
        return part.modified if part else None

    @property
    def word(self) -> str:
        """The wake word, as the JSON file or else the name of the clip has it."""
        told, stem = self.told.get("name"), self.stem.rpartition("/")[2]
        in_name = _WORD.fullmatch(stem)
        return told if isinstance(told, str) else in_name[1] if in_name else stem


def read(document: Document, context: Context) -> Iterator[Loose]:
    """All entries of one listener's folder."""
    entries = _entries(document.parts)
    left = _ALL
    for entry in entries:
        left = max(0, left - _tell(entry, min(_MOST, left)))
    _pair(entries)
    for start in range(0, len(entries), _AT_ONCE):
        yield _loose(entries[start : start + _AT_ONCE], start + 1, context.timezone)
    context.note = _note(entries)
    context.problems += _problems(document.path, entries, context.timezone)


def _entries(parts: tuple[Part, ...]) -> list[Entry]:
    found: dict[str, Entry] = {}
    for part in parts:
        stem, _, ending = part.path.rpartition(".")
        entry = found.setdefault(stem, Entry(stem, _kind(stem)))
        if ending.lower() == "json":
            entry.note = part
        else:
            entry.clip = part
    return list(found.values())


def _kind(stem: str) -> str:
    folder, _, name = stem.rpartition("/")
    last = folder.rpartition("/")[2].lower()
    if last in (WAKE, UTTERANCE, RECORDING):
        return last
    return WAKE if _AT_THE_END.search(name) else UTTERANCE


def _tell(entry: Entry, most: int) -> int:
    """Read the JSON file, of at most so many bytes, and the time that it or the name states; how many bytes it had."""
    data = b""
    if entry.note:
        with entry.note.open() as stream:
            data = stream.read(most + 1)
        found = parsed(data.decode("utf-8", "replace")) if len(data) <= most else None
        entry.told = found if isinstance(found, dict) else {}
        entry.faults += [] if isinstance(found, dict) else ["sidecar_not_read"]
    else:
        entry.faults.append("sidecar_missing")
    name = entry.stem.rpartition("/")[2]
    if entry.kind == WAKE:
        in_name = _AT_THE_END.search(name)
        entry.stated = _instant(entry.told.get("time"), 1_000) or _instant(in_name and in_name[1], 1_000)
    elif entry.kind == RECORDING and _SECONDS.fullmatch(name):
        entry.stated = _instant(name, 1)
    return len(data)


def _instant(value: Any, unit: int) -> datetime | None:
    """A number since 1970, given as text or not, in UTC."""
    if isinstance(value, bool) or not re.fullmatch(r"\d{9,14}(?:\.\d{1,9})?", str(value)[:32]):
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(value) / unit)
    except OverflowError:
        return None


def _pair(entries: list[Entry]) -> None:
    """Find the utterance behind each wake word, by one clock: that of the files, or the true one where both have it."""
    spoken = sorted(
        (when, at) for at, entry in enumerate(entries) if entry.kind == UTTERANCE and (when := _clock(entry))
    )
    woken = sorted((when, at) for at, entry in enumerate(entries) if entry.kind == WAKE and (when := _clock(entry)))
    taken: set[int] = set()
    for moment, at in reversed(woken):  # the last wake word before an utterance is the one that opened the microphone
        following = bisect_left(spoken, (moment - _EARLY, -1))
        while following < len(spoken) and spoken[following][1] in taken:
            following += 1
        if following < len(spoken) and spoken[following][0] <= moment + WINDOW:
            other = spoken[following][1]
            taken.add(other)
            entries[at].partner, entries[other].partner = entries[other], entries[at]
    heeded = {entry.word for entry in entries if entry.kind == WAKE and entry.partner}
    for _, at in woken:
        entries[at].alone = entries[at].partner is None and entries[at].word in heeded


def _clock(entry: Entry) -> datetime | None:
    """When it was heard, by the clock that tells when files were written; None where that clock cannot be trusted.

    A wall clock has no true time beside it. It must show the stated minute of some zone, or the file was written anew
    in copying; then all files are of about one time, and every utterance would seem to follow every wake word.
    """
    if entry.written is None or entry.stated is None:
        return entry.written and entry.written.replace(tzinfo=None)
    stated = entry.stated.replace(tzinfo=None)
    if entry.written.tzinfo:
        return stated
    behind = entry.written - stated
    off = abs((behind + _QUARTER / 2) % _QUARTER - _QUARTER / 2)
    return entry.written if abs(behind) <= _FARTHEST and off <= _LATE else None


def _loose(entries: list[Entry], first: int, timezone: str | None) -> Loose:
    rows = [_row(entry, row, timezone) for row, entry in enumerate(entries, first)]
    faults = [(row, code) for row, entry in enumerate(entries, first) for code in entry.faults]
    return Loose(pl.DataFrame(rows, schema=_LOOSE, orient="row"), faults)


_LOOSE: dict[str, Any] = {
    "source_row": pl.UInt32,
    "maker_id": pl.String,
    "time": pl.Datetime("us", "UTC"),
    **dict.fromkeys(("time_text", "time_basis", "trigger", "status", "transcript", "language"), pl.String),
    "utterance_id": pl.String,
    "audio_files": pl.List(pl.String),
    "extra": pl.String,
}


def _row(entry: Entry, row: int, timezone: str | None) -> tuple[object, ...]:
    time = entry.stated or filetimes.moment(entry.written, timezone)
    basis = "utc" if entry.stated else "file" if time else "none"
    text = entry.told.get("time") if entry.kind == WAKE else None
    language = entry.told.get("lang")
    clip = entry.clip.path if entry.clip else f"{entry.stem}.wav"
    kept = {name: value for name, value in entry.told.items() if name not in _MAPPED[entry.kind]}
    name = entry.stem.rpartition("/")[2]
    return (
        row,
        name if _OWN_NAME.fullmatch(name) else None,
        time,
        text if isinstance(text, str) else None,
        basis,
        "wake_word" if entry.kind == WAKE or entry.partner else "unknown",
        _status(entry),
        _said(entry),
        language if isinstance(language, str) and entry.kind != WAKE else None,
        _utterance_id(entry),
        [clip],
        json.dumps({"kind": entry.kind, **kept}, ensure_ascii=False, separators=(",", ":")),
    )


_MAPPED = {WAKE: ("time",), UTTERANCE: ("lang",), RECORDING: ("lang",)}


def _status(entry: Entry) -> str:
    if entry.kind == WAKE:
        return "wake_word_only" if entry.partner or entry.alone else "unknown"
    return "understood" if _said(entry) else "unknown"


def _said(entry: Entry) -> str | None:
    """The transcription with the best place; the others stay in ``extra``."""
    heard = entry.told.get("transcriptions")
    first = heard[0] if isinstance(heard, list) and heard else entry.told.get("transcription")
    text = first[0] if isinstance(first, list) and first else first
    return text.strip() or None if isinstance(text, str) else None


def _utterance_id(entry: Entry) -> str | None:
    """That of the wake word, for it and for the utterance behind it."""
    if entry.partner is None:
        return None
    return (entry if entry.kind == WAKE else entry.partner).stem.rpartition("/")[2]


def _note(entries: list[Entry]) -> str:
    count = {kind: sum(entry.kind == kind for entry in entries) for kind in (WAKE, UTTERANCE, RECORDING)}
    followed = sum(entry.kind == WAKE and entry.partner is not None for entry in entries)
    alone = sum(entry.alone for entry in entries)
    return (
        f"{count[WAKE]:,} wake words, {count[UTTERANCE]:,} utterances, {count[RECORDING]:,} recordings;"
        f" {followed:,} wake words were followed by an utterance within {WINDOW.seconds} s, {alone:,} were not"
    )


def _problems(path: str, entries: list[Entry], timezone: str | None) -> Iterator[Problem]:
    wakes = [entry for entry in entries if entry.kind == WAKE]
    untold = sum(not entry.alone and entry.partner is None for entry in wakes)
    if untold:
        yield Problem(
            "warning",
            "following_unknown",
            f"Of {untold:,} of {len(wakes):,} wake words it cannot be told whether a request followed: no other clip of"
            " the same wake word has an utterance behind it.",
            "Utterances may not have been saved, or the times of the files were lost in copying. Use the original"
            " folder, or a copy that keeps file times.",
            path,
        )
    if any(entry.kind != RECORDING and entry.stated is None for entry in entries):
        yield filetimes.told(path, any(e.written and not e.written.tzinfo for e in entries) and timezone is None)


ROUTES = (
    Route(
        format="ovos_listener",
        vendor="ovos",
        product="ovos",
        path=_PATH,
        head=None,
        read=read,
        about="Open Voice OS, clips that the listener saved",
        support=Support(
            evidence="read in public code of 2025: the program that writes it, version 0.5.0",
            audio="the clips are the records",
            accidental="a wake word with no utterance within 30 s, where others of the same word have one",
            device="not stated",
            unknown="how common it is; what copying did to file times; older layouts",
        ),
        sample="open-voice-os",
        gathers=True,
    ),
)
