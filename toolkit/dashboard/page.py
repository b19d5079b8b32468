"""The page from top to bottom: is it safe here, what is open, which view."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import polars as pl
import streamlit as st

from toolkit.dashboard import columns, filters, guard, judging, own_columns, state, views, welcome
from toolkit.dashboard.views import requests
from toolkit.dashboard.words import words

# Drawn here: for an icon given by name (":material/...") the browser would ask fonts.gstatic.com.
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#16828e" stroke-width="2.5" '
    'stroke-linecap="round"><path d="M3 10v4M7.5 7v10M12 3v18M16.5 7v10M21 10v4"/></svg>'
)


def main() -> None:
    """Draw the page; the script that Streamlit runs calls this."""
    case = state.case()
    ready = case is not None and (case.accepted or not case.unconfirmed)
    st.set_page_config("Voice history", ICON, layout="wide" if ready else "centered")
    guard.check()
    with st.sidebar:
        _sidebar(case)
    unknown = state.unknown()
    if case is None and unknown and unknown.seen:
        own_columns.show(unknown)
    elif case is None and st.session_state.get("no_file"):
        requests.without_file()
    elif case is None:
        welcome.show()
    elif not ready:
        columns.show(case)
    else:
        _view(case)


def _sidebar(case: state.Case | None) -> None:
    st.subheader("Voice history", anchor=False)
    if case is None:
        st.caption("Nothing is open.")
    else:
        st.caption("Open now, in the memory of this computer:")
        st.text("\n".join(case.names[:8]))
        zone = welcome.timezone()
        if zone != case.export.timezone:
            state.read(case.sources, zone, case.columns, case.accepted)
    st.button(
        "Forget everything", key="forget", icon=":material/delete_forever:", on_click=state.forget, width="stretch"
    )
    st.caption("Empties the memory of this page. Your own files stay as they are.")


def _view(case: state.Case) -> None:
    name = st.radio(
        "View",
        list(views.TITLES),
        format_func=views.TITLES.__getitem__,
        horizontal=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    if case.unconfirmed:
        st.warning(
            "Nobody has confirmed what the columns of this export mean. Every figure below rests on that assumption.",
            title="Columns assumed",
            icon=":material/table_eye:",
        )
        st.button("Check the columns", key="check_columns", on_click=_check_columns)
    _not_read(case, name or views.FIRST)
    if case.offered and case.export.records.height:
        case = _filtered(replace(case, filter=filters.choose(case.offered)), name or views.FIRST)
    views.SHOW[name or views.FIRST](case)


def _not_read(case: state.Case, view: str) -> None:
    """Say in every view what is in none of its figures."""
    if case.export.problems.filter(severity="error").is_empty() or view == "data":
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            "What could not be read is missing in every figure below.",
            title="Not all of your files could be read",
            icon=":material/warning:",
        )
        st.button("See what, and what to do", key="not_read", on_click=state.go, args=("data",))


def _filtered(case: state.Case, view: str) -> state.Case:
    """What is open, with the records the filters leave; says so if they hide any."""
    if case.filter == filters.NONE:
        return case
    records = case.export.records

    def made() -> tuple[pl.Series, pl.DataFrame]:
        kept = case.filter.mask(records, case.export.timezone, partial(judging.classes, case))
        return kept, records.filter(kept)

    judged = (judging.prior(), judging.facts_only()) if case.filter.classes else None
    kept, shown = state.once("filtered", (case.number, case.filter, judged), made)
    if shown.height == records.height:
        return case
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            words(
                ":material/filter_alt: Only **{n:entry|entries}** of {all} are shown: a filter is on.",
                n=shown.height,
                all=records.height,
            )
        )
        if view != "data":
            st.button("See these rows", key="filter_rows", on_click=state.go, args=("data",))
        st.button("Show all again", key="filter_off", on_click=filters.clear)
    return replace(case, kept=kept, shown=shown)


def _check_columns() -> None:
    case = state.case()
    if case:
        st.session_state["case"] = replace(case, accepted=False)
