"""Our own sentences with figures in them: the only text that may reach a part of the page that understands Markdown.

Streamlit reads Markdown in headings, labels, metrics, messages and captions. A device called ``![](https://…)`` would
make the browser fetch that address and so tell a stranger that this export was opened. So data values go into inert
places only (`st.text`, `st.dataframe`, `st.code`, charts), and everything else comes from here or is a constant; a test
walks over the code of this package and sees to it.
"""

from __future__ import annotations

import string
from datetime import date


class Words(str):
    """Text made of our own words and of figures."""

    __slots__ = ()


class _Figures(string.Formatter):
    def format_field(self, value: object, format_spec: str) -> str:
        if isinstance(value, Words):
            return value
        if isinstance(value, date):
            return f"{value.day} {value:%B %Y}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError("Only figures, dates and words of our own may stand in a sentence.")
        one, bar, many = format_spec.partition("|")
        if bar:
            return f"{value:,} {one if value == 1 else many}"
        return format(value, format_spec or ",")


def words(template: str, /, **figures: int | float | date | Words) -> Words:
    """A sentence with figures.

    Args:
        template: A literal text with fields as for `str.format`; ``{n:entry|entries}`` writes the figure and the word
            that fits it, ``{day}`` of a date writes it out.
        figures: What stands in the fields.

    Raises:
        TypeError: One of *figures* is other text: it may come from the data.
    """
    return Words(_Figures().vformat(template, (), figures))
