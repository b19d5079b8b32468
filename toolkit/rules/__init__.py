"""Tables of words and numbers that are data, not code; every row says where it comes from."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The contents of ``<name>.toml`` in this folder or below it."""
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text("utf-8"))
