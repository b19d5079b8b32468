"""The dashboard in a real Chromium, started with the real command: whole journeys, no request to the outside."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, TimeoutError, WebSocket, expect

import toolkit
from alexa import events, rvh_record, write_rvh, zip_parts
from takeout import zip_parts as takeout_parts
from toolkit.cli.app import MEMORY
from toolkit.dashboard.views import TITLES

pytestmark = pytest.mark.browser
SAMPLES = Path(__file__).parent.parent / "sample_exports"
COMMAND = "from toolkit.cli import main; main()"
GRAVE = ("serious", "critical")
OUTSIDE = "https://evil.example"
# What a device, a person or a file may be called, and what may be said.
TRAPS = (
    f"![x]({OUTSIDE}/image.png)",
    f"<img src={OUTSIDE}/tag.png>",
    f"{OUTSIDE}/link <{OUTSIDE}/auto> www.evil.example",
    f'[click](javascript:alert("evil.example")) :red[$x$] {{"image": "{OUTSIDE}/tip.png"}}',
)
# Asked from the page until it is so, for a quarter of a minute: Streamlit counts anew only every five seconds.
KEEPS_UPLOADS = """async (wanted) => {
    for (let n = 0; n < 60; n++) {
        const told = await (await fetch("/_stcore/metrics")).text();
        if (told.includes("UploadedFileManager") === wanted) return true;
        await new Promise(again => setTimeout(again, 250));
    }
    return false;
}"""

expect.set_options(timeout=20_000)  # a machine that builds is slower than one that is looked at


@contextmanager
def dashboard(*arguments: str, **variables: str) -> Iterator[str]:
    """The command, running; gives the address it names once it says it is ready."""
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "app", "--port", "0", *arguments],
        env=os.environ | variables,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as command:
        assert command.stderr is not None
        try:
            said = command.stderr.readline()
            ready = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert ready, said
            yield ready[0]
        finally:
            command.terminate()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with dashboard() as named:
        yield named


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the journeys leave what they saw: a folder of pytest's, or the one this variable names."""
    wanted = os.environ.get("VOICE_HISTORY_PICTURES")
    folder = Path(wanted) if wanted else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Visitor:
    """Somebody with a browser of their own; keeps every address it asked for."""

    def __init__(self, browser: Browser, address: str, **settings: Any) -> None:
        self.context: BrowserContext = browser.new_context(timezone_id="Europe/Berlin", **settings)
        self.asked: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.page: Page = self.context.new_page()
        self.page.on("websocket", self._socket)
        self.address = address
        self.open()

    def _socket(self, socket: WebSocket) -> None:
        self.asked.append(socket.url)

    def open(self, query: str = "") -> None:
        self.page.goto(self.address + query)
        self.settle()

    def settle(self) -> None:
        """Wait until the page is drawn: nothing runs, and nothing of the run before is left."""
        expect(self.page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        expect(self.page.locator("[data-stale=true]")).to_have_count(0)

    def upload(self, files: dict[str, bytes]) -> None:
        payloads = [
            FilePayload(name=name, mimeType="application/octet-stream", buffer=data) for name, data in files.items()
        ]
        self.page.locator("input[type=file]").set_input_files(payloads)
        self.press("Read the files")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()
        self.settle()

    def view(self, name: str) -> None:
        self.page.get_by_role("radiogroup", name="View").get_by_text(name, exact=True).click()
        self.settle()

    def switch(self, label: str) -> None:
        self.page.get_by_text(label, exact=True).click()
        self.settle()

    def heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", name=text).first).to_be_visible()  # a stale one may stand beside it

    def figures(self) -> dict[str, str]:
        expect(self.page.get_by_test_id("stMetric").first).to_be_visible()
        self.settle()
        boxes = self.page.get_by_test_id("stMetric").all_inner_texts()
        return dict(re.split(r"\n+", box, maxsplit=1) for box in boxes)

    def download(self, label: str) -> list[dict[str, str]]:
        with self.page.expect_download() as started:
            self.page.get_by_role("button", name=label).click()
        with started.value.path().open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def picture(self, path: Path) -> None:
        self.settle()
        assert len(self.page.screenshot(path=path)) > 5_000, "an empty page"

    def outside(self) -> list[str]:
        return [url for url in self.asked if not _is_here(url)]


def _is_here(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme in ("data", "blob"):
        return True
    return parts.hostname in ("localhost", "127.0.0.1")


@pytest.fixture
def visitor(browser: Browser, address: str) -> Iterator[Visitor]:
    """A visitor on the first page, who must not have asked for anything outside by the end of the test."""
    someone = Visitor(browser, address)
    yield someone
    someone.context.close()
    assert len(someone.asked) > 10, "the requests were not recorded"
    assert someone.outside() == []


def test_from_the_upload_to_the_figures_and_back_to_nothing(visitor: Visitor, pictures: Path) -> None:
    truth = json.loads((SAMPLES / "amazon-alexa-csv.truth.json").read_text(encoding="utf-8"))
    visitor.heading("See what your voice assistant kept")
    visitor.upload(zip_parts(SAMPLES / "amazon-alexa-csv"))
    visitor.heading("Please check the columns")
    visitor.switch("Show the first rows")
    visitor.press("These columns are right")
    visitor.picture(pictures / "csv-overview.png")
    assert visitor.figures() == {
        "Entries": str(truth["rows"]),
        "With text": str(truth["with_transcript"]),
        "Devices": "not stated",
        "Clips named": str(truth["clips"]["named"]),
        "Clips in your files": str(truth["clips"]["found"]),
        "Minutes of clips": f"{truth['clips']['found_ms'] / 60_000:.1f}",
    }
    visitor.heading("899 entries from 18 July 2024 to 15 November 2025")
    # The menu that comes with these charts would send their data to an editor on the web.
    expect(visitor.page.locator(".vega-actions")).to_have_count(0)
    expect(visitor.page.locator("[aria-label^='Entries by month, July 2024 to November 2025']")).to_be_visible()
    visitor.view("Data and log")
    expect(visitor.page.get_by_text("Of 899 entries found in them, 899 were understood")).to_be_visible()
    table = visitor.download("Download the entries shown as CSV")
    assert len(table) == 899
    assert not {"transcript", "response", "person", "extra"} & set(table[0])
    visitor.press("Forget everything")
    visitor.heading("See what your voice assistant kept")
    expect(visitor.page.get_by_test_id("stFileUploaderFile")).to_have_count(0)


def dealt(parts: dict[str, bytes], names: list[str]) -> dict[str, bytes]:
    """The same members in as many archives as there are names, dealt out like cards."""
    members: dict[str, bytes] = {}
    for data in parts.values():
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members |= {name: archive.read(name) for name in archive.namelist()}
    found = {}
    for at, name in enumerate(names):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for member in sorted(members)[at :: len(names)]:
                archive.writestr(member, members[member])
        found[name] = buffer.getvalue()
    return found


def test_four_parts_of_an_alexa_download_are_one_history(visitor: Visitor, pictures: Path) -> None:
    truth = json.loads((SAMPLES / "amazon-alexa-csv.truth.json").read_text(encoding="utf-8"))
    names = [f"Alexa_{n}.zip" for n in range(1, 5)]
    visitor.upload(dealt(zip_parts(SAMPLES / "amazon-alexa-csv"), names))
    visitor.press("These columns are right")
    visitor.heading("899 entries from 18 July 2024 to 15 November 2025")
    assert visitor.figures()["Clips in your files"] == str(truth["clips"]["found"])
    visitor.view("Data and log")
    for name in names:
        expect(visitor.page.get_by_text(name).first).to_be_attached()
    visitor.picture(pictures / "alexa-four-parts.png")


def test_three_parts_of_a_takeout_are_one_history(visitor: Visitor, pictures: Path) -> None:
    sample = SAMPLES / "google-takeout-mixed-two-parts"
    truth = toolkit.load(sample, timezone="Europe/Berlin").records.filter(pl.col("duplicate_of").is_null())
    names = [f"takeout-20251120T075809Z-3-00{n}.zip" for n in range(1, 4)]
    visitor.upload(dealt(takeout_parts(sample), names))
    visitor.heading(f"{truth.height:,} entries from")
    expect(visitor.page.get_by_text("Google does not mark accidental activations.")).to_be_visible()
    assert visitor.figures()["Clips in your files"] == str(truth["audio_found"].sum())
    visitor.picture(pictures / "takeout-three-parts.png")


def test_a_damaged_file_is_told_calmly_and_what_is_whole_beside_it_is_read(visitor: Visitor, pictures: Path) -> None:
    first, second = takeout_parts(SAMPLES / "google-takeout-mixed-two-parts").items()
    cut = {first[0]: first[1][: len(first[1]) // 2]}
    visitor.upload(cut)
    expect(visitor.page.get_by_role("alert")).to_contain_text("This could not be read")
    visitor.picture(pictures / "damaged.png")
    visitor.upload({second[0]: second[1]})  # beside the damaged one, which is still in the list
    visitor.heading("entries from")
    visitor.view("Data and log")
    expect(visitor.page.get_by_text("Not read").first).to_be_visible()


def test_a_big_file_by_its_path_opens_pages_of_rows_and_is_forgotten(
    browser: Browser, tmp_path: Path, pictures: Path
) -> None:
    path = tmp_path / "history.json"
    with path.open("wb") as stream:
        write_rvh(events(20_000), stream)
    with dashboard(str(path)) as own:
        someone = Visitor(browser, own)
        someone.heading("20,000 entries from")
        someone.view("Data and log")
        expect(someone.page.get_by_text("Page, of 20; 1,000 entries on each")).to_be_visible()
        someone.picture(pictures / "big-by-path.png")
        someone.press("Forget everything")
        someone.heading("See what your voice assistant kept")
        someone.picture(pictures / "forgotten.png")
        assert someone.outside() == []
        someone.context.close()


def test_a_bar_opens_its_rows_and_a_row_its_place_in_the_file(visitor: Visitor, pictures: Path) -> None:
    visitor.press("Try the privacy-page sample")
    choose_bar(visitor, "devices", 0, "Filter · 1 on")
    visitor.heading("567 entries from")
    choose_bar(visitor, "months", 3, "Filter · 3 on")
    visitor.press("See these rows")
    visitor.heading("Entries")
    visitor.page.get_by_test_id("stDataFrame").first.click(position={"x": 20, "y": 60})
    expect(visitor.page.get_by_text(re.compile(r"Entry 1 of \d+"))).to_be_visible()
    visitor.picture(pictures / "entry.png")
    visitor.press("Show all again")
    expect(visitor.page.get_by_text("a filter is on")).to_have_count(0)


def choose_bar(visitor: Visitor, card: str, number: int, effect: str) -> None:
    """Choose a bar until it has its effect: a picture that is just being drawn anew does not feel a click."""
    for _ in range(5):
        visitor.settle()
        visitor.page.locator(f".st-key-{card} path[aria-roledescription=bar]").nth(number).click()
        try:
            visitor.page.get_by_text(effect, exact=True).wait_for(timeout=4_000)
        except TimeoutError:
            continue
        return
    raise AssertionError(f"{card} opens nothing")


def test_every_view_is_reached_and_left_with_the_keyboard_alone(visitor: Visitor, pictures: Path) -> None:
    tab_to(visitor, "Try the privacy-page sample")
    visitor.page.keyboard.press("Enter")
    visitor.heading("1,500 entries from")
    visitor.settle()
    tab_to(visitor, "", role="radio")
    for title in [*TITLES.values()][1:]:
        visitor.page.keyboard.press("ArrowRight")
        visitor.settle()
        expect(visitor.page.get_by_role("radio", name=title, exact=True)).to_be_checked()
    tab_to(visitor, "Show what was said, and by whom", role="checkbox")
    visitor.page.keyboard.press("Space")
    visitor.settle()
    visitor.picture(pictures / "keyboard.png")
    tab_to(visitor, "Forget everything")
    visitor.page.keyboard.press("Enter")
    visitor.heading("See what your voice assistant kept")


def tab_to(visitor: Visitor, name: str, role: str = "button") -> None:
    """Press Tab until what is named has the focus; it must be reached within one round."""
    about = """() => {
        const at = document.activeElement;
        const role = at.type === "radio" || at.type === "checkbox" ? at.type : at.tagName.toLowerCase();
        const label = at.getAttribute("aria-label") || at.closest("label")?.innerText || at.innerText || "";
        return [role, label.trim()];
    }"""
    seen = []
    for _ in range(120):
        visitor.page.keyboard.press("Tab")
        found, label = visitor.page.evaluate(about)
        seen.append((found, label))
        if found == role and name in label:
            return
    raise AssertionError(f"{name} is not reached: {seen}")


def test_without_traces_no_disk_is_written_and_memory_is_left_empty(browser: Browser, tmp_path: Path) -> None:
    if not MEMORY.is_mount():
        pytest.skip("no folder in memory on this system")
    before = {*MEMORY.iterdir()}
    places = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    with dashboard("--no-trace", **places) as own:
        someone = Visitor(browser, own)
        [ours] = [path for path in MEMORY.iterdir() if path not in before and path.name.startswith("voice-history-")]
        assert ours.stat().st_mode & 0o777 == 0o700
        expect(someone.page.get_by_text("Started without traces")).to_be_visible()
        # More than a megabyte in one file is what Streamlit puts into a temporary file.
        someone.upload(zip_parts(SAMPLES / "amazon-alexa-csv") | {"big.txt": bytes(3_000_000)})
        someone.heading("Please check the columns")
        someone.context.close()
    assert [*tmp_path.rglob("*")] == []
    assert not ours.exists()


def test_an_older_export_is_compared_in_the_browser(visitor: Visitor) -> None:
    parts = takeout_parts(SAMPLES / "google-takeout-mixed-two-parts")
    visitor.press("Try the Google sample")
    visitor.view("Retention")
    visitor.heading("The oldest of 563 entries is of 3 January 2024.")
    payloads = [FilePayload(name=name, mimeType="application/zip", buffer=data) for name, data in parts.items()]
    visitor.page.locator("input[type=file]").set_input_files(payloads)
    visitor.settle()
    visitor.press("Compare")
    expect(
        visitor.page.get_by_text("0 entries of the older export are not found in your second export.")
    ).to_be_visible()
    assert visitor.figures()["In both"] == "133"
    table = visitor.download("Download the comparison as CSV")
    assert len(table) == 563
    assert not {"transcript", "response", "person", "maker_id"} & set(table[0])


def test_forgetting_empties_what_the_server_itself_keeps_of_an_upload(browser: Browser) -> None:
    with dashboard() as own:  # the figures are of all visitors together
        visitor = Visitor(browser, own)
        visitor.upload(zip_parts(SAMPLES / "amazon-alexa-csv"))
        visitor.heading("Please check the columns")
        assert visitor.page.evaluate(KEEPS_UPLOADS, True)
        visitor.press("Forget everything")
        assert visitor.page.evaluate(KEEPS_UPLOADS, False)
        visitor.context.close()


def test_a_link_opens_the_same_view_and_holds_no_data(visitor: Visitor) -> None:
    visitor.press("Try the privacy-page sample")
    visitor.view("Data and log")
    expect(visitor.page).to_have_url(f"{visitor.address}/?view=Data+and+log")
    visitor.open("?view=Data+and+log")
    visitor.press("Try the privacy-page sample")
    visitor.heading("Problems and notes")


def test_two_visitors_see_only_their_own_data(visitor: Visitor, browser: Browser, address: str) -> None:
    visitor.press("Try the privacy-page sample")
    other = Visitor(browser, address)
    other.heading("See what your voice assistant kept")
    expect(other.page.get_by_text("Nothing is open.")).to_be_visible()
    visitor.view("Data and log")
    other.press("Forget everything")
    visitor.view("Overview")
    assert visitor.figures()["Entries"] == "1,500"
    other.context.close()


def test_a_wrong_file_gets_a_clear_sentence_and_the_next_one_is_read(visitor: Visitor) -> None:
    visitor.upload({"holiday.jpg": b"\xff\xd8\xff\xe0" + bytes(2_000)})
    expect(visitor.page.get_by_role("alert")).to_contain_text("This could not be read")
    expect(visitor.page.get_by_text("it looks like a photo (JPEG)")).to_be_visible()
    visitor.press("Try the privacy-page sample")
    assert visitor.figures()["Entries"] == "1,500"


def test_hostile_text_in_every_view_fetches_nothing(visitor: Visitor) -> None:
    visitor.upload({f"{TRAPS[0].replace('/', '_')}.json": hostile_page()})
    bars = visitor.page.locator(".st-key-devices path[aria-roledescription=bar]")
    expect(bars).to_have_count(len(TRAPS))
    for bar in bars.all():
        bar.hover()
        expect(visitor.page.locator("#vg-tooltip-element.visible")).to_contain_text("evil.example")
    assert_nothing_of_it_lives(visitor)
    visitor.view("Delete requests")
    visitor.heading("Keep the evidence")
    expect(visitor.page.get_by_text(TRAPS[0][:40]).first).to_be_visible()
    assert_nothing_of_it_lives(visitor)
    visitor.view("Retention")
    visitor.heading("The oldest of 4 entries")
    assert_nothing_of_it_lives(visitor)
    visitor.view("Data and log")
    visitor.switch("Show what was said, and by whom")
    expect(visitor.page.locator("[role=columnheader]").filter(has_text="What was heard")).to_have_count(1)
    visitor.page.get_by_test_id("stDataFrame").first.click(position={"x": 300, "y": 60})
    assert_nothing_of_it_lives(visitor)
    expect(visitor.page.get_by_text(TRAPS[0].replace("/", "_")[:40]).first).to_be_visible()  # shown, as plain text


def test_hostile_headings_in_the_column_form_fetch_nothing(visitor: Visitor) -> None:
    visitor.upload({"Transcriptions.csv": hostile_table()})
    visitor.switch("Show the first rows")
    expect(visitor.page.get_by_test_id("stDataFrame")).to_be_visible()
    visitor.settle()
    visitor.page.get_by_role("combobox", name=re.compile("What was heard")).click()
    expect(visitor.page.get_by_role("option").filter(has_text=OUTSIDE).first).to_be_visible()
    assert_nothing_of_it_lives(visitor)
    visitor.page.keyboard.press("Escape")
    visitor.press("Go on with columns assumed")
    visitor.heading("4 entries from 1 March 2024 to 4 March 2024")
    assert_nothing_of_it_lives(visitor)


def test_hostile_headings_of_an_unknown_table_fetch_nothing(visitor: Visitor) -> None:
    visitor.upload({"anything.csv": hostile_table()})
    visitor.press("Tell the columns yourself")
    visitor.heading("Tell the columns yourself")
    visitor.switch("Show the first rows")
    visitor.page.get_by_role("combobox", name=re.compile("What was heard")).click()
    expect(visitor.page.get_by_role("option").filter(has_text=OUTSIDE).first).to_be_visible()
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_text("Help us support this maker").click()
    expect(visitor.page.get_by_text("Shape of an export").first).to_be_visible()
    assert_nothing_of_it_lives(visitor)


def hostile_page() -> bytes:
    records: list[dict[str, Any]] = []
    for n, (event, trap) in enumerate(zip(events(len(TRAPS)), TRAPS, strict=True)):
        record = rvh_record(event, n)
        record["device"]["deviceName"] = trap
        record["recordKey"] = f"A0SYN#{record['timestamp']}#A0SYNECHO#G0SYN{n}"  # four devices, not one renamed
        record["utteranceType"] = record["intent"] = record["domain"] = record["skillName"] = trap
        record["personsInfo"] = [{"personId": trap, "personFirstName": trap, "personType": "ADULT"}]
        for item in record["voiceHistoryRecordItems"]:
            item["transcriptText"] = trap
        records.append(record)
    return json.dumps({"customerHistoryRecords": records, "encodedRequestToken": None}).encode()


def hostile_table() -> bytes:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["Timestamp", f"Transcript {TRAPS[0]}", f"Audio File {TRAPS[1]}", f"Alexa Response {TRAPS[2]}"])
    for day, trap in enumerate(TRAPS, 1):
        table.writerow([f"2024-03-{day:02} 10:00:00", trap, "Data Not Available", trap])
    return text.getvalue().encode()


def assert_nothing_of_it_lives(visitor: Visitor) -> None:
    """No picture, link, frame or script of the trap's is part of the page."""
    visitor.settle()
    expect(visitor.page.locator("[src*='evil.example'], [href*='evil.example'], [href^='javascript']")).to_have_count(0)
    assert visitor.outside() == []


# Twice as large on a screen of 1,440 pixels is as if it had 720.
SMALL = {
    "telephone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    "twice-as-large": {"viewport": {"width": 720, "height": 450}, "device_scale_factor": 2},
}


@pytest.mark.parametrize("screen", SMALL)
def test_on_a_small_screen_nothing_is_cut_off(browser: Browser, address: str, pictures: Path, screen: str) -> None:
    settings: Any = SMALL[screen]
    width = settings["viewport"]["width"]
    someone = Visitor(browser, address, **settings)
    assert widest(someone) <= width
    someone.press("Try the Google sample")
    for name in TITLES.values():
        someone.view(name)
        assert widest(someone) <= width
        someone.picture(pictures / f"{screen}-{name.split()[0].lower()}.png")
        cut = "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.innerText)"
        assert someone.page.locator("[data-testid=stMetricValue] *").evaluate_all(cut) == []
    assert someone.outside() == []
    someone.context.close()


def widest(visitor: Visitor) -> int:
    """How far to the right the page reaches, in pixels."""
    visitor.settle()
    found: int = visitor.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    return found


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}])
def test_no_view_has_a_serious_fault_for_people_with_other_eyes_or_hands(
    browser: Browser, address: str, look: dict[str, Any]
) -> None:
    """By axe-core; what is left is minor and Streamlit's own (the role of its drop zone for files)."""
    someone = Visitor(browser, address, **look)
    found = {"Welcome": faults(someone.page)}
    someone.upload({"anything.csv": b"time,text\n2024-07-01 10:00:00,lights on\n"})
    someone.press("Tell the columns yourself")
    someone.heading("Tell the columns yourself")
    found["Columns"] = faults(someone.page)
    someone.press("Back")
    someone.heading("Or look around first")  # what stood above goes meanwhile, and the page moves under the mouse
    someone.settle()
    someone.press("Try the privacy-page sample")
    for title in TITLES.values():
        someone.view(title)
        found[title] = faults(someone.page)
    someone.context.close()
    assert [fault for each in found.values() for fault in each] == []


def faults(page: Page) -> list[str]:
    page.wait_for_timeout(500)  # colours fade in
    told = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in told if fault["impact"] in GRAVE]
