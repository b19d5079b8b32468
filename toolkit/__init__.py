"""Reads the voice history that assistants keep, and says what it shows.

import toolkit

export = toolkit.load("Alexa_1.zip", "Alexa_2.zip", timezone="Europe/Berlin")
export.records, export.problems, export.files
"""

from toolkit.activations import activations
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
from toolkit.summary import summary

__version__ = "0.1.0"
__all__ = [
    "Ambiguous",
    "Bomb",
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
    "load",
    "summary",
]
