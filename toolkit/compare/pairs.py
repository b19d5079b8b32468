"""Pairs the entries of two exports: by the maker's id, else by product, time and words; as many as both have."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_PAIRS = pl.Schema({"a": pl.UInt32(), "b": pl.UInt32(), "tier": pl.String(), "exact": pl.Boolean()})
# In this order, so that of several in one second each finds the one it is most alike.
_PASSES: tuple[tuple[tuple[str, ...], bool], ...] = (
    (("product", "time", "words"), False),
    (("product", "second", "words"), False),
    (("product", "time"), False),
    (("product", "second"), True),  # one format knows the millisecond, another only the second
)

_BARE = pl.col("maker_id").is_null()


def paired(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Which entries are the same.

    Args:
        old: As `side.Side.entries`.
        new: Likewise.

    Returns:
        ``a`` and ``b`` (their numbers), ``tier``, ``exact`` (whether the instant and the words agree). No entry is in
        two pairs.
    """
    by_id = _joined(old.filter(~_BARE), new.filter(~_BARE), ("vendor", "maker_id"))
    found = [by_id.with_columns(tier=pl.lit("maker_id"), exact=pl.lit(True))]
    left, right = (_rest(side.filter("timed"), by_id[name]) for side, name in ((old, "a"), (new, "b")))
    for keys, between in _PASSES:
        # Two different ids are two different entries, whatever else is alike.
        for mine, theirs in ((_BARE, pl.lit(True)), (~_BARE, _BARE)):
            a, b = left.filter(mine), right.filter(theirs)
            if a.is_empty() or b.is_empty():
                continue
            pairs = _joined(a, b, keys, between).with_columns(tier=pl.lit("second"), exact=pl.lit(len(keys) == 3))
            left, right = _rest(left, pairs["a"]), _rest(right, pairs["b"])
            found.append(pairs)
    return pl.concat([pairs.cast(_PAIRS) for pairs in found])


def _joined(a: pl.DataFrame, b: pl.DataFrame, keys: Sequence[str], between: bool = False) -> pl.DataFrame:
    """The n-th of one side with the n-th of the other, for each value of the keys; *between*: only of two formats."""
    sides = [side.select("at", "format", *keys, nth=_nth(side, keys)) for side in (a, b)]
    pairs = sides[0].join(sides[1], on=[*keys, "nth"], suffix="_b", nulls_equal=True)
    if between:
        pairs = pairs.filter(pl.col("format") != pl.col("format_b"))
    return pairs.select(a="at", b="at_b")


def _nth(side: pl.DataFrame, keys: Sequence[str]) -> pl.Expr:
    if side.select(pl.struct(keys).n_unique()).item() == side.height:
        return pl.lit(0, pl.Int64)
    return pl.int_range(pl.len()).over(keys)


def _rest(side: pl.DataFrame, taken: pl.Series) -> pl.DataFrame:
    return side.filter(~pl.col("at").is_in(taken.implode())) if len(taken) else side
