"""Paired measurements: `toolkit.compare` of two exports beside one anti-join in polars, which knows what to look for.

    python benchmarks/compare.py --rows 1000000 --rounds 3

Both exports have that many rows but for 312 of the first, spread over it, that are not in the second. ``ids``: every
row has an id of the maker's. ``seconds``: none has; the first is JSON with milliseconds, the second HTML without, and
every fifth row shares its second with another. A round counts only if exactly the 312 are not found. See `run`.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import run

GONE = 312
BASE = datetime(2006, 1, 1, tzinfo=UTC)


def anti_join(path: str) -> tuple[int, int]:
    """Rows of the first export, and how many the plainest join does not find in the second."""
    import polars as pl

    sides = pl.read_parquet(path).partition_by("side", as_dict=True)
    second = pl.col("time").dt.epoch("s").alias("second")
    keys = ["maker_id", "second", "transcript"]
    old, new = (sides[side,].select("maker_id", second, "transcript") for side in (0, 1))
    return old.height, old.join(new, on=keys, how="anti", nulls_equal=True).height


def compare(path: str) -> tuple[int, int]:
    """The same, by the toolkit, with the rows it calls gone; the wrong ones would not count."""
    import polars as pl

    import toolkit

    both = pl.read_parquet(path)
    old, new = (_export(both.filter(pl.col("side") == side)) for side in (0, 1))
    gone = toolkit.compare(old, new).rows.filter(pl.col("change") == "gone")
    assert set(gone["old_id"].str.strip_prefix("x-").cast(pl.Int64)) == _removed(old.records.height)
    return old.records.height, gone.height


def _export(records: Any) -> Any:
    import polars as pl

    import toolkit
    from toolkit.problems import PROBLEMS
    from toolkit.schema import FILES, conform

    whole = conform(records)[0].with_columns(record_id=records["record_id"])
    return toolkit.Export(whole, pl.DataFrame(schema=PROBLEMS), pl.DataFrame(schema=FILES), None, None)


def _removed(rows: int) -> set[int]:
    return set(random.Random(GONE).sample(range(rows), GONE))


CASES: run.Cases = {
    f"{kind:8}{name}": (kind, reader)
    for kind in ("ids", "seconds")
    for name, reader in (("anti-join", anti_join), ("toolkit.compare", compare))
}


def make(folder: Path, rows: int) -> dict[str, Path]:
    """Write both exports of each kind into one Parquet file."""
    import polars as pl

    n = pl.col("n")
    millis = (n - (n % 5 == 4).cast(pl.Int64)) * 190_000 + (n % 5) * 150  # the fifth in the second of the fourth
    stem = pl.DataFrame({"n": range(rows)}).with_columns(
        record_id=pl.format("x-{}", n),
        source_row=n + 1,
        time=pl.lit(BASE) + pl.duration(milliseconds=millis),
        time_basis=pl.lit("utc"),
        transcript=pl.format("turn on light number {}", n % 5_000),
    )
    ids = stem.with_columns(
        vendor=pl.lit("amazon"), product=pl.lit("alexa"), format=pl.lit("amazon_rvh"), source_file=pl.lit("a.json"),
        maker_id=pl.format("A0SYNHOUSEHOLD#{}#A0SYNESTUDIO02#G0SYNLIVING00002", pl.col("time").dt.epoch("ms")),
    )  # fmt: skip
    bare = stem.with_columns(
        vendor=pl.lit("google"), product=pl.lit("google_assistant"), format=pl.lit("google_activity_json"),
        source_file=pl.lit("Takeout/My Activity/Assistant/MyActivity.json"), maker_id=pl.lit(None, pl.String),
    )  # fmt: skip
    html = bare.with_columns(pl.col("time").dt.truncate("1s"), format=pl.lit("google_activity_html"))
    paths = {}
    for kind, first, second in (("ids", ids, ids), ("seconds", bare, html)):
        left = second.filter(~n.is_in(list(_removed(rows))))
        both = pl.concat([first.with_columns(side=0), left.with_columns(side=1)]).drop("n")
        paths[kind] = folder / f"{kind}.parquet"
        both.write_parquet(paths[kind])
    return paths


if __name__ == "__main__":
    run.main(CASES, make, __file__, __doc__)
