"""What the user says of a table's columns: checked, read from a small file, and written to one.

A mapping is flat: fields of a record, each with a heading, a key or a position, and beside them how cells are to be
read. So three lines of TOML are enough, and a mapping of earlier versions still holds.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit import dates
from toolkit.problems import ToolkitError

FIELDS = {
    "time": "when it was",
    "transcript": "what was heard",
    "response": "what was answered",
    "audio": "name of the clip",
    "device_name": "name of the device",
    "device_id": "serial of the device",
    "language": "language",
    "person": "person",
    "utterance_id": "id of the utterance",
    "status_text": "what became of it, in the maker's word",
}
UNITS = ("text", "seconds", "milliseconds")
# How a cell says that there is nothing, as far as it was seen anywhere; the first is proven for Amazon.
NOTHING = ("Data Not Available", "Transcript Not Available", "Not Available", "Not Applicable", "N/A")
PRODUCT = "mapped"
Given = Mapping[str, Any] | str | os.PathLike[str]

_LARGEST = 1 << 16
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_EXAMPLE = 'One line for each column is enough, in TOML: time = 0, transcript = "Heading"; in JSON: {"time": 0}.'


@dataclass(frozen=True, slots=True)
class Chosen:
    """A mapping that can be.

    Attributes:
        fields: Field of a record, one of `FIELDS` -> heading or key, or position from 0.
        product: What the records are called in ``product``.
        time_unit: One of `UNITS`; empty if not said.
        time_pattern: Form of a time in text, such as ``%d.%m.%Y %H:%M:%S``; empty: told from the text.
        timezone: Zone of times that state none; empty: the one given for the whole export.
        entries: Key of the list that holds the entries, in a JSON object with several; empty: the first.
        nothing: What a cell says when there is nothing in it, whatever the case of its letters.
        repair_text: Whether UTF-8 that was taken for Latin-1 is put right.
    """

    fields: Mapping[str, str | int]
    product: str = PRODUCT
    time_unit: str = ""
    time_pattern: str = ""
    timezone: str = ""
    entries: str = ""
    nothing: tuple[str, ...] = field(default=NOTHING)
    repair_text: bool = False

    @property
    def form(self) -> str:
        """What is said of the time, as `dates.Reader` wants it."""
        return self.time_unit if self.time_unit in UNITS[1:] else self.time_pattern

    def as_dict(self) -> dict[str, Any]:
        """The flat mapping, with what differs from the default: `of` makes the same of it."""
        said = {name: getattr(self, name) for name in SETTINGS if getattr(self, name) != _DEFAULTS[name]}
        return {
            **{name: list(value) if isinstance(value, tuple) else value for name, value in said.items()},
            **self.fields,
        }

    def toml(self) -> str:
        """The same as a file for ``columns=`` and ``--columns``."""
        lines = [f"{name} = {_toml(value)}" for name, value in self.as_dict().items()]
        return "\n".join(("# Which column is which. A number is a place, counted from 0.", *lines, ""))


_DEFAULTS = {
    "product": PRODUCT,
    "time_unit": "",
    "time_pattern": "",
    "timezone": "",
    "entries": "",
    "nothing": NOTHING,
    "repair_text": False,
}
SETTINGS = tuple(_DEFAULTS)


def of(given: Given | Chosen | None) -> Chosen | None:
    """The mapping that was given as one, or as the path of a TOML or JSON file.

    Raises:
        ToolkitError: It cannot be one. Nothing of it is repeated: it may be any text.
    """
    if given is None or isinstance(given, Chosen):
        return given
    return _checked(given if isinstance(given, Mapping) else read(Path(given)))


def read(path: Path) -> dict[str, Any]:
    """The content of a mapping's file, unchecked.

    Raises:
        ToolkitError: It cannot be read, or is neither TOML nor JSON.
    """
    found = _parsed(_text(path), as_json=path.suffix.lower() == ".json")
    if not found:
        raise ToolkitError("The columns file names no column.", f"Name one or more of: {', '.join(FIELDS)}.")
    return found


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "this is no path"
        raise ToolkitError(f"The columns file cannot be opened: {why}.", "Check its path.") from None
    if len(data) > _LARGEST:
        raise ToolkitError("The columns file is far too long for one.", "Is it the right file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ToolkitError("The columns file is not text in UTF-8.", "Is it the right file?") from None


def _parsed(text: str, as_json: bool) -> dict[str, Any]:
    kind = "JSON" if as_json else "TOML"
    try:
        found = json.loads(text) if as_json else tomllib.loads(text)
    except (ValueError, RecursionError):  # both decoders' own errors are ValueErrors
        raise ToolkitError(f"The columns file is not valid {kind}.", _EXAMPLE) from None
    if not isinstance(found, dict):
        raise ToolkitError("The columns file is no list of names and values.", 'In JSON: {"time": 0}.')
    return found


def _checked(given: Mapping[str, Any]) -> Chosen:
    listed = f"Use: {', '.join(FIELDS)}; and for how cells are read: {', '.join(SETTINGS)}."
    if not set(given) <= {*FIELDS, *SETTINGS}:
        raise ToolkitError("The column mapping names a field that does not exist.", listed)
    fields = {name: given[name] for name in given if name in FIELDS}
    if not fields:
        raise ToolkitError("The column mapping names no column.", listed)
    for name, column in fields.items():
        if type(column) not in (int, str):
            raise ToolkitError(
                f"The column mapping gives {name} neither a heading nor a position.",
                f'Write for example: {name} = "Heading" or {name} = 0 (0 is the first column).',
            )
    settings = {name: given[name] for name in given if name in SETTINGS}
    return Chosen(fields, **{name: _setting(name, value) for name, value in settings.items()})


def _setting(name: str, value: Any) -> Any:
    """The value of a setting, if it can be one."""
    if name == "nothing":
        if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
            return tuple(value)
        raise ToolkitError("The column mapping gives nothing no list of texts.", 'Such as: nothing = ["N/A", "-"].')
    if type(value) is not type(_DEFAULTS[name]):
        raise ToolkitError(f"The column mapping gives {name} a value of another kind.", _ALLOWED[name])
    if value:
        _ALLOW[name](value)
    return value


def _product(value: str) -> None:
    if not _ID.fullmatch(value):
        raise ToolkitError("The column mapping gives product something else than a short id.", _ALLOWED["product"])


def _unit(value: str) -> None:
    if value not in UNITS:
        raise ToolkitError("The column mapping gives time_unit a unit that does not exist.", _ALLOWED["time_unit"])


_ALLOW: dict[str, Any] = {
    "product": _product,
    "time_unit": _unit,
    "time_pattern": dates.check_pattern,
    "timezone": dates.zone,
    "entries": lambda value: None,
    "repair_text": lambda value: None,
}
_ALLOWED = {
    "product": "Use up to 40 small letters, digits and _, such as bixby.",
    "time_unit": f"Use one of: {', '.join(UNITS)}.",
    "time_pattern": "Such as: %d.%m.%Y %H:%M:%S.",
    "timezone": "Use a name such as Europe/Berlin.",
    "entries": "Give the key of the list that holds the entries.",
    "repair_text": "Use true or false.",
}


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool | int):
        return str(value).lower()
    # A basic string of TOML is one of JSON, but for one control character; escapes of pairs would not be the same.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
