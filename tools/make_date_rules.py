"""Writes `toolkit/rules/dates.toml`: how every locale writes a date with a clock, and what zone abbreviations mean.

    pip install --target /tmp/babel-2.18.0 babel==2.18.0      # once for each of VERSIONS, with pytz
    python tools/make_date_rules.py /tmp/babel-2.18.0 /tmp/babel-2.12.1 ...

Only for whoever maintains the table: nothing of this is needed to use the toolkit. CLDR, the Common Locale Data
Repository, changes from release to release, and exports lie about for years, so several releases are merged; the
newest comes first and decides how the sample generator writes. It is read through babel, one release of CLDR in each.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

TABLE = Path(__file__).parent.parent / "toolkit" / "rules" / "dates.toml"
VERSIONS = {"2.18.0": "47", "2.12.1": "42", "2.9.1": "37", "2.7.0": "35.1"}  # babel: CLDR, newest first
LOCALES = [
    "en-US", "en-GB", "en-IN", "en-AU", "en-CA", "en-NZ", "en-ZA", "en-IE", "en-SG", "de", "de-AT", "de-CH", "fr",
    "fr-CA", "fr-CH", "es", "es-419", "es-MX", "es-US", "es-AR", "it", "nl", "pt-BR", "pt-PT", "pl", "sv", "da", "nb",
    "nn", "fi", "is", "et", "lv", "lt", "cs", "sk", "hu", "ro", "sl", "hr", "bs", "sr", "sr-Latn", "mk", "bg", "sq",
    "el", "ru", "uk", "be", "tr", "az", "kk", "ky", "uz", "mn", "hy", "ka", "ar", "ar-EG", "ar-SA", "fa", "ur", "he",
    "hi", "bn", "mr", "ne", "gu", "pa", "ta", "te", "kn", "ml", "si", "th", "lo", "km", "my", "vi", "id", "ms", "fil",
    "sw", "af", "zu", "am", "ca", "eu", "gl", "ja", "ko", "zh-CN", "zh-TW", "zh-HK",
]  # fmt: skip
_IN_BABEL = {"zh-CN": "zh_Hans_CN", "zh-TW": "zh_Hant_TW", "zh-HK": "zh_Hant_HK"}
_DIGITS = {
    "arab": 0x660,
    "arabext": 0x6F0,
    "deva": 0x966,
    "beng": 0x9E6,
    "guru": 0xA66,
    "gujr": 0xAE6,
    "tamldec": 0xBE6,
}
_DIGITS |= {"telu": 0xC66, "knda": 0xCE6, "mlym": 0xD66, "thai": 0xE50, "laoo": 0xED0, "mymr": 0x1040, "khmr": 0x17E0}
# What stands between date and clock where CLDR joins them with a word ("atTime"); babel does not carry these.
AT = (
    "at|um|во|à|alle|alle ore|ore|a las|a les|às|ás|om|kl|kl.|klo|klokken|kell|plkst.|v|o|u|ob|у|в|о|la|στις|"
    "בשעה|को|في|الساعة|ساعت|lúc|pukul|pada|เวลา|அன்று|এ|nang"
)
# Spellings met in files or in other programs' tables that no release of CLDR read here has.
OTHER_MONTHS = {"de": {3: "Mrz"}, "es": {9: "set"}, "en-US": {9: "Sept"}}
FIRST_ZONED = datetime(2018, 6, 15, tzinfo=UTC)  # exports before name no zone
# Abbreviations that the zone database has no letters for, as the names of OpenJDK 17 give them. Exports use these
# names: MSK, IST and CEST occur in English and Chinese files, where CLDR has only GMT+3 and the like.
JAVA = """
ACT-300 ACWST+525 AFT+270 ANAT+720 AQTT+300 ART-180 AZOST+0 AZOT-60 AZT+240 BDT+360 BNT+480 BOT-240 BRT-180 BTT+360
CCT+390 CHADT+825 CHAST+765 CHOT+480 CHUT+600 CKT-600 CLST-180 COT-300 CVT-60 CXT+420 DAVT+420 DDUT+600 EASST-300
EAST-360 ECT-300 FJT+720 FKT-180 FNT-120 GALT-360 GAMT-540 GET+240 GFT-180 GILT+720 GYT-240 HOVT+420 ICT+420 IOT+360
IRKT+480 IRST+210 KGT+360 KOST+660 KRAT+420 LHDT+660 LHST+630 LINT+840 MAGT+660 MART-570 MAWT+300 MHT+720 MMT+390
MUT+240 MVT+300 MYT+480 NCT+660 NFST+720 NFT+660 NOVT+420 NPT+345 NRT+720 NUT-660 OMST+360 ORAT+300 PET-300 PETT+720
PGT+600 PHOT+780 PMDT-120 PMST-180 PONT+660 PWT+540 QOST+300 RET+240 ROTT-180 SAKT+660 SAMT+240 SBT+660 SCT+240
SGT+480 SRET+660 SRT-180 SYOT+180 TAHT-600 TFT+300 TJT+300 TKT+780 TLT+540 TMT+300 TOT+780 TRT+180 TVT+720 ULAT+480
UYT-180 UZT+300 VET-240 VLAT+600 VOST+300 VUT+660 WAKT+720 WFT+720 WSST+780 XJT+360 YAKT+540 YEKT+300 Z+0
ALMT+300@Asia/Almaty ALMT+360@Asia/Almaty AMT+240@Asia/Yerevan AMT-240@America/Manaus AST+180@Asia/Riyadh
BST+660@Pacific/Bougainville CLT-180@Antarctica/Palmer CLT-240@America/Santiago EET+180@Asia/Amman
EGST+0@America/Scoresbysund EGST-60@America/Scoresbysund EGT-120@America/Scoresbysund EGT-60@America/Scoresbysund
GST+240@Asia/Dubai GST-120@Atlantic/South_Georgia PYT-180@America/Asuncion PYT-240@America/Asuncion
QYZT+300@Asia/Qyzylorda QYZT+360@Asia/Qyzylorda WAT+120@Africa/Windhoek WGST-120@America/Nuuk WGST-60@America/Nuuk
WGT-120@America/Nuuk WGT-180@America/Nuuk
"""
# Where all other meanings together are those of few people: the one that is assumed, and said to be.
USUAL = {"BST": 60, "CDT": -300, "CLT": -240, "EET": 120, "EEST": 180, "GST": 240, "WAT": 60, "WEST": 60}
# Of the many zones that share an abbreviation, the one to name.
BEST_KNOWN = [
    "America/Chicago", "America/Los_Angeles", "America/Halifax", "Asia/Shanghai", "Asia/Kolkata", "Asia/Jerusalem",
    "Europe/London", "America/Manaus", "Europe/Dublin", "Europe/Athens", "Europe/Lisbon", "Asia/Manila",
    "Africa/Lagos", "America/Havana",
]  # fmt: skip


# --- One release of babel, read in a process of its own -----------------------------------------------------------


def extract() -> dict[str, Any]:
    """What the installed babel knows: its version, the locales, and the offset names of each."""
    import babel
    from babel import Locale, localedata
    from babel.core import UnknownLocaleError, get_global

    found: dict[str, Any] = {}
    for tag in LOCALES:
        localedata._cache.clear()  # a locale's aliases leak into the ones read after it (babel 2.18)
        try:
            locale = Locale.parse(_IN_BABEL.get(tag, tag.replace("-", "_")))
        except UnknownLocaleError:
            continue
        found[tag] = _locale(locale)
    return {"babel": babel.__version__, "locales": found, "metazones": dict(get_global("meta_zones"))}


def _locale(locale: Any) -> dict[str, Any]:
    skeletons = getattr(locale, "datetime_skeletons", {})
    dates = [locale.date_formats["medium"], *filter(None, [skeletons.get("yMMMd")]), locale.date_formats["long"]]
    months = [[dict(locale.months[c][w])[n] for n in range(1, 13)] for c, w in _WIDTHS]
    return {
        "dates": [pattern.pattern for pattern in dates],
        "times": [locale.time_formats["long"].pattern, locale.time_formats["medium"].pattern],
        "join": str(locale.datetime_formats["medium"]),
        "months": months,
        "periods": [[c, w, dict(locale.day_periods[c][w])] for c, w in _WIDTHS],
        "rules": {key: [dict(span) for span in spans] for key, spans in _period_rules(locale).items()},
        "digits": _digit_systems(locale),
        "gmt": locale.zone_formats["gmt"],
        "zones": [[z, dict(n["short"])] for names in (locale.meta_zones, locale.time_zones) for z, n in _short(names)],
    }


_WIDTHS = [("format", "abbreviated"), ("format", "wide"), ("stand-alone", "abbreviated"), ("stand-alone", "wide")]


def _short(names: Any) -> Iterator[tuple[str, Any]]:
    return ((zone, forms) for zone, forms in names.items() if "short" in forms)


def _period_rules(locale: Any) -> dict[str, Any]:
    return dict(getattr(locale, "day_period_rules", {}).get(None, {}))


def _digit_systems(locale: Any) -> list[str]:
    if not hasattr(locale, "other_numbering_systems"):
        return []
    return [locale.default_numbering_system, *dict(locale.other_numbering_systems).values()]


def _run(folder: str) -> dict[str, Any]:
    """`extract` in the babel that is installed in that folder."""
    code = f"import json, runpy; print(json.dumps(runpy.run_path({__file__!r})['extract']()))"
    environment = {**os.environ, "PYTHONPATH": folder, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env=environment, stdout=subprocess.PIPE, check=True
    )
    read: dict[str, Any] = json.loads(done.stdout)
    return read


# --- Locales, merged over the releases ----------------------------------------------------------------------------


def merged(tag: str, releases: list[dict[str, Any]]) -> dict[str, Any]:
    """One locale's row of the table, the newest release first."""
    rows = [release["locales"][tag] for release in releases if tag in release["locales"]]
    dates = [_numbered(pattern, row["months"]) for row in rows for pattern in row["dates"]]
    dates = [pattern for pattern in dict.fromkeys(dates) if _usable(pattern, "yMd")]
    months = [
        _different(_dotless, [*(row["months"][w][n] for row in rows for w in range(4)), *_other(tag, n + 1)])
        for n in range(12)
    ]
    _check(tag, dates, months)
    return {
        "dates": _different(_plain, dates),
        "times": _different(_clock, [pattern for row in rows for pattern in row["times"]]),
        "join": rows[0]["join"],
        "time_first": any(row["join"].startswith("{0}") for row in rows),
        "months": months if any("MMM" in pattern for pattern in dates) else [],
        "markers": _markers(rows),
        "digits": next((chr(_DIGITS[name]) for name in rows[0]["digits"] if name in _DIGITS), ""),
    }


def _different(key: Any, texts: Iterable[str]) -> list[str]:
    """The texts whose key did not occur before; the very first two stay apart, for MMM and MMMM."""
    kept: dict[str, str] = {}
    for text in texts:
        kept.setdefault(key(text), text)
    return list(kept.values())


def _plain(text: str) -> str:
    return re.sub("[\u200e\u200f]", "", re.sub("[\u00a0\u202f]", " ", text))


def _dotless(text: str) -> str:
    return re.sub(r"[.\s]", "", _plain(text)).casefold()


def _clock(pattern: str) -> str:
    """What matters of a time pattern: the clock itself and whether a marker tells the halves of the day."""
    found = re.search(r"([HhKk]+)(.*?)m+(.*?)s+((?: ?'[^']*'|[^\sa-zA-Z()\[\],'])*)", pattern)
    halves = bool(re.search("[aB]", re.sub("'[^']*'", "", pattern)))
    return f"{found.groups() if found else pattern} {halves}"


def _usable(pattern: str, fields: str) -> bool:
    return set(re.sub(r"'[^']*'|[^a-zA-Z]", "", pattern).replace("L", "M")) == set(
        fields
    ) and "yy" not in pattern.replace("yyyy", "")


def _numbered(pattern: str, months: list[list[str]]) -> str:
    """The pattern with month names such as "thg 5" or "5月" written as a number between quoted words."""
    for letters, names in (("MMMM", months[1]), ("MMM", months[0])):
        before, _, after = names[0].partition("1")
        if all(name == f"{before}{n}{after}" for n, name in enumerate(names, 1)):
            number = "M".join(f"'{part}'" if part else "" for part in (before, after))
            pattern = re.sub(rf"(?<!M){letters}(?!M)", number, pattern).replace("''", "")
    return pattern


def _other(tag: str, month: int) -> list[str]:
    return [OTHER_MONTHS[tag][month]] if month in OTHER_MONTHS.get(tag, {}) else []


def _check(tag: str, dates: list[str], months: list[list[str]]) -> None:
    forms = [_dotless(name) for names in months for name in names]
    if len(forms) != len(set(forms)):
        sys.exit(f"{tag}: one word names two months")
    for pattern in dates:
        if re.match(r"(?:M|MM)\W+d", pattern) and "MMM" not in pattern:
            sys.exit(f"{tag}: {pattern} has the month first, in numbers; the reader takes the day to be first")


def _markers(rows: list[dict[str, Any]]) -> list[list[Any]]:
    """Words for parts of the day with the hours they stand for, from and before; those of am and pm first."""
    spans: dict[str, tuple[int, int]] = {"am": (0, 12), "pm": (12, 24), "midnight": (0, 1), "noon": (12, 13)}
    for name, rule in rows[0]["rules"].items():
        if "from" in rule[0]:
            start, end = rule[0]["from"] // 3600, rule[0]["before"] // 3600
            spans.setdefault(name, (start, end if end > start else end + 24))
    seen: dict[tuple[str, int, int], list[Any]] = {}
    for wanted in (("am",), ("pm",), tuple(spans)):
        for row in rows:
            for context, _, words in row["periods"]:
                for name, word in words.items():
                    if name in wanted and name in spans and context == "format":
                        seen.setdefault((_dotless(word), *spans[name]), [word, *spans[name]])
    for word, start in (("AM", 0), ("PM", 12)):
        seen.setdefault((_dotless(word), start, start + 12), [word, start, start + 12])
    return list(seen.values())


# --- Zones ----------------------------------------------------------------------------------------------------------


def zones(release: dict[str, Any]) -> dict[str, dict[int, str]]:
    """Every abbreviation with the offsets it stands for, and a zone that uses it so."""
    found: dict[str, dict[int, set[str]]] = {}
    for name in sorted(available_timezones()):
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/")):
            for abbreviation, minutes in _in_use(name):
                if abbreviation.isalpha():
                    found.setdefault(abbreviation, {}).setdefault(minutes, set()).add(name)
    for abbreviation, minutes, name in [*_of_cldr(release), *_of_java()]:
        found.setdefault(abbreviation, {}).setdefault(minutes, set()).add(name)
    return {
        abbreviation: {minutes: _best(names) for minutes, names in sorted(meanings.items())}
        for abbreviation, meanings in sorted(found.items())
    }


def _best(names: set[str]) -> str:
    return next((name for name in BEST_KNOWN if name in names), min(names))


@cache
def _in_use(name: str) -> set[tuple[str, int]]:
    """Abbreviations and offsets in minutes of a zone since exports name zones."""
    days = (FIRST_ZONED + timedelta(days=30 * n) for n in range(102))
    local = [day.astimezone(ZoneInfo(name)) for day in days]
    return {(str(t.tzname()), int((t.utcoffset() or timedelta()).total_seconds()) // 60) for t in local}


def _of_cldr(release: dict[str, Any]) -> Iterator[tuple[str, int, str]]:
    members: dict[str, list[str]] = {}
    for name, metazone in release["metazones"].items():
        members.setdefault(metazone, []).append(name)
    known = available_timezones()
    for locale in release["locales"].values():
        for metazone, names in locale["zones"]:
            using = sorted(set(members.get(metazone, [metazone])) & known)
            # A metazone's members part ways over summer time: those that have it know both offsets.
            zone = max(using, key=lambda name: (len(_offsets(name)) == 2, name in BEST_KNOWN), default="Etc/UTC")
            offsets = _offsets(zone) if using else []
            for kind, place in (("standard", 0), ("daylight", 1)):
                if place < len(offsets) < 3 and names.get(kind, "").isalpha():
                    yield names[kind], offsets[place], zone


def _offsets(name: str) -> list[int]:
    return sorted({minutes for _, minutes in _in_use(name)})


def _of_java() -> Iterator[tuple[str, int, str]]:
    for abbreviation, minutes, name in re.findall(r"([A-Z]+)([+-]\d+)@?(\S*)", JAVA):
        yield abbreviation, int(minutes), name


# --- The file -------------------------------------------------------------------------------------------------------


def table(releases: list[dict[str, Any]]) -> Iterator[str]:
    """The lines of the file."""
    offsets = zones(releases[0])
    gmt = {
        re.sub("[\u200e\u200f\\[\\]]", "", row["gmt"].replace("%s", "")).strip()
        for row in releases[0]["locales"].values()
    }
    yield "# How every locale writes a date with a clock, and what zone abbreviations mean. Written by"
    yield "# tools/make_date_rules.py; do not edit. See there for what is not from these sources."
    yield "[made]"
    yield f"from = {_toml([f'babel {name}, CLDR {cldr}' for name, cldr in VERSIONS.items()])}"
    yield f'zones_from = "IANA time zone database (tzdata {version("tzdata")}), CLDR short names, names of OpenJDK 17"'
    yield f"\n[words]\nat = {_toml(AT.split('|'))}"
    yield f"gmt = {_toml(sorted(gmt | {'GMT', 'UTC', 'UT'}))}"
    yield "\n[zones] # minutes east of Greenwich"
    yield from (f"{_toml(name)} = {next(iter(of))}" for name, of in offsets.items() if len(of) == 1)
    yield "\n[ambiguous] # minutes, and a zone that uses the abbreviation so"
    yield from (f"{_toml(n)} = {_toml([[m, z] for m, z in of.items()])}" for n, of in offsets.items() if len(of) > 1)
    yield "\n[usual] # what an ambiguous one is taken for unless something speaks against it"
    yield from (f"{_toml(name)} = {minutes}" for name, minutes in USUAL.items())
    for tag in LOCALES:
        yield f"\n[locale.{tag}]"
        yield from (f"{key} = {_toml(value)}" for key, value in merged(tag, releases).items())


def _toml(value: Any) -> str:
    """A string, or lists of strings and whole numbers; characters nobody can see are written as escapes."""
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    text = json.dumps(value, ensure_ascii=False)  # TOML writes strings and truth values as JSON does
    return "".join(c if c == " " or c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def main(folders: list[str]) -> None:
    """Runs the command line."""
    releases = sorted((_run(folder) for folder in folders), key=lambda release: [*VERSIONS].index(release["babel"]))
    if [release["babel"] for release in releases] != [*VERSIONS]:
        sys.exit(f"One folder for each of these releases of babel is needed: {', '.join(VERSIONS)}")
    TABLE.write_text("\n".join(table(releases)) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
