"""The small samples of makers whose exports are rare: Microsoft, Apple, Open Voice OS, Home Assistant; all invented."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alexa import wav
from dice import Dice

SAID = (
    "turn the music down",
    "what is on my list",
    "play songs, loud",
    'he said "hi"',
    'he said "hi", ok',
    "and/or",
    '"quoted" from the start, and on/off',
    "weather tomorrow",
    "ein Wecker für sieben Uhr",
    "",
)
_TICKS_1970 = 621_355_968_000_000_000
_SPEECH = "InkingTypingAndSpeechUtterance"
_DEVICE = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def times(dice: Dice, start: datetime, count: int, hours: int) -> list[datetime]:
    """So many moments to the millisecond, oldest first, no two closer than ten minutes."""
    found, moment = [], start
    for _ in range(count):
        moment += timedelta(minutes=10, milliseconds=dice.between(0, hours * 3_600_000))
        found.append(moment)
    return found


def _ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _truth(moments: Iterable[datetime], **facts: Any) -> dict[str, Any]:
    """What is true of a sample, ready for JSON."""
    every = sorted(moments)
    first, last = (moment.isoformat(timespec="milliseconds") for moment in (every[0], every[-1]))
    return {"rows": len(every), "first": first, "last": last, **facts}


def _put(path: Path, data: bytes, modified: datetime | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if modified:
        os.utime(path, (modified.timestamp(), modified.timestamp()))


def wrapped(text: str) -> str:
    """A field as Microsoft's writer wraps it: once if it holds a quotation mark, again if one of , / or a line end."""
    if '"' in text:
        text = '"' + text.replace('"', '""') + '"'
    return f'"{text}"' if any(mark in text for mark in ",/\r\n") else text


def speech_row(moment: datetime, device: str, application: str, kind: str, text: str) -> str:
    """A row of Microsoft's speech table; line ends in the text become blanks."""
    date = f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S}"
    stamp = f"{date} {'AM' if moment.hour < 12 else 'PM'} +00:00"
    text = text.replace("\r", " ").replace("\n", " ")
    return ",".join(map(wrapped, (stamp, device, application, kind, text))) + "\r\n"


def microsoft(folder: Path, scale: int) -> dict[str, Any]:
    """A download of the privacy dashboard; a third of the rows have a clip, half of these say when in their name."""
    dice = Dice(20201030)
    moments = times(dice, datetime(2019, 1, 7, 6, tzinfo=UTC), 24 * scale, 1_000 // scale)
    rows, clips, texts = [], 0, 0
    for at, moment in enumerate(reversed(moments)):
        text = SAID[at % len(SAID)]
        texts += bool(text)
        device = dice.pick(("g:6900000000000001", "global[340001]", ""))
        rows.append(speech_row(moment, device, "Cortana", dice.pick(("Desktop", "Xbox", "")), text))
        if at % 3 == 0:
            clips += 1
            ticks = _TICKS_1970 + _ms(moment) * 10_000
            name = f"audio-{clips:03}-5e{clips:06x}" + (f",{ticks}" if clips % 2 else "")
            _put(folder / _SPEECH / f"{name}.mp4", wav(0.2, 440, 8))
    header = "DateTime,DeviceId,Application,DeviceType,DisplayText\r\n"
    _put(folder / f"{_SPEECH}.csv", (header + "".join(rows)).encode())
    stamp = '"5/6/2019 7:08:09 PM +00:00"'
    search = "DateTime,DeviceId,AccuracyRadius,Latitude,Longitude,Time,Title,Url,SearchTerms\r\n"
    search += f'{stamp},,,,,{stamp},An invented title,"https://example.org",an invented search\r\n'
    _put(folder / "SearchRequestsAndQuery.csv", search.encode())
    visited = "DateTime,DeviceId,NavigatedToUrl,PageTitle,SearchTerms\r\n"
    visited += f'{stamp},,"https://example.org",An invented page,\r\n'
    _put(folder / "BrowsingHistory.csv", visited.encode())
    return _truth(moments, with_transcript=texts, clips=clips, clips_with_time=(clips + 1) // 2)


def apple(folder: Path, scale: int) -> dict[str, Any]:
    """Two files of a privacy archive, known by name only, and a report with requests of Siri and of other apps."""
    dice = Dice(20260110)
    moments = times(dice, datetime(2026, 1, 3, 7, tzinfo=UTC), 9 * scale, 30)
    entries, kept = [], []
    for at, moment in enumerate(moments):
        client = ("com.apple.siri", "com.apple.Notes", "com.apple.siri.assistant")[at % 3]
        kept += [moment.replace(microsecond=0)] if "siri" in client else []
        entries.append(
            {
                "timestamp": int(moment.timestamp()),
                "identifier": f"00000000-0000-4000-8000-{at:012}",
                "prompt": _PROMPTS[at % len(_PROMPTS)],
                "response": _RESPONSES[at % len(_RESPONSES)],
                "useCase": "GenerativeAssistant.knowledge" if "siri" in client else "summarization",
                "model": "invented-model",
                "clientIdentifier": client,
            }
        )
    servers = [
        {
            "timestamp": int(moment.timestamp()) + 1,
            "requestId": f"10000000-0000-4000-8000-{at:012}",
            "pipelineKind": "invented",
            "pipelineParameters": json.dumps({"adapter": "", "model": "invented-model"}),
            "nodes": [{"nodeState": "Validated"}],
        }
        for at, moment in enumerate(moments[::3])
    ]
    report = json.dumps(
        {"modelRequests": entries, "privateCloudComputeRequests": servers}, ensure_ascii=False, indent=1
    )
    _put(folder / "Apple_Intelligence_Report_2026-01-10.json", report.encode())
    for name in ("Apple ID Account Information.csv", "Apple Music Play Activity.csv"):
        _put(folder / "Part 1" / name, b"Only the name of this file is known to the toolkit\n")
    return _truth(kept, requests=len(entries), server_calls=len(servers))


_PROMPTS = (
    "how far is the moon",
    "shorten this<n>please",
    '{"prompt": "write a poem", "originalText": "about rain"}',
    'PromptTemplateInfo(templateID: "invented", variableBindings: ["userPrompt": "who wrote it"], locale: en)',
    "<image>",
)
_RESPONSES = ("About 384,000 km.", '{"content": "Rain<n>again"}', "<tool-call>")


def open_voice_os(folder: Path, scale: int) -> dict[str, Any]:
    """A listener's folder: most wake words are followed by an utterance, every fourth is not."""
    dice = Dice(1700000000)
    moments = times(dice, datetime(2025, 3, 3, 6, tzinfo=UTC), 12 * scale, 9)
    at_files: dict[str, str] = {}
    heard: list[datetime] = []

    def put(name: str, data: bytes, modified: datetime) -> None:
        _put(folder / "listener" / name, data, modified)
        at_files[f"listener/{name}"] = modified.isoformat()

    for at, moment in enumerate(moments):
        word = "hey neighbour"
        meta = _wake_word(moment, word)
        name = "wake_words/" + "_".join(meta[key] for key in sorted(meta))
        written = moment.replace(microsecond=0)
        heard.append(moment)
        if at != 5:  # the clip of one is gone, and so is the JSON file of another
            put(f"{name}.wav", wav(0.1, 440, 8), written)
        if at != 9:
            put(f"{name}.json", json.dumps(meta).encode(), written)
        if at % 4 == 3:
            continue
        spoken = written + timedelta(seconds=dice.between(4, 12))
        stem = f"utterances/{at:032x}-{at:08x}-0000-4000-8000-000000000000"
        said = [[SAID[at % 3], 0.9], [SAID[at % 3].upper(), 0.1]]
        put(f"{stem}.wav", wav(0.2, 330, 8), spoken)
        put(f"{stem}.json", json.dumps({"lang": "en-us", "transcriptions": said}).encode(), spoken)
        heard.append(spoken)
    alone = sum(at % 4 == 3 for at in range(len(moments)))
    return _truth(heard, wake_words=len(moments), without_utterance=alone, file_times=at_files)


def _wake_word(moment: datetime, word: str) -> dict[str, str]:
    stamp = str(_ms(moment))
    return {
        "name": word,
        "engine": "5" * 32,
        "time": stamp,
        "sessionId": "default",
        "accountId": "Anon",
        "model": "0",
    }


def home_assistant(folder: Path, scale: int) -> dict[str, Any]:
    """A debug folder: one device that leaves the wake word to the server, one that finds it by itself."""
    dice = Dice(987654321)
    moments = times(dice, datetime(2025, 5, 5, 6, tzinfo=UTC), 8 * scale, 5)
    at_files: dict[str, str] = {}
    only_wake = 0

    def put(name: str, seconds: float, modified: datetime) -> None:
        _put(folder / name, wav(seconds, 440, 8), modified)
        at_files[name] = modified.isoformat()

    for at, whole in enumerate(moments):
        moment = whole.replace(microsecond=0)
        run = 81_000_000_000_000 + at * 7_000_000_000_001
        by_itself = at % 4 == 1
        above = "Kitchen speech" if by_itself else f"{_DEVICE}/Living room"
        if not by_itself:
            put(f"{above}/{run}/00_wake-wake_word.openwakeword.wav", 0.2, moment)
        if at % 4 == 3:
            only_wake += 1
        else:
            put(f"{above}/{run}/01_stt-stt.faster_whisper.wav", 0.3, moment + timedelta(seconds=6))
    first = (moment.replace(microsecond=0) for moment in moments)
    return _truth(first, without_command=only_wake, file_times=at_files)


SAMPLES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "microsoft-cortana": microsoft,
    "apple": apple,
    "open-voice-os": open_voice_os,
    "home-assistant": home_assistant,
}
