"""What stands beside the counts: how right they were by the user's own ticks, and what an assumed share would add."""

from __future__ import annotations

import polars as pl

from toolkit.activations.verdict import LISTED, log_odds
from toolkit.casefile import wilson

TICKS_NEEDED = 50
PRIORS = (0.02, 0.05, 0.10, 0.15)


def precision(events: pl.DataFrame) -> pl.DataFrame | None:
    """How many of the ticked activations of each class were accidental; None below `TICKS_NEEDED` ticks.

    The weights stay as they are: these figures measure them, they never feed them.

    Args:
        events: As from `activations`, with ticks.

    Returns:
        ``accidental`` (the class as text), ``ticked``, ``right`` (of these, ticked as accidental), ``share``, and its
        95 % interval (Wilson), ``low`` and ``high``. Whoever ticks only what stands out first measures only that.
    """
    ticked = events.filter(pl.col("tick").is_not_null() & pl.col("accidental").is_not_null())
    if ticked.height < TICKS_NEEDED:
        return None
    counts = ticked.group_by(pl.col("accidental")).agg(ticked=pl.len(), right=(pl.col("tick") == "accidental").sum())
    rows = [
        (name, of, right, right / of, *wilson(right, of)) for name, of, right in counts.sort("accidental").iter_rows()
    ]
    return pl.DataFrame(rows, schema=["accidental", "ticked", "right", "share", "low", "high"], orient="row")


def expected(events: pl.DataFrame, prior: float) -> pl.DataFrame:
    """How many accidents there would be among what can be scored, were this or that share accidental to begin with.

    Mostly the assumption itself: it is no count, and belongs in no headline.

    Args:
        events: As from `activations`.
        prior: The share they were judged with.

    Returns:
        ``prior``, ``scored`` (activations with a probability), ``expected`` (sum of their probabilities at that prior)
        and ``listed`` (those that are marked, likely or possible, as judged; the same in every row).
    """
    odds = (pl.col("probability") / (1 - pl.col("probability"))).log() - log_odds(prior)
    scored = events.filter(pl.col("probability").is_not_null())
    listed = events.filter(pl.col("accidental").is_in(LISTED)).height
    rows = []
    for assumed in PRIORS:
        chance = 1 / (1 + (-(odds + log_odds(assumed))).exp())
        rows.append((assumed, scored.height, scored.select(chance.sum()).item(), listed))
    return pl.DataFrame(rows, schema=["prior", "scored", "expected", "listed"], orient="row")
