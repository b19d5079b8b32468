"""The views, in the order in which they are offered; a new one is a module with ``show(case)`` and two lines here."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.dashboard.state import Case
from toolkit.dashboard.views import accidental, data, overview, requests, retention

FIRST = "overview"
TITLES = {
    "overview": "Overview",
    "accidental": "Possible accidental activations",
    "retention": "Retention",
    "requests": "Delete requests",
    "data": "Data and log",
}
SHOW: dict[str, Callable[[Case], None]] = {
    "overview": overview.show,
    "accidental": accidental.show,
    "retention": retention.show,
    "requests": requests.show,
    "data": data.show,
}
