"""What is fuzzed: one function for each kind of input; whatever it raises, for whatever bytes, is a fault of ours."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import polars as pl

import toolkit
from toolkit import audio, dates
from toolkit.archive import open_source
from toolkit.limits import KIB, Limits
from toolkit.localdates import LocalReader, find_date
from toolkit.schema import RECORDS

SAMPLES = Path(__file__).parent.parent / "sample_exports"

# Small, so that inputs of a few kilobytes reach the limits, and are cut where the stream is.
SMALL = Limits(
    members=64,
    member_bytes=64 * KIB,
    total_bytes=256 * KIB,
    member_ratio_after=16 * KIB,
    total_ratio_after=32 * KIB,
    json_record=8 * KIB,
    csv_field=4 * KIB,
    html_card=8 * KIB,
    block=2 * KIB,
    problems_per_kind=8,
)
ZONES = (None, "Europe/Berlin")
JSON_NAMES = ("page.json", "Takeout/My Activity/Assistant/MyActivity.json", "conversations.json", "all.jsonl")
CSV_NAMES = ("Transcriptions.csv", "Utterances.csv", "history.tsv")
HTML_NAMES = ("Takeout/My Activity/Assistant/MyActivity.html", "Takeout/archive_browser.html")
AUDIO_SUFFIXES = (".wav", ".mp3", ".ogg", ".m4a", ".aac", ".mp4", ".opus", ".flac")


class Named(io.BytesIO):
    """Bytes with the name under which they were brought."""

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(data)
        self.name = name


def checked(export: toolkit.Export) -> None:
    """What holds for every export that was read at all."""
    files = export.files.filter(pl.col("carved").is_not_null())
    apart = files.filter(pl.col("carved") != pl.col("understood") + pl.col("rejected") + pl.col("left_out"))
    assert apart.is_empty()
    assert export.records.schema == RECORDS
    assert export.records.height == files["understood"].sum()
    assert export.records["record_id"].is_unique().all()
    assert export.records.height or export.problems.height


def explained(error: toolkit.ToolkitError) -> None:
    """An error is an answer, if it says something."""
    assert error.message


def read(name: str, data: bytes, timezone: str | None = None) -> None:
    """One file under one name: a checked export, or an error of the toolkit."""
    try:
        checked(toolkit.load(Named(name, data), timezone=timezone, limits=SMALL))
    except toolkit.ToolkitError as error:
        explained(error)


def archive(data: bytes) -> None:
    """Everything an archive holds, to the last byte."""
    for name in ("a.zip", "a.tgz", "a.bin"):
        try:
            with open_source(data, name=name, limits=SMALL) as source:
                for member in source.members:
                    drained(member.open)
        except toolkit.ToolkitError as error:
            explained(error)


def drained(open_member: Callable[[], BinaryIO]) -> None:
    """A member that cannot be read takes no other with it."""
    try:
        with open_member() as stream:
            while stream.read(4 * KIB):
                pass
    except toolkit.ToolkitError as error:
        explained(error)


def json(data: bytes) -> None:
    """JSON under a name that its first byte chooses."""
    read(JSON_NAMES[data[0] % len(JSON_NAMES)] if data else "page.json", data[1:])


def csv(data: bytes) -> None:
    """A table under a name, and with a zone, that its first byte chooses."""
    chosen = data[0] if data else 0
    read(CSV_NAMES[chosen % len(CSV_NAMES)], data[1:], ZONES[chosen // 128])


def html(data: bytes) -> None:
    """A page under a name that its first byte chooses."""
    read(HTML_NAMES[data[0] % len(HTML_NAMES)] if data else HTML_NAMES[0], data[1:])


def date(data: bytes) -> None:
    """Lines of text as dates: each is an instant within the years anybody may name, or nothing."""
    texts = data.decode("utf-8", "replace").split("\n")
    column = pl.Series(texts, dtype=pl.String)
    for zone in ZONES:
        for found in (dates.Reader(texts, zone).read(column), LocalReader(texts, zone).read(column)):
            assert found.height == len(texts)
            assert all(found["time"].to_list()) or found["time"].null_count()  # no year that Python cannot hold
    for text in texts[:8]:
        dates.one(text)
        find_date(text)


def sound(data: bytes) -> None:
    """The header of a clip: its length is never longer than ever so many bytes can be, or not known."""
    clip = audio.measure(io.BytesIO(data), len(data))
    assert clip.seconds is None or clip.seconds >= 0


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "archive": archive,
    "json": json,
    "html": html,
    "csv": csv,
    "dates": date,
    "audio": sound,
}


def seeds(target: str) -> Iterator[bytes]:
    """Where a run begins: what the samples hold of that kind."""
    makers: Mapping[str, Callable[[], Iterator[bytes]]] = {
        "archive": _archives,
        "json": lambda: _chosen((".json", ".jsonl"), len(JSON_NAMES)),
        "html": lambda: _chosen((".html",), len(HTML_NAMES)),
        "csv": lambda: _chosen((".csv", ".tsv"), 2 * len(CSV_NAMES)),
        "dates": _dates,
        "audio": lambda: (path.read_bytes()[: 8 * KIB] for path in _files(AUDIO_SUFFIXES, 12)),
    }
    yield from makers[target]()


def _files(suffixes: tuple[str, ...], most: int) -> list[Path]:
    """Few of each folder, the shortest: what all of them hold is in each."""
    found: dict[tuple[str, str], list[Path]] = {}
    for path in sorted(SAMPLES.rglob("*"), key=lambda path: (path.stat().st_size, path)):
        if path.suffix.lower() in suffixes and path.parent != SAMPLES:
            found.setdefault((path.relative_to(SAMPLES).parts[0], path.suffix), []).append(path)
    return [path for paths in found.values() for path in paths[:3]][: most * 4]


def _chosen(suffixes: tuple[str, ...], names: int) -> Iterator[bytes]:
    for path in _files(suffixes, 12):
        head = path.read_bytes()[: 6 * KIB]
        yield from (bytes([number]) + head for number in range(names))


def _dates() -> Iterator[bytes]:
    for path in _files((".csv", ".html", ".json"), 12):
        lines = re.findall(rb"[^<>\",\n]{0,24}\d{1,2}:\d{2}[^<>\",\n]{0,24}", path.read_bytes()[: 64 * KIB])
        yield b"\n".join(lines[:4])


def _archives() -> Iterator[bytes]:
    import hostile

    files = {"Takeout/a.json": b'[{"a": 1}]', "b.csv": b"one,two\r\n1,2\r\n"}
    yield hostile.zip_of(files)
    yield hostile.make_zip(hostile.Piece(b"b.csv", b"1,2", method=hostile.BZIP2), wide=True)
    yield hostile.full_overlap(3, 100)
    yield hostile.quoted_overlap(3, 100)
    yield hostile.nested(2)
    yield hostile.tar_of(files)
    yield hostile.tar_of(files, "w:")
    yield hostile.tar_header(b"a", -512) + bytes(1024)
