"""Any table or list of JSON objects, read with the columns its owner names: CSV, TSV, JSON array, list in an object,
JSON Lines.

The honest way in for makers who publish no format and of whose exports no public example is known. What a column means
is the user's word, in every record (``format`` is ``mapped``, ``vendor`` is ``other``): so no status is claimed, and no
maker's rule is applied. A time is never guessed: numbers need a unit, dates written in numbers with slashes a pattern,
and years before 2010 are refused. Every cell that a field does not hold exactly as written stands in ``extra``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from toolkit import dates
from toolkit.carve import csv, plain
from toolkit.carve.streams import is_assumed, utf8
from toolkit.limits import Limits
from toolkit.parsers import columns, tables
from toolkit.parsers.chosen import FIELDS, PRODUCT, Chosen
from toolkit.parsers.route import ColumnMap, Context, Document, Loose, Route, Support
from toolkit.problems import Problem, ToolkitError, encoding_assumed

_EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)  # before the first of these assistants
_PAST_NOW = timedelta(days=2)


def claim(path: str, head: bytes, chosen: Chosen, limits: Limits) -> Route | None:
    """The route for a file that nobody else reads, if the column of the time is in it."""
    route = ROUTES[0]
    time = chosen.fields.get("time")
    if time is None or not route.claims(path, head):
        return None
    table = tables.look(path, head, limits, chosen.entries)
    if table is None or not table.has(time):
        return None
    return replace(route, product=chosen.product)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a mapping makes of some rows.

    Attributes:
        rows: How many there are.
        timed: How many have a time that was read.
        faults: Code of a fault -> how many entries have it.
        records: What was understood, one row each.
    """

    rows: int
    timed: int
    faults: Mapping[str, int]
    records: pl.DataFrame


def trial(table: ColumnMap, chosen: Chosen, timezone: str | None) -> Trial:
    """Read the first rows of a table as the whole would be.

    Raises:
        ToolkitError: The mapping does not fit.
    """
    mapping = columns.confirmed(table.path, table.header, (), chosen)
    cells = {name: [row[at] for row in table.rows] for name, at in mapping.fields.items()}
    raw = pl.DataFrame({"source_row": range(1, len(table.rows) + 1), **cells}, schema=_schema(mapping.fields))
    how = _How(chosen, raw["time"], timezone)
    loose = how.loose(raw, [{} for _ in table.rows])
    codes = [code for _, code in loose.faults]
    timed = loose.frame["time"].count()
    return Trial(raw.height, timed, {code: codes.count(code) for code in dict.fromkeys(codes)}, loose.frame)


def _schema(fields: Iterable[str]) -> dict[str, Any]:
    return {"source_row": pl.UInt32, **dict.fromkeys(fields, pl.String)}


def read(document: Document, context: Context) -> Iterator[Loose]:
    """All rows or entries of one file."""
    chosen = context.columns or Chosen({})
    table = tables.look(document.path, context.head, context.limits, chosen.entries)
    if table is None:
        raise ToolkitError("The file holds no table and no list of entries.", "The column mapping does not fit it.")
    if table.kind == tables.TABLE:
        yield from _read_table(document, context, chosen, table)
    else:
        yield from _read_json(document, context, chosen, table)


def _read_table(document: Document, context: Context, chosen: Chosen, table: tables.Table) -> Iterator[Loose]:
    named = any(isinstance(column, str) for column in chosen.fields.values())
    headed = named or table.headed
    header = table.header if headed else tuple(f"column {at + 1}" for at in range(len(table.header)))
    rows = table.rows if headed else (table.header, *table.rows)
    mapping = columns.confirmed(document.path, header, rows[:5], chosen)
    how = _begin(context, mapping, chosen, [row[mapping.fields["time"]] for row in rows])
    names = columns.unique_names(header)
    spare = [at for at in range(len(names)) if at not in mapping.fields.values()]
    if is_assumed(context.head):
        context.problems.append(encoding_assumed(document.path))
    with document.open() as stream:
        cutter = csv.Cutter(utf8(stream, context.head), table.delimiter, context.limits)
        for batch in cutter.batches(headed=headed):
            raw = batch.frame.select(source_row="row", **{name: pl.col(str(at)) for name, at in mapping.fields.items()})
            kept = (
                [
                    {name: cell for name, cell in zip((names[at] for at in spare), cells, strict=True) if cell}
                    for cells in batch.frame.select(map(str, spare)).iter_rows()
                ]
                if spare
                else [{} for _ in range(raw.height)]
            )
            for at, row in enumerate(batch.frame["row"]) if batch.more else ():
                if batch.more.get(row):
                    kept[at]["further cells"] = batch.more[row]
            loose = how.loose(raw, kept, {name: names[at] for name, at in mapping.fields.items()})
            yield replace(loose, faults=batch.faults + loose.faults, rejects=batch.rejects)


def _read_json(document: Document, context: Context, chosen: Chosen, table: tables.Table) -> Iterator[Loose]:
    if any(isinstance(column, int) for column in chosen.fields.values()):
        raise ToolkitError("The column mapping gives positions, but JSON has keys.", "Give the keys as written.")
    keys = {name: _key(table.header, str(column)) for name, column in chosen.fields.items()}
    header = tuple(dict.fromkeys((*table.header, *keys.values())))
    mapping = columns.confirmed(document.path, header, table.rows[:5], replace(chosen, fields=keys))
    at = mapping.fields["time"]
    how = _begin(context, mapping, chosen, [row[at] for row in table.rows])
    met: set[str] = set()
    with document.open() as stream:
        text = utf8(stream, context.head, legacy=False)
        for batch in plain.batches(text, table.kind, table.entries, context.limits):
            raw, kept, misfits = plain.taken(batch, keys)
            met.update(name for name in keys if raw[name].count())
            loose = how.loose(raw, kept, keys)
            yield replace(loose, faults=batch.faults + misfits + loose.faults, rejects=batch.rejects)
    context.problems += [_never_met(document.path, name) for name in keys if name not in met]


def _key(header: Sequence[str], key: str) -> str:
    """The key as the file writes it."""
    return key if key in header else next((one for one in header if one.casefold() == key.strip().casefold()), key)


def _never_met(path: str, name: str) -> Problem:
    return Problem(
        "warning",
        "column_missing",
        f"No entry of the file has the key that the column mapping gives for {name}.",
        "Check how it is written, capitals included.",
        path,
    )


def _begin(context: Context, mapping: ColumnMap, chosen: Chosen, times: Sequence[str]) -> _How:
    """Make ready to read, and refuse what cannot come out right.

    Raises:
        ToolkitError: The times cannot be read as the mapping says.
    """
    context.column_maps.append(mapping)
    context.note = "columns given by the user"
    return _How(chosen, pl.Series("time", times, dtype=pl.String), context.timezone)


class _How:
    """How the cells of one file are read.

    Raises:
        ToolkitError: Not one of the first times can be read as the mapping says.
    """

    def __init__(self, chosen: Chosen, times: pl.Series, timezone: str | None) -> None:
        self._chosen = chosen
        self._nothing = ["", *(text.strip().lower() for text in chosen.nothing)]
        texts = self._stripped(times).drop_nulls()
        if not chosen.form and chosen.time_unit != "text" and (unit := tables.unit_of(texts.to_list())):
            raise ToolkitError(
                "The times are numbers, and the column mapping does not say what they count.",
                f'They look like {unit}. If that is so, add: time_unit = "{unit}".',
            )
        if not chosen.form and any(dates.is_numeric(text) and "." not in text[:6] for text in texts):
            raise ToolkitError(
                "The times are dates in numbers, and the column mapping does not say which is the day.",
                'Add for example: time_pattern = "%d/%m/%Y %H:%M:%S", or "%m/%d/%Y %I:%M:%S %p".',
            )
        self._reader = dates.Reader(
            texts.to_list(), dates.order_of(texts), chosen.timezone or timezone or None, chosen.form
        )
        if len(texts) and self._timed(texts)["time"].count() == 0:
            raise ToolkitError(
                "Nothing in the column given for the time can be read as one.",
                "Choose another column, or say how its times are written (time_unit, time_pattern).",
            )

    def _stripped(self, column: pl.Series) -> pl.Series:
        text = column.str.strip_chars()
        return text.set(text.str.to_lowercase().is_in(self._nothing).fill_null(True), None)

    def _timed(self, texts: pl.Series) -> pl.DataFrame:
        """As `dates.Reader.read`, and ``refused``: whether there was a time, but not in these years."""
        read = self._reader.read(texts)
        refused = ~pl.col("time").is_between(_EARLIEST, datetime.now(UTC) + _PAST_NOW)
        return read.with_columns(
            pl.when(~refused).then("time").alias("time"),
            pl.when(refused).then(pl.lit("none")).otherwise("time_basis").alias("time_basis"),
            refused.fill_null(False).alias("refused"),
        )

    def loose(self, raw: pl.DataFrame, kept: list[dict[str, Any]], names: Mapping[str, str] | None = None) -> Loose:
        """Records of raw cells.

        Args:
            raw: ``source_row``, and a column of texts for each field.
            kept: What no field took, for each row.
            names: Field -> heading or key under which a cell is kept that the field does not hold as written.
        """
        cells = raw.with_columns(self._stripped(raw[name]) for name in raw.columns if name in FIELDS)
        if self._chosen.repair_text:
            cells = cells.with_columns(repaired(cells[name]) for name in cells.columns if name in FIELDS)
        timed = self._timed(cells["time"])
        records = cells.rename({"time": "time_text"}).hstack(timed)
        clips = [pl.col("audio").str.split("\n").list.eval(_CLIP_NAME)] if "audio" in cells.columns else []
        extra = _extra(raw, cells, kept, names or {})
        records = records.with_columns(
            *(one.alias("audio_files") for one in clips),
            extra,
            product=pl.lit(self._chosen.product),
        )
        return Loose(records.drop("audio", "twice", "refused", strict=False), _faults(records))


_CLIP_NAME = pl.element().str.strip_chars().str.replace(r"^.*[/\\]", "")
_FAULTS: dict[str, Callable[[], pl.Expr]] = {
    "time_refused": lambda: pl.col("refused"),
    "time_missing": lambda: pl.col("time_text").is_null(),
    "time_not_read": lambda: pl.col("time").is_null() & pl.col("time_text").is_not_null() & ~pl.col("refused"),
    "time_twice": lambda: pl.col("twice"),
}


def _faults(records: pl.DataFrame) -> list[tuple[int, str]]:
    return [(row, code) for code, told in _FAULTS.items() for row in records.filter(told())["source_row"]]


def repaired(column: pl.Series) -> pl.Series:
    """Texts whose UTF-8 was taken for Latin-1, put right; all others as they are."""
    broken = column.filter(column.str.contains(tables.DAMAGED.pattern)).unique()
    if broken.is_empty():
        return column
    return column.replace(broken, pl.Series([_repair(text) for text in broken], dtype=pl.String))


def _repair(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _extra(raw: pl.DataFrame, cells: pl.DataFrame, kept: list[dict[str, Any]], names: Mapping[str, str]) -> pl.Series:
    """JSON of what no field took, and of what a field holds otherwise than as written."""
    for field, name in names.items():
        written, held = raw[field], cells[field]
        if field == "audio":
            held = held.str.replace_all(r"(?m)^.*[/\\]", "")
        changed = written.is_not_null() & (written != "") & written.ne_missing(held)
        for at in changed.arg_true():
            kept[at][name] = written[at]
    return plain.as_extra(kept)


ROUTES = (
    Route(
        format="mapped",
        vendor="other",
        product=PRODUCT,
        path=re.compile(r"\.(?:csv|tsv|tab|txt|json|jsonl|ndjson|js)$|(?:^|/)[^./]+$", re.IGNORECASE),
        head=None,
        read=read,
        about="a table or list with columns named by the user",
        support=Support(
            evidence="stated by the user: what a column means is the user's own word, and every record says so",
            audio="if a column names the clips; joined by name",
            accidental="none: words for what became of an entry are kept, not interpreted",
            device="if the user names its column",
            unknown="everything the user does not say",
        ),
        sample="any-table-mapped",
        columns="needed",
    ),
)
