"""Writes every part of the documentation that is made from code or rules anew.

python tools/write_docs.py
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import data_dictionary
import floors
import make_who_listens
import request_pages
import support_table

MADE: dict[Path, Callable[[], str]] = {
    support_table.README: lambda: support_table.renewed(support_table.README.read_text("utf-8")),
    make_who_listens.PAGE: make_who_listens.page,
    request_pages.PAGE: request_pages.page,
    data_dictionary.PAGE: data_dictionary.page,
    floors.PICTURE: floors.picture,
    floors.PAGE: floors.page,
}

if __name__ == "__main__":
    for path, made in MADE.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(made(), encoding="utf-8", newline="\n")
