"""The page on how to ask each maker for its history, from the rules: nothing of it stands anywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit import rules
from toolkit.checklist import rulebook
from toolkit.retention import FACTS

PAGE = Path(__file__).parent.parent / "docs" / "requesting.md"
HEAD = """\
# How to request your data

What to ask each maker for, and what comes. Made by `tools/request_pages.py` from `toolkit/rules/requests.toml`,
`deletion.toml` and `controllers.toml`; each fact names its source, how sure it is, and when it was last read. Makers
move their pages now and then: if a name has changed, please tell us.

Three things hold for all of them:

- **Keep every file as it came, unopened, and a second copy.** A copy that nobody has changed is your proof.
- **Ask for a copy before you delete anything.** What is deleted cannot be examined any more.
- **The account is what is asked.** Other people of the household may have their own, and their voices may be in yours.

If there is no page for it, or the answer leaves something out, the law gives you a letter: the view *Delete requests*,
or `voice-history checklist --law gdpr`, writes it ([examples](examples/README.md)), to the companies
[below](#who-answers).
"""
COMPANIES = """\
## Who answers

`eea` is the European Union with Iceland, Liechtenstein and Norway; `world` is anywhere else. Addresses move: look at
the maker's own privacy notice before you post anything.
"""
LABELS = {"comes": "What comes", "waits": "How long it takes", "not_known": "Not known"}


def page() -> str:
    """The whole page."""
    rows = rules.table("requests")["request"]
    parts = [part for row in rows for part in _section(row)]
    return "\n".join([HEAD, *parts, COMPANIES, *(part for name in rulebook.makers() for part in _company(name))])


def _section(row: dict[str, Any]) -> Iterator[str]:
    product = rulebook.products()[row["product"]]
    yield f"## {product.title}\n"
    yield from _do(row)
    told = FACTS.products.get(row["product"])
    lines = [f"- **{LABELS[name]}:** {row[name]}" for name in LABELS if name in row]
    if told:
        lines.append(f"- **How long it is kept:** {told.told}")
    yield "\n".join(lines) + "\n"
    yield f"*{_origin(row['evidence'], row['source'], row['checked'])}*\n"


def _do(row: dict[str, Any]) -> Iterator[str]:
    """What to do, in order; from the checklist where it has a step for it."""
    step = _step(row["product"]) if row.get("step") else None
    steps = step.do if step else row.get("do", ())
    if steps:
        yield "\n".join(f"{number}. {text}" for number, text in enumerate(steps, 1)) + "\n"
    if address := row.get("address") or (step.address if step else ""):
        yield f"<{address}>\n"
    if step:
        yield f"*{_origin(step.evidence, step.source, rules.table('deletion')['checked'])}*\n"


def _step(product: str) -> rulebook.Step:
    return next(step for step in rulebook.steps() if (step.product, step.code) == (product, "A7"))


def _company(name: str) -> Iterator[str]:
    """Who answers for a maker, by where one lives, and where the addresses come from."""
    reachable = [each for each in rulebook.makers()[name].contact if each.email or each.form]
    if reachable:
        rows = [
            f"| {', '.join(each.regions)} | {each.name} | {_ways(each)} | {each.changed or ''} |" for each in reachable
        ]
        head = ["| If you live in | Who answers | Write to | Record last changed |", "| --- | --- | --- | --- |"]
        yield f"### {rulebook.makers()[name].title}\n"
        yield "\n".join([*head, *rows]) + "\n"
        yield "\n".join(f"- {source}" for source in dict.fromkeys(map(_source, reachable))) + "\n"


def _ways(contact: rulebook.Contact) -> str:
    return " or ".join(part for part in (contact.email, f"<{contact.form}>" if contact.form else "") if part)


def _source(contact: rulebook.Contact) -> str:
    source = contact.source or rules.table("controllers")["record_source"]
    return _origin(contact.evidence, source, rules.table("controllers")["checked"])


def _origin(evidence: str, source: str, checked: object) -> str:
    return f"{rulebook.EVIDENCE[evidence]}: {source}; checked {checked}".replace("*", "\\*")
