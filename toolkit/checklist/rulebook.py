"""What the rules say: steps, products, makers' addresses and authorities, read from ``toolkit/rules`` and checked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

import msgspec

from toolkit.problems import ToolkitError
from toolkit.rules import table

SECTIONS: dict[str, str] = table("deletion")["sections"]
TRACKS: dict[str, dict[str, str]] = table("deletion")["tracks"]
EVIDENCE: dict[str, str] = table("law")["evidence"] | {"not found": "NOT KNOWN: looked for, nothing found"}
VERSION: str = max(table(name)["version"] for name in ("deletion", "controllers", "law"))
_DOUBTED = {"inferred", "unverified", "not found"}
OTHER = "other"
_REGIONS = {"gb": "uk"}  # the one country whose region is not named by its two letters


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the rules; a key nobody reads is a mistake in them."""


class Step(_Rule, frozen=True):
    """One thing to do; the keys are explained at the top of ``deletion.toml``."""

    code: str
    section: str
    title: str
    evidence: str
    do: tuple[str, ...] = ()
    source: str = ""
    product: str = ""
    when: tuple[str, ...] = ()
    each: str = ""
    show: str = ""
    letter: str = ""
    path: str = ""
    address: str = ""
    say: tuple[str, ...] = ()
    why: str = ""
    leaves: str = ""
    warning: str = ""

    def applies(self, flags: set[str]) -> bool:
        """Whether everything it needs is there; ``a|b`` needs one of them."""
        return all(set(need.split("|")) & flags for need in self.when)

    @property
    def verified(self) -> bool:
        """Whether no part of it is marked as our conclusion or as not verified."""
        texts = (self.source, *self.do)
        return self.evidence not in _DOUBTED and not any("not verified" in text for text in texts)


class Product(_Rule, frozen=True):
    """An assistant: its maker, and what deleting leaves behind."""

    maker: str
    title: str
    leaves: tuple[str, ...]
    leaves_evidence: str
    leaves_source: str
    also: tuple[str, ...] = ()
    no_export: str = ""


class Contact(_Rule, frozen=True):
    """Who answers for the data of people in some countries, and how to reach them."""

    regions: tuple[str, ...]
    name: str
    seat: str
    evidence: str
    address: tuple[str, ...] = ()
    email: str = ""
    form: str = ""
    source: str = ""
    note: str = ""
    changed: date | None = None

    @property
    def origin(self) -> str:
        """Where the address comes from and how old it is, in one line."""
        changed = f"; the record last changed {self.changed}" if self.changed else ""
        return f"{self.source or table('controllers')['record_source']} ({EVIDENCE[self.evidence]}){changed}"


class Company(_Rule, frozen=True):
    """A maker: what it needs to find somebody, and its contacts."""

    title: str
    needs: tuple[str, ...]
    contact: tuple[Contact, ...]


class Authority(_Rule, frozen=True):
    """A supervisory authority."""

    countries: tuple[str, ...]
    name: str
    address: tuple[str, ...]
    email: str = ""
    form: str = ""
    web: str = ""
    language: str = ""
    note: str = ""
    changed: date | None = None


def _read(name: str, part: str, kind: Any) -> Any:
    return msgspec.convert(table(name)[part], kind)


@cache
def steps() -> tuple[Step, ...]:
    """All steps, in the order in which they are to be done within their section."""
    found: tuple[Step, ...] = _read("deletion", "step", tuple[Step, ...])
    return found


@cache
def products() -> dict[str, Product]:
    """The assistants that steps exist for, by id."""
    found: dict[str, Product] = _read("deletion", "products", dict[str, Product])
    return found


@cache
def makers() -> dict[str, Company]:
    """The makers, by id."""
    found: dict[str, Company] = _read("controllers", "makers", dict[str, Company])
    return found


@cache
def authorities() -> dict[str, Authority]:
    """The supervisory authorities, by id."""
    found: dict[str, Authority] = _read("authorities", "authorities", dict[str, Authority])
    return found


def product_of(name: str) -> str:
    """The product a user means by its id, or by a maker's or device's name.

    Raises:
        ToolkitError: None is known by that name.
    """
    wanted = name.strip().lower().replace(" ", "_")
    for key, product in products().items():
        names = {key, *product.also, product.title.lower().replace(" ", "_")}
        if {wanted, wanted.replace("_", "-")} & names:
            return key
    listed = ", ".join(products())
    raise ToolkitError("There is no assistant of that name in the rules.", f"Known are: {listed}.")


def product_of_record(product: str | None) -> str:
    """The product whose steps fit an entry: its own, else those for an assistant that is not in the rules."""
    return product if product in products() else OTHER


def contact(maker: str, law: str | None, country: str | None) -> Contact | None:
    """Who answers for the data of somebody living in *country*; the most particular entry, None if none is known."""
    contacts = makers()[maker].contact
    for region in _regions(law, country):
        for each in contacts:
            if region in each.regions:
                return each
    return None


def _regions(law: str | None, country: str | None) -> Sequence[str]:
    country = country and _REGIONS.get(country, country)
    europe = country in table("controllers")["countries"]["eea"]
    if country:
        return [country, "eea"] if europe else [country, "world"]
    return {"gdpr": ["eea"], "uk_gdpr": ["uk"], "ccpa": ["us"]}.get(law or "", [])


def countries() -> tuple[str, ...]:
    """Two letters (ISO 3166) of each country for which an address or an authority is known."""
    regions = {region for maker in makers().values() for each in maker.contact for region in each.regions}
    named = {code for code, region in _REGIONS.items() if region in regions} | {one for one in regions if len(one) == 2}
    supervised = {country for each in authorities().values() for country in each.countries}
    return tuple(sorted((named | supervised | set(table("controllers")["countries"]["eea"])) - set(_REGIONS.values())))


def country_of(name: str) -> str:
    """The two letters of a country as the rules write them.

    Raises:
        ToolkitError: They know nothing of it.
    """
    code = name.strip().lower()
    if code not in countries():
        raise ToolkitError(
            "The rules know no address and no authority in that country.",
            f"Known, by their two letters: {', '.join(countries())}. For any other leave the country out.",
        )
    return code


def authorities_of(country: str) -> dict[str, Authority]:
    """Those to which somebody living in *country* can complain; several in Germany, whose Länder have their own."""
    found = {slug: each for slug, each in authorities().items() if country in each.countries}
    federal = found.pop("debfdi", None)  # not for companies, see its note
    return found or ({"debfdi": federal} if federal else {})


def authority(slug: str | None, law: str | None, country: str | None) -> Authority | None:
    """The authority to complain to: the one named, else the only one of the country; None if that is open.

    Raises:
        ToolkitError: There is none of that id.
    """
    if slug:
        if slug not in authorities():
            raise ToolkitError("There is no authority of that id in the rules.", "See toolkit/rules/authorities.toml.")
        return authorities()[slug]
    country = {"uk_gdpr": "gb", "ccpa": None}.get(law or "", country)
    found = authorities_of(country) if country else {}
    return next(iter(found.values())) if len(found) == 1 else None
