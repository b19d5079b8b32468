"""Gathers files that only mean something together, such as clips whose only table is their folder."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from toolkit import audio
from toolkit.archive import Member
from toolkit.parsers import ROUTES
from toolkit.parsers.route import Part, Route
from toolkit.problems import ToolkitError


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of one shape below one folder of one source; stands where a `Member` stands.

    Attributes:
        path: The folder's, with ``/*`` behind it.
        source: Name of the source.
        size: Of all files together, in bytes.
        route: What reads them.
        members: The files.
    """

    path: str
    source: str
    size: int
    route: Route
    members: tuple[Member, ...]

    def open(self) -> BinaryIO:
        """A folder has no bytes of its own."""
        return io.BytesIO()

    def head(self, n: int) -> bytes:
        """None, however many are asked for."""
        return b""[:n]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The files as a parser sees them."""
        return tuple(Part(one.path, one.size, one.modified, one.open) for one in self.members)


def gathered(members: Iterable[Member], route: Callable[[Member], Route | None]) -> list[Member | Folder]:
    """The same files, those that belong together as one; a folder stands where the first of its files stood.

    Args:
        members: Files of one source: two may have the same name, and files of the same path, and are not one folder.
        route: What claims a file that is no sound.
    """
    found: dict[tuple[str, str], list[Member]] = {}
    single: list[Member | tuple[Route, list[Member]]] = []
    for member in members:
        claim = _claim(member, route)
        if claim is None:
            single.append(member)
            continue
        together = found.setdefault((claim.format, _above(claim, member)), [])
        if not together:
            single.append((claim, together))
        together.append(member)
    return [one if isinstance(one, Member) else _folder(*one) for one in single]


def _claim(member: Member, route: Callable[[Member], Route | None]) -> Route | None:
    claims = [one for one in ROUTES if one.gathers and one.path.search(member.path)]
    if not claims or audio.looks_like_audio(member.path):
        return claims[0] if len(claims) == 1 else None
    try:
        claim = route(member)
    except ToolkitError:  # damaged, or claimed twice: told when its turn comes
        return None
    return claim if claim and claim.gathers else None


def _above(route: Route, member: Member) -> str:
    found = route.path.search(member.path)
    return ((found and found["folder"]) or "").rstrip("/")


def _folder(route: Route, members: list[Member]) -> Folder:
    path = _above(route, members[0])
    size = sum(member.size for member in members)
    ordered = tuple(sorted(members, key=lambda member: member.path))
    return Folder(f"{path}/*" if path else "*", members[0].source, size, route, ordered)
