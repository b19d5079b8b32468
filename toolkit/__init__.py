"""Reads the voice history that assistants keep, and says what it shows.

import toolkit

export = toolkit.load("Alexa_1.zip", "Alexa_2.zip", timezone="Europe/Berlin")
export.records, export.problems, export.files
"""

from toolkit.activations import activations
from toolkit.checklist import Checklist, checklist
from toolkit.compare import Comparison, compare
from toolkit.exposure import exposure
from toolkit.limits import Limits
from toolkit.load import Export, batches, load
from toolkit.problems import (
    Ambiguous,
    Bomb,
    Damaged,
    Encrypted,
    NotAnArchive,
    NotAnExport,
    TooLarge,
    ToolkitError,
    Unsupported,
)
from toolkit.report import report
from toolkit.retention import likely_setting, retention, what_if
from toolkit.summary import summary
from toolkit.version import VERSION
from toolkit.write import write

__version__ = VERSION
__all__ = [
    "Ambiguous",
    "Bomb",
    "Checklist",
    "Comparison",
    "Damaged",
    "Encrypted",
    "Export",
    "Limits",
    "NotAnArchive",
    "NotAnExport",
    "TooLarge",
    "ToolkitError",
    "Unsupported",
    "activations",
    "batches",
    "checklist",
    "compare",
    "exposure",
    "likely_setting",
    "load",
    "report",
    "retention",
    "summary",
    "what_if",
    "write",
]
