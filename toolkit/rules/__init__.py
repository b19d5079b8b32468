"""Tables of words and numbers that are data, not code; every row says where it comes from."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The contents of ``<name>.toml`` in this folder or below it."""
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text("utf-8"))


@cache
def versions() -> dict[str, str]:
    """Each table and the first half of its SHA-256: with them a result can be made again, or shown to be another's."""
    found = sorted(_tables(files(__package__)))
    return {name: hashlib.sha256(data).hexdigest()[:32] for name, data in found}


def _tables(folder: Traversable, above: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _tables(entry, f"{above}{entry.name}/")
        elif entry.name.endswith((".toml", ".txt")):
            yield above + entry.name, entry.read_bytes()
