"""One entry, opened: every value the file gives for it, where it stands in the file, and its clips to listen to."""

from __future__ import annotations

import polars as pl
import streamlit as st

from toolkit import inert
from toolkit.dashboard.state import Case
from toolkit.dashboard.words import words
from toolkit.problems import ToolkitError
from toolkit.schema import COLUMNS, STATUSES
from toolkit.summary import clock

# Taken away before anything is drawn, not merely hidden: what is hidden still travels to the browser.
PRIVATE = ("transcript", "response", "person", "extra")
_MEANINGS = {column.name: column.meaning for column in COLUMNS}
_OPEN = "entry_open"  # the key under which the session keeps the id; an id stays right whatever the filters do
_LONGEST = 5_000  # characters of one value
_FIRST = ("time", "device_name", "transcript", "response", "status", "status_text", "source_file", "source_row")
_TALLEST = 780  # pixels; most entries have no more fields
FIELDS = {
    "field": st.column_config.TextColumn("Field", width=110),
    "value": st.column_config.TextColumn("Value", width="large"),
    "meaning": st.column_config.TextColumn("What it is", width=330),
}


def show(case: Case, listed: pl.DataFrame) -> None:
    """Draw the entry that was opened, if any, with the way to its neighbours.

    Args:
        case: What is open.
        listed: The entries on the page, in their order; private columns only if they may be seen.
    """
    at = listed["record_id"].index_of(opened())
    if at is None:
        return
    with st.container(border=True, key="entry"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(words("**Entry {n} of {all}**", n=at + 1, all=listed.height))
            before, after = _neighbour(listed, at - 1), _neighbour(listed, at + 1)
            st.button("Previous", key="entry_before", on_click=open_entry, args=(before,), disabled=before is None)
            st.button("Next", key="entry_after", on_click=open_entry, args=(after,), disabled=after is None)
            st.button("Close", key="entry_close", on_click=open_entry)
        row = listed.row(at, named=True)
        st.text(_in_short(listed[[at]], case.export.timezone))
        _clips(case, row["record_id"], row["audio_files"])
        fields = _fields(row)
        st.dataframe(
            fields,
            column_config=FIELDS,
            hide_index=True,
            height=min(38 + 35 * fields.height, _TALLEST),
            alt="Everything the file says of this entry",
        )


def opened() -> str | None:
    """The id of the entry that is open."""
    found: str | None = st.session_state.get(_OPEN)
    return found


def open_entry(record_id: str | None = None) -> None:
    """Have an entry drawn from now on; None closes it."""
    st.session_state[_OPEN] = record_id


def _neighbour(listed: pl.DataFrame, at: int) -> str | None:
    return listed["record_id"][at] if 0 <= at < listed.height else None


def _in_short(row: pl.DataFrame, timezone: str | None) -> str:
    """When, where, what became of it, and its place in the file; in lines."""
    when = row.select(clock(timezone).dt.strftime("%Y-%m-%d %H:%M:%S")).item() or "no readable time"
    one = row.row(0, named=True)
    parts = [when, one["device_name"], STATUSES[one["status"]]]
    place = f"{one['source_file']}, entry {one['source_row']}"
    return inert.clip("\n".join([" · ".join(filter(None, parts)), place]), _LONGEST)


def _fields(row: dict[str, object]) -> pl.DataFrame:
    ordered = {name: row[name] for name in (*_FIRST, *row) if name in row}
    filled = [(name, value) for name, value in ordered.items() if value not in (None, [], "")]
    rows = [(name, inert.clip(_text(value), _LONGEST), _MEANINGS[name]) for name, value in filled]
    return pl.DataFrame(rows, schema=["field", "value", "meaning"], orient="row")


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _clips(case: Case, record_id: str, names: list[str]) -> None:
    """A button for each clip; nothing is read, and nothing plays, before it is asked for."""
    for number, name in enumerate(names[:10], 1):
        if not st.toggle(words("Get clip {n} to listen to", n=number), key=f"clip_{number}_{record_id}"):
            continue
        try:
            sound = case.export.clip(name)
        except ToolkitError as error:
            st.text(f"{error.message} {error.advice}")
        else:
            st.audio(sound, format=_kind(name, sound))


def _kind(name: str, sound: bytes) -> str:
    """What to tell the player; Microsoft calls its WAVs mp4."""
    if sound.startswith(b"RIFF"):
        return "audio/wav"
    suffix = name.rpartition(".")[2].lower()
    return {"mp3": "audio/mpeg", "ogg": "audio/ogg", "m4a": "audio/mp4", "mp4": "audio/mp4"}.get(suffix, "audio/wav")
