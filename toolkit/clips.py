"""The sound files of all sources: what each is, which name counts once, and the account of their folders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import polars as pl

from toolkit import audio
from toolkit.archive import Member
from toolkit.limits import Limits
from toolkit.problems import Problem, ToolkitError, from_error

Found = tuple[str, Member, audio.Clip]  # the name by which it is joined, the file, what its headers say
UNMEASURED = audio.Clip(None, None, "not measured")

# OpenAI's are named after an id, by which its records name them, and another: file_<hash>-<uuid>.wav
_ASSET = re.compile(r"(file_[0-9a-f]{32,})(?:-[0-9a-f-]{36})?\.[a-z0-9]{2,4}")


def name_of(path: str) -> str:
    """The name by which a record names a clip: the last part of its path, of OpenAI's only the id it begins with."""
    name = path.replace("\\", "/").rpartition("/")[2]
    asset = _ASSET.fullmatch(name)
    return asset[1] if asset else name


def measured(member: Member, limits: Limits) -> tuple[audio.Clip, list[Problem]]:
    """What the headers of a clip say, and why they say nothing where it cannot be opened."""
    try:
        with member.open() as stream:
            return audio.measure(stream, member.size, limits), []
    except ToolkitError as error:
        return audio.Clip(None, None, "unreadable"), [from_error(error, member.path, "warning")]


def ordered(found: Iterable[Found]) -> list[Found]:
    """The same in an order that does not depend on that of the sources."""
    return sorted(found, key=lambda one: (one[1].path, one[1].source, one[1].size))


def unique(found: Iterable[Found]) -> pl.DataFrame:
    """Columns ``name``, unique, and ``seconds``: of two clips of one name, the first counts."""
    names = {name: clip.seconds for name, _, clip in reversed(list(found))}
    return pl.DataFrame(
        {"name": list(names), "seconds": list(names.values())}, schema={"name": pl.String, "seconds": pl.Float64}
    )


def rows(found: Iterable[Found]) -> list[dict[str, object]]:
    """One line of the files table for each folder of clips."""
    folders: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for _, member, clip in found:
        folder = member.path.rpartition("/")[0] + "/*"
        named = member.path.rpartition(".")[2].lower()
        other = f"named .{named} but {clip.kind}" if named in _SURE and clip.kind not in (None, *_SURE[named]) else ""
        folders.setdefault((member.source, folder), []).append((member.size, other))
    return [
        {
            "path": folder,
            "source": source,
            "size": sum(size for size, _ in clips),
            "note": "; ".join([f"{len(clips):,} clips", *_others(Counter(other for _, other in clips))]),
        }
        for (source, folder), clips in folders.items()
    ]


def _others(counts: Counter[str]) -> list[str]:
    return [f"{count:,} {other}" for other, count in sorted(counts.items()) if other]


# Endings that promise one container; what holds another is told by its first bytes.
_SURE = {"wav": ("wav",), "mp3": ("mp3",), "mp4": ("mp4",), "m4a": ("mp4",), "flac": ("flac",), "ogg": ("ogg",)}
