"""How long entries were kept, and how long each of the maker's settings would have kept them.

An export proves one thing only: that an entry was still held on the export's date. When something was deleted, or by
which setting, no export says. So everything here speaks of dates on which an entry *would have been* due.
"""

from __future__ import annotations

from toolkit.retention.due import (
    MAKER_STATED,
    RETENTION,
    Reference,
    by_group,
    empty_months,
    held,
    reference,
    retention,
    what_if,
)
from toolkit.retention.facts import FACTS, Event, Product, Rule, policy_changes, stale
from toolkit.retention.likely import Likely, likely_setting
from toolkit.retention.timeline import timeline

__all__ = [
    "FACTS",
    "MAKER_STATED",
    "RETENTION",
    "Event",
    "Likely",
    "Product",
    "Reference",
    "Rule",
    "by_group",
    "empty_months",
    "held",
    "likely_setting",
    "policy_changes",
    "reference",
    "retention",
    "stale",
    "timeline",
    "what_if",
]
