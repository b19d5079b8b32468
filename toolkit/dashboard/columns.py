"""The form in which the user confirms or corrects what the columns of a table mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import streamlit as st

from toolkit import inert
from toolkit.dashboard import state
from toolkit.dashboard.words import words
from toolkit.parsers.chosen import FIELDS
from toolkit.parsers.route import ColumnMap

LABELS = {name: meaning.capitalize() for name, meaning in FIELDS.items()}
HOW = {
    "heading": "told by its heading",
    "content": "told by what stands in it",
    "position": "assumed from its place",
    "user": "as you chose",
}
NOT_THERE = -1


def show(case: state.Case) -> None:
    """Draw the page."""
    tables = case.unconfirmed
    first = tables[0]
    st.title("Please check the columns")
    st.markdown(
        "The maker does not publish what the columns of this table mean. Below is how they were understood, and every "
        "figure rests on it. Please show the first rows and compare."
    )
    state.show_failure()
    st.text("\n".join(inert.clip(inert.terminal(table.path), 100) for table in tables[:10]))
    if st.toggle("Show the first rows", key="first_rows", help="They may contain what was said."):
        st.dataframe(first_rows(first), hide_index=True, alt="The first rows of the table")
    if all(table.header == first.header for table in tables):
        _form(case, first)
    else:
        st.info("These tables have different columns. To confirm them, open one at a time.", icon=":material/info:")
    st.button("Go on with columns assumed", key="assume", on_click=_assume)
    st.caption("If you are not sure: every view will say that nobody has confirmed the columns. You can do so later.")


def first_rows(table: ColumnMap) -> pl.DataFrame:
    """The rows under headings that are unique; short rows are filled up, and what is too long is cut."""
    names = headings(table)
    width = len(names)
    rows = [[inert.clip(cell, 500) for cell in row[:width]] + [""] * (width - len(row)) for row in table.rows]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def headings(table: ColumnMap) -> list[str]:
    """The headings as they may be shown, numbered."""
    return [f"{at}. {inert.clip(inert.terminal(cell), 60)}" for at, cell in enumerate(table.header, 1)]


def _form(case: state.Case, table: ColumnMap) -> None:
    titles = headings(table)
    with st.form("columns", border=True):
        places = {name: _found(name, table, titles) for name in FIELDS if name in table.fields}
        with st.expander("Is there more in this table?", expanded=len(places) < min(3, len(titles))):
            places |= {name: _missing(name, titles) for name in FIELDS if name not in table.fields}
        sent = st.form_submit_button("These columns are right", type="primary", icon=":material/check:")
    if not sent:
        return
    chosen: Mapping[str, str | int] = {name: place for name, place in places.items() if place != NOT_THERE}
    if len(set(chosen.values())) < len(chosen):
        st.error(
            "One column was chosen for two things. Please choose another for one of them.", icon=":material/error:"
        )
    elif not chosen:
        st.error("Please choose at least one column.", icon=":material/error:")
    else:
        state.read(case.sources, case.export.timezone, chosen)


def _found(name: str, table: ColumnMap, titles: list[str]) -> int:
    return st.selectbox(
        words("{label} ({how})", label=words(LABELS[name]), how=words(HOW[table.how[name]])),
        range(NOT_THERE, len(titles)),
        index=table.fields[name] + 1,
        format_func=lambda at: title_of(titles, at),
        key=f"column_{name}",
    )


def _missing(name: str, titles: list[str]) -> int:
    return st.selectbox(
        LABELS[name],
        range(NOT_THERE, len(titles)),
        format_func=lambda at: title_of(titles, at),
        key=f"column_{name}",
    )


def title_of(titles: list[str], at: int) -> str:
    """The one at a place, or that there is none."""
    return "not in this file" if at == NOT_THERE else titles[at]


def _assume() -> None:
    case = state.case()
    if case:
        st.session_state["case"] = replace(case, accepted=True)
