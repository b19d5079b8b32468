"""Opens whatever an export comes in and hands out its members, bounded, without ever unpacking to disk."""

from toolkit.archive.source import Member, Source, open_source

__all__ = ["Member", "Source", "open_source"]
