"""The makers' rooms, and the one list of all their routes."""

from __future__ import annotations

from toolkit.parsers import mapped
from toolkit.parsers.amazon import csv as amazon_csv
from toolkit.parsers.amazon import rvh as amazon_rvh
from toolkit.parsers.google import activity_html as google_html
from toolkit.parsers.google import activity_json as google_json
from toolkit.parsers.google import home as google_home
from toolkit.parsers.google import manifest as google_manifest
from toolkit.parsers.route import Route

ROUTES: tuple[Route, ...] = (
    *amazon_rvh.ROUTES,
    *amazon_csv.ROUTES,
    *google_json.ROUTES,
    *google_html.ROUTES,
    *google_manifest.ROUTES,
    *google_home.ROUTES,
    *mapped.ROUTES,
)
