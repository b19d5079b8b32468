"""The one published profile for passing results on: what happens to each column at each level, why, and the doing.

Two levels. *share*, for somebody you trust: what names a person, a home or a device, and every word that was spoken,
is gone; exact times stay, so that everything can be counted. *publish*, for everybody: also no exact time and no hash
of a file, since whoever knows when something was said, or holds the file, can find an entry again by them. Redacted is
not anonymous: how often and in which months somebody spoke stays, and may be known to others.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from toolkit.problems import ToolkitError

LEVELS = ("share", "publish")
ACTIONS = {
    "keep": "as it is",
    "drop": "left out",
    "number": "replaced by a running number, or by a keyed digest if a secret is given",
    "count": "replaced by how many there are",
    "code": "kept where it has the form of a code, else emptied",
    "month": "replaced by the first day of its month",
    "round": "rounded to whole seconds",
    "rules": "of each only the rule's name and weight",
}


class Decision(NamedTuple):
    """What happens to a column at each of `LEVELS`, one of `ACTIONS`, and why."""

    share: str
    publish: str
    why: str


def _same(action: str, why: str) -> Decision:
    return Decision(action, action, why)


_ID = "made from the maker's id, which holds account, serial and millisecond; anyone who has those could compute it"
_NOBODY = _same("keep", "says nothing about a person")
_FILE = _same("number", "people put names into the names of files and folders")
RECORDS_PROFILE = {
    "record_id": _same("number", _ID),
    "maker_id": _same("drop", "holds the account's id and the device's serial"),
    "vendor": _NOBODY,
    "product": _NOBODY,
    "format": _NOBODY,
    "source_file": _FILE,
    "source_row": _same("keep", "leads back to the entry for whoever holds the file, and for nobody else"),
    "time": Decision("keep", "month", "those who were there can recognise an entry by its time"),
    "time_text": _same("drop", "the time again; if the wrong column was taken for the time, any text"),
    "time_basis": _same("keep", "says how far the time can be trusted"),
    "device_id": _same("number", "a serial names the device's owner to its maker"),
    "device_name": _same("number", "people name devices after rooms and children"),
    "device_type": _same("code", "a model, shared by many"),
    "person": _same("drop", "a name"),
    "trigger": _NOBODY,
    "status": _same("keep", "what most counts are about; says nothing about a person"),
    "status_text": _same("code", "the maker's own word for the status"),
    "transcript": _same("count", "what was said; the number of words stays"),
    "response": _same("count", "what was answered gives away what was said; the number of words stays"),
    "language": _same("code", "needed to compare languages; shared by many"),
    "intent": _same("drop", "tells what the request was about"),
    "utterance_id": _same("drop", "the maker's id; may hold the serial and the time"),
    "audio_files": _same("count", "names of clips may hold ids and times; how many there are stays"),
    "audio_found": _NOBODY,
    "audio_seconds": Decision("keep", "round", "an exact length leads back to a clip for whoever holds the clip"),
    "expires": Decision("keep", "drop", "follows from the time"),
    "duplicate_of": _same("number", _ID),
    "extra": _same("drop", "whatever else the maker wrote, unread"),
}
FILES_PROFILE = {
    "path": _FILE,
    "source": _same("drop", "the name the download was given"),
    "size": Decision("keep", "drop", "an exact size leads back to a file for whoever holds it"),
    "sha256": Decision("keep", "drop", "proves which file it was to whoever holds it"),
    **dict.fromkeys(("vendor", "product", "format"), _NOBODY),
    **dict.fromkeys(("carved", "understood", "rejected", "left_out", "duplicates"), _NOBODY),
    "note": _same("drop", "may quote names of products and folders"),
}
PROBLEMS_PROFILE = {
    "severity": _NOBODY,
    "source_file": _FILE,
    "source_row": _same("keep", "leads back to the entry for whoever holds the file, and for nobody else"),
    "code": _NOBODY,
    "message": _same("drop", "may quote the name of a file"),
    "advice": _same("drop", "belongs to the message"),
}
ACTIVATIONS_PROFILE = {
    "activation_id": RECORDS_PROFILE["record_id"],
    "record_ids": _same("count", _ID),
    **{
        name: RECORDS_PROFILE[name]
        for name in ("time", "time_basis", "vendor", "product", "format", "device_id", "device_name", "person")
    },
    **{name: RECORDS_PROFILE[name] for name in ("transcript", "audio_files", "audio_seconds")},
    **dict.fromkeys(("kind", "accidental", "tick"), _same("keep", "what is counted; says nothing about a person")),
    "probability": _same("keep", "a sum of weights; the words cannot be told from it"),
    "reasons": _same("rules", "which signs were found; the sentence and its source stand in the rules"),
    **{name: RECORDS_PROFILE[name] for name in ("status", "status_text", "trigger")},
    "speech": _same("keep", "whose rules judged the words: one of six languages"),
    "copies": _NOBODY,
}
# Column -> name of the column that holds its count.
COUNTS = {
    "transcript": "transcript_words",
    "response": "response_words",
    "audio_files": "audio_named",
    "record_ids": "entries",
}
# Column -> what its values are called; columns of one name call the same thing the same.
_LABELS = {
    "record_id": "entry",
    "activation_id": "entry",
    "duplicate_of": "entry",
    "source_file": "file",
    "path": "file",
    "device_id": "serial",
    "device_name": "device",
}
_LISTS = ("audio_files", "record_ids")
_CODES = {
    "device_type": r"^A[A-Z0-9]{9,15}$",  # Amazon's; its serials begin with G
    "status_text": r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$|^GENERAL$|^CIF$",
    "language": r"^[a-z]{2,3}([-_][A-Za-z]{4})?([-_]([A-Za-z]{2}|[0-9]{3}))?$",
}
_SECRET = 16


class Redactor:
    """Changes the tables of one export, so that the same thing is called the same in all of them.

    Args:
        records: As in `schema.RECORDS`; the order of their times is the order of the names.
        level: One of `LEVELS`.
        secret: At least 16 random bytes, kept to yourself. With it the same entry, device or file is called the same
            in another export; without it names are running numbers, in order of time, and mean something here only.

    Raises:
        ToolkitError: There is no such level, or the secret is too short to protect anything.
    """

    def __init__(self, records: pl.DataFrame, level: str = "share", secret: bytes | None = None) -> None:
        if level not in LEVELS:
            raise ToolkitError(f"There is no level {level[:20]!r}.", f"Choose one of: {', '.join(LEVELS)}.")
        if secret is not None and len(secret) < _SECRET:
            raise ToolkitError(f"The secret is shorter than {_SECRET} bytes.", "Take random bytes, not a word.")
        self._level = level
        self._secret = secret
        self._records = records
        self._ordered = records.select("time", *set(_LABELS) & set(records.columns)).sort(
            "time", nulls_last=True, maintain_order=True
        )

    def records(self) -> pl.DataFrame:
        """The records: the columns that are left, in the same order; counts under the names in `COUNTS`."""
        return self._changed(self._records, RECORDS_PROFILE)

    def files(self, files: pl.DataFrame) -> pl.DataFrame:
        """The account of files."""
        return self._changed(files, FILES_PROFILE)

    def problems(self, problems: pl.DataFrame) -> pl.DataFrame:
        """The problems; `code` says what each is."""
        return self._changed(problems, PROBLEMS_PROFILE)

    def activations(self, activations: pl.DataFrame) -> pl.DataFrame:
        """The activations; one is called as the entry that names it."""
        return self._changed(activations, ACTIVATIONS_PROFILE)

    def _changed(self, frame: pl.DataFrame, profile: Mapping[str, Decision]) -> pl.DataFrame:
        columns = []
        for name, decision in profile.items():
            action = decision.share if self._level == "share" else decision.publish
            if action == "number":
                columns.append(self._renamed(frame[name], _LABELS[name]))
            elif action != "drop":
                columns.append(frame.select(_expression(name, action)).to_series())
        return pl.DataFrame(columns)

    def _renamed(self, column: pl.Series, label: str) -> pl.Series:
        known = [self._ordered[name] for name, of in _LABELS.items() if of == label and name in self._ordered.columns]
        values = pl.concat([one.rename("old") for one in (*known, column)]).drop_nulls().unique(maintain_order=True)
        if self._secret is None:
            names = [f"{label} {number}" for number in range(1, len(values) + 1)]
        else:
            names = [f"{label} {_digest(self._secret, label, value)}" for value in values]
        return column.replace_strict(values, pl.Series(names, dtype=pl.String), default=None, return_dtype=pl.String)


def redact(records: pl.DataFrame, level: str = "share", secret: bytes | None = None) -> pl.DataFrame:
    """Records for passing on, changed column by column as `RECORDS_PROFILE` says; see `Redactor`."""
    return Redactor(records, level, secret).records()


def _expression(name: str, action: str) -> pl.Expr:
    column = pl.col(name)
    if action == "count":
        number = column.list.len() if name in _LISTS else column.str.count_matches(r"\S+")
        return number.cast(pl.UInt32).alias(COUNTS[name])
    if action == "code":
        return pl.when(column.str.contains(_CODES[name])).then(column)
    if action == "month":
        return column.dt.date().dt.truncate("1mo")
    if action == "rules":
        return column.list.eval(pl.struct(pl.element().struct.field("rule"), pl.element().struct.field("weight")))
    return column.round() if action == "round" else column


def _digest(secret: bytes, label: str, value: str) -> str:
    """64 bits are enough: two of a million entries share a name once in 37 million exports."""
    return hmac.digest(secret, f"{label}\0{value}".encode(), "sha256")[:8].hex()
