"""Beside the list of accidental activations: measured precision, explanations, what a share would mean, limits."""

from __future__ import annotations

import polars as pl
import streamlit as st

from toolkit.activations.explain import KINDS as EXPLANATIONS
from toolkit.activations.explain import explanations, rates
from toolkit.activations.measure import TICKS_NEEDED, expected
from toolkit.dashboard.words import words

NAMES = {
    "provider_marked": "Maker's mark",
    "likely": "Likely",
    "possible": "Possible",
    "no_sign": "No sign",
    "cannot_tell": "Cannot tell",
}
PRIORS = {0.02: "2 %", 0.05: "5 %", 0.10: "10 %", 0.15: "15 %"}


def measured(table: pl.DataFrame | None) -> None:
    """How right the ticked activations were, class by class."""
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


def explanations_panel(events: pl.DataFrame, timezone: str | None) -> None:
    """What may explain some, folded away."""
    folded = st.expander(
        "What may explain some of them", icon=":material/lightbulb:", key="explained", on_change="rerun"
    )
    if not folded.open:  # what nobody looks at is not counted: of a million entries it takes a while
        return
    with folded:
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


def expected_panel(events: pl.DataFrame, prior: float) -> None:
    """What an assumed share would mean, folded away."""
    folded = st.expander(
        "If you assume how many are accidental", icon=":material/calculate:", key="assumed", on_change="rerun"
    )
    if not folded.open:
        return
    with folded:
        st.markdown(
            "Nobody knows which share of activations is accidental; estimates run from 2 to 15 %. The figures below "
            "are mostly that assumption, not a finding. They count in no other figure of this page."
        )
        st.radio(
            "Assumed for the classes above",
            list(PRIORS),
            format_func=PRIORS.__getitem__,
            index=1,
            horizontal=True,
            key="prior",
            persist_state="session",
        )
        table = expected(events, prior).with_columns(pl.col("expected").round(0))
        st.dataframe(table, column_config=EXPECTED, hide_index=True, placeholder="", alt="Expected accidents by prior")


EXPECTED = {
    "prior": st.column_config.NumberColumn("Assumed share", format="percent"),
    "scored": st.column_config.NumberColumn("Activations that can be scored"),
    "expected": st.column_config.NumberColumn("Expected accidental", format="%.0f"),
    "listed": st.column_config.NumberColumn("Listed above"),
}


def limits() -> None:
    """How it is judged, folded away."""
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
