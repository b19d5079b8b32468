"""How the site is built: Sphinx reads the Markdown as it stands in the repository; nothing is fetched, now or later.

    make docs        then open build/site/index.html

The source is the whole repository, so that links between the README and docs/ are the same here as where the code is
shown. The menu is what docs/index.md links to.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from toolkit.version import VERSION  # noqa: E402

project = "Voice history toolkit"
release = version = VERSION
copyright = "the voice-history-toolkit authors, MIT"
language = "en"

extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**"]
exclude_patterns = [".git", ".venv", "build", "dist", "sample_exports", "tests", "toolkit"]  # not walked through
myst_heading_anchors = 3
myst_links_external_new_tab = False
nitpicky = True
suppress_warnings = ["toc.not_included"]  # examples are reached by their page; tests/test_documents.py sees to the rest

html_theme = "alabaster"  # comes with Sphinx, loads nothing from elsewhere
html_title = project
html_static_path = ["_static"]
html_css_files = ["plain.css"]
templates_path = ["_templates"]
html_additional_pages = {"index": "index.html"}  # the front page lies in docs/; this one leads to it
html_show_sourcelink = False
html_use_index = False
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "page_width": "76rem",
    "sidebar_width": "17rem",
    "fixed_sidebar": False,
    "show_powered_by": False,
    "font_family": "system-ui, sans-serif",
    "head_font_family": "system-ui, sans-serif",
}
html_sidebars = {"**": ["about.html", "searchbox.html", "navigation.html"]}


def _with_menu(_: Sphinx, name: str, source: list[str]) -> None:
    """What the front page links to, in its order, is the menu."""
    if name == root_doc:
        headed = re.split(r"^\*\*(.+)\*\*$", source[0], flags=re.MULTILINE)[1:]
        for heading, part in zip(headed[::2], headed[1::2], strict=True):
            pages = "\n".join(re.findall(r"^- \[.+?\]\(([^)#]+)\.md\)", part, flags=re.MULTILINE))
            source[0] += f"\n\n```{{toctree}}\n:hidden:\n:maxdepth: 1\n:caption: {heading}\n\n{pages}\n```\n"


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _with_menu)
