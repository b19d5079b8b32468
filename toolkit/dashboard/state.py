"""What the page remembers: one export at a time, in this session's memory and nowhere else."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

import toolkit
from toolkit import inert, worker
from toolkit.dashboard import filters
from toolkit.load import Export
from toolkit.parsers.route import ColumnMap
from toolkit.problems import NotAnExport, ToolkitError
from toolkit.reading import title_of
from toolkit.recognise import YOUR_OWN_COLUMNS

SAMPLE, PRIVACY_PAGE = "amazon-alexa-csv", "amazon-alexa-privacy-page"
GOOGLE, CHATGPT = "google-takeout-json-en", "chatgpt-voice"
_KEPT = 3  # answers of a kind: the first, which is that with all filters off, and the last two
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Case:
    """What is open.

    Attributes:
        export: As it was read.
        sources: Where it was read from, to read it again with other columns or another time zone.
        columns: The columns the user confirmed.
        accepted: Whether the user goes on with columns that are only assumed.
        offered: What the filters offer.
        number: Of this reading within the session: what was made of an older one no longer counts.
        filter: What is chosen; decides together with *number* whether something must be counted anew.
        kept: Whether the filters leave each record; None if they leave all.
        shown: The records that the filters leave; None for all.
    """

    export: Export
    sources: tuple[worker.Given, ...]
    columns: Mapping[str, Any] | None = None
    accepted: bool = False
    offered: filters.Options | None = None
    number: int = 0
    filter: filters.Filter = filters.NONE
    kept: pl.Series | None = None
    shown: pl.DataFrame | None = None

    @property
    def records(self) -> pl.DataFrame:
        """What the views are to show."""
        return self.export.records if self.shown is None else self.shown

    @property
    def unconfirmed(self) -> list[ColumnMap]:
        """Tables whose columns nobody has confirmed."""
        return [one for one in self.export.column_maps if not one.confirmed]

    @property
    def names(self) -> list[str]:
        """What the sources are called, each in one harmless line."""
        titles = (source[0] if isinstance(source, tuple) else title_of(source, 1) for source in self.sources)
        return [inert.clip(inert.terminal(title), 60) for title in titles]


@dataclass(frozen=True, slots=True)
class Unknown:
    """What was brought but no reader knows.

    Attributes:
        sources: Where it lies.
        timezone: The zone that was chosen.
        seen: What was found in it; None before somebody asked.
    """

    sources: tuple[worker.Given, ...]
    timezone: str | None
    seen: worker.Glance | None = None


def unknown() -> Unknown | None:
    """What was brought last, if no reader knew it."""
    found: Unknown | None = st.session_state.get("unknown")
    return found


def look() -> None:
    """See what tables are in what no reader knows."""
    brought = unknown()
    if brought:
        st.session_state.pop("failure", None)
        try:
            st.session_state["unknown"] = replace(brought, seen=worker.glance(*brought.sources))
        except ToolkitError as error:
            st.session_state["failure"] = error


def case() -> Case | None:
    """What is open, if anything."""
    found: Case | None = st.session_state.get("case")
    return found


def read(
    sources: Sequence[worker.Given],
    timezone: str | None,
    columns: Mapping[str, Any] | None = None,
    accepted: bool = False,
) -> None:
    """Read *sources* in a process of their own, show how it goes, and start the page again with what came of it."""
    st.session_state.pop("failure", None)
    with st.status("Reading your files, on this computer", expanded=True):
        try:
            export = worker.load(*sources, timezone=timezone, columns=columns, progress=_progress())
        except ToolkitError as error:
            st.session_state["failure"] = error
            st.session_state.pop("case", None)
            if isinstance(error, NotAnExport) and not columns:
                st.session_state["unknown"] = Unknown(tuple(sources), timezone)
        else:
            st.session_state.pop("unknown", None)
            filters.clear()
            offered = filters.options(export.records, timezone)
            number = st.session_state["reading"] = st.session_state.get("reading", 0) + 1
            st.session_state.pop("once", None)
            st.session_state["case"] = Case(export, tuple(sources), columns, accepted, offered, number)
    st.rerun()


def go(view: str) -> None:
    """Have another view drawn from now on."""
    st.session_state["view"] = view


def once(name: str, key: Hashable, make: Callable[[], _Made]) -> _Made:
    """What *make* gives for *key*; made anew only if it was not asked for lately, and forgotten with all else."""
    kept: dict[str, dict[Hashable, _Made]] = st.session_state.setdefault("once", {})
    answers = kept.setdefault(name, {})
    if key not in answers:
        answers[key] = make()
        if len(answers) > _KEPT:
            del answers[list(answers)[1]]
    return answers[key]


def has(name: str, key: Hashable) -> bool:
    """Whether `once` need not make it anew."""
    return key in st.session_state.get("once", {}).get(name, {})


@dataclass(frozen=True, slots=True)
class Older:
    """An earlier export, to compare with what is open; and where it was read from."""

    export: Export
    sources: tuple[worker.Given, ...]


def older() -> Older | None:
    """The earlier export, if one was opened."""
    found: Older | None = st.session_state.get("older")
    return found


def read_older(sources: Sequence[worker.Given], opened: Case) -> None:
    """Read an earlier export as the open one was read, and start the page again with both."""
    st.session_state.pop("older_failure", None)
    with st.status("Reading your older files, on this computer", expanded=True):
        try:
            export = worker.load(
                *sources, timezone=opened.export.timezone, columns=opened.columns, progress=_progress()
            )
        except ToolkitError as error:
            st.session_state["older_failure"] = error
            st.session_state.pop("older", None)
        else:
            st.session_state["older"] = Older(export, tuple(sources))
    st.rerun()


def _progress() -> Callable[[str, int], None]:
    line = st.empty()

    def show(path: str, count: int) -> None:
        line.text(f"{inert.clip(inert.terminal(path), 80)}\n{count:,} entries")

    return show


def failed(key: str = "failure") -> ToolkitError | None:
    """Why the last attempt to read something failed, if it did."""
    error: ToolkitError | None = st.session_state.get(key)
    return error


def show_failure(key: str = "failure") -> None:
    """Say what could not be read, and what to do, if the last attempt failed."""
    error = failed(key)
    if error is None:
        return
    st.error("Nothing was opened, and nothing was changed.", title="This could not be read", icon=":material/error:")
    st.text(error.message)
    st.text(error.advice.removesuffix(YOUR_OWN_COLUMNS).rstrip())  # here there is a button for that


def preset() -> list[worker.Given]:
    """What the page was told to open when it was started; once for each session."""
    if st.session_state.get("started"):
        return []
    st.session_state["started"] = True
    if os.environ.get("VOICE_HISTORY_SAMPLE") == "1":
        return [sample(SAMPLE)]
    paths: list[worker.Given] = json.loads(os.environ.get("VOICE_HISTORY_PATHS", "[]"))
    return paths


def no_trace() -> bool:
    """Whether the launcher put temporary files into memory."""
    return os.environ.get("VOICE_HISTORY_NO_TRACE") == "1"


def sample(name: str) -> Path:
    """Where an invented export lies: inside the installed package, or beside it in the repository."""
    package = Path(toolkit.__file__).parent
    packed = package / "sample_exports" / name
    return packed if packed.is_dir() else package.parent / "sample_exports" / name


def forget() -> None:
    """Drop everything that was read, uploaded, chosen or cached."""
    rounds = st.session_state.get("round", 0) + 1
    confirmed = st.session_state.get("remote_confirmed", False)
    st.session_state.clear()
    # A new round gives the file uploader a new key, so that it comes back empty; `started` keeps away what the page
    # was told to begin with.
    st.session_state.update(round=rounds, started=True, remote_confirmed=confirmed)
    st.cache_data.clear()
    st.cache_resource.clear()
    context = get_script_run_ctx()
    if context:  # Streamlit itself keeps uploads until the tab is closed
        context.uploaded_file_mgr.remove_session_files(context.session_id)
    gc.collect()
