"""The makers' rooms, and the one list of all their routes."""

from __future__ import annotations

from toolkit.parsers import apple, home_assistant, mapped, microsoft, open_voice_os
from toolkit.parsers.amazon import cift as amazon_cift
from toolkit.parsers.amazon import csv as amazon_csv
from toolkit.parsers.amazon import donated as amazon_donated
from toolkit.parsers.amazon import legacy as amazon_legacy
from toolkit.parsers.amazon import rah as amazon_rah
from toolkit.parsers.amazon import rvh as amazon_rvh
from toolkit.parsers.amazon import wrappers as amazon_wrappers
from toolkit.parsers.google import activity_html as google_html
from toolkit.parsers.google import activity_json as google_json
from toolkit.parsers.google import home as google_home
from toolkit.parsers.google import manifest as google_manifest
from toolkit.parsers.openai import conversations as openai_conversations
from toolkit.parsers.route import Route

ROUTES: tuple[Route, ...] = (
    *amazon_rvh.ROUTES,
    *amazon_rah.ROUTES,
    *amazon_legacy.ROUTES,
    *amazon_wrappers.ROUTES,
    *amazon_donated.ROUTES,
    *amazon_cift.ROUTES,
    *amazon_csv.ROUTES,
    *google_json.ROUTES,
    *google_html.ROUTES,
    *google_manifest.ROUTES,
    *microsoft.ROUTES,
    *apple.ROUTES,
    *open_voice_os.ROUTES,
    *home_assistant.ROUTES,
    *google_home.ROUTES,
    *openai_conversations.ROUTES,
    *mapped.ROUTES,
)
