"""Writes `docs/who-listens.md` from `toolkit/rules/exposure.toml`, so that page and screen say the same.

python tools/make_who_listens.py
"""

from __future__ import annotations

from pathlib import Path

from toolkit.exposure import MAKERS, who_listens

PAGE = Path(__file__).parent.parent / "docs" / "who-listens.md"
HEAD = """# Who listens

Makers of voice assistants let people listen to a part of what their customers say, to make the software better. This is
what was publicly said about it. Reports and makers contradict each other; both stand here with their dates, and this
project does not know who is right. No export says whether anybody listened to an entry of yours.

Where a maker published how much is reviewed, the figure is of all its customers at that time. Nobody can tell from it
whether *your* clips were heard: not how many, not which, and not how likely it is.

Makers without a section were not looked into, or nothing was found. Written from `toolkit/rules/exposure.toml`.
"""


def page() -> str:
    """The whole page."""
    parts = [f"## {MAKERS[vendor]}\n\n{text}" for vendor, text in who_listens().items()]
    return "\n\n".join([HEAD.strip(), *parts]) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
