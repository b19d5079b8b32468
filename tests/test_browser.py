"""The dashboard in a real Chromium, started with the real command: whole journeys, no request to the outside."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, WebSocket, expect

from alexa import events, rvh_record, zip_parts
from takeout import zip_parts as takeout_parts
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
def dashboard() -> Iterator[str]:
    """The command, running; gives the address it names once it says it is ready."""
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "app", "--port", "0"], stderr=subprocess.PIPE, text=True, encoding="utf-8"
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
        expect(self.page.get_by_role("heading", name=text)).to_be_visible()

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


def test_from_the_upload_to_the_figures_and_back_to_nothing(visitor: Visitor) -> None:
    truth = json.loads((SAMPLES / "amazon-alexa-csv.truth.json").read_text(encoding="utf-8"))
    visitor.heading("See what your voice assistant kept")
    visitor.upload(zip_parts(SAMPLES / "amazon-alexa-csv"))
    visitor.heading("Please check the columns")
    visitor.switch("Show the first rows")
    visitor.press("These columns are right")
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
    visitor.page.get_by_test_id("stDataFrame").last.click(position={"x": 300, "y": 60})
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


def test_on_a_telephone_nothing_is_cut_off_at_the_side(browser: Browser, address: str) -> None:
    someone = Visitor(browser, address, viewport={"width": 390, "height": 844}, color_scheme="dark")
    assert widest(someone) <= 390
    someone.press("Try the privacy-page sample")
    for name in TITLES.values():
        someone.view(name)
        assert widest(someone) <= 390
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
