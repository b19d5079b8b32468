"""From signs to a class, with reasons; and what an assumed share of accidents would make of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import polars as pl

from toolkit import rules
from toolkit.activations.evidence import DIGITS, status_rules
from toolkit.activations.speech import speech

CLASSES = {
    "provider_marked": "marked by the maker itself as not meant for the assistant",
    "likely": "likely accidental, by text or status",
    "possible": "possibly accidental, by text or status",
    "no_sign": "no sign in text or status; sound was not listened to",
    "cannot_tell": "nothing can be told: no words, or no rules for them",
}
LISTED = ("provider_marked", "likely", "possible")
ACCIDENTAL = pl.Enum(list(CLASSES))
REASON = pl.Struct({"rule": pl.String(), "weight": pl.Float64(), "says": pl.String(), "source": pl.String()})
# Signs that no words are needed for, and whose weight nobody has measured: no probability, but possibly an accident.
WITHOUT_WORDS = ("no_request_found", "woken_for_nothing", "discarded")


def limits() -> dict[str, float]:
    """The probabilities from which on something is called likely or possible."""
    table: dict[str, float] = rules.table("evidence")["limits"]
    return table


def judged(events: pl.DataFrame, prior: float) -> pl.DataFrame:
    """Add ``probability``, ``accidental`` and ``reasons``.

    Args:
        events: As from `evidence.with_signs`; what is no voice has no signs, and gets no class.
        prior: Share of activations assumed to be accidental before anything is known of one.
    """
    of = {rule.name: pl.col("signs") & (1 << at) > 0 for at, rule in enumerate(status_rules())}
    weighed = {rule.name: rule.weight for rule in status_rules() if rule.weight is not None}
    status = pl.sum_horizontal(of[name].cast(pl.Float64) * weight for name, weight in weighed.items())
    odds = (log_odds(prior) + status + pl.col("score").fill_null(0.0)).round(DIGITS)
    known = pl.col("score").is_not_null() | of["maker_mark"]
    chance = pl.when(known).then(1 / (1 + (-odds).exp()))
    bound = limits()
    accidental = (
        pl.when(pl.col("kind") != "voice")
        .then(None)
        .when(of["maker_mark"])
        .then(pl.lit("provider_marked"))
        .when(chance >= bound["likely"])
        .then(pl.lit("likely"))
        .when((chance >= bound["possible"]) | _any(of, WITHOUT_WORDS))
        .then(pl.lit("possible"))
        .when(known)
        .then(pl.lit("no_sign"))
        .otherwise(pl.lit("cannot_tell"))
        .cast(ACCIDENTAL)
    )
    return _with_reasons(events.with_columns(probability=chance, accidental=accidental))


def _any(of: dict[str, pl.Expr], names: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(of[name] for name in names)


def log_odds(share: float) -> float:
    """Natural log of the odds of a share."""
    return math.log(share / (1 - share))


def _with_reasons(events: pl.DataFrame) -> pl.DataFrame:
    """Add the reasons, made once for each distinct combination of signs."""
    key = ["speech", "words", "signs"]
    distinct = events.select(key).unique()
    told = [_told(distinct, "signs", None)]
    told += [_told(distinct.filter(speech=name), "words", name) for name in distinct["speech"].drop_nulls().unique()]
    long = pl.concat(told).sort(pl.col("order"), -pl.col("weight").abs(), "rule", maintain_order=True, nulls_last=True)
    lists = long.group_by(key, maintain_order=True).agg(reasons=pl.struct("rule", "weight", "says", "source"))
    joined = events.join(lists, on=key, how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(pl.col("reasons").fill_null([]))


def _told(distinct: pl.DataFrame, column: str, language: str | None) -> pl.DataFrame:
    """One row for each combination and each sign in it."""
    pairs = distinct.join(_table(language), how="cross").filter((pl.col(column) & pl.col("bit")) > 0)
    return pairs.drop("bit")


@cache
def _table(language: str | None) -> pl.DataFrame:
    """The rules as a table, made once: a study judges thousands of small exports in one process."""
    of = status_rules() if language is None else speech(language).rules
    return pl.DataFrame(
        {
            "rule": [rule.name if language is None else f"{language}.{rule.name}" for rule in of],
            "weight": [rule.weight for rule in of],
            "says": [rule.says for rule in of],
            "source": [rule.source for rule in of],
            "bit": pl.Series([1 << at for at in range(len(of))], dtype=pl.UInt64),
            "order": [0 if language is None else 1] * len(of),
        },
        schema_overrides={"weight": pl.Float64},
    )
