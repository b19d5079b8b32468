"""The arguments and options that verbs share, and the file that says which column is which."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from toolkit.parsers.columns import FIELDS
from toolkit.problems import ToolkitError

F = TypeVar("F", bound=Callable[..., Any])
FORMATS = ("table", "json", "csv")
_LARGEST = 1 << 16

sources = click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
timezone = click.option(
    "--timezone", metavar="ZONE", help="Zone to assume for times that state none, such as Europe/Berlin."
)
columns = click.option(
    "--columns",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="For tables whose columns Amazon does not document: a TOML or JSON file that says which column is which, by"
    ' heading or by position from 0, such as: time = "Timestamp". Without it they are guessed, and marked as assumed.',
)
form = click.option("--format", "form", type=click.Choice(FORMATS), help="How to print the result.  [default: table]")


def reading(command: F) -> F:
    """The options of every verb that reads entries."""
    return sources(timezone(columns(command)))


def columns_from(path: Path | None) -> dict[str, str | int] | None:
    """The user's own column mapping: field -> heading or position.

    Raises:
        ToolkitError: The file cannot be read or is no such mapping. Nothing of its content is repeated: it may be the
            wrong file.
    """
    if path is None:
        return None
    mapping = _parsed(_text(path), as_json=path.suffix.lower() == ".json")
    listed = ", ".join(FIELDS)
    if not mapping:
        raise ToolkitError("The columns file names no column.", f"Name one or more of: {listed}.")
    for field, column in mapping.items():
        if field not in FIELDS:
            raise ToolkitError("The columns file names a field that does not exist.", f"Use only: {listed}.")
        if isinstance(column, bool) or not isinstance(column, str | int):
            raise ToolkitError(
                f"The columns file gives {field} neither a heading nor a position.",
                f'Write for example: {field} = "Heading" or {field} = 0 (0 is the first column).',
            )
    return mapping


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise ToolkitError(f"The columns file cannot be opened: {error.strerror}.", "Check its path.") from None
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
        raise ToolkitError(
            f"The columns file is not valid {kind}.",
            'One line for each column is enough, in TOML: time = 0, transcript = "Heading"; in JSON: {"time": 0}.',
        ) from None
    if not isinstance(found, dict):
        raise ToolkitError("The columns file is no list of names and values.", 'In JSON: {"time": 0}.')
    return found
