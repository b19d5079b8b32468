"""How long a person waits in the dashboard: in a real Chromium, from the click to the page that stands still.

    python benchmarks/dashboard.py --rows 100000 --rounds 3

The command is started as a user starts it and opens a privacy-page history by its path. Timed are the first view (from
the click that reads the file), a change to each view, and a filter put on and taken off; reported are medians and the
longest.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "sample_exports")]

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

import alexa  # noqa: E402
from conftest import CHROMIUM  # noqa: E402
from test_browser import Visitor, dashboard  # noqa: E402

Waits = dict[str, list[float]]


def timed(waits: Waits, what: str, act: Callable[[], None]) -> None:
    """Do it and keep the seconds."""
    started = time.perf_counter()
    act()
    waits.setdefault(what, []).append(time.perf_counter() - started)


def opened(visitor: Visitor, path: Path, rows: int) -> None:
    """Read the file and wait for its headline."""
    visitor.press("Read the files")
    visitor.heading(f"{rows:,} entries")


def visit(browser: Browser, address: str, path: Path, rows: int, waits: Waits) -> None:
    """One whole visit."""
    visitor = Visitor(browser, address)
    visitor.page.get_by_text("Give a path instead").click()
    visitor.page.get_by_label("Paths of files or folders, one in each line").fill(str(path))
    visitor.page.keyboard.press("Control+Enter")
    visitor.settle()
    timed(waits, "first view", lambda: opened(visitor, path, rows))
    titles = visitor.page.get_by_role("radiogroup", name="View").locator("label").all_inner_texts()
    for title in [*titles[1:], titles[0]]:
        timed(waits, f"view: {title}", lambda title=title: visitor.view(title))  # type: ignore[misc]
    visitor.page.get_by_text("Filter", exact=True).click()
    words = visitor.page.get_by_role("textbox", name="Words that were heard or answered")
    words.fill("light")

    def put_on() -> None:
        words.press("Enter")
        visitor.settle()

    timed(waits, "filter on", put_on)
    timed(waits, "filter off", lambda: visitor.press("Show all again"))
    visitor.press("Forget everything")
    visitor.context.close()


def main() -> None:
    """Read the command line, make the file, and visit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    waits: Waits = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, dashboard() as address:
        path = Path(folder) / "history.json"
        with path.open("wb") as stream:
            alexa.write_rvh(alexa.events(options.rows), stream)
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        for _ in range(options.rounds):
            visit(browser, address, path, options.rows, waits)
        browser.close()
    print(f"{options.rows:,} entries, {options.rounds} visits; seconds")
    for what, seconds in waits.items():
        print(f"  {what:44}{statistics.median(seconds):7.2f}  (longest {max(seconds):.2f})")


if __name__ == "__main__":
    main()
