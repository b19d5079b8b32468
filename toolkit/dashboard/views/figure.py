"""A figure on the page, with the way to the rows behind it."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from toolkit.dashboard import filters, state
from toolkit.dashboard.words import Words, words


def card(label: Words, value: Words, key: str, opens: bool = False, **chosen: Any) -> None:
    """Draw a figure; if there are rows behind it, with a button that opens them.

    Args:
        label: What is counted.
        value: The figure.
        key: Of the button; unique on the page.
        opens: Whether there are any rows.
        chosen: Filters that leave just these rows, see `filters.Filter`.
    """
    # A word needs its own width, or it would be cut off; figures share the row.
    width: Literal["stretch", "content"] = "stretch" if any(map(str.isdigit, value)) else "content"
    with st.container(border=True, gap="xsmall", height="stretch", width=width):
        st.metric(words("{label}", label=label), words("{value}", value=value))
        if opens:
            st.button(
                "See the rows",
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
