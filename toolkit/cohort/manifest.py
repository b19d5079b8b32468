"""Reads the manifest of a study: who takes part, where each person's files lie, and what they consented to."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import polars as pl

from toolkit import dates
from toolkit.cohort.store import base_of, fetched, joined
from toolkit.limits import MIB
from toolkit.problems import ToolkitError

COLUMNS = ("person", "sources", "timezone", "language", "consent", "withdrawn")
CONSENTS = {
    "share": "tables without words, names and ids (what an empty cell means)",
    "texts": "what was said as well, if the study keeps texts",
    "no": "nothing; the person's files are not opened",
}
T = TypeVar("T")
_REQUIRED = COLUMNS[:2]
_BYTES, _ROWS, _SOURCES, _PATH, _CELL = 512 * MIB, 2_000_000, 1_000, 4_096, 200
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0", "")
_ADVICE = "See docs/cohort.md for what a manifest looks like."


@dataclass(frozen=True, slots=True)
class Person:
    """One row of a manifest.

    Attributes:
        name: As the study calls the person; never leaves the computer that runs the study.
        sources: Paths or URLs of the files of their exports.
        timezone: See `toolkit.load`.
        language: A BCP 47 tag, for the study table alone.
        consent: One of `CONSENTS`.
        withdrawn: Everything of this person is to be removed.
    """

    name: str
    sources: tuple[str, ...]
    timezone: str | None = None
    language: str | None = None
    consent: str = "share"
    withdrawn: bool = False


def people(manifest: str) -> list[Person]:
    """Everybody in a manifest.

    Args:
        manifest: Path or URL of a CSV file (UTF-8, sources parted by ``;``) or a Parquet file (sources a list of text).
            Sources are relative to it.

    Raises:
        ToolkitError: It cannot be read, has other columns, or a row says something that cannot be. The message gives
            the number of the row, never what stands there.
    """
    data = fetched(manifest, _BYTES)
    rows = _parquet(data) if manifest.lower().endswith(".parquet") else _csv(data)
    base, seen, found = base_of(manifest), set[str](), []
    for number, row in enumerate(rows, 1):
        person = _person(row, number, base)
        if person.name in seen:
            raise _wrong(number, "names a person that an earlier row names")
        seen.add(person.name)
        found.append(person)
    if not found:
        raise ToolkitError("The manifest has no rows.", _ADVICE)
    return found


def _csv(data: bytes) -> list[dict[str, Any]]:
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        header = next(reader, [])
        _check_columns(header)
        rows = []
        for number, cells in enumerate((row for row in reader if row), 1):
            if len(cells) != len(header):
                raise _wrong(number, "has more or fewer cells than the first line")
            row: dict[str, Any] = dict(zip(header, cells, strict=True))
            row["sources"] = [part.strip() for part in row["sources"].split(";") if part.strip()]
            rows.append(row)
            _check_count(number)
    except (UnicodeDecodeError, csv.Error):
        raise ToolkitError("The manifest is no CSV file in UTF-8.", _ADVICE) from None
    return rows


def _parquet(data: bytes) -> list[dict[str, Any]]:
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except pl.exceptions.PolarsError:
        raise ToolkitError("The manifest is no Parquet file, or is damaged.", _ADVICE) from None
    _check_columns(frame.columns)
    _check_count(frame.height)
    if frame.schema["sources"] != pl.List(pl.String):
        raise ToolkitError("In the manifest, sources is not a list of text.", _ADVICE)
    others = [pl.col(name).cast(pl.String, strict=False) for name in frame.columns if name != "sources"]
    return frame.with_columns(others).to_dicts()


def _check_columns(names: list[str]) -> None:
    if len(set(names)) != len(names) or not set(_REQUIRED) <= set(names):
        raise ToolkitError("The manifest needs one column person and one column sources.", _ADVICE)
    for number, name in enumerate(names, 1):
        if name not in COLUMNS:
            raise ToolkitError(f"Column {number} of the manifest is none of: {', '.join(COLUMNS)}.", _ADVICE)


def _check_count(rows: int) -> None:
    if rows > _ROWS:
        raise ToolkitError(f"The manifest has more than {_ROWS:,} rows.", "Split the study.")


def _person(row: Mapping[str, Any], number: int, base: str) -> Person:
    cell = {name: _text(row.get(name), number, name) for name in COLUMNS if name != "sources"}
    if not cell["person"]:
        raise _wrong(number, "names no person")
    sources = row["sources"] or []
    if not all(source and len(source) <= _PATH and source.isprintable() for source in sources):
        raise _wrong(number, "has a source that is no path")
    withdrawn = _read(_withdrawn, cell["withdrawn"], number, "withdrawn is neither yes, no nor a day")
    if len(sources) > _SOURCES or not (sources or withdrawn):
        raise _wrong(number, f"names no source, or more than {_SOURCES:,}")
    if cell["timezone"]:
        _read(dates.zone, cell["timezone"], number, "has a time zone that does not exist")
    language = _read(_language, cell["language"], number, "has a language that is no tag such as de or en-GB")
    if cell["consent"] not in ("", *CONSENTS):
        raise _wrong(number, f"has a consent that is none of: {', '.join(CONSENTS)}")
    return Person(
        name=cell["person"],
        sources=tuple(joined(base, source) for source in sources),
        timezone=cell["timezone"] or None,
        language=language,
        consent=cell["consent"] or "share",
        withdrawn=withdrawn,
    )


def _text(value: Any, number: int, name: str) -> str:
    text = (value or "").strip()
    if len(text) > _CELL or not text.isprintable():
        raise _wrong(number, f"has something in {name} that does not belong there")
    return str(text)


def _read(reader: Callable[[str], T], text: str, number: int, what: str) -> T:
    try:
        return reader(text)
    except (ToolkitError, ValueError):
        raise _wrong(number, what) from None


def _language(text: str) -> str | None:
    if text and not (text.replace("-", "").isalnum() and text.isascii() and len(text.partition("-")[0]) in (2, 3)):
        raise ValueError
    return text or None


def _withdrawn(text: str) -> bool:
    if text.lower() in _NO:
        return False
    return text.lower() in _YES or bool(date.fromisoformat(text))


def _wrong(number: int, what: str) -> ToolkitError:
    return ToolkitError(f"Row {number:,} of the manifest {what}.", _ADVICE)
