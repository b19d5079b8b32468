"""Paired measurements: our readers of Google Takeout beside `zipfile`, which only inflates the same file.

    python benchmarks/google_takeout.py --rows 1000000 --rounds 3 --peer venv/bin/python

See `run` for how it is measured, `activities` for what is read. The Parquet cases stream batches into one file and
show how much memory that needs. With ``--peer``, the Python of an environment that holds google_takeout_parser, that
reads the same files, too; HTML only up to 100,000 rows, for which it needs half a minute and 2 GB. Cards are as they
were up to 2022, the last that it can read.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import activities
import run


def inflate(path: str) -> tuple[int, int]:
    """The floor: every byte of the file, and nothing done with it. The rows are those that were written."""
    with zipfile.ZipFile(path) as archive:
        rows, characters = map(int, archive.comment.split())
        with archive.open(archive.namelist()[0]) as stream:
            while stream.read(1 << 20):
                pass
    return rows, characters


def load(path: str) -> tuple[int, int]:
    """Entries and total characters of what was said, by `toolkit.load`."""
    import toolkit

    records = toolkit.load(path).records
    return records.height, int(records["transcript"].str.len_chars().sum())


def to_parquet(path: str) -> tuple[int, int]:
    """The same, by `toolkit.batches` into one Parquet file."""
    import polars as pl

    import toolkit
    from toolkit.write import stream

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "records.parquet"
        stream(toolkit.batches(path), target)
        told = pl.scan_parquet(target).select(pl.len(), pl.col("transcript").str.len_chars().sum()).collect()
    return int(told.item(0, 0)), int(told.item(0, 1))


PEER = "google_takeout_parser"
_MOST_CARDS = 100_000
CASES: run.Cases = {
    f"{kind:5}{name}": (kind, reader)
    for kind in ("json", "html")
    for name, reader in (("zipfile", inflate), ("toolkit.load", load), ("to Parquet", to_parquet))
}


def make(folder: Path, rows: int) -> dict[str, Path]:
    """Write the same rows in both formats."""
    found = list(activities.rows(rows))
    characters = sum(len(row.text or "") for row in found)
    paths = {}
    for kind in ("json", "html"):
        paths[kind] = folder / f"{kind}.zip"
        with zipfile.ZipFile(paths[kind], "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open(f"Takeout/My Activity/Assistant/MyActivity.{kind}", "w", force_zip64=True) as stream:
                activities.write(found, stream, kind)
            archive.comment = f"{rows} {characters}".encode()
    return paths


def peer_cases(rows: int) -> run.Cases:
    """The peer beside our cases of that many rows."""
    kinds = ["json"] if rows > _MOST_CARDS else ["json", "html"]
    return {f"{kind:5}{PEER}": (kind, Path(__file__).with_name("peer.py")) for kind in kinds}


if __name__ == "__main__":
    run.main(CASES, make, __file__, __doc__, peer_cases)
