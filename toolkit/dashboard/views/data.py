"""Data and log: every file with its account, every problem with what to do, and the entries themselves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from toolkit.dashboard.download import csv
from toolkit.dashboard.state import Case
from toolkit.dashboard.views import entry, figure
from toolkit.dashboard.words import words
from toolkit.parsers.route import ColumnMap
from toolkit.redact import LEVELS, redact
from toolkit.report import report
from toolkit.schema import STATUSES
from toolkit.summary import clock

ICONS = {"error": ":material/error:", "warning": ":material/warning:", "note": ":material/info:"}
NAMES = {"error": "Not read", "warning": "May be missing or assumed", "note": "Worth knowing"}
ZONE_KNOWN = {
    "utc": "stated as UTC",
    "offset": "stated with the time",
    "zone_assumed": "assumed",
    "zone_unknown": "not known; time as written",
    "file": "from the file",
    "none": "no time",
}
REDACTED = {"share": "entries-to-share.csv", "publish": "entries-to-publish.csv"}
SHARED = {"share": "Download to share (CSV)", "publish": "Download to publish (CSV)"}
ROWS = {"clip_missing": {"has": ["clip_missing"]}}  # problems whose entries a filter leaves
_PAGE = 1_000  # entries in the table at once
_KINDS = 30  # of problems shown in full; all are in the rows

_LAST_PARTS = r"([^/]*/?[^/]*)$"  # of a path: what tells one file from another

FILES = {
    "name": st.column_config.TextColumn("File", width=260),
    "note": st.column_config.TextColumn("What it is", width=220),
    "carved": st.column_config.NumberColumn("Found"),
    "understood": st.column_config.NumberColumn("Understood"),
    "rejected": st.column_config.NumberColumn("Refused"),
    "left_out": st.column_config.NumberColumn("Left out"),
    "duplicates": st.column_config.NumberColumn("Read before"),
    "size": st.column_config.NumberColumn("Size", format="bytes"),
    "sha256": st.column_config.TextColumn("SHA-256"),
    "source": st.column_config.TextColumn("From"),
    "path": st.column_config.TextColumn("Whole path"),
}
PROBLEMS = {
    "severity": st.column_config.TextColumn("Severity"),
    "source_file": st.column_config.TextColumn("File", width="medium"),
    "source_row": st.column_config.NumberColumn("Entry"),
    "message": st.column_config.TextColumn("What was found", width="large"),
    "advice": st.column_config.TextColumn("What to do", width="large"),
    "code": st.column_config.TextColumn("Code"),
}
ENTRIES = {
    "clock": st.column_config.DatetimeColumn("Time", format="YYYY-MM-DD HH:mm:ss", pinned=True),
    "transcript": st.column_config.TextColumn("What was heard", width="large"),
    "response": st.column_config.TextColumn("What was answered", width="large"),
    "person": st.column_config.TextColumn("Person"),
    "device_name": st.column_config.TextColumn("Device"),
    "status": st.column_config.TextColumn("Status"),
    "status_text": st.column_config.TextColumn("The maker's word"),
    "trigger": st.column_config.TextColumn("Started by"),
    "language": st.column_config.TextColumn("Language"),
    "audio_files": st.column_config.TextColumn("Clips"),
    "audio_seconds": st.column_config.NumberColumn("Seconds", format="%.1f"),
    "time_basis": st.column_config.TextColumn("Time zone"),
    "source_file": st.column_config.TextColumn("File"),
    "source_row": st.column_config.NumberColumn("Entry"),
    "duplicate_of": st.column_config.TextColumn("Same as"),
    "extra": st.column_config.TextColumn("All else"),
    "record_id": st.column_config.TextColumn("Id"),
}


def show(case: Case) -> None:
    """Draw the view."""
    _entries(case)
    _take_away(case)
    _files(case.export.files, case.export.records["duplicate_of"].count())
    _columns(case.export.column_maps)
    _problems(case.export.problems)


def _files(files: pl.DataFrame, again: int) -> None:
    st.subheader("Files, and what became of what is in them", anchor=False)
    sums = files.select(pl.col("carved", "understood", "rejected", "left_out").sum()).row(0, named=True)
    st.markdown(
        words(
            "{files:file or folder|files and folders}. Of {carved:entry|entries} found in them, {understood} were "
            "understood, {rejected} refused, {left_out} left out on purpose.",
            files=files.height,
            **sums,
        )
    )
    if again:
        left = words("{n:entry|entries}", n=sums["understood"] - again)
        st.markdown(words("{again} of them {were} read twice and {count} once: the other views count {left}.",
            again=again, were=words("was") if again == 1 else words("were"),
            count=words("counts") if again == 1 else words("count"), left=left,
        ))  # fmt: skip
    table = files.with_columns(name=pl.col("path").str.extract(_LAST_PARTS))
    columns = [name for name in FILES if name != "source" or files["source"].n_unique() > 1]
    st.dataframe(table.select(columns), column_config=FILES, hide_index=True, placeholder="", alt="Every file")
    st.caption(
        "Found = understood + refused + left out. Where these are empty, the file holds no entries: a folder of clips, "
        "for example. The last column has the whole path."
    )
    st.download_button(
        "Download this list as CSV",
        lambda: csv(files),
        "files.csv",
        "text/csv",
        key="download_files",
        icon=":material/download:",
        on_click="ignore",
    )


def _columns(tables: Sequence[ColumnMap]) -> None:
    given = next((one for one in tables if one.confirmed), None)
    if given:
        st.download_button(
            "Save the columns for the next time",
            given.toml(),
            "columns.toml",
            "application/toml",
            key="download_columns",
            icon=":material/save:",
            on_click="ignore",
            help="A small file for the command line and for Python. It holds the headings, no values.",
        )


def _problems(problems: pl.DataFrame) -> None:
    st.subheader("Problems and notes", anchor=False)
    if problems.is_empty():
        st.markdown(":material/check_circle: Nothing stood out: every entry was read without doubt.")
        return
    kinds = problems.group_by("severity", "code", "message", "advice", maintain_order=True).agg(
        pl.len(), files=pl.col("source_file").n_unique()
    )
    for kind in kinds.head(_KINDS).iter_rows(named=True):
        with st.container(border=True, gap="xsmall"):
            _kind(kind)
    rows = st.expander(
        words("All {n:row|rows}, with file and entry", n=problems.height), key="problem_rows", on_change="rerun"
    )
    if rows.open:
        with rows:
            table = problems.select(list(PROBLEMS))
            st.dataframe(table, column_config=PROBLEMS, hide_index=True, placeholder="", alt="Every problem")
            st.download_button(
                "Download these rows as CSV",
                lambda: csv(problems),
                "problems.csv",
                "text/csv",
                key="download_problems",
                icon=":material/download:",
                on_click="ignore",
            )


def _kind(kind: dict[str, Any]) -> None:
    """One kind of problem, how often it was met, and what to do."""
    st.markdown(
        words(
            "{icon} **{name}** · {n:time|times} in {files:file|files}",
            icon=words(ICONS[kind["severity"]]),
            name=words(NAMES[kind["severity"]]),
            n=kind["len"],
            files=kind["files"],
        )
    )
    st.text(kind["message"])
    if kind["advice"]:
        st.text(kind["advice"])
    if kind["code"] in ROWS:
        st.button(
            "Show only these entries, above",
            key=f"rows_{kind['code']}",
            type="tertiary",
            icon=":material/table_rows:",
            on_click=figure.rows,
            kwargs=ROWS[kind["code"]],
        )


def _entries(case: Case) -> None:
    records = case.records
    st.subheader("Entries", anchor=False)
    if records.is_empty():
        st.markdown("There are none.")
        return
    _same_as(records)
    told = st.toggle(
        "Show what was said, and by whom",
        key="show_text",
        help="Until then the words and names are not even sent to this page.",
    )
    shown = records if told else records.drop(entry.PRIVATE)
    _table(_part(shown), case.export.timezone)
    st.caption(
        "Tick a row to open it: every value, the place in the file, its clips. Times are by the clock of the time zone "
        "in the sidebar; in the CSV they are in UTC."
    )
    entry.show(case, shown)
    st.download_button(
        "Download the entries shown as CSV",
        lambda: csv(shown),
        "entries.csv",
        "text/csv",
        key="download_entries",
        icon=":material/download:",
        on_click="ignore",
        help="With what was said only while it is shown above.",
    )


def _same_as(records: pl.DataFrame) -> None:
    """Reconcile the rows with the entries the other views count."""
    again = records["duplicate_of"].count()
    if again:
        st.caption(
            words(
                "{n:row|rows}. {again:row is|rows are} marked “Same as”: what was read twice counts once, so {left} "
                "in the other views.",
                n=records.height,
                again=again,
                left=words("{n:entry|entries}", n=records.height - again),
            )
        )


def _table(part: pl.DataFrame, timezone: str | None) -> None:
    # Not in the callback, which Streamlit keeps until the session ends: it could not be forgotten.
    st.session_state["entries_shown"] = part["record_id"]
    st.dataframe(
        _in_words(part, timezone),
        column_config=ENTRIES,
        hide_index=True,
        height=420,
        placeholder="",
        alt="The entries, one in each row",
        key="entries",
        selection_mode="single-row",
        on_select=_open,
    )


def _take_away(case: Case) -> None:
    st.subheader("Take it with you", anchor=False)
    st.markdown(
        "A report is one page with the figures, how they were counted, and what they cannot say. You can keep it, "
        "print it and hand it on; it loads nothing from elsewhere. It is always of everything, whatever the filter."
    )
    facts_only = st.toggle("Only what the makers say, no judgement of ours", key="report_facts")
    names = st.toggle("Name devices and files, and quote what was heard where it is listed", key="report_names")
    st.download_button(
        "Download the report",
        lambda: report(case.export, facts_only=facts_only, names=names),
        "voice-history-report.html",
        "text/html",
        key="download_report",
        icon=":material/download:",
        on_click="ignore",
    )
    st.markdown(
        "To pass the entries on, take them without words, names, places and ids. The file *to share* keeps the exact "
        "times; the one *to publish* leaves these out as well. Both hold all entries, whatever the filter."
    )
    with st.container(horizontal=True):
        for level in LEVELS:
            st.download_button(
                SHARED[level],
                partial(_shared, case.export.records, level),
                REDACTED[level],
                "text/csv",
                key=level,
                icon=":material/download:",
                on_click="ignore",
            )


def _shared(records: pl.DataFrame, level: str) -> bytes:
    return csv(redact(records, level))


def _part(shown: pl.DataFrame) -> pl.DataFrame:
    """As many entries as a browser bears at once; the user turns the pages."""
    if shown.height <= _PAGE:
        return shown
    pages = -(-shown.height // _PAGE)
    page = st.number_input(
        words("Page, of {pages}; {size} entries on each", pages=pages, size=_PAGE),
        1,
        pages,
        key="entries_page",
        width=260,
    )
    return shown.slice((page - 1) * _PAGE, _PAGE)


def _open() -> None:
    rows = st.session_state["entries"]["selection"]["rows"]
    entry.open_entry(st.session_state["entries_shown"][rows[0]] if rows else None)


def _in_words(records: pl.DataFrame, timezone: str | None) -> pl.DataFrame:
    """The entries as people read them, without columns in which nothing stands."""
    table = records.with_columns(
        pl.col("status").cast(pl.String).replace_strict(STATUSES),
        pl.col("trigger").cast(pl.String).str.replace_all("_", " "),
        pl.col("time_basis").cast(pl.String).replace_strict(ZONE_KNOWN),
        pl.col("audio_files").list.join(", "),
        clock=clock(timezone),
    )
    filled = [name for name in ENTRIES if name in table.columns and table[name].null_count() < table.height]
    return table.select(filled)
