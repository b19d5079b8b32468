"""Many activities of an invented account, as varied as real text: what Google's files are measured with.

The household of `sample_exports` says few different things, so its files shrink to a twelfth and inflate in no time.
These draw 2 to 9 of 6,000 words each, in the shape of public files of 2018, and shrink to a sixth (JSON) or a tenth
(HTML). Both formats are written from the same rows, newest first.
"""

from __future__ import annotations

import html
import json
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import IO, NamedTuple
from urllib.parse import quote_plus

_FIRST = datetime(2012, 1, 1, tzinfo=UTC)
_SPAN_MS = int((datetime(2025, 12, 10, 14, 13, 20, tzinfo=UTC) - _FIRST).total_seconds()) * 1_000
_NARROW_BLANK = 2023  # since when Google puts U+202F before AM and PM
_LETTERS = ("bcdfghklmnprstvw", "aeiou")
_PHRASES = (
    "schalte das Licht im Büro aus",
    "wie wird das Wetter in Köln",
    "明日の天気は",
    "quelle heure est-il à Zürich",
    "поставь таймер на 5 минут",
)
_TAIL = """ & it's <b> "q\""""
_DETAILS = ("By hotword", "By tap", "By squeeze", "From Google Home")
_AREA = "https://www.google.com/maps/@?api=1&map_action=map&center={:.6f},{:.6f}&zoom=12"
_ABOUT_AREA = "https://support.google.com/maps/answer/6258979"
_GSON = {ord(letter): f"\\u{ord(letter):04x}" for letter in "&='<>"}
_CELL = '<div class="content-cell mdl-cell mdl-cell--{}-col mdl-typography--{}">'
_HEAD = (
    '<html><head><title>My Activity History</title><style type="text/css">'
    "body{font-family:sans-serif;background:#fafafa;margin:0}.mdl-grid{display:flex;flex-flow:row wrap;margin:0 auto}"
    ".mdl-cell{box-sizing:border-box;margin:8px}.outer-cell{width:100%}.header-cell{width:100%;padding:12px}"
    ".content-cell{padding:12px;overflow:hidden;word-break:break-word}</style></head>"
    '<body><div class="mdl-grid">'
)


class Row(NamedTuple):
    """One activity; ``text`` is None where no request was kept."""

    time: datetime
    kind: str
    text: str | None
    answers: tuple[str, ...]
    detail: str | None
    area: str | None
    clip: str | None

    @property
    def link(self) -> str | None:
        """Of the search that repeats the request."""
        return None if self.text is None else "https://www.google.com/search?q=" + quote_plus(self.text)


def rows(count: int) -> Iterator[Row]:
    """So many rows, newest first; the number is the seed as well."""
    chance = random.Random(count)
    words = sorted({_word(chance) for _ in range(9_000)})
    words = chance.sample(words, 6_000)
    times = sorted((chance.randrange(_SPAN_MS) for _ in range(count)), reverse=True)
    for time_ms in times:
        yield _row(_FIRST + timedelta(milliseconds=time_ms), words, chance)


def _word(chance: random.Random) -> str:
    """3 to 10 letters, vowels and consonants by turns, as in most words."""
    return "".join(chance.choice(_LETTERS[at % 2]) for at in range(chance.randint(0, 1), chance.randint(4, 9)))


def _row(time: datetime, words: list[str], chance: random.Random) -> Row:
    said = chance.random() < 0.85
    answers = [" ".join(chance.choices(words, k=chance.randint(3, 14))).capitalize()] if chance.random() < 0.6 else []
    answers += [" ".join(chance.choices(words, k=4))] if chance.random() < 0.1 else []
    at = _AREA.format(chance.uniform(-60, 60), chance.uniform(-180, 180)) if chance.random() < 0.3 else None
    return Row(
        time,
        "Said" if said else "Used Assistant" if chance.random() < 0.7 else "Unknown voice command",
        _text(words, chance) if said else None,
        tuple(answers),
        chance.choice(_DETAILS) if chance.random() < 0.5 else None,
        at,
        f"{time:%Y-%m-%d_%H_%M_%S}_{time.microsecond // 1_000:03}_UTC.mp3" if chance.random() < 0.3 else None,
    )


def _text(words: list[str], chance: random.Random) -> str:
    text, draw = " ".join(chance.choices(words, k=chance.randint(2, 9))), chance.random()
    if draw < 0.08:
        return f"{chance.choice(_PHRASES)} {text}"
    return text + _TAIL if draw < 0.1 else text


def write(found: Iterable[Row], stream: IO[bytes], kind: str) -> None:
    """Write them as Google does, as ``json`` or as ``html``."""
    head, between, foot, written = _FORMS[kind]
    stream.write(head.encode())
    for number, row in enumerate(found):
        stream.write(((between if number else "") + written(row)).encode())
    stream.write(foot.encode())


def _json(row: Row) -> str:
    time = row.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    area = {"name": "At this general area", "url": row.area or ""}
    area |= {"source": "From your device", "sourceUrl": _ABOUT_AREA}
    members = {
        "header": _string("Assistant"),
        "title": _string(row.kind if row.text is None else f"{row.kind} {row.text}"),
        "titleUrl": _string(row.link) if row.link else "",
        "subtitles": _objects([{"name": answer} for answer in row.answers]),
        "time": _string(time),
        "audioFiles": _strings(row.clip) if row.clip else "",
        "products": _strings("Assistant"),
        "locationInfos": _objects([area] if row.area else []),
        "details": _objects([{"name": row.detail}] if row.detail else []),
        "activityControls": _strings("Web & App Activity", "Voice & Audio Activity"),
    }
    return "{" + ",".join(f'\n  "{key}": {value}' for key, value in members.items() if value) + "\n}"


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).translate(_GSON)


def _strings(*values: str) -> str:
    return f"[{', '.join(map(_string, values))}]"


def _objects(values: list[dict[str, str]]) -> str:
    inner = (",".join(f'\n    "{key}": {_string(text)}' for key, text in value.items()) for value in values)
    return "[" + ", ".join(f"{{{members}\n  }}" for members in inner) + "]" if values else ""


def _html(row: Row) -> str:
    link = row.link and f'&nbsp;<a href="{html.escape(row.link)}">{html.escape(row.text or "")}</a>'
    clock = f"{row.time:%b} {row.time.day}, {row.time.year}, {row.time.hour % 12 or 12}:{row.time:%M:%S}"
    blank = "\u202f" if row.time.year >= _NARROW_BLANK else " "
    caption = "<b>Products:</b><br>&emsp;Assistant<br>"
    if row.area:
        caption += f'<b>Locations:</b><br>&emsp;At <a href="{html.escape(row.area)}">this general area</a>'
        caption += f' - From <a href="{_ABOUT_AREA}">your device</a><br>'
    caption += f"<b>Details:</b><br>&emsp;{row.detail}<br>" if row.detail else ""
    return (
        '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">'
        '<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">Assistant<br></p></div>'
        + _CELL.format(6, "body-1")
        + f"{row.kind}{link or ''}<br>{''.join(html.escape(answer) + '<br>' for answer in row.answers)}"
        + f"{clock}{blank}{row.time:%p} UTC</div>{_CELL.format(6, 'body-1 mdl-typography--text-right')}</div>"
        + f"{_CELL.format(12, 'caption')}{caption}</div></div></div>"
    )


_FORMS: dict[str, tuple[str, str, str, Callable[[Row], str]]] = {
    "json": ("[", ",", "]", _json),
    "html": (_HEAD, "", "</div></body></html>", _html),
}
