"""Every bound on what is read: at the bound all is well, one past it is said so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields

import polars as pl
import pytest

import toolkit
from corpus import HEADING, PAGE, TABLE, Files, asked, card, cards, entry, named, page, spoken
from hostile import Piece, make_wav, make_zip, zip_of
from toolkit.carve.html import MARK
from toolkit.limits import DEFAULT, Limits

CLIP = "Audio and Transcription/a.wav"
NAME = "Takeout/" + "x" * 100 + "/Transcriptions.csv"


def loaded(files: Files, **limits: int) -> toolkit.Export:
    return toolkit.load(*(named(*file) for file in files.items()), limits=Limits(**limits))


def told(files: Files, **limits: int) -> list[str]:
    """The problems, or the error, that the limits lead to."""
    try:
        return sorted(set(loaded(files, **limits).problems["code"]) - {"more_parts_possible", "columns_assumed"})
    except toolkit.ToolkitError as error:
        return [type(error).__name__]


def nested(depth: int) -> dict[str, object]:
    """An entry that is so deep in all."""
    return entry(deep=json.loads("[" * (depth - 1) + "]" * (depth - 1)))


LONG = len(json.dumps(entry()))
ROW = b"2024-01-01 10:00:05," + b"x" * 80 + b",,ok"
TALK = asked("hello there, what a long one it is")
CARD = len(card(TALK)) - len(MARK) + len("\n")
WIDE = "Timestamp,Transcript,Audio File,Alexa Response" + ",more" * 6 + "\r\n2024-01-01 10:00:00,a,,b\r\n"
MANY = page(*(entry(str(n), n, timestamp="odd") for n in range(5)))

# The limit, an input, and the bound at which nothing is wrong with it: one less is too little.
BOUNDS: dict[str, tuple[Callable[[], Files], int, str]] = {
    "json_depth": (lambda: {PAGE: page(entry(), nested(20))}, 20, "too_deep"),
    "json_record": (lambda: {PAGE: page(entry(), entry())}, LONG, "too_large"),
    "csv_field": (lambda: {TABLE: spoken() + ROW + b"\r\n" + spoken()[len(HEADING) :]}, len(ROW), "too_large"),
    "html_card": (lambda: cards(asked("hello"), TALK, asked("hello")), CARD, "too_large"),
    "csv_columns": (lambda: {TABLE: WIDE.encode()}, 10, "TooLarge"),
    "members": (lambda: {"a.zip": zip_of({TABLE: spoken(), "b.txt": b"", "c.txt": b""})}, 3, "TooLarge"),
    "member_bytes": (lambda: {"a.zip": zip_of({TABLE: spoken()})}, len(spoken()), "TooLarge"),
    "total_bytes": (lambda: {"a.zip": zip_of({TABLE: spoken()})}, len(spoken()), "TooLarge"),
    "name_bytes": (lambda: {"a.zip": make_zip(Piece(NAME.encode(), spoken()))}, len(NAME), "NotAnExport"),
}


@pytest.mark.parametrize("limit", BOUNDS)
def test_at_the_bound_all_is_well_and_one_past_it_is_said_so(limit: str) -> None:
    build, bound, code = BOUNDS[limit]

    assert code not in told(build(), **{limit: bound})
    assert code in told(build(), **{limit: bound - 1})


def test_a_clip_is_handed_out_up_to_its_bound() -> None:
    files = {"a.zip": zip_of({TABLE: spoken(), CLIP: make_wav()})}
    size = len(make_wav())

    assert len(loaded(files, clip=size).clip("a.wav")) == size
    with pytest.raises(toolkit.TooLarge):
        loaded(files, clip=size - 1).clip("a.wav")


def test_problems_of_one_kind_are_listed_up_to_their_bound_and_then_counted() -> None:
    listed = {bound: loaded({PAGE: MANY}, problems_per_kind=bound).problems for bound in (4, 5)}

    assert listed[5]["source_row"].drop_nulls().len() == 2 * listed[5]["code"].n_unique() * 5 / 2
    assert listed[4].filter(pl.col("source_row").is_null())["message"].str.starts_with("1 more").all()


def test_every_bound_is_a_number_somebody_tries_here_or_where_it_is_kept() -> None:
    """The other bounds are tried beside what they bind: archive, carving, audio, dates and the reading process."""
    elsewhere = {
        "member_ratio", "member_ratio_after", "total_ratio", "total_ratio_after", "audio_chunks", "date_text",
        "worker_memory", "worker_cpu_seconds", "worker_cpu_per_mb", "clip", "problems_per_kind", "block", "head",
    }  # fmt: skip
    assert {one.name for one in fields(DEFAULT)} == elsewhere | set(BOUNDS)
