"""Turns the names found in a source into member paths, and settles what becomes of names that meet."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from toolkit.archive.bounded import Raw
from toolkit.limits import Limits
from toolkit.problems import Ambiguous, Problem, from_error

_DRIVE = re.compile(r"[A-Za-z]:")
_JUNK = re.compile(r"(^|/)(__MACOSX/|\._|(\.DS_Store|Thumbs\.db|desktop\.ini)$)", re.IGNORECASE)
_SHOWN = 120


class Found(NamedTuple):
    """A file of a source before its name is looked at.

    Attributes:
        name: As written in the source.
        size: Bytes it declares.
        stored: Bytes it takes inside the source.
        crc: Declared check sum, where there is one.
        regular: False for links, devices and the like.
        draw: Opens it.
        modified: When it was last changed, as `Member.modified`.
    """

    name: str
    size: int
    stored: int
    crc: int | None
    regular: bool
    draw: Callable[[], Raw]
    modified: datetime | None = None


def decode(raw: bytes) -> str:
    """A name as text: UTF-8 even where the archive does not say so, else the DOS code page, which reads anything."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")


def clean(name: str, most: int) -> str | None:
    """The path to show and to match, or None for a name that is too long or points out of its source."""
    name = name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or "\0" in name or name.startswith("/") or _DRIVE.match(name):
        return None
    return None if len(name.encode()) > most else unicodedata.normalize("NFC", "/".join(parts))


def settle(found: Iterable[Found], limits: Limits) -> tuple[dict[str, Found], list[Problem]]:
    """The files that can be told apart, by path, and what was left out; of a computer's own litter nothing is said."""
    kept: dict[str, Found] = {}
    again: defaultdict[str, list[Found]] = defaultdict(list)
    problems = []
    for one in found:
        path = clean(one.name, limits.name_bytes)
        if path is None or not one.regular:
            problems.append(_ignored(one))
        elif path in kept:
            again[path].append(one)
        elif not _JUNK.search(path):
            kept[path] = one
    for path, others in again.items():
        equal = _equal([kept[path], *others])
        problems.append(_met(path, equal))
        if not equal:
            del kept[path]
    problems.extend(_twins(sorted(kept)))
    return kept, problems


def _equal(same: list[Found]) -> bool:
    return same[0].crc is not None and len({(one.size, one.crc) for one in same}) == 1


def _ignored(one: Found) -> Problem:
    why = (
        "Its name is too long, or points out of the archive."
        if one.regular
        else "It is a link or a device, not a file."
    )
    return Problem("warning", "name_ignored", f"{why} It was not read.", source_file=shown(one.name))


def _met(path: str, equal: bool) -> Problem:
    if equal:
        return Problem("note", "duplicate_member", "It is in the archive more than once, unchanged.", source_file=path)
    message = "Several files of this name but different content are in the source; none of them was read."
    return from_error(Ambiguous(message, "Unpack it, rename the one you mean, and open the folder."), path)


def _twins(paths: Iterable[str]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for path in paths:
        other = first.setdefault(path.casefold(), path)
        if other != path:
            message = "Its name differs from another's only in upper and lower case; both are read."
            yield Problem("warning", "case_twins", message, source_file=path)


def shown(name: str) -> str:
    """A hostile name made short and visible."""
    text = "".join(c if c.isprintable() else "\ufffd" for c in name[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def few(problems: Iterable[Problem], most: int) -> Iterator[Problem]:
    """The same problems, but of one code only the first *most*, and then one row that counts the rest."""
    seen: Counter[str] = Counter()
    for problem in problems:
        seen[problem.code] += 1
        if seen[problem.code] <= most:
            yield problem
    for code, number in seen.items():
        if number > most:
            yield Problem("warning", code, f"{number - most:,} more files of this source have the same problem.")
