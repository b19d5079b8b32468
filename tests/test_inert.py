"""Hostile text, and each place it is written to."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import string
import unicodedata
from html.parser import HTMLParser
from pathlib import PureWindowsPath

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from toolkit import inert

# What would begin a formula in Excel, LibreOffice or a sheet in the browser.
FORMULA = "=+-@|＝＋－＠｜"
CONTROLS = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))
UNSEEN = "\u200b\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\U000e0041\ue000\xad"
HOSTILE = st.text(st.one_of(st.sampled_from(FORMULA + CONTROLS + UNSEEN + " ;,\"'\u00a0\u3000a1"), st.characters()))
NO_SURROGATES = st.text(
    st.one_of(st.sampled_from(FORMULA + CONTROLS + UNSEEN + " ;,\"'\u00a0\u3000a1"), st.characters(codec="utf-8"))
)


def invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] in "CZ"


@pytest.mark.parametrize("start", [*FORMULA, "\t", "\r", "\n", "\0", "\t=", " =", "\u00a0=", "\u200b=", "\0=", "\x1f+"])
def test_a_cell_that_would_begin_a_formula_gets_an_apostrophe(start: str) -> None:
    assert inert.csv_cell(start + "cmd|' /C calc'!A0").startswith("'")


@pytest.mark.parametrize("text", ["", "alexa, what time is it", "it's 5 - 3", "a=b", "tea|coffee", "30 °C", "'tis"])
def test_an_ordinary_cell_stays_as_it_is(text: str) -> None:
    assert inert.csv_cell(text) == text


@pytest.mark.parametrize("between", [";", "\n", "\r\n", "\t", "; ", "\n\u00a0"])
def test_a_formula_behind_a_separator_of_other_countries_is_caught_too(between: str) -> None:
    cell = inert.csv_cell(f"lights on{between}=HYPERLINK(1)")
    assert "'" in cell
    for part in re.split(r"[;\t\r\n]", cell):
        assert not part.lstrip(" \u00a0").startswith("=")


@given(HOSTILE)
def test_no_part_of_a_cell_begins_a_formula_wherever_a_spreadsheet_cuts_it(text: str) -> None:
    for part in re.split(r"[;\t\r\n]", inert.csv_cell(text)):
        seen = next((c for c in part if not invisible(c)), "")
        assert not seen or seen not in FORMULA


@given(NO_SURROGATES)
@example("\t=1")
@example("a;\x00=1\n\n=")
def test_a_column_is_guarded_exactly_as_a_cell(text: str) -> None:
    assert pl.select(inert.csv_column(pl.lit(text))).item() == inert.csv_cell(text)


@given(NO_SURROGATES)
def test_a_guarded_cell_survives_being_written_and_read_as_csv(text: str) -> None:
    frame = pl.DataFrame({"a": [inert.csv_cell(text)], "b": ["end"]})
    rows = list(csv.reader(io.StringIO(frame.write_csv(include_header=False), newline="")))
    assert rows == [[inert.csv_cell(text), "end"]]


def test_a_missing_cell_stays_missing() -> None:
    assert pl.DataFrame({"a": [None, "=1"]}).select(inert.csv_column(pl.col("a")))["a"].to_list() == [None, "'=1"]


@given(HOSTILE)
def test_a_terminal_gets_one_line_of_characters_that_are_seen(text: str) -> None:
    shown = inert.terminal(text)
    assert not any(unicodedata.category(c) in {"Cc", "Co", "Cs", "Zl", "Zp"} for c in shown)
    assert not set(shown) & set(UNSEEN)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "�[31mred�[0m"),
        ("\x9b2J", "�2J"),
        ("\x1b]0;title\x07", "�]0;title�"),
        ("invoice\u202egpj.exe", "invoice�gpj.exe"),
        ("\u2066a\u2069", "�a�"),
        ("first\r\nsecond\nthird\u2028fourth", "first⏎second⏎third⏎fourth"),
        ("a\tb", "a b"),
        ("Küche 👩‍🍳 می‌خواهم", "Küche 👩‍🍳 می‌خواهم"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_instead(text: str, shown: str) -> None:
    assert inert.terminal(text) == shown


@given(NO_SURROGATES)
def test_escaped_json_means_the_same_and_holds_nothing_a_terminal_obeys(text: str) -> None:
    written = inert.json_text(json.dumps({"a": text}, ensure_ascii=False))
    assert json.loads(written) == {"a": text}
    assert inert.terminal(written) == written


@given(HOSTILE, st.integers(0, 12))
def test_a_clipped_text_is_never_longer_than_asked(text: str, n: int) -> None:
    clipped = inert.clip(text, n)
    assert len(clipped) == min(len(text), n)
    assert clipped == text if len(text) <= n else clipped.endswith("…"[:n])


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))


@given(HOSTILE)
@example("\"><img src=x onerror=alert(1)>'")
def test_html_stays_text_in_an_element_and_in_an_attribute(text: str) -> None:
    made = inert.html(text)
    reader = Reader()
    reader.feed(f"<p title=\"{made}\" lang='{made}'>{made}</p>")
    reader.close()
    assert [tag for tag, _ in reader.tags] == ["p"]
    assert [name for name, _ in reader.tags[0][1]] == ["title", "lang"]
    assert not set(html.unescape(made)) & (set(UNSEEN) | set(CONTROLS) - set("\n\t"))


@pytest.mark.parametrize(
    "text",
    [
        "![](https://evil.example/x.png)",
        "x](https://evil.example)",
        "[a](javascript:alert(1))",
        "<img src=//evil.example>",
        "https://evil.example/?q=1",
        "www.evil.example",
        "me@evil.example",
        "`code` *bold* _it_ ~~gone~~ $x^2$ :material/home: :red[x]",
    ],
)
def test_markdown_of_a_name_has_no_meaning(text: str) -> None:
    made = inert.markdown(text)
    assert not set(re.sub(r"\\[!-/:-@\[-`{-~]", "", made)) & set(string.punctuation)
    # GitHub and Streamlit make links of these even after the escapes are gone.
    unescaped = made.replace("\\", "")
    assert not re.search(r"https?://|www\.|\w@\w", unescaped)


@pytest.mark.parametrize("start", ["# ", "- ", "+ ", "> ", "1. ", "1) ", "    ", "| ", "---", "===", "\t"])
def test_markdown_of_a_name_begins_no_block(start: str) -> None:
    made = inert.markdown(f"{start}Kitchen\n{start}Bedroom")
    assert "\n" not in made
    assert not re.match(r"#|-|\+|>|\d+[.)]|\s|\||=", made)


RESERVED = ["CON", "con", "nul.txt", "COM1", "com¹", "LPT9.wav", "aux .json", "CONIN$"]


@pytest.mark.parametrize(
    "text", ["../../etc/passwd", "..\\x", "/abs", "C:\\x", "a:b", "~root", "-rf", ".bashrc", *RESERVED]
)
def test_a_name_from_an_export_is_no_path_and_no_device(text: str) -> None:
    name = inert.file_name(text)
    assert not re.search(r'[<>:"/\\|?*]', name)
    assert not name.startswith((".", "-", "~"))
    assert not PureWindowsPath(name).is_reserved()


@given(HOSTILE)
@example("😀" * 100 + ".json")
@example("a" * 300)
@example(" . ")
@example("x" * 79 + ". y")
def test_a_file_name_is_valid_on_every_system(text: str) -> None:
    name = inert.file_name(text)
    assert 1 <= len(name) <= 80
    assert len(name.encode()) <= 255
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]', name)
    assert name == name.strip(" .")
    assert not PureWindowsPath(name).is_reserved()
    assert inert.file_name(name) == name


def test_a_long_file_name_keeps_its_suffix() -> None:
    assert inert.file_name("Living room, " * 20 + ".wav").endswith(".wav")


def test_a_file_name_of_nothing_gets_a_name() -> None:
    assert inert.file_name("...") == "unnamed"
