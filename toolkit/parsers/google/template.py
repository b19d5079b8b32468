"""Takes apart rows of JSON that are laid out as Google writes them: a line for each member, in the usual order.

    header, title, titleUrl, subtitles, time, audioFiles, and behind these products, details and all others

A row fits only if its text *is* these members, one after the other: those that differ from row to row have one form
each, and what stands before and behind them, the same in most rows, is decoded once per wording and must be whole
members by itself. So a row that fits says what its decoding would say; any other row is decoded.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import polars as pl

from toolkit.carve.places import halves, hidden
from toolkit.carve.window import alike

T = TypeVar("T")
Decode = Callable[[bytes], T | None]
_MEMBERS = frozenset(  # what is told in columns
    ("title", "titleUrl", "subtitles", "description", "safeHtmlItem", "time", "audioFiles", "attachedFiles")
)
# The escapes that Google writes: those of HTML's own letters, of line ends that JavaScript knows, and the short ones.
_SHORT = {r"\"": '"', r"\\": "\\", r"\/": "/", r"\b": "\b", r"\f": "\f", r"\n": "\n", r"\r": "\r", r"\t": "\t"}
_ESCAPES = {**{f"\\u{ord(letter):04x}": letter for letter in "&'<=>\u2028\u2029"}, **_SHORT}
_ESCAPED = r'\\(?:["\\/bfnrt]|u00(?:2[67]|3[cde])|u202[89])'
_PLAIN = r'[^"\\\x00-\x1f]'
_STRING = rf'"{_PLAIN}*(?:{_ESCAPED}{_PLAIN}*)*"'
_FILLED = rf'"(?:{_PLAIN}|{_ESCAPED}){_STRING[1:]}'
_GAP = r"[ \t\r\n]*"
_ANSWER = rf'\{{{_GAP}"name": {_FILLED}{_GAP}\}}'
_TIME = rf'^"{_PLAIN}*"$'
_CLIP = r'"[^"\\/\x00-\x1f]+"'  # names with a folder are left to who knows what to make of them
_CLIPS = rf'^audioFiles": \[{_GAP}{_CLIP}(?:,{_GAP}{_CLIP})*{_GAP}\]$'
_ANSWERS = rf"\[{_GAP}{_ANSWER}(?:,{_GAP}{_ANSWER})*{_GAP}\]"
_BETWEEN = rf'"{_GAP}\}},{_GAP}\{{{_GAP}"name": "'
_SPACE = " \t\r\n"
_MAP_LINK = r'"url": "https://www\.google\.com/maps/'


def take_apart(rows: pl.Series, comma: str, decode: Decode[T]) -> tuple[pl.DataFrame, list[T]]:
    """Read the rows that fit.

    Args:
        rows: From behind the quote of the first key to before the last brace.
        comma: What stands between two members, the quote of the next key included.
        decode: Gives the row that a text of JSON is; None for one that holds anything unknown.

    Returns:
        Columns ``title``, ``url``, ``response``, ``time_text``, ``audio`` (a line each), ``place``, which is hidden in
        the other members, and ``around``, which is null for a row that does not fit; and what that counts: rows of
        nothing but the other members.
    """
    before, rest = halves(rows, 'title": ')
    said, rest = halves(rest.str.strip_chars_end(_SPACE), f'{comma}time": ')
    time, rest = halves(rest, comma)
    first, others = halves(rest, comma)
    has_clips = first.str.starts_with("audioFiles").fill_null(False)
    clips, behind = first.set(~has_clips, None), others.zip_with(has_clips, rest)
    said_so = rf"^{_STRING}(?:{comma}titleUrl\": {_STRING})?(?:{comma}subtitles\": {_ANSWERS})?$"
    fits = said.str.contains(said_so) & time.str.contains(_TIME) & clips.str.contains(_CLIPS).fill_null(True)
    fits = fits.fill_null(False)
    before = before.set(~fits, None)
    behind, places = hidden(behind, _MAP_LINK, r"\u003d", r"\u0026")
    around, wordings = alike(before, behind, partial(_others, comma, decode))
    said, answers = halves(said, f'{comma}subtitles": ')
    title, url = halves(said, f'{comma}titleUrl": ')
    escaped = {"title": _unquoted(title), "url": _unquoted(url), "response": _joined(answers)}
    texts = pl.DataFrame(escaped).select(pl.all().str.replace_many(list(_ESCAPES), list(_ESCAPES.values())))
    plain = {"around": around, "place": places, "time_text": _unquoted(time), "audio": _listed(clips)}
    return texts.with_columns(**plain), wordings


def _unquoted(texts: pl.Series) -> pl.Series:
    return texts.str.strip_prefix('"').str.strip_suffix('"')


def _listed(lists: pl.Series) -> pl.Series:
    """The strings of a list without escapes, a line each."""
    inside = lists.str.strip_prefix('audioFiles": [').str.strip_suffix("]").str.strip_chars(_SPACE)
    return _unquoted(inside).str.replace_all(rf'",{_GAP}"', "\n")


def _joined(answers: pl.Series) -> pl.Series:
    """The names of a list of objects, a line each; quotes inside of them are escaped, so none is taken for an end."""
    _, first = halves(answers, '"name": "')
    first = first.str.strip_chars_end(_SPACE + "]}").str.strip_suffix('"')
    at = first.str.contains('"name": "', literal=True).arg_true()
    return first.scatter(at, first.gather(at).str.replace_all(_BETWEEN, "\n")) if len(at) else first


def _others(comma: str, decode: Decode[T], before: str | None, behind: str | None) -> T | None:
    """What other members say; None if they are not whole by themselves, or one of them is told elsewhere."""
    if before is None or (before and not before.endswith(comma)):
        return None
    parts = [before.removesuffix(comma)] if before else []
    parts += [] if behind is None else [behind]
    for part in parts:
        text = f'{{"{part}}}'
        if decode(text.encode()) is None or not json.loads(text).keys().isdisjoint(_MEMBERS):
            return None
    return decode(f'{{"{comma.join(parts)}}}'.encode() if parts else b"{}")
