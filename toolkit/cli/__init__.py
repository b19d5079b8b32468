"""The command `voice-history`: a module for each verb, and what they share."""

from toolkit.cli.group import main

__all__ = ["main"]
