"""Chooses the steps that apply and puts the figures of the export under each; what does not apply is not printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from toolkit.checklist import rulebook
from toolkit.checklist.figures import SHOW, Figures, Progressed, Situation
from toolkit.checklist.findings import Device
from toolkit.checklist.letters import Addressee
from toolkit.checklist.rulebook import Step
from toolkit.deadlines import LAWS
from toolkit.rules import table

STEPS = pl.Schema(
    {
        "step_id": pl.String(),
        "section": pl.Enum(tuple(rulebook.SECTIONS)),
        "maker": pl.String(),
        "product": pl.String(),
        "title": pl.String(),
        "do": pl.List(pl.String()),
        "path": pl.String(),
        "address": pl.String(),
        "say": pl.List(pl.String()),
        "why": pl.String(),
        "leaves": pl.String(),
        "warning": pl.String(),
        "letter": pl.String(),
        "device": pl.String(),
        "entries": pl.UInt32(),
        "first": pl.Date(),
        "last": pl.Date(),
        "notes": pl.List(pl.String()),
        "items": pl.List(pl.String()),
        "evidence": pl.String(),
        "source": pl.String(),
        "checked": pl.Date(),
        "verified": pl.Boolean(),
        "done": pl.Boolean(),
        "done_on": pl.Date(),
        "note": pl.String(),
    }
)
NOT_DONE = {"done": False, "done_on": None, "note": ""}
_CCPA = {
    "access": "ccpa_know",
    "erasure": "ccpa_delete",
    "reminder": "ccpa_reminder",
    "complaint_authority": "ccpa_complaint",
}


def chosen(situation: Situation) -> pl.DataFrame:
    """The steps that apply, in the order in which they are done, as in `STEPS`."""
    rows = [row for section in rulebook.SECTIONS for step in _of(section, situation) for row in _rows(step, situation)]
    return marked(pl.DataFrame([row | NOT_DONE for row in rows], schema=STEPS, orient="row"), situation.progress)


def _of(section: str, situation: Situation) -> Iterator[Step]:
    """General steps of a section first, except under Delete, where the letter comes last."""
    own = [step for step in rulebook.steps() if step.section == section]
    general = [step for step in own if not step.product and step.applies(situation.flags())]
    special = [
        step
        for product in situation.products
        for step in own
        if step.product == product and step.applies(situation.flags(product))
    ]
    yield from [*special, *general] if section in ("delete", "check") else [*general, *special]


def _rows(step: Step, situation: Situation) -> Iterator[dict[str, Any]]:
    if step.each == "maker":
        for to in situation.makers:
            if ("file" not in step.when or to.found) and not (to.not_asked and _asks(step, situation)):
                yield _row(step, situation, to=to)
    elif step.each == "device":
        for device in situation.found[step.product].devices:
            yield _row(step, situation, device=device)
    else:
        yield _row(step, situation)


def _asks(step: Step, situation: Situation) -> bool:
    """Whether it stands on the erasure letter: itself, or what follows where that is the only one."""
    return step.letter == "erasure" or (situation.track == "clean_up" and step.section == "escalate")


def _row(step: Step, situation: Situation, to: Addressee | None = None, device: Device | None = None) -> dict[str, Any]:
    law = LAWS.get(situation.law or "", {})
    by_law = step.evidence == "law"
    product = rulebook.products()[step.product] if step.product else None
    name = to.maker if to else step.product or "all"
    shown = SHOW[step.show](situation, step, to) if step.show else Figures()
    days = (device.first, device.last) if device else shown.days or (None, None)
    return {
        "step_id": f"{name}-{step.code}" + (f"-{device.key}" if device else ""),
        "section": step.section,
        "maker": to.maker if to else product.maker if product else "",
        "product": step.product,
        "title": f"{step.title}: {to.title}" if to and len(situation.makers) > 1 else step.title,
        "do": list(step.do),
        "path": step.path,
        "address": step.address,
        "say": list(step.say),
        "why": step.why,
        "leaves": step.leaves,
        "warning": step.warning,
        "letter": _CCPA.get(step.letter, step.letter) if situation.law == "ccpa" else step.letter,
        "device": device.label if device else shown.device,
        "entries": device.entries if device else shown.entries,
        "first": days[0],
        "last": days[1],
        "notes": shown.notes,
        "items": shown.items,
        "evidence": rulebook.EVIDENCE[law["evidence"] if by_law else step.evidence],
        "source": law["rights"][step.letter or "wait"] if by_law else step.source,
        "checked": law["checked"] if by_law else table("deletion")["checked"],
        "verified": "not verified" not in law["rights"][step.letter or "wait"] if by_law else step.verified,
    }


def marked(steps: pl.DataFrame, progress: Mapping[str, Progressed]) -> pl.DataFrame:
    """The same steps with what is done of them; an id that no step has is passed over."""
    marks = {step: progress[step] for step in steps["step_id"] if step in progress}
    columns: dict[str, list[Any]] = {
        "done": [step in marks and marks[step].done for step in steps["step_id"]],
        "done_on": [marks[step].on if step in marks else None for step in steps["step_id"]],
        "note": [marks[step].note if step in marks else "" for step in steps["step_id"]],
    }
    return steps.with_columns(pl.Series(name, values, STEPS[name]) for name, values in columns.items())


def not_deleted(products: Iterable[str]) -> Sequence[tuple[str, rulebook.Product]]:
    """What deleting leaves behind, always printed."""
    return [(product, rulebook.products()[product]) for product in products]
