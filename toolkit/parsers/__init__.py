"""The makers' rooms, and the one list of all their routes."""

from __future__ import annotations

from toolkit.parsers.amazon import csv as amazon_csv
from toolkit.parsers.amazon import rvh as amazon_rvh
from toolkit.parsers.route import Route

ROUTES: tuple[Route, ...] = (*amazon_rvh.ROUTES, *amazon_csv.ROUTES)
