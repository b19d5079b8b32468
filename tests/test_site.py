"""The site of the documentation builds without a warning, leads nowhere wrong and loads nothing from elsewhere."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("sphinx", "myst_parser")),
    reason="the generator of the site (sphinx, myst-parser) is not installed",
)


class Page(HTMLParser):
    """What a page loads, where it leads, and what can be led to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.places |= {told[name] for name in ("id", "name") if name in told}
        self.loads += [told[name] for name in ("src", "srcset", "data", "poster", "action") if name in told]
        if "href" in told:
            (self.loads if tag in ("link", "image", "use") else self.leads).append(told["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-d",
        str(folder / ".read"),
        "-c",
        "docs",
        ".",
    ]
    done = subprocess.run([*command, str(folder / "site")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html")}


def test_every_document_is_a_page(site: Path) -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert [path for path in documents if not (site / path.relative_to(ROOT)).with_suffix(".html").exists()] == []
    assert 'url=docs/index.html"' in (site / "index.html").read_text("utf-8")


def test_every_link_within_the_site_leads_to_a_place_that_is_there(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for address in (*page.leads, *page.loads):
            parts = urlsplit(address)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), (path.name, address)
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].places, (path.name, address)


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert [address for page in pages.values() for address in page.loads if re.match("[a-z]+:|//", address)] == []
    for path in (*site.rglob("*.css"), *site.rglob("*.js"), *site.rglob("*.svg")):
        told = path.read_text("utf-8")
        assert not re.search(r"""(url\(|@import|fetch\(|src\s*=|import\()\s*["']?(https?:)?//""", told), path.name


def test_the_menu_holds_what_the_front_page_links_to(site: Path) -> None:
    menu = (site / "docs" / "faq.html").read_text("utf-8").partition('class="sphinxsidebar"')[2]
    front = (ROOT / "docs" / "index.md").read_text("utf-8")
    linked = re.findall(r"\]\(([^)#]+)\.md\)", front)
    assert len(linked) > 15
    for name in linked:
        assert f'href="{"#" if name == "faq" else f"{name}.html"}"' in menu, name
