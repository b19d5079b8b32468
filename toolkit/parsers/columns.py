"""Tables whose headings nobody knows: which column is what, told by heading, content, position, or the user."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from toolkit.dates import one, order_of
from toolkit.parsers.chosen import NOTHING, Chosen
from toolkit.parsers.route import ColumnMap
from toolkit.problems import Problem, ToolkitError

# Searched in this order, so that "Response text" is an answer and "Audio file time" a clip.
_HEADINGS = (
    ("audio", r"audio|\bwav\b|datei|\bfile\b|\bclip\b"),
    ("utterance_id", r"\b(utterance|request|record(ing)?) ?id\b"),
    ("response", r"response|answer|antwort|r[ée]ponse|respuesta|risposta"),
    ("time", r"timestamp|\bdate\b|\btime\b|datum|zeit(?!zone)|uhrzeit|\bfecha\b|\bheure\b|\bdata e ora\b"),
    ("device_id", r"serial|\bdsn\b|seriennummer|device ?id"),
    ("device_name", r"device|ger[äa]t|appareil|dispositivo"),
    ("language", r"locale|language|sprache|langue|idioma|lingua"),
    ("person", r"person|profile|speaker|profil"),
    ("transcript", r"transcri|utterance|request|recogni|\btext\b|transkri|anfrage"),
)
_NOTHING = {one.casefold() for one in NOTHING}
_LOOKED_AT = 100  # rows whose content is looked at
_CLIP = re.compile(r"\.(?:wav|mp3|m4a|ogg|flac|aac|opus)\s*$", re.IGNORECASE)


def looks_like_heading(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a first record names columns rather than being an entry, which would be lost if taken for a heading.

    It holds no clip and no date, and names two columns by known words; or it has no empty cell and stands above dates
    or clips.
    """
    if _contents([first], set()):
        return False
    named = {_by_heading(cell) for cell in first} - {None}
    return len(named) >= 2 or (all(map(str.strip, first)) and bool(_contents(list(rows)[:_LOOKED_AT], set())))


def mapped(
    path: str,
    first: Sequence[str],
    rows: Sequence[Sequence[str]],
    positions: Mapping[str, int],
    chosen: Chosen | None,
    headed: bool | None = None,
) -> ColumnMap:
    """Find the column of each field.

    Args:
        path: The file, for display.
        first: Its first record.
        rows: Some of the records behind it.
        positions: Where the fields stand if nothing in the file says otherwise.
        chosen: The user's own mapping. It replaces all else.
        headed: Whether *first* is a heading; None if its look is to tell.

    Raises:
        ToolkitError: *chosen* names a column that does not exist.
    """
    if headed is None:
        headed = looks_like_heading(first, rows)
    header = tuple(first) if headed else tuple(f"column {n + 1}" for n in range(len(first)))
    shown = tuple(tuple(row) for row in ([] if headed else [first]) + list(rows)[:5])
    if chosen is not None:
        return confirmed(path, header, shown, chosen)
    fields: dict[str, int] = {}
    how: dict[str, str] = {}
    by_heading = _headings(header) if headed else {}
    guesses = (
        ("heading", by_heading),
        ("content", _contents(list(rows)[:_LOOKED_AT] or shown, set(by_heading.values()))),
        ("position", {n: at for n, at in positions.items() if at < len(first) and _possible(n, at, rows)}),
    )
    for kind, found in guesses:
        for name, at in found.items():
            if name not in fields and at not in fields.values():
                fields[name], how[name] = at, kind
    return ColumnMap(path, header, fields, how, shown, confirmed=False)


def confirmed(path: str, header: Sequence[str], rows: Sequence[Sequence[str]], chosen: Chosen) -> ColumnMap:
    """What the user said, for a table of this header.

    Raises:
        ToolkitError: *chosen* names a column that does not exist.
    """
    fields = _chosen(header, chosen.fields)
    how = dict.fromkeys(fields, "user")
    shown = tuple(map(tuple, rows))
    return ColumnMap(path, tuple(header), fields, how, shown, confirmed=True, chosen=chosen.as_dict())


def unique_names(header: Sequence[str]) -> list[str]:
    """The headings as keys, none twice."""
    names: list[str] = []
    for at, cell in enumerate(header):
        name = cell.strip() or f"column {at + 1}"
        names.append(f"{name} (column {at + 1})" if name in names else name)
    return names


def _chosen(header: Sequence[str], chosen: Mapping[str, str | int]) -> dict[str, int]:
    fields = {}
    for name, column in chosen.items():
        at = column if isinstance(column, int) else _place(header, column)
        if not 0 <= at < len(header):
            raise ToolkitError(
                f"The column mapping puts {name} into a column that the file does not have.",
                f"The file has {len(header)} columns; use a heading as written, or a position from 0.",
            )
        fields[name] = at
    return fields


def _place(header: Sequence[str], column: str) -> int:
    """The place of a heading as written, else of the first that differs in the case of its letters only."""
    if column in header:
        return header.index(column)
    wanted = column.strip().casefold()
    return next((n for n, cell in enumerate(header) if cell.strip().casefold() == wanted), -1)


def _possible(name: str, at: int, rows: Sequence[Sequence[str]]) -> bool:
    """Whether a column's cells do not speak against what its place says: no clips without a clip's name."""
    filled = [
        row[at] for row in list(rows)[:_LOOKED_AT] if row[at].strip() and row[at].strip().casefold() not in _NOTHING
    ]
    if name == "audio" and filled:
        return any(map(_CLIP.search, filled))
    if name == "time" and filled:
        return any(one(cell, "day_first")[0] for cell in filled)
    return True


def _by_heading(cell: str) -> str | None:
    text = re.sub(r"[_\-./]+", " ", cell).casefold()
    return next((name for name, pattern in _HEADINGS if re.search(pattern, text)), None)


def _headings(header: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(header):
        name = _by_heading(cell)
        if name:
            found.setdefault(name, at)
    return found


def _contents(rows: Sequence[Sequence[str]], known: set[int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cells in enumerate(zip(*rows, strict=False)):
        filled = [cell for cell in cells if cell.strip()]
        if at in known or not filled:
            continue
        order = order_of(filled)
        if sum(bool(_CLIP.search(cell)) for cell in filled) >= 0.9 * len(filled):
            found.setdefault("audio", at)
        elif sum(one(cell, order or "day_first")[0] is not None for cell in filled) >= 0.9 * len(filled):
            found.setdefault("time", at)
    return found


def assumed(mapping: ColumnMap) -> Problem:
    """The problem row that says a mapping was assumed, without repeating any cell of the file."""
    used = ", ".join(f"{name} = column {at + 1} (by {mapping.how[name]})" for name, at in mapping.fields.items())
    return Problem(
        "warning",
        "columns_assumed",
        "The meaning of the columns is not published by the maker; it was assumed, counted from the left:"
        f" {used or 'none found'}.",
        "Look at the first rows and confirm or correct the columns before you rely on any figure of this file.",
        mapping.path,
    )
