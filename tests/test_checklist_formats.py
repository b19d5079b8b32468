"""The checklist's formats, each read back by a program of its own kind; hostile names are inert in every one."""

from __future__ import annotations

import csv
import email
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import icalendar
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from playwright.sync_api import Browser

import toolkit
from test_checklist import ARRIVED, MADE, Progress, export, made
from toolkit.checklist import Checklist, rulebook
from toolkit.checklist.calendar import _folded
from toolkit.problems import Ambiguous, ToolkitError
from toolkit.rules import table
from toolkit.schema import FILES

OUTSIDE = "https://evil.example"
TRAPS = (
    f"![x]({OUTSIDE}/image.png) [click]({OUTSIDE}) <{OUTSIDE}/auto> {OUTSIDE}/bare www.evil.example a@evil.example",
    f"<img src={OUTSIDE}/tag.png onerror=alert(1)></title></style></script><script>alert(1)</script>",
    '=HYPERLINK("https://evil.example") ; +1 ; @SUM(1) ; -2',
    "line\r\nBEGIN:VEVENT\r\nSUMMARY:evil\nnext\u2028line\u2029x\x0by\x85z",
    "left\u202eright\u2066\u200b\u061c\ufeff\x00\x1b[31m\x07 end",
    "# heading\n- [x] **bold** `code` | table | $x$ ~~s~~ \\ [ref]: https://evil.example",
    "{law} {0} {ids_sha256} ?file [your full name] %s \\; \\n",
)
# Every host that may be a link: those of the makers' and authorities' own pages, and nothing else.
HOSTS = {
    urlsplit(address).hostname
    for address in [
        *(rule.address for rule in rulebook.steps() if rule.address),
        *(contact.form for company in rulebook.makers().values() for contact in company.contact if contact.form),
        *(authority.form for authority in rulebook.authorities().values() if authority.form),
    ]
}


def hostile(law: str | None = "gdpr", **settings: Any) -> Checklist:
    rows = [
        {
            "device_id": f"G0SYN{n:08}{trap}",
            "device_name": trap,
            "person": trap,
            "maker_id": trap,
            "transcript": trap,
            "response": trap,
            "status_text": trap,
            "status": "false_wake",
            "audio_files": [trap],
            "extra": json.dumps({"domain": f"amzn1.ask.skill.{n}", "skillName": trap}),
        }
        for n, trap in enumerate(TRAPS)
    ]
    source = export(*rows)
    files = pl.DataFrame([{"path": trap, "sha256": "0" * 64} for trap in TRAPS], schema=FILES)
    held = toolkit.Export(source.records, source.problems, files, None, None)
    progress = {"alexa-B1": Progress(True, date(2026, 11, 24), TRAPS[0] + TRAPS[1])}
    return made(held, law, received=ARRIVED, progress=progress, person=TRAPS[1], country="de", **settings)


# Markdown


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(text):
        yield token
        yield from token.children or ()


def test_markdown_links_lead_to_allowed_hosts_only_and_hold_no_tag() -> None:
    text = hostile().to_markdown()
    links = [token.attrGet("href") for token in tokens(text) if token.type == "link_open"]
    assert len(links) > 10
    assert {urlsplit(str(link)).hostname for link in links} <= HOSTS
    assert not {token.type for token in tokens(text)} & {"html_inline", "html_block", "image", "code_block", "fence"}
    assert not re.search(r"https?://(?!\S*(?:" + "|".join(map(re.escape, filter(None, HOSTS))) + "))", text)
    assert "evil.example" in re.sub(r"[\\\u2060]", "", text)  # shown, as plain text


def test_markdown_headings_and_tasks_are_ours_alone() -> None:
    checklist = hostile()
    text = checklist.to_markdown()
    plain = made(export({}), "gdpr", received=ARRIVED, country="de").to_markdown()
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [line for line in plain.splitlines() if line.startswith("#")]
    tasks = re.findall(r"^- \[[ x]\] \*\*([\w-]+)\*\* ", text, re.MULTILINE)
    assert tasks == checklist.steps["step_id"].to_list()
    assert text.count("- [") == len(tasks)


def test_our_own_words_have_no_meaning_in_markdown() -> None:
    own = [*rulebook.EVIDENCE.values(), *rulebook.SECTIONS.values()]
    for rule in rulebook.steps():
        own += [rule.title, *rule.do, rule.path, rule.why, rule.leaves, rule.warning, rule.source, *rule.say]
    for each in table("deletion")["safety"]:
        own += [each["title"], each["text"]]
    for product in rulebook.products().values():
        own += [product.title, *product.leaves, product.leaves_source, product.no_export]
    for company in rulebook.makers().values():
        own += [text for contact in company.contact for text in (contact.name, *contact.address, contact.origin)]
    for authority in rulebook.authorities().values():
        own += [authority.name, *authority.address, authority.note]
    for law in table("law")["law"].values():
        own += [law["title"], law["first"], law["stop"], law["source"], *law["caveats"], *law["rights"].values()]
    for text in own:
        assert not re.search(r"[\[\]*_`<\\|]|^[#>+-]|^\d+[.)]|https?:|www\.", text), text


# HTML


class Page(HTMLParser):
    """What a page would fetch, run or link to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "srcset", "action", "data")]


def test_html_holds_our_own_tags_and_links_alone() -> None:
    page = Page(hostile().to_html(letters=True))
    assert page.tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "b", "dl", "dt", "dd", "section",
        "div", "span", "a", "ul", "li", "pre",
    }  # fmt: skip
    assert page.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class", "rel", "href"}
    assert {urlsplit(link).hostname for link in page.links} <= HOSTS


def test_html_forbids_everything_that_could_be_fetched() -> None:
    text = hostile().to_html()
    assert "default-src &#x27;none&#x27;" in text
    assert "@import" not in text
    assert "url(" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text


@pytest.mark.browser
def test_html_prints_whole_and_asks_for_nothing(browser: Browser, tmp_path: Path) -> None:
    checklist = hostile()
    path = tmp_path / "list.html"
    path.write_text(checklist.to_html(letters=True), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    alerts: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: alerts.append(dialog.message))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".step").count() == checklist.steps.height
    assert page.locator(".box").count() == checklist.steps.height
    printed = page.pdf(format="A4")
    page.close()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) > len(checklist.letters)  # each letter on a page of its own
    assert asked == [path.as_uri()]
    assert not alerts


# Calendar


def days(data: bytes) -> list[Any]:
    """The events of a calendar file."""
    return list(icalendar.Calendar.from_ical(data).walk("VEVENT"))


def test_the_calendar_is_read_back_as_whole_days_with_alarms() -> None:
    checklist = hostile()
    data = checklist.to_ics()
    events = {str(event["SUMMARY"]): event for event in days(data)}
    day = {name: event["DTSTART"].dt for name, event in events.items()}
    assert day["Amazon voice data: the reply is overdue from today"] == date(2026, 12, 29)
    assert day["Amazon voice data: the longest possible deadline has passed"] == date(2027, 2, 26)
    assert day["Amazon voice data: look into the history again"] == date(2026, 12, 2)
    for event in events.values():
        assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(days=1)
        assert event["TRANSP"] == "TRANSPARENT"
        (alarm,) = event.walk("VALARM")
        assert alarm["TRIGGER"].dt == timedelta(hours=9)
    assert "; at the latest, if" in str(events["Amazon voice data: the reply is overdue from today"]["DESCRIPTION"])
    assert b"evil" not in data


def test_calendar_lines_end_as_they_must_and_are_short() -> None:
    for line in hostile().to_ics().split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line
        assert b"\r" not in line


def test_an_event_made_again_is_the_same_event() -> None:
    def ids(made_at: datetime) -> list[str]:
        data = toolkit.checklist(export({}), "gdpr", received=ARRIVED, made=made_at).to_ics()
        return [str(event["UID"]) for event in days(data)]

    assert ids(MADE) == ids(datetime(2027, 1, 1, tzinfo=UTC))
    assert len(set(ids(MADE))) == len(ids(MADE)) == 5


def test_californian_dates_and_stopped_clocks_are_in_the_calendar() -> None:
    ccpa = made(export({}), "ccpa", received=ARRIVED).to_ics()
    assert [event["DTSTART"].dt for event in days(ccpa)][:3] == [
        date(2026, 12, 11),
        date(2027, 1, 10),
        date(2027, 2, 24),
    ]
    stopped = {"amazon": [(date(2026, 12, 1), None)]}
    data = made(export({}), "gdpr", received=ARRIVED, stopped=stopped).to_ics()
    assert [str(event["SUMMARY"]) for event in days(data)] == ["Amazon voice data: is the clock still stopped?"]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=400))
def test_folding_keeps_every_character(text: str) -> None:
    folded = _folded(text)
    assert folded.replace("\r\n ", "").removesuffix("\r\n") == text
    assert all(len(line.encode()) <= 75 for line in folded.split("\r\n"))


# Mail


def message(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, policy=policy.default)


def test_the_draft_is_read_back_with_its_attachment() -> None:
    checklist = made(export({"maker_id": "A#1"}), "gdpr", language="de", country="de")
    mail = message(checklist.to_eml())
    letter = checklist.letter("amazon", "erasure")
    assert letter
    assert mail["To"] == "eu-privacy@amazon.de"
    assert mail["Subject"] == letter.subject == "Löschung nach Art. 17 DSGVO: Sprachdaten (Amazon Alexa)"
    assert mail["X-Unsent"] == "1"
    assert mail["From"] is None
    body = mail.get_body(("plain",))
    assert body
    assert body.get_content().replace("\r\n", "\n") == letter.body
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "ids-amazon.csv"
    assert attached.get_payload(decode=True) == checklist.ids_csv()


def test_only_the_erasure_letter_carries_ids() -> None:
    checklist = made(export({"maker_id": "A#1"}), "gdpr", track="keep_claim")
    assert list(message(checklist.to_eml()).iter_attachments()) == []  # the access letter comes first
    assert len(list(message(checklist.to_eml(kind="erasure")).iter_attachments())) == 1
    assert message(made(None, "gdpr", makers=["meta_ai_glasses"]).to_eml())["To"] is None


def test_a_draft_that_does_not_exist_or_is_not_named_is_refused() -> None:
    with pytest.raises(ToolkitError, match="no such letter"):
        made(export({})).to_eml()
    with pytest.raises(Ambiguous):
        made(export({}), "gdpr", makers=["siri"]).to_eml()
    assert b"Apple" in made(export({}), "gdpr", makers=["siri"]).to_eml("apple")


def test_hostile_names_make_no_header_and_no_line() -> None:
    mail = message(hostile().to_eml())
    assert set(mail.keys()) <= {"Subject", "To", "X-Unsent", "MIME-Version", "Content-Type"}
    body = mail.get_body(("plain",))
    assert body
    text = body.get_content()
    assert "\nSUMMARY" not in text
    assert "\u202e" not in text
    assert "{law}" in text  # a name that looks like a field of ours is not filled in


# Ids and JSON


def test_no_cell_of_the_ids_begins_a_formula() -> None:
    for row in csv.reader(io.StringIO(hostile().ids_csv().decode())):
        for cell in row:
            assert not re.match(r"[\s\x00-\x1f]*[=+@|-]", cell), cell


def test_json_reads_back_and_hides_nothing_unseen() -> None:
    checklist = hostile()
    text = checklist.to_json()
    told = json.loads(text)
    assert told["schema_version"] == 1
    assert told["rules_version"] == rulebook.VERSION
    assert [step["step_id"] for step in told["steps"]] == checklist.steps["step_id"].to_list()
    assert told["makers"][0]["deadline"]["due"] == "2026-12-28"
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\u2066\ufeff]", text)
    assert "G0SYN0" not in text


def test_names_are_bounded_and_on_one_line() -> None:
    for row in hostile().steps.iter_rows(named=True):
        for text in [row["device"], *row["items"]]:
            assert "\n" not in text
            assert "\u202e" not in text
            assert len(text) < 300
