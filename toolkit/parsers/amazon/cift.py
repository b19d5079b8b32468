"""Tables of the forensic tool CIFT (2018), ``cift_amazon_alexa_*.csv`` and ``.db``: known, and left out on purpose.

Three rows of its timeline are public, of a fictional persona; in which order a real table has its columns is not known,
and where no text was kept its time is 1970 while the true one stands inside another column. The answers of Amazon
from which CIFT made them lie in ``Evidence_Library/AmazonAlexaCloud``: lists of activities among them are read there.
"""

from __future__ import annotations

import re

from toolkit.parsers.route import Route, Support
from toolkit.problems import Problem

ROUTES = (
    Route(
        format="amazon_cift",
        vendor="amazon",
        product="alexa",
        path=re.compile(r"(?:^|/)cift_[^/]{1,60}\.(?:csv|db)$", re.IGNORECASE),
        head=None,
        read=None,
        about="a table of the forensic tool CIFT; add the folder Evidence_Library, in which activity lists are read",
        support=Support(
            evidence="seen in real data of 2018: three rows, of a fictional persona",
            unknown="the order of its columns",
        ),
        answer=Problem(
            "note",
            "cift_tables",
            "This is a table of the forensic tool CIFT. The order of its columns is not public, so it is not read.",
            "Add the folder Evidence_Library: the lists of activities in it, from which CIFT made the table, are read.",
        ),
    ),
)
