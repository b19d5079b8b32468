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
from typing import Any, TypeVar

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


def take_apart(rows: pl.Series, comma: str, decode: Decode[T]) -> tuple[pl.Series, pl.LazyFrame, list[T]]:
    """Read the rows that fit.

    Args:
        rows: From behind the quote of the first key to before the last brace.
        comma: What stands between two members, the quote of the next key included.
        decode: Gives the row that a text of JSON is; None for one that holds anything unknown.

    Returns:
        Which of the other members each row has, null for a row that does not fit. Columns ``title``, ``url``,
        ``response``, ``time_text``, ``audio`` (a line each), ``place``, which is hidden in the other members, and
        ``around``, which is those numbers. And what they count: rows of nothing but the other members.
    """
    parts = _parted(rows.alias("rest").to_frame().lazy(), comma).collect()
    around, wordings = alike(parts["before"], parts["behind"], partial(_others, comma, decode))
    members = parts.drop("before", "behind").with_columns(around.alias("around"))
    return around, members.lazy().select(*_COLUMNS), wordings


def _parted(rows: pl.LazyFrame, comma: str) -> pl.LazyFrame:
    """The members of each row as they stand there; ``before`` and ``behind`` are null where a row does not fit."""
    rows = rows.with_columns(pl.col("rest").str.strip_chars_end(_SPACE))
    for at, front in (('title": ', "before"), (f'{comma}time": ', "said"), (comma, "time")):
        rows = halves(rows, "rest", at, front, "rest")
    has_clips = pl.col("rest").str.starts_with("audioFiles")
    rows = rows.with_columns(clips=pl.when(has_clips).then("rest"), rest=pl.when(~has_clips).then("rest"))
    rows = halves(rows, "clips", comma, "clips", "behind").with_columns(pl.coalesce("behind", "rest").alias("behind"))
    said_so = rf"^{_STRING}(?:{comma}titleUrl\": {_STRING})?(?:{comma}subtitles\": {_ANSWERS})?$"
    fits = pl.col("said").str.contains(said_so) & pl.col("time").str.contains(_TIME)
    fits &= pl.col("clips").str.contains(_CLIPS).fill_null(True)
    rows = hidden(rows, "behind", r"\u003d", r"\u0026")
    rows = rows.with_columns(pl.when(fits).then(name).alias(name) for name in ("before", "behind"))
    for name, at, front, back in (
        ("said", f'{comma}subtitles": ', "said", "response"),
        ("said", f'{comma}titleUrl": ', "title", "url"),
        ("response", '"name": "', "_", "response"),
    ):
        rows = halves(rows, name, at, front, back)
    return rows.select("before", "behind", "title", "url", "response", "time", "clips", "place")


def _unquoted(text: pl.Expr) -> pl.Expr:
    return text.str.strip_prefix('"').str.strip_suffix('"')


def _unescaped(text: pl.Expr) -> pl.Expr:
    return text.str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))


# Quotes inside of answers are escaped, so none is taken for an end.
_ANSWERED = _unquoted(pl.col("response").str.strip_chars_end(_SPACE + "]}")).str.replace_all(_BETWEEN, "\n")
_CLIP_NAMES = pl.col("clips").str.strip_prefix('audioFiles": [').str.strip_suffix("]").str.strip_chars(_SPACE)
_COLUMNS = (
    pl.col("around", "place"),
    _unescaped(_unquoted(pl.col("title"))),
    _unescaped(_unquoted(pl.col("url"))),
    _unescaped(_ANSWERED),
    _unquoted(pl.col("time")).alias("time_text"),
    _unquoted(_CLIP_NAMES).str.replace_all(rf'",{_GAP}"', "\n").alias("audio"),
)


def _others(comma: str, decode: Decode[T], before: str | None, behind: str | None) -> T | None:
    """What other members say; None if they are not whole by themselves, or one of them is told elsewhere."""
    if before is None or (before and not before.endswith(comma)):
        return None
    parts = [before.removesuffix(comma)] if before else []
    parts += [] if behind is None else [behind]
    for part in parts:
        text = f'{{"{part}}}'
        if decode(text.encode()) is None or not _keys(text).isdisjoint(_MEMBERS):
            return None
    return decode(f'{{"{comma.join(parts)}}}'.encode() if parts else b"{}")


def _keys(text: str) -> set[str]:
    """The keys of a whole object; those told in columns as well if any key in it is given twice."""
    twice: set[str] = set()

    def single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice.update(_MEMBERS)
        return found

    found: dict[str, Any] = json.loads(text, object_pairs_hook=single)
    return twice | found.keys()
