"""The arguments and options that verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from toolkit.activations import DEFAULT_PRIOR

F = TypeVar("F", bound=Callable[..., Any])
FORMATS = ("table", "json", "csv")

sources = click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
timezone = click.option(
    "--timezone", metavar="ZONE", help="Zone to assume for times that state none, such as Europe/Berlin."
)
columns = click.option(
    "--columns",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A TOML or JSON file that says which column is which, by heading, key or position from 0, such as:"
    ' time = "Timestamp". For tables whose columns Amazon does not document (without it they are guessed, and marked as'
    " assumed), and for any table or JSON that no reader knows.",
)
form = click.option("--format", "form", type=click.Choice(FORMATS), help="How to print the result.  [default: table]")
prior = click.option(
    "--prior",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=DEFAULT_PRIOR,
    show_default=True,
    help="Share of activations assumed to be accidental before anything is known of one.",
)


def reading(command: F) -> F:
    """The options of every verb that reads entries."""
    return sources(timezone(columns(command)))
