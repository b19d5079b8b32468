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
    held = [((signs & bit) > 0).arg_true().alias("at").to_frame() for bit in bits]
    rows = pl.concat(part.with_columns(nth=pl.lit(nth, pl.UInt32)) for nth, part in enumerate(held))
    rows = rows.sort("at", maintain_order=True)
    lists = rows.select("at", reasons=reasons.gather(rows["nth"])).group_by("at", maintain_order=True).agg("reasons")
    every = pl.DataFrame({"at": range(len(signs))}, schema={"at": lists.schema["at"]})
    return every.join(lists, on="at", how="left", maintain_order="left")["reasons"].fill_null([])


@cache
def _table(language: str | None) -> tuple[tuple[int, ...], pl.Series]:
    """The bits of the rules and their reasons, the strongest first; made once, since a study judges many exports."""
    of = status_rules() if language is None else speech(language).rules
    strongest = sorted(enumerate(of), key=lambda at: (at[1].weight is None, -abs(at[1].weight or 0), at[1].name))
    prefix = "" if language is None else f"{language}."
    told = [
        {"rule": prefix + rule.name, "weight": rule.weight, "says": rule.says, "source": rule.source}
        for _, rule in strongest
    ]
    return tuple(1 << at for at, _ in strongest), pl.Series("reasons", told, dtype=REASON)
