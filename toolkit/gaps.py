"""What only shows once everything was read: what is named but not there, and what is there but not named."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

import polars as pl

from toolkit import audio
from toolkit.archive import Member
from toolkit.problems import Problem

NO_ENTRIES = Problem(
    "note",
    "no_entries",
    "The files are of a known kind, but not one entry is in them.",
    "In an Alexa download the list is in the part with the highest number: add all parts. If all are here, the maker"
    " may have kept nothing, or left it out; that cannot be told apart from the file.",
)
NO_ENTRIES_ELSEWHERE = replace(
    NO_ENTRIES,
    advice="The maker may have kept nothing, or left it out; that cannot be told apart from the file.",
)
NONE_SPOKEN = Problem(
    "note",
    "no_voice_entries",
    "The files hold activity, but none of it was spoken for certain; all of it is left out on purpose.",
    "For Google, order My Activity with Assistant, Voice and Audio, and Gemini Apps at takeout.google.com. If these are"
    " in it, saving of voice may have been off, or everything was deleted; that cannot be told apart from the file.",
)
NONE_OF_CHATS = replace(
    NONE_SPOKEN,
    message="The files hold messages, but none of them is marked as spoken; all of them are left out on purpose.",
    advice="Only voice mode and dictation leave a mark; whether a message was spoken in another way, no file tells.",
)
COLUMNS_NOT_USED = Problem(
    "warning",
    "columns_not_used",
    "The column mapping was given, but no file needs it: none that nobody else reads has the column it names for the"
    " time.",
    "Check how the heading is written, or leave the mapping out.",
)
MORE_PARTS = Problem(
    "note",
    "more_parts_possible",
    "Nothing in the files says how many parts the export has; more cannot be ruled out.",
    "If Google sent several links, add all of them.",
)
MISSING = Problem(
    "warning",
    "clip_missing",
    "The clip this entry names is in none of the files given.",
    "Add the other parts of the download; if there are none, ask the maker for it.",
)
# In one real export of ChatGPT 52 of 459 media files were there, and nobody knows why.
ABSENT = replace(MISSING, severity="note", advice="OpenAI does not put every clip into an export.")
# Google's own page on its export: what sound-sensing devices recorded lies there, as .aac (seen 2024-12).
_SENSED = re.compile(r"(?:^|/)blobs/[^/]*\.aac$", re.IGNORECASE)


def nothing(files: Sequence[tuple[str, int]]) -> Problem:
    """Why there is not one record, of files with these vendors and numbers of entries left out on purpose."""
    if any(left_out for vendor, left_out in files if vendor == "google"):
        return NONE_SPOKEN
    if any(left_out for vendor, left_out in files if vendor == "openai"):
        return NONE_OF_CHATS
    return NO_ENTRIES if not files or any(vendor == "amazon" for vendor, _ in files) else NO_ENTRIES_ELSEWHERE


def clips(
    records: pl.DataFrame, found: Sequence[tuple[str, Member, audio.Clip]], others: Collection[str] = ()
) -> Iterator[Problem]:
    """What does not pair up: clips no entry names, entries whose clip is not there, clips of unknown length.

    Args:
        records: All entries.
        found: (name, where it is, what it is) of all clips.
        others: Names of clips that are known and no entry's own, such as of answers.
    """
    missing = records.filter(pl.col("audio_files").list.len() > pl.col("audio_found"))
    if not found and missing.height:
        yield Problem(
            "note",
            "no_clips",
            f"{missing.height:,} entries name a clip; none of the files given holds clips.",
            "Add the other parts of the download if you want to listen or to count minutes.",
        )
    elif missing.height:
        for path, row, vendor in missing.select("source_file", "source_row", "vendor").iter_rows():
            yield replace(ABSENT if vendor == "openai" else MISSING, source_file=path, source_row=row)
    names = pl.Series([name for name, _, _ in found], dtype=pl.String)
    named = set(names.filter(names.is_in(records["audio_files"].explode().implode()))) if found else set()
    sizes: dict[str, int] = {}
    for name, member, clip in found:
        if sizes.setdefault(name, member.size) != member.size:
            yield Problem(
                "note", "clip_twice", "Two different clips have this name; the first one counts.", "", member.path
            )
        if name not in named and name not in others:
            yield Problem("note", "clip_without_entry", _unnamed(member.path), "", member.path)
        if clip.seconds is None:
            yield Problem("note", "clip_length_unknown", "The length of this clip could not be told.", "", member.path)


def _unnamed(path: str) -> str:
    if _SENSED.search(path):
        return "No entry names this clip: a device that listens for alarms and other sounds recorded it."
    return "No entry names this clip."


def files(paths: Iterable[str], announced: Sequence[tuple[str, tuple[str, ...]]]) -> Iterator[Problem]:
    """Files that the maker lists and that were not given.

    Args:
        paths: Those that were.
        announced: (path of the list, paths in it).
    """
    here = {_end(path) for path in paths}
    for path, listed in announced:
        missing = [one for one in listed if _end(one) not in here]
        if missing:
            yield Problem(
                "warning",
                "file_missing",
                f"{len(missing):,} of {len(listed):,} files with activity that this page lists are not among those"
                f" given; the first is {missing[0][:200]}.",
                "Add the other parts of the download.",
                path,
            )


def _end(path: str) -> tuple[str, ...]:
    """The last two parts of a path: what stands above differs with how the archive was unpacked."""
    return tuple(path.casefold().replace("\u00a0", " ").split("/")[-2:])
