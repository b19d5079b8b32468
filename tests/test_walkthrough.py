"""What docs/adding-a-maker.md tells people to write for a new maker is code that works."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

import toolkit
from toolkit import reading
from toolkit.parsers import ROUTES

PAGE = Path(__file__).parent.parent / "docs" / "adding-a-maker.md"
LINES = [
    {"at": "2024-05-01T10:00:00Z", "said": "lamp on", "reply": 1, "speaker": {"name": "Den", "room": 1}, "oops": False},
    {"at": "2024-05-01T11:00:00Z", "said": "", "speaker": {"name": "Den"}, "oops": True},
    {"at": "2024-05-01T12:00:00Z", "said": "", "oops": False},
]  # fmt: skip


def test_the_reader_of_the_walk_through_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = PAGE.read_text("utf-8")
    code = textwrap.dedent("   " + told.partition("```python\n   ")[2].partition("```")[0])
    module: dict[str, Any] = {}
    exec(compile(code, "hark.py", "exec", dont_inherit=True), module)  # noqa: S102
    monkeypatch.setattr(reading, "ROUTES", (*ROUTES, *module["ROUTES"]))
    (tmp_path / "hark").mkdir()
    (tmp_path / "hark" / "commands.jsonl").write_text("\n".join(map(json.dumps, LINES)), "utf-8")
    records = toolkit.load(tmp_path).records

    assert records["format"].to_list() == ["hark_jsonl"] * 3
    assert records["status"].to_list() == ["understood", "false_wake", "unknown"]
    assert records["device_name"].to_list() == ["Den", "Den", None]
    assert records["time"].dt.hour().to_list() == [10, 11, 12]
    assert records["extra"].to_list() == ['{"reply":1,"speaker":{"room":1}}', None, None]
