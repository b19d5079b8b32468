"""Overview: how much there is, from when, what carries a sign, what is not known; each figure opens its rows."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from toolkit import charts
from toolkit.activations.tally import marks
from toolkit.dashboard import filters, judging, state
from toolkit.dashboard.state import Case
from toolkit.dashboard.views import figure, finding
from toolkit.dashboard.words import words
from toolkit.summary import (
    Headline,
    by_day,
    by_device,
    by_length,
    by_month,
    by_status,
    by_weekday_hour,
    devices,
    headline,
    span,
)

_TOLD = 5  # reasons shown where there is nothing else to show


@dataclass(frozen=True, slots=True)
class _Counts:
    """Everything the view shows of what the filters leave."""

    head: Headline
    span: tuple[date, date] | None
    gaps: dict[str, int]
    months: pl.DataFrame
    days: pl.DataFrame
    week: pl.DataFrame
    devices: pl.DataFrame
    statuses: pl.DataFrame
    lengths: pl.DataFrame
    vendors: frozenset[str]
    marking: bool
    silent: tuple[str, ...]


def show(case: Case) -> None:
    """Draw the view."""
    if case.export.records.is_empty():
        _nothing(case.export.problems)
        return
    if case.records.is_empty():
        st.info("The filter leaves no entry.", icon=":material/filter_alt:")
        return
    found = state.once("overview", (case.number, case.filter), lambda: _counted(case.records, case.export.timezone))
    known = finding.known(case, found.head.entries, found.span)
    # Judging takes longest: the browser draws all else meanwhile, and leaves room for the figures to come.
    sentence = st.empty()
    ready = judging.counted(case)
    judged = finding.judged(judging.counts(case)) if ready else finding.awaited(found.marking, found.head.entries)
    sentence.header(words("{known}; {judged}.", known=known, judged=judged), anchor=False)
    for line in found.silent:
        st.text(line)
    _not_known(found.gaps)
    _ways()
    _figures(found.head)
    _pictures(case, found)
    if not ready:
        judged = finding.judged(judging.counts(case))
        sentence.header(words("{known}; {judged}.", known=known, judged=judged), anchor=False)


def _nothing(problems: pl.DataFrame) -> None:
    """Why there is nothing to count, as it was told of the files."""
    st.header("There are no voice entries in these files", anchor=False)
    told = problems.unique(["message", "advice"], keep="first", maintain_order=True).head(_TOLD)
    for message, advice in told.select("message", "advice").iter_rows():
        with st.container(border=True, gap="xsmall"):
            st.text(message)
            if advice:
                st.text(advice)
    st.caption("The view Data and log shows what was in each file, and all problems.")


def _counted(records: pl.DataFrame, zone: str | None) -> _Counts:
    head, statuses = headline(records), by_status(records)
    gaps = {
        "status": int(statuses.filter(pl.col("status") == "unknown")["entries"].sum()),
        "no_words": head.entries - head.with_text,
        "no_time": head.undated,
        "no_zone": head.zone_unknown,
        "clip_missing": head.clips_named - head.clips_found,
    }
    return _Counts(
        head,
        span(records, zone),
        gaps,
        by_month(records, zone),
        by_day(records, zone),
        by_weekday_hour(records, zone),
        by_device(records),
        statuses,
        by_length(records),
        frozenset(records["vendor"].unique()),
        *marks(records["format"]),
    )


def _not_known(gaps: dict[str, int]) -> None:
    """What the figures cannot say; each gap opens its rows."""
    every = {
        "status": words("what became of {n:entry|entries}", n=gaps["status"]),
        "no_words": words("the words of {n:entry|entries}", n=gaps["no_words"]),
        "no_time": words("the time of {n:entry|entries}", n=gaps["no_time"]),
        "no_zone": words("the time zone of {n:entry|entries}", n=gaps["no_zone"]),
        "clip_missing": words("where {n:clip is|clips are}", n=gaps["clip_missing"]),
    }
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="gaps"):
        st.caption("Not known:", width="content")
        for name, gap in every.items():
            if gaps[name]:
                st.button(
                    words("{gap}", gap=gap),
                    key=f"gap_{name}",
                    type="tertiary",
                    icon=":material/table_rows:",
                    on_click=figure.rows,
                    kwargs={"statuses": ["unknown"]} if name == "status" else {"has": [name]},
                )
        also = words("and whether") if any(gaps.values()) else words("whether")
        st.caption(words("{also} the maker kept more than it sent.", also=also), width="content")


def _ways() -> None:
    """From the sentences to the other views."""
    with st.container(horizontal=True, key="ways"):
        for view in WAYS:
            st.button(WAYS[view], key=f"go_{view}", on_click=state.go, args=(view,), icon=":material/arrow_forward:")


WAYS = {
    "accidental": "Which carry signs, and why",
    "retention": "How long they were kept",
    "requests": "Have them deleted",
    "data": "See every row",
}


def _figures(head: Headline) -> None:
    with st.container(horizontal=True):
        figure.card(words("Entries"), words("{n}", n=head.entries), "all", True)
        figure.card(words("With text"), words("{n}", n=head.with_text), "words", head.with_text > 0, has=["words"])
        told = words("{n}", n=head.devices) if head.devices else words("not stated")
        figure.card(words("Devices"), told, "devices", head.devices > 0, has=["device"])
        if head.clips_named:
            _clips(head)
        else:
            figure.card(words("Clips"), words("none named"), "clips")
    st.caption(
        "An entry is one line of the maker's list: something said, heard or done. An activation is one time the "
        "assistant was woken; a maker may keep it as several entries. A clip is a sound file. Most entries have none, "
        "and not every clip is in every download."
    )
    if head.clips_close:
        st.caption(
            words(
                "{n:clip begins|clips begin} 1.5 seconds or less after another: perhaps the same words, heard by two "
                "devices. They are counted as clips, not as one.",
                n=head.clips_close,
            )
        )
    if head.duplicates:
        st.button(
            words("{n:entry was|entries were} read twice and counted once.", n=head.duplicates),
            key="rows_twice",
            type="tertiary",
            icon=":material/table_rows:",
            on_click=figure.rows,
            kwargs={"has": ["twice"]},
        )


def _clips(head: Headline) -> None:
    named, found = words("{n}", n=head.clips_named), words("{n}", n=head.clips_found)
    figure.card(words("Clips named"), named, "named", head.clips_named > 0, has=["clip"])
    figure.card(words("Clips in your files"), found, "found", head.clips_found > 0, has=["clip_found"])
    minutes = words("under 0.1") if head.minutes < 0.1 else words("{n:.1f}", n=head.minutes)
    minutes = minutes if head.clips_found else words("not known")
    figure.card(words("Minutes of clips"), minutes, "minutes", head.minutes > 0, has=["sound"])


def _pictures(case: Case, found: _Counts) -> None:
    st.caption("Choose a bar or a square to see only what it stands for; the filter above does the same.")
    _card_months(found.months)
    _card_days(found.days)
    _card_week(found.week, case.export.timezone is not None)
    left, right = st.columns(2, gap="small")
    with left:
        _card_devices(found, case)
        if found.lengths["entries"].sum():
            _card_lengths(found.lengths)
    with right:
        _card_statuses(found.statuses)


def _draw(name: str, picture: charts.Picture, choose: Callable[[dict[str, Any]], None]) -> None:
    """A picture; what is chosen in it becomes a filter.

    Streamlit keeps callbacks until the session ends, so *choose* may hold figures but no table: it could not be
    forgotten.
    """
    # What was chosen is a filter now, and no longer a choice in the picture: a new round has another key.
    key = f"{name}_{st.session_state.get('pictures', 0)}"

    def picked() -> None:
        marks = st.session_state[key]["selection"].get(charts.PICKED)
        if marks:
            st.session_state["pictures"] = st.session_state.get("pictures", 0) + 1
            choose(marks[0])

    st.altair_chart(picture.chart, key=key, on_select=picked, alt=picture.alt)


def _card_months(counts: pl.DataFrame) -> None:
    def choose(mark: dict[str, Any]) -> None:
        first = date.fromisoformat(mark["month"])
        filters.set_to(first=first, last=first.replace(day=monthrange(first.year, first.month)[1]))

    with st.container(border=True, key="months"):
        st.subheader("By month", anchor=False)
        if counts.is_empty():
            st.caption("No entry has a readable time.")
            return
        if counts.height == 1:
            st.caption("All of them are of one month; its days are below.")
            return
        _draw("months", charts.months(counts), choose)


def _card_days(counts: pl.DataFrame) -> None:
    def choose(mark: dict[str, Any]) -> None:
        day = date.fromisoformat(mark["day"])
        filters.set_to(first=day, last=day)

    if counts.is_empty():
        return
    with st.container(border=True, key="days"):
        st.subheader("By day", anchor=False)
        _draw("days", charts.calendar(counts), choose)
        st.caption("A column is a week, from Monday above to Sunday below. The stronger the colour, the more entries.")
        if counts["day"].dt.year().n_unique() > charts.YEARS:
            st.caption(words("The latest {n} years; earlier days are in the rows.", n=charts.YEARS))


def _card_week(counts: pl.DataFrame, zoned: bool) -> None:
    with st.container(border=True, key="week"):
        st.subheader("By weekday and hour", anchor=False)
        _draw("week", charts.week(counts), lambda mark: filters.set_to(weekday=mark["weekday"], hour=mark["hour"]))
        if zoned:
            st.caption("The stronger the colour, the more entries. Hours by the clock of the time zone in the sidebar.")
        else:
            st.caption("The stronger the colour, the more entries. Hours in UTC; the sidebar offers other time zones.")


def _card_devices(found: _Counts, case: Case) -> None:
    counts = found.devices
    known = state.once("devices", case.number, lambda: devices(case.export.records))
    numbers = [known.filter(device=label)["number"].unique().to_list() for label in counts["device"].head(charts.BARS)]

    def choose(mark: dict[str, Any]) -> None:
        if mark["row"] >= 0:
            filters.set_to(devices=numbers[mark["row"]])

    with st.container(border=True, key="devices"):
        st.subheader("By device", anchor=False)
        if not counts["stated"].any():
            if found.vendors == {"google"}:
                st.caption("Google does not state the device: no export of it says where an entry came from.")
            else:
                st.caption("The file does not say which device an entry came from.")
            return
        _draw("device_bars", charts.ranked(counts, "device", "device"), choose)


def _card_statuses(counts: pl.DataFrame) -> None:
    statuses = counts["status"].to_list()
    with st.container(border=True, key="statuses"):
        st.subheader("What became of them", anchor=False)
        _draw(
            "status_bars",
            charts.ranked(counts, "meaning", "what became of them"),
            lambda mark: filters.set_to(statuses=[statuses[mark["row"]]]),
        )


def _card_lengths(counts: pl.DataFrame) -> None:
    with st.container(border=True, key="lengths"):
        st.subheader("By length of the clip", anchor=False)
        _draw(
            "length_bars",
            charts.lengths(counts),
            lambda mark: filters.set_to(shortest=mark["from"], longest=mark["to"]),
        )
        st.caption("Only entries whose clip is in your files and states its length. Several clips of one are summed.")
