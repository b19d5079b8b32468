"""Possible accidental activations: what carries a sign and why, what cannot be told, and the user's own ticks."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from toolkit.activations import LISTED, activations, ticked
from toolkit.activations.explain import KINDS as EXPLANATIONS
from toolkit.activations.explain import explanations, rates
from toolkit.activations.measure import TICKS_NEEDED, expected, precision
from toolkit.activations.tally import Count, Tally, tally
from toolkit.dashboard.state import Case
from toolkit.dashboard.views import ticking
from toolkit.dashboard.words import Words, words
from toolkit.schema import STATUSES
from toolkit.summary import clock

NAMES = {
    "provider_marked": "Marked by the maker",
    "likely": "Likely",
    "possible": "Possible",
    "no_sign": "No sign",
    "cannot_tell": "Cannot tell",
}
ABOUT = {
    "provider_marked": "The maker's own mark. In the one measurement there is, it was on 81 % of the false activations "
    "and on 8 % of the wanted ones.",
    "likely": "Judged by the words: more likely talk than a request, if 5 % of all activations are accidental.",
    "possible": "Weaker signs in the words, or the maker found no request in what was said.",
    "no_sign": "No sign in text or status; sound was not listened to.",
    "cannot_tell": "No words were kept, or there are no rules for their language.",
}
PRIORS = {0.02: "2 %", 0.05: "5 %", 0.10: "10 %", 0.15: "15 %"}
HOURS = {"any": "Any hour", "night": "22:00 to 5:59", "day": "6:00 to 21:59"}
ALL_DEVICES = "All devices"
LIST = {
    "clock": st.column_config.DatetimeColumn("Time", format="YYYY-MM-DD HH:mm", pinned=True),
    "accidental": st.column_config.TextColumn("Class"),
    "tick": st.column_config.TextColumn("You say", width=90),
    "tags": st.column_config.TextColumn("Tags", width=140),
    "transcript": st.column_config.TextColumn("What was heard", width="large"),
    "reasons": st.column_config.TextColumn("Reasons, strongest first", width="large"),
    "device_name": st.column_config.TextColumn("Device"),
    "status": st.column_config.TextColumn("What the maker says became of it", width="medium"),
    "entries": st.column_config.NumberColumn("Entries"),
    "probability": st.column_config.NumberColumn("Probability", format="%.2f"),
}
REASONS = {
    "says": st.column_config.TextColumn("Reason", width="large"),
    "weight": st.column_config.NumberColumn("Weight", format="%+.2f"),
    "source": st.column_config.TextColumn("Source", width="large"),
}


def show(case: Case) -> None:
    """Draw the view."""
    facts_only, prior = _settings()
    events = _judged(case, prior, facts_only)
    counts = tally(events)
    if not counts.total.entries:
        st.markdown("There are no entries, so there is nothing to judge.")
        return
    st.header(words("{sentence}", sentence=_sentence(counts, facts_only)), anchor=False)
    _notes(counts)
    _figures(counts, facts_only)
    by = ticking.giver()
    mine = ticking.case()
    events = ticked(events, mine.verdicts(by))
    _list(events, case.export.timezone, facts_only, by)
    if not facts_only:
        _measured(precision(events))
        _explanations(events, case.export.timezone)
        _expected(events, prior)
    ticking.file_panel()
    _limits()


def _settings() -> tuple[bool, float]:
    facts_only = st.toggle(
        "Facts only",
        key="facts_only",
        help="Shows what the makers say, and no judgement of this program at all.",
    )
    prior = st.session_state.get("prior") or 0.05
    return facts_only, prior


def _judged(case: Case, prior: float, facts_only: bool) -> pl.DataFrame:
    """The activations without ticks, judged anew only if something it depends on has changed."""
    key = (id(case.export), prior, facts_only)
    kept = st.session_state.get("judged")
    if kept is None or kept[0] != key:
        kept = (key, activations(case.export.records, prior, facts_only=facts_only))
        st.session_state["judged"] = kept
    events: pl.DataFrame = kept[1]
    return events


def _sentence(counts: Tally, facts_only: bool) -> Words:
    classes = {name: count.activations for name, count in counts.classes.items()}
    signs = classes["likely"] + classes["possible"]
    marked = words(
        "{n:activation was|activations were} marked by the maker itself as not meant for the assistant",
        n=classes["provider_marked"],
    )
    if facts_only:
        return words("{m}.", m=marked) if counts.marking else words("Here the makers mark no accidental activations.")
    told = words("{n:activation carries|activations carry} signs in text or status", n=signs)
    if counts.marking:
        told = words("{m}; {n} more {verb} signs in text or status", m=marked, n=signs, verb=_verb(signs))
    return words("{told}; for {n} nothing can be told.", told=told, n=classes["cannot_tell"])


def _verb(count: int) -> Words:
    return words("carries") if count == 1 else words("carry")


def _notes(counts: Tally) -> None:
    for sentence in counts.silent:
        st.text(sentence)
    st.caption(
        words(
            "Of {voice:activation|activations} by voice, kept as {entries:entry|entries}. One activation is one time "
            "the assistant was woken; a maker may keep it as several entries. Counted apart: "
            "{dup:activation|activations} that another device answered, {other:activation|activations} without voice "
            "(routines, taps, typed, the assistant's own).",
            voice=counts.voice.activations,
            entries=counts.voice.entries,
            dup=counts.duplicates.activations,
            other=counts.not_voice.activations,
        )
    )


def _figures(counts: Tally, facts_only: bool) -> None:
    with st.container(horizontal=True):
        for name, count in counts.classes.items():
            if name == "provider_marked" and not counts.marking:
                st.metric(NAMES[name], "not marked here", help=ABOUT[name], border=True)
            elif name == "provider_marked" or not facts_only:
                _figure(name, count)


def _figure(name: str, count: Count) -> None:
    st.metric(
        NAMES[name],
        words("{n}", n=count.activations),
        words("{n:entry|entries}", n=count.entries),
        delta_color="off",
        delta_arrow="off",
        help=ABOUT[name],
        border=True,
    )


def _list(events: pl.DataFrame, timezone: str | None, facts_only: bool, by: str) -> None:
    st.subheader("The list", anchor=False)
    rows = _filtered(events.filter(kind="voice"), timezone, facts_only)
    if rows.is_empty():
        st.markdown("Nothing is listed.")
        return
    told = st.toggle(
        "Show what was heard",
        key="show_heard",
        help="Until then the words are not even sent to this page.",
    )
    table = _in_words(rows if told else rows.drop("transcript"), timezone, ticking.tags(by))
    chosen = st.dataframe(
        table,
        column_config=LIST,
        hide_index=True,
        height=min(420, 38 + 35 * table.height),
        on_select="rerun",
        selection_mode="multi-row",
        key="listed",
        placeholder="",
        alt="Activations, one in each row, with the reasons",
    )
    picked = [row for row in chosen["selection"]["rows"] if row < rows.height]
    ticking.buttons(rows["activation_id"][picked].to_list() if picked else [], by)
    if len(picked) == 1 and not facts_only:
        _reasons(rows.row(picked[0], named=True))


def _filtered(events: pl.DataFrame, timezone: str | None, facts_only: bool) -> pl.DataFrame:
    with st.container(horizontal=True):
        shown = ["provider_marked"]
        if not facts_only:
            shown = st.segmented_control(
                "Classes",
                NAMES,
                selection_mode="multi",
                default=LISTED,
                format_func=NAMES.__getitem__,
                key="classes",
            )
        names = [ALL_DEVICES, *events["device_name"].drop_nulls().unique().sort()]
        device = st.selectbox("Device", names, key="listed_device") if len(names) > 2 else ALL_DEVICES
        hours = st.selectbox("Hours", HOURS, format_func=HOURS.__getitem__, key="hours")
    rows = events.filter(pl.col("accidental").is_in(shown))
    if device != ALL_DEVICES:
        rows = rows.filter(device_name=device)
    if hours != "any":
        night = ~clock(timezone).dt.hour().is_between(6, 21)
        rows = rows.filter(night if hours == "night" else ~night)
    return rows.sort("accidental", pl.col("probability").fill_null(0), "time", descending=[False, True, False])


def _in_words(events: pl.DataFrame, timezone: str | None, tags: dict[str, str]) -> pl.DataFrame:
    says = pl.col("reasons").list.eval(pl.element().struct["says"]).list.join(" · ")
    table = events.with_columns(
        pl.col("accidental").cast(pl.String).replace_strict(NAMES),
        pl.col("status").cast(pl.String).replace_strict(STATUSES),
        pl.col("tick").cast(pl.String),
        clock=clock(timezone),
        reasons=says,
        entries=pl.col("record_ids").list.len(),
        tags=pl.col("activation_id").replace_strict(tags, default=None, return_dtype=pl.String)
        if tags
        else pl.lit(None, pl.String),
    )
    return table.select([name for name in LIST if name in table.columns and table[name].null_count() < table.height])


def _reasons(row: dict[str, Any]) -> None:
    """The one activation that is chosen: every reason with its weight and its source."""
    schema = {"says": pl.String, "weight": pl.Float64, "source": pl.String}
    table = pl.DataFrame(row["reasons"], schema_overrides=schema).select(list(schema)) if row["reasons"] else None
    if table is None:
        st.markdown("There is no reason for or against it.")
        return
    st.dataframe(table, column_config=REASONS, hide_index=True, placeholder="", alt="Reasons of the chosen activation")
    st.caption(
        "A weight above 0 speaks for an accident, below 0 against it; 2.3 makes it ten times as likely. Without a "
        "weight: not measured."
    )


def _measured(table: pl.DataFrame | None) -> None:
    if table is None:
        return
    st.subheader("Measured by your ticks", anchor=False)
    st.dataframe(
        table.with_columns(pl.col("accidental").cast(pl.String).replace_strict(NAMES)),
        column_config=MEASURED,
        hide_index=True,
        placeholder="",
        alt="How many ticked activations of each class were accidental",
    )
    st.caption(
        words(
            "From {n} ticks on. Low and high bound the share with 95 % confidence, if what was ticked was not picked "
            "for standing out. The rules stay as they are.",
            n=TICKS_NEEDED,
        )
    )


MEASURED = {
    "accidental": st.column_config.TextColumn("Class"),
    "ticked": st.column_config.NumberColumn("Ticked"),
    "right": st.column_config.NumberColumn("Of these accidental"),
    "share": st.column_config.NumberColumn("Share", format="percent"),
    "low": st.column_config.NumberColumn("Low", format="percent"),
    "high": st.column_config.NumberColumn("High", format="percent"),
}


def _explanations(events: pl.DataFrame, timezone: str | None) -> None:
    with st.expander("What may explain some of them", icon=":material/lightbulb:"):
        st.markdown(
            "None of this is part of the judgement. A phrase like a wake word, or a recurring hour, is about as common "
            "in wanted requests; that there is none proves nothing either."
        )
        found = explanations(events, timezone)
        if found.height:
            counts = found.group_by("what", "detail", "source").agg(n=pl.len()).sort("n", descending=True)
            shown = counts.with_columns(pl.col("what").replace_strict(EXPLANATIONS))
            st.dataframe(shown, column_config=EXPLAINED, hide_index=True, placeholder="", alt="Possible explanations")
        st.markdown("How often television woke devices, in 132.55 hours of series in the USA (2020):")
        st.dataframe(rates(), column_config=RATES, hide_index=True, placeholder="", alt="Rates by wake word and device")
        st.caption(
            "Recounted from the event lists of Dubois et al. (PETS 2020). Their paper states 0.95 an hour over all "
            "devices; that figure could not be reproduced from the lists."
        )


EXPLAINED = {
    "what": st.column_config.TextColumn("The activation", width="large"),
    "detail": st.column_config.TextColumn("Phrase"),
    "n": st.column_config.NumberColumn("Activations"),
    "source": st.column_config.TextColumn("Source", width="medium"),
}
RATES = {
    "wake_word": st.column_config.TextColumn("Wake word"),
    "device": st.column_config.TextColumn("Device"),
    "per_tv_hour": st.column_config.NumberColumn("An hour of television", format="%.3f"),
}


def _expected(events: pl.DataFrame, prior: float) -> None:
    with st.expander("If you assume how many are accidental", icon=":material/calculate:"):
        st.markdown(
            "Nobody knows which share of activations is accidental; estimates run from 2 to 15 %. The figures below "
            "are mostly that assumption, not a finding. They count in no other figure of this page."
        )
        st.segmented_control(
            "Assumed for the classes above",
            PRIORS,
            format_func=PRIORS.__getitem__,
            default=0.05,
            required=True,
            key="prior",
        )
        table = expected(events, prior).with_columns(pl.col("expected").round(0))
        st.dataframe(table, column_config=EXPECTED, hide_index=True, placeholder="", alt="Expected accidents by prior")


EXPECTED = {
    "prior": st.column_config.NumberColumn("Assumed share", format="percent"),
    "scored": st.column_config.NumberColumn("Activations that can be scored"),
    "expected": st.column_config.NumberColumn("Expected accidental", format="%.0f"),
    "listed": st.column_config.NumberColumn("Listed above"),
}


def _limits() -> None:
    with st.expander("How this is judged, and what it cannot know", icon=":material/help:"):
        st.markdown(
            "- Words and status are judged, never sound, and never who spoke. *Likely* is a judgement, no proof.\n"
            "- Words are weighed by rules you can read, one line each; choose a row to see its own. English rules are "
            "fitted and tested on sources they had not seen; the rules for German, French, Spanish, Italian and Dutch "
            "are experimental and never say *likely* at 5 %. Other languages get no judgement of words.\n"
            "- Real recognition makes errors, and the tests had none. Amazon's own text-only filter was wrong in 20 % "
            "of cases (2018); expect mistakes both ways, most with children, singing, and people who speak to their "
            "assistant as to a person.\n"
            "- A wake word followed by a request is one activation and never counted as an accident, and neither is a "
            "request that another device answered.\n"
            "- An activation that was stopped on the device never reaches the maker's history, and so is not here."
        )
