"""Says in plain words what a file is when it is no voice history, and what to do instead."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from toolkit.problems import NotAnExport

# (path, first bytes, what it is). The first match counts. Paths of other exports: public pages and issue threads,
# see the formats' documents; magic numbers: the formats' own specifications.
_META, _SPOTIFY = "a Meta export (Facebook, Instagram)", "part of a Spotify export"
_SPOTIFY_VOICE = "perhaps Spotify's list of spoken commands"
_MICROSOFT = "named like Microsoft's speech table, but with other columns"
_TABLE, _JSON = "a table of another kind", "JSON of another kind"
_KINDS: tuple[tuple[str, bytes, str], ...] = (
    (r"(?:^|/)InkingTypingAndSpeechUtterance\.csv$", b"", _MICROSOFT),
    (r"(?:^|/)[^/]*voice[ _-]?input[^/]*\.json$", b"", _SPOTIFY_VOICE),
    (r"(?:^|/)(?:facebook_assistant|facebook_portal)/", b"", _META),
    (r"(?:^|/)[^/]+/no-data\.txt$", b"", _META),
    (r"(?:^|/)(?:Streaming_?History|endsong|Userdata|YourLibrary)[^/]*\.json$", b"", _SPOTIFY),
    (r"(?:^|/)(?:Takeout|archive_browser\.html)", b"", "a part of a Google Takeout that holds no activity"),
    (
        r"(?:^|/)conversations[^/]*\.json$",
        rb'\A\s*(?:\[\s*\]|\{\s*"conversations"\s*:\s*\[\s*\])',
        "a ChatGPT export without any conversation",
    ),
    (
        r"(?:^|/)(?:message_feedback|model_comparisons|shared_conversations|group_chats)\.json$",
        b"",
        "another part of a ChatGPT export",
    ),
    (r"(?:^|/)(?:Retail\.|Digital|Devices\.|Advertising|Amazon-Music|Kindle)", b"", "another part of an Amazon export"),
    (r"(?:^|/)(?:your_facebook_activity|your_instagram_activity|connections/followers)", b"", _META),
    (r"", rb"\A\xff\xd8\xff", "a photo (JPEG)"),
    (r"", rb"\A\x89PNG", "a picture (PNG)"),
    (r"", rb"\AGIF8", "a picture (GIF)"),
    (r"", rb"\A.{4}ftyphei[cx]", "a photo (HEIC)"),
    (r"", rb"\A.{4}ftyp", "a film or sound file (MP4)"),
    (r"", rb"\A%PDF", "a PDF document"),
    (r"", rb"\A\xd0\xcf\x11\xe0", "an old Office document"),
    (
        r"(?:^|/)(?:all_records|\d{4}_\d\d_\d\d \d\d_\d\d_\d\d)\.xlsx$",
        rb"\APK",
        "a workbook in which a public downloader of 2021 saved Alexa's history, which is not read",
    ),
    (r"\.(?:docx|xlsx|pptx|odt|ods)$", rb"\APK", "an Office document"),
    (r"", rb"\APK\x03\x04", "an archive inside the archive"),
    (r"", rb"\A(?:MZ|\x7fELF|\xcf\xfa\xed\xfe)", "a program"),
    (r"", rb'"activityDialogItems"\s*:', "the dialogue of one Alexa activity; the list it belongs to can be read"),
    (r"\.(?:csv|tsv|tab)$", b"", _TABLE),
    (r"\.(?:json|jsonl|ndjson)$", b"", _JSON),
    (r"\.html?$", b"", "a web page"),
    (r"\.(?:txt|md)$", b"", "a text"),
)

HOW_TO_GET_ONE = (
    "For Alexa: open Amazon's page Request My Data, choose Alexa and Echo devices, and bring all zip files it sends you"
    " (Alexa.zip, or Alexa_1.zip and so on). For Google: order My Activity at takeout.google.com, with Assistant, Voice"
    " and Audio, and Gemini Apps in it."
)
# For a voice history of a maker nobody here knows: the two ways on.
YOUR_OWN_COLUMNS = (
    "If it is a voice history all the same, say which column is which: in the dashboard with Tell the columns"
    " yourself, on the command line with --columns FILE.toml, where the file says for example"
    ' time = "Date" and transcript = "Text". And help us support it: voice-history identify --skeleton prints the shape'
    " of the file without any value in it."
)
HELP_US = (
    "If you know better, help us: `voice-history identify --skeleton` prints the shape of your files without any value"
    " of the data, to be pasted into a public issue."
)
# What to do with exports of makers whose format for voice is not public; routes for deletion: the makers' own pages
# and public reports, checked 2026-11-23.
_ADVICE = {
    _META: (
        "In what form Meta hands out voice (Portal, Quest, glasses) is not public; that nothing is found here does not"
        " mean that nothing is kept. Recordings of the glasses are deleted in the settings of the Meta AI app. "
        + HELP_US
    ),
    _SPOTIFY: (
        "Spotify's own list names a category Voice Input, but in what form it comes is not public, and a real export"
        " did not hold it. Ask for it, and for its deletion, at privacy@spotify.com. " + HELP_US
    ),
    _SPOTIFY_VOICE: "Spotify names such a category, but its form is not public; it was not guessed at. "
    + YOUR_OWN_COLUMNS,
    _MICROSOFT: "Its form is only known from one version. Nothing was guessed at. " + HELP_US,
}

_UNKNOWN = "a file of a kind the toolkit does not know"
_NO_TIME = "The column mapping fits none of the files: no table or list in them has the column it names for the time."


def describe(path: str, head: bytes) -> str:
    """What a file looks like, from its path and first bytes."""
    if not head:
        return "an empty file"
    for name, start, what in _KINDS:
        if re.search(name, path, re.IGNORECASE) and re.search(start, head, re.DOTALL):
            return what
    return _UNKNOWN


def not_an_export(others: Sequence[tuple[str, str]], clips: int, mapping: bool = False) -> NotAnExport:
    """The error for sources in which nothing is known.

    Args:
        others: (path, description) of the files that were there.
        clips: How many sound files were there.
        mapping: Whether the user said what the columns of a table mean.
    """
    if not others and not clips:
        return NotAnExport("There is nothing in it.", "The archive or folder is empty. " + HOW_TO_GET_ONE)
    if not others:
        return NotAnExport(
            f"It holds {clips:,} sound file(s) but no list that says what they are.",
            "Add the other parts: in an Alexa download the list is in the one with the highest number.",
        )
    if mapping:
        return NotAnExport(_NO_TIME, "Check that it names a time, and how the heading or key is written.")
    kinds = Counter(what for _, what in others)
    told = "; ".join(what if count == 1 else f"{what} ({count:,} files)" for what, count in kinds.most_common(3))
    advice = next((_ADVICE[what] for what, _ in kinds.most_common() if what in _ADVICE), _advice(kinds))
    return NotAnExport(f"This is not a voice history: it looks like {told}.", advice)


def _advice(kinds: Counter[str]) -> str:
    mappable = not kinds.keys().isdisjoint((_UNKNOWN, _TABLE, _JSON))
    return f"{HOW_TO_GET_ONE} {YOUR_OWN_COLUMNS}" if mappable else HOW_TO_GET_ONE
