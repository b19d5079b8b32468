"""Activations: how often the assistant was woken, and what was probably never meant for it, each with its reasons."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from toolkit.activations import evidence, verdict
from toolkit.activations.events import FOUND, facts, grouped
from toolkit.activations.speech import Rule
from toolkit.activations.verdict import ACCIDENTAL, CLASSES, LISTED, REASON
from toolkit.casefile import Case
from toolkit.problems import ToolkitError

__all__ = ["ACCIDENTAL", "CLASSES", "COLUMNS", "DEFAULT_PRIOR", "LISTED", "TICKS", "activations", "ticked"]
TICKS = pl.Enum(["accidental", "meant"])
COLUMNS = [
    "activation_id",
    "record_ids",
    "time",
    "vendor",
    "product",
    "device_name",
    "device_id",
    "person",
    "transcript",
    "audio_files",
    "audio_seconds",
    "kind",
    "accidental",
    "probability",
    "reasons",
    "status",
    "status_text",
    "trigger",
    "tick",
    "time_basis",
    "format",
    "speech",
    "copies",
]
DEFAULT_PRIOR = 0.05


def activations(
    records: pl.DataFrame,
    prior: float = DEFAULT_PRIOR,
    ticks: Case | Mapping[str, str] | None = None,
    facts_only: bool = False,
) -> pl.DataFrame:
    """Join entries to activations and say which were probably not meant for the assistant.

    Words and status are judged, never sound. Every entry lies in exactly one activation; an entry read twice lies in
    that of its original. See docs/accidental-activations.md for the evidence and its limits.

    Args:
        records: As in `schema.RECORDS`.
        prior: Share of activations assumed to be accidental before anything is known of one; between 0 and 1.
        ticks: The user's own view, as a `casefile.Case` (what nobody disputes), or ``activation_id`` -> ``accidental``
            or ``meant``. It is shown beside the judgement and changes none.
        facts_only: Leave out every judgement of ours: ``accidental`` is ``provider_marked`` or null, ``probability``
            null, and the only reason is the maker's mark.

    Returns:
        One row for each activation, in order of time, columns `COLUMNS`. ``copies`` of its entries are others read
        twice, and in no count. ``accidental`` is null unless ``kind`` is
        ``voice``; ``probability`` is null where nothing can be scored, which is no small probability.

    Raises:
        ToolkitError: *prior* is no share, or a tick is neither of the two words.
    """
    if not 0 < prior < 1:
        raise ToolkitError("The assumed share of accidents is not between 0 and 1.", "Give one such as 0.05.")
    given = ticks.verdicts() if isinstance(ticks, Case) else ticks or {}
    if set(given.values()) - set(TICKS.categories):
        raise ToolkitError("A tick is neither accidental nor meant.", "Use one of these two words.")
    events = grouped(records)
    signs = events if facts_only else evidence.with_signs(events)
    events = events.select(FOUND)  # what was judged makes room
    told = _marks_only(signs) if facts_only else verdict.judged(signs, prior)
    return ticked(facts(records, events).hstack(told), given).select(COLUMNS)


def _marks_only(events: pl.DataFrame) -> pl.DataFrame:
    """The maker's marks, and nothing else."""
    mark = rule_named("maker_mark")
    reason = pl.lit([{"rule": mark.name, "weight": None, "says": mark.says, "source": "the file"}], pl.List(REASON))
    marked = pl.col("marked") & (pl.col("kind") == "voice")
    return events.select(
        accidental=pl.when(marked).then(pl.lit("provider_marked")).cast(ACCIDENTAL),
        probability=pl.lit(None, pl.Float64),
        reasons=pl.when(marked).then(reason).otherwise(pl.lit([], pl.List(REASON))),
        speech=pl.lit(None, pl.String),
    )


def rule_named(name: str) -> Rule:
    """The rule of that name in `rules/evidence.toml`."""
    return next(rule for rule in evidence.status_rules() if rule.name == name)


def ticked(events: pl.DataFrame, ticks: Mapping[str, str]) -> pl.DataFrame:
    """The activations with these ticks in place of any they had: ``activation_id`` -> ``accidental`` or ``meant``."""
    given = (
        pl.col("activation_id").replace_strict(ticks, default=None, return_dtype=pl.String) if ticks else pl.lit(None)
    )
    return events.with_columns(tick=given.cast(TICKS))
