"""The documents keep their word: code in them runs, links lead somewhere, and what is made from code is up to date.

A block of shell or Python runs, block after block, in a folder with the files that the documents speak of. One that
cannot run has its reason in the line above: ``<!-- not run: needs a network -->``; ``<!-- long: ... -->`` leaves a
whole document to `make long`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

import screenshots
import write_docs

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_exports"
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
RUN, READ = ("sh", "python"), ("toml", "ini", "bat", "powershell", "")
BASH = shutil.which("bash") or ""
MARK = re.compile(r"<!-- (not run|long): (.+?) -->")
# A shell that goes on after exit code 1, which says that there were problems and lists them.
SHIM = (
    '#!/bin/sh\n"{python}" -P -c "from toolkit.cli import main; main(prog_name=\'voice-history\')" "$@"\n[ $? -le 1 ]\n'
)
HISTORY = {
    "commands": [{"heardAt": 1_714_557_600_000, "words": "light on"}, {"heardAt": 1_714_561_200_000, "words": "N/A"}]
}


class Block(NamedTuple):
    """A block of code in a document."""

    line: int
    language: str
    code: str
    mark: str
    reason: str


@cache
def tokens(document: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(document.read_text("utf-8"))


def blocks(document: Path) -> list[Block]:
    found = []
    for before, token in zip([None, *tokens(document)], tokens(document), strict=False):
        if token.type == "fence":
            mark = MARK.search(before.content if before and before.type == "html_block" else "")
            told = (mark[1], mark[2]) if mark else ("", "")
            found.append(Block((token.map or [0])[0] + 1, token.info.strip(), token.content, *told))
    return found


def named(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


WITH_CODE = [
    document
    for document in DOCUMENTS
    if any(block.language in RUN and block.mark != "not run" for block in blocks(document))
]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the files that the documents speak of."""
    for number in (1, 2):
        zipped(SAMPLES / "amazon-alexa-csv" / f"Alexa_{number}", tmp_path / f"Alexa_{number}.zip")
    for name in ("may.zip", "november.zip", "your-export.zip"):
        zipped(SAMPLES / "amazon-alexa-plus", tmp_path / name)
    (tmp_path / "history.json").write_text(json.dumps(HISTORY), "utf-8")
    own = [block.code for block in blocks(ROOT / "docs" / "own-columns.md") if block.language == "toml"]
    (tmp_path / "columns.toml").write_text(own[1], "utf-8")
    (tmp_path / "sample_exports").symlink_to(SAMPLES)
    shim = tmp_path / "bin" / "voice-history"
    shim.parent.mkdir()
    shim.write_text(SHIM.format(python=sys.executable), "utf-8")
    shim.chmod(0o755)
    return tmp_path


def zipped(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent).as_posix())


def shell(code: str, folder: Path) -> None:
    path = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [BASH, "-euo", "pipefail", "-c", code],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{code}\n{done.stderr}"


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(path, id=named(path), marks=[pytest.mark.long] * any(b.mark == "long" for b in blocks(path)))
        for path in WITH_CODE
    ],
)
@pytest.mark.skipif(not BASH, reason="no bash, in which the shell blocks are written")
def test_the_code_of_a_document_runs(document: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    names: dict[str, Any] = {}
    for block in blocks(document):
        if block.mark == "not run":
            continue
        if block.language == "sh":
            shell(block.code, desk)
        elif block.language == "python":
            exec(compile(block.code, f"{named(document)}:{block.line}", "exec", dont_inherit=True), names)  # noqa: S102


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_block_is_of_a_known_language_and_what_is_not_run_says_why(document: Path) -> None:
    for block in blocks(document):
        assert block.language in (*RUN, *READ), block
        if block.language == "toml":
            assert tomllib.loads(block.code)
    marks = document.read_text("utf-8").count("<!-- not run") + document.read_text("utf-8").count("<!-- long")
    assert marks == sum(bool(block.mark) for block in blocks(document)), "a mark stands above no block"


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_lead_to_files_and_headings_that_are_there(document: Path) -> None:
    for address in links(document):
        path, _, anchor = address.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), address
        assert not anchor or anchor in headings(target), address


def links(document: Path) -> list[str]:
    inner = [child for token in tokens(document) for child in token.children or []]
    found = [child.attrGet("href") or child.attrGet("src") for child in inner if child.type in ("link_open", "image")]
    return [str(each) for each in found if each and not re.match(r"[a-z]+:", str(each))]


def headings(document: Path) -> set[str]:
    """The anchors of a document, as GitHub and the site make them."""
    told = tokens(document)
    texts = [told[at + 1].content for at, token in enumerate(told) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}


def test_every_picture_of_a_document_has_a_text_that_tells_what_it_shows() -> None:
    for document in DOCUMENTS:
        for child in [child for token in tokens(document) for child in token.children or [] if child.type == "image"]:
            assert len(child.content) > 30, (named(document), child.attrGet("src"))


def test_every_picture_is_one_that_a_script_makes_and_together_they_are_small() -> None:
    pictures = {path.name: path.stat().st_size for path in (ROOT / "docs" / "pictures").iterdir()}
    views = {f"{view}-{size}.png" for view in screenshots.VIEWS for size in screenshots.SIZES}
    assert set(pictures) == views | {"floors.svg"}
    assert sum(pictures.values()) < 1_500_000


@pytest.mark.parametrize("path", write_docs.MADE, ids=named)
def test_what_is_made_from_code_and_rules_is_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == write_docs.MADE[path](), "run: python tools/write_docs.py"


def test_the_front_page_leads_to_every_document() -> None:
    linked = {(ROOT / "docs" / link.partition("#")[0]).resolve() for link in links(ROOT / "docs" / "index.md")}
    own = {path for path in (ROOT / "docs").glob("*.md") if path.name != "index.md"}
    assert own <= linked
