"""What the first bytes of a file show of a table or a list of objects that no reader knows, and what it may mean."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from toolkit import dates
from toolkit.carve import csv, plain
from toolkit.carve.streams import encoding_of, utf8
from toolkit.limits import Limits
from toolkit.parsers import columns
from toolkit.parsers.route import ColumnMap
from toolkit.problems import ToolkitError

TABLE = "table"
DAMAGED = re.compile("[\u00c2-\u00f4][\u0080-\u00bf]")  # UTF-8 taken for Latin-1, as in Facebook's JSON
_SHOWN, _LOOKED_AT = 1_000, 100  # entries that may be shown; whose cells tell what a column is
_MILLISECONDS = 9_999_999_999  # in seconds, the year 2286
_NUMBER = re.compile(r"\s*-?\d{6,}(?:\.\d+)?\s*")
_DIGITS = re.compile(r"\s*-?\d+(?:[.,]\d+)?\s*")
_LINES = re.compile(r"\.(?:jsonl|ndjson)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """What the first bytes of a file show of a table.

    Attributes:
        kind: `TABLE`, or one of JSON's, see `carve.plain`.
        header: The first record of a table, or the keys met in JSON; inner ones with a dot.
        rows: Cells of the first records as text, in the order of *header*.
        entries: Key of the list, in an object.
        delimiter: Of a table.
    """

    kind: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    entries: str = ""
    delimiter: str = ","

    @property
    def headed(self) -> bool:
        """Whether *header* names the columns, rather than being the first record of a table."""
        if self.kind != TABLE or columns.looks_like_heading(self.header, self.rows):
            return True
        distinct = len({cell.strip() for cell in self.header} - {""}) == len(self.header)
        columns_below = zip(self.header, zip(*self.rows, strict=False), strict=False)
        return distinct and any(not _counts([cell]) and _counts(below) for cell, below in columns_below)

    def has(self, column: str | int) -> bool:
        """Whether a column of this heading, key or position is in it."""
        if isinstance(column, int):
            return self.kind == TABLE and 0 <= column < len(self.header)
        return column.strip().casefold() in {cell.strip().casefold() for cell in self.header}


def _counts(cells: Sequence[str]) -> bool:
    """Whether most cells of a column are numbers or dates."""
    filled = [cell for cell in cells if cell.strip()][:_LOOKED_AT]
    counted = sum(bool(_DIGITS.fullmatch(cell) or dates.one(cell, "day_first")[0]) for cell in filled)
    return 2 * counted > len(filled)


def look(path: str, head: bytes, limits: Limits, entries: str = "") -> Table | None:
    """The table in a file, told from its first bytes; None if it is none."""
    text = utf8(io.BytesIO(head), head).read()
    kind = plain.LINES if _LINES.search(path) else plain.kind_of(text)
    try:
        return _look_at_json(text, kind, entries, limits) if kind else _look_at_table(head, limits)
    except ToolkitError:
        return None


def _look_at_table(head: bytes, limits: Limits) -> Table | None:
    delimiter = csv.delimiter_of(head.decode(encoding_of(head), "replace"))
    whole = head[: head.rfind(b"\n") + 1] or head
    cutter = csv.Cutter(utf8(io.BytesIO(whole), head), delimiter, limits)
    if len(cutter.first) < 2:
        return None
    rows = [row[:-1] for batch in cutter.batches() for row in batch.frame.head(_SHOWN).rows()]
    return Table(TABLE, tuple(cutter.first), tuple(rows[:_SHOWN]), delimiter=delimiter)


def _look_at_json(text: bytes, kind: str, entries: str, limits: Limits) -> Table | None:
    key = entries or next(iter(plain.lists(text)), "") if kind == plain.OBJECT else ""
    if kind == plain.OBJECT and not key:
        return None
    batches = plain.batches(io.BytesIO(text), kind, key, limits)
    found = [_flat(entry.value) for batch in batches for entry in batch.records][:_SHOWN]
    header = list(dict.fromkeys(name for entry in found for name in entry))[: limits.csv_columns]
    rows = tuple(tuple(_cell(entry.get(name)) for name in header) for entry in found)
    return Table(kind, tuple(header), rows, key) if header else None


def _flat(value: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """The same with inner objects opened: ``device.name``."""
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            flat |= _flat(inner, f"{before}{key}.")
        else:
            flat[before + key] = inner
    return flat


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def propose(path: str, table: Table) -> ColumnMap:
    """What the columns may mean, for the user to confirm or correct."""
    found = columns.mapped(path, table.header, table.rows, {}, None, table.headed)
    settings: dict[str, Any] = {"entries": table.entries} if table.entries else {}
    shown = table.rows if table.headed else (table.header, *table.rows)
    times = [row[found.fields["time"]] for row in shown] if "time" in found.fields else []
    if unit := unit_of(times):
        settings["time_unit"] = unit
    if any(map(DAMAGED.search, (cell for row in shown for cell in row))):
        settings["repair_text"] = True
    fields = {name: column(found, at) for name, at in found.fields.items()}
    return replace(found, rows=shown, chosen={**settings, **fields})


def column(table: ColumnMap, at: int) -> str | int:
    """How a mapping names a column: by its heading or key, unless it has none, or not alone."""
    name = table.header[at]
    return at if name == f"column {at + 1}" or not name.strip() or table.header.count(name) > 1 else name


def unit_of(texts: Sequence[str]) -> str:
    """The unit that times given as numbers seem to have; empty if they are no numbers."""
    filled = [text for text in texts if text.strip()]
    if not filled or not all(_NUMBER.fullmatch(text) for text in filled):
        return ""
    return "milliseconds" if max(abs(float(text)) for text in filled) > _MILLISECONDS else "seconds"
