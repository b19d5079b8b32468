"""The data dictionary: every table the toolkit hands out, its columns, their types and words, from the code itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

import toolkit
from toolkit.activations import ACCIDENTAL, CLASSES
from toolkit.activations.entries import KINDS
from toolkit.compare import CHANGES, ROWS
from toolkit.exposure import EXPOSURE, IDENTIFIERS
from toolkit.problems import FAULTS, PROBLEMS
from toolkit.redact import ACTIONS, ACTIVATIONS_PROFILE, FILES_PROFILE, PROBLEMS_PROFILE, RECORDS_PROFILE, Decision
from toolkit.retention import RETENTION
from toolkit.schema import COLUMNS, FILES, RECORDS, STATUSES, TIME_BASES, TRIGGERS, VENDORS

PAGE = Path(__file__).parent.parent / "docs" / "data-dictionary.md"
HEAD = """\
# Data dictionary

Made by `tools/data_dictionary.py` from the schemas of the toolkit. Every table is a [polars](https://pola.rs) frame,
and files written by `voice-history write` have the same columns. Times are UTC unless `time_basis` says otherwise; a
null means *not stated in the file*, never zero. *Shared* and *published* say what redaction leaves of a column
([toolkit/redact.py](../toolkit/redact.py), with the reason for each); the words for it stand at the [end](#redaction).
"""
# What `schema.COLUMNS` says of a record, for the columns of all other tables.
MEANINGS = {column.name: column.meaning for column in COLUMNS} | {
    "activation_id": "unique; the record_id of the first of its entries",
    "record_ids": "the entries it consists of; each lies in exactly one activation",
    "kind": "voice, no voice, or a request that another device answered",
    "accidental": "class; null unless kind is voice",
    "probability": "at the prior that was chosen; null where nothing can be scored, which is no small probability",
    "reasons": "each sign: rule, weight (log of a likelihood ratio), sentence, source",
    "tick": "the user's own view: accidental or meant",
    "speech": "language whose rules judged the words",
    "copies": "of its entries those that are others read twice",
    "path": "path of the file inside its source; of clips one row for each folder",
    "source": "what was opened: file name of an archive, a folder, a file",
    "size": "bytes",
    "sha256": "of the whole file, in hexadecimal; null if it was not read",
    "carved": "entries found in it; null for files that no reader of entries takes",
    "understood": "of these, read into records",
    "rejected": "of these, refused; each has a row in problems",
    "left_out": "of these, left out on purpose; the note says why",
    "duplicates": "of those understood, also read elsewhere",
    "note": "what the file is, or why it was not read",
    "severity": "note: worth knowing. warning: something may be missing or assumed. error: not read",
    "code": "short stable name, for programs",
    "message": "what was found, in plain words, without any value of the data",
    "advice": "what to do about it; may be empty",
    "data": "of what of the entry: its sound or its words",
    "rule_id": "setting of the maker, as in rules/retention.toml; maker_stated: an end date in the export itself",
    "age_days": "whole days from the entry to the reference day; negative for a later entry",
    "due_on": "day on which it would have been due, had the setting been on",
    "overdue_days": "days from then to the reference day; null if not past it",
    "status": "whether that day has passed",
    "old_id": "record_id in the first export",
    "new_id": "record_id in the second",
    "change": "what became of it",
    "tier": "what paired them: the maker's own id, or product and second",
    "device": "name; else the end of a serial; else that none is stated",
    "period": "first day of the period; null for entries without a time",
    "entries": "entries that were not read twice",
    **{name: f"of these, entries that show: {each.label.lower()}" for name, each in IDENTIFIERS.items()},
}
RECORD_STATUS = {column.name: column.meaning for column in COLUMNS}["status"]
KIND_WORDS = {
    "voice": "somebody, or something, spoke",
    "not_voice": "a routine, a tap, something typed, or the assistant by itself",
    "duplicate": "heard by a second device, which left it to another",
}
BASIS_WORDS = {
    "utc": "the file states UTC, or an instant",
    "offset": "the file states the offset or the zone",
    "zone_assumed": "the file states none; the zone you gave was taken",
    "zone_unknown": "the file states none and none was given: a wall clock, never paired across files",
    "file": "the time of the file on disk, which copying may change",
    "none": "no time could be read",
}
DUE_WORDS = {
    "within": "not yet due at the reference day",
    "past_due": "past the day on which it would have been due, had that setting been on",
    "no_end_date": "the setting keeps it until somebody deletes it",
    "unknown": "no readable time, no rule, or one that did not cover the entry, has no source, or is contradicted",
}
TABLES: tuple[tuple[str, str, pl.Schema, Mapping[str, Decision]], ...] = (
    ("Records", "`export.records`: one row for each entry of the maker's list.", RECORDS, RECORDS_PROFILE),
    (
        "Activations",
        "`toolkit.activations(export.records)`: one row for each time the assistant was woken"
        " ([how it is judged](accidental-activations.md)).",
        toolkit.activations(pl.DataFrame(schema=RECORDS)).schema,
        ACTIVATIONS_PROFILE,
    ),
    (
        "Files",
        "`export.files`: the account. For every file `carved = understood + rejected + left_out`.",
        FILES,
        FILES_PROFILE,
    ),
    ("Problems", "`export.problems`: what could not be read, or was assumed.", PROBLEMS, PROBLEMS_PROFILE),
    ("Retention", "`toolkit.retention(export)`: one row for each entry, kind of data and setting.", RETENTION, {}),
    ("Comparison", "`toolkit.compare(old, new).rows`: what became of each entry.", ROWS, {}),
    ("Exposure", "`toolkit.exposure(export)`: in how many entries the file shows what.", EXPOSURE, {}),
)
WORDS = (
    ("`records.status`", STATUSES),
    ("`records.time_basis`", {name: BASIS_WORDS[name] for name in TIME_BASES}),
    ("`activations.kind`", {name: KIND_WORDS[name] for name in KINDS.categories}),
    ("`activations.accidental`", {name: CLASSES[name] for name in ACCIDENTAL.categories}),
    ("`retention.status`", DUE_WORDS),
    ("`comparison.change`", CHANGES),
    ("Redaction", ACTIONS),
    ("`problems.code` of single entries", {code: message for code, (_, message, _) in FAULTS.items()}),
)


def page() -> str:
    """The whole page."""
    parts = [HEAD, *(_table(*each) for each in TABLES), "## Words\n", *(_words(*each) for each in WORDS)]
    lists = f"`vendor` is one of {_listed(VENDORS)}. `trigger` is one of {_listed(TRIGGERS)}.\n"
    return "\n".join([*parts, lists])


def _table(title: str, about: str, schema: pl.Schema, redacted: Mapping[str, Decision]) -> str:
    return "\n".join([f"## {title}\n", f"{about}\n", *_rows(title, schema, redacted), ""])


def _rows(title: str, schema: pl.Schema, redacted: Mapping[str, Decision]) -> Iterator[str]:
    more = "| Shared | Published " if redacted else ""
    yield f"| Column | Type | Meaning {more}|"
    yield f"| --- | --- | --- {'| --- | --- ' if redacted else ''}|"
    for name, dtype in schema.items():
        told = RECORD_STATUS if name == "status" and title in ("Records", "Activations") else MEANINGS[name]
        left = f"| {redacted[name].share} | {redacted[name].publish} " if redacted else ""
        yield f"| `{name}` | {_type(dtype)} | {told} {left}|"


def _type(dtype: pl.DataType) -> str:
    """A polars type in a word or two."""
    if isinstance(dtype, pl.Enum):
        return "enum"
    if isinstance(dtype, pl.List):
        return f"list of {_type(dtype.inner)}"  # type: ignore[arg-type]
    if isinstance(dtype, pl.Struct):
        return f"struct ({', '.join(field.name for field in dtype.fields)})"
    if isinstance(dtype, pl.Datetime):
        return f"datetime, {dtype.time_zone}, {dtype.time_unit}"
    return {"string": "text"}.get(name := str(dtype).lower(), name)


def _words(title: str, words: Mapping[str, str]) -> str:
    rows = [f"| `{name}` | {told} |" for name, told in words.items()]
    return "\n".join([f"### {title}\n", "| Word | Means |", "| --- | --- |", *rows, ""])


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
