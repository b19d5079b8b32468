"""What comes with the account's activity in an export of Google Takeout: the manifest, and clips that hold silence."""

from __future__ import annotations

import html
from functools import lru_cache
from typing import Any

from takeout import Account


def manifest(account: Account, made: str, folders: dict[str, tuple[str, dict[str, int]]], failure: str = "") -> str:
    """The page that comes with every export, as far as such pages are known.

    Args:
        account: Who looks.
        made: Date and zone, as the account is shown them.
        folders: For each product's English id its folder and the sizes of the files in it, by path.
        failure: What went wrong; empty if nothing did.

    Returns:
        The page.
    """
    words = account.words
    total = sum(size for _, files in folders.values() for size in files.values())
    tiles = "".join(_tile(words, name, folder, files) for name, (folder, files) in folders.items())
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>'
        '<div class="job-id hidden">00000000-0000-4000-8000-000000000000</div>'
        f'<h1 class="header_title">{html.escape(words["account"].replace("{}", "somebody@example.org"))}</h1>'
        f'<div class="header_subtext">{html.escape(made)} • {_megabytes(total)} MB</div>'
        f'<div class="failure-message">{html.escape(failure)}</div>{tiles}</body></html>'
    )


def _tile(words: dict[str, Any], name: str, folder: str, files: dict[str, int]) -> str:
    size = words["files"].replace("{}", str(len(files)), 1).replace("{}", _megabytes(sum(files.values())))
    exported = words["exported"].replace("{}", str(len(files)))
    listed = "".join(f'<li><a href="{html.escape(path)}">{html.escape(path)}</a></li>' for path in files)
    return (
        f'\n<div class="service-tile" id="service-tile-{name}">'
        f'<h1 class="data-folder-name" data-english-name="{name}" data-folder-name="{html.escape(folder)}">'
        f'{html.escape(folder)}</h1><div>{html.escape(size)}</div><div class="service-detail">'
        f"{html.escape(exported)}<ul>{listed}</ul></div></div>"
    )


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f}"


MP3_FRAME_MS, AAC_FRAME_MS = 36, 64
# MPEG-2 layer III, 8 kbit/s, 16 kHz, mono: a header, and zeros, which mean silence.
_MP3_FRAME = bytes.fromhex("fff318c0") + bytes(32)
# ADTS, AAC-LC, 16 kHz, mono, 11 bytes; one channel of which nothing is coded, then the end.
_AAC_FRAME = bytes.fromhex("fff16040017ffc00000007")


@lru_cache(maxsize=256)
def mp3(ms: int) -> bytes:
    """So many milliseconds of silence as MP3, in whole frames of MP3_FRAME_MS."""
    return _MP3_FRAME * (ms // MP3_FRAME_MS)


@lru_cache(maxsize=256)
def aac(ms: int) -> bytes:
    """So many milliseconds of silence as AAC, in whole frames of AAC_FRAME_MS."""
    return _AAC_FRAME * (ms // AAC_FRAME_MS)
