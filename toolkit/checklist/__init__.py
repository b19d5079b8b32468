"""The delete checklist: from findings to an ordered list, letters, dates and files to take away.

    checklist = toolkit.checklist(export, law="gdpr", country="de", received={"amazon": date(2026, 11, 25)})
    checklist.steps, checklist.letters, checklist.to_html(), checklist.to_ics(), checklist.ids_csv()

Nothing is sent and nothing is deleted from here. Transcripts and sound are in no output.
"""

from __future__ import annotations

from toolkit.checklist.build import Checklist, checklist
from toolkit.checklist.ids import Scope
from toolkit.checklist.letters import LANGUAGES, Letter

__all__ = ["LANGUAGES", "Checklist", "Letter", "Scope", "checklist"]
