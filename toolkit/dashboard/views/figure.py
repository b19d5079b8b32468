"""A figure on the page, with the way to the rows behind it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from toolkit.dashboard import filters, state
from toolkit.dashboard.words import Words, words

SEE = words("See the rows")


def card(
    label: Words,
    value: Words,
    key: str,
    opens: bool = False,
    *,
    says: Words = SEE,
    about: Words | None = None,
    **chosen: Any,
) -> None:
    """Draw a figure; if there are rows behind it, with a button that opens them.

    Args:
        label: What is counted.
        value: The figure.
        key: Of the button; unique on the page.
        opens: Whether there are any rows.
        says: What stands on the button.
        about: What the figure rests on, told when asked for.
        chosen: Filters that leave just these rows, see `filters.Filter`.
    """
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.metric(
            words("{label}", label=label),
            words("{value}", value=value),
            help=words("{about}", about=about) if about else None,
        )
        if opens:
            st.button(
                words("{says}", says=says),
                key=f"rows_{key}",
                type="tertiary",
                icon=":material/table_rows:",
                on_click=rows,
                kwargs=chosen,
            )


def rows(**chosen: Any) -> None:
    """Open the rows that these filters leave, beside those that are on."""
    filters.set_to(**chosen)
    state.go("data")
