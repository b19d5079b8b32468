"""Every promise of SECURITY.md leads to a test that exists, and so does every case of the corpus shown elsewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from corpus import ELSEWHERE

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "SECURITY.md").read_text("utf-8")
LINKED = sorted(set(re.findall(r"`(tests/[^`]+?::[^`]+)`", TEXT)))
PROMISES = [
    line for line in TEXT.partition("## Promises")[2].partition("## Limits")[0].splitlines() if line[:2] == "- "
]


@pytest.mark.parametrize("test", sorted({*LINKED, *ELSEWHERE.values()}))
def test_what_is_linked_is_a_test(test: str) -> None:
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_no_promise_is_without_a_test() -> None:
    assert len(PROMISES) > 30
    assert [line for line in PROMISES if not re.search(r"`tests/[^`]+::test_[^`]+`", line)] == []
