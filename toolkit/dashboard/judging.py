"""The activations of what is open: judged once for each choice of the user, whatever the filters hide."""

from __future__ import annotations

from collections.abc import Hashable

import polars as pl
import streamlit as st

from toolkit.activations import DEFAULT_PRIOR, activations
from toolkit.activations.tally import Tally, tally
from toolkit.dashboard.state import Case, has, once

_COUNTED = ("kind", "accidental", "format", "record_ids", "copies")


def facts_only() -> bool:
    """Whether the user wants no judgement of ours anywhere on the page."""
    return bool(st.session_state.get("facts_only"))


def prior() -> float:
    """The share of accidents the user assumes."""
    return st.session_state.get("prior") or DEFAULT_PRIOR


def events(case: Case) -> pl.DataFrame:
    """All activations, without ticks."""
    choice = (case.number, prior(), facts_only())
    return once("events", choice, lambda: activations(case.export.records, prior(), facts_only=facts_only()))


def left(case: Case) -> pl.DataFrame:
    """The activations of which the filters leave an entry."""
    if case.kept is None:
        return events(case)
    return events(case)[_rows(case).filter(case.kept).unique().sort()]


def counts(case: Case) -> Tally:
    """Those that are left, counted."""
    return once("tally", _choice(case), lambda: tally(left(case).select(_COUNTED)))


def counted(case: Case) -> bool:
    """Whether `counts` is known already."""
    return has("tally", _choice(case))


def _choice(case: Case) -> tuple[Hashable, ...]:
    return case.number, case.filter, prior(), facts_only()


def classes(case: Case) -> pl.Series:
    """The class of the activation each record is part of; null where it has none."""
    return events(case)["accidental"].cast(pl.String)[_rows(case)]


def _rows(case: Case) -> pl.Series:
    """For each record, the row of its activation."""

    def made() -> pl.Series:
        rows = events(case).select(record_id="record_ids").with_row_index("row")
        of = rows.explode("record_id", empty_as_null=False)
        return case.export.records.select("record_id").join(of, on="record_id", how="left", maintain_order="left")[
            "row"
        ]

    return once("activation_of", (case.number, facts_only()), made)
