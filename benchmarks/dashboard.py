"""How long a person waits in the dashboard: in a real Chromium, from the click to the page that stands still.

    python benchmarks/dashboard.py --rows 100000 --rounds 3
    python benchmarks/dashboard.py --rows 100000 --rounds 3 --kind google

The command is started as a user starts it and opens a history by its path: one of Amazon's privacy page (1.2 KB an
entry), or one of Google's, zipped. Timed are the first view (from
the click that reads the file), a change to each view, and in each view a filter put on and taken off; reported are
medians and the longest, and beside them the processor seconds of the server, which a busy machine stretches less. At
the end: the memory of the server before, with the history open, and after "forget" (on Linux).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "sample_exports")]

from playwright.sync_api import Browser, expect, sync_playwright  # noqa: E402

import activities  # noqa: E402
import alexa  # noqa: E402
from conftest import CHROMIUM  # noqa: E402
from test_browser import Visitor, dashboard  # noqa: E402

Waits = dict[str, list[tuple[float, float]]]
# What stands in a view and in no other: once it is there and nothing runs, the view is drawn.
MARKS = {
    "Overview": "By weekday and hour",
    "Possible accidental activations": "The list",
    "Retention": "Which setting was likely on",
    "Delete requests": "What all this does not delete",
    "Data and log": "Take it with you",
}
PROC = Path("/proc")
_CHOOSING = 2  # seconds: nobody finds the file and the button in less


def server() -> Path | None:
    """Where Linux keeps account of the server; None elsewhere."""
    for entry in PROC.glob("[0-9]*") if PROC.is_dir() else ():
        try:
            parents = entry.joinpath("stat").read_text().rpartition(")")[2].split()[1]
            ours = PROC.joinpath(parents, "stat").read_text().rpartition(")")[2].split()[1] == str(os.getpid())
            if ours and b"streamlit" in entry.joinpath("cmdline").read_bytes():
                return entry
        except OSError:  # it has just ended
            continue
    return None


def processor() -> float:
    """Seconds of processor time of the server and of the readers it waited for."""
    found = server()
    if found is None:
        return float("nan")
    times = found.joinpath("stat").read_text().rpartition(")")[2].split()[11:15]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def memory() -> float:
    """MiB the server holds."""
    found = server()
    if found is None:
        return float("nan")
    [line] = [line for line in found.joinpath("status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def timed(waits: Waits, what: str, act: Callable[[], None]) -> None:
    """Do it and keep the seconds."""
    started, used = time.perf_counter(), processor()
    act()
    waits.setdefault(what, []).append((time.perf_counter() - started, processor() - used))


def headline(visitor: Visitor, rows: int) -> None:
    """Read the file and wait for its first figures."""
    visitor.page.get_by_role("button", name="Read the files").click()
    visitor.heading(f"{rows:,} entries")


def opened(visitor: Visitor, rows: int, waits: Waits) -> None:
    """Read the file and wait for its headline, its judgements and pictures."""
    timed(waits, "of it, to the headline", lambda: headline(visitor, rows))
    drawn(visitor, "Overview")
    expect(visitor.page.locator("canvas, svg.marks").first).to_be_visible()


def view(visitor: Visitor, title: str) -> None:
    """Change to a view and wait until it is drawn."""
    visitor.page.get_by_role("radiogroup", name="View").get_by_text(title, exact=True).click()
    drawn(visitor, title)


def drawn(visitor: Visitor, title: str) -> None:
    """Wait until all of a view is there."""
    visitor.heading(MARKS[title])
    visitor.settle()


def visit(browser: Browser, address: str, path: Path, rows: int, kind: str, waits: Waits) -> list[float]:
    """One whole visit; gives what the server held before, with the history open, and after."""
    visitor = Visitor(browser, address)
    held = [memory()]
    visitor.page.get_by_text("Give a path instead").click()
    visitor.page.get_by_label("Paths of files or folders, one in each line").fill(str(path))
    visitor.page.keyboard.press("Control+Enter")
    visitor.settle()
    time.sleep(_CHOOSING)
    timed(waits, "first view", lambda: opened(visitor, rows, waits))
    titles = list(MARKS)
    for title in [*titles[1:], titles[0]]:
        timed(waits, f"view: {title}", partial(view, visitor, title))
    visitor.page.get_by_text("Filter", exact=True).click()
    for title, word in zip(titles, LOOKED_FOR[kind], strict=True):
        view(visitor, title)
        timed(waits, f"filter on: {title}", partial(put_on, visitor, title, word))
        timed(waits, f"filter off: {title}", partial(take_off, visitor, title))
    held.append(memory())
    visitor.press("Forget everything")
    visitor.heading("See what your voice assistant kept")
    time.sleep(_CHOOSING)
    held.append(memory())
    visitor.context.close()
    return held


# Another word in each view, or it would find what another view has counted already.
LOOKED_FOR = {
    "privacy-page": ("light", "music", "timer", "weather", "kitchen"),
    "google": ("licht", "wetter", "heure", "天気", "таймер"),
}


def put_on(visitor: Visitor, title: str, word: str) -> None:
    """Have a word looked for."""
    words = visitor.page.get_by_role("textbox", name="Words that were heard or answered")
    words.fill(word)
    words.press("Enter")
    expect(visitor.page.get_by_text("a filter is on")).to_be_visible()
    drawn(visitor, title)


def take_off(visitor: Visitor, title: str) -> None:
    """Show all again."""
    visitor.page.get_by_role("button", name="Show all again").click()
    expect(visitor.page.get_by_text("a filter is on")).to_have_count(0)
    drawn(visitor, title)


def privacy_page(folder: Path, rows: int) -> Path:
    """A history of Amazon's page."""
    path = folder / "history.json"
    with path.open("wb") as stream:
        alexa.write_rvh(alexa.events(rows), stream)
    return path


def google(folder: Path, rows: int) -> Path:
    """A download of Google's."""
    path = folder / "takeout.zip"
    member = "Takeout/My Activity/Assistant/MyActivity.json"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open(member, "w", force_zip64=True) as stream:
        activities.write(activities.rows(rows), stream, "json")
    return path


KINDS = {"privacy-page": privacy_page, "google": google}


def main() -> None:
    """Read the command line, make the file, and visit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kind", choices=KINDS, default="privacy-page")
    options = parser.parse_args()
    waits: Waits = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, dashboard() as address:
        path = KINDS[options.kind](Path(folder), options.rows)
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        expect.set_options(timeout=120_000)
        held = [visit(browser, address, path, options.rows, options.kind, waits) for _ in range(options.rounds)]
        browser.close()
    load = f"; load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{options.rows:,} entries ({options.kind}), {options.rounds} visits{load}")
    print(f"  {'seconds':48}{'median':>8}{'longest':>9}{'processor':>11}")
    for what, each in waits.items():
        waited, used = zip(*each, strict=True)
        print(f"  {what:48}{statistics.median(waited):8.2f}{max(waited):9.2f}{statistics.median(used):11.2f}")
    for before, opened_, after in held:
        print(f"  MiB: {before:,.0f} before, {opened_:,.0f} open, {after:,.0f} after forgetting")


if __name__ == "__main__":
    main()
