"""The dashboard: one Streamlit page on this computer, for people who have never seen a data frame."""

from __future__ import annotations

from toolkit.dashboard.page import main

__all__ = ["main"]
