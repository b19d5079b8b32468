"""Google Takeout, "Home App": lists of homes, devices and events, known and left out; its sounds count as clips.

File names as in a real German tree of 2023. ``HomeApp.json`` lists devices and rooms, not what was said; the fields of
``HomeHistory.json`` and ``SoundSensing.json`` are not public (both were empty where they were seen). What devices that
listen for alarms, glass or coughs recorded lies in ``blobs/*.aac``; nothing public says how an event names its clip.
"""

from __future__ import annotations

import re

from toolkit.parsers.route import Route, Support
from toolkit.problems import Problem

_ANSWER = Problem(
    "note",
    "google_home_only",
    "This part of a Google Takeout is of the Home app: lists of homes, devices and events. What was said to the"
    " Assistant is not in it; sounds that devices recorded by themselves, if there are any, count as clips.",
    "For what was said, order My Activity at takeout.google.com, with Assistant, Voice and Audio, and Gemini Apps.",
)

ROUTES = (
    Route(
        format="google_home",
        vendor="google",
        product="google_assistant",
        path=re.compile(
            r"(?:^|/)(?:HomeApp|HomeHistory|SoundSensing|SecurityAlarmClips|Automations|GoogleNestConnect"
            r"|GoogleNestPartnerConnections)\.json$",
            re.IGNORECASE,
        ),
        head=None,
        read=None,
        about="Google Home: a list of devices or events, not of what was said",
        support=Support(evidence="seen in real data of 2022 and 2023: the names of the files; not their fields"),
        answer=_ANSWER,
    ),
)
