"""Writes tables as files that other programs open: Parquet, CSV, JSON Lines or SQLite, with an account of the whole."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs
from polars.io.plugins import register_io_source

from toolkit.activations import activations
from toolkit.inert import csv_column, json_text
from toolkit.load import Export
from toolkit.problems import ToolkitError
from toolkit.redact import Redactor
from toolkit.schema import RECORDS
from toolkit.version import VERSION
from toolkit.whole import put, replacing, stay_away, tidy

_ROW_GROUP = 10_000  # rows that are held until they are written: of the default, 122,880, they take 90 MiB
_ROWS = 20_000  # at once: memory stays flat
AUDIT, DATABASE = "audit.json", "voice-history.sqlite"
_LIMITS = "as supplied; authenticity not verified; nothing that the maker did not send is in it"


def write(
    export: Export,
    folder: str | os.PathLike[str],
    *,
    formats: Iterable[str] = ("parquet",),
    redact: bool | str = False,
    secret: bytes | None = None,
) -> tuple[Path, ...]:
    """Write all tables into a folder, and ``audit.json``, which says what they are.

    The tables: records, activations as judged by default, problems, and the account of files.

    Args:
        export: What was read.
        folder: Made if it is not there. Files of the same names are replaced, each whole or not at all; the account
            comes last, so a folder without one was not finished.
        formats: Any of `FORMATS`. SQLite is one database with a table for each, indices and a few views.
        redact: ``share`` or ``publish``, see `toolkit.redact`; True is ``share``.
        secret: See `toolkit.redact.Redactor`.

    Returns:
        The files, the account last.

    Raises:
        ToolkitError: There is no such format or level, the folder cannot be written, or the export lies in it.
    """
    writers = [_writer(name) for name in dict.fromkeys(formats)]
    level = "share" if redact is True else redact or None
    tables = _tables(export, level, secret)
    target = Path(folder)
    stay_away(target, export.paths)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolkitError(f"The folder cannot be made: {error.strerror}.", "Choose another place.") from None
    tidy(target)
    files = [path for writer in writers for path in writer(tables, target)]
    put([_audit(export, level, tables, files)], target / AUDIT)
    return (*files, target / AUDIT)


def stream(batches: Iterable[pl.DataFrame], target: str | os.PathLike[str]) -> None:
    """Write batches of records into one Parquet file as they come, in flat memory.

    Args:
        batches: As of `toolkit.batches`.
        target: The file; it is replaced once everything is written.

    Raises:
        ToolkitError: Whatever *batches* raises, or the file cannot be written.
    """
    failed: list[ToolkitError] = []

    def handed(*_: Any) -> Iterator[pl.DataFrame]:
        try:
            yield from batches
        except ToolkitError as error:  # polars would hand it on as an error of its own
            failed.append(error)
            raise

    with replacing(Path(target)) as temporary, _disk_errors():
        try:
            register_io_source(handed, schema=RECORDS).sink_parquet(temporary, row_group_size=_ROW_GROUP)
        except pl.exceptions.PolarsError:
            if failed:
                raise failed[0] from None
            raise


@contextmanager
def _disk_errors() -> Iterator[None]:
    """What the disk refuses, polars 2.1 wraps into an error of its own; only the text tells it from others."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        if "(os error " not in str(error):
            raise
        raise OSError(errno.EIO, "the disk is full, or refuses it") from None


def pieces(table: pl.DataFrame, form: str) -> Iterator[bytes]:
    """A table as UTF-8 text, ``csv`` or ``jsonl``, piece by piece; no spreadsheet or terminal is made to act by it."""
    texts = plain(table)
    for at in range(0, max(texts.height, 1), _ROWS):
        part = texts.slice(at, _ROWS)
        yield (_csv(part, header=at == 0) if form == "csv" else json_text(part.write_ndjson())).encode()


def plain(table: pl.DataFrame) -> pl.DataFrame:
    """Words and times as text; a wall clock of an unknown zone gets no zone."""
    clock = pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
    known = pl.col("time_basis") != "zone_unknown" if "time_basis" in table.columns else pl.lit(True)
    zone = pl.when(known).then(pl.lit("Z")).otherwise(pl.lit(""))
    table = table.with_columns(clock + zone).with_columns(cs.enum().cast(pl.String), cs.date().cast(pl.String))
    return table.with_columns(_as_json(name) for name, of in table.schema.items() if of in _OBJECTS)


_OBJECTS = (pl.List(pl.Struct),)


def _as_json(name: str) -> pl.Expr:
    whole = pl.struct(name).struct.json_encode()
    return whole.str.strip_prefix(f'{{"{name}":').str.strip_suffix("}").alias(name)


def _csv(table: pl.DataFrame, header: bool) -> str:
    joined = table.with_columns(cs.list().list.join("; "))
    return joined.with_columns(csv_column(pl.col(pl.String))).write_csv(include_header=header)


# --- The formats: each writes all tables and names the files -----------------------------------------------------

Tables = Mapping[str, pl.DataFrame]
Writer = Callable[[Tables, Path], list[Path]]


def _parquet(tables: Tables, folder: Path) -> list[Path]:
    paths = {folder / f"{name}.parquet": table for name, table in tables.items()}
    for path, table in paths.items():
        with replacing(path) as temporary, _disk_errors():
            table.write_parquet(temporary)
    return list(paths)


def _texts(form: str) -> Writer:
    def written(tables: Tables, folder: Path) -> list[Path]:
        paths = {folder / f"{name}.{form}": table for name, table in tables.items()}
        for path, table in paths.items():
            put(pieces(table, form), path)
        return list(paths)

    return written


# For whoever looks into the database with a tool such as Datasette: each entry once, and the counts people ask for.
_VIEWS = {
    "entries": "SELECT * FROM records WHERE duplicate_of IS NULL",
    "entries_by_month": "SELECT substr(time, 1, 7) AS month, count(*) AS entries FROM entries GROUP BY 1",
    "entries_by_status": "SELECT vendor, status, count(*) AS entries FROM entries GROUP BY 1, 2",
    "entries_by_device": "SELECT device_name, count(*) AS entries FROM entries GROUP BY 1",
}
_INDICES = ("time", "status", "device_name", "source_file", "duplicate_of")


def _sqlite(tables: Tables, folder: Path) -> list[Path]:
    path = folder / DATABASE
    with replacing(path) as temporary:
        try:
            with closing(sqlite3.connect(temporary)) as database, database:
                _database(database, tables)
        except sqlite3.Error as error:
            raise OSError(0, str(error)) from None
    return [path]


def _database(database: sqlite3.Connection, tables: Tables) -> None:
    for name, table in tables.items():
        _fill(database, name, plain(table))
    for column in _INDICES:
        database.execute(f"CREATE INDEX records_{column} ON records ({column})")
    for name, query in _VIEWS.items():
        database.execute(f"CREATE VIEW {name} AS {query}")


_AFFINITY = ((cs.integer(), "INTEGER"), (cs.float(), "REAL"))


def _fill(database: sqlite3.Connection, name: str, table: pl.DataFrame) -> None:
    """One table; lists become JSON. The names of tables and columns are ours, never the data's."""
    lists = [column for column, dtype in table.schema.items() if isinstance(dtype, pl.List)]
    kinds = {column: kind for of, kind in _AFFINITY for column in table.select(of).columns}
    key = {"record_id": " PRIMARY KEY"} if name == "records" else {}
    columns = ", ".join(f"{column} {kinds.get(column, 'TEXT')}{key.get(column, '')}" for column in table.columns)
    database.execute(f"CREATE TABLE {name} ({columns})")
    marks = ", ".join("?" * table.width)
    for part in table.iter_slices(_ROWS):
        flat = part.with_columns(
            pl.Series(
                column, [json.dumps(value, ensure_ascii=False) for value in part[column].to_list()], dtype=pl.String
            )
            for column in lists
        )
        database.executemany(f"INSERT INTO {name} VALUES ({marks})", flat.iter_rows())  # noqa: S608 - a name of ours


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


FORMATS: Mapping[str, Writer] = {
    "parquet": _parquet,
    "csv": _texts("csv"),
    "jsonl": _texts("jsonl"),
    "sqlite": _sqlite,
}


def _writer(name: str) -> Writer:
    if name not in FORMATS:
        raise ToolkitError("There is no such format to write.", f"Choose from: {', '.join(FORMATS)}.")
    return FORMATS[name]


def _tables(export: Export, level: str | None, secret: bytes | None) -> Tables:
    events = activations(export.records)
    if level is None:
        shown = {"records": export.records, "activations": events}
        return {**shown, "problems": export.problems, "files": export.files}
    redactor = Redactor(export.records, level, secret)
    return {
        "records": redactor.records(),
        "activations": redactor.activations(events),
        "problems": redactor.problems(export.problems),
        "files": redactor.files(export.files),
    }


def _audit(export: Export, level: str | None, tables: Tables, files: Iterable[Path]) -> bytes:
    """What was written, how, by which version; of what is published without the instant that tells whose it is."""
    exact = level != "publish"
    account: dict[str, Any] = {
        "tool": f"voice-history-toolkit {VERSION}",
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "redacted": level or "no",
        "timezone_assumed": export.timezone,
        "exported_at": export.exported_at.isoformat() if export.exported_at and exact else None,
        "limits": _LIMITS,
        "rows": {name: table.height for name, table in tables.items()},
        "columns_assumed": any(not one.confirmed for one in export.column_maps),
        "files": {path.name: _digest(path) for path in files},
    }
    return (json_text(json.dumps(account, ensure_ascii=False, indent=1)) + "\n").encode()


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
