"""Says in plain words what a file is when it is no voice history, and what to do instead."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from toolkit.problems import NotAnExport

_META, _SPOTIFY = "a Meta export", "what may be Spotify's list of spoken commands, no voice history the toolkit knows"
# (path, first bytes, what it is). The first match counts. Paths of other exports: public pages and issue threads,
# see the formats' documents; magic numbers: the formats' own specifications.
_KINDS: tuple[tuple[str, bytes, str], ...] = (
    (r"(?:^|/)(?:Streaming_?History|endsong|Userdata|YourLibrary)[^/]*\.json$", b"", "part of a Spotify export"),
    (r"(?:^|/)(?:Takeout|archive_browser\.html)", b"", "a part of a Google Takeout that holds no activity"),
    (r"(?:^|/)conversations\.json$", rb'"mapping"', "a ChatGPT export"),
    (r"(?:^|/)(?:Retail\.|Digital|Devices\.|Advertising|Amazon-Music|Kindle)", b"", "another part of an Amazon export"),
    # Real Facebook exports of 2022 have these folders; of voice they held nothing but an empty one.
    (
        r"(?:^|/)(?:your_facebook_activity|your_instagram_activity|connections/followers|facebook_(?:assistant|portal)/)"
        r"|(?:^|/)no-data\.txt$",
        b"",
        _META,
    ),
    (r"(?:^|/)[^/]*voice[ _-]?input[^/]*\.(?:csv|json)$", b"", _SPOTIFY),
    (r"", rb"\A\xff\xd8\xff", "a photo (JPEG)"),
    (r"", rb"\A\x89PNG", "a picture (PNG)"),
    (r"", rb"\AGIF8", "a picture (GIF)"),
    (r"", rb"\A.{4}ftyphei[cx]", "a photo (HEIC)"),
    (r"", rb"\A.{4}ftyp", "a film or sound file (MP4)"),
    (r"", rb"\A%PDF", "a PDF document"),
    (r"", rb"\A\xd0\xcf\x11\xe0", "an old Office document"),
    (r"\.(?:docx|xlsx|pptx|odt|ods)$", rb"\APK", "an Office document"),
    (r"", rb"\APK\x03\x04", "an archive inside the archive"),
    (r"", rb"\A(?:MZ|\x7fELF|\xcf\xfa\xed\xfe)", "a program"),
    (
        r"",
        rb'"alexaHistoryRecords"\s*:',
        "Alexa history of the 2026 privacy page, which this version does not read yet",
    ),
    (r"", rb'"activities"\s*:\s*\[', "Alexa history of before 2023, which this version does not read yet"),
    (r"\.(?:csv|tsv|tab)$", b"", "a table that is no voice history the toolkit knows"),
    (r"\.(?:json|jsonl|ndjson)$", b"", "JSON that is no voice history the toolkit knows"),
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
_UNKNOWN = "a file of a kind the toolkit does not know"
_ABOUT_META = (
    "Of voice in Meta's exports no form is publicly known. Recordings of Meta's glasses can be deleted in the settings"
    " of the Meta AI app. If there is voice in yours, help us support it: voice-history identify --skeleton prints the"
    " shape of the export without any value in it."
)
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
    return NotAnExport(f"This is not a voice history: it looks like {told}.", _advice(kinds))


def _advice(kinds: Counter[str]) -> str:
    if set(kinds) == {_META}:
        return _ABOUT_META
    mappable = any(what == _UNKNOWN or "no voice history the toolkit knows" in what for what in kinds)
    return f"{HOW_TO_GET_ONE} {YOUR_OWN_COLUMNS}" if mappable else HOW_TO_GET_ONE
