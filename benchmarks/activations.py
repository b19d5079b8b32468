"""What judging costs: activations from the records of an invented history, beside merely reading those records.

    python benchmarks/activations.py --rows 1350000 --rounds 3

About four entries in five begin an activation of their own. In ``few`` the household says what the sample household
says; in ``many`` no two texts are alike, which no real history comes near. See `run` for how it is measured.
"""

from __future__ import annotations

from pathlib import Path

import run


def read(path: str) -> tuple[int, int]:
    """Entries, and total characters of what was said."""
    import polars as pl

    records = pl.read_parquet(path)
    return records.height, int(records["transcript"].str.len_chars().sum())


def judge(path: str) -> tuple[int, int]:
    """The same, from the activations."""
    import polars as pl

    import toolkit

    records = pl.read_parquet(path)
    events = toolkit.activations(records)
    assert events["reasons"].list.len().sum() > events.height
    return int(events["record_ids"].list.len().sum()), int(records["transcript"].str.len_chars().sum())


CASES: run.Cases = {
    f"{kind}  {name}": (kind, case) for kind in ("few", "many") for name, case in (("read", read), ("judge", judge))
}


def make(folder: Path, rows: int) -> dict[str, Path]:
    """The records of one history, twice: as they are, and with two words of its own in every text."""
    import polars as pl

    import alexa
    import toolkit

    with (folder / "history.json").open("wb") as stream:
        alexa.write_rvh(alexa.events(rows), stream)
    records = toolkit.load(folder / "history.json").records
    paths = {kind: folder / f"{kind}.parquet" for kind in ("few", "many")}
    records.write_parquet(paths["few"])
    own = pl.format("{} {} {}", "transcript", pl.col("record_id").str.slice(7, 4), pl.col("record_id").str.slice(11))
    records.with_columns(transcript=own).write_parquet(paths["many"])
    return paths


if __name__ == "__main__":
    run.main(CASES, make, __file__, __doc__)
