"""The form in which the user confirms or corrects what the columns of a table mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import streamlit as st

from toolkit import inert
from toolkit.dashboard import state
from toolkit.parsers.columns import FIELDS
from toolkit.parsers.route import ColumnMap

LABELS = {name: meaning.capitalize() for name, meaning in FIELDS.items()}
HOW = {
    "heading": "told by its heading",
    "content": "told by what stands in it",
    "position": "assumed from its place",
    "user": "as you chose",
    "": "not found",
}
NOT_THERE = "not in this file"


def show(case: state.Case) -> None:
    """Draw the page."""
    tables = case.unconfirmed
    first = tables[0]
    st.title("Please check the columns")
    st.markdown(
        "The maker does not publish what the columns of this table mean. This is how they were understood. "
        "Every figure rests on it, so please compare it with the first rows."
    )
    state.show_failure()
    st.text("\n".join(inert.clip(inert.terminal(table.path), 100) for table in tables[:10]))
    if st.toggle("Show the first rows", key="first_rows", help="They may contain what was said."):
        st.dataframe(_first_rows(first), hide_index=True, alt="The first rows of the table")
    if all(table.header == first.header for table in tables):
        _form(case, first)
    else:
        st.info("These tables have different columns. To confirm them, open one at a time.", icon=":material/info:")
    st.button("Go on with columns assumed", key="assume", on_click=_assume, type="tertiary")


def _first_rows(table: ColumnMap) -> pl.DataFrame:
    """The rows under headings that are unique; short rows are filled up, and what is too long is cut."""
    names = _titles(table)
    width = len(names)
    rows = [[inert.clip(cell, 500) for cell in row[:width]] + [""] * (width - len(row)) for row in table.rows]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _titles(table: ColumnMap) -> list[str]:
    return [f"{at}. {inert.clip(inert.terminal(cell), 60)}" for at, cell in enumerate(table.header, 1)]


def _form(case: state.Case, table: ColumnMap) -> None:
    titles = _titles(table)
    with st.form("columns", border=True):
        places = {name: _choice(name, table, titles) for name in FIELDS}
        sent = st.form_submit_button("These columns are right", type="primary", icon=":material/check:")
    if not sent:
        return
    chosen: Mapping[str, str | int] = {name: place for name, place in places.items() if place is not None}
    if len(set(chosen.values())) < len(chosen):
        st.error(
            "One column was chosen for two things. Please choose another for one of them.", icon=":material/error:"
        )
    elif not chosen:
        st.error("Please choose at least one column.", icon=":material/error:")
    else:
        state.read(case.sources, case.export.timezone, chosen)


def _choice(name: str, table: ColumnMap, titles: list[str]) -> int | None:
    place = table.fields.get(name)
    options: list[int | None] = [None, *range(len(titles))]
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        found = st.selectbox(
            LABELS[name],
            options,
            index=0 if place is None else place + 1,
            format_func=lambda at: NOT_THERE if at is None else titles[at],
            key=f"column_{name}",
        )
    with right:
        st.caption(HOW[table.how.get(name, "")])
    return found


def _assume() -> None:
    case = state.case()
    if case:
        st.session_state["case"] = replace(case, accepted=True)
