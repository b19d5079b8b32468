"""Takes the pictures of the documentation: every view of the dashboard on the invented samples, for a desk and a phone.

    python tools/screenshots.py                 all, into docs/pictures
    python tools/screenshots.py retention       only views of that name

Needs Chromium and what the tests need, and Pillow, which Streamlit brings. Pictures are reduced to 64 colours.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from toolkit.dashboard.views import TITLES

ROOT = Path(__file__).parent.parent
PICTURES, SAMPLE = ROOT / "docs" / "pictures", ROOT / "sample_exports" / "amazon-alexa-privacy-page"
VIEWS = ("welcome", *TITLES)
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
COLOURS = 64
COMMAND = "from toolkit.cli import main; main(prog_name='voice-history')"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@contextmanager
def dashboard(*arguments: str) -> Iterator[str]:
    """The command, running on a free port; gives its address."""
    command = [sys.executable, "-P", "-c", COMMAND, "app", "--port", "0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8") as server:
        assert server.stderr is not None  # noqa: S101 - for the type checker
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", said := server.stderr.readline())
            if not found:
                raise SystemExit(said)
            yield found[0]
        finally:
            server.terminate()


def settled(page: Page) -> None:
    """Wait until the page is drawn and its charts have come to rest."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=60_000)
    expect(page.locator("[data-stale=true], [data-testid=stSkeleton]")).to_have_count(0, timeout=60_000)
    page.wait_for_timeout(1_500)


def small(picture: bytes) -> Image.Image:
    """The same with a palette, which is enough for a page of text and a chart or two."""
    return Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)


def pictures(browser: Browser, size: str, wanted: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """The welcome page, then every view of the sample; name and PNG."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, timezone_id="Europe/Berlin")
    page = context.new_page()
    if "welcome" in wanted:
        with dashboard() as address:
            page.goto(address)
            settled(page)
            yield "welcome", page.screenshot()
    with dashboard(str(SAMPLE)) as address:
        page.goto(address)
        settled(page)
        for name in [name for name in TITLES if name in wanted]:
            page.get_by_role("radiogroup", name="View").get_by_text(TITLES[name], exact=True).click()
            settled(page)
            yield name, page.screenshot()
    context.close()


def main(arguments: Sequence[str]) -> None:
    """Take them."""
    wanted = arguments or VIEWS
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        for size in SIZES:
            for name, png in pictures(browser, size, wanted):
                small(png).save(PICTURES / f"{name}-{size}.png", optimize=True)
    total = sum(path.stat().st_size for path in PICTURES.iterdir())
    print(f"{len(list(PICTURES.iterdir()))} pictures, {total / 1000:,.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
