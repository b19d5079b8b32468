"""Writes the support table of the README anew, from what the parsers declare of themselves.

python tools/support_table.py
"""

from __future__ import annotations

from pathlib import Path

from toolkit import support

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = (
    "<!-- made by tools/support_table.py: change the parsers' declarations, then run it -->\n",
    "<!-- end -->\n",
)


def renewed(text: str) -> str:
    """The README with the table as it should be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not after:
        raise SystemExit("README.md has lost the lines between which the table stands.")
    return f"{before}{BEGIN}\n{support.markdown()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(renewed(README.read_text("utf-8")), "utf-8")
