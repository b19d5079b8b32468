"""The support table: what can be read of whom, how sure that is, and what nobody knows, in the parsers' own words."""

from __future__ import annotations

from typing import Any

import polars as pl

from toolkit import inert, rules
from toolkit.parsers import ROUTES
from toolkit.parsers.route import Route

# Column -> its heading in the README.
HEADINGS = {
    "maker": "Maker",
    "shape": "Shape",
    "evidence": "How sure we are",
    "audio": "Clips",
    "accidental": "What tells of accidental activations",
    "device": "Device",
    "retention": "How long it is kept, by whose word",
    "unknown": "Not known",
}


PRODUCTS: dict[str, dict[str, Any]] = {row["id"]: row for row in rules.table("retention")["product"]}


def table() -> pl.DataFrame:
    """One row for each shape of file that holds entries, and one for each maker without; columns as in `HEADINGS`."""
    rows = [_of_route(route) for route in ROUTES if route.read and not route.dates]
    rows += [_of_maker(maker) for maker in rules.table("makers")["maker"]]
    return pl.DataFrame(rows, schema=dict.fromkeys(HEADINGS, pl.String), orient="row").select(*HEADINGS)


def markdown() -> str:
    """The table for the README; what a maker's rows have in common is told in the first of them."""
    told = table()
    again = (told["maker"] == told["maker"].shift()) & (told["retention"] == told["retention"].shift())
    told = told.with_columns(retention=pl.when(again).then(pl.lit("as above")).otherwise("retention"))
    rows = [HEADINGS.values(), ["---"] * len(HEADINGS), *told.iter_rows()]
    return "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in rows)


def _of_route(route: Route) -> dict[str, str]:
    product = PRODUCTS[route.product]
    told = route.support
    return {
        "maker": product["name"],
        "shape": f"{route.about} (`{route.format}`)",
        "evidence": told.evidence,
        "audio": told.audio,
        "accidental": told.accidental,
        "device": told.device,
        "retention": _retention(product),
        "unknown": told.unknown,
    }


def _of_maker(maker: dict[str, Any]) -> dict[str, str]:
    told = {name: maker[name] for name in ("shape", "evidence", "audio", "accidental", "device", "unknown")}
    kept = PRODUCTS[maker["as"]] if "as" in maker else maker
    return {"maker": maker["name"], **told, "retention": _retention(kept)}


def _retention(of: dict[str, Any]) -> str:
    """How long it is kept, by whose word, and when that was read."""
    checked = f"checked {of['checked']}" if "checked" in of else ""
    return "; ".join(filter(None, (of["kept"], of.get("source", ""), checked)))


def _cell(text: str) -> str:
    return text if text == "---" else inert.terminal(text).replace("|", "\\|")
