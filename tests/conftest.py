"""What every test can ask for, and how generated examples are chosen."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)

# The same examples every time, so that a red test is red for everybody; `make long` looks for new ones.
settings.register_profile("house", derandomize=True, deadline=None)
settings.register_profile("long", max_examples=1_000, deadline=None, print_blob=True)
settings.load_profile("house")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if CHROMIUM or not item.get_closest_marker("browser"):
        return
    if os.environ.get("VOICE_HISTORY_REQUIRE_BROWSER") == "1":
        pytest.fail("no Chromium found on the PATH, and VOICE_HISTORY_REQUIRE_BROWSER=1 asks for one", pytrace=False)
    pytest.skip("no Chromium found on the PATH")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; only for tests marked `browser`."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public reference material beside the repository, where there is one."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no folder of reference material (../shared) beside the repository")
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-golden", action="store_true", help="write the golden results anew; then read the diff")
