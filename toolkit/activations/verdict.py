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
_COMBINATIONS = 1 << 14  # of signs, looked at together: each is held against every rule
# Signs that no words are needed for, and whose weight nobody has measured: no probability, but possibly an accident.
WITHOUT_WORDS = ("no_request_found", "woken_for_nothing", "discarded")


def limits() -> dict[str, float]:
    """The probabilities from which on something is called likely or possible."""
    table: dict[str, float] = rules.table("evidence")["limits"]
    return table


def judged(events: pl.DataFrame, prior: float) -> pl.DataFrame:
    """``probability``, ``accidental``, ``reasons`` and ``speech`` of each.

    Args:
        events: As from `evidence.with_signs`; what is no voice gets no class and no reason.
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
    speech = pl.col("speech").cast(pl.String)
    return events.select(speech, probability=chance, accidental=accidental).with_columns(_reasons(events))


def _any(of: dict[str, pl.Expr], names: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(of[name] for name in names)


def log_odds(share: float) -> float:
    """Natural log of the odds of a share."""
    return math.log(share / (1 - share))


def _reasons(events: pl.DataFrame) -> pl.Series:
    """The reasons, made once for each distinct combination of signs: the makers' first, then those of the words."""
    key = ["speech", "words", "signs"]
    distinct = events.select(key).unique()
    by_status = distinct.with_columns(reasons=_told(distinct["signs"], None))
    parts = [by_status.filter(pl.col("speech").is_null())]
    for (name,), part in by_status.filter(pl.col("speech").is_not_null()).partition_by("speech", as_dict=True).items():
        parts.append(part.with_columns(reasons=pl.concat_list("reasons", _told(part["words"], name))))
    lists = pl.concat(parts)
    return events.select(key).join(lists, on=key, how="left", nulls_equal=True, maintain_order="left")["reasons"]


def _told(signs: pl.Series, language: str | None) -> pl.Series:
    """For each combination of bits the reasons they stand for, the strongest first."""
    bits, reasons = _table(language)
    rows = signs.alias("signs").to_frame().with_row_index("at")
    held = pl.concat(
        part.join(bits, how="cross", maintain_order="left_right").filter(pl.col("signs") & pl.col("bit") > 0)
        for part in (list(rows.iter_slices(_COMBINATIONS)) or [rows])
    )
    lists = held.select("at", reasons=reasons.gather(held["nth"])).group_by("at", maintain_order=True).agg("reasons")
    return rows.join(lists, on="at", how="left", maintain_order="left")["reasons"].fill_null([])


@cache
def _table(language: str | None) -> tuple[pl.DataFrame, pl.Series]:
    """The ``bit`` of each rule, ``nth`` in order of strength, and their reasons in that order.

    Made once: a study judges thousands of small exports in one process.
    """
    of = status_rules() if language is None else speech(language).rules
    strongest = sorted(enumerate(of), key=lambda at: (at[1].weight is None, -abs(at[1].weight or 0), at[1].name))
    prefix = "" if language is None else f"{language}."
    told = [
        {"rule": prefix + rule.name, "weight": rule.weight, "says": rule.says, "source": rule.source}
        for _, rule in strongest
    ]
    bits = pl.DataFrame({"bit": [1 << at for at, _ in strongest]}, {"bit": pl.UInt64}).with_row_index("nth")
    return bits, pl.Series("reasons", told, dtype=REASON)
