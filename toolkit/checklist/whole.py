"""The list as JSON for programs: steps, dates and sources; without serials, ids and the letters' texts."""

from __future__ import annotations

import dataclasses
import json as _json
from typing import TYPE_CHECKING, Any

from toolkit import inert
from toolkit.checklist import outline, rulebook

if TYPE_CHECKING:
    from toolkit.checklist.build import Checklist

SCHEMA = 1


def json(checklist: Checklist) -> str:
    """The whole list; a character that is not seen is written as an escape."""
    told: dict[str, Any] = {
        "schema_version": SCHEMA,
        "rules_version": rulebook.VERSION,
        "made": checklist.made.isoformat(),
        "person": checklist.person,
        "track": checklist.track,
        "law": checklist.law,
        "country": checklist.country,
        "language": checklist.language,
        "clock": checklist.clock,
        "products": checklist.products,
        "files": checklist.files.to_dicts(),
        "steps": checklist.steps.to_dicts(),
        "makers": [
            {
                "maker": to.maker,
                "sent": to.sent,
                "received": to.received,
                "deadline": dataclasses.asdict(to.deadline) if to.deadline else None,
                "controller": to.contact.name if to.contact else None,
                "address_from": to.contact.origin if to.contact else None,
                "ids": {"rows": to.ids.rows, "sha256": to.ids.sha256} if to.ids else None,
            }
            for to in checklist.makers
        ],
        "letters": [
            {name: getattr(letter, name) for name in ("maker", "kind", "language", "subject", "status", "origin")}
            for letter in checklist.letters
        ],
        "not_deleted": [
            {"product": title, "leaves": texts, "source": origin} for title, texts, origin in outline.leaves(checklist)
        ],
        "laws_not_covered": outline.uncovered(),
    }
    return inert.json_text(_json.dumps(told, ensure_ascii=False, indent=1, default=str)) + "\n"
