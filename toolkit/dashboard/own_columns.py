"""The page on which the user says what the columns of an unknown table mean, and sees at once what comes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from toolkit import inert, skeleton
from toolkit.dashboard import columns, state
from toolkit.dashboard.words import words
from toolkit.parsers import mapped, tables
from toolkit.parsers.chosen import NOTHING, Chosen, of
from toolkit.parsers.route import ColumnMap
from toolkit.problems import FAULTS, ToolkitError

UNITS = {"text": "as text, such as 2024-05-01 10:00", "seconds": "as seconds", "milliseconds": "as milliseconds"}
_SHOWN = 20
_FIRST = ("time", "transcript", "response", "audio", "device_name")
_REST = tuple(name for name in columns.LABELS if name not in _FIRST)


def show(brought: state.Unknown) -> None:
    """Draw the page."""
    st.title("Tell the columns yourself")
    st.markdown(
        "No reader knows these files. If there is a voice history in them, you can say which column is which. "
        "Every entry will be marked as read by your word, and no rule of any maker is applied to it."
    )
    state.show_failure()
    found = brought.seen.tables if brought.seen else ()
    if found:
        at = st.selectbox(
            "Table",
            range(len(found)),
            format_func=lambda at: inert.clip(inert.terminal(found[at].path), 100),
            key="own_table",
        )
        _table(brought, found[at], at)
    else:
        st.info("There is no table and no list of entries in these files.", icon=":material/info:")
    st.button("Back", key="own_back", icon=":material/arrow_back:", on_click=_back)
    if brought.seen:
        _help_us(brought.seen.skeleton)


def _table(brought: state.Unknown, table: ColumnMap, number: int) -> None:
    visible = st.toggle("Show the first rows", key="first_rows", help="They may contain what was said.")
    if visible:
        st.dataframe(columns.first_rows(table), hide_index=True, alt="The first rows of the table")
    places = _places(table, number)
    if "time" not in places:
        st.info("Choose the column of the time to begin with.", icon=":material/schedule:")
        return
    fields = {name: tables.column(table, at) for name, at in places.items()}
    try:
        chosen = of({**fields, **_how(table, number, places["time"])}) or Chosen(fields)
        tried = mapped.trial(table, chosen, brought.timezone)
    except ToolkitError as error:
        st.warning("These columns do not fit.", icon=":material/warning:")
        st.text(error.message)
        st.text(error.advice)
        return
    _outcome(tried, visible)
    with st.container(horizontal=True):
        if st.button("Read with these columns", key="own_read", type="primary", icon=":material/play_arrow:"):
            state.read(brought.sources, brought.timezone, chosen.as_dict())
        st.download_button(
            "Save these columns",
            chosen.toml(),
            "columns.toml",
            "application/toml",
            key="own_save",
            icon=":material/save:",
            on_click="ignore",
            help="A small file for the next time, also for the command line. It holds the headings, no values.",
        )


def _places(table: ColumnMap, number: int) -> dict[str, int]:
    titles = columns.headings(table)
    places = {name: _place(name, table, number, titles) for name in _FIRST}
    with st.expander("More columns", expanded=any(name in table.fields for name in _REST)):
        places |= {name: _place(name, table, number, titles) for name in _REST}
    return {name: at for name, at in places.items() if at != columns.NOT_THERE}


def _place(name: str, table: ColumnMap, number: int, titles: list[str]) -> int:
    return st.selectbox(
        columns.LABELS[name],
        range(columns.NOT_THERE, len(titles)),
        index=table.fields.get(name, columns.NOT_THERE) + 1,
        format_func=lambda at: columns.title_of(titles, at),
        key=f"own_{number}_{name}",
    )


def _how(table: ColumnMap, number: int, time: int) -> dict[str, Any]:
    """How cells are to be read, as far as it differs from what is usual; proposed from the column of the time."""
    usual = Chosen({})
    proposed = tables.unit_of([row[time] for row in table.rows]) or "text"
    unit = st.selectbox(
        "Times are written",
        list(UNITS),
        index=list(UNITS).index(proposed),
        format_func=UNITS.__getitem__,
        key=f"own_{number}_unit_{time}",
    )
    with st.expander("More on how it is written", icon=":material/tune:"):
        pattern = ""
        if unit == "text":
            pattern = st.text_input(
                "Pattern of the time, if it is not understood by itself",
                key=f"own_{number}_pattern",
                placeholder="%d/%m/%Y %H:%M:%S",
            )
        repair = st.toggle(
            "Put damaged letters right (Ã¼ becomes ü)",
            value=bool(table.chosen.get("repair_text")),
            key=f"own_{number}_repair",
        )
        nothing = st.text_area(
            "What a cell says when there is nothing in it, one in each line",
            value="\n".join(NOTHING),
            key=f"own_{number}_nothing",
            height=110,
        )
        product = st.text_input("A short name for it", value=usual.product, key=f"own_{number}_product")
    said = replace(
        usual,
        time_unit=unit,
        time_pattern=pattern.strip(),
        repair_text=repair,
        nothing=tuple(filter(None, map(str.strip, nothing.splitlines()))),
        product=product.strip().lower(),
        entries=table.chosen.get("entries", ""),
    )
    return said.as_dict()


def _outcome(tried: mapped.Trial, visible: bool) -> None:
    st.subheader("What comes of it", anchor=False)
    with st.container(horizontal=True):
        st.metric("Rows looked at", words("{n}", n=tried.rows), border=True)
        st.metric("With a time", words("{n}", n=tried.timed), border=True)
        st.metric("Without one", words("{n}", n=tried.rows - tried.timed), border=True)
    st.caption("Of the first part of the file. All of it is read when you press the button; no row is dropped.")
    for code, count in tried.faults.items():
        st.text(f"{count:,} times: {FAULTS[code][1]}")
    if visible:
        shown = tried.records.head(_SHOWN).drop("source_row", "product", "time_basis")
        kept = sorted((name for name in shown.columns if shown[name].count()), key=lambda name: name != "time")
        st.dataframe(shown.select(kept), hide_index=True, alt="The first rows as they would be understood")


def _help_us(shape: str) -> None:
    with st.expander("Help us support this maker", icon=":material/volunteer_activism:"):
        st.text(skeleton.ASK)
        st.code(shape, language=None)


def _back() -> None:
    for name in ("unknown", "failure"):
        st.session_state.pop(name, None)
