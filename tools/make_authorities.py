"""Makes ``toolkit/rules/authorities.toml`` of the public records of supervisory authorities (CC0-1.0).

    python tools/make_authorities.py ../shared/rules/data/supervisory-authorities

The records are those of github.com/datenanfragen/data; the date of each record's last change is known for some only.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HEAD = """\
# Supervisory authorities, made by tools/make_authorities.py; do not edit by hand.
# Source: github.com/datenanfragen/data, commit 0a29c3d6feee53b02e73204a3dbd312eafe56629 of 2026-07-21, CC0-1.0.
# changed = when the record last changed, where that is known. Addresses move: check before posting.

checked = 2026-11-23
source = "records of datenanfragen.de contributors, CC0-1.0, commit 0a29c3d6feee of 2026-07-21"
"""
# Last change of a record, as far as it was looked up (2026-11-23).
CHANGED = {
    "lucnpd": "2023-02-27", "iedpc": "2023-02-27", "sedi": "2021-10-29", "gbico": "2026-03-08", "frcnil": "2023-02-27",
    "debfdi": "2026-03-08", "esaepa": "2023-02-27", "itgpdp": "2026-03-08", "nlap": "2026-03-08", "atdsb": "2026-03-08",
    "chedoeb": "2023-02-27", "beapd": "2023-02-27", "plgiodo": "2023-02-27", "czcuooz": "2023-02-27",
}  # fmt: skip
NOTES = {
    "iedpc": "the office is said to have moved; not verified",
    "debfdi": "for federal bodies and telecoms; for companies the authority of your Land, as far as we know",
}
PUBLIC_BODIES_ONLY = {"debayldb"}  # not for complaints about companies


def main(folder: Path) -> None:
    """Write the table anew."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    tables = [table(record) for record in records if record["slug"] not in PUBLIC_BODIES_ONLY]
    target = Path(__file__).parent.parent / "toolkit" / "rules" / "authorities.toml"
    target.write_text("\n".join([HEAD, *tables]), encoding="utf-8")


def table(record: dict[str, Any]) -> str:
    """One authority as TOML; a JSON string is a TOML string."""
    lines = [f"[authorities.{record['slug']}]"]
    values = {
        "countries": record["relevant-countries"],
        "name": record["name"],
        "address": record["address"].splitlines(),
        "email": record.get("email"),
        "form": record.get("webform"),
        "web": record.get("web"),
        "language": record.get("complaint-language"),
        "note": NOTES.get(record["slug"]),
    }
    lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items() if value]
    if record["slug"] in CHANGED:
        lines.append(f"changed = {CHANGED[record['slug']]}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
