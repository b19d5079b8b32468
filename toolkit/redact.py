"""The one published profile for passing records on: what happens to each column, why, and the function that does it.

Redacted is not anonymous: the exact times stay, since nothing can be counted without them, and whoever knows when
something was said can find that entry again. The profile takes out what names a person, a home or a device, and every
word that was spoken.
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

import polars as pl

from toolkit.problems import ToolkitError

ACTIONS = {
    "keep": "as it is",
    "drop": "left out",
    "number": "replaced by a running number, or by a keyed digest if a secret is given",
    "count": "replaced by how many there are",
    "code": "kept where it has the form of a code, else emptied",
}


class Decision(NamedTuple):
    """What happens to a column, one of `ACTIONS`, and why."""

    action: str
    why: str


_ID = "made from the maker's id, which holds account, serial and millisecond; anyone who has those could compute it"
PROFILE = {
    "record_id": Decision("number", _ID),
    "maker_id": Decision("drop", "holds the account's id and the device's serial"),
    "vendor": Decision("keep", "says nothing about a person"),
    "product": Decision("keep", "says nothing about a person"),
    "format": Decision("keep", "says nothing about a person"),
    "source_file": Decision("number", "people put names into the names of files and folders"),
    "source_row": Decision("keep", "leads back to the entry for whoever holds the file, and for nobody else"),
    "time": Decision("keep", "without it nothing can be counted; those who were there can recognise an entry by it"),
    "time_text": Decision("drop", "the time again; if the wrong column was taken for the time, any text"),
    "time_basis": Decision("keep", "says how far the time can be trusted"),
    "device_id": Decision("number", "a serial names the device's owner to its maker"),
    "device_name": Decision("number", "people name devices after rooms and children"),
    "device_type": Decision("code", "a model, shared by many"),
    "person": Decision("drop", "a name"),
    "trigger": Decision("keep", "says nothing about a person"),
    "status": Decision("keep", "what most counts are about; says nothing about a person"),
    "status_text": Decision("code", "the maker's own word for the status"),
    "transcript": Decision("count", "what was said; the number of words stays"),
    "response": Decision("count", "what was answered gives away what was said; the number of words stays"),
    "language": Decision("code", "needed to compare languages; shared by many"),
    "intent": Decision("drop", "tells what the request was about"),
    "utterance_id": Decision("drop", "the maker's id; may hold the serial and the time"),
    "audio_files": Decision("count", "names of clips may hold ids and times; how many there are stays"),
    "audio_found": Decision("keep", "says nothing about a person"),
    "audio_seconds": Decision("keep", "a length leads back to a clip only for whoever holds the clip"),
    "expires": Decision("keep", "follows from the time"),
    "duplicate_of": Decision("number", _ID),
    "extra": Decision("drop", "whatever else the maker wrote, unread"),
}
# Column -> name of the column that holds its count.
COUNTS = {"transcript": "transcript_words", "response": "response_words", "audio_files": "audio_named"}
_LABELS = {
    "record_id": "entry",
    "duplicate_of": "entry",
    "source_file": "file",
    "device_id": "serial",
    "device_name": "device",
}
_CODES = {
    "device_type": r"^A[A-Z0-9]{9,15}$",  # Amazon's; its serials begin with G
    "status_text": r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$|^GENERAL$|^CIF$",
    "language": r"^[a-z]{2,3}([-_][A-Za-z]{4})?([-_]([A-Za-z]{2}|[0-9]{3}))?$",
}
_SECRET = 16


def redact(records: pl.DataFrame, secret: bytes | None = None) -> pl.DataFrame:
    """Records for passing on, changed column by column as `PROFILE` says.

    Args:
        records: As in `schema.RECORDS`.
        secret: At least 16 random bytes, kept to yourself. With it the same entry, device or file is called the same
            in another export; without it names are running numbers, in order of time, and mean something here only.

    Returns:
        The columns that are left, in the same order; counts under the names in `COUNTS`.

    Raises:
        ToolkitError: The secret is too short to protect anything.
    """
    if secret is not None and len(secret) < _SECRET:
        raise ToolkitError(f"The secret is shorter than {_SECRET} bytes.", "Take random bytes, not a word.")
    columns = []
    ordered = records.select(*_LABELS, "time").sort("time", nulls_last=True, maintain_order=True)
    for name, decision in PROFILE.items():
        if decision.action == "keep":
            columns.append(records[name])
        elif decision.action == "count":
            columns.append(records.select(_count(name)).to_series())
        elif decision.action == "code":
            columns.append(records.select(pl.when(pl.col(name).str.contains(_CODES[name])).then(name)).to_series())
        elif decision.action == "number":
            columns.append(_renamed(records[name], _values(ordered, name), _LABELS[name], secret))
    return pl.DataFrame(columns)


def _count(name: str) -> pl.Expr:
    column = pl.col(name)
    number = column.list.len() if name == "audio_files" else column.str.count_matches(r"\S+")
    return number.cast(pl.UInt32).alias(COUNTS[name])


def _values(ordered: pl.DataFrame, name: str) -> pl.Series:
    """Everything a column can hold, the earliest first; ids are called the same wherever they stand."""
    values = [ordered["record_id"], ordered["duplicate_of"]] if _LABELS[name] == "entry" else [ordered[name]]
    return pl.concat([column.rename("old") for column in values]).drop_nulls().unique(maintain_order=True)


def _renamed(column: pl.Series, values: pl.Series, label: str, secret: bytes | None) -> pl.Series:
    if secret is None:
        names = [f"{label} {number}" for number in range(1, len(values) + 1)]
    else:
        names = [f"{label} {_digest(secret, label, value)}" for value in values]
    return column.replace_strict(values, pl.Series(names, dtype=pl.String), default=None, return_dtype=pl.String)


def _digest(secret: bytes, label: str, value: str) -> str:
    """64 bits are enough: two of a million entries share a name once in 37 million exports."""
    return hmac.digest(secret, f"{label}\0{value}".encode(), "sha256")[:8].hex()
